#include "support/wire_replay.h"

#include <vtpmlab/encoding.h>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <regex>

namespace vtpmlab::test {

namespace {

using nlohmann::json;

class Replay {
public:
    explicit Replay(const ReplayConfig& config)
        : config_(config), variables_(config.variables), client_(origin(config.base_url)) {
        client_.set_keep_alive(true);
        client_.set_tcp_nodelay(true);
        variables_.try_emplace("RUN", "17");
    }

    ReplayResult run() {
        std::ifstream file(config_.samples);
        for (std::string line; std::getline(file, line);) {
            const json sample = json::parse(line);
            name_ = sample["name"];
            if (config_.skipped.count(name_))
                continue;
            ++result_.compared;
            one(sample["request"], sample["answer"]);
        }
        if (result_.compared == 0)
            differ("", "no samples in " + config_.samples);
        return result_;
    }

private:
    static std::string origin(const std::string& url) {
        return url.substr(0, url.find('/', url.find("://") + 3));
    }
    static std::string prefix(const std::string& url) {
        const auto slash = url.find('/', url.find("://") + 3);
        return slash == std::string::npos ? "" : url.substr(slash);
    }

    // Only the first bytes of a long body are recorded: what was repeated in them is repeated on.
    static std::string period_of(const std::string& start) {
        std::size_t length = 1;
        while (length < start.size() &&
               start.compare(length, std::string::npos, start, 0, start.size() - length) != 0)
            ++length;
        return start.substr(0, length);
    }

    void differ(const std::string& where, const std::string& what) {
        result_.differences.push_back("sample '" + name_ + "'" +
                                      (where.empty() ? "" : " " + where) + ": " + what);
    }

    std::string filled(std::string text) {
        static const std::regex variable(R"(\$([A-Za-z0-9]+))");
        std::smatch found;
        while (std::regex_search(text, found, variable)) {
            const auto value = variables_.try_emplace(found[1], random_uuid()).first->second;
            text = found.prefix().str() + value + found.suffix().str();
        }
        return text;
    }

    void one(const json& request, const json& answer) {
        httplib::Request out;
        out.method = request["method"];
        std::string path = prefix(config_.base_url) + filled(request["path"]);
        if (const auto up = path.find("/.."); up != std::string::npos)
            path = "/";
        out.path = path.empty() ? "/" : path;
        for (const auto& [name, value] : config_.headers)
            out.set_header(name, value);
        for (const auto& [name, value] : request["headers"].items())
            out.set_header(name, filled(value));
        if (request["token"] == true)
            out.set_header("X-Auth-Token", config_.token);
        const json& body = request["body"];
        if (body.is_object() && body.contains("raw-bytes")) {
            const std::string start = period_of(body["start"]);
            while (out.body.size() < body["raw-bytes"].get<std::size_t>())
                out.body += start;
            out.body.resize(body["raw-bytes"].get<std::size_t>());
        } else if (!body.is_null()) {
            out.body = filled(body.dump());
        }
        if (config_.repeated.count(name_))
            (void)client_.send(out);
        const auto came = client_.send(out);
        if (!came)
            return differ("", "no answer: " + httplib::to_string(came.error()));
        if (came->status != answer["status"])
            differ("", "status " + std::to_string(came->status) + ", expected " +
                           answer["status"].dump() + "; body " + came->body.substr(0, 500));
        headers(answer["heads"], *came);
        bodies(answer, *came);
    }

    void headers(const json& expected, const httplib::Response& came) {
        for (const auto& [name, value] : expected.items()) {
            if (!came.has_header(name))
                differ("header " + name, "missing");
            else if (value != "present")
                text("header " + name, value.get<std::string>(), came.get_header_value(name),
                     std::regex::icase);
        }
    }

    void bodies(const json& answer, const httplib::Response& came) {
        const json& expected = answer["body"];
        if (answer["kind"] != "json")
            return text("body", expected.get<std::string>(), came.body);
        const json actual = json::parse(came.body, nullptr, false);
        if (actual.is_discarded())
            return differ("", "the body is no JSON: " + came.body.substr(0, 500));
        compare("", expected, actual);
    }

