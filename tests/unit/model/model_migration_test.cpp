#include "core/files.h"
#include "hypervisor/model/model_hypervisor.h"
#include "support/migration_contract.h"

namespace vtpmlab {
namespace {

class TwoModels {
public:
    std::optional<std::string> skip_reason() { return std::nullopt; }
    Hypervisor& hypervisor(int which) { return host(which); }
    HostMachine& machine(int which) { return host(which); }
    std::filesystem::path instances(int which) { return directory_.path() / std::to_string(which); }

private:
    model::ModelHypervisor& host(int which) { return which == 0 ? first_ : second_; }

    static model::ModelConfig named(const std::string& name) {
        model::ModelConfig config;
        config.hostname = name;
        return config;
    }

    TemporaryDirectory directory_ = TemporaryDirectory::create("vtpmlab-test").value();
    model::ModelHypervisor first_{named("compute-1")};
    model::ModelHypervisor second_{named("compute-2")};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Model, MigrationContract, TwoModels);

} // namespace
} // namespace vtpmlab
