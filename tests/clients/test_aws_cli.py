"""The AWS CLI, unmodified, with --endpoint-url: every policy, the waiter, failover, paging, deletion."""
import json
import pathlib
import subprocess
import unittest

import client
import waymark
from route53_door import Door, a_set

AWS = client.debian("aws")


class AwsCli(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Door("--name-server", "ns1.example.net").start()
        cls.addClassCleanup(cls.server.__exit__)
        cls.key = cls.server.key(name="aws cli")

    def command(self, *words):
        return [AWS, "--endpoint-url", client.endpoint(self.server), "--output", "json", "route53", *words]

    def aws(self, *words):
        told = client.run(self.command(*words), env=client.environment(self.server, self.key))
        return json.loads(told) if told.strip() else None

    def refused(self, *words):
        done = subprocess.run(self.command(*words), capture_output=True, text=True, check=False, timeout=120 * waymark.SLOW,
                              env=client.environment(self.server, self.key))
        self.assertNotEqual(done.returncode, 0, done.stdout)
        return done.stderr

    def change(self, zone, action, sets):
        """One batch, and the waiter until every worker answers from it."""
        path = pathlib.Path(self.server.directory, "batch.json")
        path.write_text(json.dumps({"Changes": [{"Action": action, "ResourceRecordSet": one} for one in sets]}))
        done = self.aws("change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch", f"file://{path}")
        self.aws("wait", "resource-record-sets-changed", "--id", done["ChangeInfo"]["Id"])

    def zone(self, name):
        return self.aws("create-hosted-zone", "--name", name, "--caller-reference", name)["HostedZone"]["Id"]

    def listed(self, zone, *words):
        sets = self.aws("list-resource-record-sets", "--hosted-zone-id", zone, *words)["ResourceRecordSets"]
        return [one for one in sets if one["Type"] not in ("NS", "SOA")]

    def test_every_policy(self):
        endpoint = waymark.Endpoint()
        check = self.server.must("POST", "/v1/health-checks", {
            "type": "http", "address": "127.0.0.1", "port": endpoint.port, "interval": 1, "timeout": 0.5, "fall": 2, "rise": 1})["id"]
        collection = self.server.must("POST", "/v1/cidr-collections", {
            "name": "aws-cli", "locations": [{"name": "here", "blocks": ["127.0.0.0/8"]}]})["id"]
        zone = self.zone("policies.example")
        end = ".policies.example."
        sets = [
            a_set("simple" + end, "192.0.2.1", "192.0.2.2"),
            a_set("weighted" + end, "192.0.2.3", SetIdentifier="all", Weight=255),
            a_set("weighted" + end, "192.0.2.4", SetIdentifier="none", Weight=0),
            a_set("failover" + end, "192.0.2.5", SetIdentifier="first", Failover="PRIMARY", HealthCheckId=check),
            a_set("failover" + end, "192.0.2.6", SetIdentifier="second", Failover="SECONDARY"),
            a_set("latency" + end, "192.0.2.7", SetIdentifier="eu", Region="eu-west-1"),
            a_set("geo" + end, "192.0.2.8", SetIdentifier="any", GeoLocation={"CountryCode": "*"}),
            a_set("many" + end, "192.0.2.9", SetIdentifier="1", MultiValueAnswer=True),
            a_set("many" + end, "192.0.2.10", SetIdentifier="2", MultiValueAnswer=True),
            a_set("cidr" + end, "192.0.2.11", SetIdentifier="here", CidrRoutingConfig={"CollectionId": collection, "LocationName": "here"}),
            {"Name": "alias" + end, "Type": "A", "AliasTarget": {
                "HostedZoneId": zone.split("/")[-1], "DNSName": "simple" + end, "EvaluateTargetHealth": True}},
        ]
        self.change(zone, "CREATE", sets)
        for label, wanted in {"simple": ["192.0.2.1", "192.0.2.2"], "alias": ["192.0.2.1", "192.0.2.2"], "weighted": ["192.0.2.3"],
                              "failover": ["192.0.2.5"], "latency": ["192.0.2.7"], "geo": ["192.0.2.8"],
                              "many": ["192.0.2.10", "192.0.2.9"], "cidr": ["192.0.2.11"]}.items():
            self.assertEqual(client.dig(self.server, label + end), wanted, label)
        endpoint.kill()
        waymark.wait_for_every_worker("failover", lambda: self.server.answers("failover" + end, ["192.0.2.6"]))
        self.assertEqual(client.dig(self.server, "failover" + end), ["192.0.2.6"])

        self.assertIn("HostedZoneNotEmpty", self.refused("delete-hosted-zone", "--id", zone))
        self.assertIn("InvalidChangeBatch", self.refused(
            "change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch",
            json.dumps({"Changes": [{"Action": "CREATE", "ResourceRecordSet": sets[0]}]})))
        key = lambda one: (one["Name"], one["Type"], one.get("SetIdentifier", ""))
        listed = self.listed(zone)
        self.assertEqual(sorted(listed, key=key), sorted(sets, key=key))
        self.change(zone, "DELETE", listed)
        self.aws("delete-hosted-zone", "--id", zone)
        self.assertIn("NoSuchHostedZone", self.refused("get-hosted-zone", "--id", zone))

    def test_more_than_a_thousand_record_sets_in_pages(self):
        zone = self.zone("many.example")
        wanted = [a_set(f"n{number:04}.many.example.", f"192.0.2.{number % 256}") for number in range(1100)]
        self.change(zone, "CREATE", wanted[:600])
        self.change(zone, "CREATE", wanted[600:])
        self.assertEqual(self.listed(zone), wanted)  # the CLI turns the pages
        first = self.listed(zone, "--max-items", "12", "--page-size", "5")
        self.assertEqual(first, wanted[:10])  # two of the twelve are NS and SOA
        self.change(zone, "DELETE", wanted[:600])
        self.change(zone, "DELETE", wanted[600:])
        self.aws("delete-hosted-zone", "--id", zone)

    def test_a_private_zone_and_a_traffic_policy(self):
        self.server.must("POST", "/v1/vpcs", {"name": "vpc-cli", "prefixes": ["127.0.9.0/24"], "region": "eu-west-1"})
        vpc = "VPCRegion=eu-west-1,VPCId=vpc-cli"
        hidden = self.aws("create-hosted-zone", "--name", "hidden.example", "--caller-reference", "hidden", "--vpc", vpc)
        self.assertTrue(hidden["HostedZone"]["Config"]["PrivateZone"])
        seen = self.aws("list-hosted-zones-by-vpc", "--vpc-id", "vpc-cli", "--vpc-region", "eu-west-1")
        self.assertEqual([one["Name"] for one in seen["HostedZoneSummaries"]], ["hidden.example."])

        zone = self.zone("traffic.example")
        document = json.dumps({"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartEndpoint": "one",
                               "Endpoints": {"one": {"Type": "value", "Value": "192.0.2.77"}}})
        policy = self.aws("create-traffic-policy", "--name", "cli", "--document", document)["TrafficPolicy"]
        self.assertEqual((policy["Version"], policy["Document"]), (1, document))
        made = self.aws("create-traffic-policy-instance", "--hosted-zone-id", zone, "--name", "www.traffic.example", "--ttl", "60",
                        "--traffic-policy-id", policy["Id"], "--traffic-policy-version", "1")["TrafficPolicyInstance"]
        waymark.wait_for_every_worker("the instance", lambda: self.server.answers("www.traffic.example", ["192.0.2.77"]))
        self.assertEqual(client.dig(self.server, "www.traffic.example"), ["192.0.2.77"])
        self.aws("delete-traffic-policy-instance", "--id", made["Id"])
        self.aws("delete-traffic-policy", "--id", policy["Id"], "--traffic-policy-version", "1")


if __name__ == "__main__":
    client.need("awscli", AWS)
    client.need("bind9-dnsutils", client.debian("dig"))
    unittest.main()
