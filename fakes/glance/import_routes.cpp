// The second way to an image's data: it is staged first and imported then, and a task says what
// became of the import. Here an import has ended when its request is answered: the staged file only
// takes its place.
//
// web-download is offered as everywhere, and its filter lets no address pass: a simulated cloud
// reaches nothing outside itself.

#include "glance/policy.h"
#include "glance/routes.h"
#include "glance/schema_check.h"
#include "glance/schema_texts.h"
#include "glance/task.h"
#include "glance/upload.h"
#include "http/uuid_like.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace vtpmlab::fakes::glance {

namespace {

Outcome<Response> stage(Parts parts, const Request& request) {
    VTPMLAB_CHECK(check_data_type(request));
    VTPMLAB_TRY(const Image seen, visible_image(parts.store, request));
    VTPMLAB_TRY(const Image image, parts.store.change(seen.id, [&](Image& found) -> Outcome<void> {
        VTPMLAB_CHECK(may_change(*request.caller, found, "modify_image"));
        if (found.status != "queued")
            return no_transition(found, "uploading");
        found.status = "uploading";
        return {};
    }));
    const auto facts = receive(parts, DataFiles::staged_name(image.id), image.owner, request);
    const auto ended = parts.store.change(image.id, [&](Image& found) -> Outcome<void> {
        found.updated_at = parts.clock.now();
        if (!facts) {
            found.status = "queued";
            return {};
        }
        take_data(found, *facts);
        found.is_staged = true;
        return {};
    });
    if (!ended) {
        parts.files.remove(image.id);
        return tl::unexpected(ended.error());
    }
    if (!facts)
        return tl::unexpected(facts.error());
    return nothing();
}

Outcome<std::string> method_of(const json& body) {
    if (!body.is_object() || !body.contains("method"))
        return refuse(400, "Import request requires a 'method' field.");
    const json& method = body["method"];
    if (!method.is_object() || !method.contains("name"))
        return refuse(400, "Import request requires a 'name' field.");
    const auto name =
        method["name"].is_string() ? method["name"].get<std::string>() : method["name"].dump();
    if (name != "glance-direct" && name != "web-download")
        return refuse(400, fmt::format("Unknown import method name '{}'.", name));
    return name;
}

Outcome<void> check_stores(const json& body) {
    const auto stores = body.find("stores");
    if (stores == body.end())
        return {};
    if (body.value("all_stores", json(false)) == json(true))
        return refuse(400, "All_stores parameter can't be used with x-image-meta-store header or "
                           "stores parameter");
    if (!stores->is_array())
        return refuse(400, "'stores' must be a list of store identifiers");
    for (const auto& store : *stores)
        if (store != "fast")
            return refuse(409,
                          fmt::format("Store for identifier {} not found",
                                      store.is_string() ? store.get<std::string>() : store.dump()));
    return {};
}

// In the order of the real one, so that the same mistake gives the same words.
Outcome<void> check_import(const Request& request, const Image& image, const std::string& method,
                           const json& body) {
    if (image.status == "active")
        return refuse(409, "Image with status active cannot be target for import");
    if (method == "web-download" && image.status != "queued")
        return refuse(409, "Image needs to be in 'queued' state to use 'web-download' method");
    if (method == "glance-direct" && !image.is_staged)
        return refuse(409, "Image needs to be staged before 'glance-direct' method can be used");
    if (!image.container_format)
        return refuse(409, "'container_format' needs to be set before import");
    if (!image.disk_format)
        return refuse(409, "'disk_format' needs to be set before import");
    VTPMLAB_CHECK(may_change(*request.caller, image, "modify_image"));
    VTPMLAB_CHECK(check_stores(body));
    if (method == "web-download") {
        const json uri = body["method"].value("uri", json(nullptr));
        return refuse(400, fmt::format("URI for web-download does not pass filtering: {}",
                                       uri.is_string() ? uri.get<std::string>() : "None"));
    }
    return {};
}

Outcome<Response> import(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json body, request.json());
    VTPMLAB_TRY(const std::string method, method_of(body));
    VTPMLAB_TRY(const Image seen, visible_image(parts.store, request));

