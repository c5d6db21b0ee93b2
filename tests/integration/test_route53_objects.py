"""The Route 53 door beyond zones and records: delegation sets, query logging, features, DNSSEC."""
import unittest

from route53_door import NAMESPACE, Door, DoorTest


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
