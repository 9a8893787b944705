// Everything that POST /servers/{id}/action does, named as the OpenStack client names it, and how
// it ended.
#include "scenario/verbs/fields.h"
#include "scenario/verbs/groups.h"

namespace vtpmlab::scenario {

using namespace build;

std::vector<Verb> server_action_verbs() {
    std::vector<Verb> table;
    const auto add = [&](const char* name, const char* help, std::vector<Field> more = {}) {
        std::vector<Field> fields = {server()};
        for (auto& field : more)
            fields.push_back(std::move(field));
        fields.push_back(microversion());
        table.push_back({name, help, map_of(std::move(fields)),
                         answer({{"image", "id of the image, when one was made"},
                                 {"output", "what the console said, when it was asked"}})});
    };
    add("server-stop", "turn a server off; does not wait");
    add("server-start", "turn it on; does not wait");
    add("server-reboot", "reboot it; does not wait",
        {may("type", one_of({"SOFT", "HARD"}), "default SOFT")});
    add("server-pause", "stop its processors; does not wait");
    add("server-unpause", "let them go on; does not wait");
    add("server-suspend", "save its memory to disk; does not wait");
    add("server-resume", "go on from the saved memory; does not wait");
    add("server-lock", "let only administrators touch it");
    add("server-unlock", "let everybody touch it again");
    add("server-resize", "give it another flavor; does not wait",
        {needs("flavor", text(), "id of the flavor")});
    add("server-resize-confirm", "keep the new flavor or host; does not wait");
    add("server-resize-revert", "go back to the old flavor or host; does not wait");
    add("server-migrate", "move it, turned off, to another host; does not wait",
        {may("host", text(), "the host; for an admin")});
    add("server-migrate-live", "move it while it runs; does not wait",
        {may("host", text(), "the host; for an admin"),
         may("force", boolean(), "without asking the scheduler; 2.30 to 2.67")});
    add("server-evacuate", "rebuild it elsewhere because its host is dead; does not wait");
    add("server-rebuild", "make it anew from an image; does not wait",
        {needs("image", text(), "id of the image")});
    add("server-shelve", "save it as an image and free its host; does not wait");
    add("server-unshelve", "bring a shelved one back from its image; does not wait");
    add("server-rescue", "boot it from another image; does not wait",
        {may("image", text(), "id of the image; default its own")});
    add("server-unrescue", "boot it from its own disk again; does not wait");
    add("server-image-create", "make an image of its disk; does not wait",
        {needs("name", text(), "name of the image")});
    add("server-backup", "make an image of its disk and drop the oldest ones; does not wait",
        {needs("name", text(), "name of the image"), may("type", text(), "default daily"),
         may("rotation", integer(0, 1000), "how many of the type stay; default 1")});
    add("server-set-state", "write a state into its record; for an admin",
        {needs("state", one_of({"active", "error"}), "the state")});
    add("server-console", "read its console",
        {may("lines", integer(1, 1000000), "the last ones; default all")});
    add("server-force-delete", "delete it for good; does not wait");
    add("server-restore", "bring a softly deleted one back; does not wait");
    table.push_back(
        {"expect-action",
         "how a step of an action on a server ended, from its history; by an admin",
         map_of({server(), needs("action", text(), "the action: stop, migrate, …"),
                 needs("event", text(), "the step: compute_stop_instance, …"),
                 needs("result", one_of({"Success", "Error"}), "how it ended"),
                 may("details", anything(), "what the details must match"), timeout("60s")}),
         {{"result", "Success or Error"}, {"details", "the exception as shown"}}});
    return table;
}

} // namespace vtpmlab::scenario
