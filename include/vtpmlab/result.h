#pragma once
// Result<T> for everything that can happen to a correct program. Exceptions are only for what
// nobody can decide, and are caught once, in main.

#include <vtpmlab/error.h>

#include <tl/expected.hpp>

#include <utility>

namespace vtpmlab {

template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
    return tl::unexpected<Error>(std::move(error));
}

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorKind kind, std::string message,
                                                std::string where = {}, std::string hint = {}) {
    Error error;
    error.kind = kind;
    error.message = std::move(message);
    error.where = std::move(where);
    error.hint = std::move(hint);
    return tl::unexpected<Error>(std::move(error));
}

} // namespace vtpmlab

// Leaves the enclosing function with the error, or goes on with the value:
//     VTPMLAB_TRY(auto domain, connection.lookup(uuid));
// The only macros of the project; without them every second line is an if.
#define VTPMLAB_CONCAT_(a, b) a##b
#define VTPMLAB_CONCAT(a, b) VTPMLAB_CONCAT_(a, b)
#define VTPMLAB_TRY_(result, declaration, ...)                                                     \
    auto result = (__VA_ARGS__);                                                                   \
    if (!result)                                                                                   \
        return ::vtpmlab::fail(std::move(result).error());                                         \
    declaration = std::move(*result)
#define VTPMLAB_TRY(declaration, ...)                                                              \
    VTPMLAB_TRY_(VTPMLAB_CONCAT(vtpmlab_result_, __LINE__), declaration, __VA_ARGS__)
// The same for a Status.
#define VTPMLAB_CHECK(...)                                                                         \
    do {                                                                                           \
        if (auto vtpmlab_status = (__VA_ARGS__); !vtpmlab_status)                                  \
            return ::vtpmlab::fail(std::move(vtpmlab_status).error());                             \
    } while (false)
