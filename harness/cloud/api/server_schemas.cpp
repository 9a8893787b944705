#include "cloud/api/server_schemas.h"

#include "cloud/api/parameter_types.h"

#include <nlohmann/json.hpp>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;

json type(const char* text) { return json::parse(text); }

json object(json properties, json required = json::array()) {
    return {{"type", "object"},
            {"properties", std::move(properties)},
            {"required", std::move(required)},
            {"additionalProperties", false}};
}

json array_of(json items) { return {{"type", "array"}, {"items", std::move(items)}}; }

json count() {
    return {
        {"type", {"integer", "string"}}, {"minimum", 1}, {"pattern", "^0{0,30}[1-9][0-9]{0,30}$"}};
}

json limited_text(unsigned longest) { return {{"type", "string"}, {"maxLength", longest}}; }

// What create, update and rebuild have in common.
json common_properties() {
    return {{"name", type(parameter::name)},
            {"OS-DCF:diskConfig", type(parameter::disk_config)},
            {"accessIPv4", type(parameter::text)},
            {"accessIPv6", type(parameter::text)}};
}

json personality() {
    return array_of(object({{"path", type(parameter::text)}, {"contents", type(parameter::text)}}));
}

json trusted_certificates() {
    return {{"anyOf",
             {{{"type", "null"}},
              {{"type", "array"},
               {"minItems", 1},
               {"maxItems", 50},
               {"uniqueItems", true},
               {"items", {{"type", "string"}, {"minLength", 1}}}}}}};
}

// Neither holds a slash or a comma.
json tag() {
    return {{"type", "string"}, {"minLength", 1}, {"maxLength", 60}, {"pattern", "^[^,/]{0,60}$"}};
}

json networks(int minor) {
    json network = {{"fixed_ip", type(parameter::text)},
                    {"port", {{"type", {"string", "null"}}}},
                    {"uuid", type(parameter::text)}};
    if ((minor >= 32 && minor < 37) || minor >= 42)
        network["tag"] = tag();
    auto list = array_of(object(std::move(network)));
    if (minor < 37)
        return list;
    return {{"anyOf", {list, {{"type", "string"}, {"enum", {"none", "auto"}}}}}};
}

json legacy_device() {
    return {{"virtual_name", limited_text(255)},
            {"volume_id", limited_text(255)},
            {"snapshot_id", limited_text(255)},
            {"volume_size", {{"type", {"integer", "string"}}, {"pattern", "^[0-9]{1,30}$"}}},
            {"device_name", {{"type", "string"}, {"minLength", 1}, {"maxLength", 255}}},
            {"delete_on_termination", type(parameter::boolean)},
            {"no_device", json::object()},
            {"connection_info", type(parameter::text)}};
}

json device(int minor) {
    auto properties = legacy_device();
    properties.update(
        {{"source_type", {{"enum", {"volume", "image", "snapshot", "blank"}}}},
         {"destination_type", {{"enum", {"local", "volume"}}}},
         {"uuid", {{"type", "string"}, {"minLength", 1}, {"maxLength", 255}}},
         {"image_id", limited_text(255)},
         {"guest_format", limited_text(255)},
         {"device_type", limited_text(255)},
         {"disk_bus", limited_text(255)},
         {"boot_index", {{"type", {"integer", "string", "null"}}, {"pattern", "^-?[0-9]{1,9}$"}}}});
    // A device's tag came with 2.32, was lost with 2.33 and came back with 2.42.
    if (minor == 32 || minor >= 42)
        properties["tag"] = tag();
    if (minor >= 67)
        properties["volume_type"] = {{"type", {"string", "null"}}, {"maxLength", 255}};
    return object(std::move(properties));
}

json user_data() { return limited_text(65535); }

json create(int minor) {
    auto server = common_properties();
    server.update({{"imageRef", type(parameter::text)},
                   {"flavorRef", {{"type", {"string", "integer"}}, {"minLength", 1}}},
                   {"adminPass", type(parameter::text)},
                   {"metadata", type(parameter::metadata)},
                   {"networks", networks(minor)},
                   {"availability_zone", type(parameter::name)},
                   {"block_device_mapping", array_of(object(legacy_device()))},
                   {"block_device_mapping_v2", array_of(device(minor))},
                   {"config_drive", type(parameter::boolean)},
                   {"key_name", type(parameter::name)},
                   {"min_count", count()},
                   {"max_count", count()},
                   {"return_reservation_id", type(parameter::boolean)},
                   {"security_groups", array_of(object({{"name", type(parameter::name)}}))},
                   {"user_data", user_data()}});
    if (minor >= 19)
        server["description"] = type(parameter::description);
    if (minor >= 52)
        server["tags"] = {{"type", "array"}, {"items", tag()}, {"maxItems", 50}};
    if (minor < 57)
        server["personality"] = personality();
    if (minor >= 63)
        server["trusted_image_certificates"] = trusted_certificates();
    if (minor >= 74)
        server["host"] = server["hypervisor_hostname"] = type(parameter::host_name);
    if (minor >= 90)
        server["hostname"] = type(parameter::host_name);
    json required = {"name", "flavorRef"};
    if (minor >= 37)
        required.push_back("networks");
    const json hints = {{"type", "object"}};
    return object({{"server", object(std::move(server), std::move(required))},
                   {"os:scheduler_hints", hints},
                   {"OS-SCH-HNT:scheduler_hints", hints}},
                  {"server"});
}

json update(int minor) {
    auto server = common_properties();
    if (minor >= 19)
        server["description"] = type(parameter::description);
    if (minor >= 90)
        server["hostname"] = type(parameter::host_name);
    return object({{"server", object(std::move(server))}}, {"server"});
}

json rebuild(int minor) {
    auto body = common_properties();
    body.update({{"imageRef", {{"type", "string"}, {"minLength", 1}}},
                 {"adminPass", type(parameter::text)},
                 {"metadata", type(parameter::metadata)},
                 {"preserve_ephemeral", type(parameter::boolean)}});
    if (minor >= 19)
        body["description"] = type(parameter::description);
    if (minor >= 54)
        body["key_name"] = type(parameter::name_or_none);
    if (minor < 57)
        body["personality"] = personality();
    else
        body["user_data"] = {{"type", {"string", "null"}}, {"maxLength", 65535}};
    if (minor >= 63)
        body["trusted_image_certificates"] = trusted_certificates();
    if (minor >= 90)
        body["hostname"] = type(parameter::host_name);
    return object({{"rebuild", object(std::move(body), {"imageRef"})}}, {"rebuild"});
}

SchemaHistory history(std::initializer_list<int> changes, json (*schema)(int minor)) {
    SchemaHistory all;
    for (const int minor : changes)
        all[minor] = schema(minor).dump();
    return all;
}

} // namespace

const SchemaHistory& server_create_schemas() {
    static const auto all = history({1, 19, 32, 33, 37, 42, 52, 57, 63, 67, 74, 90}, create);
    return all;
}

const SchemaHistory& server_update_schemas() {
    static const auto all = history({1, 19, 90}, update);
    return all;
}

const SchemaHistory& rebuild_schemas() {
    static const auto all = history({1, 19, 54, 57, 63, 90}, rebuild);
    return all;
}

} // namespace vtpmlab::cloud
