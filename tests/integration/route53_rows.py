"""Every operation of the Route 53 door, with what it is asked for on a server where everything exists once."""
from route53_door import DoorTest, a_set

DENIED = "AccessDenied"
IN = "in"          # what comes then depends on the request
HIDDEN = "hidden"  # a list or a number, without what is another's
REGION = "us-east-1"


def rows(there):
    """By operation: what it is asked with, all of it of another zone or of none, what a key that may only read hears, and what a
    key that is limited to a zone hears. An operation without a row fails the test."""
    zone, vpc = there["zone"], {"VPCRegion": REGION, "VPCId": "vpc-two"}
    of_zone, of_vpc = {"HostedZoneId": zone}, {"HostedZoneId": there["private"], "VPC": vpc}
    key = {"HostedZoneId": zone, "Name": "key"}
    check, policy, version = {"HealthCheckId": there["check"]}, there["policy"], {"Id": there["policy"], "Version": 1}
    config = {"IPAddress": "192.0.2.1", "Port": 80, "Type": "TCP"}
    batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": a_set("new.yours.example.")}]}
    policy_of = {"TrafficPolicyId": policy, "TrafficPolicyVersion": 1}
    blocks = [{"Action": "PUT", "LocationName": "new", "CidrList": ["203.0.113.0/24"]}]
    tags = {"ResourceType": "hostedzone", "ResourceId": zone.split("/")[-1]}
    read, write = (IN, DENIED), (DENIED, DENIED)
    free, listed = (IN, IN), (IN, HIDDEN)
    return {
        "CreateHostedZone": ({"Name": "new.example", "CallerReference": "new"}, *write),
        "GetHostedZone": ({"Id": zone}, *read),
        "ListHostedZones": ({}, *listed),
        "ListHostedZonesByName": ({"DNSName": "yours.example"}, *listed),
        "ListHostedZonesByVPC": ({"VPCId": "vpc-one", "VPCRegion": REGION}, *listed),
        "GetHostedZoneCount": ({}, *listed),
        "GetHostedZoneLimit": ({**of_zone, "Type": "MAX_RRSETS_BY_ZONE"}, *read),
        "UpdateHostedZoneComment": ({"Id": zone, "Comment": "new"}, *write),
        "UpdateHostedZoneFeatures": ({**of_zone, "EnableAcceleratedRecovery": True}, *write),
        "DeleteHostedZone": ({"Id": zone}, *write),
        "AssociateVPCWithHostedZone": (of_vpc, *write),
        "DisassociateVPCFromHostedZone": ({**of_vpc, "VPC": {**vpc, "VPCId": "vpc-one"}}, *write),
        "CreateVPCAssociationAuthorization": (of_vpc, *write),
        "DeleteVPCAssociationAuthorization": (of_vpc, *write),
        "ListVPCAssociationAuthorizations": ({"HostedZoneId": there["private"]}, *read),
        "ChangeResourceRecordSets": ({**of_zone, "ChangeBatch": batch}, *write),
        "ListResourceRecordSets": (of_zone, *read),
        "GetChange": ({"Id": there["change"]}, *read),
        "TestDNSAnswer": ({**of_zone, "RecordName": "www.yours.example", "RecordType": "A"}, *read),
        "CreateReusableDelegationSet": ({"CallerReference": "new"}, *write),
        "GetReusableDelegationSet": ({"Id": there["set"]}, *read),
        "ListReusableDelegationSets": ({}, *read),
        "DeleteReusableDelegationSet": ({"Id": there["set"]}, *write),
        "GetReusableDelegationSetLimit": ({"DelegationSetId": there["set"], "Type": "MAX_ZONES_BY_REUSABLE_DELEGATION_SET"}, *read),
        "CreateHealthCheck": ({"CallerReference": "new", "HealthCheckConfig": config}, *write),
        "GetHealthCheck": (check, *read),
        "ListHealthChecks": ({}, *read),
        "UpdateHealthCheck": ({**check, "Port": 81}, *write),
        "DeleteHealthCheck": (check, *write),
        "GetHealthCheckCount": ({}, *read),
        "GetHealthCheckStatus": (check, *read),
        "GetHealthCheckLastFailureReason": (check, *read),
        "GetCheckerIpRanges": ({}, *free),
        "GetGeoLocation": ({"CountryCode": "DE"}, *free),
        "ListGeoLocations": ({}, *free),
        "CreateCidrCollection": ({"Name": "new", "CallerReference": "new"}, *write),
        "ChangeCidrCollection": ({"Id": there["collection"], "Changes": blocks}, *write),
        "ListCidrCollections": ({}, *read),
        "ListCidrLocations": ({"CollectionId": there["collection"]}, *read),
        "ListCidrBlocks": ({"CollectionId": there["collection"]}, *read),
        "DeleteCidrCollection": ({"Id": there["collection"]}, *write),
        "CreateTrafficPolicy": ({"Name": "new", "Document": there["document"]}, *write),
        "CreateTrafficPolicyVersion": ({"Id": policy, "Document": there["document"]}, *write),
        "GetTrafficPolicy": (version, *read),
        "ListTrafficPolicies": ({}, *read),
        "ListTrafficPolicyVersions": ({"Id": policy}, *read),
        "UpdateTrafficPolicyComment": ({**version, "Comment": "new"}, *write),
        "DeleteTrafficPolicy": (version, *write),
        "CreateTrafficPolicyInstance": ({**of_zone, **policy_of, "Name": "new.yours.example", "TTL": 60}, *write),
        "GetTrafficPolicyInstance": ({"Id": there["instance"]}, *read),
        "ListTrafficPolicyInstances": ({}, *listed),
        "ListTrafficPolicyInstancesByHostedZone": (of_zone, *read),
        "ListTrafficPolicyInstancesByPolicy": (policy_of, *listed),
        "GetTrafficPolicyInstanceCount": ({}, *listed),
        "UpdateTrafficPolicyInstance": ({"Id": there["instance"], **policy_of, "TTL": 61}, *write),
        "DeleteTrafficPolicyInstance": ({"Id": there["instance"]}, *write),
        "CreateKeySigningKey": ({**key, "CallerReference": "new", "KeyManagementServiceArn": "arn:aws:kms:none", "Status": "ACTIVE"}, *write),
        "ActivateKeySigningKey": (key, *write),
        "DeactivateKeySigningKey": (key, *write),
        "DeleteKeySigningKey": (key, *write),
        "EnableHostedZoneDNSSEC": (of_zone, *write),
        "DisableHostedZoneDNSSEC": (of_zone, *write),
        "GetDNSSEC": (of_zone, *read),
        "CreateQueryLoggingConfig": ({**of_zone, "CloudWatchLogsLogGroupArn": there["log"]}, *write),
        "GetQueryLoggingConfig": ({"Id": there["logging"]}, *read),
        "ListQueryLoggingConfigs": ({}, *listed),
        "DeleteQueryLoggingConfig": ({"Id": there["logging"]}, *write),
        "ChangeTagsForResource": ({**tags, "AddTags": [{"Key": "new", "Value": "new"}]}, *write),
        "ListTagsForResource": (tags, *read),
        "ListTagsForResources": ({"ResourceType": "hostedzone", "ResourceIds": [tags["ResourceId"]]}, *read),
        "GetAccountLimit": ({"Type": "MAX_HOSTED_ZONES_BY_OWNER"}, *read),
    }


