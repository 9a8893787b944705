#pragma once
// What went wrong, in the one form the whole project uses: what happened, where, because of what,
// and what to do next. Printed by one function (harness/core/error_text.h).

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vtpmlab {

// Who has to act on it; decides the exit code. "The product is wrong" is never mixed with "the lab
// is broken".
enum class ErrorKind {
    usage,       // the command line
    scenario,    // a scenario file
    lab,         // this machine or the harness: no QEMU, no disk, a port in use
    product,     // the thing under test did not do what the scenario expects
    skipped,     // cannot be tested here, for the reason in the message
    interrupted, // a signal
};

// A place in a text a person wrote. Lines and columns count from 1; 0 means unknown.
struct Place {
    std::string file;
    int line = 0;
    int column = 0;

    [[nodiscard]] std::string text() const {
        if (line == 0)
            return file;
        return file + ":" + std::to_string(line) + ":" + std::to_string(column);
    }
    friend bool operator==(const Place&, const Place&) = default;
};

struct Error {
    ErrorKind kind = ErrorKind::lab;
    std::string message; // lower case, no full stop, names the thing
    std::string where;   // "scenarios/x.yaml:12:9", or the call: "virDomainCreate on compute-1"
    std::string line;    // the source line itself, where there is one
    int column = 0;      // of the caret under that line, from 1; 0 = no caret
    std::vector<std::string> causes; // outermost first
    std::string hint;                // what to do next

    // The same error one level up: its message becomes the first cause.
    [[nodiscard]] Error wrapped(std::string outer) && {
        causes.insert(causes.begin(), where.empty() ? message : message + " (" + where + ")");
        message = std::move(outer);
        where.clear();
        return std::move(*this);
    }
};

} // namespace vtpmlab
