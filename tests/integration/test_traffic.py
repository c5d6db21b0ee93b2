"""Traffic policies: a document of nested rules on a name, over real DNS."""
import json
import threading
import unittest

from waymark import Endpoint, Server, a, wait_for, wait_for_every_worker

EU, US = "10.1.7.0/24", "10.2.7.0/24"


def value(address):
    return {"Type": "value", "Value": address}


def nested(checks):
    """Failover over latency over weighted."""
    return {"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartRule": "top",
            "Endpoints": {"eu-1": value("192.0.2.1"), "eu-2": value("192.0.2.2"), "us": value("192.0.2.11"),
                          "sorry": value("192.0.2.99")},
            "Rules": {
                "top": {"RuleType": "failover", "Primary": {"RuleReference": "near", "EvaluateTargetHealth": True},
                        "Secondary": {"EndpointReference": "sorry"}},
                "near": {"RuleType": "latency", "Regions": [
                    {"Region": "eu-west-1", "RuleReference": "europe", "EvaluateTargetHealth": "true"},
                    {"Region": "us-east-1", "EndpointReference": "us", "HealthCheck": checks[2]}]},
                "europe": {"RuleType": "weighted", "Items": [
                    {"Weight": "10", "EndpointReference": "eu-1", "HealthCheck": checks[0]},
                    {"Weight": 0, "EndpointReference": "eu-2", "HealthCheck": checks[1]}]}}}


def one(address):
    return {"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartEndpoint": "only",
            "Endpoints": {"only": value(address)}}


