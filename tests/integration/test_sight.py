"""What operators see of their policies: explain, simulate and shares, over the real server."""
import os
import signal
import unittest

from waymark import Endpoint, Server, a, wait_for


def weighted(name, value, set_id, weight, **more):
    return {**a(name, value), "set_id": set_id, "routing": {"policy": "weighted", "weight": weight}, **more}


def failover(role, **more):
    return {"set_id": role, "routing": {"policy": "failover", "role": role}, **more}


class Sight(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--seed", "11").start()
        cls.server.zone("s.test")

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def check(self, **more):
        """One that nobody feeds: only what it is forced to counts."""
        return self.server.must("POST", "/v1/health-checks", {"type": "push", **more})["id"]

    def force(self, check, state):
        self.server.must("PUT", f"/v1/health-checks/{check}/override", {"state": state})
        wait_for(f"check {check} {state}",
                 lambda: self.server.must("GET", f"/v1/health-checks/{check}/status")["healthy"] == (state == "up"))

    def change(self, *changes):
        self.server.in_sync(self.server.change("s.test", *(("upsert", record) for record in changes)))

    def explain(self, name, **more):
        query = "".join(f"&{key}={value}" for key, value in more.items())
        return self.server.must("GET", f"/v1/explain?name={name}&type=A{query}")

    def test_explain_tells_which_checks_keep_an_alias_out(self):
        one, two = self.check(), self.check()
        self.change(weighted("pool.s.test", "192.0.2.1", "one", 1, health_check_id=one),
                    weighted("pool.s.test", "192.0.2.2", "two", 3, health_check_id=two),
                    {"name": "www.s.test", "type": "A", "alias": {"name": "pool.s.test", "evaluate_target_health": True},
                     **failover("primary")},
                    {**a("www.s.test", "192.0.2.9"), **failover("secondary")})
        told = self.explain("www.s.test")
        policies = [step for step in told["steps"] if step["kind"] == "policy"]
        self.assertEqual([step["group"] for step in policies], ["www.s.test. A", "pool.s.test. A"])
        self.assertEqual([one["share"] for one in policies[1]["candidates"]], [0.25, 0.75])
        self.assertEqual(policies[1]["draw"]["of"], 4)

        self.force(one, "down"), self.force(two, "down")
        told = self.explain("www.s.test")
        primary, secondary = next(step for step in told["steps"] if step["kind"] == "policy")["candidates"]
        self.assertFalse(primary["healthy"])
        self.assertEqual(primary["share"], 0)
        self.assertEqual(secondary["share"], 1)
        self.assertEqual(primary["because"][0], {"alias_target": "pool.s.test.", "type": "A"})
        self.assertEqual({found["health_check_id"] for found in primary["because"][1:]}, {one, two})
        for found in primary["because"][1:]:
            self.assertIn("since", found)
            self.assertIn("reason", found)
        self.assertEqual([record["value"] for record in told["answer"]], ["192.0.2.9"])
        self.assertEqual(told["answer"][0]["ttl"], 60)

    def test_explain_tells_who_placed_the_client(self):
        self.server.must("PUT", "/v1/locations", {"entries": [
            {"prefix": "10.1.0.0/16", "country": "DE", "latitude": 52.5, "longitude": 13.4}]})
        self.change(*({**a("near.s.test", value), "set_id": region, "routing": {"policy": "latency", "region": region}}
                      for region, value in (("eu-west-1", "192.0.2.1"), ("us-east-1", "192.0.2.2"))))
        steps = self.explain("near.s.test", subnet="10.1.2.0/24")["steps"]
        table, place = (step for step in steps if step["kind"] == "client")
        self.assertEqual(table["source"], "nothing")
        self.assertEqual((place["source"], place["bits"]), ("operator", 16))
        candidates = next(step for step in steps if step["kind"] == "policy")["candidates"]
        self.assertEqual([one["milliseconds_from"] for one in candidates], ["distance", "distance"])
        steps = self.explain("near.s.test", subnet="203.0.113.0/24")["steps"]
        self.assertEqual([step["source"] for step in steps if step["kind"] == "client"], ["nothing", "nothing"])


    # -- simulate --

    def simulate(self, name, **more):
        told = self.server.must("POST", "/v1/simulate", {"name": name, "type": "A", **more})
        sets = {(one["name"], one["set_id"]): (one["before"], one["after"]) for one in told["sets"]}
        endpoints = {one["value"]: (one["before"], one["after"]) for one in told["endpoints"]}
        return told, sets, endpoints

    def drawn(self, name, count=1000):
        seen = {}
        for _ in range(count):
            for value in self.server.values(name):
                seen[value] = seen.get(value, 0) + 1 / count
        return seen

    def test_a_simulated_failure_is_what_the_server_then_does(self):
        endpoint = Endpoint()
        check = self.server.must("POST", "/v1/health-checks", {
            "type": "http", "address": "127.0.0.1", "port": endpoint.port, "path": "/", "interval": 1, "timeout": 0.5,
            "fall": 1, "rise": 1})["id"]
        both = self.server.must("POST", "/v1/health-checks", {"type": "calculated", "children": [check], "needed": 1})["id"]
        self.change(weighted("sim.s.test", "192.0.2.1", "blue", 3, health_check_id=both),
                    weighted("sim.s.test", "192.0.2.2", "green", 1))
        wait_for("a first probe", lambda: endpoint.asked > 0)
        _, sets, endpoints = self.simulate("sim.s.test", down=["127.0.0.1"])
        self.assertEqual(sets, {("sim.s.test.", "blue"): (0.75, 0), ("sim.s.test.", "green"): (0.25, 1)})
        self.assertEqual(endpoints, {"192.0.2.1": (0.75, 0), "192.0.2.2": (0.25, 1)})
        _, forced, _ = self.simulate("sim.s.test", force={both: "down"})
        self.assertEqual(forced, sets)
        self.assertAlmostEqual(self.drawn("sim.s.test")["192.0.2.1"], 0.75, delta=0.06)  # 4 sigma

        endpoint.kill()
        wait_for("the dead endpoint's check", lambda: not self.server.must("GET", f"/v1/health-checks/{both}/status")["healthy"])
        self.assertEqual(self.drawn("sim.s.test", 64), {"192.0.2.2": 1})
        _, sets, _ = self.simulate("sim.s.test", force={both: "up"})
        self.assertEqual(sets[("sim.s.test.", "blue")], (0, 0.75))

    def test_a_simulated_batch_is_what_the_server_then_does(self):
        self.change(weighted("next.s.test", "192.0.2.1", "blue", 1), weighted("next.s.test", "192.0.2.2", "green", 1))
        before = self.server.must("GET", "/v1/zones/s.test")["version"]
        batch = {"changes": [
            {"action": "upsert", "record": weighted("next.s.test", "192.0.2.1", "blue", 0)},
            {"action": "create", "record": weighted("next.s.test", "192.0.2.3", "red", 3)},
            {"action": "create", "record": {"name": "new.s.test", "type": "A", "alias": {
                "name": "next.s.test", "evaluate_target_health": True}}}]}
        _, sets, _ = self.simulate("next.s.test", zone="s.test", batch=batch)
        self.assertEqual(sets, {("next.s.test.", "blue"): (0.5, 0), ("next.s.test.", "green"): (0.5, 0.25),
                                ("next.s.test.", "red"): (0, 0.75)})
        told, _, endpoints = self.simulate("new.s.test", zone="s.test", batch=batch)
        self.assertEqual(told["no_answer"], {"before": 1, "after": 0})
        self.assertEqual(endpoints, {"192.0.2.2": (0, 0.25), "192.0.2.3": (0, 0.75)})
        self.assertEqual(self.server.must("GET", "/v1/zones/s.test")["version"], before)  # nothing was kept
        self.assertEqual(self.server.values("new.s.test"), [])

        self.server.in_sync(self.server.must("POST", "/v1/zones/s.test/changes", batch))
        seen = self.drawn("new.s.test")
        self.assertAlmostEqual(seen["192.0.2.3"], 0.75, delta=0.06)  # 4 sigma
        self.assertEqual(set(seen), {"192.0.2.2", "192.0.2.3"})
        _, _, after = self.simulate("new.s.test")
        self.assertEqual(after, {value: (share, share) for value, (_, share) in endpoints.items()})

    def test_a_mix_of_clients_is_weighed(self):
        collection = self.server.must("POST", "/v1/cidr-collections", {
            "name": "sites", "locations": [{"name": "hq", "blocks": ["10.7.0.0/16"]}]})["id"]
        cidr = lambda value, location: {**a("mix.s.test", value), "set_id": location, "routing": {
            "policy": "cidr", "collection_id": collection, "location": location}}
        self.change(cidr("192.0.2.1", "hq"), cidr("192.0.2.2", "*"))
        mix = [{"prefix": "10.7.1.0/24", "weight": 3}, {"prefix": "203.0.113.0/24"}]
        _, sets, _ = self.simulate("mix.s.test", clients=mix)
        self.assertEqual(sets, {("mix.s.test.", "hq"): (0.75, 0.75), ("mix.s.test.", "*"): (0.25, 0.25)})
        done = self.server.cli("simulate", "mix.s.test", "A", "--client", "10.7.1.0/24=3", "--client", "203.0.113.0/24")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("75.00 %", done.stdout)

    def test_all_faults_of_a_simulation_are_told_at_once(self):
        refused = self.server.call("POST", "/v1/simulate", {
            "name": "..", "type": "NONE", "clients": [{"prefix": "10.0.0.1/8"}, {"prefix": "::/0", "weight": 0}, {}],
            "force": {"nobody": "down", "other": "sideways"}, "down": ["x"], "zone": "s.test", "extra": 1,
            "batch": {"changes": [{"action": "upsert", "record": {"name": "www.other.test", "type": "A", "ttl": 1, "values": ["192.0.2.1"]}}]}})
        self.assertEqual(refused.status, 422)
        told = {fault["pointer"] for fault in refused.json["errors"]}
        self.assertEqual(told, {"/name", "/type", "/clients/0/prefix", "/clients/1/weight", "/clients/2/prefix", "/force/nobody",
                                "/force/other", "/down/0", "/extra", "/batch/changes/0/record/name"})
        for clients in ([], [{"prefix": "10.0.0.0/8"}] * 1001, "all"):
            refused = self.server.call("POST", "/v1/simulate", {"name": "www.s.test", "clients": clients})
            self.assertEqual((refused.status, refused.json["pointer"]), (422, "/clients"))
        note = self.simulate("s.test", down=["192.0.2.77"])[0]["notes"]
        self.assertEqual(note, ["no health check probes 192.0.2.77: nothing would take it out"])


    # -- shares --

    def shares(self, name, **more):
        query = "".join(f"&{key}={value}" for key, value in more.items())
        return self.server.must("GET", f"/v1/zones/s.test/shares?name={name}&type=A{query}")

    def by_set(self, told, field):
        return {one["set_id"]: one[field] for one in told["items"]}

    def test_answers_are_counted_beside_what_was_intended(self):
        check = self.check()
        self.change(weighted("w.s.test", "192.0.2.1", "blue", 3, health_check_id=check), weighted("w.s.test", "192.0.2.2", "green", 1))
        told = self.shares("w.s.test")
        self.assertEqual(self.by_set(told, "intended"), {"blue": 0.75, "green": 0.25})
        self.assertEqual(self.by_set(told, "count"), {"blue": 0, "green": 0})
        self.assertEqual(self.by_set(told, "measured"), {"blue": None, "green": None})
        self.assertIsNotNone(told["since"])
        seen = {}
        for _ in range(4000):  # over both workers: the source port deals them out
            value = self.server.values("w.s.test")[0]
            seen[value] = seen.get(value, 0) + 1
        told = self.shares("w.s.test")
        self.assertEqual(self.by_set(told, "count"), {"blue": seen["192.0.2.1"], "green": seen["192.0.2.2"]})
        self.assertEqual(told["count"], 4000)
        self.assertAlmostEqual(self.by_set(told, "measured")["blue"], 0.75, delta=0.03)  # over 4 sigma
        text = self.server.must("GET", "/metrics")
        self.assertIn('waymark_policy_answers_total{zone="s.test.",name="w.s.test.",type="A",set_id="blue"} '
                      f'{seen["192.0.2.1"]}', text)

        self.force(check, "down")
        self.assertEqual(self.by_set(self.shares("w.s.test"), "intended"), {"blue": 0, "green": 1})
        for _ in range(100):
            self.assertEqual(self.server.values("w.s.test"), ["192.0.2.2"])
        told = self.shares("w.s.test")
        self.assertEqual(self.by_set(told, "count"), {"blue": seen["192.0.2.1"], "green": seen["192.0.2.2"] + 100})
        done = self.server.cli("zone", "shares", "s.test", "--name", "w.s.test")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("green", done.stdout)

        # Other values keep the count; other weights begin anew.
        self.change(weighted("w.s.test", "192.0.2.7", "green", 1))
        self.assertEqual(self.shares("w.s.test")["count"], 4100)
        self.change(weighted("w.s.test", "192.0.2.7", "green", 2))
        self.assertEqual(self.shares("w.s.test")["count"], 0)

    def test_shares_that_depend_on_the_client_are_told_for_one(self):
        geo = lambda value, country: {**a("g.s.test", value), "set_id": country, "routing": {"policy": "geolocation", "country": country}}
        self.change(geo("192.0.2.1", "FR"), geo("192.0.2.2", "*"))
        self.assertEqual(self.by_set(self.shares("g.s.test"), "intended"), {"FR": None, "*": None})
        self.assertEqual(self.by_set(self.shares("g.s.test", client="203.0.113.0/24"), "intended"), {"FR": 0, "*": 1})
        missing = self.server.call("GET", "/v1/zones/s.test/shares?name=s.test&type=NS")
        self.assertEqual(missing.status, 404)


class Killed(unittest.TestCase):
    def test_counts_outlive_a_worker_and_the_control_process(self):
        with Server() as server:  # without a seed: a process that comes back must not draw the same ids again
            server.zone("k.test")
            for name in ("a.k.test", "b.k.test"):
                server.in_sync(server.change("k.test", ("create", weighted(name, "192.0.2.1", "one", 1)),
                                             ("create", weighted(name, "192.0.2.2", "two", 1))))
            shares = lambda: server.must("GET", "/v1/zones/k.test/shares?name=b.k.test&type=A")
            for _ in range(200):
                server.values("b.k.test")
            before = shares()
            self.assertEqual(before["count"], 200)
            for role in ("worker", "control"):
                victim = server.pids(role)[0]
                os.kill(victim, signal.SIGKILL)
                wait_for(f"another {role}", lambda: victim not in server.pids(role) and self.ready(server))
            self.assertEqual(shares(), before)
            server.in_sync(server.change("k.test", ("create", weighted("c.k.test", "192.0.2.3", "one", 1))))
            self.assertEqual(server.values("c.k.test"), ["192.0.2.3"])
            self.assertEqual(shares(), before)  # the new numbers are not these

    def ready(self, server):
        try:
            return server.call("GET", "/readyz").status == 200
        except OSError:
            return False


class Recorded(unittest.TestCase):
    def test_the_clients_that_the_query_log_met_are_a_mix(self):
        with Server("--query-log", "1/1", "--seed", "5") as server:
            server.zone("r.test")
            refused = server.call("POST", "/v1/simulate", {"name": "r.test", "type": "NS", "clients": "recorded"})
            if refused.status != 200:  # the server's own question may have been met already
                self.assertEqual(refused.json["pointer"], "/clients")
            server.ask("r.test", "NS")
            wait_for("a recorded client", lambda: server.call(
                "POST", "/v1/simulate", {"name": "r.test", "type": "NS", "clients": "recorded"}).status == 200)


if __name__ == "__main__":
    unittest.main()
