#pragma once
// Pieces of JSON Schema that many of Nova's bodies share. Every repetition in a pattern is bounded:
// the matcher underneath takes a stack frame a character.

namespace vtpmlab::cloud::parameter {

inline constexpr const char* boolean = R"({"type": ["boolean", "string"], "enum": [
    true, "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes",
    false, "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no"]})";
inline constexpr const char* boolean_or_auto = R"({"type": ["boolean", "string"], "enum": [
    true, "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes",
    false, "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no", "auto"]})";
// Neither empty nor with a blank at either end.
inline constexpr const char* name = R"({"type": "string", "minLength": 1, "maxLength": 255,
    "allOf": [{"pattern": "^[^\\s]"}, {"pattern": "[^\\s]$"}]})";
inline constexpr const char* name_or_none = R"({"anyOf": [{"type": "null"},
    {"type": "string", "minLength": 1, "maxLength": 255,
     "allOf": [{"pattern": "^[^\\s]"}, {"pattern": "[^\\s]$"}]}]})";
inline constexpr const char* description = R"({"type": ["string", "null"], "maxLength": 255})";
inline constexpr const char* host_name = R"({"type": "string", "minLength": 1, "maxLength": 255,
    "pattern": "^[a-zA-Z0-9._-]{1,255}$"})";
inline constexpr const char* host_name_or_none = R"({"type": ["string", "null"], "minLength": 1,
    "maxLength": 255, "pattern": "^[a-zA-Z0-9._-]{1,255}$"})";
inline constexpr const char* metadata = R"({"type": "object", "additionalProperties": false,
    "patternProperties": {"^[a-zA-Z0-9_:. -]{1,255}$": {"type": "string", "maxLength": 255}}})";
inline constexpr const char* disk_config = R"({"type": "string", "enum": ["AUTO", "MANUAL"]})";
inline constexpr const char* text = R"({"type": "string"})";

} // namespace vtpmlab::cloud::parameter
