"""Zones and records over REST are answered over DNS."""
import threading
import unittest

import dns.rcode

import dns.name

from waymark import Server, a, wait_for_every_worker


class Zones(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def test_a_new_zone_answers_soa_and_ns_and_refuses_other_names(self):
        zone = self.server.zone("one.test")
        self.assertEqual(zone["name"], "one.test.")
        soa = self.server.values("one.test", "SOA")[0]
        self.assertEqual(soa, "ns1.one.test. hostmaster.one.test. 1 7200 900 1209600 86400")
        self.assertEqual(self.server.values("one.test", "NS"), ["ns1.one.test."])
        self.assertEqual(self.server.ask("elsewhere.test").rcode(), dns.rcode.REFUSED)
        missing = self.server.ask("nothing.one.test")
        self.assertEqual(missing.rcode(), dns.rcode.NXDOMAIN)
        self.assertEqual(missing.authority[0].ttl, 900)

    def test_an_acknowledged_change_is_in_the_answers_and_the_serial_goes_up(self):
        self.server.zone("two.test")
        change = self.server.change("two.test", ("create", a("www.two.test", "192.0.2.1", "192.0.2.2")),
                                    ("create", {"name": "two.test", "type": "MX", "ttl": 300, "values": ["10 www.two.test."]}),
                                    ("create", {"name": "*.wild.two.test", "type": "TXT", "ttl": 5, "values": ['"hello there"']}),
                                    ("create", {"name": "c.two.test", "type": "CNAME", "ttl": 5, "values": ["www.two.test."]}),
                                    ("create", {"name": "x.two.test", "type": "TYPE65280", "ttl": 5, "values": ["\\# 2 abcd"]}))
        self.assertIn(change["status"], ("pending", "in_sync"))
        self.server.in_sync(change)

        self.assertEqual(self.server.values("www.two.test"), ["192.0.2.1", "192.0.2.2"])
        self.assertEqual(self.server.values("two.test", "MX"), ["10 www.two.test."])
        self.assertEqual(self.server.values("any.deep.wild.two.test", "TXT"), ['"hello there"'])
        self.assertEqual(self.server.ask("wild.two.test").rcode(), dns.rcode.NOERROR)  # empty non-terminal
        self.assertEqual(self.server.values("c.two.test"), ["192.0.2.1", "192.0.2.2"])
        self.assertEqual(self.server.values("x.two.test", "TYPE65280"), ["\\# 2 abcd"])
        self.assertEqual(self.server.values("www.two.test", tcp=True), ["192.0.2.1", "192.0.2.2"])
        self.assertIn(f" {change['serial']} ", self.server.values("two.test", "SOA")[0])

    def test_the_end_state_of_a_batch_counts_not_its_order(self):
        self.server.zone("order.test")
        self.server.change("order.test", ("create", a("www.order.test", "192.0.2.1")))
        change = self.server.change(
            "order.test",
            ("create", {"name": "www.order.test", "type": "CNAME", "ttl": 5, "values": ["elsewhere.example."]}),
            ("delete", a("www.order.test", "192.0.2.1")))
        self.server.in_sync(change)
        self.assertEqual(self.server.values("www.order.test", "CNAME"), ["elsewhere.example."])

    def test_a_delegation_is_answered_by_a_referral_with_glue(self):
        self.server.zone("cut.test")
        self.server.in_sync(self.server.change(
            "cut.test", ("create", {"name": "sub.cut.test", "type": "NS", "ttl": 60, "values": ["ns.sub.cut.test."]}),
            ("create", a("ns.sub.cut.test", "192.0.2.53"))))

        reply = self.server.ask("www.sub.cut.test")

        self.assertFalse(reply.answer)
        self.assertEqual(reply.authority[0].to_text(), "sub.cut.test. 60 IN NS ns.sub.cut.test.")
        self.assertEqual(reply.additional[0].to_text(), "ns.sub.cut.test. 60 IN A 192.0.2.53")

    def test_a_zone_with_policies_comes_back_whole_from_its_export(self):
        self.server.zone("whole.test")
        check = self.server.must("POST", "/v1/health-checks", {"type": "tcp", "address": "10.0.0.1", "port": 80})["id"]
        weighted = lambda set_id, value: {**a("w.whole.test", value), "set_id": set_id, "routing": {"policy": "weighted", "weight": 7}, "health_check_id": check}
        self.server.change("whole.test", ("create", weighted("x", "192.0.2.1")), ("create", weighted("y", "192.0.2.2")),
                           ("create", {"name": "whole.test", "type": "A", "alias": {"name": "w.whole.test", "evaluate_target_health": True}}))
        before = self.server.must("GET", "/v1/zones/whole.test/records")["items"]
        text = self.server.call("GET", "/v1/zones/whole.test/zonefile").text

        self.assertEqual(self.server.call("PUT", "/v1/zones/whole.test/zonefile", text).status, 200)
        after = self.server.must("GET", "/v1/zones/whole.test/records")["items"]
        strip = lambda sets: [{**s, "values": None if s["type"] == "SOA" else s.get("values")} for s in sets]
        self.assertEqual(strip(after), strip(before))

        bad = self.server.call("PUT", "/v1/zones/whole.test/zonefile?file=my.zone", text.replace(check, "no-such-check").replace('"weight":7', '"weight":70000'))
        self.assertEqual(bad.status, 422, bad.text)
        self.assertRegex(bad.text, r"my\.zone:\d+:12: weight 70000")

    def test_no_change_of_a_health_check_is_lost_to_another(self):  # API-9
        check = self.server.must("POST", "/v1/health-checks", {"type": "tcp", "address": "10.0.0.1", "port": 80})["id"]
        path = f"/v1/health-checks/{check}"
        for fall in range(1, 9):
            state = ("up", "down")[fall % 2]
            threads = [threading.Thread(target=self.server.must, args=("PUT", path + "/override", {"state": state})),
                       threading.Thread(target=self.server.must, args=("PATCH", path, {"fall": fall}))]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            shown = self.server.must("GET", path)
            self.assertEqual((shown["fall"], shown["override"]["state"]), (fall, state))
        self.assertEqual(self.server.call("PATCH", path, {"fall": 1}, headers={"If-Match": '"1"'}).status, 412)

    def test_a_health_check_in_use_goes_only_by_force(self):
        self.server.zone("force.test")
        check = self.server.must("POST", "/v1/health-checks", {"type": "tcp", "address": "10.0.0.1", "port": 80})["id"]
        record = {**a("f.force.test", "192.0.2.1"), "set_id": "x", "routing": {"policy": "weighted", "weight": 1}, "health_check_id": check}
        self.server.in_sync(self.server.change("force.test", ("create", record)))
        self.assertEqual(self.server.call("DELETE", f"/v1/health-checks/{check}").status, 409)
        self.assertEqual(self.server.call("DELETE", f"/v1/health-checks/{check}?force=true").status, 204)
        self.assertEqual(self.server.values("f.force.test"), ["192.0.2.1"])

    def test_a_name_too_long_for_its_defaults_is_refused_and_nothing_dies(self):
        control = self.server.pids("control")
        for octets in (244, 245, 251, 253):
            labels = [("a" * 61)] * 3
            name = ".".join(labels + ["b" * (octets - 3 * 62 - 5), "test"])
            reply = self.server.call("POST", "/v1/zones", {"name": name})
            self.assertIn(reply.status, (201, 422), f"{octets}: {reply.text}")
        self.assertEqual(self.server.pids("control"), control)

    def test_a_dot_or_a_nul_inside_a_label_is_an_octet_like_any_other(self):  # PKT-8
        self.server.zone("o.test")
        written = r"a\.b\000\255\"C.o.test."
        change = self.server.change("o.test", ("create", a(written, "192.0.2.1")), ("create", a("a.b.o.test", "192.0.2.2")))
        self.server.in_sync(change)
        asked = dns.name.Name([b'A.b\x00\xff"c', b"o", b"test", b""])
        self.assertEqual(self.server.values(asked), ["192.0.2.1"])
        self.assertEqual(self.server.values("a.b.o.test"), ["192.0.2.2"])
        self.assertEqual(self.server.values(dns.name.Name([b"a.b\x00\xdf\"c", b"o", b"test", b""])), [])
        names = {dns.name.from_text(one["name"]) for one in self.server.must("GET", "/v1/zones/o.test/records?type=A")["items"]}
        self.assertEqual(names, {asked, dns.name.from_text("a.b.o.test.")})
        file = self.server.must("GET", "/v1/zones/o.test/zonefile")
        self.server.must("PUT", "/v1/zones/o.test/zonefile", file, headers={"Content-Type": "text/dns"})
        self.assertEqual(self.server.values(asked), ["192.0.2.1"])

    def test_a_token_of_one_zone_reaches_no_other(self):
        self.server.zone("mine.test")
        self.server.zone("yours.test")
        self.assertEqual(self.server.call("POST", "/v1/tokens", {"scope": "admin", "zones": []}).status, 422)
        self.assertEqual(self.server.call("POST", "/v1/tokens", {"scope": "admin", "zones": ["nowhere.test"]}).status, 404)
        token = self.server.must("POST", "/v1/tokens", {"scope": "admin", "zones": ["mine.test"]})["token"]
        body = {"changes": [{"action": "create", "record": a("w.mine.test", "192.0.2.1")}]}
        done = self.server.call("POST", "/v1/zones/mine.test/changes", body, token=token)
        self.assertEqual(done.status, 201, done.text)
        self.assertEqual(self.server.call("GET", done.headers["Location"], token=token).status, 200)
        foreign = self.server.change("yours.test", ("create", a("w.yours.test", "192.0.2.1")))
        self.assertEqual(self.server.call("GET", f"/v1/changes/{foreign['id']}", token=token).status, 403)
        for method, path in (("GET", "/v1/zones/yours.test"), ("GET", "/v1/zones"), ("GET", "/v1/tokens"), ("GET", "/v1/health-checks")):
            self.assertEqual(self.server.call(method, path, token=token).status, 403, path)

    def test_a_bad_batch_names_every_fault_with_its_pointer_and_changes_nothing(self):
        zone = self.server.zone("bad.test")
        body = {"changes": [
            {"action": "create", "record": a("ok.bad.test", "192.0.2.1")},
            {"action": "create", "record": a("www.bad.test", "300.0.2.1")},
            {"action": "create", "record": a("www.elsewhere.test", "192.0.2.1")},
            {"action": "delete", "record": a("missing.bad.test", "192.0.2.1")},
            {"action": "create", "record": {**a("w.bad.test", "192.0.2.1"), "set_id": "x", "routing": {"policy": "weighted", "weight": 70000}}}]}

        reply = self.server.call("POST", "/v1/zones/bad.test/changes", body)

        self.assertEqual(reply.headers["Content-Type"].split(";")[0], "application/problem+json")
        self.assertGreaterEqual(reply.status, 400)
        pointers = sorted(error["pointer"] for error in reply.json["errors"])
        self.assertEqual([p.split("/")[2] for p in pointers], ["1", "2", "3", "4"], reply.text)
        self.assertEqual(self.server.must("GET", "/v1/zones/bad.test")["version"], zone["version"])

    def test_if_version_and_if_match_refuse_a_change_built_on_an_older_zone(self):
        zone = self.server.zone("race.test")
        self.server.change("race.test", ("create", a("a.race.test", "192.0.2.1")), if_version=zone["version"])
        body = {"if_version": zone["version"], "changes": [{"action": "create", "record": a("b.race.test", "192.0.2.1")}]}
        self.assertEqual(self.server.call("POST", "/v1/zones/race.test/changes", body).status, 412)

    def test_dry_run_stores_nothing(self):
        self.server.zone("dry.test")
        body = {"changes": [{"action": "create", "record": a("a.dry.test", "192.0.2.1")}]}
        self.assertEqual(self.server.call("POST", "/v1/zones/dry.test/changes?dry_run=true", body).status, 200)
        self.assertEqual(self.server.call("GET", "/v1/zones/dry.test/records?name=a.dry.test").json["items"], [])

    def test_a_zone_file_goes_in_and_comes_out_again(self):
        text = "$ORIGIN file.test.\n$TTL 300\n@ SOA ns1 host 5 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.53\nwww 60 A 192.0.2.80\n"
        self.server.zone("file.test")
        reply = self.server.call("PUT", "/v1/zones/file.test/zonefile", text, {"Content-Type": "text/dns"})
        self.assertLess(reply.status, 300, reply.text)
        wait_for_every_worker("the import", lambda: self.server.values("www.file.test") == ["192.0.2.80"])

        out = self.server.must("GET", "/v1/zones/file.test/zonefile")
        self.assertTrue(out.startswith("file.test."), out)
        self.assertIn("www.file.test.\t60\tIN\tA\t192.0.2.80".split("\t")[0], out)
        again = self.server.call("PUT", "/v1/zones/file.test/zonefile", out, {"Content-Type": "text/dns"})
        self.assertLess(again.status, 300, again.text)

    def test_a_bad_zone_file_names_line_and_column_and_changes_nothing(self):
        zone = self.server.zone("badfile.test")
        text = "$ORIGIN badfile.test.\n$TTL 300\n@ SOA ns1 host 5 7200 900 1209600 300\n@ NS ns1\nwww A 192.0.2.999\nw2 A (\n"
        reply = self.server.call("PUT", "/v1/zones/badfile.test/zonefile", text, {"Content-Type": "text/dns"})
        self.assertGreaterEqual(reply.status, 400)
        self.assertIn(":5:7", reply.text)
        self.assertEqual(self.server.must("GET", "/v1/zones/badfile.test")["version"], zone["version"])

    def test_no_token_is_refused_and_the_probes_need_none(self):
        self.assertEqual(self.server.call("GET", "/v1/zones", token="wm_x_y").status, 401)
        self.assertEqual(self.server.call("GET", "/livez", token="").status, 200)
        self.assertEqual(self.server.call("GET", "/readyz", token="").status, 200)

    def test_a_deleted_zone_is_refused_again(self):
        self.server.zone("gone.test")
        self.server.change("gone.test", ("create", a("www.gone.test", "192.0.2.1")))
        self.assertEqual(self.server.call("DELETE", "/v1/zones/gone.test").status, 409)
        self.server.must("DELETE", "/v1/zones/gone.test?force=true")
        wait_for_every_worker("its end", lambda: self.server.ask("www.gone.test").rcode() == dns.rcode.REFUSED)

    def test_names_that_are_none_of_the_dns_are_refused(self):
        for name, rfc in (("example.alt", "RFC 9476"), ("alt", "RFC 9476"), ("Example.ONION", "RFC 7686")):
            for reply in (self.server.call("POST", "/v1/zones", {"name": name}),
                          self.server.call("PUT", f"/v1/zones/{name}./zonefile?create=true", "@ SOA a b 1 2 3 4 5\n@ NS ns.test.\n",
                                           headers={"Content-Type": "text/dns"})):
                self.assertEqual(reply.status, 422, reply.text)
                self.assertIn(rfc, reply.text)
        for name in ("home.arpa", "onion.test", "cluster.local"):
            self.server.zone(name)

    def test_the_reverse_zones_of_private_addresses_come_with_one_command(self):
        made = self.server.cli("zone", "create", "--local-reverse")
        self.assertEqual((made.returncode, made.stdout), (0, "97 zones made, 0 were there\n"), made.stderr)
        again = self.server.cli("zone", "create", "--local-reverse")
        self.assertEqual(again.stdout, "0 zones made, 97 were there\n")
        wait_for_every_worker("the last zone", lambda: self.server.ask(f"1.{'0.' * 31}ip6.arpa", "SOA").rcode() == dns.rcode.NOERROR)
        absent = self.server.ask("1.2.31.172.in-addr.arpa", "PTR")
        self.assertEqual(absent.rcode(), dns.rcode.NXDOMAIN)
        self.assertEqual(absent.authority[0].to_text(),  # RFC 6303 §3
                         "31.172.in-addr.arpa. 10800 IN SOA 31.172.in-addr.arpa. nobody.invalid. 1 3600 1200 604800 10800")
        self.assertEqual(self.server.cli("zone", "create").returncode, 2)

    def test_metrics_and_openapi_are_served(self):
        self.assertIn("waymark_dns_queries_total", self.server.must("GET", "/metrics"))
        self.assertEqual(self.server.must("GET", "/openapi.json")["openapi"], "3.1.0")


if __name__ == "__main__":
    unittest.main(verbosity=2)
