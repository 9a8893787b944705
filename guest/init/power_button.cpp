#include "init/power_button.h"

#include <fcntl.h>
#include <linux/input.h>
#include <unistd.h>

#include <array>
#include <cstdio>

namespace vtpmlab::init {
namespace {

constexpr int most_devices = 32;

} // namespace

std::vector<pollfd> open_input_devices() {
    std::vector<pollfd> devices;
    for (int number = 0; number < most_devices; ++number) {
        std::array<char, 32> path{};
        std::snprintf(path.data(), path.size(), "/dev/input/event%d", number);
        const int device = open(path.data(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        if (device >= 0)
            devices.push_back({device, POLLIN, 0});
    }
    return devices;
}

bool is_power_button_pressed(int device) {
    bool is_pressed = false;
    input_event event{};
    while (read(device, &event, sizeof event) == static_cast<ssize_t>(sizeof event))
        is_pressed |= event.type == EV_KEY && event.code == KEY_POWER && event.value == 1;
    return is_pressed;
}

} // namespace vtpmlab::init