    Task task;
    task.id = random_uuid();
    task.image_id = seen.id;
    task.owner = request.caller->project_id;
    task.user_id = request.caller->user_id;
    task.request_id = request.request_id;
    task.import_request = body.dump();
    task.created_at = parts.clock.now();

    // The file first takes its place when the image says so: two imports at once are one.
    auto changed = parts.store.change(seen.id, [&](Image& image) -> Outcome<void> {
        VTPMLAB_CHECK(check_import(request, image, method, body));
        image.status = "importing";
        image.is_staged = false;
        return {};
    });
    if (!changed)
        return tl::unexpected(changed.error());
    const SystemCode moved = parts.files.unstage(seen.id);
    changed = parts.store.change(seen.id, [&](Image& image) -> Outcome<void> {
        image.status = moved == 0 ? "active" : "queued";
        if (moved == 0) {
            // Again: the format may have been set after the data was staged.
            image.virtual_size =
                virtual_size(image, {static_cast<std::uint64_t>(image.size.value_or(0)),
                                     {},
                                     {},
                                     parts.files.head(image.id)});
            image.properties["os_glance_importing_to_stores"] = "";
            image.properties["os_glance_failed_import"] = "";
        } else {
            image.drop_data();
            image.properties["os_glance_failed_import"] = "fast";
        }
        image.updated_at = parts.clock.now();
        return {};
    });
    if (!changed) {
        parts.files.remove(seen.id);
        return tl::unexpected(changed.error());
    }
    task.updated_at = parts.clock.now();
    task.expires_at = task.updated_at + task_lifetime;
    task.status = moved == 0 ? "success" : "failure";
    task.message = moved == 0 ? fmt::format("Copied {} MiB", changed->size.value_or(0) >> 20)
                              : "The staged data is not there any more.";
    parts.store.insert(task);
    return Response::text(202, {}, "text/html; charset=UTF-8");
}

// Like the image itself, but the words are WebOb's.
Outcome<Response> tasks_of_image(Parts parts, const Request& request) {
    const auto image = visible_image(parts.store, request);
    if (!image || !(owns(*request.caller, *image) || is_admin(*request.caller)))
        return refuse(404, "The resource could not be found.");
    json tasks = json::array();
    for (const Task& task : parts.store.tasks(parts.clock.now()))
        if (task.image_id == image->id)
            tasks.push_back(as_of_image(task));
    return Response::json(200, {{"tasks", std::move(tasks)}});
}

Outcome<void> may_use_tasks(const Request& request) {
    if (is_admin(*request.caller))
        return {};
    return refuse(403, "You are not authorized to complete tasks_api_access action.");
}

template <std::size_t size>
Outcome<void> check_choice(const Request& request, const char* name,
                           const std::array<std::string_view, size>& choices) {
    const std::string* value = request.query.find(name);
    if (!value || std::find(choices.begin(), choices.end(), *value) != choices.end())
        return {};
    return refuse(400, fmt::format("Invalid {} value: {}", name, *value));
}

