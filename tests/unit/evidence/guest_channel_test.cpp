#include "core/error_text.h"
#include "evidence/guest_channel.h"
#include "fake_guest.h"

#include <gmock/gmock.h>

#include <fstream>

namespace vtpmlab {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::FakeGuest;
using testing::HasSubstr;
using Line = FakeGuest::Line;

auto in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

class Channel : public testing::Test {
protected:
    Result<GuestChannel> connect(std::chrono::milliseconds time = 20s) {
        return GuestChannel::connect(socket_, in(time));
    }
    std::string path() const { return socket_.string(); }

    TemporaryDirectory directory_ = *TemporaryDirectory::create("vtpmlab-channel");
    std::filesystem::path socket_ = directory_.path() / "probe";
};

TEST_F(Channel, IsOpenWhenTheGuestGreets) {
    const FakeGuest guest(socket_, [](Line& line) {
        line.greet();
        const json request = line.read_question();
        line.say({{"id", request["id"]}, {"ok", true}, {"result", {{"echo", request["text"]}}}});
    });
    auto channel = connect();
    ASSERT_TRUE(channel) << error_text(channel.error());
    const auto answer = channel->request("echo", {{"text", "x"}}, in(20s));
    ASSERT_TRUE(answer) << error_text(answer.error());
    EXPECT_EQ(*answer, json({{"echo", "x"}}));
}

TEST_F(Channel, IsOpenWhenTheGuestAnswersAHello) {
    const FakeGuest guest(socket_, [](Line& line) {
        const json request = line.read();
        line.say({{"id", request["id"]},
                  {"ok", true},
                  {"result", {{"probe", "vtpm-probe"}, {"protocol", 1}}}});
    });
    EXPECT_TRUE(connect());
}

TEST_F(Channel, WaitsForASocketThatIsNotThereYet) {
    auto connecting = std::thread();
    Result<GuestChannel> channel = fail(ErrorKind::lab, "not tried");
    connecting = std::thread([&] { channel = connect(); });
    const FakeGuest guest(socket_, [](Line& line) {
        line.greet();
        line.read_question();
    });
    connecting.join();
    EXPECT_TRUE(channel) << error_text(channel.error());
    channel = fail(ErrorKind::lab, "hung up");
}

// A guest that boots slowly answers what a channel before this one has asked.
TEST_F(Channel, TakesNoAnswerToAnEarlierChannel) {
    const FakeGuest guest(socket_, [](Line& line) {
        line.greet();
        const json request = line.read_question();
        for (int earlier = 1; earlier < 10; ++earlier)
            line.say({{"id", earlier}, {"ok", true}, {"result", "stale"}});
        line.say({{"id", request["id"]}, {"ok", true}, {"result", "mine"}});
    });
    auto channel = connect();
    ASSERT_TRUE(channel) << error_text(channel.error());
    EXPECT_EQ(channel->request("x", json::object(), in(20s)).value(), "mine");
}

TEST_F(Channel, SkipsChatterEchoesAndForeignFrames) {
    const FakeGuest guest(socket_, [](Line& line) {
        line.write("[    0.0] Linux\r\n\xff\xfe\n");
        line.say("a text");
        line.say({{"id", 0}, {"op", "hello"}}); // an echo of our own request
        line.say({{"id", -1}, {"ok", true}});
        line.say({{"id", 0}, {"ok", true}, {"result", "vtpm-probe"}});
        line.greet();
        const json request = line.read_question();
        line.say({{"id", request["id"].get<int>() + 100}, {"ok", true}, {"result", "another"}});
        line.say({{"id", 0}, {"ok", true}, {"result", "stale"}});
        line.say({{"id", request["id"]}, {"ok", true}, {"result", "mine"}});
    });
    auto channel = connect();
    ASSERT_TRUE(channel) << error_text(channel.error());
    EXPECT_EQ(channel->rejected_lines(), 2u);
    EXPECT_EQ(channel->request("x", json::object(), in(20s)).value(), "mine");
}

TEST_F(Channel, RefusesJsonThatIsTooDeep) {
    const FakeGuest guest(socket_, [](Line& line) {
        std::string deep = R"({"id":0,"ok":true,"result":{"probe":"vtpm-probe","protocol":1,"x":)";
        deep += std::string(100'000, '[') + std::string(100'000, ']') + "}}";
        line.write(probe::frame(deep).value());
        line.read_question();
    });
    const auto channel = connect(300ms);
    ASSERT_FALSE(channel);
    EXPECT_THAT(error_text(channel.error()), HasSubstr("1 frames were not answers"));
}

TEST_F(Channel, SaysThatTheSocketIsNotThere) {
    EXPECT_EQ(error_text(connect(30ms).error()),
              "error: the guest's serial line is not there\n"
              "  where: " +
                  path() +
                  "\n"
                  "  hint: QEMU's log tells whether it ran at all\n");
}

TEST_F(Channel, SaysThatThePathIsTooLong) {
    socket_ = directory_.path() / std::string(120, 'x');
    const auto channel = connect(30ms);
    ASSERT_FALSE(channel);
    EXPECT_THAT(channel.error().message, HasSubstr(" bytes, and a UNIX socket at most 107"));
    EXPECT_EQ(channel.error().hint, "choose a shorter directory for the run, with --out or TMPDIR");
}

TEST_F(Channel, SaysThatNothingCame) {
    const FakeGuest guest(socket_, [](Line& line) {
        while (!line.read().is_null()) {
        }
    });
    EXPECT_EQ(error_text(connect(100ms).error()),
              "error: the guest's probe did not answer in time\n"
              "  where: " +
                  path() +
                  "\n"
                  "  cause: not one byte came\n"
                  "  hint: the guest's console.log shows how far it came\n");
}

TEST_F(Channel, GivesUpOnAGuestThatNeverStopsTalkingNonsense) {
    const FakeGuest guest(socket_, [](Line& line) {
        while (line.write("\x1b[31mnonsense\n")) {
        }
    });
    const auto channel = connect(200ms);
    ASSERT_FALSE(channel);
    EXPECT_EQ(channel.error().message, "the guest's probe did not answer in time");
    EXPECT_THAT(channel.error().causes.at(0),
                HasSubstr("lines were not frames, the last of them '\\x1b[31mnonsense'"));
}

TEST_F(Channel, GivesUpOnALineWithoutEnd) {
    const FakeGuest guest(socket_, [](Line& line) {
        while (line.write(std::string(65536, '@'))) {
        }
    });
    const auto channel = connect(200ms);
    ASSERT_FALSE(channel);
    EXPECT_THAT(channel.error().causes.at(0), HasSubstr("1 lines were not frames"));
}

TEST_F(Channel, GivesUpOnAGuestThatNeverStopsGreeting) {
    const FakeGuest guest(socket_, [](Line& line) {
        while (line.greet()) {
        }
    });
    auto channel = connect();
    ASSERT_TRUE(channel) << error_text(channel.error());
    const auto answer = channel->request("report", json::object(), in(200ms));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message, "the guest did not answer 'report' in time");
}

TEST_F(Channel, SaysThatTheGuestHungUp) {
    const FakeGuest guest(socket_, [](Line& line) {
        line.greet();
        line.read_question();
    });
    auto channel = connect();
    ASSERT_TRUE(channel) << error_text(channel.error());
    const auto answer = channel->request("report", json::object(), in(20s));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message, "the guest hung up");
    EXPECT_EQ(answer.error().kind, ErrorKind::product);
}

