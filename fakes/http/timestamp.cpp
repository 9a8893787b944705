#include "http/timestamp.h"

#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <ctime>

namespace vtpmlab::http {

namespace {

struct Parts {
    std::tm calendar{};
    long microseconds = 0;
};

Parts parts_of(Clock::Time time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    Parts parts;
    const std::time_t t = seconds.time_since_epoch().count();
    gmtime_r(&t, &parts.calendar);
    parts.microseconds = (time - seconds).count();
    return parts;
}

std::string date_and_time(const std::tm& t) {
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", t.tm_year + 1900, t.tm_mon + 1,
                       t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
    int value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
        if (!std::isdigit(static_cast<unsigned char>(text[i])))
            return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

} // namespace

std::string timestamp(Clock::Time time) { return date_and_time(parts_of(time).calendar) + "Z"; }

std::string timestamp_naive(Clock::Time time) {
    const Parts parts = parts_of(time);
    return fmt::format("{}.{:06}", date_and_time(parts.calendar), parts.microseconds);
}

std::string timestamp_microseconds(Clock::Time time) { return timestamp_naive(time) + "Z"; }

std::string timestamp_http(Clock::Time time) {
    // Not strftime: its names follow the locale.
    static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::tm t = parts_of(time).calendar;
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", days[t.tm_wday], t.tm_mday,
                       months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

namespace {

// "+05:30", "+0530" or "+05" at the end of a time, taken away from it; none is UTC.
std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
    if (!text.empty() && text.back() == 'Z') {
        text.remove_suffix(1);
        return std::chrono::minutes(0);
    }
    constexpr std::size_t end_of_seconds = 19;
    const auto at = text.find_first_of("+-", std::min(end_of_seconds, text.size()));
    if (at == std::string_view::npos)
        return std::chrono::minutes(0);
    const std::string_view offset = text.substr(at);
    text = text.substr(0, at);
    const bool has_colon = offset.size() == 6 && offset[3] == ':';
    if (!has_colon && offset.size() != 5 && offset.size() != 3)
        return std::nullopt;
    const auto hours = digits(offset, 1, 2);
    const auto minutes =
        offset.size() == 3 ? std::optional(0) : digits(offset, has_colon ? 4 : 3, 2);
    if (!hours || !minutes || *hours > 23 || *minutes > 59)
        return std::nullopt;
    const std::chrono::minutes east(*hours * 60 + *minutes);
    return offset[0] == '+' ? east : -east;
}

} // namespace

std::optional<Clock::Time> parse_timestamp(std::string_view text) {
    const auto offset = take_offset(text);
    if (!offset)
        return std::nullopt;
    if (text.size() < 19 || text[4] != '-' || text[7] != '-' ||
        (text[10] != 'T' && text[10] != ' ') || text[13] != ':' || text[16] != ':')
        return std::nullopt;
    const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2),
               hour = digits(text, 11, 2), minute = digits(text, 14, 2),
               second = digits(text, 17, 2);
    if (!year || !month || !day || !hour || !minute || !second || *month < 1 || *month > 12 ||
        *day < 1 || *day > 31 || *hour > 23 || *minute > 59 || *second > 60)
        return std::nullopt;
    std::tm calendar{};
    calendar.tm_year = *year - 1900;
    calendar.tm_mon = *month - 1;
    calendar.tm_mday = *day;
    calendar.tm_hour = *hour;
    calendar.tm_min = *minute;
    calendar.tm_sec = *second;
    long microseconds = 0;
    if (text.size() > 19) {
        if (text[19] != '.' || text.size() > 26 || text.size() == 20)
            return std::nullopt;
        long scale = 100000;
        for (const char c : text.substr(20)) {
            if (!std::isdigit(static_cast<unsigned char>(c)))
                return std::nullopt;
            microseconds += (c - '0') * scale;
            scale /= 10;
        }
    }
    return Clock::Time(std::chrono::seconds(timegm(&calendar)) +
                       std::chrono::microseconds(microseconds)) -
           *offset;
}

} // namespace vtpmlab::http
