"""`waymark backup` while changes are made, and `waymark restore` of it, here and elsewhere (DUR-11)."""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

from waymark import BIN, SLOW, Server, a, wait_for

PARTS = ("x", "y", "z")


def waymark(*words):
    return subprocess.run([str(BIN / "waymark"), *words], capture_output=True, text=True, timeout=60 * SLOW)


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="waymark-backup-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def works(self, *words):
        done = waymark(*words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def refused(self, code, *words):
        done = waymark(*words)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertNotEqual(done.stderr.strip(), "")
        return done.stderr


class Writers:
    """Each writes one group of three records, a number higher each time, in one batch; outside the server it knows what was
    acknowledged."""

    def __init__(self, server, groups):
        self.server, self.groups = server, groups
        self.acknowledged = [0] * groups
        self.end = threading.Event()

    def write(self, group):
        while not self.end.is_set():
            number = self.acknowledged[group] + 1
            value = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
            self.server.change("k.test", *(("upsert", a(f"{part}.g{group}.k.test", value)) for part in PARTS))
            self.acknowledged[group] = number


class Online(Folder):
    def test_dur_11_holds_one_committed_state_whatever_is_written_meanwhile(self):
        groups, backups = 4, []
        with Server() as server:
            server.zone("k.test")
            writers = Writers(server, groups)
            with concurrent.futures.ThreadPoolExecutor(groups) as pool:
                running = [pool.submit(writers.write, group) for group in range(groups)]
                try:
                    wait_for("changes", lambda: min(writers.acknowledged) > 20, 30)
                    since = time.monotonic(), sum(writers.acknowledged)
                    for i in range(3):
                        before = list(writers.acknowledged)
                        self.works("backup", self.path(f"b{i}"), "--data-dir", server.directory)
                        backups.append((self.path(f"b{i}"), before, [number + 1 for number in writers.acknowledged]))
                    rate = (sum(writers.acknowledged) - since[1]) / (time.monotonic() - since[0])
                finally:
                    writers.end.set()
                for one in running:
                    one.result()
            print(f"\n{rate:.0f} changes a second while three backups were made")
        for i, (file, before, most) in enumerate(backups):
            directory = self.path(f"d{i}")
            self.assertEqual(os.stat(file).st_mode & 0o777, 0o600)
            told = json.loads(self.works("restore", file, "--data-dir", directory, "-o", "json").stdout)
            self.assertTrue(told["sealed"])
            self.is_one_state(directory, told["revision"], before, most)

    def is_one_state(self, directory, revision, before, most):
        with contextlib.closing(sqlite3.connect(f"{directory}/waymark.db")) as db:
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchone()[0], "ok")
        with Server(directory=directory) as server:
            total = 0
            for group in range(len(before)):
                held = [server.values(f"{part}.g{group}.k.test") for part in PARTS]
                self.assertEqual(held, [held[0]] * 3)
                high, middle, low = map(int, held[0][0].split(".")[1:])
                number = high << 16 | middle << 8 | low
                self.assertTrue(before[group] <= number <= most[group], (before[group], number, most[group]))
                total += number
            # The token, the zone and each of the changes is a revision: the state is of exactly one moment.
            self.assertEqual(revision, total + self.others(directory))

    @staticmethod
    def others(directory):
        with contextlib.closing(sqlite3.connect(f"file:{directory}/waymark.db?mode=ro", uri=True)) as db:
            others = db.execute("SELECT count(*) FROM commits WHERE scope NOT LIKE 'zone/%'").fetchone()[0]
            return others + 1  # and the zone's creation


