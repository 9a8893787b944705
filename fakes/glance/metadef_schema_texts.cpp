// The documents as Glance publishes them: `curl -H "X-Auth-Token: $T" $GLANCE/v2/schemas/...` of
// Glance 25.1 (Debian 12), keys sorted.

#include "glance/schema_texts.h"

namespace vtpmlab::fakes::glance {

const std::string_view task_schema_text = R"json(
{
 "name": "task",
 "properties": {
  "created_at": {"description": "Datetime when this resource was created", "type": "string"},
  "expires_at": {
   "description": "Datetime when this resource would be subject to removal",
   "type": ["null", "string"]},
  "id": {
   "description": "An identifier for the task",
   "pattern": "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$",
   "type": "string"},
  "image_id": {"description": "Image associated with the task", "type": "string"},
  "input": {"description": "The parameters required by task, JSON blob", "type": ["null", "object"]},
  "message": {
   "description": "Human-readable informative message only included when appropriate (usually on failure)",
   "type": "string"},
  "owner": {"description": "An identifier for the owner of this task", "type": "string"},
  "request_id": {"description": "Human-readable informative request-id", "type": "string"},
  "result": {"description": "The result of current task, JSON blob", "type": ["null", "object"]},
  "schema": {"readOnly": true, "type": "string"},
  "self": {"readOnly": true, "type": "string"},
  "status": {
   "description": "The current status of this task",
   "enum": ["pending", "processing", "success", "failure"],
   "type": "string"},
  "type": {
   "description": "The type of task represented by this content",
   "enum": ["import", "api_image_import"],
   "type": "string"},
  "updated_at": {"description": "Datetime when this resource was updated", "type": "string"},
  "user_id": {"description": "User associated with the task", "type": "string"}}}
)json";

const std::string_view tasks_schema_text = R"json(
{
 "links": [{"href": "{schema}", "rel": "describedby"}],
 "name": "tasks",
 "properties": {
  "schema": {"type": "string"},
  "tasks": {
   "items": {
    "name": "task",
    "properties": {
     "created_at": {"description": "Datetime when this resource was created", "type": "string"},
     "expires_at": {
      "description": "Datetime when this resource would be subject to removal",
      "type": ["null", "string"]},
     "id": {
      "description": "An identifier for the task",
      "pattern": "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$",
      "type": "string"},
     "image_id": {"description": "Image associated with the task", "type": "string"},
     "owner": {"description": "An identifier for the owner of this task", "type": "string"},
     "request_id": {"description": "Human-readable informative request-id", "type": "string"},
     "schema": {"readOnly": true, "type": "string"},
     "self": {"readOnly": true, "type": "string"},
     "status": {
      "description": "The current status of this task",
      "enum": ["pending", "processing", "success", "failure"],
      "type": "string"},
     "type": {
      "description": "The type of task represented by this content",
      "enum": ["import", "api_image_import"],
      "type": "string"},
     "updated_at": {"description": "Datetime when this resource was updated", "type": "string"},
     "user_id": {"description": "User associated with the task", "type": "string"}}},
   "type": "array"}}}
)json";

