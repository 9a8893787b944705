#include "runner/api.h"

#include <gtest/gtest.h>

namespace vtpmlab::runner {
namespace {

client::HttpResponse refusal(std::string body) {
    client::HttpResponse response;
    response.status = 400;
    response.body = std::move(body);
    return response;
}

TEST(RefusalText, ReadsEveryServicesWords) {
    EXPECT_EQ(
        refusal_text(refusal(R"({"badRequest": {"code": 400, "message": "Invalid flavor"}})")),
        "Invalid flavor");
    EXPECT_EQ(refusal_text(refusal(R"({"error": {"code": 401, "message": "Go away"}})")),
              "Go away");
    EXPECT_EQ(refusal_text(refusal(R"({"errors": [{"title": "t", "detail": "No such trait"}]})")),
              "No such trait");
    EXPECT_EQ(refusal_text(refusal(
                  R"({"code": 403, "title": "Forbidden", "description": "Secret creation"})")),
              "Forbidden: Secret creation");
    EXPECT_EQ(refusal_text(refusal("<html><body>\n<h1>409 Conflict</h1>\nin use</body></html>")),
              "409 Conflict in use");
}

TEST(RefusalText, IsSafeWhateverCame) {
    EXPECT_EQ(refusal_text(refusal("")), "");
    EXPECT_EQ(refusal_text(refusal("[]")), "");
    EXPECT_EQ(refusal_text(refusal(R"({"errors": [7]})")), "");
    EXPECT_EQ(refusal_text(refusal(R"({"x": {"message": 7}})")), "");
    EXPECT_EQ(refusal_text(refusal("\x1b[2J\xff")), "\\x1b[2J\\xff");
    EXPECT_LE(refusal_text(refusal(std::string(100'000, 'a'))).size(), 510U);
}

TEST(PercentEncoded, LeavesOnlyWhatAUrlMayHold) {
    EXPECT_EQ(percent_encoded("hw:tpm_version"), "hw%3Atpm_version");
    EXPECT_EQ(percent_encoded("a/b?c=d ü"), "a%2Fb%3Fc%3Dd%20%C3%BC");
}

} // namespace
} // namespace vtpmlab::runner
