#include "glance/glance.h"

#include "glance/data_files.h"
#include "glance/metadef_store.h"
#include "glance/routes.h"
#include "glance/store.h"
#include "http/head_refusal.h"
#include "http/server.h"

namespace vtpmlab::fakes::glance {

class Glance::Impl {
public:
    // Only the data of images the store knows stays.
    void tidy_files() const {
        std::set<std::string> with_data;
        store->visit(nullptr, [&](const Image& image) {
            if (image.sha512)
                with_data.insert(image.is_staged ? DataFiles::staged_name(image.id) : image.id);
            return true;
        });
        files->keep_only(with_data);
    }
    [[nodiscard]] Status snapshot(const std::string& name) const {
        VTPMLAB_CHECK(files->snapshot(name));
        return store->snapshot(name);
    }
    [[nodiscard]] Status restore(const std::string& name) const {
        VTPMLAB_CHECK(store->restore(name));
        VTPMLAB_CHECK(files->restore(name));
        tidy_files();
        return {};
    }

    std::unique_ptr<Store> store;
    std::unique_ptr<MetadefStore> metadefs;
    std::unique_ptr<DataFiles> files;
    std::shared_ptr<const Clock> clock;
    std::unique_ptr<http::Server> server; // last: its handlers use all above
};

Glance::Glance(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Glance::~Glance() = default;

Result<std::unique_ptr<Glance>> Glance::start(GlanceConfig config) {
    auto impl = std::make_unique<Impl>();
    VTPMLAB_TRY(impl->store, Store::open(config.database));
    impl->metadefs = std::make_unique<MetadefStore>(impl->store->database());
    VTPMLAB_TRY(impl->files, DataFiles::open(config.data_directory));
    impl->clock = http::clock_of(config);
    impl->tidy_files();
    impl->metadefs->load_standard(impl->clock->now());

    const Parts parts{*impl->store,
                      *impl->metadefs,
                      *impl->files,
                      *impl->clock,
                      {config.image_size_cap, config.user_storage_quota}};
    http::ServerConfig server = http::server_of("glance", config);
    for (auto* table : {discovery_routes, image_routes, list_routes, data_routes, import_routes,
                        sharing_routes, metadef_routes})
        for (auto& route : table(parts))
            server.routes.push_back(std::move(route));
    server.routes =
        http::without_head(std::move(server.routes), dialect(), http::HeadRefused::with_token);
    // Version negotiation stands before the token's check: these need none.
    for (const char* path : {"/v1", "/v3"})
        server.routes.push_back({"GET", path, version_choices, http::Access::open});
    server.dialect = dialect();
    server.state = http::state_of(*impl);
    VTPMLAB_TRY(impl->server, http::Server::start(std::move(server)));
    return std::unique_ptr<Glance>(new Glance(std::move(impl)));
}

std::string Glance::url() const { return impl_->server->url(); }
void Glance::stop() { impl_->server->stop(); }
Status Glance::keep(const std::string& name) { return impl_->snapshot(name); }

} // namespace vtpmlab::fakes::glance
