"""1,000 one-record changes a second to a large zone while its worker answers at half of what it can.

  churn.py [NAMES] [SECONDS]
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "integration"))
from changes import Client, zone_file  # noqa: E402
from waymark import BIN, Server, wait_for  # noqa: E402

CHANGES_A_SECOND = 1_000
HISTOGRAM = re.compile(r'^waymark_worker_adoption_seconds_bucket\{le="([^"]+)"\} (\d+)', re.M)


def most_questions(server, names):
    """What one worker answers a second in a closed loop."""
    with tempfile.NamedTemporaryFile("w") as file:
        file.writelines(f"h{i * 7919 % names:07d}.bench.test. A - 0 1\n" for i in range(4096))
        file.flush()
        done = subprocess.run([str(BIN / "dns_load"), str(server.dns_port), file.name, "seconds=2"],
                              capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["qps"]


def adoptions(server):
    return {le: int(count) for le, count in HISTOGRAM.findall(server.must("GET", "/metrics"))}


def print_adoptions(before, after):
    counts = {le: after[le] - before[le] for le in after}
    total = counts["+Inf"]
    within = lambda part: next(le for le, count in counts.items() if count >= total * part)
    in_us = lambda le: "more" if le == "+Inf" else f"{float(le) * 1e6:.0f} µs"
    print(f"{total} generations adopted; the loop stood still for at most: "
          f"half {in_us(within(.5))}, 99 of 100 {in_us(within(.99))}, all {in_us(within(1))}")


def main():
    names, seconds = ([int(word) for word in sys.argv[1:]] + [1_000_000, 30][len(sys.argv) - 1:])[:2]
    with Server(workers=1) as server, tempfile.NamedTemporaryFile("w") as file:
        zone_file(file.name, "bench.test.", names)
        done = server.cli("zone", "import", "bench.test.", file.name, timeout=300)
        assert done.returncode == 0, done.stderr
        wait_for("the zone", Client(server.dns_port, f"h{names - 1:07d}.bench.test.").address, 120)
        most = most_questions(server, names)
        half = int(most / 2)
        print(f"{names:,} names; one worker answers {most:,.0f} questions a second, so half is {half:,}", flush=True)
        before = adoptions(server)
        done = subprocess.run([str(BIN / "churn_bench"), *(str(n) for n in (
            server.dns_port, server.api_port, names, CHANGES_A_SECOND, half, seconds))],
            env={**os.environ, "WAYMARK_TOKEN": server.token})
        print_adoptions(before, adoptions(server))
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
