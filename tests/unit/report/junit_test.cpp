#include "report/junit.h"
#include "sample_run.h"

#include <gtest/gtest.h>
#include <pugixml.hpp>

namespace vtpmlab::report {
namespace {

TEST(Junit, IsWhatCommonReadersExpect) {
    EXPECT_EQ(junit_xml(sample_run()),
              R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="vtpmlab.guest" tests="4" failures="1" errors="1" skipped="1" time="58.312">
  <testsuite name="scenarios/smoke/every_pair.yaml" tests="3" failures="0" errors="1" skipped="1" time="131.204" timestamp="2026-08-07T12:15:03Z">
    <properties>
      <property name="depth" value="guest" />
      <property name="run" value="r1" />
    </properties>
    <testcase classname="guest.scenarios.smoke.every_pair" name="every_pair[tpm=2.0-crb]" file="scenarios/smoke/every_pair.yaml" time="6.204">
      <properties>
        <property name="depth" value="guest" />
        <property name="lab" value="tcg, QEMU 7.2.22" />
        <property name="artefacts" value="out/r1/every_pair[tpm=2.0-crb]" />
      </properties>
      <system-out>
guest  passed            38 ms  1. flavor-create flavor
guest                              guest: TPM 2.0 tpm-crb
guest  warning: model without version
</system-out>
    </testcase>
    <testcase classname="guest.scenarios.smoke.every_pair" name="as_user" file="scenarios/smoke/every_pair.yaml" time="0.000">
      <properties>
        <property name="depth" value="guest" />
        <property name="artefacts" value="out/r1/as_user" />
      </properties>
      <skipped message="swtpm is not installed" />
    </testcase>
    <testcase classname="guest.scenarios.smoke.every_pair" name="every_pair[tpm=1.2-tis]" file="scenarios/smoke/every_pair.yaml" time="125.000">
      <properties>
        <property name="depth" value="guest" />
        <property name="artefacts" value="out/r1/every_pair[tpm=1.2-tis]" />
      </properties>
      <error message="bringing the cloud up: libvirtd did not answer within 20 s" type="broken">
  bringing the cloud up: libvirtd did not answer within 20 s
    where: virConnectOpen on compute-1
    cause: it exited with status 1
    hint: read libvirtd.log
  artefacts: out/r1/every_pair[tpm=1.2-tis]
  again: vtpmlab run scenarios/smoke/every_pair.yaml --case every_pair[tpm=1.2-tis]
</error>
    </testcase>
  </testsuite>
  <testsuite name="scenarios/smoke/tis_by_default.yaml" tests="1" failures="1" errors="0" skipped="0" time="7.100" timestamp="2026-08-07T12:15:03Z">
    <properties>
      <property name="depth" value="guest" />
      <property name="run" value="r1" />
    </properties>
    <testcase classname="guest.scenarios.smoke.tis_by_default" name="tis_by_default" file="scenarios/smoke/tis_by_default.yaml" time="7.100">
      <properties>
        <property name="depth" value="guest" />
        <property name="lab" value="tcg, QEMU 7.2.22" />
        <property name="artefacts" value="out/r1/tis_by_default" />
      </properties>
      <failure message="step 5, expect-tpm s1: the guest's TPM is not the one expected" type="wrong-tpm">
  scenarios/smoke/tis_by_default.yaml:18:5: step 5, expect-tpm s1: the guest's TPM is not the one expected
     18 |   - expect-tpm: {server: "${{ s1.id }}", model: tpm-tis}
        |     ^
    /model (18:50)
      expected: "tpm-tis"
      actual:   "tpm-crb"
    hint: read probe-s1.json for every witness
  console of s1, last 2 lines (out/r1/tis_by_default/console.log)
    | [    0.512] tpm_crb MSFT0101:00: registered
    | vtpm-probe: ready
  artefacts: out/r1/tis_by_default
  again: vtpmlab run scenarios/smoke/tis_by_default.yaml --case tis_by_default
</failure>
    </testcase>
  </testsuite>
</testsuites>
)");
}

// Readers count by type, and this is the one that nobody may take for another.
TEST(Junit, NamesASilentlyFreshTpmByATypeOfItsOwn) {
    RunSummary run = sample_run();
    for (auto& result : run.cases)
        for (auto& failure : result.failures)
            if (failure.finding == Finding::wrong_tpm)
                failure.finding = Finding::silently_fresh_tpm;
    pugi::xml_document document;
    ASSERT_TRUE(document.load_string(junit_xml(run).c_str()));
    EXPECT_TRUE(document.select_node("//failure[@type='silently-fresh-tpm']"));
    EXPECT_FALSE(document.select_node("//failure[@type='wrong-tpm']"));
}

TEST(Junit, StaysWellFormedWhateverAGuestSays) {
    RunSummary run = sample_run();
    Failure& failure = run.cases[1].failures[0];
    failure.error.message = "a ]]> & <b> \x01 \xff \"quote\" \x1b[2J";
    failure.consoles[0].lines = {std::string("nul \0 here", 10), "\xed\xa0\x80 \xef\xbf\xbf"};
    pugi::xml_document document;
    const std::string xml = junit_xml(run);
    ASSERT_TRUE(document.load_buffer(xml.data(), xml.size()));
    const auto verdict = document.select_node("//failure").node();
    EXPECT_STREQ(verdict.attribute("message").value(),
                 "step 5, expect-tpm s1: a ]]> & <b> \\x01 \\xff \"quote\" \\x1b[2J");
    for (unsigned char c : xml)
        EXPECT_TRUE(c >= 0x20 || c == '\n' || c == '\t') << int{c};
    EXPECT_EQ(xml.find("\xef\xbf\xbf"), std::string::npos); // U+FFFF is no XML character
}

} // namespace
} // namespace vtpmlab::report
