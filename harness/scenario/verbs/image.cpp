// Images and their properties.
#include "scenario/verbs/fields.h"
#include "scenario/verbs/groups.h"

namespace vtpmlab::scenario {

using namespace build;

std::vector<Verb> image_verbs() {
    return {
        {"image-create", "upload a guest image",
         map_of({needs("name", text(), "name of the image"),
                 needs("from", one_of({"micro"}), "which guest to upload"),
                 may("properties", properties(), "image properties")}),
         answer(
             {{"id", "id of the image"}, {"name", "its name"}, {"properties", "its properties"}})},
        {"image-show", "read an image and its properties",
         map_of({needs("image", text(), "id of the image")}),
         answer(
             {{"id", "id of the image"}, {"name", "its name"}, {"properties", "its properties"}})},
        {"image-set", "set or remove properties of an image",
         map_of({needs("image", text(), "id of the image"),
                 may("properties", properties(), "properties to set"),
                 may("remove", list_of(text(), 1), "names of properties to remove")}),
         answer({{"id", "id of the image"}, {"properties", "its properties"}})}};
}

} // namespace vtpmlab::scenario
