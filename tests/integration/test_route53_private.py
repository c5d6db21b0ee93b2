"""The Route 53 door: private zones, and the VPCs that see them."""
import unittest

import dns.message
import dns.query

import waymark
from route53_door import DoorTest, a_set

REGION = "eu-west-1"


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

    def test_a_private_zone_may_be_a_top_level_name(self):
        made = self.private("corp", self.vpc("vpc-top", "127.0.9.0/24"))
        self.assertEqual(made["HostedZone"]["Name"], "corp.")

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


if __name__ == "__main__":
    unittest.main()
