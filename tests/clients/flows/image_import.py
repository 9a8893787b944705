# glanceclient: glance-direct import and its task, metadata definitions, refusals as it shows them.
# needs: glanceclient
"""What an image goes through besides an upload, and what is known of its properties."""

import io
import time

import client_kit
from glanceclient import client as glance_client
from glanceclient import exc


def glance(persona):
    return glance_client.Client("2", session=client_kit.session(persona), interface="public")


class ImageService(client_kit.ClientTest):
    def setUp(self):
        self.owner = glance("owner")
        self.image = self.owner.images.create(name="disk", disk_format="raw",
                                              container_format="bare")["id"]
        self.addCleanup(self.remove)

    def remove(self):
        glance("admin").images.update(self.image, protected=False)
        self.owner.images.delete(self.image)

    def status(self):
        return self.owner.images.get(self.image)["status"]

    def refused(self, kind, call):
        with self.assertRaises(kind) as refused:
            call()
        return str(refused.exception)

    def test_what_is_staged_is_imported_by_a_task(self):
        self.owner.images.stage(self.image, io.BytesIO(b"a disk"))
        self.assertEqual(self.status(), "uploading")
        self.owner.images.image_import(self.image, method="glance-direct")
        end = time.monotonic() + 30
        while self.status() != "active" and time.monotonic() < end:
            time.sleep(0.05)
        found = self.owner.images.get(self.image)
        self.assertEqual((found["status"], found["size"]), ("active", 6))
        self.assertEqual(b"".join(self.owner.images.data(self.image)), b"a disk")
        (task,) = self.owner.images.get_associated_image_tasks(self.image)["tasks"]
        self.assertEqual((task["type"], task["status"], task["image_id"]),
                         ("api_image_import", "success", self.image))
        self.assertIn(task["id"], [one["id"] for one in glance("admin").tasks.list()])

    def test_an_import_needs_something_staged_and_a_method(self):
        self.assertIn("409", self.refused(
            exc.HTTPConflict,
            lambda: self.owner.images.image_import(self.image, method="glance-direct")))
        self.assertIn("nothing", self.refused(
            exc.HTTPBadRequest,
            lambda: self.owner.images.image_import(self.image, method="nothing")))
        self.assertIn("glance-direct", self.owner.images.get_import_info()["import-methods"]["value"])

    def test_both_namespaces_of_tpms_describe_their_properties(self):
        tpm = self.owner.metadefs_namespace.get("OS::Compute::TPM")
        self.assertEqual(tpm["visibility"], "public")
        self.assertEqual(tpm["properties"]["tpm_model"]["enum"], ["TIS", "CRB"])
        self.assertIn("OS::Compute::VTPM",
                      [one["namespace"] for one in self.owner.metadefs_namespace.list()])
        self.assertEqual(
            sorted(self.owner.metadefs_namespace.get("OS::Compute::VTPM")["properties"]),
            ["COMPUTE_SECURITY_TPM_1_2", "COMPUTE_SECURITY_TPM_2_0"])
        self.assertIn("OS::Glance::Image", [
            one["name"] for one in self.owner.metadefs_resource_type.get("OS::Compute::TPM")])
        self.refused(exc.HTTPNotFound, lambda: self.owner.metadefs_namespace.get("OS::Nothing"))
        self.refused(exc.HTTPForbidden, lambda: self.owner.metadefs_namespace.create(namespace="x"))

    def test_an_admin_keeps_definitions_of_his_own(self):
        admin = glance("admin")
        admin.metadefs_namespace.create(namespace="Ours", visibility="public", display_name="ours")
        self.addCleanup(admin.metadefs_namespace.delete, "Ours")
        admin.metadefs_property.create("Ours", name="rack", title="Rack", type="string")
        admin.metadefs_tag.create("Ours", "blue")
        admin.metadefs_object.create("Ours", name="place", properties={})
        self.assertEqual(self.owner.metadefs_property.get("Ours", "rack")["title"], "Rack")
        self.assertEqual([tag["name"] for tag in self.owner.metadefs_tag.list("Ours")], ["blue"])
        self.assertEqual([one["name"] for one in self.owner.metadefs_object.list("Ours")], ["place"])
        self.refused(exc.HTTPConflict, lambda: admin.metadefs_namespace.create(namespace="Ours"))

    def test_deactivated_data_are_for_admins(self):
        self.owner.images.upload(self.image, io.BytesIO(b"a disk"))
        glance("admin").images.deactivate(self.image)
        self.assertEqual(self.status(), "deactivated")
        self.assertIn("deactivated", self.refused(
            exc.HTTPForbidden, lambda: self.owner.images.data(self.image)))
        self.assertEqual(b"".join(glance("admin").images.data(self.image)), b"a disk")
        glance("admin").images.reactivate(self.image)
        self.assertEqual(b"".join(self.owner.images.data(self.image)), b"a disk")

    def test_refusals_are_glances(self):
        self.owner.images.upload(self.image, io.BytesIO(b"a disk"))
        self.assertIn("Image status transition from active to saving is not allowed", self.refused(
            exc.HTTPConflict, lambda: self.owner.images.upload(self.image, io.BytesIO(b"two"))))
        self.owner.images.update(self.image, protected=True)
        self.assertIn("is protected and cannot be deleted", self.refused(
            exc.HTTPForbidden, lambda: self.owner.images.delete(self.image)))
        self.refused(exc.HTTPNotFound, lambda: glance("other").images.get(self.image))
        self.refused(exc.HTTPForbidden,
                     lambda: self.owner.images.update(self.image, visibility="public"))
        self.refused(exc.HTTPForbidden,
                     lambda: self.owner.image_members.create(self.image, "other")
                     if glance("admin").images.update(self.image, visibility="public") else None)
        glance("admin").images.update(self.image, visibility="shared")

    def test_members_accept_and_reject(self):
        project = client_kit.session("other").get_project_id()
        self.owner.image_members.create(self.image, project)
        self.assertEqual(glance("other").images.get(self.image)["id"], self.image)
        for status in ("accepted", "rejected", "pending"):
            glance("other").image_members.update(self.image, project, status)
            (member,) = self.owner.image_members.list(self.image)
            self.assertEqual((member["member_id"], member["status"]), (project, status))
        self.refused(exc.HTTPForbidden,
                     lambda: self.owner.image_members.update(self.image, project, "accepted"))
        self.owner.image_members.delete(self.image, project)
        self.refused(exc.HTTPNotFound, lambda: glance("other").images.get(self.image))


if __name__ == "__main__":
    client_kit.main()
