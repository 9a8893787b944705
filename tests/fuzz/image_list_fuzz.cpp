// The query string of GET /v2/images, against three images: filters, operators, sorting, pages. An
// answer is a list of at most three, and its link to the next page is read again.

#include "glance/data_files.h"
#include "glance/metadef_store.h"
#include "glance/routes.h"
#include "glance/store.h"
#include "http/json.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

using namespace vtpmlab;
using namespace vtpmlab::fakes;
using namespace vtpmlab::fakes::glance;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

class ThreeImages {
public:
    ThreeImages()
        : store_(Store::open("").value()), metadefs_(store_->database()),
          files_(DataFiles::open({}).value()) {
        for (const char last : {'1', '2', '3'}) {
            Image image;
            image.id = std::string("7d4b1e6e-2f6a-4b6e-9a43-6d1f0f4f1a0") + last;
            image.owner = "demo";
            image.name = std::string("image ") + last;
            image.visibility = last == '3' ? "public" : "private";
            image.tags = {"a"};
            image.properties = {{"hw_tpm_version", "2.0"}};
            if (!store_->insert(image))
                std::abort();
        }
        const auto routes = list_routes({*store_, metadefs_, *files_, clock_, {1 << 20, 0}});
        const auto list = std::find_if(routes.begin(), routes.end(), [](const http::Route& route) {
            return route.path == "/v2/images";
        });
        if (list == routes.end())
            std::abort();
        handler_ = list->handler;
    }

    [[nodiscard]] http::Outcome<http::Response> list(http::Query query) const {
        http::Request request;
        request.method = "GET";
        request.target = request.path = "/v2/images";
        request.query = std::move(query);
        request.caller.emplace();
        request.caller->user_id = "owner";
        request.caller->project_id = "demo";
        request.caller->roles = {"member"};
        return handler_(request);
    }

private:
    SystemClock clock_;
    std::unique_ptr<Store> store_;
    MetadefStore metadefs_;
    std::unique_ptr<DataFiles> files_;
    http::Handler handler_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const ThreeImages images;
    auto query = http::Query::parse({reinterpret_cast<const char*>(data), size});
    if (!query || size > 4096)
        return 0;
    const auto answer = images.list(std::move(*query));
    if (!answer) {
        if (answer.error().status < 400 || answer.error().status > 404)
            std::abort();
        return 0;
    }
    const auto body = http::parse_json(answer->body);
    if (!body || (*body)["images"].size() > 3)
        std::abort();
    if (const auto next = body->find("next"); next != body->end()) {
        const auto link = next->get<std::string>();
        const auto again = http::Query::parse(link.substr(link.find('?') + 1));
        if (!again || !images.list(*again))
            std::abort();
    }
    return 0;
}