TEST_F(Channel, MakesTheProbesOwnErrorPrintable) {
    const FakeGuest guest(socket_, [](Line& line) {
        line.greet();
        const json request = line.read_question();
        line.say({{"id", request["id"]}, {"ok", false}, {"error", "no\x1b[2J tpm"}});
        const json second = line.read_question();
        line.say({{"id", second["id"]}, {"ok", false}});
    });
    auto channel = connect();
    ASSERT_TRUE(channel) << error_text(channel.error());
    EXPECT_EQ(channel->request("vendor", json::object(), in(20s)).error().message,
              "the guest's probe could not answer 'vendor': no\\x1b[2J tpm");
    EXPECT_EQ(channel->request("vendor", json::object(), in(20s)).error().message,
              "the guest's probe could not answer 'vendor': it does not say why");
}

TEST_F(Channel, NamesAProbeOfAnotherProtocol) {
    const FakeGuest guest(socket_, [](Line& line) {
        line.say({{"id", 0}, {"ok", true}, {"result", {{"probe", "vtpm-probe"}, {"protocol", 2}}}});
        line.read_question();
    });
    const auto channel = connect();
    ASSERT_FALSE(channel);
    EXPECT_EQ(channel.error().message, "the guest's probe speaks protocol 2, and this program 1");
}

} // namespace
} // namespace vtpmlab
