#include "glance/task.h"

#include "http/json.h"
#include "http/timestamp.h"

#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::glance {

using nlohmann::json;

namespace {

constexpr const char* type = "api_image_import";

json input_of(const Task& task) {
    return {{"image_id", task.image_id},
            {"import_req", json::parse(task.import_request)},
            {"backend", json::array({"fast"})}};
}

json result_of(const Task& task) {
    return task.status == "success" ? json{{"image_id", task.image_id}} : json(nullptr);
}

std::int64_t ticks(Clock::Time time) { return time.time_since_epoch().count(); }
Clock::Time time_of(const json& value) {
    return Clock::Time(std::chrono::microseconds(value.get<std::int64_t>()));
}

} // namespace

json summary_of(const Task& task) {
    json body = {{"id", task.id},
                 {"type", type},
                 {"status", task.status},
                 {"owner", task.owner},
                 {"created_at", http::timestamp(task.created_at)},
                 {"updated_at", http::timestamp(task.updated_at)},
                 {"self", "/v2/tasks/" + task.id},
                 {"schema", "/v2/schemas/task"}};
    if (task.expires_at)
        body["expires_at"] = http::timestamp(*task.expires_at);
    return body;
}

json described(const Task& task) {
    json body = summary_of(task);
    body.update({{"input", input_of(task)},
                 {"result", result_of(task)},
                 {"message", task.message},
                 {"image_id", task.image_id},
                 {"request_id", task.request_id},
                 {"user_id", task.user_id}});
    return body;
}

json as_of_image(const Task& task) {
    return {{"id", task.id},
            {"type", type},
            {"status", task.status},
            {"owner", task.owner},
            {"input", input_of(task)},
            {"result", result_of(task)},
            {"message", task.message},
            {"image_id", task.image_id},
            {"request_id", task.request_id},
            {"user_id", task.user_id},
            {"created_at", http::timestamp_naive(task.created_at)},
            {"updated_at", http::timestamp_naive(task.updated_at)},
            {"expires_at",
             task.expires_at ? json(http::timestamp_naive(*task.expires_at)) : json(nullptr)},
            {"deleted", false},
            {"deleted_at", nullptr}};
}

std::string document_of(const Task& task) {
    return http::dump_json(
        {{"id", task.id},
         {"image_id", task.image_id},
         {"owner", task.owner},
         {"user_id", task.user_id},
         {"request_id", task.request_id},
         {"status", task.status},
         {"import_request", task.import_request},
         {"message", task.message},
         {"created_at", ticks(task.created_at)},
         {"updated_at", ticks(task.updated_at)},
         {"expires_at", task.expires_at ? json(ticks(*task.expires_at)) : json(nullptr)}});
}

Task task_from(const std::string& document) {
    const json body = json::parse(document);
    Task task;
    task.id = body.at("id").get<std::string>();
    task.image_id = body.at("image_id").get<std::string>();
    task.owner = body.at("owner").get<std::string>();
    task.user_id = body.at("user_id").get<std::string>();
    task.request_id = body.at("request_id").get<std::string>();
    task.status = body.at("status").get<std::string>();
    task.import_request = body.at("import_request").get<std::string>();
    task.message = body.at("message").get<std::string>();
    task.created_at = time_of(body.at("created_at"));
    task.updated_at = time_of(body.at("updated_at"));
    if (!body.at("expires_at").is_null())
        task.expires_at = time_of(body.at("expires_at"));
    return task;
}

} // namespace vtpmlab::fakes::glance
