#include "barbican/cipher.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace vtpmlab::fakes::barbican {

namespace {

constexpr std::size_t key_bytes = 32, nonce_bytes = 12, tag_bytes = 16;

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

// OpenSSL fails here only without memory or random numbers: a 500 at the edge of the HTTP kit.
void must(int result, const char* what) {
    if (result != 1)
        throw std::runtime_error(fmt::format("cannot {} a payload", what));
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

class File {
public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    ~File() {
        if (descriptor_ >= 0)
            ::close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

std::vector<unsigned char> new_key() {
    std::vector<unsigned char> key(key_bytes);
    must(RAND_bytes(key.data(), static_cast<int>(key.size())), "make the key of");
    return key;
}

tl::unexpected<Error> unusable(const std::string& path, const std::string& why) {
    return fail(ErrorKind::lab, fmt::format("cannot use the key of the secrets {}: {}", path, why),
                {}, "remove it together with the database it belongs to");
}

Result<SecretValue> read_key(const std::string& path) {
    const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (file.descriptor() < 0)
        return unusable(path, std::strerror(errno));
    struct stat facts {};
    if (::fstat(file.descriptor(), &facts) != 0 || (facts.st_mode & 077) != 0)
        return unusable(path, "others may read it");
    std::vector<unsigned char> bytes(key_bytes + 1);
    const auto length = ::read(file.descriptor(), bytes.data(), bytes.size());
    if (length != static_cast<ssize_t>(key_bytes))
        return unusable(path, fmt::format("it is not {} bytes long", key_bytes));
    bytes.resize(key_bytes);
    return SecretValue(std::move(bytes));
}

Result<SecretValue> made_or_read_key(const std::string& path) {
    const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.descriptor() < 0)
        return errno == EEXIST ? read_key(path) : unusable(path, std::strerror(errno));
    SecretValue key(new_key());
    if (::write(file.descriptor(), key.bytes().data(), key.size()) !=
        static_cast<ssize_t>(key.size()))
        return unusable(path, std::strerror(errno));
    return key;
}

} // namespace

Result<std::unique_ptr<Cipher>> Cipher::open(const std::string& key_file) {
    if (key_file.empty())
        return std::unique_ptr<Cipher>(new Cipher(SecretValue(new_key())));
    VTPMLAB_TRY(SecretValue key, made_or_read_key(key_file));
    return std::unique_ptr<Cipher>(new Cipher(std::move(key)));
}

// Nonce, tag, then as many bytes as went in.
std::vector<unsigned char> Cipher::seal(std::string_view secret_id,
                                        std::span<const unsigned char> plain) const {
    std::vector<unsigned char> sealed(nonce_bytes + tag_bytes + plain.size());
    unsigned char* nonce = sealed.data();
    unsigned char* tag = nonce + nonce_bytes;
    unsigned char* out = tag + tag_bytes;
    must(RAND_bytes(nonce, nonce_bytes), "seal");
    const Context context(EVP_CIPHER_CTX_new());
    int length = 0;
    must(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key_.bytes().data(), nonce),
         "seal");
    must(EVP_EncryptUpdate(context.get(), nullptr, &length, bytes_of(secret_id),
                           static_cast<int>(secret_id.size())),
         "seal");
    if (!plain.empty())
        must(EVP_EncryptUpdate(context.get(), out, &length, plain.data(),
                               static_cast<int>(plain.size())),
             "seal");
    unsigned char nothing_more[tag_bytes];
    must(EVP_EncryptFinal_ex(context.get(), nothing_more, &length), "seal");
    must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes, tag), "seal");
    return sealed;
}

std::optional<SecretValue> Cipher::open_sealed(std::string_view secret_id,
                                               std::span<const unsigned char> sealed) const {
    if (sealed.size() < nonce_bytes + tag_bytes)
        return std::nullopt;
    const auto data = sealed.subspan(nonce_bytes + tag_bytes);
    std::vector<unsigned char> tag(sealed.begin() + nonce_bytes,
                                   sealed.begin() + nonce_bytes + tag_bytes);
    std::vector<unsigned char> plain(data.size());
    const Context context(EVP_CIPHER_CTX_new());
    int length = 0;
    must(EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key_.bytes().data(),
                            sealed.data()),
         "open");
    must(EVP_DecryptUpdate(context.get(), nullptr, &length, bytes_of(secret_id),
                           static_cast<int>(secret_id.size())),
         "open");
    if (!data.empty())
        must(EVP_DecryptUpdate(context.get(), plain.data(), &length, data.data(),
                               static_cast<int>(data.size())),
             "open");
    must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes, tag.data()), "open");
    SecretValue value(std::move(plain));
    unsigned char nothing_more[tag_bytes];
    if (EVP_DecryptFinal_ex(context.get(), nothing_more, &length) != 1)
        return std::nullopt;
    return value;
}

} // namespace vtpmlab::fakes::barbican