const std::string_view namespace_schema_text = R"json(
{
 "additionalProperties": false,
 "definitions": {
  "positiveInteger": {"minimum": 0, "type": "integer"},
  "positiveIntegerDefault0": {"allOf": [{"$ref": "#/definitions/positiveInteger"}, {"default": 0}]},
  "property": {
   "additionalProperties": {
    "properties": {
     "additionalItems": {"type": "boolean"},
     "default": {},
     "description": {"type": "string"},
     "enum": {"type": "array"},
     "items": {
      "properties": {
       "enum": {"type": "array"},
       "type": {
        "enum": ["array", "boolean", "integer", "number", "object", "string", null],
        "type": "string"}},
      "type": "object"},
     "maxItems": {"$ref": "#/definitions/positiveInteger"},
     "maxLength": {"$ref": "#/definitions/positiveInteger"},
     "maximum": {"type": "number"},
     "minItems": {"$ref": "#/definitions/positiveIntegerDefault0"},
     "minLength": {"$ref": "#/definitions/positiveIntegerDefault0"},
     "minimum": {"type": "number"},
     "name": {"maxLength": 80, "type": "string"},
     "operators": {"items": {"type": "string"}, "type": "array"},
     "pattern": {"format": "regex", "type": "string"},
     "readonly": {"type": "boolean"},
     "required": {"$ref": "#/definitions/stringArray"},
     "title": {"type": "string"},
     "type": {
      "enum": ["array", "boolean", "integer", "number", "object", "string", null],
      "type": "string"},
     "uniqueItems": {"default": false, "type": "boolean"}},
    "required": ["title", "type"],
    "type": "object"},
   "type": "object"},
  "stringArray": {"items": {"type": "string"}, "type": "array", "uniqueItems": true}},
 "name": "namespace",
 "properties": {
  "created_at": {
   "description": "Date and time of namespace creation",
   "format": "date-time",
   "readOnly": true,
   "type": "string"},
  "description": {
   "description": "Provides a user friendly description of the namespace.",
   "maxLength": 500,
   "type": "string"},
  "display_name": {
   "description": "The user friendly name for the namespace. Used by UI if available.",
   "maxLength": 80,
   "type": "string"},
  "namespace": {"description": "The unique namespace text.", "maxLength": 80, "type": "string"},
  "objects": {
   "items": {
    "properties": {
     "description": {"type": "string"},
     "name": {"type": "string"},
     "properties": {"$ref": "#/definitions/property"},
     "required": {"$ref": "#/definitions/stringArray"}},
    "type": "object"},
   "type": "array"},
  "owner": {"description": "Owner of the namespace.", "maxLength": 255, "type": "string"},
  "properties": {"$ref": "#/definitions/property"},
  "protected": {"description": "If true, namespace will not be deletable.", "type": "boolean"},
  "resource_type_associations": {
   "items": {
    "properties": {
     "name": {"type": "string"},
     "prefix": {"type": "string"},
     "properties_target": {"type": "string"}},
    "type": "object"},
   "type": "array"},
  "schema": {"readOnly": true, "type": "string"},
  "self": {"readOnly": true, "type": "string"},
  "tags": {"items": {"properties": {"name": {"type": "string"}}, "type": "object"}, "type": "array"},
  "updated_at": {
   "description": "Date and time of the last namespace modification",
   "format": "date-time",
   "readOnly": true,
   "type": "string"},
  "visibility": {
   "description": "Scope of namespace accessibility.",
   "enum": ["public", "private"],
   "type": "string"}},
 "required": ["namespace"]}
)json";

const std::string_view resource_type_schema_text = R"json(
{
 "additionalProperties": false,
 "name": "resource_type_association",
 "properties": {
  "created_at": {
   "description": "Date and time of resource type association",
   "format": "date-time",
   "readOnly": true,
   "type": "string"},
  "name": {
   "description": "Resource type names should be aligned with Heat resource types whenever possible: https://docs.openstack.org/heat/latest/template_guide/openstack.html",
   "maxLength": 80,
   "type": "string"},
  "prefix": {
   "description": "Specifies the prefix to use for the given resource type. Any properties in the namespace should be prefixed with this prefix when being applied to the specified resource type. Must include prefix separator (e.g. a colon :).",
   "maxLength": 80,
   "type": "string"},
  "properties_target": {
   "description": "Some resource types allow more than one key / value pair per instance.  For example, Cinder allows user and image metadata on volumes. Only the image properties metadata is evaluated by Nova (scheduling or drivers). This property allows a namespace target to remove the ambiguity.",
   "maxLength": 80,
   "type": "string"},
  "updated_at": {
   "description": "Date and time of the last resource type association modification",
   "format": "date-time",
   "readOnly": true,
   "type": "string"}},
 "required": ["name"]}
)json";