    void compare(const std::string& pointer, const json& expected, const json& actual) {
        if (config_.ignored.count(pointer))
            return;
        if (expected.is_string() && actual.is_string())
            return text(pointer, expected.get<std::string>(), actual.get<std::string>());
        if (expected.is_object() && actual.is_object()) {
            std::map<std::string, const json*> left;
            for (const auto& [key, value] : actual.items())
                left[key] = &value;
            // Keys that are blanks come last, when the others are gone.
            for (const bool blank : {false, true})
                for (const auto& [key, value] : expected.items())
                    if ((key.find('<') != std::string::npos) == blank)
                        member(pointer, key, value, left);
            for (const auto& [key, value] : left)
                if (!config_.ignored.count(pointer + "/" + key))
                    differ(pointer, "unexpected member '" + key + "'");
            return;
        }
        if (expected.is_array() && actual.is_array() && expected.size() == actual.size()) {
            for (std::size_t i = 0; i < expected.size(); ++i)
                compare(pointer + "/" + std::to_string(i), expected[i], actual[i]);
            return;
        }
        if (expected != actual)
            differ(pointer, "expected " + expected.dump() + ", came " + actual.dump());
    }

    void member(const std::string& pointer, const std::string& key, const json& value,
                std::map<std::string, const json*>& left) {
        for (auto candidate = left.begin(); candidate != left.end(); ++candidate)
            if (matches(key, candidate->first)) {
                compare(pointer + "/" + key, value, *candidate->second);
                left.erase(candidate);
                return;
            }
        if (!config_.ignored.count(pointer + "/" + key))
            differ(pointer, "missing member '" + key + "'");
    }

    // Blanks become groups; a blank that is known must come again as it was.
    bool matches(const std::string& expected, const std::string& actual,
                 std::regex::flag_type flags = {}) {
        if (expected.find('<') == std::string::npos && !(flags & std::regex::icase))
            return expected == actual;
        static const std::regex special(R"([.^$|()\[\]{}*+?\\/])");
        static const std::regex blank(R"(<([A-Za-z0-9]+)>)");
        static const std::map<std::string, std::string> forms = {{"time", R"([0-9T: .Z+-]{10,})"},
                                                                 {"hex32", "[0-9a-f]{32}"},
                                                                 {"uuid", "[0-9a-f-]{36}"},
                                                                 {"req", "req-[0-9a-f-]{36}"}};
        const std::string escaped = std::regex_replace(expected, special, R"(\$&)");
        std::string pattern;
        std::vector<std::string> learnt;
        auto at = escaped.cbegin();
        for (std::smatch found; std::regex_search(at, escaped.cend(), found, blank);
             at = found.suffix().first) {
            pattern += found.prefix();
            const std::string name = found[1];
            if (const auto form = forms.find(name); form != forms.end()) {
                pattern += form->second;
            } else if (const auto fixed = config_.blanks.find(name);
                       fixed != config_.blanks.end()) {
                pattern += std::regex_replace(fixed->second, special, R"(\$&)");
            } else if (const auto known = variables_.find(name); known != variables_.end()) {
                pattern += std::regex_replace(known->second, special, R"(\$&)");
            } else if (name.size() > 6) { // an HTML tag is no blank
                pattern += found[0];
            } else {
                pattern += "([0-9A-Za-z-]+)";
                learnt.push_back(name);
            }
        }
        pattern.append(at, escaped.cend());
        std::smatch found;
        if (!std::regex_match(actual, found, std::regex(pattern, std::regex::ECMAScript | flags)))
            return false;
        for (std::size_t i = 0; i < learnt.size(); ++i)
            variables_[learnt[i]] = found[i + 1];
        return true;
    }

    void text(const std::string& where, std::string expected, std::string actual,
              std::regex::flag_type flags = {}) {
        if (const auto cut = config_.prefixes.find(name_); cut != config_.prefixes.end())
            for (std::string* side : {&expected, &actual})
                if (const auto end = side->find(cut->second); end != std::string::npos)
                    side->resize(end + cut->second.size());
        if (expected != actual && !matches(expected, actual, flags))
            differ(where, "expected \"" + expected + "\", came \"" + actual.substr(0, 2000) + "\"");
    }

    const ReplayConfig& config_;
    std::map<std::string, std::string> variables_;
    httplib::Client client_;
    ReplayResult result_;
    std::string name_;
};

} // namespace

ReplayResult replay(const ReplayConfig& config) { return Replay(config).run(); }

} // namespace vtpmlab::test
