#pragma once
// What a flavor and an image ask for together: Nova's get_vtpm_constraint and
// get_tpm_secret_security_constraint, in its order of checks and with its words. Pure functions of
// their arguments; who calls them when, and which HTTP answer an error becomes, is the cloud's.

#include <vtpmlab/tpm.h>

#include <tl/expected.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace vtpmlab {

using Properties = std::map<std::string, std::string, std::less<>>;

// The parts of a flavor and of an image that decide about a vTPM.
struct FlavorRequest {
    std::string name;
    Properties extra_specs;
};
struct ImageRequest {
    std::string name;
    Properties properties;
};

// Nova's exception: its class, the HTTP code the class carries, its formatted message.
struct RuleViolation {
    enum class Kind { flavor_image_conflict, invalid };
    Kind kind = Kind::invalid;
    std::string message;

    [[nodiscard]] int http_code() const { return kind == Kind::invalid ? 400 : 500; }
    friend bool operator==(const RuleViolation&, const RuleViolation&) = default;
};

namespace detail {

[[nodiscard]] inline std::optional<std::string> find_property(const Properties& properties,
                                                              const std::string& key) {
    const auto found = properties.find(key);
    return found == properties.end() ? std::nullopt : std::optional(found->second);
}

// Nova prints a refused value with Python's repr().
[[nodiscard]] inline std::string python_repr(std::string_view text) {
    const bool has_single = text.find('\'') != std::string_view::npos;
    const bool has_double = text.find('"') != std::string_view::npos;
    const char quote = has_single && !has_double ? '"' : '\'';
    std::string out(1, quote);
    for (char c : text) {
        if (c == quote || c == '\\')
            out += '\\';
        out += c;
    }
    return out + quote;
}

// A conflict needs two non-empty values that differ.
// spec: nova-vtpm §REQ-2
[[nodiscard]] inline tl::expected<std::optional<std::string>, RuleViolation>
unique_value(const std::string& key, const FlavorRequest& flavor, const ImageRequest& image) {
    const auto of_flavor = find_property(flavor.extra_specs, "hw:" + key);
    const auto of_image = find_property(image.properties, "hw_" + key);
    const bool flavor_speaks = of_flavor && !of_flavor->empty();
    const bool image_speaks = of_image && !of_image->empty();
    if (flavor_speaks && image_speaks && *of_flavor != *of_image)
        return tl::unexpected(RuleViolation{
            RuleViolation::Kind::flavor_image_conflict,
            "Flavor " + flavor.name + " has hw:" + key + " extra spec explicitly set to " +
                *of_flavor + ", conflicting with image " + image.name + " which has hw_" + key +
                " explicitly set to " + *of_image + "."});
    return flavor_speaks ? of_flavor : of_image;
}

} // namespace detail

// The device the server gets; nothing when no version is asked for, for the version is the only
// trigger: a model alone, even a wrong or a conflicting one, is ignored.
// spec: nova-vtpm §REQ-1
// spec: nova-vtpm §REQ-2
// spec: nova-vtpm §REQ-3
[[nodiscard]] inline tl::expected<std::optional<TpmDevice>, RuleViolation>
vtpm_constraint(const FlavorRequest& flavor, const ImageRequest& image) {
    const auto invalid = [](std::string message) {
        return tl::unexpected(RuleViolation{RuleViolation::Kind::invalid, std::move(message)});
    };
    const auto version_text = detail::unique_value("tpm_version", flavor, image);
    if (!version_text)
        return tl::unexpected(version_text.error());
    if (!*version_text)
        return std::nullopt;
    const auto version = parse_tpm_version(**version_text);
    if (!version)
        return invalid("Invalid TPM version " + detail::python_repr(**version_text) +
                       ". Allowed values: 1.2, 2.0.");

    const auto model_text = detail::unique_value("tpm_model", flavor, image);
    if (!model_text)
        return tl::unexpected(model_text.error());
    if (!*model_text)
        return TpmDevice{*version, TpmModel::tis};
    const auto model = parse_tpm_model(**model_text);
    if (!model)
        return invalid("Invalid TPM model " + detail::python_repr(**model_text) +
                       ". Allowed values: tpm-tis, tpm-crb.");
    if (*model == TpmModel::crb && *version != TpmVersion::v2_0)
        return invalid("TPM model CRB is only valid with TPM version 2.0.");
    return TpmDevice{*version, *model};
}

// What the flavor says, if anything; there is no image property, on purpose. A value outside the
// set is refused by the scheduler's request filter only.
// spec: nova-vtpm §REQ-6
[[nodiscard]] inline std::optional<std::string>
requested_secret_security(const FlavorRequest& flavor) {
    return detail::find_property(flavor.extra_specs, "hw:tpm_secret_security");
}

// How the compute side treats the server: absent is user, and so is whatever it does not know.
// spec: nova-vtpm §REQ-10
[[nodiscard]] inline SecretSecurity secret_security(const FlavorRequest& flavor) {
    return parse_secret_security(requested_secret_security(flavor).value_or("user"))
        .value_or(SecretSecurity::user);
}

// A request that a person takes for a vTPM and that gives none: a model without a version.
// spec: nova-vtpm §REQ-1
[[nodiscard]] inline bool has_model_without_version(const FlavorRequest& flavor,
                                                    const ImageRequest& image) {
    const auto speaks = [](const Properties& properties, const std::string& key) {
        return !detail::find_property(properties, key).value_or("").empty();
    };
    return (speaks(flavor.extra_specs, "hw:tpm_model") ||
            speaks(image.properties, "hw_tpm_model")) &&
           !speaks(flavor.extra_specs, "hw:tpm_version") &&
           !speaks(image.properties, "hw_tpm_version");
}

} // namespace vtpmlab
