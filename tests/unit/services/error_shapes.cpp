#include "error_shapes.h"

#include <initializer_list>

namespace vtpmlab::fakes::test {
namespace {

using nlohmann::json;
using vtpmlab::test::Answer;

bool has_keys(const json& value, std::initializer_list<const char*> keys) {
    if (!value.is_object())
        return false;
    for (const char* key : keys)
        if (!value.contains(key))
            return false;
    return true;
}

std::string in_json(const Answer& answer, bool has_shape) {
    if (answer.header("Content-Type").rfind("application/json", 0) != 0)
        return "its type is " + answer.header("Content-Type");
    return has_shape ? "" : "its keys are others";
}

// Of the token middleware, the same in front of most.
bool is_middleware(const json& body) {
    return has_keys(body, {"error"}) && has_keys(body["error"], {"code", "title", "message"});
}

std::string of_keystone(const Answer& answer) {
    // Flask's own page where there is no such path, and its own JSON for a method.
    if (answer.status == 404 && answer.header("Content-Type") == "text/html; charset=utf-8")
        return answer.body.rfind("<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>",
                                 0) == 0
                   ? ""
                   : "it is another page";
    const auto body = answer.json();
    if (answer.status == 405)
        return in_json(answer, has_keys(body, {"message"}));
    return in_json(answer, is_middleware(body) && body["error"]["code"] == answer.status);
}

std::string of_placement(const Answer& answer) {
    const auto body = answer.json();
    if (answer.status == 401)
        return in_json(answer, is_middleware(body));
    return in_json(answer,
                   has_keys(body, {"errors"}) && body["errors"].size() == 1 &&
                       has_keys(body["errors"][0], {"status", "title", "detail", "request_id"}) &&
                       body["errors"][0]["status"] == answer.status);
}

std::string of_barbican(const Answer& answer) {
    const auto body = answer.json();
    if (answer.status == 401)
        return in_json(answer, is_middleware(body));
    // Microversions are refused by microversion_parse's middleware.
    if (answer.status == 406 && has_keys(body, {"errors"}))
        return in_json(answer, true);
    return in_json(answer, has_keys(body, {"code", "title", "description"}) &&
                               body["code"] == answer.status);
}

// WebOb: text or a page, by what the client accepts.
std::string of_glance(const Answer& answer) {
    if (answer.header("Content-Type").rfind("text/plain", 0) == 0)
        return answer.body.rfind(std::to_string(answer.status) + " ", 0) == 0
                   ? ""
                   : "it does not begin with its status";
    if (answer.header("Content-Type").rfind("text/html", 0) == 0)
        return answer.body.find("<title>" + std::to_string(answer.status)) != std::string::npos
                   ? ""
                   : "the page's title is another";
    return in_json(answer, !answer.json().is_discarded());
}

std::string of_neutron(const Answer& answer) {
    const auto body = answer.json();
    if (answer.status == 401)
        return in_json(answer, is_middleware(body));
    return in_json(answer, has_keys(body, {"NeutronError"}));
}

} // namespace

std::string wrong_error_shape(const std::string& service, const Answer& answer) {
    if (service == "keystone")
        return of_keystone(answer);
    if (service == "placement")
        return of_placement(answer);
    if (service == "barbican")
        return of_barbican(answer);
    if (service == "glance")
        return of_glance(answer);
    if (service == "neutron")
        return of_neutron(answer);
    return "nobody knows the form of " + service;
}

} // namespace vtpmlab::fakes::test
