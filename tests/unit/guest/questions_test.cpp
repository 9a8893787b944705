#include "machine_directory.h"
#include "probe/questions.h"

#include <vtpmlab/encoding.h>
#include <vtpmlab/witness_block.h>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <array>
#include <fstream>
#include <iterator>
#include <span>
#include <vector>

namespace vtpmlab::probe {
namespace {

using nlohmann::json;

class Asking : public testing::Test {
protected:
    json ask(const json& request) const {
        const auto answer = questions_.answer(request.dump());
        return answer ? json::parse(answer->json) : json("no answer");
    }

    test::MachineDirectory directory_;
    Questions questions_{Machine{directory_.root()}};
};

TEST_F(Asking, AnswersWithTheIdOfTheRequest) {
    const json answer = ask({{"id", 7}, {"op", "device_nodes"}});
    EXPECT_EQ(answer, json({{"id", 7}, {"ok", true}, {"result", {{"value", nullptr}}}}));
}

TEST_F(Asking, RefusesAnOpItDoesNotKnow) {
    EXPECT_EQ(ask({{"id", 1}, {"op", "format-disk"}}),
              json({{"id", 1}, {"ok", false}, {"error", "unknown op 'format-disk'"}}));
    EXPECT_EQ(ask({{"id", 1}, {"op", "random"}, {"bytes", 5000}})["error"],
              "bytes must be a number from 0 to 4096");
}

TEST_F(Asking, IsSilentToWhatIsNoRequest) {
    for (const char* line : {"", "7", "{", "{}", R"({"id":-1,"op":"hello"})", R"({"id":1})",
                             R"({"id":1,"op":2})", R"({"id":1,"ok":true})"})
        EXPECT_FALSE(questions_.answer(line)) << line;
}

TEST_F(Asking, SaysNothingOfATpmWhereThereIsNone) {
    const json report = ask({{"id", 1}, {"op", "report"}})["result"];
    for (const char* part : {"answered_version", "vendor", "self_test", "random", "pcr_banks",
                             "endorsement_key", "endorsement_certificate"})
        EXPECT_EQ(report[part], json({{"value", nullptr}})) << part;
}

TEST_F(Asking, SaysWhyItCannotAskATpmThatIsThere) {
    directory_.file("dev/tpm0", "");
    const json vendor = ask({{"id", 1}, {"op", "vendor"}})["result"];
    EXPECT_TRUE(vendor.contains("unavailable")) << vendor;
}

TEST_F(Asking, PlantsNoWitnessWithoutATpm) {
    const std::string nonce(64, '5');
    EXPECT_EQ(ask({{"id", 1}, {"op", "plant_witness"}, {"nonce", nonce}})["error"],
              "there is no TPM to set a witness in");
    EXPECT_EQ(ask({{"id", 1}, {"op", "plant_witness"}, {"nonce", "55"}})["error"],
              "the nonce must have 32 bytes");
    for (const json& wrong : {json("xyz"), json(7), json(std::string(66, '5'))})
        EXPECT_EQ(ask({{"id", 1}, {"op", "plant_witness"}, {"nonce", wrong}})["error"],
                  "nonce must be at most 32 bytes in hex");
    EXPECT_TRUE(questions_.count_boot());
}

TEST_F(Asking, LooksForAWitnessWithoutATpm) {
    EXPECT_EQ(
        ask({{"id", 1}, {"op", "check_witness"}, {"sealed", ""}, {"sealed_to_pcrs", ""}}),
        json({{"id", 1},
              {"ok", true},
              {"result", {{"witness", nullptr}, {"endorsement_key", {{"value", nullptr}}}}}}));
    EXPECT_EQ(ask({{"id", 1}, {"op", "check_witness"}, {"sealed", ""}})["error"],
              "sealed_to_pcrs must be at most 4096 bytes in hex");
}

// A disk as an image makes it.
std::string disk_of_an_image() {
    std::array<unsigned char, witness_block::size> block;
    witness_block::prepare(block);
    return std::string(witness_block::offset, '\0') + std::string(block.begin(), block.end());
}

TEST_F(Asking, MarksADiskAndReadsTheMark) {
    directory_.file("dev/vda", disk_of_an_image());
    const json before = ask({{"id", 1}, {"op", "read_disk_mark"}});
    EXPECT_EQ(before["result"]["mark"]["value"],
              hex(std::span(
                  reinterpret_cast<const unsigned char*>(witness_block::mark_of_an_image.data()),
                  witness_block::mark_size)));
    const std::string mark(64, '5');
    const json marked{{"mark", {{"value", mark}}}};
    EXPECT_EQ(ask({{"id", 2}, {"op", "write_disk_mark"}, {"mark", mark}})["result"], marked);
    EXPECT_EQ(ask({{"id", 3}, {"op", "read_disk_mark"}})["result"], marked);
    const std::string other(64, '6');
    EXPECT_EQ(ask({{"id", 4}, {"op", "write_disk_mark"}, {"mark", other}})["result"],
              json({{"mark", {{"value", other}}}}));
}

// A disk may be somebody's: what no image left to the witness stays as it is.
TEST_F(Asking, WritesToNoDiskThatWasNotLeftToIt) {
    const std::string mark(64, '5');
    const json write{{"id", 1}, {"op", "write_disk_mark"}, {"mark", mark}};
    const std::string somebodys(witness_block::offset + witness_block::size, 'x');
    directory_.file("dev/vda", somebodys);
    EXPECT_EQ(ask(write)["error"], "/dev/vda: the disk's image left no block to a witness");
    std::ifstream file(directory_.root() / "dev/vda", std::ios::binary);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), somebodys);
    EXPECT_EQ(ask({{"id", 1}, {"op", "read_disk_mark"}})["result"]["mark"]["value"],
              hex(std::vector<unsigned char>(witness_block::mark_size, 'x')));
    directory_.file("dev/vda", "short");
    EXPECT_EQ(ask(write)["error"], "/dev/vda: the disk ends before the witness's block");
    EXPECT_EQ(ask({{"id", 1}, {"op", "write_disk_mark"}, {"mark", "55"}})["error"],
              "the mark must have 32 bytes");
}

TEST_F(Asking, KeepsNoDiskApartFromNoDriver) {
    const json read{{"id", 1}, {"op", "read_disk_mark"}};
    EXPECT_EQ(ask(read)["result"]["mark"]["unavailable"],
              "/dev/vda: this kernel has no driver for the disk");
    directory_.file("sys/bus/virtio/drivers/virtio_blk/bind", "");
    EXPECT_EQ(ask(read)["result"], json({{"mark", {{"value", nullptr}}}}));
    EXPECT_EQ(ask({{"id", 1}, {"op", "write_disk_mark"}, {"mark", std::string(64, '5')}})["error"],
              "there is no disk to set a witness in");
}

TEST_F(Asking, PowersOffOnlyWhenAsked) {
    EXPECT_EQ(questions_.answer(R"({"id":1,"op":"reboot"})")->then, AfterAnswer::reboot);
    EXPECT_EQ(questions_.answer(R"({"id":1,"op":"power_off"})")->then, AfterAnswer::power_off);
    EXPECT_EQ(questions_.answer(R"({"id":1,"op":"hello"})")->then, AfterAnswer::go_on);
}

} // namespace
} // namespace vtpmlab::probe
