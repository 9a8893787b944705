#include "http/control.h"

#include <vtpmlab/encoding.h>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace vtpmlab::http {

namespace {

constexpr std::size_t token_length = 36;

class File {
public:
    File(const std::filesystem::path& path, int flags)
        : descriptor(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600)) {}
    ~File() {
        if (descriptor >= 0)
            ::close(descriptor);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    const int descriptor;
};

tl::unexpected<Error> cannot(const char* what, const std::filesystem::path& file, int code) {
    return fail(ErrorKind::lab,
                fmt::format("cannot {} the control token in {}: {}", what, file.string(),
                            std::strerror(code)),
                {}, "is its directory yours, and is there room on the disk?");
}

} // namespace

bool Control::accepts(const Request& request) const {
    return !token_.empty() && SecretValue(request.headers.value(control_header)) == token_;
}

Result<SecretValue> control_token_in(const std::filesystem::path& file) {
    if (const File made(file, O_WRONLY | O_CREAT | O_EXCL); made.descriptor >= 0) {
        SecretValue token(random_uuid());
        const auto text = token.reveal();
        if (::write(made.descriptor, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
            return cannot("write", file, errno);
        return token;
    } else if (errno != EEXIST) {
        return cannot("make", file, errno);
    }
    const File there(file, O_RDONLY);
    struct stat facts {};
    if (there.descriptor < 0 || ::fstat(there.descriptor, &facts) != 0)
        return cannot("read", file, errno);
    if (!S_ISREG(facts.st_mode) || (facts.st_mode & 077) != 0 || facts.st_uid != ::geteuid())
        return fail(ErrorKind::lab,
                    fmt::format("the control token in {} is not yours alone", file.string()), {},
                    "remove the file; a new one is made");
    std::array<char, token_length> text{};
    if (::read(there.descriptor, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return fail(ErrorKind::lab, fmt::format("there is no control token in {}", file.string()),
                    {}, "remove the file; a new one is made");
    return SecretValue(std::string_view(text.data(), text.size()));
}

} // namespace vtpmlab::http
