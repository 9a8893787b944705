#pragma once
// What an operation dies of, as Nova's exceptions appear to a person: an exception of Nova's own
// shows its message, any other only the name of its class (nova/compute/utils.py,
// exception_to_dict).

#include <vtpmlab/error.h>

#include <tl/expected.hpp>

#include <string>
#include <utility>

namespace vtpmlab::cloud {

struct Exception {
    enum class Origin { nova, other };
    std::string class_name;
    std::string message;
    Origin origin = Origin::other;

    // In faults and in the details of an event.
    [[nodiscard]] const std::string& shown() const {
        return origin == Origin::nova ? message : class_name;
    }
};

template <typename T>
using OrException = tl::expected<T, Exception>;

[[nodiscard]] inline tl::unexpected<Exception> raise(std::string class_name, std::string message) {
    return tl::unexpected(
        Exception{std::move(class_name), std::move(message), Exception::Origin::nova});
}

[[nodiscard]] inline tl::unexpected<Exception> libvirt_error(const Error& error) {
    return tl::unexpected(Exception{"libvirtError", error.message, Exception::Origin::other});
}

} // namespace vtpmlab::cloud

namespace vtpmlab {
// So that VTPMLAB_TRY and VTPMLAB_CHECK work for OrException<T> as well.
[[nodiscard]] inline tl::unexpected<cloud::Exception> fail(cloud::Exception exception) {
    return tl::unexpected<cloud::Exception>(std::move(exception));
}
} // namespace vtpmlab
