"""Private zones: who asks decides which zone answers. Clients ask from several addresses of 127.0.0.0/8, real processes answer."""
import os
import re
import signal
import unittest

import dns.flags
import dns.message
import dns.query
import dns.rcode

from waymark import SLOW, Server, a, wait_for, wait_for_every_worker

IN_A, NESTED, IN_B, OUTSIDE = "127.0.1.1", "127.0.1.200", "127.0.2.1", "127.0.0.1"


def cname(name, target):
    return {"name": name, "type": "CNAME", "ttl": 60, "values": [target]}


class Views(unittest.TestCase):
    def setUp(self):
        self.server = Server().start()
        self.addCleanup(lambda: self.assertEqual(self.server.stop(), 0))
        self.a = self.vpc("a", "127.0.1.0/24")
        self.b = self.vpc("b", "127.0.2.0/24")

    def vpc(self, name, *prefixes, **more):
        return self.server.must("POST", "/v1/vpcs", {"name": name, "prefixes": list(prefixes), **more})

    def private(self, name, *vpcs):
        return self.server.must("POST", "/v1/zones", {"name": name, "vpcs": list(vpcs)})["id"]

    def public(self, name):
        return self.server.must("POST", "/v1/zones", {"name": name})["id"]

    def put(self, zone, *records):
        return self.server.in_sync(self.server.change(zone, *(("upsert", record) for record in records)))

    def ask(self, name, source, rdtype="A", tcp=False):
        query = dns.message.make_query(name, rdtype)
        query.flags &= ~dns.flags.RD
        send = dns.query.tcp if tcp else dns.query.udp
        return send(query, "127.0.0.1", 5 * SLOW, self.server.dns_port, source=source)

    def answer(self, name, source, tcp=False):
        reply = self.ask(name, source, tcp=tcp)
        return sorted(rd.to_text() for rrset in reply.answer for rd in rrset) or dns.rcode.to_text(reply.rcode())

    def split(self):
        """One name, public and private for two VPCs."""
        zones = self.public("example.test"), self.private("example.test", "a"), self.private("example.test", self.b["id"])
        self.put(zones[0], a("www.example.test", "192.0.2.1"), a("only.example.test", "192.0.2.9"))
        self.put(zones[1], a("www.example.test", "192.0.2.2"))
        self.put(zones[2], a("www.example.test", "192.0.2.3"))
        return zones

    def test_one_name_has_three_answers_and_a_private_one_is_final(self):
        self.split()
        for tcp in (False, True):
            self.assertEqual(self.answer("www.example.test", OUTSIDE, tcp), ["192.0.2.1"])
            self.assertEqual(self.answer("www.example.test", IN_A, tcp), ["192.0.2.2"])
            self.assertEqual(self.answer("www.example.test", IN_B, tcp), ["192.0.2.3"])
            self.assertEqual(self.answer("only.example.test", OUTSIDE, tcp), ["192.0.2.9"])
            self.assertEqual(self.answer("only.example.test", IN_A, tcp), "NXDOMAIN")
        nodata = self.ask("www.example.test", IN_A, "AAAA")
        self.assertEqual((nodata.rcode(), len(nodata.answer), len(nodata.authority)), (0, 0, 1))

    def test_choices_are_counted_in_every_view(self):
        zones = self.public("count.test"), self.private("count.test", "a")
        for zone, first in zip(zones, (10, 20)):
            self.put(zone, *(a("w.count.test", f"192.0.2.{first + i}", set_id=f"{first}-{i}",
                               routing={"policy": "weighted", "weight": 1}) for i in (1, 2)))
        for source in (OUTSIDE, IN_A):
            for _ in range(20):
                self.answer("w.count.test", source)
        for zone, first in zip(zones, (10, 20)):
            path = f"/v1/zones/{zone}/shares?name=w.count.test&type=A"
            sets = self.server.must("GET", path)["items"]
            self.assertEqual({one["set_id"] for one in sets}, {f"{first}-1", f"{first}-2"})
            self.assertEqual(sum(one["count"] for one in sets), 20)

    def test_a_deleted_private_zone_is_not_made_anew_by_its_id(self):
        zone = self.private("gone.test", "a")
        self.server.must("DELETE", f"/v1/zones/{zone}")
        reply = self.server.call("PUT", f"/v1/zones/{zone}/zonefile?create=true", "@ SOA a b 1 2 3 4 5\n@ NS ns.test.\nw A 192.0.2.1\n",
                                 headers={"Content-Type": "text/dns"})
        self.assertEqual(reply.status, 404, reply.text)
        self.assertEqual(self.server.must("GET", "/v1/zones")["items"], [])

    def test_addresses_that_no_client_asks_from_make_no_vpc(self):
        reply = self.server.call("POST", "/v1/vpcs", {"name": "m", "prefixes": ["::ffff:127.0.9.0/120", "127.0.9.0/24"],
                                                      "listener": "[::ffff:127.0.0.1]:53"})
        self.assertEqual(reply.status, 422, reply.text)
        self.assertEqual({fault["pointer"] for fault in reply.json["errors"]}, {"/prefixes/0", "/listener"})

    def test_the_longest_private_zone_wins_and_links_lead_out(self):
        outer, inner, world = self.private("corp.test", "a"), self.private("sub.corp.test", "a"), self.public("world.test")
        self.put(world, a("www.world.test", "192.0.2.7"))
        self.put(outer, a("www.corp.test", "192.0.2.1"), a("x.sub.corp.test", "192.0.2.2"), cname("out.corp.test", "www.world.test."))
        self.put(inner, a("www.sub.corp.test", "192.0.2.3"), cname("up.sub.corp.test", "www.corp.test."))
        self.assertEqual(self.answer("www.corp.test", IN_A), ["192.0.2.1"])
        self.assertEqual(self.answer("www.sub.corp.test", IN_A), ["192.0.2.3"])
        self.assertEqual(self.answer("x.sub.corp.test", IN_A), "NXDOMAIN")
        self.assertEqual(self.answer("out.corp.test", IN_A), ["192.0.2.7", "www.world.test."])
        self.assertEqual(self.answer("up.sub.corp.test", IN_A), ["192.0.2.1", "www.corp.test."])
        self.assertEqual(self.answer("www.world.test", IN_A), ["192.0.2.7"])
        self.assertEqual(self.answer("www.corp.test", OUTSIDE), "REFUSED")

    def test_vpcs_and_associations_change_live(self):
        _, of_a, of_b = self.split()
        clash = self.server.call("PUT", f"/v1/zones/{of_a}/vpcs", {"vpcs": ["a", "b"]})
        self.assertEqual((clash.status, clash.json["pointer"]), (409, "/vpcs/1"))
        self.assertEqual(self.server.call("PUT", f"/v1/zones/{of_a}/vpcs", {"vpcs": []}).status, 422)
        self.server.must("DELETE", f"/v1/zones/{of_b}?force=true")
        shown = self.server.must("PUT", f"/v1/zones/{of_a}/vpcs", {"vpcs": ["b"]})
        self.assertEqual((shown["private"], shown["vpcs"]), (True, [self.b["id"]]))
        wait_for_every_worker("b sees what a saw", lambda: self.answer("www.example.test", IN_B) == ["192.0.2.2"])
        wait_for_every_worker("a sees the public zone", lambda: self.answer("www.example.test", IN_A) == ["192.0.2.1"])
        # A longer prefix of another VPC takes its clients from the shorter one.
        inner = self.vpc("inner", "127.0.2.128/25")
        wait_for_every_worker("the longest prefix", lambda: self.answer("www.example.test", "127.0.2.200") == ["192.0.2.1"])
        self.assertEqual(self.answer("www.example.test", IN_B), ["192.0.2.2"])
        self.server.must("PUT", f"/v1/vpcs/{inner['id']}", {"name": "inner", "prefixes": ["127.0.3.0/24"]})
        wait_for_every_worker("b again", lambda: self.answer("www.example.test", "127.0.2.200") == ["192.0.2.2"])
        self.assertEqual(self.server.call("DELETE", "/v1/vpcs/b").status, 409)
        self.server.must("DELETE", "/v1/vpcs/inner")

    def test_a_listener_takes_only_what_is_asked_there(self):
        self.put(self.public("example.test"), a("www.example.test", "192.0.2.1"))
        self.put(self.private("example.test", "a"), a("www.example.test", "192.0.2.2"))
        put = lambda listener: self.server.must("PUT", "/v1/vpcs/a", {"name": "a", "prefixes": ["127.0.1.0/24"], "listener": listener})
        put("127.0.0.9:53")
        wait_for_every_worker("asked elsewhere", lambda: self.answer("www.example.test", IN_A) == ["192.0.2.1"])
        self.assertEqual(self.answer("www.example.test", IN_A, tcp=True), ["192.0.2.1"])
        put(f"127.0.0.1:{self.server.dns_port}")
        wait_for_every_worker("asked there", lambda: self.answer("www.example.test", IN_A) == ["192.0.2.2"])
        self.assertEqual(self.answer("www.example.test", IN_A, tcp=True), ["192.0.2.2"])
        told = self.server.must("GET", f"/v1/explain?name=www.example.test&client={IN_A}&listener=127.0.0.1:{self.server.dns_port}")
        self.assertEqual(told["answer"][0]["value"], "192.0.2.2")
        told = self.server.must("GET", f"/v1/explain?name=www.example.test&client={IN_A}")
        self.assertEqual(told["answer"][0]["value"], "192.0.2.1")

    def test_a_simulated_client_asks_at_a_listener(self):
        self.put(self.public("example.test"), a("www.example.test", "192.0.2.1"))
        self.put(self.private("example.test", "a"), a("www.example.test", "192.0.2.2"))
        self.server.must("PUT", "/v1/vpcs/a", {"name": "a", "prefixes": ["127.0.1.0/24"], "listener": "127.0.0.9:53"})
        wait_for_every_worker("asked elsewhere", lambda: self.answer("www.example.test", IN_A) == ["192.0.2.1"])
        told = self.server.must("POST", "/v1/simulate", {"name": "www.example.test", "clients": [
            {"prefix": "127.0.1.0/24", "weight": 3, "listener": "127.0.0.9:53"}, {"prefix": "127.0.1.0/24"}]})
        self.assertEqual({one["value"]: one["before"] for one in told["endpoints"]}, {"192.0.2.2": 0.75, "192.0.2.1": 0.25})
        done = self.server.cli("simulate", "www.example.test", "A", "--client", "127.0.1.0/24@127.0.0.9:53=3", "--client", "127.0.1.0/24")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("75.00 %", done.stdout)
        refused = self.server.call("POST", "/v1/simulate", {"name": "www.example.test", "force": {"a/b~c": "up"}, "clients": [
            {"prefix": "127.0.1.0/24", "listener": "nowhere"}]})
        self.assertEqual({fault["pointer"] for fault in refused.json["errors"]}, {"/clients/0/listener", "/force/a~1b~0c"})

    def test_no_vpc_is_called_by_the_id_of_another(self):
        taken = self.server.call("POST", "/v1/vpcs", {"name": self.a["id"], "prefixes": ["10.0.0.0/8"]})
        self.assertEqual((taken.status, taken.json["errors"][0]["pointer"] if "errors" in taken.json else taken.json["pointer"]),
                         (409, "/name"), taken.text)

    def test_a_resolver_inside_a_vpc_is_warned_of(self):
        self.assertEqual(self.a["warnings"], [])
        with Server("--resolver", "127.0.1.53") as server:
            made = server.must("POST", "/v1/vpcs", {"name": "inside", "prefixes": ["127.0.1.0/24"]})
            self.assertIn("127.0.1.53 is in 127.0.1.0/24", made["warnings"][0])
            self.assertEqual(server.must("GET", "/v1/vpcs/inside")["warnings"], made["warnings"])
            self.assertIn("warning: the resolver 127.0.1.53", server.cli("vpc", "show", "inside").stderr)
            server.stop()
            server.start()
            wait_for("the line in the log", lambda: "event=resolver_in_vpc" in server.log())

    def test_workers_control_and_server_come_back_with_the_same_views(self):
        self.split()
        same = lambda: (self.answer("www.example.test", IN_A), self.answer("www.example.test", IN_B),
                        self.answer("www.example.test", OUTSIDE)) == (["192.0.2.2"], ["192.0.2.3"], ["192.0.2.1"])
        worker = self.server.pids("worker")[0]
        os.kill(worker, signal.SIGKILL)
        wait_for("a new worker", lambda: worker not in self.server.pids("worker") and len(self.server.pids("worker")) == 2)
        wait_for_every_worker("the worker's views", same)
        control = self.server.pids("control")[0]
        os.kill(control, signal.SIGKILL)
        wait_for("a new control process", lambda: self.server.pids("control") not in ([], [control]))
        self.assertTrue(same())
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        wait_for_every_worker("the same after a restart", same)
        self.put(self.server.must("GET", "/v1/vpcs/a")["zones"][0]["id"], a("new.example.test", "192.0.2.5"))
        self.assertEqual(self.answer("new.example.test", IN_A), ["192.0.2.5"])
        self.assertEqual(self.answer("new.example.test", IN_B), "NXDOMAIN")

    def test_explain_shows_the_view(self):
        self.split()
        told = self.server.must("GET", f"/v1/explain?name=www.example.test&client={NESTED}")
        views = [step["text"] for step in told["steps"] if step["kind"] == "view"]
        label = f"a ({self.a['id']})"
        self.assertEqual(views, [f"{NESTED} is in VPC {label} by 127.0.1.0/24",
                                 f"www.example.test. is in the private zone example.test. of VPC {label}"])
        self.assertEqual(told["answer"][0]["value"], "192.0.2.2")
        self.assertIn("by 127.0.1.0/24", self.server.cli("explain", "www.example.test", "--client", NESTED).stdout)

    def test_names_mean_the_public_zone_and_ids_any(self):
        open_, of_a, of_b = self.split()
        self.assertEqual(self.server.must("GET", "/v1/zones/example.test")["id"], open_)
        self.assertEqual([zone["id"] for zone in self.server.must("GET", "/v1/zones")["items"]], [open_, of_a, of_b])
        first = self.server.must("GET", "/v1/zones?limit=2")
        second = self.server.must("GET", f"/v1/zones?limit=2&cursor={first['next']}")
        self.assertEqual([zone["id"] for zone in first["items"] + second["items"]], [open_, of_a, of_b])
        text = self.server.must("GET", f"/v1/zones/{of_a}/zonefile")
        self.assertIn("192.0.2.2", text)
        put = self.server.call("PUT", f"/v1/zones/{of_a}/zonefile?replace=true", text.replace("192.0.2.2", "192.0.2.22"),
                               {"Content-Type": "text/dns"})
        self.assertEqual(put.status, 200, put.text)
        self.server.in_sync(put.json)
        self.assertEqual(self.answer("www.example.test", IN_A), ["192.0.2.22"])
        self.assertEqual(self.answer("www.example.test", OUTSIDE), ["192.0.2.1"])
        self.server.must("DELETE", f"/v1/zones/{open_}?force=true")
        several = self.server.call("GET", "/v1/zones/example.test")
        self.assertEqual(several.status, 409)
        self.assertIn(of_a, several.json["detail"])
        self.assertIn(of_b, several.json["detail"])
        self.server.must("DELETE", f"/v1/zones/{of_a}?force=true")
        self.assertEqual(self.server.must("GET", "/v1/zones/example.test")["id"], of_b)

    def test_faults_are_told_together_and_nothing_is_stored(self):
        bad = self.server.call("POST", "/v1/vpcs", {"name": "x y", "prefixes": ["10.0.0.1/8", "10.0.0.0/99"], "listener": "0.0.0.0:53"})
        self.assertEqual(bad.status, 422)
        self.assertEqual({error["pointer"] for error in bad.json["errors"]}, {"/name", "/prefixes/0", "/prefixes/1", "/listener"})
        taken = self.server.call("POST", "/v1/vpcs", {"name": "a", "prefixes": ["10.0.0.0/8", "127.0.2.0/24"]})
        self.assertEqual(taken.status, 409)
        self.assertEqual({error["pointer"] for error in taken.json["errors"]}, {"/name", "/prefixes/1"})
        self.assertEqual(self.server.call("POST", "/v1/zones", {"name": "x.test", "vpcs": []}).status, 422)
        self.assertEqual(self.server.call("POST", "/v1/zones", {"name": "x.test", "vpcs": ["a", "nobody"]}).status, 422)
        self.assertEqual(len(self.server.must("GET", "/v1/vpcs")["items"]), 2)
        self.assertEqual(self.server.must("GET", "/v1/zones")["items"], [])

    def test_the_command_line_does_the_same(self):
        def run(*words):
            done = self.server.cli(*words)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout
        run("vpc", "create", "c", "127.0.4.0/24", "127.0.5.0/24")
        self.assertIn("127.0.4.0/24 127.0.5.0/24", run("vpc", "list"))
        run("vpc", "update", "c", "127.0.6.0/24", "--name", "d")
        run("zone", "create", "cli.test", "--vpc", "d", "--vpc", "a")
        run("zone", "vpcs", "cli.test", "d")
        self.assertIn("sees cli.test.", run("vpc", "show", "d"))
        self.assertEqual(self.server.cli("vpc", "delete", "d").returncode, 4)
        refused = self.server.cli("zone", "delete", "cli.test")  # a name alone deletes no private zone
        self.assertEqual(refused.returncode, 3, refused.stderr)
        run("zone", "delete", re.search(r"its id: (\S+)", refused.stderr)[1])
        run("vpc", "delete", "d")


if __name__ == "__main__":
    unittest.main()
