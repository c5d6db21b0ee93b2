"""Generations that crash the workers that map them, and one that proves itself (LKG-3, LKG-4, LKG-5). The workers of these servers
die of an image with the text "crash" in it: tests/fakes/crashing_image.cc is loaded before their own libraries."""
import os
import pathlib
import re
import shutil
import signal
import tempfile
import time
import unittest

from waymark import BIN, Server, a, wait_for, wait_for_every_worker


class Preloaded(unittest.TestCase):
    def setUp(self):
        if "asan" in str(BIN) or "tsan" in str(BIN):
            self.skipTest("a sanitizer must be loaded before all others")
        before = dict(os.environ)
        self.addCleanup(lambda: (os.environ.clear(), os.environ.update(before)))

    def load(self, library):
        os.environ["LD_PRELOAD"] = str((BIN / library).resolve())


def copies(server):
    """The generations that a new start would find."""
    return sorted(int(one.stem.split("-")[1]) for one in pathlib.Path(server.directory, "images").glob("manifest-*.img"))


def on_disk(server):
    newest = server.must("GET", "/v1/status")["generation"]
    wait_for("its copy", lambda: newest in copies(server))


BAD = {"name": "bad.a.test", "type": "TXT", "ttl": 60, "values": ['"crash"']}


class CrashingImage(Preloaded):
    def served(self, server):
        server.zone("a.test")
        server.in_sync(server.change("a.test", ("create", a("www.a.test", "192.0.2.1"))))
        on_disk(server)
        return server

    def crash(self, server):
        """A change that no worker survives, and another one in it."""
        return server.change("a.test", ("create", BAD), ("upsert", a("www.a.test", "192.0.2.2")))

    def answered_as_before(self, server):
        wait_for_every_worker("the generation before", lambda: server.answers("www.a.test", ["192.0.2.1"]))

    def crashes(self, server):
        return len(re.findall(r"event=worker_ended .*signal 4", server.log()))

    def in_quarantine(self, server):
        wait_for("the quarantine", lambda: server.must("GET", "/v1/status")["quarantined"])
        wait_for("every worker", lambda: server.call("GET", "/readyz").status == 200)
        ready = server.call("GET", "/readyz?verbose")
        self.assertRegex(ready.text, r"\[~\]generation degraded: generation \d+ crashed workers .*undo the last change")
        self.assertRegex(server.must("GET", "/metrics"), r"(?m)^waymark_generation_quarantined [1-9]\d*$")

    def undone(self, server):
        change = server.change("a.test", ("delete", BAD))
        server.in_sync(change)
        wait_for_every_worker("the change after it", lambda: server.answers("www.a.test", ["192.0.2.2"]))
        self.assertIn("[+]generation ok", server.call("GET", "/readyz?verbose").text)
        self.assertRegex(server.must("GET", "/metrics"), r"(?m)^waymark_generation_quarantined 0$")

    def test_lkg_4_is_left_within_ten_seconds_stays_left_after_a_restart_and_a_change_leads_out(self):
        self.load("crashing_image.so")
        with Server() as server:
            self.served(server)
            begun = time.monotonic()
            change = self.crash(server)
            wait_for("the fall back", lambda: "event=generation_fallback" in server.log(), 10)
            self.answered_as_before(server)
            print(f"\nanswered as before {time.monotonic() - begun:.2f} s after the change")
            self.in_quarantine(server)
            self.assertEqual(server.must("GET", f"/v1/changes/{change['id']}")["status"], "pending")

            crashes = self.crashes(server)
            [control] = server.pids("control")
            os.kill(control, signal.SIGKILL)  # the next one would compile the same
            wait_for("another control process", lambda: server.pids("control") not in ([], [control]))
            wait_for("that it holds back", lambda: "event=generation_held" in server.log())
            wait_for("its API", lambda: self.up(server))
            self.answered_as_before(server)
            self.in_quarantine(server)
            self.assertEqual(self.crashes(server), crashes)
            server.stop()

            server.start()
            self.assertIn("event=generation_passed_over", server.log())
            wait_for("that it is held back", lambda: "event=generation_held" in server.log())
            self.answered_as_before(server)
            self.in_quarantine(server)
            self.assertEqual(self.crashes(server), 0)
            self.undone(server)

    def test_lkg_4_a_start_with_it_as_the_newest_falls_back_to_the_one_before_on_disk(self):
        with Server() as server:
            self.served(server)
            server.stop()  # on disk now
            server.start()
            server.in_sync(self.crash(server))
            server.stop()
            self.load("crashing_image.so")
            begun = time.monotonic()
            server.start(wait=False)
            wait_for("the start", lambda: "event=listening" in server.log())
            wait_for_every_worker("the generation before", lambda: server.answers("www.a.test", ["192.0.2.1"]), 10)
            print(f"\nanswered {time.monotonic() - begun:.2f} s after the start")
            server.wait_ready()
            self.in_quarantine(server)
            self.undone(server)

    def test_lkg_4_another_bad_change_is_left_as_well(self):
        self.load("crashing_image.so")
        with Server(workers=1) as server:
            self.served(server)
            self.crash(server)
            self.in_quarantine(server)
            first = server.must("GET", "/v1/status")["quarantined"]
            server.change("a.test", ("upsert", a("www.a.test", "192.0.2.3")))  # the bad one is in it still
            wait_for("a second fall back", lambda: server.must("GET", "/v1/status")["quarantined"] > first)
            self.answered_as_before(server)

    def test_lkg_4_a_successor_does_not_serve_what_was_left(self):
        self.load("crashing_image.so")
        with Server() as server:
            self.served(server)
            self.crash(server)
            self.in_quarantine(server)
            before = server.process
            flags, server.flags = server.flags, [*server.flags, "--take-over"]
            server.log_file.close()
            server.start()
            server.flags = flags
            self.assertEqual(before.wait(20), 0)
            self.assertIn("event=generation_passed_over", server.log())
            self.answered_as_before(server)
            self.assertEqual(self.crashes(server), 0)

    @staticmethod
    def up(server):
        try:
            return server.call("GET", "/livez").status == 200
        except OSError:
            return False