class Older(Folder):
    def test_dur_11_an_older_state_takes_the_place_of_a_newer_and_nothing_goes_backward(self):
        with Server() as server:
            server.zone("a.test")
            server.zone("other.test")
            server.in_sync(server.change("a.test", ("create", a("www.a.test", "192.0.2.1"))))
            self.works("backup", self.path("b"), "--data-dir", server.directory)
            for i in range(2, 6):
                server.in_sync(server.change("a.test", ("upsert", a("www.a.test", f"192.0.2.{i}"))))
            serial = server.ask("a.test", "SOA").answer[0][0].serial
            other = server.ask("other.test", "SOA").answer[0][0].serial
            version = server.must("GET", "/v1/zones/a.test")["version"]
            generation = server.must("GET", "/v1/status")["generation"]
            server.stop()

            told = json.loads(self.works("restore", self.path("b"), "--data-dir", server.directory, "--force", "-o", "json").stdout)

            self.assertEqual(told["serials_raised"], 1)
            self.assertGreater(told["generation"], generation)
            kept = pathlib.Path(told["kept"])
            self.assertEqual(sorted(one.name for one in kept.iterdir()), ["images", "waymark.db"])
            # From its first answer on, also before there is a control process.
            shutil.move(f"{server.directory}/waymark.db", self.path("away"))
            server.start()
            self.assertEqual(server.values("www.a.test"), ["192.0.2.1"])
            self.assertGreater(server.ask("a.test", "SOA").answer[0][0].serial, serial)
            server.stop()
            shutil.move(self.path("away"), f"{server.directory}/waymark.db")
            server.start()
            self.assertEqual(server.values("www.a.test"), ["192.0.2.1"])
            self.assertGreater(server.ask("a.test", "SOA").answer[0][0].serial, serial)
            self.assertEqual(server.ask("other.test", "SOA").answer[0][0].serial, other)
            self.assertGreater(server.must("GET", "/v1/zones/a.test")["version"], version)
            self.assertTrue(server.must("GET", "/v1/audit/verify")["intact"])
            self.assertEqual(server.must("GET", "/v1/audit?limit=1")["items"][0]["door"], "restore")
            server.in_sync(server.change("a.test", ("upsert", a("www.a.test", "192.0.2.9"))))
            self.assertEqual(server.values("www.a.test"), ["192.0.2.9"])
            server.stop()

            # And back again: what was kept is whole.
            self.works("restore", str(kept / "waymark.db"), "--data-dir", server.directory, "--force")
            server.start()
            self.assertEqual(server.values("www.a.test"), ["192.0.2.5"])

    def test_dur_11_a_damaged_database_is_replaced_and_kept(self):
        with Server() as server:
            server.zone("a.test")
            server.in_sync(server.change("a.test", ("create", a("www.a.test", "192.0.2.1"))))
            self.works("backup", self.path("b"), "--data-dir", server.directory)
            server.in_sync(server.change("a.test", ("upsert", a("www.a.test", "192.0.2.2"))))
            serial = server.ask("a.test", "SOA").answer[0][0].serial
            server.stop()
            path = pathlib.Path(server.directory, "waymark.db")
            damaged = os.urandom(path.stat().st_size)
            path.write_bytes(damaged)

            told = json.loads(self.works("restore", self.path("b"), "--data-dir", server.directory, "--force", "-o", "json").stdout)

            self.assertEqual(pathlib.Path(told["kept"], "waymark.db").read_bytes(), damaged)
            server.start()
            self.assertEqual(server.values("www.a.test"), ["192.0.2.1"])
            self.assertGreater(server.ask("a.test", "SOA").answer[0][0].serial, serial)  # the image knew the last one


    def test_lkg_5_an_older_copy_put_in_its_place_is_not_gone_back_to_unasked(self):
        with Server() as server:
            server.zone("a.test")
            server.in_sync(server.change("a.test", ("create", a("www.a.test", "192.0.2.1"))))
            server.stop()
            shutil.copy(f"{server.directory}/waymark.db", self.path("old"))
            server.start()
            server.in_sync(server.change("a.test", ("upsert", a("www.a.test", "192.0.2.2"))))
            server.stop()
            shutil.copy(self.path("old"), f"{server.directory}/waymark.db")
            server.start()
            self.assertEqual(server.values("www.a.test"), ["192.0.2.2"])
            reply = server.call("POST", "/v1/zones", {"name": "new.test"})
            self.assertEqual(reply.status, 503)
            self.assertIn("an older copy", reply.json["detail"])
            self.assertIn("an older copy", server.call("GET", "/readyz?verbose").text)
            server.stop()
            self.works("restore", self.path("old"), "--data-dir", server.directory, "--force")
            server.start()
            self.assertEqual(server.values("www.a.test"), ["192.0.2.1"])


