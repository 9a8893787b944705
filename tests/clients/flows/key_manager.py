# barbicanclient and castellan: a passphrase as Nova keeps it, and who may read it.
# needs: barbicanclient castellan
"""The key manager's two clients."""

import client_kit
from barbicanclient import client as barbican_client
from barbicanclient import exceptions
from castellan import key_manager
from castellan.common import exception as castellan_exception
from castellan.common.objects import passphrase
from oslo_config import cfg
from oslo_context import context


def barbican(persona):
    return barbican_client.Client(session=client_kit.session(persona), interface="public")


def castellan(persona):
    """Castellan as Nova configures it, and its bearer's context."""
    session = client_kit.session(persona)
    configuration = cfg.ConfigOpts()
    configuration([], project="vtpmlab", default_config_files=[])
    manager = key_manager.API(configuration)
    configuration.set_override("auth_endpoint", session.get_endpoint(service_type="identity"),
                               group="barbican")
    configuration.set_override("barbican_endpoint_type", "public", group="barbican")
    bearer = context.RequestContext(auth_token=session.get_token(),
                                    project_id=session.get_project_id())
    return manager, bearer


class Barbican(client_kit.ClientTest):
    def test_a_payload_comes_back_as_it_went(self):
        owner = barbican("owner")
        secret = owner.secrets.create(name="kept", payload=b"\x00\xff\x10", secret_type="passphrase")
        reference = secret.store()
        try:
            found = barbican("owner").secrets.get(reference)
            self.assertEqual(found.name, "kept")
            self.assertEqual(found.payload, b"\x00\xff\x10")
            self.assertEqual(found.payload_content_type, "application/octet-stream")
        finally:
            owner.secrets.delete(reference)
        with self.assertRaises(exceptions.HTTPClientError) as refused:
            barbican("owner").secrets.get(reference).name
        self.assertEqual(refused.exception.status_code, 404)

    def test_another_project_is_forbidden(self):
        owner = barbican("owner")
        reference = owner.secrets.create(payload="mine").store()
        try:
            with self.assertRaises(exceptions.HTTPClientError) as refused:
                barbican("other").secrets.get(reference).payload
            self.assertEqual(refused.exception.status_code, 403)
            self.assertIn("Forbidden", str(refused.exception))
        finally:
            owner.secrets.delete(reference)


class Castellan(client_kit.ClientTest):
    def test_a_passphrase_is_stored_read_and_deleted(self):
        manager, bearer = castellan("owner")
        secret_id = manager.store(bearer, passphrase.Passphrase("open sesame", name="nova's"))
        found = manager.get(bearer, secret_id)
        self.assertEqual(found.get_encoded(), "open sesame")
        manager.delete(bearer, secret_id)
        with self.assertRaises(castellan_exception.ManagedObjectNotFoundError):
            manager.get(bearer, secret_id)

    def test_another_project_is_told_forbidden(self):
        manager, bearer = castellan("owner")
        secret_id = manager.store(bearer, passphrase.Passphrase("open sesame"))
        try:
            strangers, stranger = castellan("other")
            with self.assertRaises(castellan_exception.KeyManagerError) as refused:
                strangers.get(stranger, secret_id)
            self.assertIn("Forbidden", str(refused.exception))
        finally:
            manager.delete(bearer, secret_id)


if __name__ == "__main__":
    client_kit.main()