class KnownGood(Preloaded):
    def test_lkg_3_a_generation_that_answered_for_a_minute_is_kept_on_disk_whatever_comes_after(self):
        folder = tempfile.mkdtemp(prefix="waymark-clock-")
        self.addCleanup(shutil.rmtree, folder)
        clock = pathlib.Path(folder, "seconds")
        clock.write_text("0")
        self.load("wall_clock.so")
        os.environ["WAYMARK_TEST_MONOTONIC"] = str(clock)
        with Server(workers=1) as server:
            server.zone("a.test")
            server.in_sync(server.change("a.test", ("create", a("www.a.test", "192.0.2.1"))))
            self.assertEqual(server.must("GET", "/v1/status")["known_good"], 0)
            good = self.minutes_pass(server, clock)
            wait_for("word of it", lambda: f"event=generation_known_good generation={good}" in server.log())
            for i in range(2, 7):
                server.in_sync(server.change("a.test", ("upsert", a("www.a.test", f"192.0.2.{i}"))))
                on_disk(server)
            wait_for("three besides it", lambda: len(copies(server)) == 4)
            self.assertEqual(copies(server)[0], good)
            server.stop()
            server.start()
            self.assertEqual(server.must("GET", "/v1/status")["known_good"], good)


    def minutes_pass(self, server, clock):
        """The supervisor looks twice a second; a minute must pass between two looks."""
        for minute in range(1, 6):
            fresh = clock.with_suffix(".new")
            fresh.write_text(str(61 * minute))
            fresh.rename(clock)
            try:
                return wait_for("a known good one", lambda: server.must("GET", "/v1/status")["known_good"], 2)
            except AssertionError:
                pass
        self.fail(server.log()[-2000:])


if __name__ == "__main__":
    unittest.main(verbosity=2)
