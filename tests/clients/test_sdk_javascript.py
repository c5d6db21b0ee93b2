"""The AWS SDK for JavaScript (@aws-sdk/client-route-53): a zone, a change, its waiter, pages, a typed error."""
import json
import pathlib
import unittest

import client
from route53_door import Door

NODE = client.debian("node")
MODULES = client.CLIENTS / "node_modules"


class Sdk(unittest.TestCase):
    def test_what_it_reads_is_what_it_wrote(self):
        with Door("--name-server", "ns1.example.net") as server:
            environment = client.environment(server, server.key())
            script = pathlib.Path(__file__).with_name("sdk.mjs")
            told = json.loads(client.run([NODE, str(script), client.endpoint(server), str(client.CLIENTS.resolve())], env=environment))
            self.assertEqual(told["names"], ["sdk.example. NS", "sdk.example. SOA", "www.sdk.example. A"])
            self.assertEqual(told["zones"], ["sdk.example."])
            self.assertEqual((told["refused"]["known"], told["refused"]["status"]), (True, 400))
            self.assertIn("already exists", told["refused"]["message"])
            self.assertEqual(client.dig(server, "www.sdk.example"), ["192.0.2.33"])


if __name__ == "__main__":
    client.need("nodejs", NODE)
    client.need("@aws-sdk/client-route-53", (MODULES / "@aws-sdk" / "client-route-53").is_dir())
    unittest.main()
