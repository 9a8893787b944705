# glanceclient and openstacksdk: an image with TPM properties, up and down again.
# needs: glanceclient
"""The image service's clients."""

import hashlib
import io

import client_kit
from glanceclient import client as glance_client


def glance(persona):
    return glance_client.Client("2", session=client_kit.session(persona), interface="public")


class Images(client_kit.ClientTest):
    def test_data_come_back_with_their_digests(self):
        data = bytes(range(256)) * 4096
        owner = glance("owner")
        image = owner.images.create(name="kept", disk_format="raw", container_format="bare",
                                    hw_tpm_version="2.0", hw_tpm_model="tpm-crb")
        self.assertEqual(image["status"], "queued")
        owner.images.upload(image["id"], io.BytesIO(data))
        found = owner.images.get(image["id"])
        self.assertEqual((found["status"], found["size"]), ("active", len(data)))
        self.assertEqual(found["checksum"], hashlib.md5(data).hexdigest())
        self.assertEqual(found["os_hash_value"], hashlib.sha512(data).hexdigest())
        self.assertEqual((found["hw_tpm_version"], found["hw_tpm_model"]), ("2.0", "tpm-crb"))
        # The client itself compares the digest with what it gets.
        self.assertEqual(b"".join(owner.images.data(image["id"])), data)
        owner.images.delete(image["id"])

    def test_properties_change_through_the_sdk(self):
        owner = client_kit.connection("owner")
        image = owner.create_image("changed", data=b"a disk", wait=True, disk_format="raw")
        owner.image.update_image(image.id, hw_tpm_version="1.2")
        self.assertEqual(owner.image.get_image(image.id).properties["hw_tpm_version"], "1.2")
        owner.delete_image(image.id)


if __name__ == "__main__":
    client_kit.main()
