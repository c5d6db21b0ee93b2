"""The Route 53 door beyond zones and records: private zones, traffic policies, delegation sets, query logging, DNSSEC."""
import json
import unittest

import dns.message
import dns.query
import dns.rcode

import waymark
from route53_door import NAMESPACE, Door, DoorTest, a_set

REGION = "eu-west-1"


def document(*addresses, kind="A"):
    """One value, or weights of several."""
    ends = {str(at): {"Type": "value", "Value": address} for at, address in enumerate(addresses)}
    body = {"AWSPolicyFormatVersion": "2015-10-01", "RecordType": kind, "Endpoints": ends}
    if len(addresses) == 1:
        return json.dumps({**body, "StartEndpoint": "0"})
    items = [{"Weight": "1" if at == "0" else "0", "EndpointReference": at} for at in ends]
    return json.dumps({**body, "StartRule": "w", "Rules": {"w": {"RuleType": "weighted", "Items": items}}})


class PrivateZones(DoorTest):
    def vpc(self, name, prefix, **more):
        return self.server.must("POST", "/v1/vpcs", {"name": name, "prefixes": [prefix], **more})

    def of(self, vpc, region=REGION):
        return {"VPCRegion": region, "VPCId": vpc["name"] if vpc["name"].startswith("vpc-") else vpc["id"]}

    def private(self, name, vpc):
        type(self).made += 1
        return self.aws.create_hosted_zone(Name=name, CallerReference=f"private {self.made}", VPC=self.of(vpc))

    def values_at(self, source, name):
        query = dns.message.make_query(name, "A")
        reply = dns.query.udp(query, "127.0.0.1", 5 * waymark.SLOW, self.server.dns_port, source=source)
        return sorted(rd.to_text() for rrset in reply.answer for rd in rrset)

    def test_a_private_zone_from_creation_to_deletion(self):
        one = self.vpc("vpc-life1", "127.0.1.0/24", region=REGION)
        two = self.vpc("life2", "127.0.2.0/24")
        made = self.private("life.example", one)
        zone = made["HostedZone"]["Id"]
        self.assertEqual(made["VPC"], {"VPCRegion": REGION, "VPCId": "vpc-life1"})
        self.assertNotIn("DelegationSet", made)
        self.assertEqual(made["HostedZone"]["Config"], {"PrivateZone": True})
        self.in_sync(self.change(zone, ("CREATE", a_set("www.life.example", "192.0.2.7"))))
        self.assertEqual(self.values_at("127.0.1.1", "www.life.example"), ["192.0.2.7"])
        self.assertEqual(self.values_at("127.0.2.1", "www.life.example"), [])

        done = self.aws.associate_vpc_with_hosted_zone(HostedZoneId=zone, VPC=self.of(two), Comment="why")
        self.assertEqual(done["ChangeInfo"]["Comment"], "why")
        self.in_sync(done)
        self.assertEqual(self.values_at("127.0.2.1", "www.life.example"), ["192.0.2.7"])
        seen = self.aws.get_hosted_zone(Id=zone)
        self.assertCountEqual(seen["VPCs"], [self.of(one), self.of(two, "us-east-1")])
        self.assertNotIn("DelegationSet", seen)
        self.assertEqual(self.server.must("GET", "/v1/zones/" + zone.split("/")[-1])["vpcs"], sorted([one["id"], two["id"]]))

        self.in_sync(self.aws.disassociate_vpc_from_hosted_zone(HostedZoneId=zone, VPC=self.of(one)))
        self.assertEqual(self.values_at("127.0.1.1", "www.life.example"), [])
        self.refused("LastVPCAssociation", 400, self.aws.disassociate_vpc_from_hosted_zone, HostedZoneId=zone, VPC=self.of(two))
        self.refused("VPCAssociationNotFound", 404, self.aws.disassociate_vpc_from_hosted_zone, HostedZoneId=zone,
                     VPC=self.of(one))
        listed = self.aws.get_paginator("list_hosted_zones").paginate()
        self.assertIn(zone, [one["Id"] for page in listed for one in page["HostedZones"]])
        self.change(zone, ("DELETE", a_set("www.life.example", "192.0.2.7")))
        self.in_sync(self.aws.delete_hosted_zone(Id=zone))

    def test_which_zone_a_vpc_may_see(self):
        one, two = self.vpc("vpc-which1", "127.0.3.0/24", region=REGION), self.vpc("vpc-which2", "127.0.4.0/24")
        first = self.private("which.example", one)["HostedZone"]["Id"]
        second = self.private("which.example", two)["HostedZone"]["Id"]
        bare = first.split("/")[-1]
        associate = self.aws.associate_vpc_with_hosted_zone
        told = self.refused("ConflictingDomainExists", 400, associate, HostedZoneId=second, VPC=self.of(one))
        self.assertEqual(told, f"The VPC vpc-which1 in region {REGION} has already been associated with the hosted zone {bare} "
                               "with the same domain name.")
        self.refused("ConflictingDomainExists", 400, associate, HostedZoneId=first, VPC=self.of(one))
        self.refused("ConflictingDomainExists", 400, self.private, "which.example", one)
        unknown = {"VPCRegion": REGION, "VPCId": "vpc-none"}
        self.assertEqual(self.refused("InvalidVPCId", 400, associate, HostedZoneId=first, VPC=unknown), "The VPC ID is invalid.")
        self.refused("InvalidVPCId", 400, associate, HostedZoneId=second, VPC=self.of(one, "us-west-2"))
        _, public = self.zone()
        self.refused("PublicZoneVPCAssociation", 400, associate, HostedZoneId=public, VPC=self.of(one))
        self.refused("NoSuchHostedZone", 404, associate, HostedZoneId="Z0NONE", VPC=self.of(one))
        self.refused("InvalidInput", 400, associate, HostedZoneId=first)
        make = self.aws.create_hosted_zone
        self.refused("InvalidVPCId", 400, make, Name="x.example", CallerReference="no vpc", HostedZoneConfig={"PrivateZone": True})
        message = self.bad_batch(first, ("CREATE", a_set("c.which.example.", SetIdentifier="s", CidrRoutingConfig={
            "CollectionId": "00000000-0000-4000-8000-000000000000", "LocationName": "*"})))
        self.assertIn("CIDR RRSet is not supported with private hosted zone.", message)

    def test_zones_are_listed_by_vpc(self):
        vpc = self.vpc("vpc-listed", "127.0.5.0/24", region=REGION)
        wanted = sorted((self.private(f"listed{n}.example", vpc)["HostedZone"]["Id"].split("/")[-1], f"listed{n}.example.")
                        for n in range(3))
        listing = self.aws.list_hosted_zones_by_vpc
        page = listing(VPCId="vpc-listed", VPCRegion=REGION, MaxItems="2")
        rest = listing(VPCId="vpc-listed", VPCRegion=REGION, NextToken=page["NextToken"])
        both = page["HostedZoneSummaries"] + rest["HostedZoneSummaries"]
        self.assertEqual([(one["HostedZoneId"], one["Name"]) for one in both], wanted)
        self.assertEqual(both[0]["Owner"], {"OwningAccount": "000000000000"})
        self.assertEqual((page["MaxItems"], rest.get("NextToken")), ("2", None))
        self.refused("InvalidPaginationToken", 400, listing, VPCId="vpc-listed", VPCRegion=REGION, NextToken="?")
        self.refused("InvalidInput", 400, listing, VPCId="vpc-none", VPCRegion=REGION)
        self.zone("public.example")
        private = self.server.signed("GET", "/2013-04-01/hostedzone?hostedzonetype=PrivateHostedZone")[2]  # newer than this botocore
        for one, _ in wanted:
            self.assertIn(f"<Id>/hostedzone/{one}</Id>", private)
        self.assertNotIn("public.example", private)

    def test_a_key_of_a_zone_needs_an_authorization(self):
        one, two = self.vpc("vpc-auth1", "127.0.6.0/24"), self.vpc("vpc-auth2", "127.0.7.0/24")
        zone = self.private("auth.example", one)["HostedZone"]["Id"]
        bare = zone.split("/")[-1]
        limited = self.server.client(self.server.key(zones=[bare]))
        wanted = {"HostedZoneId": zone, "VPC": self.of(two, "us-east-1")}
        self.refused("NotAuthorizedException", 401, limited.associate_vpc_with_hosted_zone, **wanted)
        self.refused("AccessDenied", 403, limited.create_vpc_association_authorization, **wanted)
        told = self.aws.create_vpc_association_authorization(**wanted)
        self.assertEqual((told["HostedZoneId"], told["VPC"]), (bare, wanted["VPC"]))
        self.aws.create_vpc_association_authorization(HostedZoneId=zone, VPC=self.of(one))
        page = self.aws.list_vpc_association_authorizations(HostedZoneId=zone, MaxResults="1")
        rest = self.aws.list_vpc_association_authorizations(HostedZoneId=zone, NextToken=page["NextToken"])
        self.assertEqual(sorted(vpc["VPCId"] for vpc in page["VPCs"] + rest["VPCs"]), ["vpc-auth1", "vpc-auth2"])
        self.in_sync(limited.associate_vpc_with_hosted_zone(**wanted))
        self.aws.delete_vpc_association_authorization(**wanted)
        self.refused("VPCAssociationAuthorizationNotFound", 404, self.aws.delete_vpc_association_authorization, **wanted)
        self.refused("NotAuthorizedException", 401, limited.disassociate_vpc_from_hosted_zone, **wanted)
        self.assertEqual(len(self.aws.get_hosted_zone(Id=zone)["VPCs"]), 2)
        self.refused("InvalidPaginationToken", 400, self.aws.list_vpc_association_authorizations, HostedZoneId=zone, NextToken="?")
        _, public = self.zone()
        self.refused("InvalidInput", 400, self.aws.create_vpc_association_authorization, HostedZoneId=public, VPC=self.of(two))


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
        wanted = {self.policy(document("192.0.2.1"))["Id"] for _ in range(3)}
        listed, marker = [], {}
        while True:
            page = self.aws.list_traffic_policies(MaxItems="2", **marker)
            listed += [one["Id"] for one in page["TrafficPolicySummaries"]]
            if not page["IsTruncated"]:
                break
            marker = {"TrafficPolicyIdMarker": page["TrafficPolicyIdMarker"]}
        self.assertLessEqual(wanted, set(listed))
        self.assertEqual(len(listed), len(set(listed)))

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


