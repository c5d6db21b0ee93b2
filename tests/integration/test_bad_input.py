"""What goes wrong at the start and with the database is told in a sentence and costs no data."""
import os
import pathlib
import random
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import unittest

from waymark import Server, a, wait_for, wait_for_every_worker


class BadStart(unittest.TestCase):
    def refused(self, server):
        done = subprocess.run(server.command(), capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 1, done.stderr)
        lines = [line for line in done.stderr.strip().splitlines() if "event=" not in line]
        self.assertEqual(len(lines), 1, done.stderr)
        return lines[0]

    def test_a_taken_port_is_named(self):
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with socket.socket(socket.AF_INET, kind) as taken:
                taken.bind(("127.0.0.1", 0))
                if kind == socket.SOCK_STREAM:
                    taken.listen()
                server = Server()
                server.dns_port = taken.getsockname()[1]
                self.assertIn(str(server.dns_port), self.refused(server))
                shutil.rmtree(server.directory)

    def test_a_foreign_directory_is_left_alone(self):
        with tempfile.TemporaryDirectory() as directory:
            pathlib.Path(directory, "holiday.jpg").write_text("mine")
            self.assertIn(directory, self.refused(Server(directory=directory)))
            self.assertEqual(os.listdir(directory), ["holiday.jpg"])

    def test_a_directory_that_can_not_be_made_is_named(self):
        with tempfile.NamedTemporaryFile() as file:
            self.assertIn(file.name, self.refused(Server(directory=file.name)))

    def test_a_database_of_a_newer_schema_is_refused_and_untouched(self):
        server = Server()
        with server:
            server.zone("n.test")
            server.stop()
            path = pathlib.Path(server.directory, "waymark.db")
            with sqlite3.connect(path) as db:
                db.execute("PRAGMA user_version = 999")
            db.close()
            before = path.read_bytes()
            self.assertIn("999", self.refused(server))
            self.assertEqual(path.read_bytes(), before)

    def test_two_servers_on_one_directory_are_one_too_many(self):
        with Server() as server:
            other = Server(directory=server.directory)
            self.assertIn(server.directory, self.refused(other))


class LostDatabase(unittest.TestCase):
    def test_the_server_starts_from_its_image_and_refuses_writes_with_the_reason(self):
        with Server() as server:
            server.zone("d.test")
            server.in_sync(server.change("d.test", ("create", a("www.d.test", "192.0.2.1"))))
            server.stop()
            moved = server.directory + ".moved"
            for suffix in ("", "-wal", "-shm"):
                if os.path.exists(f"{server.directory}/waymark.db{suffix}"):
                    os.rename(f"{server.directory}/waymark.db{suffix}", moved + suffix)
            server.start()

            self.assertEqual(server.values("www.d.test"), ["192.0.2.1"])
            reply = server.call("POST", "/v1/zones", {"name": "new.test"})
            self.assertEqual(reply.status, 503, reply.text)
            self.assertIn("waymark.db", reply.text)
            self.assertIn("degraded", server.call("GET", "/readyz?verbose").text)

            for suffix in ("", "-wal", "-shm"):
                if os.path.exists(moved + suffix):
                    os.rename(moved + suffix, f"{server.directory}/waymark.db{suffix}")
            wait_for("writes again", lambda: self.written(server), 20)
            wait_for_every_worker("the new zone", lambda: server.values("new.test", "NS") == ["ns1.new.test."])

    @staticmethod
    def written(server):
        try:
            return server.call("POST", "/v1/zones", {"name": "new.test"}).status in (201, 409)
        except OSError:
            return False


class EmptiedDatabase(unittest.TestCase):
    def test_an_emptied_or_foreign_empty_database_does_not_end_the_answers(self):  # AV-2
        with Server() as server, Server(workers=1) as other:
            server.zone("d.test")
            server.in_sync(server.change("d.test", ("create", a("www.d.test", "192.0.2.1"))))
            server.stop()
            other.stop()
            path = pathlib.Path(server.directory, "waymark.db")
            whole = path.read_bytes()
            for content in (b"", pathlib.Path(other.directory, "waymark.db").read_bytes(), bytes(4096)):
                path.write_bytes(content)
                server.start()
                self.assertEqual(server.values("www.d.test"), ["192.0.2.1"], server.log())
                self.assertEqual(server.call("POST", "/v1/zones", {"name": "new.test"}).status, 503)
                server.stop()
            path.write_bytes(whole)
            server.start()
            self.assertEqual(server.call("POST", "/v1/zones", {"name": "new.test"}).status, 201)


class Rights(unittest.TestCase):
    def test_the_data_is_for_its_owner_alone(self):  # OBS-4
        with Server(workers=1) as server:
            server.zone("mine.test")
            for path in [pathlib.Path(server.directory), *pathlib.Path(server.directory).rglob("*")]:
                self.assertEqual(path.stat().st_mode & 0o077, 0, path)


class End(unittest.TestCase):
    def test_a_request_under_way_is_answered_before_the_end(self):  # LIF-1
        with Server(workers=1) as server:
            with socket.create_connection(("127.0.0.1", server.api_port), 10) as sock:
                body = b'{"name":"late.test"}'
                head = (f"POST /v1/zones HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\n"
                        f"Content-Length: {len(body)}\r\n\r\n").encode()
                sock.sendall(head + body[:5])
                wait_for("the server to have read it", lambda: server.call("GET", "/livez").status == 200)
                server.process.terminate()
                wait_for("the end to begin", lambda: "event=stopping" in server.log())
                sock.sendall(body[5:])
                self.assertTrue(sock.recv(4096).startswith(b"HTTP/1.1 201"))
            self.assertEqual(server.process.wait(20), 0)


class MalformedPackets(unittest.TestCase):
    def test_random_octets_never_stop_the_server(self):
        rng = random.Random(1)
        with Server(workers=1) as server:
            server.zone("m.test")
            worker = server.pids("worker")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                for _ in range(20_000):
                    sock.sendto(rng.randbytes(rng.randrange(0, 300)), ("127.0.0.1", server.dns_port))
            wait_for("an answer", lambda: server.answers("m.test", ["ns1.m.test."], "NS"), 20)
            self.assertEqual(server.pids("worker"), worker)

    def test_a_malformed_question_is_a_format_error(self):
        with Server(workers=1) as server:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.settimeout(5)
                sock.sendto(bytes.fromhex("beef01000002000000000000") + b"\0\0\1\0\1", ("127.0.0.1", server.dns_port))
                reply = sock.recv(512)
            self.assertEqual(reply[:2], b"\xbe\xef")
            self.assertEqual(reply[3] & 15, 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
