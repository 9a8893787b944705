# A cloud of `vtpmlab up` steered at /__control, as a script beside the clients does it.
# needs: barbicanclient
# up: --listen 127.0.0.2
"""fakes/README.md says what /__control knows; the file that opens it is in $VTPMLAB_CONTROL."""

import os
import stat
import urllib.error

import keystoneauth1.exceptions
from barbicanclient import client as barbican

import client_kit
from client_kit import control, control_header, endpoint

def secrets():
    return barbican.Client(session=client_kit.session("owner"), region_name="RegionOne").secrets


class Control(client_kit.ClientTest):
    def test_it_is_for_the_owner_of_the_file_alone(self):
        self.assertEqual(stat.S_IMODE(os.stat(os.environ["VTPMLAB_CONTROL"]).st_mode), 0o600)
        for wrong in ({}, {next(iter(control_header())): "guessed"}):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                control("key-manager", "faults", headers=wrong)
            self.assertEqual(refused.exception.code, 403)
            refused.exception.close()

    def test_the_services_are_where_they_were_told_to_be(self):
        for service in ("identity", "compute", "placement", "image", "key-manager", "network"):
            self.assertIn("http://127.0.0.2:", endpoint(service))

    def test_a_fault_comes_and_goes(self):
        control("key-manager", "faults",
                {"method": "GET", "route": "/v1/secrets", "user": "owner", "status": 503, "times": 1})
        with self.assertRaisesRegex(Exception, "503|Service Unavailable"):
            secrets().list()
        self.assertEqual(secrets().list(), [])
        (rule,) = control("key-manager", "faults")["faults"]
        self.assertEqual((rule["calls"], rule["hits"]), (2, 1))

    def test_a_reset_brings_back_what_was_there_at_first(self):
        secrets().create(name="soon gone", payload="x").store()
        self.assertEqual([secret.name for secret in secrets().list()], ["soon gone"])
        control("key-manager", "reset", {})
        self.assertEqual(secrets().list(), [])

    def test_compute_takes_no_snapshots_as_its_servers_stand_on_hosts(self):
        for path, body in (("snapshot", {"name": "x"}), ("restore", {"name": "x"}), ("reset", {})):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                control("compute", path, body)
            self.assertEqual(refused.exception.code, 404)
            self.assertIn("compute takes no snapshots.", refused.exception.read().decode())
            refused.exception.close()

    def test_time_passes_and_tokens_run_out(self):
        session = client_kit.session("peer")
        token = session.get_token()
        control("identity", "clock", {"advance": "2h"})
        with self.assertRaises(keystoneauth1.exceptions.NotFound):
            client_kit.session("admin").get(
                endpoint("identity").partition("/v3")[0] + "/v3/auth/tokens",
                headers={"X-Subject-Token": token})
        # A client that holds it finds out, and asks for another one.
        self.assertEqual(session.get(endpoint("compute") + "/servers").json(), {"servers": []})

    def test_the_journal_tells_who_asked(self):
        client_kit.session("other").get(endpoint("compute") + "/flavors")
        seen = control("compute", "journal?service=compute&user=other")
        self.assertIn("/v2.1/flavors", [entry["target"] for entry in seen["entries"]])


if __name__ == "__main__":
    client_kit.main()