const std::string_view property_schema_text = R"json(
{
 "additionalProperties": false,
 "definitions": {
  "positiveInteger": {"minimum": 0, "type": "integer"},
  "positiveIntegerDefault0": {"allOf": [{"$ref": "#/definitions/positiveInteger"}, {"default": 0}]},
  "stringArray": {"items": {"type": "string"}, "minItems": 1, "type": "array", "uniqueItems": true}},
 "name": "property",
 "properties": {
  "additionalItems": {"type": "boolean"},
  "default": {},
  "description": {"type": "string"},
  "enum": {"type": "array"},
  "items": {
   "properties": {
    "enum": {"type": "array"},
    "type": {
     "enum": ["array", "boolean", "integer", "number", "object", "string", null],
     "type": "string"}},
   "type": "object"},
  "maxItems": {"$ref": "#/definitions/positiveInteger"},
  "maxLength": {"$ref": "#/definitions/positiveInteger"},
  "maximum": {"type": "number"},
  "minItems": {"$ref": "#/definitions/positiveIntegerDefault0"},
  "minLength": {"$ref": "#/definitions/positiveIntegerDefault0"},
  "minimum": {"type": "number"},
  "name": {"maxLength": 80, "type": "string"},
  "operators": {"items": {"type": "string"}, "type": "array"},
  "pattern": {"format": "regex", "type": "string"},
  "readonly": {"type": "boolean"},
  "required": {"$ref": "#/definitions/stringArray"},
  "title": {"type": "string"},
  "type": {
   "enum": ["array", "boolean", "integer", "number", "object", "string", null],
   "type": "string"},
  "uniqueItems": {"default": false, "type": "boolean"}},
 "required": ["type", "title", "name"]}
)json";

const std::string_view object_schema_text = R"json(
{
 "additionalProperties": false,
 "definitions": {
  "positiveInteger": {"minimum": 0, "type": "integer"},
  "positiveIntegerDefault0": {"allOf": [{"$ref": "#/definitions/positiveInteger"}, {"default": 0}]},
  "property": {
   "additionalProperties": {
    "properties": {
     "additionalItems": {"type": "boolean"},
     "default": {},
     "description": {"type": "string"},
     "enum": {"type": "array"},
     "items": {
      "properties": {
       "enum": {"type": "array"},
       "type": {
        "enum": ["array", "boolean", "integer", "number", "object", "string", null],
        "type": "string"}},
      "type": "object"},
     "maxItems": {"$ref": "#/definitions/positiveInteger"},
     "maxLength": {"$ref": "#/definitions/positiveInteger"},
     "maximum": {"type": "number"},
     "minItems": {"$ref": "#/definitions/positiveIntegerDefault0"},
     "minLength": {"$ref": "#/definitions/positiveIntegerDefault0"},
     "minimum": {"type": "number"},
     "name": {"maxLength": 80, "type": "string"},
     "operators": {"items": {"type": "string"}, "type": "array"},
     "pattern": {"format": "regex", "type": "string"},
     "readonly": {"type": "boolean"},
     "required": {"$ref": "#/definitions/stringArray"},
     "title": {"type": "string"},
     "type": {
      "enum": ["array", "boolean", "integer", "number", "object", "string", null],
      "type": "string"},
     "uniqueItems": {"default": false, "type": "boolean"}},
    "required": ["title", "type"],
    "type": "object"},
   "type": "object"},
  "stringArray": {"items": {"type": "string"}, "type": "array", "uniqueItems": true}},
 "name": "object",
 "properties": {
  "created_at": {
   "description": "Date and time of object creation",
   "format": "date-time",
   "readOnly": true,
   "type": "string"},
  "description": {"type": "string"},
  "name": {"maxLength": 80, "type": "string"},
  "properties": {"$ref": "#/definitions/property"},
  "required": {"$ref": "#/definitions/stringArray"},
  "schema": {"readOnly": true, "type": "string"},
  "self": {"readOnly": true, "type": "string"},
  "updated_at": {
   "description": "Date and time of the last object modification",
   "format": "date-time",
   "readOnly": true,
   "type": "string"}},
 "required": ["name"]}
)json";

const std::string_view tag_schema_text = R"json(
{
 "additionalProperties": false,
 "name": "tag",
 "properties": {
  "created_at": {
   "description": "Date and time of tag creation",
   "format": "date-time",
   "readOnly": true,
   "type": "string"},
  "name": {"maxLength": 80, "type": "string"},
  "updated_at": {
   "description": "Date and time of the last tag modification",
   "format": "date-time",
   "readOnly": true,
   "type": "string"}},
 "required": ["name"]}
)json";

} // namespace vtpmlab::fakes::glance
