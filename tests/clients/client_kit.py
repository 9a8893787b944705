"""What flows in Python share: who one is in the cloud, and how a flow is run.

    class Secrets(client_kit.ClientTest):
        def test_a_payload_comes_back(self):
            barbican = barbicanclient.client.Client(session=client_kit.session("owner"), ...)

    if __name__ == "__main__":
        client_kit.main()
"""

import functools
import unittest

import openstack
from openstack import config


@functools.lru_cache(maxsize=None)
def region(persona):
    """The persona's entry of clouds.yaml, as os-client-config reads it."""
    return config.OpenStackConfig().get_one(cloud=persona)


@functools.lru_cache(maxsize=None)
def session(persona):
    """A keystoneauth session: what every client library takes."""
    return region(persona).get_session()


@functools.lru_cache(maxsize=None)
def connection(persona):
    """An openstacksdk connection."""
    return openstack.connection.Connection(config=region(persona))


class ClientTest(unittest.TestCase):
    maxDiff = None


def main():
    unittest.main(verbosity=2)
