"""What operators see of their policies: explain, over the real server."""
import unittest

from waymark import Server, a, wait_for


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


if __name__ == "__main__":
    unittest.main()
