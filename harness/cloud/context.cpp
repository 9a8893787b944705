#include "cloud/context.h"

#include "core/iso_time.h"
#include "core/text.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>

#include <algorithm>

namespace vtpmlab::cloud {

void Log::info(const std::string& service, const std::string& text) { add("INFO", service, text); }

void Log::warning(const std::string& service, const std::string& text) {
    add("WARNING", service, text);
}

void Log::add(const char* level, const std::string& service, const std::string& text) {
    auto line =
        fmt::format("{} {} {} {}\n", iso_time(clock_->now()), level, service, printable(text));
    const std::lock_guard lock(mutex_);
    bytes_ += line.size();
    lines_.push_back(std::move(line));
    ++total_;
    while (bytes_ > limit_ && lines_.size() > 1) {
        bytes_ -= lines_.front().size();
        lines_.pop_front();
    }
}

std::string Log::text() const {
    std::uint64_t none = 0;
    return text_after(none);
}

std::string Log::text_after(std::uint64_t& number) const {
    const std::lock_guard lock(mutex_);
    const auto fresh = std::min<std::uint64_t>(total_ - std::min(number, total_), lines_.size());
    std::string text;
    for (auto at = lines_.end() - static_cast<std::ptrdiff_t>(fresh); at != lines_.end(); ++at)
        text += *at;
    number = total_;
    return text;
}

std::shared_ptr<Requester> system_requester() {
    return std::shared_ptr<Requester>(new Requester{{},
                                                    {},
                                                    "req-" + random_uuid(),
                                                    client::TokenSession({}, {}),
                                                    client::TokenSession({}, {})});
}

} // namespace vtpmlab::cloud
