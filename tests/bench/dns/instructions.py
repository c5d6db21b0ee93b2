#!/usr/bin/python3
"""User-space instructions of one answer, by callgrind.

  instructions.py REPLAY                 prints the table
  instructions.py --gate REPLAY          fails when a workload costs more than is recorded in instructions.txt, plus 3 %
  instructions.py --record REPLAY        writes instructions.txt anew

Counted is what a worker does between two waits: recvmmsg's and sendmmsg's preparation, parsing, look-up, answer and
statistics; not the kernel, and not the event loop, which turns once a batch.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

RECORDED = pathlib.Path(__file__).with_name("instructions.txt")
GATED = ("hit", "nxdomain", "weighted")
ALL = (*GATED, "cookie", "subnet", "rotation", "wildcard", "referral", "labels")
ROUNDS, BATCH = 32, 64
TOLERANCE = 1.03
WORKERS = 2
SAME = 0.01  # each worker meets every client a first time


def count(replay, workload, workers=1):
    with tempfile.TemporaryDirectory(prefix="waymark-callgrind-") as folder:
        subprocess.run(["valgrind", "--tool=callgrind", "--quiet", "--collect-atstart=no", "--toggle-collect=serve_recorded",
                        f"--callgrind-out-file={folder}/out", replay, workload, str(ROUNDS), str(workers)],
                       check=True, stdout=subprocess.DEVNULL)
        text = pathlib.Path(folder, "out").read_text()
    return int(re.search(r"^(?:summary|totals):\s+(\d+)", text, re.M)[1]) / (ROUNDS * BATCH)


def recorded():
    rows = (line.split() for line in RECORDED.read_text().splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, value in rows}


def main():
    gate, record = "--gate" in sys.argv, "--record" in sys.argv
    replay = sys.argv[-1]
    limits = {} if record or not RECORDED.exists() else recorded()
    if gate and not limits:
        sys.exit(f"{RECORDED} records nothing")
    counts, failed = {}, False
    print(f"{'workload':10} {'instructions':>12} {'recorded':>9}")
    for name in limits if gate else ALL:
        counts[name] = count(replay, name)
        over = name in limits and counts[name] > limits[name] * TOLERANCE
        failed |= over
        print(f"{name:10} {counts[name]:12.0f} {limits.get(name, 0):9.0f}{'  more than 3 % above' if over else ''}", flush=True)
    if gate:
        shared = count(replay, "hit", WORKERS)
        dearer = abs(shared / counts["hit"] - 1) > SAME
        failed |= dearer
        print(f"hit, {WORKERS} workers {shared:8.0f}{'  not what one worker takes' if dearer else ''}")
    if record:
        RECORDED.write_text("# User-space instructions per answer: instructions.py --record. The gate allows 3 % more.\n" +
                            "".join(f"{name} {counts[name]:.0f}\n" for name in ALL))
    sys.exit(1 if gate and failed else 0)


if __name__ == "__main__":
    main()
