"""Every kind of health check against real endpoints, and everything that holds a verdict back."""
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import signal
import ssl
import subprocess
import tempfile
import threading

import dns.message
import dns.rcode
import dns.rrset
import dns.query
import socket

from waymark import Endpoint, Server, a, wait_for

FAST = {"interval": 1, "timeout": 0.5, "fall": 1, "rise": 1}


def run(*words, cwd):
    subprocess.run(words, cwd=cwd, check=True, capture_output=True)


def certificates(directory):
    """A CA, a server's certificate for app.test and a client's, made by OpenSSL."""
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=test CA", "-keyout", "ca.key", "-out", "ca.pem", cwd=directory)
    for name, extra in (("app.test", "subjectAltName=DNS:app.test"), ("client", "subjectAltName=DNS:client")):
        pathlib.Path(directory, "ext").write_text(extra)
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.csr", cwd=directory)
        run("openssl", "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-days", "2", "-extfile", "ext", "-out", f"{name}.pem", cwd=directory)


class TlsEndpoint(Endpoint):
    """HTTPS; notes the name of each handshake, and may want a client's certificate."""

    def __init__(self, directory, wants_client=False):
        super().__init__()
        self.names = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{directory}/app.test.pem", f"{directory}/app.test.key")
        context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        if wants_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(f"{directory}/ca.pem")
        self.server.handle_error = lambda *_: None  # handshakes that fail are what is wanted
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)


class NameServer:
    """Answers A for app.test from a table; anything else is NXDOMAIN."""

    def __init__(self):
        self.addresses = {"app.test.": "127.0.0.1"}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                wire, peer = self.socket.recvfrom(4096)
            except OSError:
                return
            query = dns.message.from_wire(wire)
            reply = dns.message.make_response(query)
            name = query.question[0].name.to_text()
            if name not in self.addresses:
                reply.set_rcode(dns.rcode.NXDOMAIN)
            elif query.question[0].rdtype == 1:
                reply.answer.append(dns.rrset.from_text(name, 1, "IN", "A", self.addresses[name]))
            self.socket.sendto(reply.to_wire(), peer)


