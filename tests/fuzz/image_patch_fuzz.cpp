// A patch of an image: taken or refused in Glance's words, in either of its forms. What was taken
// leaves alone what no client may set, and the image is the same when it is read back.

#include "glance/patch.h"
#include "http/json.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace vtpmlab;
using namespace vtpmlab::fakes::glance;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

Image sample() {
    Image image;
    image.id = "7d4b1e6e-2f6a-4b6e-9a43-6d1f0f4f1a01";
    image.owner = "demo";
    image.name = "micro";
    image.container_format = image.disk_format = "bare";
    image.properties = {{"hw_tpm_version", "2.0"}, {"hw_tpm_model", "tpm-crb"}};
    return image;
}

void patch(const nlohmann::json& body, PatchForm form) {
    const auto operations = parse_patch(body, form);
    if (!operations) {
        if ((operations.error().status != 400 && operations.error().status != 403) ||
            operations.error().message.empty())
            std::abort();
        return;
    }
    const Image before = sample();
    Image image = before;
    for (const auto& operation : *operations)
        if (const auto applied = apply(operation, image); !applied) {
            if (applied.error().status != 403 && applied.error().status != 409)
                std::abort();
            return;
        }
    if (image.id != before.id || image.status != before.status || image.size != before.size ||
        image.sha512 != before.sha512 || image.created_at != before.created_at)
        std::abort();
    if (document_of(image_from(document_of(image))) != document_of(image))
        std::abort();
    (void)http::dump_json(described(image));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto body = http::parse_json({reinterpret_cast<const char*>(data), size});
    if (!body)
        return 0;
    patch(*body, PatchForm::v2_0);
    patch(*body, PatchForm::v2_1);
    return 0;
}
