"""How much the Route 53 door takes: the greatest number is taken, one more is refused with the SDK's own exception."""
import json
import unittest

from route53_door import DoorTest

REGION = "us-east-1"
DOCUMENT = json.dumps({"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartEndpoint": "one",
                       "Endpoints": {"one": {"Type": "value", "Value": "192.0.2.7"}}})


class Limits(DoorTest):
    def test_traffic_policies_and_their_versions(self):
        made = [self.aws.create_traffic_policy(Name=f"policy {at}", Document=DOCUMENT)["TrafficPolicy"]["Id"] for at in range(50)]
        self.refused("TooManyTrafficPolicies", 400, self.aws.create_traffic_policy, Name="one more", Document=DOCUMENT)
        for at in range(999):
            self.aws.create_traffic_policy_version(Id=made[0], Document=DOCUMENT, Comment=str(at))
        self.refused("TooManyTrafficPolicyVersionsForCurrentPolicy", 400, self.aws.create_traffic_policy_version,
                     Id=made[0], Document=DOCUMENT)

    def test_delegation_sets_and_their_zones(self):
        account = {"Type": "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER"}
        told = self.aws.get_account_limit(**account)
        self.assertEqual((told["Limit"], told["Count"]), ({**account, "Value": 100}, 0))
        made = [self.aws.create_reusable_delegation_set(CallerReference=f"set {at}")["DelegationSet"]["Id"] for at in range(100)]
        self.assertEqual(self.aws.get_account_limit(**account)["Count"], 100)
        self.refused("LimitsExceeded", 400, self.aws.create_reusable_delegation_set, CallerReference="one more")
        for at in range(100):
            self.aws.create_hosted_zone(Name=f"zone{at}.of.example", CallerReference=f"zone {at}", DelegationSetId=made[0])
        self.refused("TooManyHostedZones", 400, self.aws.create_hosted_zone, Name="more.of.example", CallerReference="more",
                     DelegationSetId=made[0])
        self.aws.create_hosted_zone(Name="more.of.example", CallerReference="more", DelegationSetId=made[1])

    def test_vpcs_of_a_zone(self):
        seen = [{"VPCRegion": REGION, "VPCId": self.server.must(
            "POST", "/v1/vpcs", {"name": f"vpc-{at}", "prefixes": [f"10.{at // 256}.{at % 256}.0/24"]})["name"]} for at in range(301)]
        zone = self.aws.create_hosted_zone(Name="seen.example", CallerReference="seen", VPC=seen[0])["HostedZone"]["Id"]
        for vpc in seen[1:300]:
            self.aws.associate_vpc_with_hosted_zone(HostedZoneId=zone, VPC=vpc)
        self.refused("LimitsExceeded", 400, self.aws.associate_vpc_with_hosted_zone, HostedZoneId=zone, VPC=seen[300])
        told = self.aws.get_hosted_zone_limit(HostedZoneId=zone, Type="MAX_VPCS_ASSOCIATED_BY_ZONE")
        self.assertEqual((told["Limit"]["Value"], told["Count"]), (300, 300))


if __name__ == "__main__":
    unittest.main()
