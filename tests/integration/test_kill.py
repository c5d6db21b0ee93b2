"""kill -9 of each process in turn right after an acknowledged change, at random moments."""
import os
import random
import signal
import time
import unittest

from waymark import Server, a, wait_for

ROUNDS = int(os.environ.get("WAYMARK_KILLS", "50"))


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Kill(unittest.TestCase):
    def test_every_acknowledged_change_survives_the_death_of_any_process(self):
        seed = int(os.environ.get("WAYMARK_SEED", time.time_ns() % 10**6))
        print(f"\nWAYMARK_SEED={seed} repeats this")
        rng = random.Random(seed)
        with Server() as server:
            server.zone("k.test")
            acknowledged = {}
            for round_ in range(ROUNDS):
                for _ in range(rng.randrange(1, 4)):
                    name, value = f"h{rng.randrange(20)}.k.test", f"192.0.2.{rng.randrange(1, 255)}"
                    server.change("k.test", ("upsert", a(name, value)))
                    acknowledged[name] = value
                time.sleep(rng.random() * 0.02)  # the moment is the point of the test
                victim = ("control", "worker", "supervisor")[round_ % 3]
                before = server.children()
                if victim == "supervisor":
                    os.kill(server.process.pid, signal.SIGKILL)
                    server.process.wait()
                    wait_for("the children's end", lambda: not any(alive(pid) for pid in before), 5)
                    server.log_file.close()
                    server.start()
                else:
                    pid = rng.choice(server.pids(victim))
                    os.kill(pid, signal.SIGKILL)
                    wait_for(f"a new {victim}", lambda: not alive(pid) and
                             sorted(server.children().values()) == ["control", "worker", "worker"], 10)
                    wait_for("the API", lambda: self.answers(server), 10)
                for name, value in acknowledged.items():
                    wait_for(f"{name} after the death of {victim} in round {round_}",
                             lambda: server.values(name) == [value], 10)

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
