#include "core/files.h"
#include "hypervisor/model/model_hypervisor.h"
#include "support/hypervisor_contract.h"
#include "support/machine_contract.h"

namespace vtpmlab {
namespace {

class ModelUnderTest {
public:
    std::optional<std::string> skip_reason() { return std::nullopt; }
    Hypervisor& hypervisor() { return hypervisor_; }
    InstanceFiles& files() { return hypervisor_; }
    HostMachine& machine() { return hypervisor_; }
    std::filesystem::path instances() { return directory_.path(); }

private:
    TemporaryDirectory directory_ = TemporaryDirectory::create("vtpmlab-test").value();
    model::ModelHypervisor hypervisor_{model::ModelConfig{}};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Model, HypervisorContract, ModelUnderTest);
INSTANTIATE_TYPED_TEST_SUITE_P(Model, MachineContract, ModelUnderTest);

} // namespace
} // namespace vtpmlab
