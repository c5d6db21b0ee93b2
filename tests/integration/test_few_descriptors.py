"""With few descriptors, more clients than there is room for cost no UDP answer and no process (RES-1)."""
import http.client
import json
import os
import resource
import socket
import unittest

import dns.exception

from waymark import Server, a, wait_for, wait_for_every_worker

CROWD = 2000 if os.environ.get("WAYMARK_LONG") else 600
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 4096), most))


class FewServer(Server):
    limit = 0

    def command(self, *ports):
        return ["prlimit", f"--nofile={self.limit}:{self.limit}", *super().command(*ports)]


class FewDescriptors(unittest.TestCase):
    def test_a_crowd_over_tcp_leaves_udp_and_the_api(self):
        for limit in (64, 256):
            with self.subTest(limit=limit):
                server = FewServer()
                server.limit = limit
                with server:
                    server.zone("f.test")
                    low = "event=limit_low what=descriptors granted=64 needed=256"  # RES-3
                    self.assertEqual(low in server.log(), limit == 64, server.log())
                    server.in_sync(server.change("f.test", ("create", a("www.f.test", "192.0.2.1"))))
                    workers = server.pids("worker")
                    crowd = []
                    for i in range(CROWD):
                        sock = socket.socket()
                        sock.bind((f"127.{1 + i % 100}.0.1", 0))
                        sock.setblocking(False)
                        sock.connect_ex(("127.0.0.1", server.dns_port))
                        crowd.append(sock)
                    for i in range(100):
                        self.assertEqual(server.values("www.f.test"), ["192.0.2.1"])
                        self.assertEqual(server.call("GET", "/v1/zones").status, 200)
                    server.in_sync(server.change("f.test", ("upsert", a("www.f.test", "192.0.2.2"))))
                    self.assertEqual(server.values("www.f.test"), ["192.0.2.2"])
                    self.assertEqual(server.pids("worker"), workers, server.log())
                    for sock in crowd:
                        sock.close()
                    wait_for("TCP again", lambda: self.over_tcp(server), 20)

    def test_a_crowd_at_the_api_leaves_the_answers_and_is_forgotten(self):
        server = FewServer()
        server.limit = 64
        with server:
            server.zone("f.test")
            server.in_sync(server.change("f.test", ("create", a("www.f.test", "192.0.2.1"))))
            control = server.pids("control")
            client = http.client.HTTPConnection("127.0.0.1", server.api_port, timeout=20)
            self.assertEqual(self.upsert(server, client, "192.0.2.1"), 201)
            crowd = [socket.create_connection(("127.0.0.1", server.api_port), 10) for _ in range(200)]
            for sock in crowd:
                self.addCleanup(sock.close)
            self.assertEqual(self.upsert(server, client, "192.0.2.2"), 201)
            wait_for_every_worker("its answer, the crowd being there", lambda: server.values("www.f.test") == ["192.0.2.2"])
            client.close()
            for sock in crowd:
                sock.close()
            wait_for("the API", lambda: self.api(server), 20)
            server.in_sync(server.change("f.test", ("upsert", a("www.f.test", "192.0.2.3"))))
            self.assertEqual(server.values("www.f.test"), ["192.0.2.3"])
            self.assertEqual(server.pids("control"), control, server.log())

    @staticmethod
    def upsert(server, client, value):
        """On a connection that was made before the crowd came."""
        body = json.dumps({"changes": [{"action": "upsert", "record": a("www.f.test", value, ttl=5)}]})
        client.request("POST", "/v1/zones/f.test/changes", body, {"Authorization": f"Bearer {server.token}"})
        reply = client.getresponse()
        reply.read()
        return reply.status

    @staticmethod
    def api(server):
        try:
            return server.call("GET", "/v1/zones", timeout=1).status == 200
        except OSError:
            return False

    @staticmethod
    def over_tcp(server):
        try:
            return server.values("www.f.test", tcp=True, timeout=1) == ["192.0.2.2"]
        except (OSError, EOFError, dns.exception.DNSException):
            return False


if __name__ == "__main__":
    unittest.main(verbosity=2)
