#include "core/error_text.h"

#include <gtest/gtest.h>

namespace vtpmlab {
namespace {

TEST(ErrorText, ShowsPlaceLineCaretAndHintOfAScenarioError) {
    Error error;
    error.kind = ErrorKind::scenario;
    error.message = "unknown key 'tpm_modle'";
    error.where = "scenarios/x.yaml:12:9";
    error.line = "        tpm_modle: tpm-crb";
    error.column = 9;
    error.hint = "did you mean 'tpm_model'?";
    EXPECT_EQ(error_text(error), "scenarios/x.yaml:12:9: unknown key 'tpm_modle'\n"
                                 "   12 |         tpm_modle: tpm-crb\n"
                                 "      |         ^\n"
                                 "  hint: did you mean 'tpm_model'?\n");
}

TEST(ErrorText, KeepsTabsSoThatTheCaretStandsBelowItsColumn) {
    Error error;
    error.kind = ErrorKind::scenario;
    error.message = "tab";
    error.where = "x.yaml:1:3";
    error.line = "\ta: b";
    error.column = 3;
    EXPECT_EQ(error_text(error), "x.yaml:1:3: tab\n"
                                 "    1 | \ta: b\n"
                                 "      | \t ^\n");
}

TEST(ErrorText, NamesCallCauseAndHintOfALabError) {
    Error error;
    error.message = "libvirtd did not answer within 20 s";
    error.where = "virConnectOpen on compute-1";
    error.causes = {"it exited with status 1", "unknown swtpm_user 'nobodyhere'"};
    error.hint = "read libvirtd.log";
    EXPECT_EQ(error_text(error), "error: libvirtd did not answer within 20 s\n"
                                 "  where: virConnectOpen on compute-1\n"
                                 "  cause: it exited with status 1\n"
                                 "  cause: unknown swtpm_user 'nobodyhere'\n"
                                 "  hint: read libvirtd.log\n");
}

TEST(ErrorText, AWrappedErrorKeepsItsOldMessageAndPlaceAsTheFirstCause) {
    Error error;
    error.message = "connection refused";
    error.where = "GET /v3";
    const Error outer = std::move(error).wrapped("keystone is not up");
    EXPECT_EQ(error_text(outer), "error: keystone is not up\n"
                                 "  cause: connection refused (GET /v3)\n");
}

} // namespace
} // namespace vtpmlab
