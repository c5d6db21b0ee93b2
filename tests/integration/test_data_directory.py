"""What becomes of the data directory while it is served from: a clear reason, answers go on, writes come back (DUR-7); and who has the
database open (DUR-8)."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

from waymark import SLOW, Server, a, wait_for

NOBODY = 65534


class PlainServer(Server):
    """Runs as a user whom rights bind, also when the tests do not."""

    def command(self, *ports, **more):
        return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *super().command(*ports, **more)]


def ticks(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


class Directory(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="waymark-home-")
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.state = os.path.join(self.home, "state")

    def served(self, kind=Server):
        server = kind(directory=self.state, workers=1)
        self.addCleanup(server.stop)
        server.start()
        server.zone("d.test")
        server.in_sync(server.change("d.test", ("create", a("www.d.test", "192.0.2.1"))))
        return server

    def write(self, server, number):
        try:
            return server.call("POST", "/v1/zones/d.test/changes", {"changes": [
                {"action": "upsert", "record": a("last.d.test", f"192.0.2.{number}")}]})
        except OSError:  # the control process is being started again
            return None

    def refuses(self, server, *reasons):
        """Writes, with one of these reasons; answers go on, and nothing runs in circles."""
        def refused():
            reply = self.write(server, 9)
            return reply is not None and reply.status in (503, 507) and reply
        reply = wait_for("the refusal", refused)
        self.assertTrue(any(reason in reply.json["detail"] for reason in reasons), reply.text)
        self.assertIn("degraded", server.call("GET", "/readyz?verbose").text)
        pids = [server.process.pid, *server.children()]
        before, begun = sum(map(ticks, pids)), time.monotonic()
        time.sleep(2)
        used = (sum(map(ticks, pids)) - before) / os.sysconf("SC_CLK_TCK")
        self.assertLess(used, 0.05 * SLOW * (time.monotonic() - begun))
        for _ in range(100):
            self.assertEqual(server.values("www.d.test"), ["192.0.2.1"])
        self.assertEqual([*server.children()], pids[1:])

    def comes_back(self, server, number):
        def taken():
            reply = self.write(server, number)
            return reply is not None and reply.status == 201
        wait_for("a change that is taken", taken, 30)
        wait_for("its answer", lambda: server.answers("last.d.test", [f"192.0.2.{number}"]))
        self.assertEqual(server.values("www.d.test"), ["192.0.2.1"])

    def test_moved_away_and_brought_back(self):  # DUR-7
        server = self.served()
        os.rename(self.state, self.state + ".away")
        self.refuses(server, "moved away or deleted")
        os.rename(self.state + ".away", self.state)
        self.comes_back(server, 2)

    def test_deleted_and_restored_from_a_copy(self):  # DUR-7
        server = self.served()
        server.stop()
        shutil.copytree(self.state, self.state + ".copy", ignore=shutil.ignore_patterns("*.sock"))
        server.start()
        shutil.rmtree(self.state)
        self.refuses(server, "moved away or deleted")
        shutil.copytree(self.state + ".copy", self.state)
        self.comes_back(server, 3)

    def test_of_another_program_in_its_place_is_left_alone(self):  # DUR-7
        server = self.served()
        os.rename(self.state, self.state + ".away")
        os.mkdir(self.state)
        pathlib.Path(self.state, "letter").write_text("Dear Sir")
        self.refuses(server, "moved away or deleted")
        self.assertEqual(os.listdir(self.state), ["letter"])
        shutil.rmtree(self.state)
        os.rename(self.state + ".away", self.state)
        self.comes_back(server, 4)

    def needs_root(self):
        if os.geteuid() != 0 or not shutil.which("setpriv"):
            self.skipTest("needs root and setpriv")

    def test_of_another_owner(self):  # DUR-7
        self.needs_root()
        os.chmod(self.home, 0o711)
        os.mkdir(self.state, 0o700)
        os.chown(self.state, NOBODY, NOBODY)
        server = self.served(PlainServer)
        os.chown(self.state, 0, 0)
        self.refuses(server, "can not be reached: Permission denied")
        os.chown(self.state, NOBODY, NOBODY)
        self.comes_back(server, 5)

        server.stop()
        os.chown(os.path.join(self.state, "waymark.db"), 0, 0)
        server.start()
        self.refuses(server, "can not be written: Permission denied")
        os.chown(os.path.join(self.state, "waymark.db"), NOBODY, NOBODY)
        self.comes_back(server, 6)

    def run_or_skip(self, *words):
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode != 0:
            self.skipTest(f"{words[0]}: {done.stderr.strip()}")
        return done.stdout.strip()

    def test_on_a_file_system_that_has_become_read_only(self):  # DUR-7
        image, mount = os.path.join(self.home, "image"), os.path.join(self.home, "disk")
        os.mkdir(mount)
        with open(image, "wb") as file:
            file.truncate(32 << 20)
        self.run_or_skip("mkfs.ext4", "-q", image)
        loop = self.run_or_skip("losetup", "--find", "--show", image)
        self.addCleanup(subprocess.run, ["losetup", "--detach", loop])
        self.run_or_skip("mount", "-o", "errors=remount-ro", loop, mount)
        self.addCleanup(subprocess.run, ["umount", "-l", mount], capture_output=True)
        fault = pathlib.Path("/sys/fs/ext4", os.path.basename(loop), "trigger_fs_error")
        if not fault.exists():
            self.skipTest("this kernel makes no faults of ext4")
        self.state = os.path.join(mount, "state")
        server = self.served()
        self.assertEqual(self.write(server, 7).status, 201)
        fault.write_text("asked for by a test")
        self.refuses(server, "has failed", "disk", "can not be")
        server.stop()

        subprocess.run(["umount", mount], check=True)
        self.assertLess(subprocess.run(["e2fsck", "-fy", loop], capture_output=True).returncode, 4)
        subprocess.run(["mount", loop, mount], check=True)
        server.start()
        self.assertEqual(server.values("last.d.test"), ["192.0.2.7"])  # what was acknowledged
        self.comes_back(server, 8)
        server.stop()


class Connections(unittest.TestCase):
    def test_one_connection_may_write_and_no_file_is_mapped(self):  # DUR-8
        with Server(workers=1) as server:
            server.zone("c.test")
            stop = threading.Event()

            def read():
                while not stop.is_set():
                    server.must("GET", "/v1/zones/c.test/records")
            readers = [threading.Thread(target=read) for _ in range(4)]
            for reader in readers:
                reader.start()
            try:
                for number in range(200):
                    server.change("c.test", ("upsert", a(f"n{number}.c.test", "192.0.2.1")))
                [control] = server.pids("control")
                modes = self.modes(control)
            finally:
                stop.set()
                for reader in readers:
                    reader.join()
            self.assertEqual(modes.count(os.O_RDWR), 1, modes)
            self.assertGreater(modes.count(os.O_RDONLY), 0)
            self.assertEqual(modes.count(os.O_WRONLY), 0)
            for pid in (server.process.pid, *server.pids("worker")):
                self.assertEqual(self.modes(pid), [])
            maps = pathlib.Path(f"/proc/{control}/maps").read_text()
            self.assertNotRegex(maps, r"waymark\.db(-wal)?\n")
            self.assertRegex(maps, r"waymark\.db-shm")  # what SQLite does map: so it would be seen

    @staticmethod
    def modes(pid):
        """How each descriptor of the database was opened."""
        found = []
        for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            try:
                if os.readlink(entry).endswith("/waymark.db"):
                    flags = pathlib.Path(f"/proc/{pid}/fdinfo/{entry.name}").read_text().split("flags:")[1].split()[0]
                    found.append(int(flags, 8) & os.O_ACCMODE)
            except FileNotFoundError:
                continue
        return found


if __name__ == "__main__":
    unittest.main(verbosity=2)
