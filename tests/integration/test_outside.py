"""External aliases and learned latency: what the server finds out about the world outside."""
import pathlib
import shutil
import socket
import tempfile
import threading
import unittest

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from waymark import Server, a, free_port, wait_for, wait_for_every_worker


class Resolver:
    """A real DNS server on loopback that can be told what to answer, or how to misbehave."""

    def __init__(self):
        self.records = {}  # (name, type) → (ttl, [values]); a CNAME under its own type
        self.mode, self.asked = "answer", 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def put(self, name, rdtype, ttl, *values):
        self.records[name, rdtype] = (ttl, list(values))

    def serve(self):
        while True:
            try:
                wire, source = self.socket.recvfrom(4096)
            except OSError:
                return
            if not wire:
                return
            self.asked += 1
            if self.mode == "silent":
                continue
            self.socket.sendto(self.reply(dns.message.from_wire(wire)).to_wire(), source)

    def reply(self, query):
        reply = dns.message.make_response(query, recursion_available=True)
        if self.mode == "servfail":
            reply.set_rcode(dns.rcode.SERVFAIL)
            return reply
        name, rdtype = query.question[0].name.to_text(), dns.rdatatype.to_text(query.question[0].rdtype)
        while (name, "CNAME") in self.records:
            ttl, values = self.records[name, "CNAME"]
            reply.answer.append(dns.rrset.from_text(name, ttl, "IN", "CNAME", *values))
            name = values[0]
        if (name, rdtype) in self.records:
            ttl, values = self.records[name, rdtype]
            reply.answer.append(dns.rrset.from_text(name, ttl, "IN", rdtype, *values))
        elif not any(known == name for known, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        if self.mode == "wrong id":
            reply.id ^= 1
        if self.mode == "wrong question":
            reply.question[0] = dns.rrset.from_text("other.example.net.", 0, "IN", rdtype)
        return reply

    def close(self):
        self.socket.sendto(b"", self.socket.getsockname())
        self.thread.join()
        self.socket.close()


def external(name, target, rdtype="A", evaluate=False, **more):
    return {"name": name, "type": rdtype, "alias": {"external": target, "evaluate_target_health": evaluate}, **more}


def weighted(weight, set_id):
    return {"set_id": set_id, "routing": {"policy": "weighted", "weight": weight}}


def known(server, target, rdtype="A"):
    for item in server.must("GET", "/v1/external-aliases")["items"]:
        if (item["target"], item["type"]) == (target, rdtype):
            return item
    return None


class ExternalAliases(unittest.TestCase):
    def setUp(self):
        self.resolver = Resolver()
        self.addCleanup(self.resolver.close)
        self.directory = tempfile.mkdtemp(prefix="waymark-outside-")
        self.addCleanup(shutil.rmtree, self.directory, True)
        self.server = self.make()
        self.addCleanup(self.server.stop)
        self.server.start()
        self.zone = self.server.zone("example.com.")["id"]

    def make(self):
        return Server("--resolver", self.resolver.address, "--external-least-ttl", "1", directory=self.directory)

    def alias(self, *records):
        return self.server.in_sync(self.server.change(self.zone, *(("upsert", record) for record in records)))

    def wait_for_answers(self, name, wanted, rdtype="A"):
        wait_for_every_worker(f"{name} {rdtype} {wanted}", lambda: self.server.answers(name, wanted, rdtype), 20)

    def test_the_apex_answers_with_the_addresses_at_the_end_of_the_chain(self):
        self.resolver.put("lb.example.net.", "CNAME", 300, "pool.example.net.")
        self.resolver.put("pool.example.net.", "A", 90, "192.0.2.20", "192.0.2.10")
        self.resolver.put("pool.example.net.", "AAAA", 40, "2001:db8::7")
        self.alias(external("example.com.", "lb.example.net."), external("example.com.", "lb.example.net.", "AAAA"))

        self.wait_for_answers("example.com.", ["192.0.2.10", "192.0.2.20"])
        self.wait_for_answers("example.com.", ["2001:db8::7"], "AAAA")
        answer = self.server.ask("example.com.").answer[0]
        self.assertEqual((answer.name.to_text(), answer.ttl), ("example.com.", 90))  # the least on the way
        item = known(self.server, "lb.example.net.")
        self.assertEqual((item["state"], item["ttl"], item["addresses"], item["names"]),
                         ("fresh", 90, ["192.0.2.10", "192.0.2.20"], [{"name": "example.com.", "zone_id": self.zone}]))
        stored = self.server.must("GET", f"/v1/zones/{self.zone}/records?name=example.com.&type=A")["items"][0]
        self.assertEqual(stored["alias"], {"external": "lb.example.net.", "evaluate_target_health": False})

    def test_a_changed_answer_is_served_without_a_change_of_the_zone(self):
        self.resolver.put("lb.example.net.", "A", 1, "192.0.2.1")
        self.alias(external("www.example.com.", "lb.example.net."), external("shop.example.com.", "lb.example.net."))
        self.wait_for_answers("www.example.com.", ["192.0.2.1"])
        before = self.server.must("GET", f"/v1/zones/{self.zone}")

        self.resolver.put("lb.example.net.", "A", 1, "192.0.2.2")

        self.wait_for_answers("www.example.com.", ["192.0.2.2"])
        self.wait_for_answers("shop.example.com.", ["192.0.2.2"])
        after = self.server.must("GET", f"/v1/zones/{self.zone}")
        self.assertEqual((before["serial"], before["version"]), (after["serial"], after["version"]))

    def test_before_anybody_has_answered_it_is_servfail_and_not_nodata(self):
        self.resolver.mode = "servfail"
        self.resolver.put("lb.example.net.", "A", 60, "192.0.2.1")
        self.alias(external("www.example.com.", "lb.example.net."))
        query = dns.message.make_query("www.example.com.", "A", use_edns=0)
        reply = dns.query.udp(query, "127.0.0.1", 5, self.server.dns_port)
        self.assertEqual(reply.rcode(), dns.rcode.SERVFAIL)
        self.assertEqual([option.code for option in reply.options], [24])  # RFC 8914 §4.25: invalid data
        wait_for("the error to be told", lambda: known(self.server, "lb.example.net.")["last_error"] == "SERVFAIL")
        told = self.server.must("GET", "/v1/explain?name=www.example.com.&type=A")
        self.assertIn("nobody has resolved this external alias yet", [step["text"] for step in told["steps"]])
        wait_for("the log", lambda: "external_aliases_failing" in self.server.log())

        self.resolver.mode = "answer"
        self.wait_for_answers("www.example.com.", ["192.0.2.1"])

    def test_forged_and_failed_replies_leave_the_last_good_answer(self):
        self.resolver.put("lb.example.net.", "A", 1, "192.0.2.1")
        self.alias(external("www.example.com.", "lb.example.net."))
        self.wait_for_answers("www.example.com.", ["192.0.2.1"])
        self.resolver.put("lb.example.net.", "A", 1, "203.0.113.66")
        for mode in ("servfail", "wrong id", "wrong question", "silent"):
            with self.subTest(mode):
                self.resolver.mode = "answer"
                self.resolver.put("lb.example.net.", "A", 1, "192.0.2.1")
                wait_for("a good answer", lambda: known(self.server, "lb.example.net.")["failures"] == 0, 30)
                self.resolver.mode = mode
                self.resolver.put("lb.example.net.", "A", 1, "203.0.113.66")
                item = wait_for("a failure", lambda: (lambda one: one if one["failures"] > 0 else None)(
                    known(self.server, "lb.example.net.")), 30)
                self.assertNotEqual(item["last_error"], "")
                self.assertEqual(item["addresses"], ["192.0.2.1"])
                self.assertEqual(self.server.values("www.example.com."), ["192.0.2.1"])
        metrics = self.server.must("GET", "/metrics")
        self.assertIn('waymark_external_alias_targets{state="stale"} 1', metrics)

    def test_a_start_with_the_resolver_down_answers(self):
        self.resolver.put("lb.example.net.", "A", 60, "192.0.2.1")
        self.alias(external("www.example.com.", "lb.example.net."))
        self.wait_for_answers("www.example.com.", ["192.0.2.1"])
        self.server.stop()
        self.resolver.mode = "silent"

        again = self.make()
        self.addCleanup(again.stop)
        again.start()
        self.server = again
        self.wait_for_answers("www.example.com.", ["192.0.2.1"])
        self.alias(external("new.example.com.", "lb.example.net."))  # compiled from what is kept
        self.wait_for_answers("new.example.com.", ["192.0.2.1"])

    def test_what_does_not_exist_has_no_data(self):
        self.resolver.put("lb.example.net.", "A", 60, "192.0.2.1")
        self.alias(external("www.example.com.", "gone.example.net."), external("v6.example.com.", "lb.example.net.", "AAAA"))
        for name, rdtype in (("www.example.com.", "A"), ("v6.example.com.", "AAAA")):
            wait_for_every_worker("no data", lambda: (lambda reply: reply.rcode() == dns.rcode.NOERROR and not reply.answer)(
                self.server.ask(name, rdtype)))
            reply = self.server.ask(name, rdtype)
            self.assertEqual(reply.authority[0].rdtype, dns.rdatatype.SOA)  # RFC 2308 §2.2

    def test_a_member_of_a_group_is_as_healthy_as_its_last_answer(self):
        self.resolver.put("lb.example.net.", "A", 1, "192.0.2.1")
        self.alias(external("www.example.com.", "lb.example.net.", evaluate=True, set_id="lb",
                            routing={"policy": "failover", "role": "primary"}),
                   a("www.example.com.", "198.51.100.1", set_id="spare", routing={"policy": "failover", "role": "secondary"}))
        self.wait_for_answers("www.example.com.", ["192.0.2.1"])
        self.resolver.records.clear()
        self.wait_for_answers("www.example.com.", ["198.51.100.1"])
        self.resolver.put("lb.example.net.", "A", 1, "192.0.2.3")
        self.wait_for_answers("www.example.com.", ["192.0.2.3"])

    def test_explain_says_where_the_records_come_from(self):
        self.resolver.put("lb.example.net.", "A", 60, "192.0.2.1")
        self.alias(external("www.example.com.", "lb.example.net.", **weighted(1, "out")),
                   a("www.example.com.", "198.51.100.1", **weighted(0, "in")))
        self.wait_for_answers("www.example.com.", ["192.0.2.1"])
        told = self.server.must("GET", "/v1/explain?name=www.example.com.&type=A")
        texts = [step["text"] for step in told["steps"] if step["kind"] == "external"]
        self.assertEqual(len(texts), 1)
        self.assertTrue(texts[0].startswith("out: external alias of lb.example.net., 1 addresses resolved at "), texts)

    def test_explain_tells_what_nobody_has_resolved_and_why_a_member_is_out(self):
        self.resolver.mode = "silent"
        self.alias(external("www.example.com.", "lb.example.net."))
        told = self.server.must("GET", "/v1/explain?name=www.example.com.&type=A")
        text = " ".join(step["text"] for step in told["steps"])
        self.assertIn("lb.example.net. is elsewhere and not resolved yet", text)
        self.assertNotIn("no such records", text)
        self.assertEqual([step["text"] for step in told["steps"] if step["kind"] == "external"][0].split(":")[0],
                         "external alias of lb.example.net., not resolved yet")
        self.resolver.mode = "answer"
        self.alias(external("group.example.com.", "gone.example.net.", evaluate=True, set_id="gone",
                            routing={"policy": "failover", "role": "primary"}),
                   a("group.example.com.", "198.51.100.1", set_id="spare", routing={"policy": "failover", "role": "secondary"}))
        wait_for("an answer of none", lambda: (known(self.server, "gone.example.net.") or {}).get("state") == "no_address", 20)
        self.wait_for_answers("group.example.com.", ["198.51.100.1"])
        told = self.server.must("GET", "/v1/explain?name=group.example.com.&type=A")
        out = [one for step in told["steps"] for one in step.get("candidates", []) if one["label"] == "gone"][0]
        self.assertEqual(out["because"], [{"external_target": "gone.example.net.", "type": "A"}])

    def test_a_start_without_the_file_of_answers_goes_on_from_the_image(self):
        self.resolver.put("lb.example.net.", "A", 60, "192.0.2.1")
        self.alias(external("www.example.com.", "lb.example.net."))
        self.wait_for_answers("www.example.com.", ["192.0.2.1"])
        self.server.stop()
        for path in pathlib.Path(self.directory).glob("outside.db*"):
            path.unlink()
        self.resolver.mode = "silent"
        again = self.make()
        self.addCleanup(again.stop)
        again.start()
        self.server = again
        self.alias(external("www.example.com.", "lb.example.net."), external("new.example.com.", "lb.example.net."),
                   a("other.example.com.", "192.0.2.7"))
        self.wait_for_answers("new.example.com.", ["192.0.2.1"])
        self.wait_for_answers("www.example.com.", ["192.0.2.1"])
        self.assertEqual(known(self.server, "lb.example.net.")["addresses"], ["192.0.2.1"])

    def test_a_simulation_knows_what_was_resolved(self):
        self.resolver.put("lb.example.net.", "A", 60, "192.0.2.1")
        self.alias(external("www.example.com.", "lb.example.net.", evaluate=True, **weighted(1, "out")),
                   a("www.example.com.", "198.51.100.1", **weighted(1, "in")))
        wait_for("both", lambda: len({tuple(self.server.values("www.example.com.")) for _ in range(40)}) == 2)
        batch = {"changes": [{"action": "create", "record": {"name": "www.example.com.", "type": "TXT", "ttl": 60, "values": ['"x"']}}]}
        for more in ({}, {"zone": "example.com.", "batch": batch}):
            told = self.server.must("POST", "/v1/simulate", {"name": "www.example.com.", "type": "A", **more})
            self.assertEqual({one["set_id"]: (one["before"], one["after"]) for one in told["sets"]}, {"out": (0.5, 0.5), "in": (0.5, 0.5)})
            self.assertEqual({one["value"] for one in told["endpoints"]}, {"192.0.2.1", "198.51.100.1"})

    def test_bad_targets_are_refused_with_all_faults(self):
        self.server.zone("example.org.")
        reply = self.server.call("POST", f"/v1/zones/{self.zone}/changes", {"changes": [
            {"action": "create", "record": external("a.example.com.", "b.example.com.")},
            {"action": "create", "record": external("b.example.com.", "www.example.org.")},
            {"action": "create", "record": external("c.example.com.", "lb.example.net.", "TXT")},
            {"action": "create", "record": external("d.example.com.", "*.example.net.")},
            {"action": "create", "record": {"name": "e.example.com.", "type": "A", "alias": {
                "name": "x.example.com.", "external": "lb.example.net."}}}]})
        self.assertEqual(reply.status, 422)
        faults = {(fault["pointer"], fault["code"]) for fault in reply.json["errors"]}
        self.assertEqual(faults, {("/changes/0/record/alias/external", "bad_value"),
                                  ("/changes/1/record/alias/external", "bad_value"),
                                  ("/changes/2/record/type", "bad_type"),
                                  ("/changes/3/record/alias/external", "bad_name"),
                                  ("/changes/4/record/alias/external", "bad_value")})
        self.assertIn("plain alias", reply.text)

    def test_the_command_line_and_the_zone_file_know_it(self):
        self.resolver.put("lb.example.net.", "A", 60, "192.0.2.1")
        done = self.server.cli("record", "set", "example.com.", "www.example.com.", "A", "--external-alias", "lb.example.net.")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.wait_for_answers("www.example.com.", ["192.0.2.1"])
        text = self.server.call("GET", f"/v1/zones/{self.zone}/zonefile").text
        self.assertIn('"external":"lb.example.net."', text)
        put = self.server.call("PUT", f"/v1/zones/{self.zone}/zonefile", text, headers={"Content-Type": "text/dns"})
        self.assertLess(put.status, 300, put.text)
        self.assertEqual(self.server.values("www.example.com."), ["192.0.2.1"])


class LearnedLatency(unittest.TestCase):
    FLAGS = ("--latency-interval", "1", "--latency-least-samples", "3")

    def samples(self, server, prefix, region, ms, count=3):
        return server.must("POST", "/v1/latency/samples",
                           {"samples": [{"prefix": prefix, "region": region, "ms": ms}] * count})

    def two_regions(self, server):
        zone = server.zone("example.com.")["id"]
        server.in_sync(server.change(zone, *(
            ("create", a("www.example.com.", address, set_id=region, routing={"policy": "latency", "region": region}))
            for region, address in (("eu-west-1", "192.0.2.1"), ("us-east-1", "192.0.2.2")))))

    def wait_for_subnet(self, server, subnet, wanted, scope):
        def good():
            reply = server.ask("www.example.com.", subnet=subnet)
            return ([rd.to_text() for rrset in reply.answer for rd in rrset], reply.options[0].scopelen) == ([wanted], scope)
        wait_for_every_worker(f"{subnet} {wanted} /{scope}", good, 20)

    def test_what_clients_measured_moves_their_answers_and_outlives_a_restart(self):
        directory = tempfile.mkdtemp(prefix="waymark-outside-")
        self.addCleanup(shutil.rmtree, directory, True)
        with Server(*self.FLAGS, directory=directory) as server:
            self.two_regions(server)
            self.assertEqual(self.samples(server, "203.0.113.0/24", "us-east-1", 12.5)["accepted"], 3)
            self.samples(server, "203.0.113.0/24", "eu-west-1", 80)
            self.wait_for_subnet(server, "203.0.113.0/28", "192.0.2.2", 24)
            told = server.must("GET", "/v1/explain?name=www.example.com.&type=A&subnet=203.0.113.0/28")
            candidates = {one["label"]: (one["milliseconds"], one["milliseconds_from"]) for step in told["steps"] for one in step.get("candidates", [])}
            self.assertEqual(candidates, {"eu-west-1 (eu-west-1)": (80, "learned"), "us-east-1 (us-east-1)": (13, "learned")})

            server.must("PUT", "/v1/latency", {"entries": [{"prefix": "203.0.112.0/20", "latencies": {"eu-west-1": 5}}]})
            self.wait_for_subnet(server, "203.0.113.0/28", "192.0.2.1", 24)  # the operator's word, though less exact
            table = server.must("GET", "/v1/latency")
            self.assertEqual(table["counts"], {"operator": 1, "learned": 2, "learned_waiting": 0})
            self.assertEqual(table["learned"][0]["regions"]["eu-west-1"]["ms"], 80)
            server.must("PUT", "/v1/latency", {"entries": []})
            self.wait_for_subnet(server, "203.0.113.0/28", "192.0.2.2", 24)
        with Server(*self.FLAGS, directory=directory) as server:
            self.wait_for_subnet(server, "203.0.113.0/28", "192.0.2.2", 24)
            self.assertEqual(server.must("GET", "/v1/latency")["counts"]["learned"], 2)

    def test_prefixes_times_regions_are_bounded(self):
        """Each prefix has a figure for every region: 16,000,000 at most."""
        with Server(*self.FLAGS) as server:
            server.must("PUT", "/v1/regions", {"regions": [{"name": f"own-{i}"} for i in range(1000)]})
            regions = len(server.must("GET", "/v1/regions")["items"])
            samples = lambda first, count: {"samples": [{"prefix": f"10.{n >> 8}.{n & 255}.0/24", "region": f"own-{n % 1000}", "ms": 20}
                                                        for n in range(first, first + count)]}
            fit = 16_000_000 // regions
            server.must("POST", "/v1/latency/samples", samples(0, 10_000))
            server.must("POST", "/v1/latency/samples", samples(10_000, fit - 10_000))
            refused = server.call("POST", "/v1/latency/samples", samples(fit, 1))
            self.assertEqual((refused.status, refused.json["code"], refused.json["pointer"]), (413, "too_large", "/samples"), refused.text)
            self.assertIn(f"{fit + 1} prefixes and {regions} regions", refused.text)
            server.must("POST", "/v1/latency/samples", samples(0, 10))  # those are known
            refused = server.call("PUT", "/v1/regions", {"regions": [{"name": f"more-{i}"} for i in range(20)]})
            self.assertEqual((refused.status, refused.json["code"]), (413, "too_large"), refused.text)
            refused = server.call("PUT", "/v1/latency", "".join(f"10.{n >> 8}.{n & 255}.0/24,own-1,5\n" for n in range(fit + 1)),
                                  headers={"Content-Type": "text/csv"})
            self.assertEqual((refused.status, refused.json["code"]), (413, "too_large"), refused.text)

    def test_too_few_samples_do_not_count(self):
        with Server(*self.FLAGS) as server:
            self.samples(server, "203.0.113.0/24", "us-east-1", 12, count=2)
            self.assertEqual(server.must("GET", "/v1/latency")["counts"], {"operator": 0, "learned": 0, "learned_waiting": 1})

    def test_bad_samples_are_refused_with_all_faults_and_none_counts(self):
        with Server(*self.FLAGS) as server:
            good = {"prefix": "203.0.113.0/24", "region": "us-east-1", "ms": 10}
            reply = server.call("POST", "/v1/latency/samples", {"samples": [
                good, {**good, "prefix": "203.0.113.1/24"}, {**good, "region": "moon-1"}, {**good, "ms": -1},
                {"prefix": "203.0.113.0/24", "region": "us-east-1"}, {**good, "ttl": 5}]})
            self.assertEqual(reply.status, 422)
            self.assertEqual({fault["pointer"] for fault in reply.json["errors"]},
                             {"/samples/1/prefix", "/samples/2/region", "/samples/3/ms", "/samples/4/ms", "/samples/5/ttl"})
            self.assertEqual(server.must("GET", "/v1/latency")["learned"], [])
            self.assertEqual(server.call("POST", "/v1/latency/samples", {"samples": [good] * 10_001}).status, 413)

    def test_the_command_line_sends_a_file(self):
        with Server(*self.FLAGS) as server:
            lines = "prefix,region,ms\n" + "2001:db8::/48,eu-west-1,20.5\n" * 3
            done = server.cli("latency", "samples", "-", stdin=lines)
            self.assertEqual((done.returncode, done.stdout), (0, "3 samples taken\n"), done.stderr)
            wait_for("it to count", lambda: server.must("GET", "/v1/latency")["counts"]["learned"] == 1)


if __name__ == "__main__":
    unittest.main()
