#include <vtpmlab/secret_value.h>

#include <gtest/gtest.h>

#include <type_traits>

namespace vtpmlab {
namespace {

static_assert(!std::is_copy_constructible_v<SecretValue>, "a second copy is asked for by name");

TEST(SecretValue, ComparesByItsBytes) {
    EXPECT_TRUE(SecretValue("abc") == SecretValue("abc"));
    EXPECT_FALSE(SecretValue("abc") == SecretValue("abd"));
    EXPECT_FALSE(SecretValue("abc") == SecretValue("ab"));
}

TEST(SecretValue, AMovedFromValueIsEmpty) {
    SecretValue a("abc");
    const SecretValue b = std::move(a);
    EXPECT_TRUE(a.empty()); // NOLINT(bugprone-use-after-move): the promise under test
    EXPECT_EQ(b.reveal(), "abc");
}

} // namespace
} // namespace vtpmlab
