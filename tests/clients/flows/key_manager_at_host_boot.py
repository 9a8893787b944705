# castellan as Nova uses it at host boot, without anybody's token (nova-vtpm §KEY-9).
# needs: castellan
"""What a compute service that starts servers by itself is told by the real castellan."""

import client_kit
from castellan import key_manager
from castellan.common import exception as castellan_exception
from castellan.common.objects import passphrase
from keystoneauth1 import access
from keystoneauth1 import exceptions as ksa_exceptions
from keystoneauth1 import loading, plugin
from oslo_config import cfg


class RequestContext:
    """What castellan looks at of a Nova context: the name of its class, and its plug-in."""

    def __init__(self, token, catalog):
        self._plugin = ContextPlugin(token, catalog)

    def get_auth_plugin(self):
        return self._plugin


class ContextPlugin(plugin.BaseAuthPlugin):
    """The token and the catalog that came with a request; at host boot none did."""

    def __init__(self, token, catalog):
        super().__init__()
        self._token = token
        self._catalog = access.service_catalog.ServiceCatalogV2(catalog)

    def get_token(self, session, **kwargs):
        return self._token

    def get_endpoint(self, session, service_type=None, interface=None, region_name=None,
                     service_name=None, **kwargs):
        return self._catalog.url_for(service_type=service_type, interface=interface,
                                     region_name=region_name, service_name=service_name)


def nobody():
    return RequestContext(None, [])


class HostBoot(client_kit.ClientTest):
    def setUp(self):
        session = client_kit.session("owner")
        self.endpoint = session.get_endpoint(service_type="key-manager")
        owner = RequestContext(session.get_token(), [{
            "type": "key-manager",
            "endpoints": [{"publicURL": self.endpoint, "region": "RegionOne"}],
        }])
        manager, _ = self.castellan()
        secret = manager.store(owner, passphrase.Passphrase("open sesame"))
        self.addCleanup(manager.delete, owner, secret)
        self.secret = secret

    def castellan(self, **barbican):
        configuration = cfg.ConfigOpts()
        configuration([], project="vtpmlab", default_config_files=[])
        manager = key_manager.API(configuration)
        configuration.set_override("barbican_endpoint_type", "public", group="barbican")
        for name, value in barbican.items():
            configuration.set_override(name, value, group="barbican")
        return manager, configuration

    def refused(self, manager, kind):
        with self.assertRaises(kind) as refused:
            manager.get(nobody(), self.secret)
        self.assertIs(type(refused.exception), kind)
        return str(refused.exception)

    def test_without_an_endpoint_all_it_knows_is_an_empty_catalog(self):
        manager, _ = self.castellan()
        self.assertEqual(self.refused(manager, castellan_exception.KeyManagerError),
                         "Key manager error: The service catalog is empty.")

    def test_with_an_endpoint_a_foreign_exception_comes_through(self):
        manager, _ = self.castellan(barbican_endpoint=self.endpoint)
        self.assertEqual(self.refused(manager, ksa_exceptions.AuthorizationFailure),
                         "No valid authentication is available")

    def test_with_a_service_token_too_nothing_is_even_sent(self):
        manager, configuration = self.castellan(barbican_endpoint=self.endpoint,
                                                send_service_user_token=True)
        group = "barbican_service_user"
        configuration.register_opts(loading.get_auth_plugin_conf_options("password"), group=group)
        configuration.set_override("auth_type", "password", group=group)
        for name, value in client_kit.region("nova").config["auth"].items():
            configuration.set_override(name, value, group=group)
        # keystoneauth puts the service's token beside headers of the user's, and there are none.
        self.assertIn("does not support item assignment", self.refused(manager, TypeError))


if __name__ == "__main__":
    client_kit.main()
