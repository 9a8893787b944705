# Every command of Atmosphere's vTPM guide, as printed, typed into a shell with the unmodified client.
# needs: osc_placement
"""The guide's text is guide/atmosphere_vtpm.console.

Nothing of it is changed but what a reader has to fill in: $HOST and <image-name-or-uuid>. Where the
client or Nova refuses what is printed, the test says so in their words, and shows what works.
"""

import os
import re
import subprocess
import tempfile

import client_kit

GUIDE = os.path.join(os.path.dirname(__file__), "..", "guide", "atmosphere_vtpm.console")
IMAGE = "guide-image"


class Command:
    def __init__(self, text):
        self.text = text
        self.printed = []  # by the guide


def read_guide():
    commands = []
    with open(GUIDE, encoding="utf-8") as file:
        for line in file.read().splitlines():
            if line.startswith(" $ "):
                commands.append(Command(line[3:]))
            elif commands and commands[-1].text.endswith("\\"):
                commands[-1].text += "\n" + line
            elif line.startswith(" "):
                commands[-1].printed.append(line.strip())
    return commands


def typed(commands, cloud):
    """One shell for all of them, as a reader has it; (exit code, output) of each."""
    environment = dict(os.environ, OS_CLOUD=cloud, HOST="compute-1")
    with tempfile.TemporaryDirectory() as place:
        script = "".join(
            "exec >%s/%d.output 2>&1\n%s\necho $? >%s/%d.code\n"
            % (place, number, command.replace("<image-name-or-uuid>", IMAGE), place, number)
            for number, command in enumerate(commands))
        subprocess.run(["bash", "-c", script], env=environment, check=True,
                       stdin=subprocess.DEVNULL)

        def content(name):
            with open(os.path.join(place, name), encoding="utf-8") as file:
                return file.read()

        return [(int(content("%d.code" % number)), content("%d.output" % number))
                for number in range(len(commands))]


def cells(text):
    """The table without the blanks that widen its columns."""
    return [re.sub(r" +", " ", line.strip()) for line in text.splitlines()]


class Guide(client_kit.ClientTest):
    def test_every_command_as_printed(self):
        commands = read_guide()
        self.assertEqual(len(commands), 6)
        provider, traits, flavor, image, by_flavor, by_image = commands

        # The operator's part.
        (code, output), (traits_code, traits_output), (flavor_code, flavor_output) = typed(
            [provider.text, traits.text, flavor.text], "admin")
        self.assertEqual((code, output), (0, ""))
        self.assertEqual(traits_code, 0, traits_output)
        for line in traits.printed:
            self.assertIn(line, cells(traits_output))
        self.assertEqual(flavor_code, 0, flavor_output)
        self.assertIn("| name | test.vtpm |", cells(flavor_output))
        self.assertIn("| properties | hw:tpm_model='tpm-crb', hw:tpm_version='2.0' |",
                      cells(flavor_output))

        # The user's part. The guide takes an image for granted.
        owner = client_kit.connection("owner")
        owner.create_image(IMAGE, data=b"a disk", wait=True, disk_format="raw")
        results = typed([
            image.text, by_flavor.text, by_image.text,
            "openstack server create --flavor test.vtpm --image %s --wait test-instance" % IMAGE,
            "openstack secret list -f value -c Name",
        ], "owner")
        for code, output in (results[0], results[3], results[4]):
            self.assertEqual(code, 0, output)
        set_image = owner.image.find_image(IMAGE)
        self.assertEqual(set_image.properties["hw_tpm_version"], "2.0")
        self.assertEqual(set_image.properties["hw_tpm_model"], "tpm-crb")

        # As printed neither gives a server: this client asks Nova for none without both.
        for (code, output), missing in (
                (results[1], "one of the arguments --image --image-property --volume --snapshot "
                             "is required\n"),
                (results[2], "the following arguments are required: --flavor\n")):
            self.assertEqual(code, 2, output)
            self.assertIn("openstack server create: error: " + missing, output)

        # With both, "the instance should now have the vTPM device available".
        self.assertIn("| status | ACTIVE |", cells(results[3][1]))
        server = owner.compute.find_server("test-instance")
        self.assertEqual(results[4][1], "vTPM secret for instance %s\n" % server.id)

        owner.delete_server(server.id, wait=True)
        owner.delete_image(set_image.id)
        client_kit.connection("admin").delete_flavor("test.vtpm")


if __name__ == "__main__":
    client_kit.main()
