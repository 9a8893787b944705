"""What flows in Python share: who one is in the cloud, and how a flow is run.

    class Secrets(client_kit.ClientTest):
        def test_a_payload_comes_back(self):
            barbican = barbicanclient.client.Client(session=client_kit.session("owner"), ...)

    if __name__ == "__main__":
        client_kit.main()
"""

import functools
import json
import os
import unittest
import urllib.request

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


def endpoint(service):
    return session("admin").get_endpoint(service_type=service, interface="public")


def control_header():
    """What opens /__control; `vtpmlab up` says in which file it is."""
    with open(os.environ["VTPMLAB_CONTROL"], encoding="utf-8") as file:
        name, _, value = file.read().strip().partition(": ")
    return {name: value}


def control(service, path, body=None, headers=None):
    """Asks or steers a service at /__control (fakes/README.md)."""
    request = urllib.request.Request(
        endpoint(service).partition("/v")[0] + "/__control/" + path,
        data=None if body is None else json.dumps(body).encode(),
        headers=dict(control_header() if headers is None else headers,
                     **{"Content-Type": "application/json"}))
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text else None


class ClientTest(unittest.TestCase):
    maxDiff = None


def main():
    unittest.main(verbosity=2)
