"""A server under test: started for one workload, measured from outside, ended with all it forked."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import urllib.request

import peers
import workloads as w

SERVER_CPU, LOAD_CPU = 0, 1


def descendants(pid):
    """pid and what it started, by parent."""
    children = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            parent = int(pathlib.Path("/proc", entry, "stat").read_text().rsplit(")", 1)[1].split()[1])
            children.setdefault(parent, []).append(int(entry))
        except (OSError, IndexError):
            pass
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def memory_mb(pids, field="Pss"):
    """Proportional set size, so that what processes share counts once."""
    total = 0
    for pid in pids:
        try:
            found = re.search(rf"^{field}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
            total += int(found[1]) if found else 0
        except OSError:
            pass
    return total / 1024


def peak_mb(pids):
    """The highest resident sizes, added: above the true peak, as what is shared counts in each."""
    total = 0
    for pid in pids:
        try:
            total += int(re.search(r"^VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)[1])
        except (OSError, TypeError):
            pass
    return total / 1024


def pin(pid, cpu):
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), {cpu})


def ask(port, name, timeout=.05):
    """The reply to one A question, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(timeout)
        labels = b"".join(bytes([len(part)]) + part.encode() for part in name.rstrip(".").split("."))
        try:
            s.connect(("127.0.0.1", port))
            s.send(struct.pack(">6H", 7, 0, 1, 0, 0, 0) + labels + b"\0\0\1\0\1")
            return s.recv(4096)
        except OSError:
            return None


def wait_answer(port, question, alive, seconds):
    """Until the first question of a workload is answered as it should be."""
    name, _, _, rcode, answers = question.split()
    end = time.monotonic() + seconds
    while time.monotonic() < end and alive():
        reply = ask(port, name.replace("?", "0"))
        if reply and reply[3] & 15 == int(rcode) and reply[7] >= int(answers):
            return
        time.sleep(.01)
    raise RuntimeError("no answer")


class Server:
    def __init__(self, name, workload, data, port):
        self.name, self.workload, self.port = name, workload, port
        self.kind = w.WORKLOADS[workload][0]
        self.questions = f"{data}/{workload}.questions"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"waymark-bench-{name}-"))
        self.folder.chmod(0o755)
        self.process = None

    def run(self, command):
        self.log = open(self.folder / "log.txt", "wb")
        self.began = time.monotonic()
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, start_new_session=True)

    def alive(self):
        return self.process.poll() is None

    def ready(self, seconds=180):
        with open(self.questions) as file:
            wait_answer(self.port, file.readline(), self.alive, seconds)
        self.load_s = time.monotonic() - self.began

    def log_text(self):
        return (self.folder / "log.txt").read_text(errors="replace")[-1500:]

    def answering(self):
        """Processes whose CPU time an answer costs."""
        return descendants(self.process.pid)

    def others(self):
        return []

    def stop(self):
        if self.process is None:
            return shutil.rmtree(self.folder, ignore_errors=True)
        forked = descendants(self.process.pid)[1:]
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pid in forked:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Floor(Server):
    def start(self, data, programs):
        self.run(["taskset", "-c", str(SERVER_CPU), f"{programs}/dns_echo", str(self.port), str(w.WORKLOADS[self.workload][1])])
        time.sleep(.2)
        self.load_s = 0


class Peer(Server):
    def start(self, data, programs):
        peer = peers.ALL[self.name]()
        command = peer.command(self.folder, self.kind, data, self.port)
        self.run(["taskset", "-c", str(SERVER_CPU), peers.program(command[0]), *command[1:]])
        self.ready()


