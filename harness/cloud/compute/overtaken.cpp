#include "cloud/compute/overtaken.h"

namespace vtpmlab::cloud {
namespace {

constexpr const char* deleting = "UnexpectedDeletingTaskStateError";

} // namespace

tl::unexpected<Exception> being_deleted() { return raise(deleting, "the server is being deleted"); }

bool is_overtaken(const Exception& exception) {
    return exception.class_name == deleting || exception.class_name == "InstanceNotFound";
}

} // namespace vtpmlab::cloud
