"""`waymark check` tells every fault at once, and changes nothing (LIF-6)."""
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import unittest

from waymark import BIN, SLOW, Server, free_port


def check(*words):
    return subprocess.run([str(BIN / "waymark"), "check", *words], capture_output=True, text=True, timeout=60 * SLOW)


def everything(directory):
    return {path: (path.lstat().st_mtime_ns, path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
            for path in [pathlib.Path(directory), *pathlib.Path(directory).rglob("*")]}


class Check(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="waymark-check-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, name, content=None):
        path = os.path.join(self.folder, name)
        if content is not None:
            pathlib.Path(path).write_text(content)
        return path

    def test_lif_6_a_sound_place_has_no_faults_and_is_as_it_was(self):
        port = free_port()
        words = ("--data-dir", self.path("new"), "--dns", f"127.0.0.1:{port}", "--api", f"127.0.0.1:{free_port()}")
        before = everything(self.folder)
        done = check(*words)
        self.assertEqual((done.returncode, done.stdout), (0, "no faults\n"), done.stderr)
        self.assertEqual(everything(self.folder), before)
        with socket.socket() as tcp:
            tcp.bind(("127.0.0.1", port))  # nobody holds it

    def test_lif_6_beside_a_running_server_its_own_ports_are_no_fault(self):
        with Server(workers=1) as server:
            server.zone("a.test")
            done = check("--data-dir", server.directory, "--dns", f"127.0.0.1:{server.dns_port}", "--api", f"127.0.0.1:{server.api_port}")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("a waymark serves from", done.stderr)
            server.stop()
            before = everything(server.directory)
            done = check("--data-dir", server.directory, "--dns", f"127.0.0.1:{server.dns_port}", "--api", f"127.0.0.1:{server.api_port}")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(everything(server.directory), before)

    def test_lif_6_everything_that_is_wrong_is_told_at_once(self):
        foreign = self.path("foreign")
        os.mkdir(foreign)
        self.path("foreign/letter.txt", "Dear Sir")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            before = everything(self.folder)
            done = check("--data-dir", foreign, "--api", f"127.0.0.1:{taken.getsockname()[1]}", "--dns", "192.0.2.1:53",
                         "--api-cert", self.path("none.pem"), "--api-key", self.path("none.key"), "--user", "nobody-of-that-name",
                         "--cookie-secret-file", self.path("none.cookies"), "--geo-database", self.path("none.mmdb"))
        self.assertEqual(done.returncode, 1)
        for fault in ("not waymark's", "already in use", "192.0.2.1:53", "none.pem", "no user nobody-of-that-name", "none.cookies",
                      "none.mmdb"):
            self.assertIn(fault, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 7, done.stderr)
        self.assertEqual(everything(self.folder), before)

    def test_lif_6_settings_that_can_not_be_read_are_told_together(self):
        done = check("--dns", "here", "--health-deny", "10.0.0.0/99", "--api-cert", "x", "--hostmaster", "a..b", "--query-log", "often")
        self.assertEqual(done.returncode, 2)
        for flag in ("--dns", "--health-deny", "--api-cert", "--hostmaster", "--query-log"):
            self.assertIn(flag, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 5, done.stderr)

    def test_lif_6_a_newer_database_and_damaged_images_are_found(self):
        with Server(workers=1) as server:
            server.zone("a.test")
            server.stop()
            path = pathlib.Path(server.directory, "waymark.db")
            octets = bytearray(path.read_bytes())
            octets[60:64] = (99).to_bytes(4, "big")  # user_version, sqlite.org/fileformat.html §1.3
            path.write_bytes(octets)
            newest = max(pathlib.Path(server.directory, "images").glob("manifest-*.img"), key=lambda one: int(one.stem.split("-")[1]))
            newest.write_bytes(b"x" * 100)
            done = check("--data-dir", server.directory, "--dns", f"127.0.0.1:{free_port()}", "--api", f"127.0.0.1:{free_port()}")
            self.assertEqual(done.returncode, 1)
            self.assertIn("schema version 99", done.stderr)
            self.assertIn(newest.name, done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
