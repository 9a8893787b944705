# keystoneauth as Nova uses it in long operations: the user's token is over, the service's vouches.
# needs: barbicanclient glanceclient
"""Whoever started something long is answered with a service's token beside the expired one."""

import io

import client_kit
from barbicanclient import client as barbican_client
from barbicanclient import exceptions as barbican_exceptions
from glanceclient import client as glance_client
from glanceclient import exc as glance_exceptions
from keystoneauth1 import exceptions as keystone_exceptions
from keystoneauth1 import plugin, service_token, session
from keystoneauth1.identity import v3


class UsersToken(plugin.BaseAuthPlugin):
    """What a service got with the request: a token, which it cannot renew, and the catalog."""

    def __init__(self, bearer):
        super().__init__()
        self._token, self._bearer = bearer.get_token(), bearer

    def get_token(self, session, **kwargs):
        return self._token

    def get_endpoint(self, session, **kwargs):
        return self._bearer.get_endpoint(**kwargs)

    def invalidate(self):
        return False


def own(persona):
    """A plug-in of its own: what others hold may be over by now."""
    return v3.Password(**client_kit.region(persona).config["auth"])


def barbican(auth):
    return barbican_client.Client(session=session.Session(auth=auth), interface="public")


def glance(auth):
    return glance_client.Client("2", session=session.Session(auth=auth), interface="public")


class ServiceTokens(client_kit.ClientTest):
    def setUp(self):
        bearer = session.Session(auth=own("owner"))
        self.user = UsersToken(bearer)
        self.secret = barbican(self.user).secrets.create(name="kept", payload="sesame").store()
        self.image = glance(self.user).images.create(name="kept", disk_format="raw",
                                                     container_format="bare")["id"]
        glance(self.user).images.upload(self.image, io.BytesIO(b"a disk"))

    def together(self, persona):
        return service_token.ServiceTokenAuthWrapper(user_auth=self.user,
                                                     service_auth=own(persona))

    def read(self, auth):
        """The secret and the image, or the two statuses."""
        answers = []
        try:
            answers.append(barbican(auth).secrets.get(self.secret).payload)
        except (barbican_exceptions.HTTPAuthError, keystone_exceptions.Unauthorized):
            answers.append(401)
        except KeyError:  # barbicanclient 5.4 looks for a title where the middleware has none
            answers.append(401)
        try:
            answers.append(b"".join(glance(auth).images.data(self.image)))
        except (glance_exceptions.HTTPUnauthorized, keystone_exceptions.Unauthorized):
            answers.append(401)
        return answers

    def test_it_carries_an_expired_token_for_two_days(self):
        both = ["sesame", b"a disk"]
        self.assertEqual(self.read(self.user), both)
        client_kit.control("identity", "clock", {"advance": "2h"})
        self.assertEqual(self.read(self.user), [401, 401])
        self.assertEqual(self.read(self.together("nova")), both)
        with self.subTest("a token of somebody without role service vouches for nothing"):
            self.assertEqual(self.read(self.together("admin")), [401, 401])
        with self.subTest("nor does a service's that is over itself"):
            stale = self.together("nova")
            self.assertEqual(self.read(stale), both)
            late = UsersToken(session.Session(auth=own("nova")))
            client_kit.control("identity", "clock", {"advance": "2h"})
            self.assertEqual(self.read(service_token.ServiceTokenAuthWrapper(
                user_auth=self.user, service_auth=late)), [401, 401])
        with self.subTest("the user's own rights are what counts"):
            nova = barbican(own("nova"))
            mine = nova.secrets.create(name="nova's own", payload="x").store()
            with self.assertRaises(barbican_exceptions.HTTPClientError) as refused:
                barbican(self.together("nova")).secrets.get(mine).payload
            self.assertEqual(refused.exception.status_code, 403)
            nova.secrets.delete(mine)
        client_kit.control("identity", "clock", {"advance": "50h"})
        self.assertEqual(self.read(self.together("nova")), [401, 401])


if __name__ == "__main__":
    client_kit.main()
