// Every operation in every vm_state and task_state, against what a real Nova's own checks answered
// (data/record_state_rules).

#include "cloud/state/state_rules.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace vtpmlab::cloud {
namespace {

using testing::ElementsAre;

constexpr std::size_t vm_state_count = 12;
constexpr std::size_t task_state_count = 32;

struct Operation {
    std::string name;
    bool needs_launched = false;
    bool minds_lock = false;
    std::map<std::string, std::string> rows; // by vm_state: a sign for each task
};

struct Recording {
    std::map<std::string, std::string> words; // of a refusal, by its reason
    std::vector<std::string> tasks;
    std::vector<Operation> operations;
};

std::string rest_of(std::istream& line) {
    std::string text;
    std::getline(line >> std::ws, text);
    return text;
}

Recording recording() {
    std::ifstream file(VTPMLAB_TEST_DATA "/state_rules.txt");
    Recording recorded;
    std::string text;
    while (std::getline(file, text)) {
        std::istringstream line(text);
        std::string first;
        line >> first;
        if (first == "words") {
            std::string reason;
            line >> reason;
            recorded.words[reason] = rest_of(line);
        } else if (first == "tasks") {
            for (std::string task; line >> task;)
                recorded.tasks.push_back(task);
        } else if (first == "operation") {
            std::string launched, locked;
            line >> launched >> locked;
            recorded.operations.push_back(
                {rest_of(line), launched == "launched", locked == "unlocked", {}});
        } else if (first != "#") {
            recorded.operations.back().rows[rest_of(line)] = first;
        }
    }
    return recorded;
}

// By Nova's name for it.
template <typename State>
std::map<std::string, State> states(std::size_t count) {
    std::map<std::string, State> states;
    for (std::size_t i = 0; i < count; ++i)
        states.emplace(to_string(static_cast<State>(i)), static_cast<State>(i));
    EXPECT_EQ(states.size(), count);
    return states;
}

ServerRecord server_in(VmState vm_state, TaskState task_state) {
    ServerRecord server;
    server.id = "ID";
    server.vm_state = vm_state;
    server.task_state = task_state;
    server.launched_at = Clock::Time();
    return server;
}

std::string with_state(std::string words, const std::string& action, std::string_view state) {
    words.replace(words.find("ACTION"), 6, action);
    if (const auto at = words.find("STATE"); at != words.npos)
        words.replace(at, 5, state);
    return words;
}

TEST(StateRules, AreNovasInEveryCell) {
    const auto nova = recording();
    const auto vm_states = states<VmState>(vm_state_count);
    const auto task_states = states<TaskState>(task_state_count);
    ASSERT_EQ(nova.operations.size(), 25u);
    std::size_t cells = 0;
    std::size_t allowed = 0;
    for (const auto& operation : nova.operations) {
        const auto* rule = find_state_rule(operation.name);
        ASSERT_TRUE(rule) << operation.name;
        ASSERT_EQ(operation.rows.size(), vm_states.size()) << operation.name;
        const auto action = operation.name.substr(0, operation.name.find(" HARD"));
        for (const auto& [vm_name, signs] : operation.rows) {
            ASSERT_EQ(signs.size(), nova.tasks.size());
            const bool vm_fits = signs.find('+') != signs.npos;
            for (std::size_t i = 0; i < signs.size(); ++i) {
                const auto task_name = nova.tasks[i] == "none" ? "" : nova.tasks[i];
                const auto task = task_states.find(task_name);
                if (task == task_states.end())
                    continue; // see the next test
                ++cells;
                const auto violation =
                    state_violation(*rule, server_in(vm_states.at(vm_name), task->second), false);
                const auto where = fmt::format("{} in {} {}", operation.name, vm_name, task_name);
                ASSERT_EQ(violation ? 409 : 202, signs[i] == '+' ? 202 : 409) << where;
                allowed += violation ? 0 : 1;
                if (!violation)
                    continue;
                const char* reason = !vm_fits            ? "vm_state"
                                     : task_name.empty() ? "no_task"
                                                         : "task_state";
                EXPECT_EQ(*violation,
                          with_state(nova.words.at(reason), action, vm_fits ? task_name : vm_name))
                    << where;
            }
        }
    }
    EXPECT_EQ(cells, 25 * vm_state_count * task_state_count);
    EXPECT_GT(allowed, 800u); // deletions alone are 2 * 12 * 32
}

// What no server here is ever in: there is no network, no volume, no agent to set a password with,
// and of an upload only its beginning is told.
TEST(StateRules, KnowAllTasksOfNovaButThese) {
    const auto task_states = states<TaskState>(task_state_count);
    std::vector<std::string> unknown;
    std::set<std::string> known = {""};
    for (const auto& task : recording().tasks)
        if (task_states.contains(task))
            known.insert(task);
        else if (task != "none")
            unknown.push_back(task);
    EXPECT_THAT(unknown,
                ElementsAre("block_device_mapping", "image_pending_upload",
                            "image_snapshot_pending", "image_uploading", "networking",
                            "reboot_pending", "reboot_pending_hard", "rebuild_block_device_mapping",
                            "shelving_image_pending_upload", "shelving_image_uploading",
                            "updating_password"));
    EXPECT_EQ(known.size(), task_state_count) << "and none that Nova has not";
}

TEST(StateRules, AskForALaunchAndMindTheLockAsNovaDoes) {
    const auto nova = recording();
    const auto vm_states = states<VmState>(vm_state_count);
    for (const auto& operation : nova.operations) {
        const auto& rule = *find_state_rule(operation.name);
        const auto action = operation.name.substr(0, operation.name.find(" HARD"));
        auto server = server_in(VmState::active, TaskState::none);
        for (const auto& [vm_name, signs] : operation.rows)
            if (signs.front() == '+')
                server.vm_state = vm_states.at(vm_name);
        ASSERT_FALSE(state_violation(rule, server, false)) << operation.name;

        server.launched_at.reset();
        EXPECT_EQ(state_violation(rule, server, false).value_or("taken"),
                  operation.needs_launched ? with_state(nova.words.at("never_launched"), action, "")
                                           : "taken")
            << operation.name;

        server.launched_at = Clock::Time();
        server.locked = true;
        EXPECT_EQ(state_violation(rule, server, false).value_or("taken"),
                  operation.minds_lock ? "Instance ID is locked" : "taken")
            << operation.name;
        EXPECT_FALSE(state_violation(rule, server, true)) << "an administrator's";
    }
}

TEST(StateRules, AreOfKnownOperations) { EXPECT_EQ(find_state_rule("explode"), nullptr); }

} // namespace
} // namespace vtpmlab::cloud
