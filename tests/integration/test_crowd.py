"""Thousands of TCP connections that are idle, slow or never read, while others ask (TCP-1)."""
import resource
import socket
import struct
import unittest

import dns.message

from waymark import Server, a, wait_for

IDLE, SLOW_ONES, DEAF, GOOD = 2_000, 200, 50, 200


class Crowd(unittest.TestCase):
    def connect(self, network, host, buffer=None):
        """From an address of its own network, so that no limit of one network is met."""
        sock = socket.socket()
        sock.settimeout(20)
        if buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        sock.bind((f"127.{network // 256}.{network % 256}.{host}", 0))
        sock.connect(("127.0.0.1", self.server.dns_port))
        return sock

    @staticmethod
    def question(times=1):
        wire = dns.message.make_query("www.t.test", "A").to_wire()
        return (struct.pack("!H", len(wire)) + wire) * times

    def answered(self, sock):
        sock.sendall(self.question())
        try:
            return len(sock.recv(4096)) > 40
        except ConnectionResetError:
            return False

    def open_now(self):
        text = self.server.must("GET", "/metrics")
        return float(next(line.split()[1] for line in text.splitlines() if line.startswith("waymark_dns_tcp_connections ")))

    def test_costs_nobody_else_an_answer(self):
        most = resource.getrlimit(resource.RLIMIT_NOFILE)
        if most[1] < 3_000:
            self.skipTest("needs 3,000 descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(most[0], 3_000), most[1]))
        self.server = Server().start()
        self.addCleanup(self.server.stop)
        server = self.server
        server.zone("t.test")
        server.in_sync(server.change("t.test", ("create", a("www.t.test", "192.0.2.1"))))
        crowd = []
        for i in range(DEAF):
            crowd.append(self.connect(2_000 + i, 1, buffer=4_096))
            crowd[-1].setblocking(False)
            try:
                while True:
                    crowd[-1].send(self.question(100))
            except OSError:  # it takes no more
                pass
        for i in range(SLOW_ONES):
            crowd.append(self.connect(1_000 + i, 1))
            crowd[-1].sendall(b"\0")
        for i in range(IDLE):
            crowd.append(self.connect(256 + i // 8, 1 + i % 8))
            crowd[-1].sendall(self.question())
        good = 0
        for i in range(GOOD):
            with self.connect(4_000 + i, 1) as sock:
                good += self.answered(sock)
        self.assertGreaterEqual(good, GOOD * 0.99)
        for _ in range(GOOD):
            self.assertEqual(server.values("www.t.test"), ["192.0.2.1"])
        self.assertLessEqual(self.open_now(), 2 * 1_024)  # of each worker
        for sock in crowd:
            sock.close()
        wait_for("no connection left", lambda: self.open_now() == 0, 20)


if __name__ == "__main__":
    unittest.main(verbosity=2)
