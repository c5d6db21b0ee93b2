"""Who is not meant to be heard by the API: pages of other sites where there are no tokens, and those who guess tokens."""
import http.client
import time
import unittest

from waymark import Server


class OpenDoor(unittest.TestCase):
    """Without tokens only this machine's own programs and pages may ask (DNS rebinding, cross-site requests)."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server("--auth", "off", workers=1).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def status(self, **headers):
        return self.server.call("GET", "/v1/zones", headers={name.replace("_", "-"): value for name, value in headers.items()}).status

    def test_this_machine_may_ask(self):
        own = f"http://127.0.0.1:{self.server.api_port}"
        self.assertEqual(self.status(), 200)
        self.assertEqual(self.status(Host="localhost"), 200)
        self.assertEqual(self.status(Origin=own, Sec_Fetch_Site="same-origin"), 200)

    def test_a_name_that_was_made_to_point_here_is_refused(self):
        for host in ("evil.test", f"evil.test:{self.server.api_port}", "127.0.0.1.evil.test", "localhost.evil.test"):
            self.assertEqual(self.status(Host=host), 403, host)

    def test_a_page_of_another_site_is_refused(self):
        self.assertEqual(self.status(Origin="http://evil.test"), 403)
        self.assertEqual(self.status(Origin="null"), 403)
        self.assertEqual(self.status(Sec_Fetch_Site="cross-site"), 403)


class Guessers(unittest.TestCase):
    """API-8: twenty wrong tokens at once and then one a second; nobody else is slowed."""

    def call(self, server, token, source):
        connection = http.client.HTTPConnection("127.0.0.1", server.api_port, timeout=10, source_address=(source, 0))
        try:
            connection.request("GET", "/v1/zones", headers={"Authorization": f"Bearer {token}"})
            reply = connection.getresponse()
            return reply.status, dict(reply.headers), reply.read()
        finally:
            connection.close()

    def test_are_slowed_and_nobody_else_is(self):
        with Server(workers=1) as server:
            self.assertEqual(self.call(server, server.token, "127.0.0.9")[0], 200)  # known from there before
            begun = time.monotonic()
            replies = [self.call(server, f"wm_000000000000_{i:048x}", "127.0.0.9") for i in range(400)]
            judged = sum(status == 401 for status, _, _ in replies)
            self.assertLessEqual(judged, 20 + (time.monotonic() - begun) + 1)
            self.assertGreaterEqual(judged, 20)
            status, headers, body = replies[-1]
            self.assertEqual((status, headers["Retry-After"]), (429, "1"), body)

            self.assertEqual(self.call(server, server.token, "127.0.0.9")[0], 200)  # the owner behind the same address
            self.assertEqual(self.call(server, server.token, "127.0.0.10")[0], 200)
            known = server.token.split("_")[1]  # an id that exists and one that does not: the same answer
            wrong = [self.call(server, f"wm_{name}_{0:048x}", "127.0.0.11")[2] for name in (known, "0" * 12)]
            self.assertEqual(*wrong)


if __name__ == "__main__":
    unittest.main()
