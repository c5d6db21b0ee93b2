"""kill -9 of each process in turn at random moments while changes are written."""
import concurrent.futures
import contextlib
import http.client
import os
import random
import signal
import sqlite3
import threading
import time
import unittest

from waymark import SLOW, Server, a, wait_for

ROUNDS = int(os.environ.get("WAYMARK_KILLS", "50"))


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Witness:
    """Writes batches of three records, one after the other, and knows what each group of three may hold: what was acknowledged
    last, or a later batch whose answer never came. It lives outside the server."""

    GROUPS, PARTS = 8, ("x", "y", "z")

    def __init__(self, rng):
        self.rng, self.next = rng, 0
        self.may_hold = {group: [None] for group in range(self.GROUPS)}
        self.acknowledged = self.unanswered = 0

    def names(self, group):
        return [f"{part}.g{group}.k.test" for part in self.PARTS]

    def write_until(self, server, end):
        while not end.is_set():
            group, self.next = self.rng.randrange(self.GROUPS), self.next + 1
            value = f"10.{self.next >> 16 & 255}.{self.next >> 8 & 255}.{self.next & 255}"
            self.may_hold[group].append(value)
            try:
                server.change("k.test", *(("upsert", a(name, value)) for name in self.names(group)))
            except (OSError, http.client.HTTPException):
                self.unanswered += 1
                return
            self.may_hold[group] = [value]
            self.acknowledged += 1

    def compare(self, test, stored, when):
        """`stored`: name → values. From here on a group may hold what it holds."""
        for group, allowed in self.may_hold.items():
            held = [stored.get(name) for name in self.names(group)]
            test.assertIn(held, [[value and [value]] * 3 for value in allowed], f"group {group} {when}")
            self.may_hold[group] = [held[0] and held[0][0]]


class Kill(unittest.TestCase):
    def test_every_acknowledged_change_survives_the_death_of_any_process(self):
        seed = int(os.environ.get("WAYMARK_SEED", time.time_ns() % 10**6))
        print(f"\nWAYMARK_SEED={seed} repeats this")
        rng = random.Random(seed)
        witness = Witness(random.Random(seed + 1))
        with Server() as server:
            server.zone("k.test")
            for round_ in range(ROUNDS):
                victim = ("control", "worker", "supervisor")[round_ % 3]
                when = f"after the death of {victim} in round {round_}"
                pid = server.process.pid if victim == "supervisor" else rng.choice(server.pids(victim))
                end = threading.Event()
                with concurrent.futures.ThreadPoolExecutor(1) as pool:
                    writing = pool.submit(witness.write_until, server, end)
                    try:
                        time.sleep(rng.random() * 0.05 * SLOW)  # the moment is the point of the test
                        before = server.children()
                        os.kill(pid, signal.SIGKILL)
                    finally:
                        end.set()
                    writing.result()
                self.recover(server, victim, pid, before)
                witness.compare(self, self.stored(server), when)
                self.assertEqual(self.integrity(server), "ok", when)
                for group, (value,) in witness.may_hold.items():
                    for name in witness.names(group) if value else ():
                        wait_for(f"{name} {when}", lambda: server.answers(name, [value]), 10)
        print(f"{ROUNDS} kills, {witness.acknowledged} batches acknowledged, {witness.unanswered} without an answer")
        self.assertGreater(witness.acknowledged, ROUNDS)
        self.assertGreater(witness.unanswered, ROUNDS // 10, "the kills came at moments when nothing was written")

    def recover(self, server, victim, pid, before):
        if victim == "supervisor":
            server.process.wait()
            wait_for("the children's end", lambda: not any(alive(pid) for pid in before), 5)
            server.log_file.close()
            server.start()
        else:
            wait_for(f"a new {victim}", lambda: not alive(pid) and
                     sorted(server.children().values()) == ["control", "worker", "worker"], 10)
            wait_for("the API", lambda: self.answers(server), 10)

    @staticmethod
    def stored(server):
        sets = wait_for("the store", lambda: Kill.record_sets(server))
        return {one["name"].rstrip("."): one["values"] for one in sets if one["type"] == "A"}

    @staticmethod
    def record_sets(server):
        reply = server.call("GET", "/v1/zones/k.test/records?limit=1000")
        return reply.json["items"] if reply.status == 200 else None

    @staticmethod
    def integrity(server):
        with contextlib.closing(sqlite3.connect(f"file:{server.directory}/waymark.db?mode=ro", uri=True)) as db:
            return db.execute("PRAGMA integrity_check").fetchone()[0]

    @staticmethod
    def answers(server):
        try:
            return server.call("GET", "/livez").status == 200
        except OSError:
            return False

    def test_the_death_of_the_control_process_costs_no_answer(self):
        with Server() as server:
            server.zone("c.test")
            server.in_sync(server.change("c.test", ("create", a("www.c.test", "192.0.2.1"))))
            control = server.pids("control")[0]
            os.kill(control, signal.SIGKILL)
            for _ in range(300):
                self.assertEqual(server.values("www.c.test", timeout=2), ["192.0.2.1"])
            wait_for("another control process", lambda: server.pids("control") not in ([], [control]))

    def test_a_killed_worker_loses_nothing_it_had_not_read(self):
        with Server(workers=1) as server:
            server.zone("w.test")
            server.in_sync(server.change("w.test", ("create", a("www.w.test", "192.0.2.1"))))
            worker = server.pids("worker")[0]
            os.kill(worker, signal.SIGSTOP)   # it reads nothing from here on
            import dns.message
            import socket
            asked = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(50)]
            for sock in asked:
                sock.settimeout(5)
                sock.sendto(dns.message.make_query("www.w.test", "A").to_wire(), ("127.0.0.1", server.dns_port))
            os.kill(worker, signal.SIGKILL)
            for sock in asked:
                self.assertTrue(sock.recv(512))
                sock.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
