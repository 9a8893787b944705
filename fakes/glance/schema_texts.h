#pragma once
// The text of Glance's published JSON schemas. Clients read them to tell fields from properties,
// and Glance checks what it is sent against the first.

#include <string_view>

namespace vtpmlab::fakes::glance {

extern const std::string_view image_schema_text;
extern const std::string_view member_schema_text;

// metadef_schema_texts.cpp
extern const std::string_view task_schema_text;
extern const std::string_view tasks_schema_text;
extern const std::string_view namespace_schema_text;
extern const std::string_view resource_type_schema_text;
extern const std::string_view property_schema_text;
extern const std::string_view object_schema_text;
extern const std::string_view tag_schema_text;

} // namespace vtpmlab::fakes::glance