class Furnished(DoorTest):
    """A server with one of everything, and the rows for it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        aws, there = cls.aws, {}
        made = aws.create_hosted_zone(Name="mine.example", CallerReference="mine")
        cls.mine = made["HostedZone"]["Id"].split("/")[-1]
        there["zone"] = aws.create_hosted_zone(Name="yours.example", CallerReference="yours")["HostedZone"]["Id"]
        for at, name in enumerate(("vpc-one", "vpc-two", "vpc-three")):
            cls.server.must("POST", "/v1/vpcs", {"name": name, "prefixes": [f"127.0.{at}.0/24"]})
        hidden = aws.create_hosted_zone(Name="yours.private", CallerReference="private", VPC={"VPCRegion": REGION, "VPCId": "vpc-one"})
        there["private"] = hidden["HostedZone"]["Id"]
        aws.associate_vpc_with_hosted_zone(HostedZoneId=there["private"], VPC={"VPCRegion": REGION, "VPCId": "vpc-three"})
        batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": a_set("www.yours.example.")}]}
        there["change"] = aws.change_resource_record_sets(HostedZoneId=there["zone"], ChangeBatch=batch)["ChangeInfo"]["Id"]
        there["set"] = aws.create_reusable_delegation_set(CallerReference="set")["DelegationSet"]["Id"]
        there["check"] = aws.create_health_check(CallerReference="check", HealthCheckConfig={
            "IPAddress": "192.0.2.1", "Port": 80, "Type": "TCP"})["HealthCheck"]["Id"]
        there["collection"] = aws.create_cidr_collection(Name="blocks", CallerReference="blocks")["Collection"]["Id"]
        there["document"] = ('{"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartEndpoint": "one",'
                             ' "Endpoints": {"one": {"Type": "value", "Value": "192.0.2.7"}}}')
        there["policy"] = aws.create_traffic_policy(Name="policy", Document=there["document"])["TrafficPolicy"]["Id"]
        there["instance"] = aws.create_traffic_policy_instance(
            HostedZoneId=there["zone"], Name="policy.yours.example", TTL=60, TrafficPolicyId=there["policy"],
            TrafficPolicyVersion=1)["TrafficPolicyInstance"]["Id"]
        there["log"] = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/route53/yours"
        there["logging"] = aws.create_query_logging_config(
            HostedZoneId=there["zone"], CloudWatchLogsLogGroupArn=there["log"])["QueryLoggingConfig"]["Id"]
        cls.there, cls.rows = there, rows(there)
        cls.model = aws.meta.service_model

    def state(self):
        """What a commit would change."""
        return self.server.must("GET", "/v1/status")["store"]["revision"]

    def known(self):
        """The rows of what this botocore knows."""
        return {operation: row for operation, row in self.rows.items() if operation in self.model.operation_names}
