#!/usr/bin/env python3
"""EDNS, cookies, rate limit and query log of the real server, asked with dnspython and dig."""
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

import dns.edns
import dns.flags
import dns.message
import dns.query

from waymark import SLOW, Server, a, wait_for

COOKIE, NSID = 10, 3
OLD, NEW = "e5e973e5a6b2a43f48e7dc849e37bfcf", "445536bcd2513298075a5d379663c962"


def ask(server, name="www.example.com", kind="A", options=(), **how):
    query = dns.message.make_query(name, kind, use_edns=0, options=list(options), **how)
    return dns.query.udp(query, "127.0.0.1", 5 * SLOW, server.dns_port)


def option(code, octets=b""):
    return dns.edns.GenericOption(code, octets)


def data_of(answer, code):
    return next((one.to_wire() for one in answer.options if one.otype == code), None)


def metric(server, name):
    found = re.search(rf"^{re.escape(name)} (\S+)$", server.must("GET", "/metrics"), re.M)
    assert found, f"{name} is not among the metrics"
    return float(found[1])


class Edns(unittest.TestCase):
    def test_identity_on_request(self):
        with Server("--nsid", "fra1", workers=1) as server:
            self.assertEqual(data_of(ask(server, options=[option(NSID)]), NSID), b"fra1")
            for name, expected in (("id.server", "fra1"), ("version.bind", "waymark ")):
                text = ask(server, name, "TXT", rdclass="CH").answer[0][0].to_text()
                self.assertTrue(text.startswith(f'"{expected}'), text)

    def test_cookies_of_all_workers_and_a_new_secret(self):
        directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, directory)
        secrets = pathlib.Path(directory, "secrets")
        secrets.write_text(OLD + "\n")
        with Server("--cookie-secret-file", str(secrets), workers=2) as server:
            def cookie(sent):
                return data_of(ask(server, options=[option(COOKIE, sent)]), COOKIE)
            given = cookie(b"12345678")
            self.assertEqual((given[:8], given[8], len(given)), (b"12345678", 1, 24))
            for _ in range(8):
                self.assertEqual(cookie(given), given)

            secrets.write_text("not a secret\n")
            server.process.send_signal(signal.SIGHUP)
            wait_for("the refusal", lambda: "cookie_secrets_refused" in server.log())
            self.assertEqual(cookie(given), given)
            secrets.write_text(NEW + "\n" + OLD + "\n")
            server.process.send_signal(signal.SIGHUP)
            wait_for("the new secret", lambda: all(cookie(given) != given for _ in range(8)))
            self.assertEqual(metric(server, 'waymark_dns_cookies_total{result="bad"}'), 0)
            self.assertGreater(metric(server, 'waymark_dns_cookies_total{result="good"}'), 8)

    def test_a_client_that_is_not_ours_finds_the_cookie_good(self):
        with Server("--nsid", "fra1", workers=2) as server:
            said = subprocess.run(["dig", "@127.0.0.1", "-p", str(server.dns_port), "www.example.com", "A", "+cookie", "+nsid",
                                   "+tries=1"], capture_output=True, text=True, check=True).stdout
            self.assertIn("(good)", said)
            self.assertIn("fra1", said)
            self.assertIn("EDE: 20", said)

    def test_answers_over_the_limit(self):
        with Server("--rate-limit", "20", "--rate-limit-exempt", "192.0.2.0/24", workers=1) as server:
            server.zone("example.com")
            server.in_sync(server.change("example.com", ("create", a("www.example.com", "192.0.2.1"))))
            answers = []
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.connect(("127.0.0.1", server.dns_port))
                client.settimeout(0.5 * SLOW)
                query = dns.message.make_query("www.example.com", "A").to_wire()
                for _ in range(200):
                    client.send(query)
                try:
                    while True:
                        answers.append(dns.message.from_wire(client.recv(4096)))
                except socket.timeout:
                    pass
            whole = sum(1 for answer in answers if answer.answer)
            cut = sum(1 for answer in answers if answer.flags & dns.flags.TC)
            self.assertGreaterEqual(whole, 15)
            self.assertLessEqual(whole, 60)
            self.assertGreaterEqual(cut, 60)  # every second of the rest
            self.assertLess(whole + cut, 140)
            over_tcp = dns.query.tcp(dns.message.make_query("www.example.com", "A"), "127.0.0.1", 5 * SLOW, server.dns_port)
            self.assertTrue(over_tcp.answer)
            self.assertEqual(metric(server, 'waymark_dns_rrl_total{action="slip"}'), cut)
            self.assertEqual(metric(server, 'waymark_dns_rrl_total{action="drop"}'), 200 - whole - cut)
            self.assertEqual(metric(server, 'waymark_dns_response_size_bytes_count{proto="tcp"}'), 1)
            wait_for("the time it took", lambda: metric(server, 'waymark_dns_request_duration_seconds_count{proto="tcp"}') == 1)
            self.assertGreaterEqual(metric(server, 'waymark_worker_adoption_seconds_count'), 1)

    def test_sampled_queries_in_the_log(self):
        with Server("--query-log", "1/1", workers=1) as server:
            def line():
                return re.search(r'event=query .*client=(\S+) .*proto=(\S+) name=("\S*other\.test\.") class=1 type=(\S+) rcode=(\S+)', server.log())
            ask(server, 'a"b\\.c\\000\\255.other.test.', "TXT")
            client, protocol, name, kind, rcode = wait_for("the query in the log", line).groups()
            self.assertEqual(json.loads(name), 'a\\"b\\.c\\000\\255.other.test.')
            self.assertEqual((client, protocol, kind, rcode), ("127.0.0.1", "udp", "TXT", "REFUSED"))
            self.assertGreaterEqual(metric(server, 'waymark_dns_query_log_total{result="logged"}'), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
