"""The same generated zones in NSD, in Knot and here: the same answers, but for the rules in differential/rules.cc.

WAYMARK_DIFFERENTIAL=QUESTIONS asks so many (100,000 are usual, 10,000,000 the long form); WAYMARK_SEED repeats a run."""
import os
import pathlib
import random
import shutil
import socket
import subprocess
import tempfile
import unittest

import dns.exception
import dns.message
import dns.query
import dns.rcode

import generated_zones
from waymark import BIN, SLOW, Server, wait_for, wait_for_every_worker

QUESTIONS = int(os.environ.get("WAYMARK_DIFFERENTIAL", "100000"))
# The gate repeats itself; the long form looks where nobody has looked.
SEED = int(os.environ.get("WAYMARK_SEED") or (1 if QUESTIONS <= 100_000 else random.SystemRandom().randrange(1 << 32)))
TOOLS = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"


def free_port():
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
                return udp.getsockname()[1]
            except OSError:
                continue


class Peer:
    """Another name server, in the foreground, over the zone files of a directory."""

    def __init__(self, name, directory, zones):
        self.name, self.port = name, free_port()
        own = pathlib.Path(directory, name)
        own.mkdir()
        config = own / "config"
        config.write_text(getattr(self, f"{name}_config")(own, zones))
        words = {"nsd": ["nsd", "-d", "-c", str(config)], "knot": ["knotd", "-c", str(config)]}[name]
        self.log = open(own / "log", "wb")
        self.process = subprocess.Popen([shutil.which(words[0], path=TOOLS), *words[1:]], stdout=self.log, stderr=self.log)

    def nsd_config(self, own, zones):
        head = f"""server:
  ip-address: 127.0.0.1@{self.port}
  username: ""
  chroot: ""
  pidfile: "{own}/pid"
  zonesdir: "{own}"
  xfrdfile: "{own}/xfrd.state"
  xfrdir: "{own}"
  zonelistfile: "{own}/zone.list"
  cookie-secret-file: ""
  database: ""
  answer-cookie: no
  rrl-ratelimit: 0
  ipv4-edns-size: 1232
  minimal-responses: yes
  refuse-any: no
  round-robin: no
  server-count: 1
remote-control:
  control-enable: no
"""
        return head + "".join(f'zone:\n  name: "{origin}"\n  zonefile: "{path}"\n' for origin, path in zones)

    def knot_config(self, own, zones):
        head = f"""server:
  rundir: {own}
  listen: 127.0.0.1@{self.port}
  udp-max-payload: 1232
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
log:
  - target: stderr
    any: warning
database:
  storage: {own}
template:
  - id: default
    storage: {own}
    semantic-checks: off
    zonefile-sync: -1
    journal-content: none
zone:
"""
        return head + "".join(f'  - domain: "{origin}"\n    file: "{path}"\n' for origin, path in zones)

    def wait_for(self, origins):
        """Knot answers before it has loaded all its zones."""
        def serves(origin):
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended:\n{self.said()}")
            try:
                reply = dns.query.udp(dns.message.make_query(origin, "SOA"), "127.0.0.1", 1, self.port)
            except (dns.exception.Timeout, OSError):
                return False
            return reply.rcode() == dns.rcode.NOERROR and reply.answer
        for origin in origins:
            wait_for(f"{self.name} to serve {origin}", lambda: serves(origin), 30)

    def said(self):
        self.log.flush()
        return pathlib.Path(self.log.name).read_text(errors="replace")[-3000:]

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10 * SLOW)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


@unittest.skipUnless(shutil.which("nsd", path=TOOLS) and shutil.which("knotd", path=TOOLS),
                     "needs nsd and knot: run scripts/deps")
class DifferentialTest(unittest.TestCase):
    def test_answers_are_those_of_nsd_and_knot(self):
        print(f"WAYMARK_SEED={SEED} WAYMARK_DIFFERENTIAL={QUESTIONS}", flush=True)
        zones = generated_zones.zones(SEED)
        origins = [generated_zones.text(zone.origin) for zone in zones]
        with tempfile.TemporaryDirectory() as directory, Server(workers=1) as server:
            files = []
            for number, zone in enumerate(zones):
                path = pathlib.Path(directory, f"{number}.zone")
                path.write_text(zone.master_file())
                files.append((origins[number], path))
            listed = pathlib.Path(directory, "list")
            listed.write_text("".join(f"{origin}\t{path}\n" for origin, path in files))
            names = pathlib.Path(directory, "names")
            names.write_text("".join(f"zone {origin}\n" for origin in origins) +
                             "".join(f"name {name}\n" for zone in zones for name in zone.names()))
            peers = []
            try:
                peers += [Peer(name, directory, files) for name in ("nsd", "knot")]
                done = server.cli("zone", "import", "--list", str(listed))
                self.assertEqual(done.returncode, 0, done.stderr)
                for origin in origins:
                    wait_for_every_worker(origin, lambda: server.ask(origin, "SOA").rcode() == dns.rcode.NOERROR)
                for peer in peers:
                    peer.wait_for(origins)
                asked = subprocess.run([str(BIN / "differential"), str(names), str(QUESTIONS), str(SEED), str(server.dns_port),
                                        *(f"{peer.name}={peer.port}" for peer in peers)], capture_output=True, text=True)
            finally:
                for peer in peers:
                    peer.stop()
            print(asked.stdout, flush=True)
            self.assertEqual(asked.returncode, 0, asked.stdout[-20000:] + asked.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
