"""Another waymark takes the sockets over (LIF-2); a worker that stands still is replaced (LIF-3)."""
import os
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

import dns.message

from waymark import SLOW, Server, a, wait_for

QUESTION = dns.message.make_query("www.steady.test", "A").to_wire()


class Load:
    """Asks all the time, over UDP and over TCP; what gets no answer within five seconds, or a connection cut before its answer,
    is written down."""

    def __init__(self, port):
        self.port, self.lost, self.answered, self.going = port, [], 0, True
        self.threads = [threading.Thread(target=self.keep, args=(one,)) for one in [self.udp] * 6 + [self.tcp] * 2 + [self.pipeline] * 2]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        wait_for("first answers", lambda: self.answered > 100)
        return self

    def __exit__(self, *_):
        self.going = False
        for thread in self.threads:
            thread.join()

    def keep(self, ask):
        while self.going:
            try:
                ask()
            except OSError as failed:
                self.lost.append(f"{ask.__name__}: {failed!r}")

    def good(self, answer):
        if answer[:2] != QUESTION[:2] or answer[3] & 15 != 0 or answer[7] != 1:
            raise OSError(f"the answer is {answer!r}")
        self.answered += 1
        time.sleep(0.002)

    def udp(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.settimeout(5 * SLOW)
            one.connect(("127.0.0.1", self.port))
            for _ in range(20):
                one.send(QUESTION)
                self.good(one.recv(4096))

    def over_tcp(self, one):
        one.sendall(struct.pack("!H", len(QUESTION)) + QUESTION)
        octets = b""
        while len(octets) < 2 or len(octets) < 2 + struct.unpack("!H", octets[:2])[0]:
            more = one.recv(4096)
            if not more:
                raise OSError("closed before the answer")
            octets += more
        self.good(octets[2:])

    def tcp(self):
        with socket.create_connection(("127.0.0.1", self.port), 5 * SLOW) as one:
            self.over_tcp(one)
            one.shutdown(socket.SHUT_WR)
            if one.recv(1):  # a reset raises
                raise OSError("more than the answer")

    def pipeline(self):
        with socket.create_connection(("127.0.0.1", self.port), 5 * SLOW) as one:
            for _ in range(100):
                self.over_tcp(one)


class Successor:
    """`waymark serve --take-over` beside a server that runs."""

    def __init__(self, server, *flags):
        self.server = server
        self.file = tempfile.NamedTemporaryFile(prefix="waymark-successor-", suffix=".log")
        self.process = subprocess.Popen([*server.command(), "--take-over", *flags], stdout=self.file, stderr=self.file)

    def log(self):
        with open(self.file.name, errors="replace") as f:
            return f.read()

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class TakeOver(unittest.TestCase):
    def setUp(self):
        self.server = Server().start()
        self.addCleanup(self.server.stop)
        self.server.zone("steady.test")
        self.server.in_sync(self.server.change("steady.test", ("create", a("www.steady.test", "192.0.2.1"))))

    def take_over(self, *flags):
        """The server is the successor, from here on."""
        successor, before = Successor(self.server, *flags), self.server.process

        def done():
            self.assertIsNone(successor.process.poll(), successor.log() + self.server.log())
            return "event=taken_over" in successor.log()
        wait_for("the take-over", done, 30)
        self.server.process = successor.process
        self.addCleanup(successor.end)
        self.addCleanup(before.wait)
        return before, successor

    def can_change(self, number):
        def changed():
            try:
                return self.server.call("POST", "/v1/zones/steady.test/changes", {"changes": [
                    {"action": "upsert", "record": a(f"n{number}.steady.test", "192.0.2.2")}]}).status == 201
            except OSError:
                return False
        wait_for("a change to be taken", changed, 15)
        wait_for("its answer", lambda: self.server.answers(f"n{number}.steady.test", ["192.0.2.2"]))

    def test_ten_take_overs_lose_no_question_and_no_change(self):
        leaving = []
        with Load(self.server.dns_port) as load:
            for number in range(10):
                before, successor = self.take_over()
                leaving.append(before)
                self.can_change(number)
        self.assertEqual(load.lost, [])
        self.assertGreater(load.answered, 2000)
        for process in leaving:
            self.assertEqual(process.wait(20 * SLOW), 0)
        self.assertEqual(len(self.server.pids("worker")), 2)
        for number in range(10):
            self.assertEqual(self.server.values(f"n{number}.steady.test"), ["192.0.2.2"])
        self.assertIn("event=ready", successor.log())

    def test_a_successor_that_dies_leaves_the_old_one_serving(self):
        # Each place is a line of its own log, or of the server's.
        places = [None, "event=take_over_asked", "event=control_ended", "event=listening", "event=worker_started",
                  "event=control_started"]
        old = self.server.process
        with Load(self.server.dns_port) as load:
            for number, place in enumerate(places * 2):
                with self.subTest(place=place):
                    seen = self.server.log().count(place or "")
                    successor = Successor(self.server)
                    wait_for(str(place), lambda: place is None or place in successor.log() or
                             self.server.log().count(place) > seen)
                    self.assertNotIn("event=taken_over", successor.log())
                    successor.end()
                    self.can_change(number)
                    self.assertIsNone(old.poll(), self.server.log()[-3000:])
        self.assertEqual(load.lost, [])
        self.take_over()  # and the next one may
        self.can_change(100)

    def test_a_successor_that_can_not_start_says_why_and_changes_nothing(self):
        elsewhere = self.server.dns_port
        for flags, why in ((["--dns", "127.0.0.1:1"], "is not --dns of both"), (["--no-such-flag"], "unknown setting"),
                           (["--user", "nobody-of-that-name"], "there is no user")):
            with self.subTest(flags):
                successor = Successor(self.server, *flags)
                self.assertNotEqual(successor.process.wait(20 * SLOW), 0)
                self.assertIn(why, successor.log())
                self.assertEqual(self.server.dns_port, elsewhere)
                self.can_change(len(flags))
        with tempfile.TemporaryDirectory() as nobody:
            words = [nobody if word == self.server.directory else word for word in self.server.command()]
            alone = subprocess.run([*words, "--take-over"], capture_output=True, text=True)
            self.assertEqual(alone.returncode, 1)
            self.assertIn("can not take over: no waymark", alone.stderr)

    def test_health_stays_as_it_was(self):
        check = self.server.must("POST", "/v1/health-checks", {"type": "push", "name": "forced"})["id"]
        self.server.must("PUT", f"/v1/health-checks/{check}/override", {"state": "down"})
        self.server.in_sync(self.server.change("steady.test", *[
            ("create", a("two.steady.test", f"192.0.2.{i}", set_id=str(i), routing={"policy": "weighted", "weight": 1},
                         **({"health_check_id": check} if i == 1 else {}))) for i in (1, 2)]))
        wait_for("the first to be out", lambda: all(self.server.values("two.steady.test") == ["192.0.2.2"] for _ in range(30)))
        seen, going = set(), True

        def ask():
            while going:
                seen.update(self.server.values("two.steady.test"))
        asking = threading.Thread(target=ask)
        asking.start()
        try:
            self.take_over()
        finally:
            going = False
            asking.join()
        self.assertEqual(seen, {"192.0.2.2"})


class StandingStill(unittest.TestCase):
    def test_a_worker_that_stands_still_is_replaced_and_the_other_answers_on(self):
        with Server() as server:
            server.zone("steady.test")
            server.in_sync(server.change("steady.test", ("create", a("www.steady.test", "192.0.2.1"))))
            still, other = server.pids("worker")
            os.kill(still, signal.SIGSTOP)
            begun = time.monotonic()
            change = server.change("steady.test", ("upsert", a("www.steady.test", "192.0.2.2")))
            while still in server.pids("worker"):  # it would answer from the old ones
                status = server.must("GET", f"/v1/changes/{change['id']}")["status"]
                if still in server.pids("worker"):
                    self.assertEqual(status, "pending")
            wait_for("another in its place", lambda: still not in server.pids("worker") and len(server.pids("worker")) == 2, 20)
            self.assertGreater(time.monotonic() - begun, 3)  # not for a pause
            self.assertIn(other, server.pids("worker"))
            self.assertIn("event=worker_stands_still", server.log())
            wait_for("all workers to answer",
                     lambda: all(server.answers("www.steady.test", ["192.0.2.2"]) for _ in range(16)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
