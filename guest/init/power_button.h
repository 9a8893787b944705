#pragma once
// The machine's power button, which is how a hypervisor asks a guest by ACPI to turn itself off.
// The kernel tells of it as a key of an input device (button.ko, evdev.ko).

#include <poll.h>

#include <vector>

namespace vtpmlab::init {

// The input devices there are, to be polled for reading. They stay open as long as the machine
// runs.
[[nodiscard]] std::vector<pollfd> open_input_devices();

// Reads what has come from `device`: was the power button pressed?
[[nodiscard]] bool is_power_button_pressed(int device);

} // namespace vtpmlab::init
