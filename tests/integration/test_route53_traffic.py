"""The Route 53 door: traffic policies, their versions and instances."""
import json
import unittest

import waymark
from route53_door import DoorTest, a_set


def document(*addresses, kind="A"):
    """One value, or weights of several."""
    ends = {str(at): {"Type": "value", "Value": address} for at, address in enumerate(addresses)}
    body = {"AWSPolicyFormatVersion": "2015-10-01", "RecordType": kind, "Endpoints": ends}
    if len(addresses) == 1:
        return json.dumps({**body, "StartEndpoint": "0"})
    items = [{"Weight": "1" if at == "0" else "0", "EndpointReference": at} for at in ends]
    return json.dumps({**body, "StartRule": "w", "Rules": {"w": {"RuleType": "weighted", "Items": items}}})


class TrafficPolicies(DoorTest):
    def policy(self, text, **more):
        type(self).made += 1
        return self.aws.create_traffic_policy(Name=f"policy {self.made}", Document=text, **more)["TrafficPolicy"]

    def applied(self, instance):
        def told():
            return self.aws.get_traffic_policy_instance(Id=instance["Id"])["TrafficPolicyInstance"]
        waymark.wait_for("Applied", lambda: told()["State"] == "Applied")
        return told()

    def test_policies_and_their_versions(self):
        text = document("192.0.2.1")
        made = self.aws.create_traffic_policy(Name="versions", Document=text, Comment="first")
        policy = made["TrafficPolicy"]
        self.assertEqual({**policy, "Id": ""}, {"Id": "", "Version": 1, "Name": "versions", "Type": "A", "Document": text,
                                                "Comment": "first"})
        self.assertTrue(made["Location"].endswith(f"/2013-04-01/trafficpolicy/{policy['Id']}/1"), made["Location"])
        self.assertEqual(self.server.must("GET", "/v1/traffic-policies/" + policy["Id"])["name"], "versions")
        self.refused("TrafficPolicyAlreadyExists", 409, self.aws.create_traffic_policy, Name="versions", Document=text)
        second = self.aws.create_traffic_policy_version(Id=policy["Id"], Document=document("2001:db8::1", kind="AAAA"))
        self.assertEqual((second["TrafficPolicy"]["Version"], second["TrafficPolicy"]["Type"]), (2, "AAAA"))
        self.aws.create_traffic_policy_version(Id=policy["Id"], Document=text)
        self.assertEqual(self.aws.get_traffic_policy(Id=policy["Id"], Version=1)["TrafficPolicy"], policy)
        told = self.aws.update_traffic_policy_comment(Id=policy["Id"], Version=1, Comment="new")["TrafficPolicy"]
        self.assertEqual(told, {**policy, "Comment": "new"})

        page = self.aws.list_traffic_policy_versions(Id=policy["Id"], MaxItems="2")
        self.assertEqual([one["Version"] for one in page["TrafficPolicies"]], [1, 2])
        self.assertEqual((page["IsTruncated"], page["TrafficPolicyVersionMarker"]), (True, "3"))
        page = self.aws.list_traffic_policy_versions(Id=policy["Id"], TrafficPolicyVersionMarker="3")
        self.assertEqual([one["Version"] for one in page["TrafficPolicies"]], [3])
        self.assertEqual((page["IsTruncated"], page["TrafficPolicyVersionMarker"]), (False, ""))
        self.aws.delete_traffic_policy(Id=policy["Id"], Version=3)
        summary, = [one for one in self.aws.list_traffic_policies()["TrafficPolicySummaries"] if one["Id"] == policy["Id"]]
        self.assertEqual(summary, {"Id": policy["Id"], "Name": "versions", "Type": "AAAA", "LatestVersion": 2,
                                   "TrafficPolicyCount": 2})
        for version in (1, 2):
            self.aws.delete_traffic_policy(Id=policy["Id"], Version=version)
        self.refused("NoSuchTrafficPolicy", 404, self.aws.get_traffic_policy, Id=policy["Id"], Version=1)
        self.refused("NoSuchTrafficPolicy", 404, self.aws.list_traffic_policy_versions, Id=policy["Id"])
        self.refused("NoSuchTrafficPolicy", 404, self.aws.delete_traffic_policy, Id=policy["Id"], Version=1)
        self.refused("NoSuchTrafficPolicy", 404, self.aws.create_traffic_policy_version, Id=policy["Id"], Document=text)
        self.refused("NoSuchTrafficPolicy", 404, self.aws.update_traffic_policy_comment, Id=policy["Id"], Version=1, Comment="c")

    def test_policies_are_listed_in_pages(self):
        wanted = [self.policy(document("192.0.2.1"))["Id"] for _ in range(5)]
        listed, marker = [], {}
        while True:
            page = self.aws.list_traffic_policies(MaxItems="2", **marker)
            listed += [one["Id"] for one in page["TrafficPolicySummaries"]]
            if not page["IsTruncated"]:
                break
            marker = {"TrafficPolicyIdMarker": page["TrafficPolicyIdMarker"]}
        self.assertEqual([one for one in listed if one in wanted], wanted)  # in the order in which they were made
        self.assertEqual(len(listed), len(set(listed)))
        self.refused("InvalidInput", 400, self.aws.list_traffic_policies, TrafficPolicyIdMarker="none")

    def test_what_is_no_document(self):
        make = self.aws.create_traffic_policy
        two = json.dumps({"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartRule": "gone", "StartEndpoint": "x",
                          "Endpoints": {"x": {"Type": "value", "Value": "nowhere"}}})
        told = self.refused("InvalidTrafficPolicyDocument", 400, make, Name="bad", Document=two)
        self.assertIn("/Endpoints/x/Value", told)
        self.refused("InvalidTrafficPolicyDocument", 400, make, Name="bad", Document="{")
        self.refused("InvalidInput", 400, make, Name="n" * 513, Document=document("192.0.2.1"))
        self.refused("InvalidInput", 400, make, Name="bad")

    def test_an_instance_from_creation_to_deletion(self):
        name, zone = self.zone()
        policy = self.policy(document("192.0.2.1", "192.0.2.2"))
        where = {"TTL": 30, "TrafficPolicyId": policy["Id"], "TrafficPolicyVersion": 1}
        make = self.aws.create_traffic_policy_instance
        made = make(HostedZoneId=zone, Name="www." + name, **where)
        instance = made["TrafficPolicyInstance"]
        self.assertTrue(made["Location"].endswith("/trafficpolicyinstance/" + instance["Id"]))
        self.assertIn(instance["State"], ("Creating", "Applied"))
        told = self.applied(instance)
        self.assertEqual({**told, "Id": ""}, {"Id": "", "HostedZoneId": zone.split("/")[-1], "Name": "www." + name, "State": "Applied",
                                              "Message": "", "TrafficPolicyType": "A", **where})
        self.assertEqual(self.server.values("www." + name), ["192.0.2.1"])
        listed = self.aws.list_resource_record_sets(HostedZoneId=zone, StartRecordName="www." + name)["ResourceRecordSets"]
        self.assertEqual(listed, [{"Name": "www." + name, "Type": "A", "TrafficPolicyInstanceId": instance["Id"]}])
        self.refused("TrafficPolicyInstanceAlreadyExists", 409, make, HostedZoneId=zone, Name="www." + name, **where)
        self.refused("TrafficPolicyInUse", 400, self.aws.delete_traffic_policy, Id=policy["Id"], Version=1)

        self.aws.create_traffic_policy_version(Id=policy["Id"], Document=document("192.0.2.9"))
        self.aws.create_traffic_policy_version(Id=policy["Id"], Document=document("2001:db8::1", kind="AAAA"))
        update = self.aws.update_traffic_policy_instance
        changed = update(Id=instance["Id"], TTL=5, TrafficPolicyId=policy["Id"], TrafficPolicyVersion=2)["TrafficPolicyInstance"]
        self.assertEqual((changed["TTL"], changed["TrafficPolicyVersion"]), (5, 2))
        self.applied(instance)
        self.assertEqual(self.server.values("www." + name), ["192.0.2.9"])
        wrong = {"Id": instance["Id"], "TTL": 5, "TrafficPolicyId": policy["Id"]}
        self.refused("ConflictingTypes", 400, update, **wrong, TrafficPolicyVersion=3)
        self.refused("NoSuchTrafficPolicy", 404, update, **wrong, TrafficPolicyVersion=4)
        self.aws.delete_traffic_policy_instance(Id=instance["Id"])
        waymark.wait_for_every_worker("the name to be gone", lambda: self.server.answers("www." + name, []))
        self.refused("NoSuchTrafficPolicyInstance", 404, self.aws.get_traffic_policy_instance, Id=instance["Id"])
        self.refused("NoSuchTrafficPolicyInstance", 404, self.aws.delete_traffic_policy_instance, Id=instance["Id"])
        self.refused("NoSuchTrafficPolicyInstance", 404, update, **wrong, TrafficPolicyVersion=2)

    def test_an_instance_may_be_sent_back_as_it_was_listed(self):
        name, zone = self.zone()
        policy = self.policy(document("192.0.2.1", "192.0.2.2"))
        where = {"TTL": 30, "TrafficPolicyId": policy["Id"], "TrafficPolicyVersion": 1}
        make = lambda label: self.aws.create_traffic_policy_instance(HostedZoneId=zone, Name=label + name, **where)["TrafficPolicyInstance"]
        one, two = self.applied(make("one.")), self.applied(make("two."))
        listed = {record["Name"]: record for record in self.aws.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]}
        first, second = listed["one." + name], listed["two." + name]
        self.in_sync(self.change(zone, ("UPSERT", first), ("CREATE", a_set("www." + name))))  # nothing else changes
        self.assertEqual(self.applied(one), one)
        self.assertEqual(self.server.values("one." + name), ["192.0.2.1"])
        for wrong in ({**first, "Name": "two." + name}, {**first, "Type": "AAAA"}, {**first, "TrafficPolicyInstanceId": "none"}):
            for action in ("DELETE", "UPSERT"):
                self.assertIn("but it was not found", self.bad_batch(zone, (action, wrong)))
        self.refused("InvalidInput", 400, self.change, zone, ("CREATE", first))
        self.bad_batch(zone, ("DELETE", first), ("DELETE", a_set("gone." + name)))
        # A whole zone in one batch, as tools do that clear it; another record takes the place of one.
        self.in_sync(self.change(zone, ("DELETE", first), ("DELETE", second), ("CREATE", a_set("two." + name, "192.0.2.8"))))
        waymark.wait_for_every_worker("the name to be gone", lambda: self.server.answers("one." + name, []))
        waymark.wait_for_every_worker("the other record", lambda: self.server.answers("two." + name, ["192.0.2.8"]))
        for instance in (one, two):
            self.refused("NoSuchTrafficPolicyInstance", 404, self.aws.get_traffic_policy_instance, Id=instance["Id"])
        self.aws.delete_traffic_policy(Id=policy["Id"], Version=1)

    def test_instances_that_can_not_be_made(self):
        name, zone = self.zone()
        policy = self.policy(document("192.0.2.1"))
        make = self.aws.create_traffic_policy_instance
        where = {"TTL": 30, "TrafficPolicyId": policy["Id"], "TrafficPolicyVersion": 1}
        self.refused("NoSuchHostedZone", 404, make, HostedZoneId="Z0NONE", Name="a." + name, **where)
        self.refused("NoSuchTrafficPolicy", 404, make, HostedZoneId=zone, Name="a." + name, **{**where, "TrafficPolicyVersion": 7})
        self.refused("InvalidInput", 400, make, HostedZoneId=zone, Name="a.elsewhere.example", **where)
        self.refused("InvalidInput", 400, make, HostedZoneId=zone, Name="a." + name, **{**where, "TTL": -1})
        self.change(zone, ("CREATE", a_set("taken." + name)))
        self.refused("InvalidInput", 400, make, HostedZoneId=zone, Name="taken." + name, **where)

    def test_instances_are_listed_and_counted(self):
        (one, first), (two, second) = self.zone(), self.zone()
        policy = self.policy(document("192.0.2.1"))
        where = {"TTL": 30, "TrafficPolicyId": policy["Id"], "TrafficPolicyVersion": 1}
        before = self.aws.get_traffic_policy_instance_count()["TrafficPolicyInstanceCount"]
        made = [self.aws.create_traffic_policy_instance(HostedZoneId=zone, Name=label + name, **where)["TrafficPolicyInstance"]
                for zone, name in ((first, one), (second, two)) for label in ("a.", "b.")]
        self.assertEqual(self.aws.get_traffic_policy_instance_count()["TrafficPolicyInstanceCount"], before + 4)
        wanted = sorted((instance["HostedZoneId"], instance["Name"]) for instance in made)

        def pages(call, markers, **more):
            listed, start = [], {}
            while True:
                page = call(MaxItems="1", **more, **start)
                listed += [(one["HostedZoneId"], one["Name"]) for one in page["TrafficPolicyInstances"]]
                if not page["IsTruncated"]:
                    return listed
                start = {marker: page[marker] for marker in markers}

        short = ["TrafficPolicyInstanceNameMarker", "TrafficPolicyInstanceTypeMarker"]
        every = ["HostedZoneIdMarker", *short]
        self.assertEqual(pages(self.aws.list_traffic_policy_instances_by_policy, every, TrafficPolicyId=policy["Id"],
                               TrafficPolicyVersion=1), wanted)
        self.assertLessEqual(set(wanted), set(pages(self.aws.list_traffic_policy_instances, every)))
        bare = first.split("/")[-1]
        self.assertEqual(pages(self.aws.list_traffic_policy_instances_by_hosted_zone, short, HostedZoneId=first),
                         [pair for pair in wanted if pair[0] == bare])
        limited = self.server.client(self.server.key(zones=[bare]))
        self.assertEqual(pages(limited.list_traffic_policy_instances, every), [pair for pair in wanted if pair[0] == bare])
        self.refused("AccessDenied", 403, limited.get_traffic_policy_instance, Id=made[2]["Id"])
        self.refused("AccessDenied", 403, limited.list_traffic_policies)
        self.refused("InvalidInput", 400, self.aws.list_traffic_policy_instances, TrafficPolicyInstanceNameMarker="a")
        self.refused("NoSuchTrafficPolicy", 404, self.aws.list_traffic_policy_instances_by_policy, TrafficPolicyId=policy["Id"],
                     TrafficPolicyVersion=2)
        self.refused("NoSuchHostedZone", 404, self.aws.list_traffic_policy_instances_by_hosted_zone, HostedZoneId="Z0NONE")


if __name__ == "__main__":
    unittest.main()
