#pragma once
// Which request of a client the work of this thread belongs to. Whatever is sent while a Cause
// lives bears its id as X-Openstack-Request-Id, so that the neighbours' journals say what it was
// for.

#include <string>

namespace vtpmlab::client {

class Cause {
public:
    explicit Cause(std::string request_id);
    ~Cause(); // what was before it is so again
    Cause(const Cause&) = delete;
    Cause& operator=(const Cause&) = delete;

    // Of this thread; "" if its work belongs to nobody's request.
    [[nodiscard]] static const std::string& current();

private:
    std::string before_;
};

} // namespace vtpmlab::client
