"""A prober that sees nothing removes nobody (PRB-5). The server runs in a network namespace of its own, its endpoints in another; what
leaves the server's end of the pair between them is dropped (tc's blackhole queue), as by a packet filter. Needs root; is skipped else."""
import ctypes
import os
import subprocess
import sys
import time
import unittest

from waymark import Server, wait_for

LONG = bool(os.environ.get("WAYMARK_LONG"))
BLIND = 600 if LONG else 8  # seconds
CHECKS, INTERVAL, TIMEOUT = 100, 1, 0.5
NEW_NETWORK = 0x40000000  # CLONE_NEWNET

ENDPOINTS = """
import asyncio, ctypes, subprocess, sys
assert ctypes.CDLL(None).unshare(0x40000000) == 0
print("apart", flush=True)
sys.stdin.readline()  # the other end is here now
for words in ("addr add 10.99.0.2/24 dev far", "link set far up"):
    subprocess.run(["ip", *words.split()], check=True)
async def answer(reader, writer):
    writer.close()
async def main():
    for port in range(10000, 10101):
        await asyncio.start_server(answer, "10.99.0.2", port)
    print("listening", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
asyncio.run(main())
"""


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Blind(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0 or ctypes.CDLL(None).unshare(NEW_NETWORK) != 0:
            raise unittest.SkipTest("network namespaces need root")
        ip("link", "set", "lo", "up")
        ip("link", "add", "near", "type", "veth", "peer", "name", "far")
        ip("addr", "add", "10.99.0.1/24", "dev", "near")
        ip("link", "set", "near", "up")
        cls.endpoints = subprocess.Popen([sys.executable, "-c", ENDPOINTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert cls.endpoints.stdout.readline() == "apart\n"
        ip("link", "set", "far", "netns", str(cls.endpoints.pid))
        cls.endpoints.stdin.write("\n")
        cls.endpoints.stdin.flush()
        assert cls.endpoints.stdout.readline() == "listening\n"
        print("means: two network namespaces, a veth pair, tc blackhole", flush=True)

    @classmethod
    def tearDownClass(cls):
        cls.endpoints.kill()
        cls.endpoints.wait()
        cls.endpoints.stdin.close(), cls.endpoints.stdout.close()

    def drop(self, on):
        if on:
            subprocess.run("tc qdisc add dev near root blackhole".split(), check=True)
        else:
            subprocess.run("tc qdisc del dev near root".split(), check=True)

    def test_prb_5_nobody_is_removed_while_all_output_is_dropped(self):
        for flags in ((), ("--health-reference", "10.99.0.2:10100")):
            with self.subTest(flags=flags), Server(*flags) as server:
                checks = [server.must("POST", "/v1/health-checks", {"type": "tcp", "address": "10.99.0.2", "port": 10000 + i, "interval": INTERVAL,
                                                                    "timeout": TIMEOUT, "fall": 2, "rise": 1})["id"] for i in range(CHECKS)]
                status = lambda check: server.must("GET", f"/v1/health-checks/{check}/status")
                frozen = lambda: server.must("GET", "/v1/status")["health"]["frozen"]
                for check in checks:
                    wait_for("an attempt that passed", lambda: 'passed":true' in server.call("GET", f"/v1/health-checks/{check}/status").text)
                self.assertFalse(frozen())
                self.drop(True)
                begun = time.monotonic()
                wait_for("the alarm", frozen, 2 * INTERVAL + TIMEOUT + 1)
                alarm = time.monotonic() - begun
                while time.monotonic() - begun < BLIND:
                    self.assertTrue(all(status(check)["healthy"] for check in checks))
                self.drop(False)
                begun = time.monotonic()
                wait_for("the end of the freeze", lambda: not frozen(), 2 * INTERVAL + TIMEOUT + 3)  # ARP comes back within one second
                print(f"PRB-5{' with a reference' if flags else ''}: alarm after {alarm:.1f} s, normal after {time.monotonic() - begun:.1f} s, {BLIND} s blind", flush=True)
                self.assertTrue(all(status(check)["healthy"] for check in checks))
                self.assertNotIn("event=health_changed", server.log())


if __name__ == "__main__":
    unittest.main()
