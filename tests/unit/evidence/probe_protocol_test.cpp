#include <vtpmlab/probe_protocol.h>

#include <gmock/gmock.h>

#include <random>
#include <string>
#include <vector>

namespace vtpmlab::probe {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> drain(FrameDecoder& decoder) {
    std::vector<std::string> payloads;
    while (auto payload = decoder.next())
        payloads.push_back(*payload);
    return payloads;
}

std::vector<std::string> decode(std::string_view bytes) {
    FrameDecoder decoder;
    decoder.push(bytes);
    return drain(decoder);
}

TEST(Crc32, HasTheCheckValueOfTheStandard) { EXPECT_EQ(crc32("123456789"), 0xcbf43926u); }

TEST(Frame, IsMagicLengthChecksumAndPayload) {
    EXPECT_EQ(frame("123456789").value(), "@VTPM1 9 cbf43926 123456789\n");
}

TEST(Frame, RefusesWhatCannotBeOneLine) {
    EXPECT_FALSE(frame("a\nb").has_value());
    EXPECT_FALSE(frame(std::string(max_payload_bytes + 1, 'x')).has_value());
    EXPECT_EQ(frame(std::string(max_payload_bytes, 'x'))->size(), max_line_bytes + 1);
}

TEST(FrameDecoder, ReadsFramesHoweverTheyAreCut) {
    const std::string bytes = frame("{\"a\":1}").value() + frame("").value() + frame("[2]").value();
    for (std::size_t size = 1; size <= bytes.size(); ++size) {
        FrameDecoder decoder;
        std::vector<std::string> payloads;
        for (std::size_t at = 0; at < bytes.size(); at += size) {
            decoder.push(std::string_view{bytes}.substr(at, size));
            for (auto& payload : drain(decoder))
                payloads.push_back(payload);
        }
        EXPECT_THAT(payloads, ElementsAre("{\"a\":1}", "", "[2]")) << "in pieces of " << size;
        EXPECT_EQ(decoder.rejected_lines(), 0u);
    }
}

TEST(FrameDecoder, TakesTheLongestFrame) {
    const std::string payload(max_payload_bytes, 'x');
    EXPECT_THAT(decode(frame(payload).value()), ElementsAre(payload));
}

TEST(FrameDecoder, ReadsOnAfterALineThatIsNoFrame) {
    FrameDecoder decoder;
    decoder.push("[    0.00] Linux version 6.1\r\n\r\n" + frame("1").value());
    EXPECT_THAT(drain(decoder), ElementsAre("1"));
    EXPECT_EQ(decoder.rejected_lines(), 1u);
    EXPECT_EQ(decoder.last_rejected(), "[    0.00] Linux version 6.1");
}

TEST(FrameDecoder, FindsAFrameBehindTheWreckOfAnother) {
    EXPECT_THAT(decode("@VTPM1 30 0badf00d {\"half\": " + frame("1").value()), ElementsAre("1"));
    EXPECT_THAT(decode("chatter" + frame("2").value()), ElementsAre("2"));
}

TEST(FrameDecoder, ReadsAPayloadThatHoldsTheMagic) {
    EXPECT_THAT(decode(frame("\"@VTPM1 3 \"").value()), ElementsAre("\"@VTPM1 3 \""));
}

TEST(FrameDecoder, RejectsWrongLengthsAndChecksums) {
    for (const char* line : {
             "@VTPM1 8 cbf43926 123456789\n",
             "@VTPM1 10 cbf43926 123456789\n",
             "@VTPM1 9 cbf43927 123456789\n",
             "@VTPM1 -9 cbf43926 123456789\n",
             "@VTPM1 +9 cbf43926 123456789\n",
             "@VTPM1 0000009 cbf43926 123456789\n",
             "@VTPM1 9 0xcbf43926 123456789\n",
             "@VTPM1 9  123456789\n",
             "@VTPM1 9\n",
             "@VTPM1 \n",
             "@VTPM1 99999999999999999999 cbf43926 123456789\n",
         })
        EXPECT_THAT(decode(line), IsEmpty()) << line;
}

TEST(FrameDecoder, DropsALineWithoutEndAndReadsTheNext) {
    FrameDecoder decoder;
    for (int i = 0; i < 100; ++i)
        decoder.push(std::string(64 << 10, 'A'));
    decoder.push("\n" + frame("1").value());
    EXPECT_THAT(drain(decoder), ElementsAre("1"));
    EXPECT_EQ(decoder.rejected_lines(), 1u);
    EXPECT_EQ(decoder.last_rejected().size(), 160u);
}

// A changed frame is never read, but where a letter of the checksum is only upper case now: that
// means the same.
TEST(FrameDecoder, NeverReadsWhatWasNotSent) {
    const std::string payload = "{\"manufacturer\":\"IBM\"}";
    const std::string good = frame(payload).value();
    const std::size_t checksum = good.find(' ', frame_magic.size()) + 1;
    ASSERT_EQ(good.find(' ', checksum), checksum + 8);
    for (std::size_t at = 0; at + 1 < good.size(); ++at) {
        for (int flip = 1; flip < 256; flip <<= 1) {
            std::string bad = good;
            bad[at] = static_cast<char>(bad[at] ^ flip);
            const auto payloads = decode(bad + good);
            const bool means_the_same = flip == 0x20 && at >= checksum && at < checksum + 8 &&
                                        good[at] >= 'a' && good[at] <= 'f';
            EXPECT_EQ(payloads.size(), means_the_same ? 2u : 1u)
                << "byte " << at << " xor " << flip;
            EXPECT_THAT(payloads, testing::Each(payload)) << "byte " << at << " xor " << flip;
        }
    }
}

TEST(FrameDecoder, OutlivesNoiseAndStaysInSync) {
    std::mt19937 random(20240601);
    FrameDecoder decoder;
    for (int round = 0; round < 300; ++round) {
        std::string noise(random() % 3000, '\0');
        for (char& c : noise)
            c = static_cast<char>(random() % 4 == 0 ? "@VTPM1 9\n"[random() % 9] : random());
        const std::string payload = "{\"round\":" + std::to_string(round) + "}";
        decoder.push(noise + "\n" + frame(payload).value());
        EXPECT_EQ(drain(decoder).back(), payload);
    }
}

} // namespace
} // namespace vtpmlab::probe
