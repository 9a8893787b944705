# barbicanclient's library: expiry, lists, ACLs, containers, orders, and refusals in their own words.
# needs: barbicanclient
"""What castellan does not use of the key manager, and an operator's scripts do."""

import datetime

import client_kit
from barbicanclient import client as barbican_client
from barbicanclient import exceptions


def barbican(persona):
    return barbican_client.Client(session=client_kit.session(persona), interface="public")


class KeyManagerObjects(client_kit.ClientTest):
    def setUp(self):
        self.owner = barbican("owner")
        client_kit.control("key-manager", "reset", {})

    def store(self, **fields):
        return self.owner.secrets.create(**{"payload": "sesame", **fields}).store()

    def refused(self, call):
        with self.assertRaises(exceptions.HTTPClientError) as refused:
            call()
        return refused.exception.status_code, str(refused.exception)

    def test_a_secret_ends_when_its_time_is_over(self):
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=3)
        reference = self.store(name="mortal", expiration=end.isoformat())
        found = self.owner.secrets.get(reference)
        self.assertEqual(found.expiration.replace(microsecond=0), end.replace(microsecond=0))
        self.assertEqual(found.payload, "sesame")
        client_kit.control("key-manager", "clock", {"advance": "4h"})
        # Tokens are over too.
        self.owner = barbican_client.Client(session=client_kit.region("owner").get_session(),
                                            interface="public")
        self.assertEqual(self.refused(lambda: self.owner.secrets.get(reference).name),
                         (404, "Not Found: Secret not found."))
        self.assertEqual(self.owner.secrets.list(), [])

    def test_pages_and_filters(self):
        for name in ("a", "b", "c", "d"):
            self.store(name=name, algorithm="aes" if name in "ab" else "des")

        def names(**query):
            return [secret.name for secret in self.owner.secrets.list(**query)]

        self.assertEqual(names(), ["a", "b", "c", "d"])
        self.assertEqual(names(limit=3), ["a", "b", "c"])
        self.assertEqual(names(limit=3, offset=3), ["d"])
        self.assertEqual(names(limit=3, offset=9), [])
        self.assertEqual(names(algorithm="des"), ["c", "d"])
        self.assertEqual(names(name="b"), ["b"])
        self.assertEqual(names(sort="name:desc"), ["d", "c", "b", "a"])

    def test_an_acl_lets_some_in_and_keeps_the_project_out(self):
        reference = self.store(name="shared")
        stranger = client_kit.session("other").get_user_id()
        acl = self.owner.acls.create(entity_ref=reference, users=[stranger], project_access=False)
        acl.submit()
        self.assertEqual(barbican("other").secrets.get(reference).payload, "sesame")
        self.assertEqual(self.refused(lambda: barbican("peer").secrets.get(reference).payload)[0],
                         403)
        found = self.owner.acls.get(entity_ref=reference)
        self.assertEqual((found.read.users, found.read.project_access), ([stranger], False))
        found.read.remove()
        self.assertEqual(barbican("peer").secrets.get(reference).payload, "sesame")
        self.assertEqual(self.refused(lambda: barbican("other").secrets.get(reference).payload)[0],
                         403)

    def test_containers_know_their_secrets_and_who_uses_them(self):
        one, two, three = (self.owner.secrets.get(self.store(name=name)) for name in "123")
        generic = self.owner.containers.create(name="bag", secrets={"one": one, "two": two})
        rsa = self.owner.containers.create_rsa(name="pair", public_key=one, private_key=two,
                                               private_key_passphrase=three)
        certificate = self.owner.containers.create_certificate(
            name="cert", certificate=one, private_key=two, intermediates=three)
        references = [container.store() for container in (generic, rsa, certificate)]
        bag, pair, cert = (self.owner.containers.get(reference) for reference in references)
        self.assertEqual({name: secret.payload for name, secret in bag.secrets.items()},
                         {"one": "sesame", "two": "sesame"})
        self.assertEqual(pair.private_key_passphrase.name, "3")
        self.assertEqual(cert.intermediates.name, "3")
        self.owner.containers.register_consumer(references[0], "lbaas", "http://127.0.0.1:1/lb")
        self.assertEqual(self.owner.containers.get(references[0]).consumers,
                         [{"name": "lbaas", "URL": "http://127.0.0.1:1/lb"}])
        self.owner.containers.remove_consumer(references[0], "lbaas", "http://127.0.0.1:1/lb")
        self.assertEqual(self.owner.containers.get(references[0]).consumers, [])
        self.assertEqual(len(self.owner.containers.list(limit=2)), 2)
        for reference in references:
            self.owner.containers.delete(reference)
        self.assertEqual(self.refused(lambda: self.owner.containers.get(references[0]).name)[0],
                         404)

    def test_orders_make_keys(self):
        key = self.owner.orders.create_key(name="k", algorithm="aes", bit_length=256, mode="cbc",
                                           payload_content_type="application/octet-stream")
        order = self.owner.orders.get(key.submit())
        self.assertEqual(order.status, "ACTIVE")
        self.assertEqual(len(self.owner.secrets.get(order.secret_ref).payload), 32)
        pair = self.owner.orders.create_asymmetric(name="p", algorithm="rsa", bit_length=2048)
        order = self.owner.orders.get(pair.submit())
        container = self.owner.containers.get(order.container_ref)
        self.assertIn(b"PRIVATE KEY", container.private_key.payload)
        self.assertIn(b"PUBLIC KEY", container.public_key.payload)
        self.assertEqual(len(self.owner.orders.list(limit=1)), 1)

    def test_refusals_are_barbicans(self):
        reference = self.store(name="whole")
        again = self.owner.secrets.get(reference)
        self.assertEqual(self.refused(lambda: self.owner.secrets.update(reference, "again")),
                         (409, "Conflict: Secret already has data, cannot modify it."))
        self.assertEqual(again.payload, "sesame")
        self.assertEqual(self.refused(lambda: self.store(payload="x" * 20001)),
                         (413, "Request Entity Too Large: Provided information too large to "
                               "process"))
        empty = self.owner.secrets.create(name="empty").store()
        # The client does not even ask: such a secret has no content types.
        self.assertIsNone(self.owner.secrets.get(empty).payload)
        self.assertEqual(
            self.refused(lambda: barbican("reader").secrets.create(payload="x").store()),
            (403, "Forbidden: Secret creation attempt not allowed - please review your "
                  "user/project privileges"))


if __name__ == "__main__":
    client_kit.main()
