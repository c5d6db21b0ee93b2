"""Waymark and other DNS servers beside each other on this machine, in interleaved rounds. See docs/performance.md.

  bench.py PROGRAMS [--workloads hit,weighted] [--servers floor,waymark,gdnsd] [--rounds 5] [--seconds 1] [--json FILE]
  bench.py PROGRAMS --load          the million-name zone: import, memory, restart; the peers' load times beside

Servers run on CPU 0, the load generator on CPU 1. `x floor` is the median over rounds of the ratio to the floor in the
same round, so that a slow minute of the machine cancels out; within 0.1 is a tie.
"""
import argparse
import json
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import servers
import workloads as w

FIRST_PORT = 15400
ORDER = ("floor", "waymark", "gdnsd", "knot", "nsd", "bind", "pdns")


def listen_healthy():
    """What the health checks of the failover workload reach."""
    for address in w.HEALTHY:
        listener = socket.create_server((address, w.HEALTHY_PORT), backlog=64)

        def accept(listener=listener):
            while True:
                listener.accept()[0].close()
        threading.Thread(target=accept, daemon=True).start()


def load(programs, server, seconds, **words):
    """One run of the load generator against one server."""
    pids, others = server.answering(), server.others()
    words |= {"seconds": seconds, "pids": ",".join(map(str, pids)), "echo": int(server.name == "floor")}
    if server.workload == "tcp":
        words |= {"tcp": 1, "flows": 16, "window": 512}
    before = cpu_seconds(others)
    done = subprocess.run(["taskset", "-c", str(servers.LOAD_CPU), f"{programs}/dns_load", str(server.port), server.questions,
                           *(f"{key}={value}" for key, value in words.items())], check=True, capture_output=True, text=True)
    result = json.loads(done.stdout)
    result["others_cpu_s"] = cpu_seconds(others) - before
    return result


def cpu_seconds(pids):
    ticks = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def start_all(names, workload, data, programs):
    running = []
    for number, name in enumerate(names):
        if not servers.can_serve(name, workload):
            continue
        server = servers.make(name, workload, data, FIRST_PORT + number)
        try:
            server.start(data, programs)
            running.append(server)
        except Exception as failure:
            print(f"# {workload}: {name} is left out: {failure} {server.log_text()}", file=sys.stderr)
            server.stop()
    return running


def measure(args, workload, data):
    """Rows of one workload, by server."""
    running = start_all(args.servers, workload, data, args.programs)
    try:
        time.sleep(args.settle)
        rounds = [{server.name: load(args.programs, server, args.seconds) for server in running} for _ in range(args.rounds)]
        rows = {}
        for server in running:
            own = [one[server.name] for one in rounds]
            half = load(args.programs, server, 1, rate=int(statistics.median(r["qps"] for r in own) / 2), flows=1, window=256)
            rows[server.name] = summary(own, [one.get("floor") for one in rounds], half, server)
        return rows
    finally:
        for server in running:
            server.stop()


def summary(own, floors, half, server):
    middle = lambda key: statistics.median(r[key] for r in own)
    ratios = [r["cpu_us"] / f["cpu_us"] for r, f in zip(own, floors) if f]
    sent = max(1, sum(r["sent"] for r in own))
    return {"kqps": middle("qps") / 1e3, "cpu_us": middle("cpu_us"), "user_us": statistics.median(r["cpu_us"] * r["user_share"] for r in own),
            "x_floor": statistics.median(ratios) if ratios else 0, "ratios": [round(r, 3) for r in ratios],
            "busy": statistics.median(r["server_cpu_s"] / r["seconds"] for r in own),
            "wrong": 100 * sum(r["wrong"] for r in own) / sent, "lost": 100 * sum(r["lost"] for r in own) / sent,
            "octets": own[0]["octets"], "p50_us": half["p50_us"], "p99_us": half["p99_us"],
            "half_cpu_us": half["cpu_us"], "load_s": server.load_s, "pss_mb": servers.memory_mb(server.answering() + server.others()),
            "others_cpu_s": sum(r["others_cpu_s"] for r in own), "disturbed": sum(r["own_share"] < .9 for r in own)}


