"""Weighted, failover and latency over real DNS, with endpoints that die."""
import time
import unittest

from waymark import Endpoint, Server, SilentEndpoint, a, wait_for

INTERVAL, FALL = 1, 2


class Policies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--seed", "7", workers=1).start()
        cls.server.zone("p.test")

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def check(self, port, **more):
        return self.server.must("POST", "/v1/health-checks", {
            "type": "http", "address": "127.0.0.1", "port": port, "path": "/", "interval": INTERVAL, "timeout": 0.5,
            "fall": FALL, "rise": 1, **more})["id"]

    def shares(self, name, count=2000):
        seen = {}
        for _ in range(count):
            value = self.server.values(name)[0]
            seen[value] = seen.get(value, 0) + 1
        return seen

    def test_weights_divide_the_answers(self):
        weighted = lambda value, set_id, weight: {**a("w.p.test", value), "set_id": set_id, "routing": {"policy": "weighted", "weight": weight}}
        self.server.in_sync(self.server.change("p.test", ("create", weighted("192.0.2.1", "blue", 90)),
                                               ("create", weighted("192.0.2.2", "green", 10))))
        seen = self.shares("w.p.test")
        # one degree of freedom: chi-square below 10.83 at p = 0.001; the draws are seeded
        chi = (seen["192.0.2.1"] - 1800) ** 2 / 1800 + (seen["192.0.2.2"] - 200) ** 2 / 200
        self.assertLess(chi, 10.83, seen)

        done = self.server.cli("weight", "set", "p.test", "w.p.test", "A", "blue=50", "green=50")
        self.assertEqual(done.returncode, 0, done.stderr)
        change = self.server.must("GET", "/v1/zones/p.test/changes")["items"][0]
        self.server.in_sync(change)
        seen = self.shares("w.p.test")
        chi = sum((count - 1000) ** 2 / 1000 for count in seen.values())
        self.assertLess(chi, 10.83, seen)

    def test_a_killed_primary_leaves_the_answers_in_time_and_comes_back(self):
        primary = Endpoint()
        check = self.check(primary.port)
        failover = lambda value, role, **more: {**a("f.p.test", value), "set_id": role, "routing": {"policy": "failover", "role": role}, **more}
        self.server.in_sync(self.server.change("p.test", ("create", failover("192.0.2.1", "primary", health_check_id=check)),
                                               ("create", failover("192.0.2.2", "secondary"))))
        self.assertEqual(self.server.values("f.p.test"), ["192.0.2.1"])
        wait_for("a first probe", lambda: primary.asked > 0)

        port = primary.port
        primary.kill()
        died = time.monotonic()
        wait_for("the secondary", lambda: self.server.values("f.p.test") == ["192.0.2.2"])
        print(f"\nrefused: left the answers after {time.monotonic() - died:.2f} s")
        self.assertLess(time.monotonic() - died, FALL * INTERVAL + 1)
        status = self.server.must("GET", f"/v1/health-checks/{check}/status")
        self.assertFalse(status["healthy"], status)

        back = Endpoint(port)
        wait_for("the primary's return", lambda: self.server.values("f.p.test") == ["192.0.2.1"])
        back.kill()

    def test_a_silent_endpoint_leaves_after_its_time_out_more(self):
        live = Endpoint()
        check = self.check(live.port)
        failover = lambda value, role, **more: {**a("s.p.test", value), "set_id": role, "routing": {"policy": "failover", "role": role}, **more}
        self.server.in_sync(self.server.change("p.test", ("create", failover("192.0.2.1", "primary", health_check_id=check)),
                                               ("create", failover("192.0.2.2", "secondary"))))
        wait_for("a first probe", lambda: live.asked > 0)
        port = live.port
        live.kill()
        silent = SilentEndpoint(port)
        died = time.monotonic()
        wait_for("the secondary", lambda: self.server.values("s.p.test") == ["192.0.2.2"])
        print(f"\nsilent: left the answers after {time.monotonic() - died:.2f} s")
        self.assertLess(time.monotonic() - died, FALL * INTERVAL + 0.5 + 1)
        silent.kill()

    def test_clients_get_their_nearest_region_and_the_next_when_it_dies(self):
        table = {"regions": ["eu-west-1", "us-east-1"], "entries": [
            {"prefix": "10.1.0.0/16", "latencies": {"eu-west-1": 10, "us-east-1": 90}},
            {"prefix": "10.2.0.0/16", "latencies": {"eu-west-1": 95, "us-east-1": 12}}]}
        self.server.must("PUT", "/v1/latency", table)
        eu = Endpoint()
        check = self.check(eu.port)
        near = lambda value, region, **more: {**a("l.p.test", value), "set_id": region, "routing": {"policy": "latency", "region": region}, **more}
        self.server.in_sync(self.server.change("p.test", ("create", near("192.0.2.1", "eu-west-1", health_check_id=check)),
                                               ("create", near("192.0.2.2", "us-east-1"))))

        self.assertEqual(self.server.values("l.p.test", subnet="10.1.7.0/24"), ["192.0.2.1"])
        self.assertEqual(self.server.values("l.p.test", subnet="10.2.7.0/24"), ["192.0.2.2"])
        reply = self.server.ask("l.p.test", subnet="10.1.7.0/24")
        self.assertEqual(reply.options[0].scopelen, 16)
        eu.kill()
        wait_for("the next region", lambda: self.server.values("l.p.test", subnet="10.1.7.0/24") == ["192.0.2.2"])

        told = self.server.cli("explain", "l.p.test", "A", "--subnet", "10.1.7.0/24")
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn("us-east-1", told.stdout)

    def test_an_alias_with_target_health_leaves_a_dead_group(self):
        live = Endpoint()
        check = self.check(live.port)
        weighted = {**a("g.p.test", "192.0.2.1"), "set_id": "only", "routing": {"policy": "weighted", "weight": 1}, "health_check_id": check}
        alias = {"name": "top.p.test", "type": "A", "set_id": "primary", "routing": {"policy": "failover", "role": "primary"},
                 "alias": {"name": "g.p.test", "evaluate_target_health": True}}
        second = {**a("top.p.test", "192.0.2.9"), "set_id": "secondary", "routing": {"policy": "failover", "role": "secondary"}}
        self.server.in_sync(self.server.change("p.test", ("create", weighted), ("create", alias), ("create", second)))
        self.assertEqual(self.server.values("top.p.test"), ["192.0.2.1"])

        self.server.must("PUT", f"/v1/health-checks/{check}/override", {"state": "down", "expires_in": 300})
        wait_for("the secondary", lambda: self.server.values("top.p.test") == ["192.0.2.9"])
        self.server.must("PUT", f"/v1/health-checks/{check}/override", {"state": "auto"})
        wait_for("the alias again", lambda: self.server.values("top.p.test") == ["192.0.2.1"])
        live.kill()


if __name__ == "__main__":
    unittest.main(verbosity=2)
