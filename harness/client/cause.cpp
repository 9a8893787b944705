#include "client/cause.h"

#include <utility>

namespace vtpmlab::client {
namespace {

thread_local std::string current_id;

} // namespace

Cause::Cause(std::string request_id) : before_(std::exchange(current_id, std::move(request_id))) {}

Cause::~Cause() { current_id = std::move(before_); }

const std::string& Cause::current() { return current_id; }

} // namespace vtpmlab::client
