#include "http/binding.h"

#include <atomic>

namespace vtpmlab::http {
namespace {

std::atomic<bool> beyond_loopback = false;

} // namespace

void allow_beyond_loopback(bool allowed) { beyond_loopback = allowed; }
bool is_allowed_beyond_loopback() { return beyond_loopback; }

} // namespace vtpmlab::http
