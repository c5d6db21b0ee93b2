"""Many health checks: failing ones cost what healthy ones cost (AV-9), and a restart makes no herd of them (PRB-10)."""
import collections
import concurrent.futures
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from waymark import SLOW, Server, wait_for

LONG = bool(os.environ.get("WAYMARK_LONG"))
UNHELD = ["--health-freeze-percent", "0", "--health-removal-percent", "0", "--health-flap-changes", "0"]


class Listener:
    """Accepts and closes; notes when."""

    def __init__(self, port=0):
        self.socket = socket.create_server(("127.0.0.1", port), backlog=4096)
        self.port = self.socket.getsockname()[1]
        self.times = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                one, _ = self.socket.accept()
            except OSError:
                return
            self.times.append(time.monotonic())
            one.close()

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def add_checks(server, ports, **more):
    """One for each of the ports, by some connections at once."""
    def add(some):
        connection = http.client.HTTPConnection("127.0.0.1", server.api_port, timeout=60 * SLOW)
        for port in some:
            connection.request("POST", "/v1/health-checks", json.dumps({"type": "tcp", "address": "127.0.0.1", "port": port, **more}),
                               {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"})
            reply = connection.getresponse()
            text = reply.read()
            assert reply.status == 201, text
        connection.close()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(add, [ports[i::16] for i in range(16)]))


def metric(server, name):
    """The sum of all its samples."""
    return sum(float(value) for value in re.findall(rf"(?m)^{name}(?:\{{.*\}})? (\S+)$", server.must("GET", "/metrics")))


class ConstantWork(unittest.TestCase):
    CHECKS = 200

    @unittest.skipUnless(shutil.which("strace"), "needs strace")
    def test_failing_checks_cost_no_more_than_healthy_ones(self):  # AV-9
        listeners = [Listener(), Listener()]
        with Server(*UNHELD, workers=1) as server:
            add_checks(server, [listeners[i % 2].port for i in range(self.CHECKS)], interval=1, timeout=0.5, fall=1, rise=1)
            server.in_sync(server.must("GET", "/v1/audit?limit=1")["items"][0])
            work = {}
            stood = self.stands(server)
            for percent in (0, 50, 100):
                down = self.CHECKS * percent // 100
                wait_for(f"{down} failing", lambda: metric(server, "waymark_endpoint_up") == self.CHECKS - down)
                work[percent] = self.work(server)
                if percent < 100:
                    listeners[percent // 50].close()
            self.assertEqual(metric(server, "waymark_endpoint_transitions_total"), self.CHECKS)
            self.assertEqual(self.stands(server), stood)  # nor did the changes themselves commit, publish or send anything
            print(work)
            self.assertEqual(work[0], {"messages": 0, "files": {}, "lines": 0})
            self.assertEqual(work[50], work[0])
            self.assertEqual(work[100], work[0])

    @staticmethod
    def stands(server):
        return {"commits": server.must("GET", "/v1/audit/verify")["lines"], "published": metric(server, "waymark_image_generation"),
                "adopted": metric(server, "waymark_worker_generation")}

    def work(self, server):
        """What the control process sends and writes during three results of each check."""
        results = lambda: metric(server, "waymark_check_results_total")
        wait_for("the news to be written", lambda: self.written_of_late(server) == 0, 20)
        [control] = server.pids("control")
        with tempfile.NamedTemporaryFile("r") as trace:
            tracer = subprocess.Popen(["strace", "-f", "-q", "-yy", "-e", "trace=sendmsg,sendto,write,pwrite64,writev,fsync,fdatasync,rename",
                                       "-o", trace.name, "-p", str(control)], stderr=subprocess.DEVNULL)
            try:
                wait_for("strace", lambda: results() and (tracer.poll() is not None or os.path.getsize(trace.name) > 0))
                if tracer.poll() is not None:
                    self.skipTest("this user may trace nobody")
                lines, begun = len(server.log().splitlines()), results()
                wait_for("three results of each", lambda: results() >= begun + 3 * self.CHECKS, 30)
                lines = len(server.log().splitlines()) - lines
            finally:
                tracer.terminate()
                tracer.wait()
            calls = pathlib.Path(trace.name).read_text()
        self.assertIn("sendmsg(", calls)  # of our own questions: it was traced
        files = re.findall(rf"(?:write|pwrite64|writev|fsync|fdatasync)\(\d+<({re.escape(server.directory)}[^>]*)>", calls)
        return {"messages": len(re.findall(r"sendmsg\(\d+<UNIX", calls)), "files": dict(collections.Counter(files)), "lines": lines}

    @staticmethod
    def written_of_late(server):
        """Files of the data directory that have changed in the last second and a half."""
        return sum(1 for path in pathlib.Path(server.directory).rglob("*")
                   if path.is_file() and time.time() - path.stat().st_mtime < 1.5)


class Restart(unittest.TestCase):
    def test_makes_no_herd_and_changes_no_verdict(self):  # PRB-10
        checks, restarts, interval = (10_000, 10, 10) if LONG else (3_000, 1, 10)
        dead = socket.create_server(("127.0.0.1", 0))  # nobody else gets its port; it is closed below
        listener = Listener()
        with Server(*UNHELD, workers=1) as server:
            add_checks(server, [dead.getsockname()[1]] * 20, interval=1, timeout=0.5, fall=1, rise=1)
            add_checks(server, [listener.port] * checks, interval=interval)
            dead.close()
            wait_for("the dead to be down", lambda: self.down(server) == 20)
            rates = []
            for _ in range(restarts):
                time.sleep(1.5)  # verdicts are kept once a second
                server.stop()
                listener.times.clear()
                server.start()
                wait_for("a result of each", lambda: metric(server, "waymark_check_results_total") >= checks, 3 * interval)
                self.assertEqual(metric(server, "waymark_endpoint_transitions_total"), 0)
                self.assertEqual(self.down(server), 20)
                first = listener.times[0]
                seconds = collections.Counter(int(at - first) for at in listener.times if at - first < interval)
                rates.append(max(seconds.values()) / (checks / interval))
            print("most in a second, of the steady rate:", [round(rate, 2) for rate in rates])
            # A herd would be all of them, ten times the rate; how evenly a busy machine spreads them is judged in the long form.
            self.assertLess(max(rates), 1.2 if LONG else 3)

    @staticmethod
    def down(server):
        [count] = re.findall(r'(?m)^waymark_endpoint_state\{state="down"\} (\S+)$', server.must("GET", "/metrics"))
        return float(count)


if __name__ == "__main__":
    unittest.main(verbosity=2)
