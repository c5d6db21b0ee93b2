"""Answers go on whatever becomes of the control process, the database, the log or a bad generation."""
import fcntl
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import unittest

from waymark import Server, a, wait_for


def served(server):
    """www.a.test is served, by every worker."""
    server.zone("a.test")
    server.in_sync(server.change("a.test", ("create", a("www.a.test", "192.0.2.1"))))
    return server


class StoppedControl(unittest.TestCase):
    def test_no_query_waits_for_processes_that_stand_still(self):  # AV-1, a short form
        with Server() as server:
            served(server)
            others = [server.process.pid, *server.pids("control")]
            for pid in others:
                os.kill(pid, signal.SIGSTOP)
            try:
                for i in range(1_000):
                    self.assertEqual(server.values("www.a.test", tcp=i % 10 == 0), ["192.0.2.1"])
            finally:
                for pid in others:
                    os.kill(pid, signal.SIGCONT)
            server.in_sync(server.change("a.test", ("create", a("later.a.test", "192.0.2.2"))))

    @unittest.skipUnless(shutil.which("strace"), "needs strace")
    def test_a_question_opens_no_file_and_connects_to_nobody(self):  # AV-1
        with Server(workers=1) as server, tempfile.NamedTemporaryFile("r") as trace:
            served(server)
            [worker] = server.pids("worker")
            tracer = subprocess.Popen(["strace", "-f", "-q", "-e", "trace=%file,fsync,fdatasync,socket,connect,recvmmsg", "-o", trace.name,
                                       "-p", str(worker)], stderr=subprocess.DEVNULL)
            try:
                wait_for("strace", lambda: server.ask("www.a.test") and (tracer.poll() is not None or "recvmmsg" in trace.read()))
                if tracer.poll() is not None:
                    self.skipTest("this user may trace nobody")
                for name in ("www.a.test", "none.a.test", "elsewhere.test"):
                    for tcp in (False, True):
                        for _ in range(50):
                            server.ask(name, tcp=tcp)
            finally:
                tracer.terminate()
                tracer.wait()
            calls = re.findall(r"^\d+ +(?:<\.\.\. )?(\w+)[( ]", pathlib.Path(trace.name).read_text(), re.M)
            self.assertGreater(len(calls), 100)
            self.assertEqual(set(calls), {"recvmmsg"})


class DamagedDatabase(unittest.TestCase):
    def started_without_it(self, server):
        server.start()
        self.assertEqual(server.values("www.a.test"), ["192.0.2.1"], server.log())
        reply = server.call("POST", "/v1/zones", {"name": "new.test"})
        self.assertEqual(reply.status, 503, reply.text)
        self.assertIn("waymark.db", reply.json["detail"])
        self.assertEqual(server.call("GET", "/livez").status, 200)  # LIF-4
        self.assertEqual(server.call("GET", "/readyz").status, 200)
        self.assertIn("degraded", server.call("GET", "/readyz?verbose").text)

    def test_of_random_octets_or_locked_or_not_to_be_opened_it_is_gone_without(self):  # AV-2
        with Server() as server:
            served(server)
            server.stop()
            path = pathlib.Path(server.directory, "waymark.db")
            whole = path.read_bytes()
            path.write_bytes(os.urandom(len(whole)))
            self.started_without_it(server)
            server.stop()
            path.write_bytes(whole)
            with sqlite3.connect(path, isolation_level=None) as other:
                other.execute("PRAGMA locking_mode = EXCLUSIVE")
                other.execute("BEGIN EXCLUSIVE")
                self.started_without_it(server)
            other.close()
            server.stop()
            path.unlink()
            path.mkdir()  # as root no mode keeps a file shut
            self.started_without_it(server)
            server.stop()
            path.rmdir()
            path.write_bytes(whole)
            server.start()
            self.assertEqual(server.call("POST", "/v1/zones", {"name": "new.test"}).status, 201)


class CrashingGeneration(unittest.TestCase):
    def test_after_three_crashes_the_generation_before_is_served(self):  # LKG-4
        with Server(workers=1) as server:
            served(server)
            server.in_sync(server.change("a.test", ("upsert", a("www.a.test", "192.0.2.2"))))
            self.assertEqual(server.values("www.a.test"), ["192.0.2.2"])
            for _ in range(3):
                [worker] = wait_for("a worker", lambda: server.pids("worker"))
                wait_for("its answer", lambda: server.answers("www.a.test", ["192.0.2.2"]))
                os.kill(worker, signal.SIGSEGV)
                wait_for("its end", lambda: worker not in server.pids("worker"))
            wait_for("the generation before", lambda: server.answers("www.a.test", ["192.0.2.1"]), 10)
            self.assertIn("event=generation_fallback", server.log())
            # The next one is tried.
            server.in_sync(server.change("a.test", ("upsert", a("www.a.test", "192.0.2.3"))))
            self.assertEqual(server.values("www.a.test"), ["192.0.2.3"])

    def test_the_other_worker_loses_nothing_when_one_crashes(self):  # AV-8
        with Server() as server:
            served(server)
            victim, _ = server.pids("worker")
            os.kill(victim, signal.SIGSEGV)
            for _ in range(200):
                self.assertEqual(server.values("www.a.test"), ["192.0.2.1"])
            wait_for("another worker", lambda: len(server.pids("worker")) == 2 and victim not in server.pids("worker"))


class StoppedLog(unittest.TestCase):
    def test_a_log_that_nobody_reads_stops_neither_answers_nor_changes(self):  # OBS-1
        server = Server("--log-level", "debug", workers=1)
        with server:
            served(server)
            server.stop()
            read, write = os.pipe()
            fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
            server.process = subprocess.Popen(server.command(), stdout=write, stderr=write)
            server.log_file = open(os.devnull, "wb")  # what stop() closes
            os.close(write)
            wait_for("the API", lambda: self.up(server), 15)
            for i in range(100):  # some lines of each process every time
                change = server.change("a.test", ("upsert", a("www.a.test", f"192.0.2.{i}")))
                server.in_sync(change)
                self.assertEqual(server.values("www.a.test"), [f"192.0.2.{i}"])
            os.set_blocking(read, False)
            self.assertGreater(len(os.read(read, 65536)), 3000)  # it was full
            os.close(read)

    @staticmethod
    def up(server):
        try:
            return server.call("GET", "/readyz", timeout=1).status == 200
        except OSError:
            return False


class End(unittest.TestCase):
    def test_asked_twice_it_ends_at_once(self):  # LIF-1
        with Server(workers=1) as server:
            for pid in server.pids("control"):
                os.kill(pid, signal.SIGSTOP)  # asked once, it would be killed after five seconds, and the code be 0
            children = server.children()
            server.process.terminate()
            wait_for("the end to begin", lambda: "event=stopping" in server.log())
            server.process.send_signal(signal.SIGINT)
            self.assertEqual(server.process.wait(20), 1)
            wait_for("the children's end", lambda: not any(os.path.exists(f"/proc/{pid}/exe") for pid in children))


if __name__ == "__main__":
    unittest.main(verbosity=2)
