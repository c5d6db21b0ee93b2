"""A full disk refuses changes with the reason, costs no answer, and is forgotten when there is room again (DUR-6)."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from waymark import Server, a, wait_for


class FullDisk(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="waymark-full-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", self.directory], capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest(f"can not mount: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", self.directory])

    def fill(self):
        """All that is left, by another file of the same disk."""
        with open(os.path.join(self.directory, "other"), "wb", buffering=0) as other:
            for octets in (65536, 512, 1):
                try:
                    while other.write(b"x" * octets) == octets:
                        pass
                except OSError:
                    pass

    def change(self, server, number):
        body = {"changes": [{"action": "upsert", "record": {"name": f"h{number}.f.test", "type": "TXT", "ttl": 60, "values": ['"' + "x" * 200 + '"'] }}]}
        return server.call("POST", "/v1/zones/f.test/changes", body)

    def test_refuses_changes_answers_on_and_is_forgotten(self):
        with Server(directory=os.path.join(self.directory, "state"), workers=1) as server:
            server.zone("f.test")
            server.in_sync(server.change("f.test", ("create", a("www.f.test", "192.0.2.1"))))
            self.fill()
            taken, refused = [], None
            for number in range(3_000):  # there is room in pages of the database that were there before
                reply = self.change(server, number)
                if reply.status != 201:
                    refused = reply
                    break
                taken.append(number)
            self.assertIsNotNone(refused)
            self.assertEqual(refused.status, 507, refused.text)
            self.assertTrue(refused.json["detail"])
            for _ in range(200):
                self.assertEqual(server.values("www.f.test"), ["192.0.2.1"])
            control = server.pids("control")
            pathlib.Path(self.directory, "other").unlink()
            wait_for("a change that is taken", lambda: self.change(server, 5_000).status == 201, 5)
            self.assertEqual(server.pids("control"), control)
            wait_for("its answer", lambda: server.values("h5000.f.test", "TXT") != [])
            for number in taken:
                self.assertNotEqual(server.values(f"h{number}.f.test", "TXT"), [], number)


if __name__ == "__main__":
    unittest.main(verbosity=2)
