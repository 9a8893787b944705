#include "glance/stream_digests.h"

#include <vtpmlab/encoding.h>

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>

namespace vtpmlab::fakes::glance {

class StreamDigests::Digest {
public:
    explicit Digest(const EVP_MD* algorithm) : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
        is_good_ = context_ && EVP_DigestInit_ex(context_.get(), algorithm, nullptr) == 1;
    }
    void add(std::string_view bytes) {
        is_good_ = is_good_ && EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
    }
    std::string finish() {
        std::array<unsigned char, EVP_MAX_MD_SIZE> value;
        unsigned size = 0;
        if (!is_good_ || EVP_DigestFinal_ex(context_.get(), value.data(), &size) != 1)
            return {};
        return hex({value.data(), size});
    }

private:
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
    bool is_good_ = false;
};

StreamDigests::StreamDigests()
    : digests_{std::make_unique<Digest>(EVP_md5()), std::make_unique<Digest>(EVP_sha512())} {
    slots_[0] = std::make_unique_for_overwrite<char[]>(buffer_bytes);
}

StreamDigests::~StreamDigests() { join_readers(); }

std::size_t StreamDigests::add(std::string_view bytes) {
    const std::size_t taken = std::min(bytes.size(), buffer_bytes - filled_);
    std::memcpy(slot(written_).get() + filled_, bytes.data(), taken);
    filled_ += taken;
    return taken;
}

void StreamDigests::pass() {
    if (filled_ == 0)
        return;
    if (!readers_[0].joinable())
        start_readers();
    sizes_[written_ % slots] = filled_;
    filled_ = 0;
    {
        std::unique_lock lock(mutex_);
        ++written_;
        moved_.notify_all();
        // The slot to be written next is free when both have read what stood there.
        moved_.wait(lock, [this] { return std::min(read_[0], read_[1]) + slots > written_; });
    }
    if (!slot(written_))
        slots_[written_ % slots] = std::make_unique_for_overwrite<char[]>(buffer_bytes);
}

StreamDigests::Values StreamDigests::finish() {
    if (readers_[0].joinable()) {
        pass();
        join_readers();
    } else {
        for (const auto& digest : digests_)
            digest->add(in_hand());
    }
    return {digests_[0]->finish(), digests_[1]->finish()};
}

void StreamDigests::start_readers() {
    for (std::size_t reader = 0; reader < readers_.size(); ++reader)
        readers_[reader] = std::thread([this, reader] { hash(reader); });
}

void StreamDigests::join_readers() {
    {
        const std::lock_guard lock(mutex_);
        at_end_ = true;
        moved_.notify_all();
    }
    for (auto& reader : readers_)
        if (reader.joinable())
            reader.join();
}

void StreamDigests::hash(std::size_t reader) {
    std::unique_lock lock(mutex_);
    while (true) {
        moved_.wait(lock, [&] { return read_[reader] < written_ || at_end_; });
        if (read_[reader] == written_)
            return;
        const std::uint64_t number = read_[reader];
        const std::string_view bytes(slot(number).get(), sizes_[number % slots]);
        lock.unlock();
        digests_[reader]->add(bytes);
        lock.lock();
        ++read_[reader];
        moved_.notify_all();
    }
}

} // namespace vtpmlab::fakes::glance