class Refusals(Folder):
    def test_dur_11_what_can_not_be_restored_is_told_and_nothing_is_touched(self):
        with Server() as server:
            server.zone("a.test")
            server.in_sync(server.change("a.test", ("create", a("www.a.test", "192.0.2.1"))))
            good = self.path("b")
            self.works("backup", good, "--data-dir", server.directory)
            self.assertIn("is there", self.refused(4, "backup", good, "--data-dir", server.directory))
            running = self.refused(1, "restore", good, "--data-dir", server.directory, "--force")
            self.assertIn(f"process {server.process.pid}", running)
            self.assertEqual(server.values("www.a.test"), ["192.0.2.1"])
            server.stop()
            self.assertIn("--force", self.refused(4, "restore", good, "--data-dir", server.directory))

            files = self.files(server.directory)
            for what, code, octets in self.bad(good):
                bad = self.path("bad")
                pathlib.Path(bad).write_bytes(octets)
                told = self.refused(1, "restore", bad, "--data-dir", server.directory, "--force")
                self.assertRegex(told, what)
                self.assertEqual(self.files(server.directory), files, what)
            self.assertIn("no file", self.refused(3, "restore", self.path("none"), "--data-dir", server.directory, "--force"))
            letters = self.path("letters")
            os.mkdir(letters)
            pathlib.Path(letters, "letter.txt").write_text("Dear Sir")
            self.assertIn("not waymark's", self.refused(1, "restore", good, "--data-dir", letters, "--force"))
            self.assertIn("no database", self.refused(3, "backup", self.path("c"), "--data-dir", letters))
            server.start()
            self.assertEqual(server.values("www.a.test"), ["192.0.2.1"])

    def bad(self, good):
        whole = pathlib.Path(good).read_bytes()
        flipped = bytearray(whole)
        flipped[len(whole) // 2] ^= 4
        yield "damaged", 1, bytes(flipped)
        yield "cut short", 1, whole[:len(whole) // 2]
        yield "is not a database", 1, b"Dear Sir, " * 500
        foreign = self.path("foreign")
        with contextlib.closing(sqlite3.connect(foreign)) as db:
            db.executescript("CREATE TABLE letters (text); PRAGMA application_id = 7; INSERT INTO letters VALUES ('x')")
        yield "another program", 1, pathlib.Path(foreign).read_bytes()
        newer = self.path("newer")
        shutil.copy(good, newer)
        with contextlib.closing(sqlite3.connect(newer)) as db:
            db.execute("PRAGMA user_version = 99")
        yield "schema version 99", 1, pathlib.Path(newer).read_bytes()

    @staticmethod
    def files(directory):
        return {str(path.relative_to(directory)): path.read_bytes() for path in pathlib.Path(directory).rglob("*")
                if path.is_file() and path.name != "lock"}

    def test_dur_11_access_keys_need_the_key_secret_of_their_time(self):
        with Server() as server:
            server.must("POST", "/v1/keys", {"scope": "admin"})
            done = self.works("backup", self.path("b"), "--data-dir", server.directory)
            self.assertIn("key.secret", done.stderr)
            server.stop()
            done = self.works("restore", self.path("b"), "--data-dir", self.path("without"))
            self.assertIn("1 access keys can not be used", done.stderr)
            os.mkdir(self.path("with"))
            shutil.copy(os.path.join(server.directory, "key.secret"), self.path("with"))
            done = self.works("restore", self.path("b"), "--data-dir", self.path("with"))
            self.assertNotIn("can not be used", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