class OtherObjects(DoorTest):
    def test_a_delegation_set_from_creation_to_deletion(self):
        make = self.aws.create_reusable_delegation_set
        made = make(CallerReference="set 1")
        chosen = made["DelegationSet"]
        self.assertRegex(chosen["Id"], r"^/delegationset/N[A-Z0-9]{20}$")
        self.assertEqual((chosen["CallerReference"], chosen["NameServers"]), ("set 1", ["ns1.example.net", "ns2.example.net"]))
        self.assertTrue(made["Location"].endswith(chosen["Id"]), made["Location"])
        self.assertEqual(self.aws.get_reusable_delegation_set(Id=chosen["Id"])["DelegationSet"], chosen)
        self.refused("DelegationSetAlreadyCreated", 400, make, CallerReference="set 1")
        zone = self.aws.create_hosted_zone(Name="set.example", CallerReference="of set 1", DelegationSetId=chosen["Id"])
        self.assertEqual(zone["DelegationSet"], chosen)
        self.assertEqual(self.aws.get_hosted_zone(Id=zone["HostedZone"]["Id"])["DelegationSet"], chosen)
        listed = self.aws.list_hosted_zones(DelegationSetId=chosen["Id"])["HostedZones"]
        self.assertEqual([one["Id"] for one in listed], [zone["HostedZone"]["Id"]])
        limit = self.aws.get_reusable_delegation_set_limit
        told = limit(DelegationSetId=chosen["Id"], Type="MAX_ZONES_BY_REUSABLE_DELEGATION_SET")
        self.assertEqual((told["Limit"], told["Count"]), ({"Type": "MAX_ZONES_BY_REUSABLE_DELEGATION_SET", "Value": 100}, 1))
        self.refused("InvalidInput", 400, limit, DelegationSetId=chosen["Id"], Type="MAX")
        self.refused("DelegationSetInUse", 400, self.aws.delete_reusable_delegation_set, Id=chosen["Id"])
        self.aws.delete_hosted_zone(Id=zone["HostedZone"]["Id"])
        self.aws.delete_reusable_delegation_set(Id=chosen["Id"])
        self.refused("NoSuchDelegationSet", 400, self.aws.get_reusable_delegation_set, Id=chosen["Id"])
        self.refused("NoSuchDelegationSet", 400, self.aws.delete_reusable_delegation_set, Id=chosen["Id"])
        self.refused("NoSuchDelegationSet", 400, self.aws.list_hosted_zones, DelegationSetId=chosen["Id"])

    def test_the_servers_of_a_zone_become_a_set(self):
        name, zone = self.zone()
        apex = {"Name": name, "Type": "NS", "TTL": 60, "ResourceRecords": [{"Value": "a.own.example."}, {"Value": "b.own.example."}]}
        self.change(zone, ("UPSERT", apex))
        make = self.aws.create_reusable_delegation_set
        chosen = make(CallerReference="own servers", HostedZoneId=zone)["DelegationSet"]
        self.assertEqual(chosen["NameServers"], ["a.own.example", "b.own.example"])
        self.assertEqual(self.aws.get_hosted_zone(Id=zone)["DelegationSet"], chosen)
        other = self.aws.create_hosted_zone(Name="servers.example", CallerReference="servers", DelegationSetId=chosen["Id"])
        self.in_sync(other)
        self.assertEqual(self.server.values("servers.example", "NS"), ["a.own.example.", "b.own.example."])
        self.refused("DelegationSetAlreadyReusable", 400, make, CallerReference="again", HostedZoneId=zone)
        self.refused("HostedZoneNotFound", 400, make, CallerReference="again", HostedZoneId="Z0NONE")
        vpc = self.server.must("POST", "/v1/vpcs", {"name": "vpc-sets", "prefixes": ["127.0.8.0/24"]})
        seen = {"VPCRegion": "us-east-1", "VPCId": "vpc-sets"}
        hidden = self.aws.create_hosted_zone(Name="hidden.example", CallerReference="hidden", VPC=seen)["HostedZone"]["Id"]
        self.refused("InvalidArgument", 400, make, CallerReference="again", HostedZoneId=hidden)
        self.refused("InvalidInput", 400, self.aws.create_hosted_zone, Name="x.example", CallerReference="both", VPC=seen,
                     DelegationSetId=chosen["Id"])
        self.assertEqual(vpc["name"], "vpc-sets")

    def test_delegation_sets_are_listed_in_pages(self):
        wanted = {self.aws.create_reusable_delegation_set(CallerReference=f"page {n}")["DelegationSet"]["Id"] for n in range(3)}
        page = self.aws.list_reusable_delegation_sets(MaxItems="2")
        self.assertTrue(page["IsTruncated"])
        listed = [one["Id"] for one in page["DelegationSets"]]
        page = self.aws.list_reusable_delegation_sets(Marker=page["NextMarker"])
        listed += [one["Id"] for one in page["DelegationSets"]]
        self.assertFalse(page["IsTruncated"])
        self.assertLessEqual(wanted, set(listed))
        self.assertEqual(listed, sorted(set(listed)))

    def test_query_logging_configs_are_kept(self):
        name, zone = self.zone()
        _, other = self.zone()
        arn = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/route53/" + name[:-1]
        make = self.aws.create_query_logging_config
        made = make(HostedZoneId=zone, CloudWatchLogsLogGroupArn=arn)
        config = made["QueryLoggingConfig"]
        self.assertEqual((config["HostedZoneId"], config["CloudWatchLogsLogGroupArn"]), (zone.split("/")[-1], arn))
        self.assertTrue(made["Location"].endswith("/queryloggingconfig/" + config["Id"]))
        self.assertEqual(self.aws.get_query_logging_config(Id=config["Id"])["QueryLoggingConfig"], config)
        self.refused("QueryLoggingConfigAlreadyExists", 409, make, HostedZoneId=zone, CloudWatchLogsLogGroupArn=arn)
        self.refused("NoSuchHostedZone", 404, make, HostedZoneId="Z0NONE", CloudWatchLogsLogGroupArn=arn)
        for bad in ("nothing", "arn:aws:logs:us-east-1:1:log-group:x", "arn:aws:s3:us-east-1:123456789012:log-group:x",
                    "arn:aws:logs:us-east-1:123456789012:log-group:"):
            self.refused("InvalidInput", 400, make, HostedZoneId=other, CloudWatchLogsLogGroupArn=bad)
        second = make(HostedZoneId=other, CloudWatchLogsLogGroupArn=arn)["QueryLoggingConfig"]
        page = self.aws.list_query_logging_configs(MaxResults="1")
        rest = self.aws.list_query_logging_configs(NextToken=page["NextToken"])
        both = page["QueryLoggingConfigs"] + rest["QueryLoggingConfigs"]
        self.assertCountEqual([one["Id"] for one in both], [config["Id"], second["Id"]])
        only = self.aws.list_query_logging_configs(HostedZoneId=zone)["QueryLoggingConfigs"]
        self.assertEqual(only, [config])
        self.refused("InvalidPaginationToken", 400, self.aws.list_query_logging_configs, NextToken="?")
        limited = self.server.client(self.server.key(zones=[name]))
        self.assertEqual(limited.list_query_logging_configs()["QueryLoggingConfigs"], [config])
        self.refused("AccessDenied", 403, limited.get_query_logging_config, Id=second["Id"])
        self.aws.delete_query_logging_config(Id=config["Id"])
        self.refused("NoSuchQueryLoggingConfig", 404, self.aws.get_query_logging_config, Id=config["Id"])
        self.refused("NoSuchQueryLoggingConfig", 404, self.aws.delete_query_logging_config, Id=config["Id"])
        self.aws.delete_hosted_zone(Id=other)  # its config goes with it
        self.assertEqual(self.aws.list_query_logging_configs()["QueryLoggingConfigs"], [])

    def test_features_of_a_zone_are_kept(self):
        """By its XML: Debian's botocore is older than the operation."""
        name, zone = self.zone()
        path = "/2013-04-01" + zone
        for flag, status in (("true", "ENABLED"), ("false", "DISABLED")):
            body = (f'<UpdateHostedZoneFeaturesRequest xmlns="{NAMESPACE}"><EnableAcceleratedRecovery>{flag}'
                    "</EnableAcceleratedRecovery></UpdateHostedZoneFeaturesRequest>")
            self.assertEqual(self.server.signed("POST", path + "/features", body.encode())[0], 200)
            self.assertIn(f"<Features><AcceleratedRecoveryStatus>{status}</AcceleratedRecoveryStatus></Features>",
                          self.server.signed("GET", path)[2])
        told = self.aws.update_hosted_zone_comment(Id=zone, Comment="kept beside")["HostedZone"]
        self.assertEqual((told["Config"]["Comment"], told["Name"]), ("kept beside", name))
        self.assertIn("<Features>", self.server.signed("GET", path)[2])

    def test_no_zone_is_signed(self):
        _, zone = self.zone()
        bare = zone.split("/")[-1]
        told = self.aws.get_dnssec(HostedZoneId=zone)
        self.assertEqual((told["Status"], told["KeySigningKeys"]), ({"ServeSignature": "NOT_SIGNING"}, []))
        self.refused("KeySigningKeyWithActiveStatusNotFound", 400, self.aws.enable_hosted_zone_dnssec, HostedZoneId=zone)
        self.refused("DNSSECNotFound", 400, self.aws.disable_hosted_zone_dnssec, HostedZoneId=zone)
        self.refused("NoSuchHostedZone", 404, self.aws.get_dnssec, HostedZoneId="Z0NONE")
        key = {"CallerReference": "key", "HostedZoneId": bare, "Name": "key_1", "Status": "ACTIVE",
               "KeyManagementServiceArn": "arn:aws:kms:us-east-1:123456789012:key/1"}
        create = self.aws.create_key_signing_key
        self.refused("InvalidKMSArn", 400, create, **key)
        self.refused("InvalidKeySigningKeyName", 400, create, **{**key, "Name": "a-b"})
        self.refused("InvalidKeySigningKeyStatus", 400, create, **{**key, "Status": "SIGNING"})
        self.refused("NoSuchHostedZone", 404, create, **{**key, "HostedZoneId": "Z0NONE"})
        for call in (self.aws.activate_key_signing_key, self.aws.deactivate_key_signing_key, self.aws.delete_key_signing_key):
            self.refused("NoSuchKeySigningKey", 404, call, HostedZoneId=bare, Name="key_1")


class WithoutNameServers(unittest.TestCase):
    def test_a_set_of_its_own_needs_name_servers(self):
        with Door() as server:
            server.admin = server.key()
            aws = server.client()
            with self.assertRaises(aws.exceptions.DelegationSetNotAvailable):
                aws.create_reusable_delegation_set(CallerReference="none")


if __name__ == "__main__":
    unittest.main()
