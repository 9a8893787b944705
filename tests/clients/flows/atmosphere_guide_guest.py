# Atmosphere's vTPM guide with real guests: what it promises is asked of the guest itself.
# needs: osc_placement
# depth: guest
"""The commands as in atmosphere_guide.py; the image is one that boots here."""

import os
import subprocess
import time

import atmosphere_guide
import client_kit

IMAGE = atmosphere_guide.IMAGE


def bootable_image(owner):
    """The user's own image, made of the cloud's one, so that the guide's commands may change it."""
    micro = owner.image.find_image("micro")
    boots_with = {"kernel_id": micro.kernel_id, "ramdisk_id": micro.ramdisk_id,
                  # Not quiet: the kernel's messages are what the console log is read for.
                  "os_command_line": micro.os_command_line.replace("quiet ", "")}
    return owner.create_image(IMAGE, data=b"\0" * 512, wait=True, disk_format="raw",
                              meta=boots_with)


class GuideInGuests(client_kit.ClientTest):
    def test_the_instance_has_the_device_the_guide_promises(self):
        provider, traits, flavor, image, _, _ = atmosphere_guide.read_guide()
        for code, output in atmosphere_guide.typed(
                [provider.text, traits.text, flavor.text], "admin"):
            self.assertEqual(code, 0, output)
        owner = client_kit.connection("owner")
        bootable_image(owner)
        results = atmosphere_guide.typed([
            image.text,
            "openstack server create --flavor test.vtpm --image %s --wait test-instance" % IMAGE,
        ], "owner")
        for code, output in results:
            self.assertEqual(code, 0, output)
        self.assertIn("| status | ACTIVE |", atmosphere_guide.cells(results[1][1]))

        # The kernel's own word for the device, in what the user sees of the console.
        self.assertRegex(self.console_with("ACPI: TPM2 "), r"ACPI: TPM2 0x[0-9A-F]+")

        # And the guest's: version, model, driver, ACPI table and registers agree.
        asked = subprocess.run(
            [os.environ["VTPMLAB"], "probe", "--cloud", os.environ["VTPMLAB_CLOUD"],
             "test-instance"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", timeout=120)
        self.assertEqual(asked.returncode, 0, asked.stdout)
        self.assertRegex(asked.stdout, r"2\.0.*tpm-crb")

        owner.delete_server("test-instance", wait=True)
        owner.delete_image(IMAGE)
        client_kit.connection("admin").delete_flavor("test.vtpm")

    def console_with(self, text):
        deadline = time.monotonic() + 90
        while True:
            (code, console), = atmosphere_guide.typed(
                ["openstack console log show test-instance"], "owner")
            self.assertEqual(code, 0, console)
            if text in console or time.monotonic() > deadline:
                return console
            time.sleep(1)


if __name__ == "__main__":
    client_kit.main()
