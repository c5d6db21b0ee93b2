"""What the API refuses before it thinks: framing, JSON, too much of anything; and that its tokens stay secret."""
import json
import pathlib
import re
import socket
import threading
import unittest

from waymark import SLOW, Server, a, wait_for


def raw(server, octets):
    """What came back until the server closed the connection; None when it did not."""
    with socket.create_connection(("127.0.0.1", server.api_port), 10) as sock:
        sock.settimeout(10 * SLOW)
        sock.sendall(octets)
        answer = b""
        try:
            while chunk := sock.recv(65536):
                answer += chunk
        except ConnectionResetError:  # it closed with octets of ours unread
            pass
        except TimeoutError:
            return None
    return answer


class Framing(unittest.TestCase):
    """API-2: one request that two readers could cut in two places is answered with 400, and the connection is closed."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server(workers=1).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def refused(self, requests):
        for octets in requests:
            with self.subTest(request=octets[:120]):
                answer = raw(self.server, octets)
                self.assertIsNotNone(answer, "the connection was kept open")
                self.assertRegex(answer, rb"^HTTP/1\.1 400 ")
                self.assertEqual(answer.count(b"HTTP/1.1 "), 1, answer)

    def head(self, *lines, method="POST", path="/v1/zones", version="HTTP/1.1", host=b"Host: x\r\n"):
        start = f"{method} {path} {version}\r\n".encode() + host + f"Authorization: Bearer {self.server.token}\r\n".encode()
        return start + b"".join(lines)

    def test_the_right_forms_are_taken(self):
        for framing in (b"Content-Length: 2\r\n\r\n{}", b"content-length:2 \r\n\r\n{}", b"Transfer-Encoding: Chunked\r\n\r\n2;x=y\r\n{}\r\n0\r\n\r\n"):
            answer = raw(self.server, self.head(b"Connection: close\r\n", framing))
            self.assertRegex(answer, rb"^HTTP/1\.1 422 ", framing)  # read, and found to lack a name

    def test_lengths(self):
        values = ["-1", "+2", "0x2", "2 2", "2,2", "2, 2", "2;2", "2.0", "two", "", " ", "1e1", "99999999999999999999",
                  "18446744073709551616", "2\t3", "٢"]
        both = [("2", "2"), ("2", "3"), ("3", "2"), ("0", "2")]
        self.refused([self.head(f"Content-Length: {value}\r\n\r\n{{}}".encode()) for value in values] +
                     [self.head(f"Content-Length: {one}\r\nContent-Length: {other}\r\n\r\n{{}}".encode()) for one, other in both] +
                     [self.head(b"Content-Length: 2\r\ncontent-length: 2\r\n\r\n{}")])

    def test_codings(self):
        values = ["identity", "gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "chunked, identity", "xchunked", "chunked;x=1",
                  "chunk", "", ", chunked"]
        body = b"2\r\n{}\r\n0\r\n\r\n"
        self.refused([self.head(f"Transfer-Encoding: {value}\r\n\r\n".encode() + body) for value in values] +
                     [self.head(b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n" + body),
                      self.head(b"Content-Length: 12\r\nTransfer-Encoding: chunked\r\n\r\n" + body),
                      self.head(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + body),
                      self.head(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + body),
                      self.head(b"Transfer-Encoding: chunked\r\n\r\n" + body, version="HTTP/1.0")])

    def test_chunks(self):
        chunks = [b"zz\r\n{}\r\n0\r\n\r\n", b"0x2\r\n{}\r\n0\r\n\r\n", b"-2\r\n{}\r\n0\r\n\r\n", b"+2\r\n{}\r\n0\r\n\r\n",
                  b" 2\r\n{}\r\n0\r\n\r\n", b"\r\n{}\r\n0\r\n\r\n", b"2\r\n{}XX0\r\n\r\n", b"2\r\n{}\n0\r\n\r\n", b"1\r\n{}\r\n0\r\n\r\n",
                  b"10000000000000000\r\n{}\r\n0\r\n\r\n", b"fffffffffffffffff\r\n{}\r\n0\r\n\r\n", b"2\n{}\r\n0\r\n\r\n",
                  b"2\r{}\r\n0\r\n\r\n", b"2\x00\r\n{}\r\n0\r\n\r\n"]
        self.refused([self.head(b"Transfer-Encoding: chunked\r\n\r\n" + chunk) for chunk in chunks])

    def test_header_lines(self):
        lines = [b"X-A: b\r\n folded\r\n", b"X-A: b\r\n\tfolded\r\n", b"X-A: b\n", b"X-A: a\x00b\r\n", b"X\x00A: b\r\n", b"X-A : b\r\n",
                 b" X-A: b\r\n", b": b\r\n", b"X-A\r\n", b"X A: b\r\n", b"X(A): b\r\n", b"X-A: a\rb\r\n", b"X-A: a\x07b\r\n", b"X-\xc3\xa4: b\r\n"]
        self.refused([self.head(line, b"Content-Length: 2\r\n\r\n{}") for line in lines] +
                     [self.head(b"\r\n", host=b"", method="GET"), self.head(b"Host: y\r\n\r\n", method="GET"),
                      self.head(b"Content-Length: 2\n\n{}")])

    def test_request_lines(self):
        self.refused([b"\0\r\n\r\n", b"GET\r\nHost: x\r\n\r\n", b"GET /livez\r\nHost: x\r\n\r\n", b"GET  /livez HTTP/1.1\r\nHost: x\r\n\r\n",
                      b"GET /livez HTTP/1.1 \r\nHost: x\r\n\r\n", b"GET /livez HTTP/3.1\r\nHost: x\r\n\r\n", b"GET /li vez HTTP/1.1\r\nHost: x\r\n\r\n",
                      b"G@T /livez HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /livez HTTP/1.1\nHost: x\r\n\r\n",
                      b"GET /livez http/1.1\r\nHost: x\r\n\r\n", b" GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"])


class BadJson(unittest.TestCase):
    def test_it_is_refused_by_name_and_the_server_goes_on(self):  # API-3
        bodies = [b"[" * 100_000, b'{"a":' * 100_000, b'{"name":"a.test","name":"b.test"}', b'{"name":"\xc3\x28.test"}', b'{"name":"\xff"}',
                  b'{"name":"\xed\xa0\x80"}', rb'{"name":"\ud800"}', rb'{"name":"\udc00x"}', rb'{"name":"\ud800\ud800"}', b'{"name":"a\x00b"}',
                  b'{"name":"a\nb"}', b'{"name":01}', b'{"name":NaN}', b'{"name":Infinity}', b'{"name":1e999}', b'{"name":+1}', b'{"name":.5}',
                  b"{'name':1}", b'{"name":"x"}x', b'\xef\xbb\xbf{"name":', b'{"name":"x",}', b'{"name"}', b"nul", b"", b'{"name":"x" /* */}']
        with Server(workers=1) as server:
            control = server.pids("control")
            for body in bodies:
                with self.subTest(body=body[:40]):
                    reply = server.call("POST", "/v1/zones", body)
                    self.assertEqual(reply.status, 400, reply.text)
                    self.assertTrue(reply.json["detail"])
            for value in ("1.5", "-1", "4294967296", "1e3", "99999999999999999999", '"60"', "true", "null", "[]"):
                with self.subTest(ttl=value):
                    record = json.dumps(a("w.n.test", "192.0.2.1")).replace("60", value)
                    body = f'{{"changes":[{{"action":"create","record":{record}}}]}}'
                    server.call("POST", "/v1/zones", {"name": "n.test"})
                    reply = server.call("POST", "/v1/zones/n.test/changes", body)
                    self.assertEqual(reply.status, 422, reply.text)
                    self.assertIn("/changes/0/record/ttl", reply.text)
            self.assertEqual(server.pids("control"), control)


class Tokens(unittest.TestCase):
    def test_a_secret_stands_nowhere_and_ends_at_once(self):  # API-5, OBS-4
        with Server("--log-level", "debug", workers=1) as server:
            made = server.must("POST", "/v1/tokens", {"scope": "admin", "name": "t"})
            secret = made["token"]
            self.assertGreaterEqual(len(re.fullmatch(r"wm_[0-9a-f]+_([0-9a-f]+)", secret)[1]) * 4, 128)
            server.must("POST", "/v1/zones", {"name": "t.test"}, token=secret)
            shown = [server.must("GET", "/v1/tokens"), server.must("GET", "/v1/status"), server.must("GET", "/v1/zones/t.test/changes")]
            self.assertNotIn(secret, json.dumps(shown))
            server.must("DELETE", f"/v1/tokens/{made['id']}")
            self.assertEqual(server.call("GET", "/v1/zones", token=secret).status, 401)
            for pid in (server.process.pid, *server.children()):
                for what in ("cmdline", "environ"):
                    for one in (secret, server.token):
                        self.assertNotIn(one.encode(), pathlib.Path(f"/proc/{pid}/{what}").read_bytes())
            for one, where in ((secret, ()), (server.token, ("admin.token",))):
                self.assertNotIn(one, server.log())
                for path in pathlib.Path(server.directory).rglob("*"):
                    if path.is_file() and path.name not in where:
                        self.assertNotIn(one.rsplit("_", 1)[1].encode(), path.read_bytes(), path)


class Batches(unittest.TestCase):
    def test_the_last_of_a_thousand_changes_undoes_them_all(self):  # DUR-10
        with Server(workers=1) as server:
            server.zone("b.test")
            changes = [{"action": "create", "record": a(f"h{i}.b.test", "192.0.2.1")} for i in range(999)]
            changes.append({"action": "create", "record": a("bad.b.test", "192.0.2.999")})
            reply = server.call("POST", "/v1/zones/b.test/changes", {"changes": changes})
            self.assertEqual(reply.status, 422, reply.text)
            self.assertIn("/changes/999/record", reply.text)
            zone = server.must("GET", "/v1/zones/b.test")
            self.assertEqual((zone["version"], zone["record_sets"]), (1, 2))
            self.assertEqual(server.must("GET", "/v1/zones/b.test/records?name=h0.b.test")["items"], [])

    def test_of_a_hundred_writers_each_builds_on_the_one_before(self):  # API-9
        with Server(workers=1) as server:
            server.zone("c.test")
            server.change("c.test", ("create", a("n.c.test", "10.0.0.0")))
            first = server.must("GET", "/v1/zones/c.test")["version"]
            refused = []

            def count_up():
                """Reads the number, writes the next one, and begins anew when somebody was faster."""
                while True:
                    version = server.must("GET", "/v1/zones/c.test")["version"]
                    [old] = server.must("GET", "/v1/zones/c.test/records?name=n.c.test")["items"]
                    number = int(old["values"][0].rsplit(".", 1)[1])
                    body = {"if_version": version, "changes": [{"action": "upsert", "record": a("n.c.test", f"10.0.0.{number + 1}")}]}
                    reply = server.call("POST", "/v1/zones/c.test/changes", body)
                    if reply.status == 201:
                        return
                    refused.append(reply.status)
            threads = [threading.Thread(target=count_up) for _ in range(100)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            [last] = server.must("GET", "/v1/zones/c.test/records?name=n.c.test")["items"]
            self.assertEqual(last["values"], ["10.0.0.100"])
            self.assertEqual(server.must("GET", "/v1/zones/c.test")["version"], first + 100)
            self.assertLessEqual(set(refused), {412})
            # A plan from before all of it, sent again:
            body = {"if_version": first, "changes": [{"action": "upsert", "record": a("n.c.test", "10.0.0.1")}]}
            self.assertEqual(server.call("POST", "/v1/zones/c.test/changes", body).status, 412)


class Crowd(unittest.TestCase):
    def test_idle_and_slow_connections_harm_neither_others_nor_the_answers(self):  # API-1, a short form
        with Server(workers=1) as server:
            server.zone("w.test")
            crowd = [socket.create_connection(("127.0.0.1", server.api_port), 10) for _ in range(400)]
            try:
                for i, sock in enumerate(crowd):
                    sock.sendall((b"", b"GET /v1/zones HTTP/1.1\r\nHos", b"POST /v1/zones HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")[i % 3])
                for i in range(50):
                    self.assertEqual(server.call("GET", "/v1/zones").status, 200)
                    self.assertEqual(server.values("w.test", "NS"), ["ns1.w.test."])
            finally:
                for sock in crowd:
                    sock.close()
            wait_for("the API without the crowd", lambda: server.call("GET", "/v1/zones").status == 200)

    def test_what_is_too_much_is_refused_at_its_head(self):  # API-1
        with Server(workers=1) as server:
            start = f"POST /v1/zones HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\n".encode()
            for request in (start + b"X: " + b"x" * 16_500, start + b"X: y\r\n" * 101 + b"\r\n", start + b"Content-Length: 4194305\r\n\r\n"):
                self.assertRegex(raw(server, request), rb"^HTTP/1\.1 413 ", request[:100])


if __name__ == "__main__":
    unittest.main(verbosity=2)