class Hook:
    """Takes notifications; refuses the first one."""

    def __init__(self):
        self.got, self.asked = [], 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                outer.asked += 1
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if outer.asked > 1:
                    outer.got.append((self.headers["X-Waymark-Signature"], body))
                self.send_response(503 if outer.asked == 1 else 204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


def create(server, **fields):
    return server.must("POST", "/v1/health-checks", fields)["id"]


def status(server, check):
    return server.call("GET", f"/v1/health-checks/{check}/status").json


def last_reason(server, check):
    known = status(server, check)
    return known["last"][0]["reason"] if known.get("last") else ""


def becomes(server, check, healthy, what):
    wait_for(f"{what} to be {healthy}", lambda: status(server, check).get("healthy") is healthy)


def reason_is(server, check, text):
    wait_for(f"\"{text}\" of {check}, not {last_reason(server, check)!r}", lambda: text in last_reason(server, check))


def test_https(server, directory):
    endpoint, strict = TlsEndpoint(directory), TlsEndpoint(directory, wants_client=True)
    common = {"type": "https", "address": "127.0.0.1", "host": "app.test", **FAST}
    plain = create(server, port=endpoint.port, **common)
    reason_is(server, plain, "HTTP 200")
    assert "app.test" in endpoint.names, endpoint.names

    quiet = create(server, port=endpoint.port, sni=False, **common)
    wait_for("a handshake without a name", lambda: None in endpoint.names)
    reason_is(server, quiet, "HTTP 200")

    unknown_ca = create(server, port=endpoint.port, verify=True, **common)
    reason_is(server, unknown_ca, "the certificate is not valid for this host")
    becomes(server, unknown_ca, False, "a certificate of nobody we trust")

    trusted = create(server, port=endpoint.port, verify=True, ca_file="ca.pem", **common)
    reason_is(server, trusted, "HTTP 200")
    other = create(server, port=endpoint.port, verify=True, ca_file="ca.pem", **{**common, "host": "other.test"})
    reason_is(server, other, "the certificate is not valid for this host")

    nobody = create(server, port=strict.port, **common)
    becomes(server, nobody, False, "a client without a certificate")
    known = create(server, port=strict.port, client_certificate="client.pem", client_key="client.key", **common)
    reason_is(server, known, "HTTP 200")
    refused = server.call("POST", "/v1/health-checks", {**common, "port": 1, "ca_file": "absent.pem"})
    assert refused.status == 422 and "absent.pem" in refused.text, refused.text
    for check in (plain, quiet, unknown_ca, trusted, other, nobody, known):
        server.must("DELETE", f"/v1/health-checks/{check}")


def test_names(server, names):
    endpoint = Endpoint()
    check = create(server, type="http", target="app.test", port=endpoint.port, **FAST)
    reason_is(server, check, "HTTP 200")
    gone = create(server, type="tcp", target="gone.test", port=endpoint.port, **FAST)
    reason_is(server, gone, "DNS resolution failed: \"gone.test\" has no address")
    becomes(server, gone, False, "a name that does not exist")
    asked = create(server, type="dns", address="127.0.0.1", port=names.port, query_name="gone.test.", rcode="NXDOMAIN", **FAST)
    reason_is(server, asked, "NXDOMAIN")
    moved = server.must("PATCH", f"/v1/health-checks/{check}", {"target": None, "address": "127.0.0.1"})
    assert moved["address"] == "127.0.0.1" and "target" not in moved, moved
    for one in (check, gone, asked):
        server.must("DELETE", f"/v1/health-checks/{one}")


def test_push_and_calculated(server):
    made = server.cli("health", "create", "--type", "push", "--ttl", "1", "--name", "job")
    assert made.returncode == 0, made.stderr
    push = made.stdout.strip()
    heartbeat(server, push)
    second = create(server, type="push", ttl=3600)
    done = server.cli("health", "create", "--type", "calculated", "--child", f"{push},{second}", "--needed", "2")
    assert done.returncode == 0, done.stderr
    both = done.stdout.strip()
    nested = create(server, type="calculated", children=[both], needed=1, inverted=True)

    zone = server.zone("calc.test")
    for set_id, check, address in (("one", both, "192.0.2.1"), ("two", nested, "192.0.2.2")):
        role = "primary" if set_id == "one" else "secondary"
        server.change("calc.test", ("create", a("www.calc.test.", address, set_id=set_id, health_check_id=check,
                                                  routing={"policy": "failover", "role": role})))
    wait_for("the primary", lambda: server.values("www.calc.test") == ["192.0.2.1"])
    wait_for("the secondary, when a heartbeat is missed", lambda: server.values("www.calc.test") == ["192.0.2.2"])
    assert "no heartbeat for 1 s" in last_reason(server, push)
    beat = server.cli("health", "heartbeat", push, "up", "--reason", "backup done")
    assert beat.returncode == 0, beat.stderr
    wait_for("the primary again", lambda: server.values("www.calc.test") == ["192.0.2.1"])

    loop = server.call("PATCH", f"/v1/health-checks/{both}", {"children": [nested]})
    assert loop.status in (409, 422) and "child of itself" in loop.text, loop.text
    missing = server.call("POST", "/v1/health-checks", {"type": "calculated", "children": ["none"]})
    assert "none" in missing.text and missing.status >= 400, missing.text
    assert server.call("DELETE", f"/v1/health-checks/{second}").status == 409
    wrong = server.call("PUT", f"/v1/health-checks/{both}/heartbeat")
    assert wrong.status == 409, wrong.text

    told = server.must("GET", f"/v1/health-checks/{push}/history")["items"]
    assert [one["healthy"] for one in told[:2]] == [True, False], told
    assert told[1]["reason"] == "no heartbeat for 1 s" and told[0]["reason"] == "backup done", told
    shown = server.cli("health", "history", push)
    assert "backup done" in shown.stdout, shown.stdout + shown.stderr
    assert zone["id"]


def test_webhook(server, hook, secret):
    check = create(server, type="push", ttl=3600, name="hooked")
    heartbeat(server, check, {"state": "down", "reason": "disk full"})
    wait_for("the notification", lambda: any(check.encode() in body for _, body in hook.got))
    signature, body = next(one for one in hook.got if check.encode() in one[1])
    time, digest = (part.split("=", 1)[1] for part in signature.split(","))
    assert digest == hmac.new(secret.encode(), f"{time}.".encode() + body, hashlib.sha256).hexdigest()
    told = json.loads(body)
    assert told["healthy"] is False and told["reason"] == "disk full" and told["name"] == "hooked", told


def test_drain_and_force(server):
    check = create(server, type="push", ttl=3600)
    done = server.cli("health", "force", check, "drain", "--for", "4s")
    assert done.returncode == 0, done.stderr
    wait_for("the drain", lambda: status(server, check)["forced"] == "drain")
    becomes(server, check, False, "a draining check")
    assert 'waymark_endpoint_state{state="draining"} 1' in server.must("GET", "/metrics")
    becomes(server, check, True, "the check when its drain is over")


def test_new_inverted_and_enabled_again(server):
    """Rule 10.6: without data a check is healthy, and an inverted one is not; after a restart they are what they were."""
    plain, inverted = create(server, type="push", ttl=3600, fall=1), create(server, type="push", ttl=3600, fall=1, inverted=True)
    becomes(server, plain, True, "a new check")
    becomes(server, inverted, False, "a new inverted check")
    assert status(server, plain)["checkers"] == []
    heartbeat(server, plain, {"state": "down", "reason": "gone"})
    heartbeat(server, inverted, {"state": "down"})
    becomes(server, inverted, True, "an inverted check of what is down")
    (checker,) = status(server, plain)["checkers"]
    assert not checker["up"] and len(checker["regions"]) == 8 and checker["last_failure"]["reason"] == "gone", checker
    control = server.pids("control")[0]
    os.kill(control, signal.SIGKILL)
    wait_for("a new control process", lambda: server.pids("control") not in ([], [control]))
    wait_for("both as they were", lambda: [status(server, check).get("healthy") for check in (plain, inverted)] == [False, True])
    for disabled, healthy in ((True, True), (False, True)):
        server.must("PATCH", f"/v1/health-checks/{plain}", {"disabled": disabled})
        becomes(server, plain, healthy, f"a check with disabled={disabled}")

    def falls():  # what comes while the prober still has it disabled does not count
        heartbeat(server, plain, {"state": "down"})
        return status(server, plain)["healthy"] is False
    wait_for("the check that is enabled again to fall", falls)


def test_the_readme_tells_who_would_get_what(server):
    server.zone("example.com")
    made = server.cli("health", "create", "--type", "http", "--address", "10.0.0.5", "--port", "8080", "--path", "/health")
    assert made.returncode == 0, made.stderr
    check = made.stdout.strip()
    for value, set_id, more in (("192.0.2.30", "a", ("--failover", "primary", "--health-check", check)),
                                ("192.0.2.40", "b", ("--failover", "secondary"))):
        done = server.cli("record", "set", "example.com", "api.example.com", "A", value, "--ttl", "5", "--set-id", set_id, *more)
        assert done.returncode == 0, done.stderr
    wait_for("the answer", lambda: server.values("api.example.com"))
    server.must("PUT", f"/v1/health-checks/{check}/override", {"state": "up"})
    wait_for("the primary", lambda: server.values("api.example.com") == ["192.0.2.30"])
    server.must("PUT", f"/v1/health-checks/{check}/override", {"state": "auto"})
    told = server.cli("simulate", "api.example.com", "A", "--down", "10.0.0.5")
    assert told.returncode == 0, told.stderr
    shares = {words[0]: words for words in (line.split() for line in told.stdout.splitlines()) if words}
    assert shares["192.0.2.30"][-2:] == ["0.00", "%"] and shares["192.0.2.40"][-2:] == ["100.00", "%"], told.stdout
    assert server.cli("health", "force", check, "down", "--for", "60s").returncode == 0
    wait_for("the drill", lambda: server.values("api.example.com") == ["192.0.2.40"])


def test_held_back(server):
    checks = [create(server, type="push", ttl=3600, fall=2) for _ in range(30)]
    for check in checks:
        heartbeat(server, check, {"state": "down"})
    for check in checks:
        heartbeat(server, check, {"state": "down"})
    assert all(status(server, check)["healthy"] for check in checks[-15:])
    health = server.must("GET", "/v1/status")["health"]
    assert health["frozen"] and len(health["held_back"]) >= 15, health
    assert "frozen: push checks" in server.cli("status").stdout
    server.zone("held.test")
    explained = server.cli("explain", "held.test", "SOA")
    assert "frozen: push checks" in explained.stdout, explained.stdout + explained.stderr
    metrics = server.must("GET", "/metrics")
    for name in ("waymark_health_frozen 2", "waymark_health_checks_held_back ", "waymark_health_removal_budget ",
                 "waymark_check_duration_seconds_bucket", "waymark_webhook_total"):
        assert name in metrics, name
    for check in checks:
        heartbeat(server, check)
    assert not server.must("GET", "/v1/status")["health"]["frozen"]


def test_panic_and_restart():
    """Half of a group down: the rest answers. Three quarters down: all do. A restart changes nothing."""
    flags = ("--health-panic-percent", "50", "--health-rules-from", "1000")
    with tempfile.TemporaryDirectory(prefix="waymark-panic-") as data:
        with Server(*flags, directory=data) as server:
            server.zone("panic.test")
            checks = [create(server, type="push", ttl=3600) for _ in range(4)]
            for number, check in enumerate(checks, 1):
                server.change("panic.test", ("create", a("www.panic.test.", f"192.0.2.{number}", set_id=str(number),
                                                           health_check_id=check, routing={"policy": "weighted", "weight": 1})))

            wait_for("all four", lambda: len(answered_by(server, 60)) == 4)
            for check in checks[:2]:
                heartbeat(server, check, {"state": "down"})
            wait_for("the healthy two", lambda: answered_by(server, 60) == {"192.0.2.3", "192.0.2.4"})
            heartbeat(server, checks[2], {"state": "down", "reason": "gone"})
            wait_for("all four in panic", lambda: len(answered_by(server, 60)) == 4)
            heartbeat(server, checks[2])
            wait_for("the healthy two again", lambda: answered_by(server, 60) == {"192.0.2.3", "192.0.2.4"})
            wait_for("the bits on disk", lambda: pathlib.Path(data, "images").exists())
        with Server(*flags, directory=data) as server:
            assert answered_by(server, 60) == {"192.0.2.3", "192.0.2.4"}
            told = server.must("GET", f"/v1/health-checks/{checks[2]}/history")["items"]
            assert [one["healthy"] for one in told] == [True, False] and told[1]["reason"] == "gone", told
        with Server(directory=data) as server:  # the threshold is off again: three of four down stay out
            heartbeat(server, checks[2], {"state": "down"})
            wait_for("the last one", lambda: answered_by(server, 30) == {"192.0.2.4"})


def heartbeat(server, check, body=None):
    """503 until the prober has heard of the check."""
    wait_for("the heartbeat to be taken", lambda: server.call("PUT", f"/v1/health-checks/{check}/heartbeat", body).status == 204)


def answered_by(server, times):
    return {value for _ in range(times) for value in server.values("www.panic.test")}


def main():
    names, hook, secret = NameServer(), Hook(), "whsec"
    with tempfile.TemporaryDirectory(prefix="waymark-tls-") as directory:
        certificates(directory)
        pathlib.Path(directory, "secret").write_text(secret + "\n")
        with Server("--resolver", f"127.0.0.1:{names.port}", "--health-tls-dir", directory,
                    "--webhook", f"http://127.0.0.1:{hook.port}/hook", "--webhook-secret-file", f"{directory}/secret") as server:
            test_https(server, directory)
            test_names(server, names)
            test_push_and_calculated(server)
            test_webhook(server, hook, secret)
            test_drain_and_force(server)
            test_new_inverted_and_enabled_again(server)
            test_the_readme_tells_who_would_get_what(server)
            test_held_back(server)
    test_panic_and_restart()


if __name__ == "__main__":
    main()
