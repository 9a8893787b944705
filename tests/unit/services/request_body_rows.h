#pragma once
// A right body for every route that takes one, and what the real service lets pass in it. A route
// that is added needs a row here.

#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace vtpmlab::fakes::test {

// What it lets pass, as a JSON pointer, and why; "" is an unknown key in the body itself.
using Loose = std::map<std::string, const char*>;

struct RequestBodyRow {
    const char* service;
    const char* method;
    const char* route; // of the table
    const char* path;  // the same with things that are there: "$user" makes one
    const char* body;  // a right one
    Loose loose = {};

    friend void PrintTo(const RequestBodyRow& row, std::ostream* out) {
        *out << row.method << ' ' << row.route;
    }
};

extern const std::vector<RequestBodyRow> request_body_rows;

// Routes that write and take no JSON, or nothing at all; and why.
extern const std::map<std::string, const char*> routes_without_json;

} // namespace vtpmlab::fakes::test
