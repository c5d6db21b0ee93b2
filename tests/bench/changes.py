"""From an acknowledged change to its answer, in zones of three sizes; and from a worker's death to its successor's answer."""
import http.client
import json
import os
import pathlib
import signal
import socket
import statistics
import struct
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "integration"))
from waymark import Server, a, wait_for  # noqa: E402

CHANGES = int(os.environ.get("WAYMARK_CHANGES", "300"))


class Client:
    """One socket, one prepared question; the answer's first address."""

    def __init__(self, port, name):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.socket.settimeout(2)
        labels = b"".join(bytes([len(part)]) + part.encode() for part in name.rstrip(".").split("."))
        self.query = struct.pack(">6H", 1, 0, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"

    def address(self):
        self.socket.send(self.query)
        reply = self.socket.recv(2048)
        return socket.inet_ntoa(reply[-4:]) if reply[7] else None


def zone_file(path, origin, names):
    with open(path, "w") as f:
        f.write(f"$ORIGIN {origin}\n$TTL 300\n@ SOA ns1 host 1 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.53\n")
        f.writelines(f"h{i:07d} A 10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}\n" for i in range(names))


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def measure(server, zone, names):
    """Milliseconds from the acknowledgement to the first new answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.api_port)
    lags, commits = [], []
    for i in range(CHANGES):
        name = f"h{i * 7919 % names:07d}.{zone}"
        value = f"203.0.{i >> 8}.{i & 255}"
        client = Client(server.dns_port, name)
        body = json.dumps({"changes": [{"action": "upsert", "record": a(name, value)}]})
        sent = time.perf_counter()
        connection.request("POST", f"/v1/zones/{zone}/changes", body,
                           {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"})
        reply = connection.getresponse()
        reply.read()
        acknowledged = time.perf_counter()
        assert reply.status == 201, reply.status
        while client.address() != value:
            pass
        lags.append((time.perf_counter() - acknowledged) * 1000)
        commits.append((acknowledged - sent) * 1000)
        time.sleep(0.006)  # past the pause between two publications: a lone change, not a burst
    return lags, commits


def main():
    sizes = [int(word) for word in sys.argv[1:]] or [1_000, 100_000, 1_000_000]
    print(f"{'names':>9}  {'import s':>8}  {'commit p50':>10}  {'answer p50':>10}  {'p99':>7}  {'max':>7}  {'worker back ms':>14}   (ms)")
    medians = {}
    for names in sizes:
        with Server(workers=1) as server, tempfile.NamedTemporaryFile("w") as file:
            zone = "bench.test."
            zone_file(file.name, zone, names)
            begun = time.perf_counter()
            done = server.cli("zone", "import", zone, file.name)
            assert done.returncode == 0, done.stderr
            last = Client(server.dns_port, f"h{names - 1:07d}.{zone}")
            wait_for("the zone", last.address, 120)
            imported = time.perf_counter() - begun
            measure_once = measure(server, zone, names)
            lags, commits = measure_once
            medians[names] = statistics.median(lags)

            os.kill(server.pids("worker")[0], signal.SIGKILL)  # once: a second death so soon is made to wait
            killed = time.perf_counter()
            last.address()  # waits in the socket until the next worker reads it
            back = (time.perf_counter() - killed) * 1000
            print(f"{names:>9}  {imported:>8.2f}  {statistics.median(commits):>10.2f}  {medians[names]:>10.2f}  "
                  f"{percentile(lags, .99):>7.2f}  {max(lags):>7.2f}  {back:>14.1f}", flush=True)
    if len(sizes) > 1:
        print(f"one change among {sizes[-1]:,} names costs {medians[sizes[-1]] / medians[sizes[0]]:.2f} times what it costs among {sizes[0]:,}")


if __name__ == "__main__":
    main()
