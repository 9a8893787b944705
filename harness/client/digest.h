#pragma once
// MD5 and SHA-512 of a stream, as Glance writes them beside an image.

#include <memory>
#include <string>
#include <string_view>

namespace vtpmlab::client {

class Digest {
public:
    enum class Algorithm { md5, sha512 };

    explicit Digest(Algorithm algorithm);
    ~Digest();
    Digest(const Digest&) = delete;
    Digest& operator=(const Digest&) = delete;

    void update(std::string_view bytes);
    // Lower-case hex; the digest is used up.
    [[nodiscard]] std::string finish();

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

} // namespace vtpmlab::client
