#pragma once
// One run with a case of every outcome, for the goldens of all writers.

#include "report/result.h"

namespace vtpmlab::report {

inline StepInfo sample_step() {
    return {5,
            "expect-tpm s1",
            "expect-tpm",
            {"scenarios/smoke/tis_by_default.yaml", 18, 5},
            "  - expect-tpm: {server: \"${{ s1.id }}\", model: tpm-tis}"};
}

inline Failure sample_failure() {
    Failure failure;
    failure.finding = Finding::wrong_tpm;
    failure.error.kind = ErrorKind::product;
    failure.error.message = "the guest's TPM is not the one expected";
    failure.error.hint = "read probe-s1.json for every witness";
    failure.step = sample_step();
    failure.differences = {
        {"/model", "\"tpm-tis\"", "\"tpm-crb\"", {"scenarios/smoke/tis_by_default.yaml", 18, 50}}};
    failure.consoles = {{"s1",
                         "out/r1/tis_by_default/console.log",
                         {"[    0.512] tpm_crb MSFT0101:00: registered", "vtpm-probe: ready"}}};
    return failure;
}

inline CaseInfo sample_info(const std::string& name, const std::string& file) {
    CaseInfo info;
    info.name = name;
    info.file = file;
    info.labels = {"smoke"};
    info.steps = 7;
    info.artefacts = "out/r1/" + name;
    info.reproduce = "vtpmlab run " + file + " --case " + name;
    return info;
}

inline RunSummary sample_run() {
    RunSummary run;
    run.info = {"r1", "2026-08-07T12:15:03Z", Depth::guest, 4, 2, 2, "out/r1"};
    run.duration = Duration{58'312};

    CaseResult passed;
    passed.info = sample_info("every_pair[tpm=2.0-crb]", "scenarios/smoke/every_pair.yaml");
    passed.duration = Duration{6'204};
    passed.lab = "tcg, QEMU 7.2.22";
    StepResult step;
    step.step = {
        1, "flavor-create flavor", "flavor-create", {"scenarios/smoke/every_pair.yaml", 9, 5}, ""};
    step.duration = Duration{38};
    step.notes = {"guest: TPM 2.0 tpm-crb"};
    passed.steps = {step};
    passed.warnings = {"model without version"};

    CaseResult failed;
    failed.info = sample_info("tis_by_default", "scenarios/smoke/tis_by_default.yaml");
    failed.outcome = Outcome::failed;
    failed.duration = Duration{7'100};
    failed.lab = "tcg, QEMU 7.2.22";
    failed.failures = {sample_failure()};

    CaseResult skipped;
    skipped.info = sample_info("as_user", "scenarios/smoke/every_pair.yaml");
    skipped.outcome = Outcome::skipped;
    skipped.skip_reason = "swtpm is not installed";

    CaseResult broken;
    broken.info = sample_info("every_pair[tpm=1.2-tis]", "scenarios/smoke/every_pair.yaml");
    broken.outcome = Outcome::broken;
    broken.duration = Duration{125'000};
    Failure failure;
    failure.error.message = "libvirtd did not answer within 20 s";
    failure.error.where = "virConnectOpen on compute-1";
    failure.error.causes = {"it exited with status 1"};
    failure.error.hint = "read libvirtd.log";
    failure.step.title = "bringing the cloud up";
    broken.failures = {failure};

    run.cases = {passed, failed, skipped, broken};
    return run;
}

} // namespace vtpmlab::report