def show(workload, rows):
    print(f"\n{workload}\n{'server':9}{'CPU-us':>8}{'x floor':>8}{'user us':>8}{'kqps':>8}{'p50 us':>8}{'p99 us':>8}{'half CPU':>9}{'PSS MB':>8}"
          f"{'load s':>8}{'wrong %':>8}{'lost %':>7}{'octets':>7}{'busy':>6}{'dist':>5}  x floor, by round")
    for name, r in rows.items():
        print(f"{name:9}{r['cpu_us']:8.3f}{r['x_floor']:8.2f}{r['user_us']:8.2f}{r['kqps']:8.1f}{r['p50_us']:8.0f}{r['p99_us']:8.0f}"
              f"{r['half_cpu_us']:9.2f}{r['pss_mb']:8.1f}{r['load_s']:8.2f}{r['wrong']:8.3f}{r['lost']:7.3f}{r['octets']:7.0f}"
              f"{r['busy']:6.2f}{r['disturbed']:5}  {r['ratios']}")
    if "waymark" in rows:
        print(f"(waymark: supervisor and control process used {rows['waymark']['others_cpu_s']:.2f} s of CPU beside)")
    sys.stdout.flush()


def measure_load(args, data):
    """A million names: imported, stored, answered, restarted from the image."""
    for name in (n for n in args.servers if n != "floor" and servers.can_serve(n, "million")):
        server = servers.make(name, "million", data, FIRST_PORT)
        try:
            server.start(data, args.programs)
            pids = server.answering() + server.others()
            if name != "waymark":
                print(f"{name:9} answering after {server.load_s:.2f} s, {cpu_seconds(pids):.2f} s of CPU, PSS {servers.memory_mb(pids):.0f} MB",
                      flush=True)
                continue
            print(f"waymark   import stored after {server.stored_s:.2f} s, answering after {server.load_s:.2f} s, "
                  f"{cpu_seconds(pids):.2f} s of CPU, peak {servers.peak_mb(pids):.0f} MB", flush=True)
            time.sleep(args.wait)
            print(f"          PSS {servers.memory_mb(pids):.0f} MB {args.wait} s later: " +
                  ", ".join(f"{server.program_of(p)} {servers.memory_mb([p]):.0f}" for p in pids), flush=True)
            server.end()
            server.serve()
            server.ready()
            print(f"          restart: ready after {server.ready_s:.2f} s, answering after {server.load_s:.2f} s", flush=True)
        finally:
            server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words = lambda text: text.split(",")
    parser.add_argument("programs", help="folder of waymark, waymark-dns, dns_load and dns_echo")
    parser.add_argument("--workloads", type=words, default=list(w.WORKLOADS), help=", ".join(w.WORKLOADS))
    parser.add_argument("--servers", type=words, default=list(ORDER))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--settle", type=float, default=2, help="seconds between start and first round")
    parser.add_argument("--nice", type=int, default=0, help="of servers and generator; negative on a busy machine, as root")
    parser.add_argument("--data", help="folder for zones and questions, kept; else a temporary one")
    parser.add_argument("--json", help="append one JSON object for each workload to this file")
    parser.add_argument("--load", action="store_true", help="measure loading a million names instead")
    parser.add_argument("--wait", type=int, default=60, help="seconds from load to memory, with --load")
    args = parser.parse_args()
    if unknown := [name for name in args.workloads if name not in w.WORKLOADS]:
        parser.error(f"unknown workload {', '.join(unknown)}; use {', '.join(w.WORKLOADS)}")
    os.nice(args.nice)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers are stopped
    with tempfile.TemporaryDirectory(prefix="waymark-bench-data-") as temporary:
        pathlib.Path(temporary).chmod(0o755)  # servers may drop their rights
        data = os.path.abspath(args.data or temporary)
        w.write_all(data)
        if args.load:
            return measure_load(args, data)
        listen_healthy()
        for workload in args.workloads:
            rows = measure(args, workload, data)
            show(workload, rows)
            if args.json:
                with open(args.json, "a") as file:
                    file.write(json.dumps({"workload": workload, "rounds": args.rounds, "seconds": args.seconds, "rows": rows}) + "\n")


if __name__ == "__main__":
    main()
