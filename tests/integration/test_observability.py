"""What the log and the metrics tell, also of those who would rather they told something else."""
import json
import re
import shutil
import socket
import unittest

import dns.message
import dns.name
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from waymark import Server, wait_for

# Of every limit what it did, of everything that may grow old how old it is (OBS-3).
NAMES = {
    "waymark_dns_dropped_total": {"malformed", "no_space", "send", "rate_limit"},
    "waymark_dns_rrl_total": {"drop", "slip", "log"},
    "waymark_dns_cookies_total": {"good", "bad", "client_only"},
    "waymark_dns_query_log_total": {"logged", "lost"},
    "waymark_webhook_total": {"delivered", "retried", "failed", "dropped"},
    **dict.fromkeys((
        "waymark_dns_tcp_connections", "waymark_dns_tcp_refused_total", "waymark_policy_fallback_total", "waymark_image_generation",
        "waymark_worker_generation", "waymark_generation_quarantined", "waymark_generation_known_good", "waymark_store_up", "waymark_health_frozen", "waymark_health_checks_held_back", "waymark_health_unstable",
        "waymark_health_removals", "waymark_health_removal_budget", "waymark_health_references", "waymark_health_references_answering",
        "waymark_check_late_total", "waymark_check_not_counted_total", "waymark_checks_in_flight", "waymark_verdicts_dropped_total",
        "waymark_webhook_queued", "waymark_metrics_dropped_series_total", "process_open_fds", "process_resident_memory_bytes"), set()),
}


class Metrics(unittest.TestCase):
    def test_every_limit_is_there(self):  # OBS-3
        with Server(workers=1) as server:
            server.zone("m.test")
            text = server.must("GET", "/metrics")
            for name, values in NAMES.items():
                samples = re.findall(rf"^{name}(?:{{(.*)}})? \S+$", text, re.M)
                self.assertTrue(samples, name)
                told = {value for labels in samples for value in re.findall(r'="([^"]*)"', labels)}
                self.assertLessEqual(values, told, name)

    def test_are_open_metrics_for_who_asks(self):  # judged by Prometheus' own reader
        with Server(workers=1) as server:
            server.zone("m.test")
            server.call("GET", "/metrics")  # so that requests have a histogram
            reply = server.call("GET", "/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"})
            self.assertEqual(reply.headers["Content-Type"], "application/openmetrics-text; version=1.0.0; charset=utf-8")
            families = {one.name: one for one in text_string_to_metric_families(reply.text)}
            self.assertEqual(families["waymark_dns_queries"].type, "counter")
            self.assertEqual(families["waymark_store_commit_duration_seconds"].type, "histogram")
            commits = [s.value for s in families["waymark_store_commit_duration_seconds"].samples if s.name.endswith("_count")]
            self.assertGreaterEqual(commits[0], 1)

    def test_names_are_escaped(self):  # PKT-8: a zone's name with a quote and a backslash in it
        with Server(workers=1) as server:
            server.must("POST", "/v1/zones", {"name": r"a\"b\\c.test"})
            text = server.must("GET", "/metrics")
            self.assertRegex(text, r'(?m)^waymark_zone_serial\{zone="a.*c\.test\.",id="Z[0-9A-Z]+"\} 1$')
            for line in text.splitlines():
                self.assertRegex(line, r'^(#.*|[a-z_:]+(\{([a-z_]+="([^"\\]|\\["\\n])*",?)+\})? \S+)$')


class HostileNames(unittest.TestCase):
    LABELS = [b'"', b"\\", b'x","event":"forged', b"a\nb", b"a\r\nevent=forged", b"\x00", b"\x7f\x80\xff", b"\xe2\x80\xa8", b"a b=c", b".", b"{}", b"\x1b[31m"]

    def test_make_one_line_each_that_parses(self):  # OBS-1
        server = Server("--query-log", "1/1", "--log-format", "json", workers=1).start(wait=False)
        try:
            wait_for("the ready line", lambda: '"event":"ready"' in server.log())
            self.ask(server)
        finally:
            server.stop()
            shutil.rmtree(server.directory)

    def ask(self, server):
        names = [dns.name.Name([label, b"test", b""]) for label in self.LABELS]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(5)
            for name in names:
                sock.sendto(dns.message.make_query(name, "A").to_wire(), ("127.0.0.1", server.dns_port))
                sock.recv(4096)
        wait_for("the log", lambda: server.log().count('"type":"A"') >= len(names))
        lines = [json.loads(line) for line in server.log().splitlines()]
        self.assertNotIn("forged", {line["event"] for line in lines})
        told = [dns.name.from_text(line["name"]) for line in lines if line["event"] == "query" and line["name"] != "."]
        self.assertEqual(told, names)


if __name__ == "__main__":
    unittest.main(verbosity=2)
