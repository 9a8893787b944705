#include "cloud/context.h"

#include "core/iso_time.h"
#include "core/text.h"

#include <fmt/format.h>

namespace vtpmlab::cloud {

void Log::info(const std::string& service, const std::string& text) { add("INFO", service, text); }

void Log::warning(const std::string& service, const std::string& text) {
    add("WARNING", service, text);
}

void Log::add(const char* level, const std::string& service, const std::string& text) {
    const auto line =
        fmt::format("{} {} {} {}\n", iso_time(clock_->now()), level, service, printable(text));
    const std::lock_guard lock(mutex_);
    text_ += line;
}

std::string Log::text() const {
    const std::lock_guard lock(mutex_);
    return text_;
}

} // namespace vtpmlab::cloud