Outcome<Response> list_tasks(Parts parts, const Request& request) {
    VTPMLAB_CHECK(may_use_tasks(request));
    VTPMLAB_CHECK(check_choice(
        request, "status",
        std::array<std::string_view, 4>{"pending", "processing", "success", "failure"}));
    // The one type there is cannot be asked for: so it is in the real one.
    VTPMLAB_CHECK(check_choice(request, "type", std::array<std::string_view, 1>{"import"}));
    VTPMLAB_CHECK(
        check_choice(request, "sort_dir", std::array<std::string_view, 2>{"asc", "desc"}));
    if (const std::string* key = request.query.find("sort_key");
        key && *key != "created_at" && *key != "updated_at" && *key != "id" && *key != "status" &&
        *key != "type" && *key != "expires_at")
        return refuse(400, "Sort key supplied was not valid.");
    const std::string* const marker = request.query.find("marker");
    if (marker && !marker->empty() && !http::is_uuid_like(*marker))
        return refuse(400, "Invalid marker format");
    VTPMLAB_TRY(const std::size_t limit, limit_of(request.query));

    std::vector<Task> found = parts.store.tasks(parts.clock.now());
    const std::string* const status = request.query.find("status");
    const bool none = request.query.contains("type");
    std::erase_if(found,
                  [&](const Task& task) { return none || (status && task.status != *status); });
    const std::string* const direction = request.query.find("sort_dir");
    if (!direction || *direction == "desc")
        std::reverse(found.begin(), found.end());
    if (marker) {
        const auto last = std::find_if(found.begin(), found.end(),
                                       [&](const Task& task) { return task.id == *marker; });
        if (last == found.end())
            return refuse(400, fmt::format("Could not find task {}", *marker));
        found.erase(found.begin(), last + 1);
    }
    if (found.size() > limit)
        found.resize(limit);
    json body = {{"tasks", json::array()},
                 {"schema", "/v2/schemas/tasks"},
                 {"first", page_link("/v2/tasks", request.query, nullptr)}};
    for (const Task& task : found)
        body["tasks"].push_back(summary_of(task));
    if (!found.empty() && found.size() == limit)
        body["next"] = page_link("/v2/tasks", request.query, &found.back().id);
    return Response::json(200, body);
}

Outcome<Response> show_task(Parts parts, const Request& request) {
    VTPMLAB_CHECK(may_use_tasks(request));
    const std::string& id = request.parameter("task_id");
    for (const Task& task : parts.store.tasks(parts.clock.now()))
        if (task.id == id)
            return Response::json(200, described(task));
    return refuse(404, fmt::format("Could not find task {}", id));
}

Outcome<Response> keep_task(Parts, const Request&) {
    constexpr int status = 405;
    return Response::json(status,
                          {{"message", "This operation is currently not permitted on Glance Tasks. "
                                       "They are auto deleted after reaching the time based on "
                                       "their expires_at property."},
                           {"code", "405 Method Not Allowed"},
                           {"title", "Method Not Allowed"}})
        .with("Allow", "GET");
}

// What the tasks API was made for once; it takes URIs only, and none passes (see above).
Outcome<Response> create_task(Parts, const Request& request) {
    VTPMLAB_CHECK(may_use_tasks(request));
    VTPMLAB_TRY(const json body, request.json());
    for (const char* field : {"type", "input"})
        if (!body.is_object() || !body.contains(field))
            return refuse(400, fmt::format("Task '{}' is required", field));
    VTPMLAB_CHECK(check_document(task_schema_text, body));
    const auto from =
        body["input"].is_object() ? body["input"].value("import_from", json()) : json();
    return refuse(400, fmt::format("URI for legacy import task does not pass filtering: {}",
                                   from.is_string() ? from.get<std::string>() : "None"));
}

} // namespace

std::vector<http::Route> import_routes(Parts parts) {
    const auto route = [parts](const char* method, const char* path, auto handler,
                               Body body = Body::none) {
        http::Route entry{method, path, [parts, handler](const Request& request) {
                              return handler(parts, request);
                          }};
        entry.body = body;
        return entry;
    };
    return {route("PUT", "/v2/images/{image_id}/stage", stage, Body::streamed),
            route("POST", "/v2/images/{image_id}/import", import, Body::json),
            route("GET", "/v2/images/{image_id}/tasks", tasks_of_image),
            route("GET", "/v2/tasks", list_tasks),
            route("POST", "/v2/tasks", create_task, Body::json),
            route("GET", "/v2/tasks/{task_id}", show_task),
            route("DELETE", "/v2/tasks/{task_id}", keep_task)};
}

} // namespace vtpmlab::fakes::glance