class Waymark(Server):
    """`waymark serve --workers 1`. Its worker is what answers; supervisor and control process are counted apart."""

    def start(self, data, programs):
        self.programs = programs
        self.serve()
        self.token = (self.folder / "state" / "admin.token").read_text().strip()
        self.began = time.monotonic()
        if self.kind == "many":
            self.cli("zone", "import", "--list", f"{data}/many.list")
        elif self.kind in w.POLICIES:
            self.cli("zone", "import", "policy.test", f"{data}/policy.test")
            self.add_policies()
        else:
            zone = "big.test" if self.kind == "million" else "bench.test"
            self.cli("zone", "import", zone, f"{data}/{zone}")
        self.stored_s = time.monotonic() - self.began
        self.ready()

    def serve(self):
        """Also again, on the same directory."""
        self.run([f"{self.programs}/waymark", "serve", "--data-dir", str(self.folder / "state"), "--workers", "1",
                  "--dns", f"127.0.0.1:{self.port}", "--api", "127.0.0.1:0", "--route53-api", "off", "--health-allow", "127.0.0.0/8"])
        end = time.monotonic() + 60
        while "event=ready" not in self.log_text():
            if not self.alive() or time.monotonic() > end:
                raise RuntimeError(self.log_text())
            time.sleep(.002)
        self.api = re.search(r"api=(http\S+)", self.log_text())[1]
        self.ready_s = time.monotonic() - self.began
        for pid in self.answering():
            pin(pid, SERVER_CPU)

    def end(self):
        """Ends it and keeps its directory."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.log.close()

    def cli(self, *words):
        done = subprocess.run([f"{self.programs}/waymark", *words], capture_output=True, text=True, timeout=600,
                              env={**os.environ, "WAYMARK_SERVER": self.api, "WAYMARK_TOKEN": self.token})
        if done.returncode != 0:
            raise RuntimeError(done.stderr or done.stdout)
        return done.stdout

    def call(self, method, path, body, kind="application/json"):
        request = urllib.request.Request(self.api + path, body.encode(), method=method,
                                         headers={"Authorization": f"Bearer {self.token}", "Content-Type": kind})
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.loads(reply.read() or b"{}")

    def members(self, name, checks):
        """The record sets of one name under its policy."""
        record = {"name": name, "type": "A", "ttl": 60}
        if self.kind == "weighted":
            return [{**record, "values": [address], "set_id": address, "routing": {"policy": "weighted", "weight": weight}}
                    for address, weight in w.ADDRESSES]
        if self.kind == "failover":
            return [{**record, "values": [address], "set_id": role, "routing": {"policy": "failover", "role": role},
                     "health_check_id": check}
                    for address, role, check in zip(w.HEALTHY, ("primary", "secondary"), checks)]
        return [{**record, "values": [address], "set_id": address, "routing": {"policy": "latency", "region": f"region-{i}"}}
                for i, (address, _) in enumerate(w.ADDRESSES)]

    def add_policies(self):
        checks = []
        if self.kind == "failover":
            checks = [json.loads(self.cli("health", "create", "--type", "tcp", "--address", address, "--port",
                                          str(w.HEALTHY_PORT), "-o", "json"))["id"] for address in w.HEALTHY]
        if self.kind == "latency":
            rows = [f"{net},region-{i},{9 if i == to else 90}" for net, to in w.NETWORKS for i in range(len(w.ADDRESSES))]
            self.call("PUT", "/v1/latency", "\n".join(rows) + "\n", "text/csv")
        names = [f"{self.kind[0]}{i:04d}.policy.test." for i in range(w.POLICY_NAMES)]
        for begin in range(0, len(names), 100):
            changes = [{"action": "create", "record": record} for name in names[begin:begin + 100]
                       for record in self.members(name, checks)]
            self.call("POST", "/v1/zones/policy.test./changes", json.dumps({"changes": changes}))

    def answering(self):
        return [pid for pid in descendants(self.process.pid) if self.program_of(pid) == "waymark-dns"]

    def others(self):
        return [pid for pid in descendants(self.process.pid) if self.program_of(pid) != "waymark-dns"]

    @staticmethod
    def program_of(pid):
        try:
            return os.path.basename(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode())
        except OSError:
            return ""


def make(name, workload, data, port):
    kinds = {"floor": Floor, "waymark": Waymark}
    return kinds.get(name, Peer)(name, workload, data, port)


def can_serve(name, workload):
    """Whether this server is installed and has what the workload asks for."""
    if name == "waymark":
        return True
    if name == "floor":
        return workload != "tcp"
    return peers.program(peers.ALL[name].binary) is not None and w.WORKLOADS[workload][0] in peers.ALL[name].kinds