class Traffic(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--seed", "7").start()
        cls.server.must("PUT", "/v1/latency", {"regions": ["eu-west-1", "us-east-1"], "entries": [
            {"prefix": "10.1.0.0/16", "latencies": {"eu-west-1": 10, "us-east-1": 90}},
            {"prefix": "10.2.0.0/16", "latencies": {"eu-west-1": 95, "us-east-1": 12}}]})
        cls.zones = 0

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def setUp(self):
        Traffic.zones += 1
        self.zone = f"t{Traffic.zones}.test"
        self.server.zone(self.zone)

    def check(self, port):
        return self.server.must("POST", "/v1/health-checks", {
            "type": "http", "address": "127.0.0.1", "port": port, "interval": 1, "timeout": 0.5, "fall": 2, "rise": 1})["id"]

    def policy(self, document):
        return self.server.must("POST", "/v1/traffic-policies", {"name": f"{self.zone} {self.id()}", "document": document})

    def put(self, policy, version=1, name="www", ttl=60):
        made = self.server.must("POST", "/v1/traffic-policy-instances", {
            "zone": self.zone, "name": f"{name}.{self.zone}", "ttl": ttl, "policy_id": policy["id"], "policy_version": version})
        return self.synced(made)

    def synced(self, instance):
        self.server.in_sync({"id": instance["change_id"]})
        return instance

    def faults(self, reply):
        body = reply.json
        return sorted(fault.get("pointer", "") for fault in body.get("errors", [body]))

    def test_a_nested_tree_answers_by_client_and_loses_its_endpoints_one_by_one(self):
        endpoints = [Endpoint() for _ in range(3)]
        policy = self.policy(nested([self.check(endpoint.port) for endpoint in endpoints]))
        self.assertEqual((policy["version"], policy["type"]), (1, "A"))
        instance = self.put(policy)
        name = f"www.{self.zone}"
        self.assertEqual(self.server.values(name, subnet=EU), ["192.0.2.1"])
        self.assertEqual(self.server.values(name, subnet=US), ["192.0.2.11"])
        self.assertEqual(self.server.ask(name, subnet=EU).answer[0].ttl, 60)

        told = self.server.cli("explain", name, "A", "--subnet", EU)
        self.assertIn(f"version 1 stands at {name}., as instance {instance['id']}", told.stdout, told.stderr)
        self.assertIn("eu-1", told.stdout)

        for endpoint, eu, us in zip(endpoints, ("192.0.2.2", "192.0.2.11", "192.0.2.99"), ("192.0.2.11", "192.0.2.11", "192.0.2.99")):
            endpoint.kill()
            wait_for_every_worker(f"{eu} in Europe", lambda eu=eu: self.server.values(name, subnet=EU) == [eu])
            self.assertEqual(self.server.values(name, subnet=US), [us])

    def test_another_version_comes_without_one_wrong_or_empty_answer(self):
        policy = self.policy(one("192.0.2.1"))
        rule = {"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartRule": "both",
                "Endpoints": {"x": value("192.0.2.2"), "y": value("192.0.2.3")},
                "Rules": {"both": {"RuleType": "multivalue", "Items": [{"EndpointReference": "x"}, {"EndpointReference": "y"}]}}}
        deep = {**rule, "StartRule": "top", "Rules": {
            "top": {"RuleType": "weighted", "Items": [{"Weight": 1, "RuleReference": "both"}]}, **rule["Rules"]}}
        for version, document in enumerate((rule, deep), 2):
            made = self.server.must("POST", f"/v1/traffic-policies/{policy['id']}/versions", {"document": json.dumps(document)})
            self.assertEqual(made["version"], version)
        instance = self.put(policy)
        name, seen, stop = f"www.{self.zone}", set(), threading.Event()

        def ask():
            while not stop.is_set():
                try:
                    seen.add(tuple(self.server.values(name)))
                except Exception as failed:  # told below, as a wrong answer
                    seen.add(repr(failed))

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            for version in (2, 3, 1, 3):
                self.synced(self.server.must("PUT", f"/v1/traffic-policy-instances/{instance['id']}", {
                    "ttl": 30, "policy_id": policy["id"], "policy_version": version}))
        finally:
            stop.set()
            asking.join()
        self.assertLessEqual(seen, {("192.0.2.1",), ("192.0.2.2", "192.0.2.3")})
        self.assertEqual(self.server.values(name), ["192.0.2.2", "192.0.2.3"])
        self.assertEqual(self.server.ask(name).answer[0].ttl, 30)

        gone = self.server.must("DELETE", f"/v1/traffic-policy-instances/{instance['id']}")
        self.server.in_sync(gone)
        records = self.server.must("GET", f"/v1/zones/{self.zone}/records")["items"]
        self.assertEqual({record["type"] for record in records}, {"SOA", "NS"}, records)
        self.assertEqual(self.server.ask(name).rcode(), 3)  # NXDOMAIN

    def test_its_records_are_shown_with_it_and_change_with_it_alone(self):
        policy = self.policy(one("192.0.2.1"))
        instance = self.put(policy)
        name = f"www.{self.zone}."
        record = self.server.must("GET", f"/v1/zones/{self.zone}/records?name={name}")["items"][0]
        self.assertEqual(record["traffic_policy_instance_id"], instance["id"])
        self.assertEqual(record["values"], ["192.0.2.1"])
        for action, given in (("delete", record), ("upsert", a(name, "192.0.2.7")), ("create", a(name, "192.0.2.8"))):
            reply = self.server.call("POST", f"/v1/zones/{self.zone}/changes", {"changes": [{"action": action, "record": given}]})
            self.assertIn(reply.status, (409, 422), reply.text)
            self.assertIn(instance["id"], reply.text)
        self.assertEqual(self.server.values(name), ["192.0.2.1"])
        made_up = {**a(f"other.{self.zone}", "192.0.2.9"), "traffic_policy_instance_id": instance["id"]}
        reply = self.server.call("POST", f"/v1/zones/{self.zone}/changes", {"changes": [{"action": "create", "record": made_up}]})
        self.assertEqual(self.faults(reply), ["/changes/0/record/traffic_policy_instance_id"])

        reply = self.server.call("DELETE", f"/v1/traffic-policies/{policy['id']}/versions/1")
        self.assertEqual(reply.status, 409, reply.text)
        self.assertIn(instance["id"], reply.text)

    def test_what_stands_at_the_name_is_in_the_way(self):
        policy = self.policy(one("192.0.2.1"))
        body = {"zone": self.zone, "name": f"www.{self.zone}", "ttl": 60, "policy_id": policy["id"], "policy_version": 1}
        for there in (a(f"www.{self.zone}", "192.0.2.5"), {"name": f"www.{self.zone}", "type": "CNAME", "ttl": 5, "values": ["x.test."]}):
            self.server.in_sync(self.server.change(self.zone, ("create", there)))
            reply = self.server.call("POST", "/v1/traffic-policy-instances", body)
            self.assertIn(reply.status, (409, 422), reply.text)
            self.assertEqual(self.faults(reply), ["/name"])
            self.server.in_sync(self.server.change(self.zone, ("delete", there)))
        self.put(policy)
        reply = self.server.call("POST", "/v1/traffic-policy-instances", body)
        self.assertIn(reply.status, (409, 422), reply.text)
        reply = self.server.call("POST", "/v1/traffic-policy-instances", {**body, "name": f"v.{self.zone}", "policy_version": 9})
        self.assertEqual((reply.status, self.faults(reply)), (404, ["/policy_version"]))

    def test_instances_are_listed_in_pages_and_changed_from_what_was_seen(self):
        policy = self.policy(one("192.0.2.1"))
        made = sorted(self.put(policy, name=name)["id"] for name in ("a", "b", "c"))
        path = "/v1/traffic-policy-instances"
        first = self.server.must("GET", f"{path}?zone={self.zone}&limit=2")
        second = self.server.must("GET", f"{path}?zone={self.zone}&limit=2&cursor={first['next']}")
        self.assertEqual(([one["id"] for one in first["items"] + second["items"]], second["next"]), (made, None))

        body = {"policy_id": policy["id"], "policy_version": 1, "ttl": 30}
        got = self.server.call("GET", f"{path}/{made[0]}")
        headers = {name.lower(): value for name, value in dict(got.headers).items()}
        self.assertEqual((headers["etag"], got.json["version"]), ('"1"', 1))
        changed = self.server.must("PUT", f"{path}/{made[0]}", body, headers={"If-Match": headers["etag"]})
        self.assertEqual((changed["version"], changed["ttl"]), (2, 30))
        refused = self.server.call("PUT", f"{path}/{made[0]}", body, {"If-Match": headers["etag"]})
        self.assertEqual((refused.status, refused.json["code"]), (412, "version_mismatch"), refused.text)
        self.server.must("PUT", f"{path}/{made[0]}", {**body, "ttl": 40})

    def test_nothing_may_hide_an_instance(self):
        instance = self.put(self.policy(one("192.0.2.1")), name="www.sub")
        sub = f"sub.{self.zone}"
        for hider in ({"name": sub, "type": "NS", "ttl": 60, "values": ["ns.other.test."]},
                      {"name": sub, "type": "DNAME", "ttl": 60, "values": ["other.test."]}):
            reply = self.server.call("POST", f"/v1/zones/{self.zone}/changes", {"changes": [{"action": "create", "record": hider}]})
            self.assertEqual(self.faults(reply), ["/changes/0/record/name"], reply.text)
            self.assertIn(instance["id"], reply.text)
        reply = self.server.call("POST", "/v1/zones", {"name": sub})
        self.assertEqual((reply.status, self.faults(reply)), (409, ["/name"]), reply.text)
        self.assertIn(instance["id"], reply.text)
        path, dns_text = f"/v1/zones/{self.zone}/zonefile", {"Content-Type": "text/dns"}
        text = self.server.must("GET", path)
        for hider in (f"{sub}. 60 IN NS ns.other.test.\n", f"{sub}. 60 IN DNAME other.test.\n"):
            reply = self.server.call("PUT", path, text + hider, headers=dns_text)
            self.assertEqual(reply.status, 409, reply.text)
            self.assertIn(instance["id"], reply.text)
        reply = self.server.call("PUT", f"/v1/zones/{sub}/zonefile?create=true",
                                 f"$ORIGIN {sub}.\n@ 60 IN SOA ns1 host 1 1 1 1 1\n@ 60 IN NS ns1\n", headers=dns_text)
        self.assertEqual(reply.status, 409, reply.text)
        self.assertEqual(self.server.values(f"www.{sub}"), ["192.0.2.1"])

    def test_every_fault_of_a_document_is_told_at_once_with_its_place(self):
        document = {"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartRule": "top",
                    "Endpoints": {"bad": value("not an address"), "unused": value("192.0.2.1")},
                    "Rules": {"top": {"RuleType": "failover", "Primary": {"EndpointReference": "bad"},
                                      "Secondary": {"RuleReference": "nowhere"}}}}
        reply = self.server.call("POST", "/v1/traffic-policies", {"name": "bad", "document": document})
        self.assertEqual(reply.status, 422)
        self.assertEqual(self.faults(reply), [
            "/document/Endpoints/bad/Value", "/document/Endpoints/unused",
            "/document/Rules/top/Primary/HealthCheck", "/document/Rules/top/Secondary/RuleReference"])
        document = nested(["no-such-check"] * 3)
        reply = self.server.call("POST", "/v1/traffic-policies", {"name": "bad", "document": document})
        self.assertEqual(self.faults(reply), [
            "/document/Rules/europe/Items/0/HealthCheck", "/document/Rules/europe/Items/1/HealthCheck",
            "/document/Rules/near/Regions/1/HealthCheck"])

    def test_an_export_imports_again_and_a_plain_import_is_refused(self):
        policy = self.policy(one("192.0.2.1"))
        instance = self.put(policy)
        path = f"/v1/zones/{self.zone}/zonefile"
        text = self.server.must("GET", path)
        self.assertIn(instance["id"], text)
        self.server.must("PUT", path, text, headers={"Content-Type": "text/dns"})
        plain = "\n".join(line for line in text.splitlines() if not line.startswith("; waymark:")) + "\n"
        reply = self.server.call("PUT", path, plain, headers={"Content-Type": "text/dns"})
        self.assertEqual(reply.status, 409, reply.text)
        self.assertIn(instance["id"], reply.text)
        self.assertEqual(self.server.values(f"www.{self.zone}"), ["192.0.2.1"])

        # Where there is no such instance, its records are ordinary ones.
        self.server.must("DELETE", f"/v1/zones/{self.zone}?force=true")
        self.assertEqual(self.server.call("GET", f"/v1/traffic-policy-instances/{instance['id']}").status, 404)
        self.server.zone(self.zone)
        self.server.must("PUT", path, text, headers={"Content-Type": "text/dns"})
        record = self.server.must("GET", f"/v1/zones/{self.zone}/records?name=www.{self.zone}")["items"][0]
        self.assertNotIn("traffic_policy_instance_id", record)
        self.server.must("DELETE", f"/v1/traffic-policies/{policy['id']}")

    def test_an_import_keeps_the_instances_of_its_own_zone_and_lets_nobody_join_them(self):
        vpc = self.server.must("POST", "/v1/vpcs", {"name": "twins", "prefixes": ["127.9.9.0/24"]})
        twin = self.server.must("POST", "/v1/zones", {"name": self.zone, "vpcs": [vpc["id"]]})["id"]
        policy = self.policy({"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartRule": "both",
                              "Endpoints": {"one": value("192.0.2.1"), "two": value("192.0.2.2")},
                              "Rules": {"both": {"RuleType": "weighted", "Items": [
                                  {"Weight": 1, "EndpointReference": "one"}, {"Weight": 1, "EndpointReference": "two"}]}}})
        self.put(policy)
        instance = self.synced(self.server.must("POST", "/v1/traffic-policy-instances", {
            "zone": twin, "name": f"www.{self.zone}", "ttl": 60, "policy_id": policy["id"], "policy_version": 1}))
        path, dns_text = f"/v1/zones/{twin}/zonefile", {"Content-Type": "text/dns"}
        text = self.server.must("GET", path)
        self.server.must("PUT", path, text, headers=dns_text)
        text = self.server.must("GET", path)  # with another serial
        record = self.server.must("GET", f"/v1/zones/{twin}/records?name=www.{self.zone}")["items"][0]
        self.assertEqual(record["traffic_policy_instance_id"], instance["id"])
        plain = "\n".join(line for line in text.splitlines() if not line.startswith("; waymark:")) + "\n"
        joined = text + "; waymark: " + json.dumps(a(f"www.{self.zone}.", "192.0.2.3", set_id="zz", routing={"policy": "weighted", "weight": 1})) + "\n"
        for other in (plain, joined):
            reply = self.server.call("PUT", path, other, headers=dns_text)
            self.assertEqual(reply.status, 409, reply.text)
            self.assertIn(instance["id"], reply.text)
        self.assertEqual(self.server.must("GET", path), text)

    def test_the_command_line_does_all_of_it(self):
        run = lambda *words, **more: self.server.cli("traffic-policy", *words, **more)
        made = run("create", "from the command line", "-", "-o", "json", stdin=json.dumps(one("192.0.2.1")))
        self.assertEqual(made.returncode, 0, made.stderr)
        policy = json.loads(made.stdout)["id"]
        self.assertEqual(run("version", policy, "-", "--comment", "two", stdin=json.dumps(one("192.0.2.2"))).returncode, 0)
        self.assertIn("from the command line", run("list").stdout)
        self.assertIn("two", run("show", policy).stdout)
        self.assertIn("192.0.2.1", run("show", policy, "1").stdout)
        self.assertIn("192.0.2.1", run("--dry-run", "apply", self.zone, f"www.{self.zone}", policy, "1").stdout)
        self.assertEqual(self.server.must("GET", f"/v1/traffic-policy-instances?zone={self.zone}")["items"], [])
        for version, address in (("1", "192.0.2.1"), (None, "192.0.2.2")):
            done = run("apply", self.zone, f"www.{self.zone}", policy, *([version] if version else []))
            self.assertEqual(done.returncode, 0, done.stderr)
            wait_for_every_worker(address, lambda: self.server.answers(f"www.{self.zone}", [address]))
        instance = self.server.must("GET", f"/v1/traffic-policy-instances?policy_id={policy}")["items"][0]
        self.assertIn(instance["id"], run("instances", "--zone", self.zone).stdout)
        self.assertEqual(run("delete", policy, "2").returncode, 4)
        self.assertEqual(run("remove", instance["id"]).returncode, 0)
        self.assertEqual(run("delete", policy).returncode, 0)
        self.assertEqual(run("show", policy).returncode, 3)

    def test_an_unknown_command_is_answered_with_the_nearest(self):
        for words, meant in ((("trafic-policy", "list"), '"traffic-policy"'), (("zone", "lst"), '"list"'), (("bogus",), "did you mean")):
            done = self.server.cli(*words)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn("there is no command", done.stderr)
            self.assertIn(meant, done.stderr)

    def test_check_also_looks_for_the_user(self):
        done = self.server.cli("serve", "--check", "--user", "nobody-of-that-name")
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no user nobody-of-that-name", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
