"""Starts the real `waymark serve` on free ports in a directory of its own, and asks it."""
import http.client
import http.server
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

import dns.exception
import dns.message
import dns.query
import dns.rdatatype

BIN = pathlib.Path(os.environ.get("WAYMARK_BIN", "build/dev/bin"))
SLOW = float(os.environ.get("WAYMARK_SLOWNESS", "1"))  # sanitizers: more patience, same answers


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.text = status, headers, body.decode()

    @property
    def json(self):
        return json.loads(self.text)


def wait_for(what, condition, seconds=10.0):
    """Looks every few milliseconds until the condition gives something true."""
    end = time.monotonic() + seconds * SLOW
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds * SLOW} s for {what}")
        time.sleep(0.005)


def wait_for_every_worker(what, condition, seconds=10.0):
    """The condition asks over DNS. The kernel deals questions out to the workers by their source port, and each worker takes a
    change up by itself: sixteen good answers in a row leave a worker out once in 32,768 times where there are two."""
    wait_for(what, lambda: all(condition() for _ in range(16)), seconds)


def free_port():
    """Below the ports that the kernel gives to clients, so that none sits on it when a server comes back to it."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        try:
            with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
                return port
        except OSError:
            continue


class Server:
    def __init__(self, *flags, directory=None, workers=2):
        self.directory = directory or tempfile.mkdtemp(prefix="waymark-test-")
        self.own_directory = directory is None
        self.flags = list(flags)
        self.workers = workers
        self.process = None
        self.api = self.dns = None
        self.api_port = self.dns_port = 0

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        if self.own_directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    def command(self, dns_port=None, api_port=None):
        dns_port, api_port = dns_port or self.dns_port, api_port or self.api_port
        return [str(BIN / "waymark"), "serve", "--data-dir", self.directory, "--workers", str(self.workers),
                "--dns", f"127.0.0.1:{dns_port}", "--api", f"127.0.0.1:{api_port}",
                *([] if "--route53-api" in self.flags else ["--route53-api", "127.0.0.1:0"]),
                "--health-allow", "127.0.0.0/8", *self.flags]

    def start(self, wait=True):
        self.dns_port, self.api_port = self.dns_port or free_port(), self.api_port or free_port()
        self.log_path = os.path.join(tempfile.gettempdir(), f"waymark-{os.getpid()}-{id(self)}.log")
        self.log_file = open(self.log_path, "ab")
        self.log_from = self.log_file.tell()
        self.process = subprocess.Popen(self.command(), stdout=self.log_file, stderr=self.log_file)
        if wait:
            self.wait_ready()
        return self

    def log(self):
        with open(self.log_path, "rb") as f:
            f.seek(self.log_from)
            return f.read().decode(errors="replace")

    def wait_ready(self, seconds=15):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"waymark serve ended with {self.process.returncode}:\n{self.log()}")
            return re.search(r"event=ready dns=(\S+) api=http://(\S+)", self.log())
        try:
            found = wait_for("the ready line", ready, seconds)
        except AssertionError as failed:
            raise AssertionError(f"{failed}\n{self.log()}") from None
        self.dns = found[1].split(",")[0]
        self.dns_port, self.api_port = int(self.dns.rsplit(":", 1)[1]), int(found[2].rsplit(":", 1)[1])
        route53 = re.search(r"event=ready .* route53=http://\S+:(\d+)", self.log())
        self.route53_port = int(route53[1]) if route53 else 0
        token = pathlib.Path(self.directory, "admin.token")
        self.token = token.read_text().strip() if token.exists() else ""

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(20 * SLOW)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"waymark serve did not end:\n{self.log()[-3000:]}") from None
        if self.process:
            self.log_file.close()
            if os.environ.get("WAYMARK_KEEP_LOGS") is None:
                pathlib.Path(self.log_path).unlink(missing_ok=True)
        code, self.process = self.process.returncode if self.process else None, None
        return code

    # -- processes --

    def children(self):
        """pid → program name of the control process and the workers."""
        found = {}
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                command = (entry / "cmdline").read_bytes().split(b"\0")
            except (OSError, IndexError):
                continue
            if int(fields[1]) == self.process.pid and fields[0] != "Z":
                found[int(entry.name)] = "control" if b"control" in command[:2] else "worker"
        return found

    def pids(self, role):
        return [pid for pid, name in self.children().items() if name == role]

    # -- REST --

    def call(self, method, path, body=None, headers=None, token=None, timeout=30):
        connection = http.client.HTTPConnection("127.0.0.1", self.api_port, timeout=timeout * SLOW)
        send = dict(headers or {})
        token = self.token if token is None else token
        if token:
            send["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
            send.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body, send)
            reply = connection.getresponse()
            return Reply(reply.status, reply.headers, reply.read())
        finally:
            connection.close()

    def must(self, method, path, body=None, **more):
        reply = self.call(method, path, body, **more)
        assert 200 <= reply.status < 300, f"{method} {path}: {reply.status} {reply.text}\n{self.log()[-2000:]}"
        return reply.json if reply.text.strip().startswith(("{", "[")) else reply.text

    def zone(self, name):
        """Makes a zone and waits until every worker answers for it."""
        made = self.must("POST", "/v1/zones", {"name": name})
        for change in self.must("GET", f"/v1/zones/{made['id']}/changes")["items"]:
            self.in_sync(change)
        return made

    def change(self, zone, *changes, **more):
        body = {"changes": [{"action": action, "record": record} for action, record in changes], **more}
        return self.must("POST", f"/v1/zones/{zone}/changes", body)

    def in_sync(self, change):
        wait_for(f"change {change['id']} in sync",
                 lambda: self.must("GET", f"/v1/changes/{change['id']}")["status"] == "in_sync")
        return change

    # -- DNS --

    def ask(self, name, rdtype="A", tcp=False, subnet=None, timeout=5.0):
        options = []
        if subnet:
            address, length = subnet.split("/")
            options = [dns.edns.ECSOption(address, int(length))]
        query = dns.message.make_query(name, rdtype, use_edns=0 if options else None, options=options or None)
        query.flags &= ~dns.flags.RD
        ask = dns.query.tcp if tcp else dns.query.udp
        return ask(query, "127.0.0.1", timeout * SLOW, self.dns_port)

    def values(self, name, rdtype="A", **more):
        wanted = dns.rdatatype.from_text(rdtype)
        return sorted(rd.to_text() for rrset in self.ask(name, rdtype, **more).answer
                      if rrset.rdtype == wanted for rd in rrset)

    def answers(self, name, wanted, rdtype="A"):
        """False also when nothing comes: a full socket drops questions."""
        try:
            return self.values(name, rdtype, timeout=1) == wanted
        except dns.exception.Timeout:
            return False

    def cli(self, *words, stdin=None, timeout=60):
        done = subprocess.run([str(BIN / "waymark"), *words], input=stdin, capture_output=True, text=True, timeout=timeout * SLOW,
                              env={**os.environ, "WAYMARK_SERVER": f"http://127.0.0.1:{self.api_port}",
                                   "WAYMARK_TOKEN": self.token})
        return done


class Endpoint:
    """A real HTTP server that can be told what to answer, be killed, or fall silent."""

    def __init__(self, port=0, address="127.0.0.1"):
        self.status, self.body, self.asked = 200, b"ok", 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked += 1
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((address, port), Handler)
        self.address, self.port = self.server.server_address[:2]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def kill(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class SilentEndpoint:
    """Accepts connections and never says a word."""

    def __init__(self, port=0):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", port))
        self.socket.listen(64)
        self.port = self.socket.getsockname()[1]

    def kill(self):
        self.socket.close()


def a(name, *values, ttl=60, **more):
    return {"name": name, "type": "A", "ttl": ttl, "values": list(values), **more}


def quoted(text):
    return urllib.parse.quote(text, safe="")
