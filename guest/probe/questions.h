#pragma once
// The operations the probe answers, by name, as JSON. A request is `{"id": N, "op": NAME, …}`, the
// answer `{"id": N, "ok": true, "result": …}` or `{"id": N, "ok": false, "error": TEXT}`. Each op
// opens the TPM anew and closes it: nothing of one question stays for the next.

#include "probe/look.h"

#include <vtpmlab/result.h>

#include <optional>
#include <string>
#include <string_view>

namespace vtpmlab::probe {

enum class AfterAnswer { go_on, power_off, reboot };

struct Answer {
    std::string json;
    AfterAnswer then = AfterAnswer::go_on;
};

class Questions {
public:
    explicit Questions(Machine machine) : machine_(std::move(machine)) {}

    // Nothing for what is not even a request: a line that is no JSON object with an id and an op.
    [[nodiscard]] std::optional<Answer> answer(std::string_view request) const;

    // Once a boot: adds one to the witness's counter, if a software TPM with a witness is there.
    [[nodiscard]] Status count_boot() const;

    // What the probe says unasked when it starts: id 0.
    [[nodiscard]] std::string greeting() const;

private:
    Machine machine_;
};

} // namespace vtpmlab::probe
