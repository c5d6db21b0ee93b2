"""The Route 53 door, asked by the real boto3: zones, change batches of every policy, listings, errors."""
import unittest

from route53_door import NAMESPACE, DoorTest, a_set, check_response


class Route53(DoorTest):
    # -- zones --

    def test_a_zone_from_creation_to_deletion(self):
        name = "life.example."
        made = self.aws.create_hosted_zone(Name="Life.example", CallerReference="life 1",
                                           HostedZoneConfig={"Comment": "a <b> & \"c\""})
        zone = made["HostedZone"]
        self.assertEqual(made["ResponseMetadata"]["HTTPStatusCode"], 201)
        self.assertTrue(made["Location"].endswith("/2013-04-01" + zone["Id"]), made["Location"])
        self.assertRegex(zone["Id"], r"^/hostedzone/Z[A-Z0-9]{13,31}$")
        self.assertEqual((zone["Name"], zone["CallerReference"], zone["ResourceRecordSetCount"]), (name, "life 1", 2))
        self.assertEqual(zone["Config"], {"Comment": "a <b> & \"c\"", "PrivateZone": False})
        self.assertEqual(made["DelegationSet"]["NameServers"], ["ns1.example.net", "ns2.example.net"])
        self.assertRegex(made["ChangeInfo"]["Id"], r"^/change/C[A-Z0-9]+$")
        self.in_sync(made)
        self.assertEqual(self.server.values(name, "NS"), ["ns1.example.net.", "ns2.example.net."])

        self.assertEqual(self.aws.get_hosted_zone(Id=zone["Id"])["HostedZone"], zone)
        told = self.aws.update_hosted_zone_comment(Id=zone["Id"], Comment="new")["HostedZone"]
        self.assertEqual((told["Config"]["Comment"], told["CallerReference"]), ("new", "life 1"))
        told = self.aws.update_hosted_zone_comment(Id=zone["Id"])["HostedZone"]
        self.assertEqual(told["Config"], {"PrivateZone": False})
        # The same zone, natively.
        self.assertEqual(self.server.must("GET", "/v1/zones/life.example")["id"], zone["Id"].split("/")[-1])

        self.change(zone["Id"], ("CREATE", a_set("www." + name)))
        self.refused("HostedZoneNotEmpty", 400, self.aws.delete_hosted_zone, Id=zone["Id"])
        self.change(zone["Id"], ("DELETE", a_set("www." + name)))
        self.in_sync(self.aws.delete_hosted_zone(Id=zone["Id"]))
        self.refused("NoSuchHostedZone", 404, self.aws.get_hosted_zone, Id=zone["Id"])
        # A caller reference is never used again, whatever the name.
        self.refused("HostedZoneAlreadyExists", 409, self.aws.create_hosted_zone, Name="other.example",
                     CallerReference="life 1")

    def test_zones_that_can_not_be_made(self):
        name, _ = self.zone()
        make = self.aws.create_hosted_zone
        self.refused("ConflictingDomainExists", 400, make, Name=name, CallerReference="again")
        self.refused("InvalidDomainName", 400, make, Name="*.wild.example", CallerReference="wild")
        self.refused("InvalidDomainName", 400, make, Name="a..example", CallerReference="dots")
        for top in ("com", "corp."):
            told = self.refused("InvalidDomainName", 400, make, Name=top, CallerReference="top")
            self.assertTrue(told.endswith(" is reserved by AWS!"), told)
        self.refused("InvalidInput", 400, make, Name="x.example", CallerReference="r" * 129)
        self.refused("InvalidInput", 400, make, Name="x.example")
        self.refused("InvalidVPCId", 400, make, Name="x.example", CallerReference="vpc",
                     VPC={"VPCRegion": "us-east-1", "VPCId": "vpc-1"})
        self.refused("NoSuchDelegationSet", 400, make, Name="x.example", CallerReference="set", DelegationSetId="N1")

    def test_zones_are_listed_by_id_and_by_name_in_pages(self):
        names = ["sorted-b.example.", "sorted.example.", "a.sorted.example.", "sorted-a.example."]
        ids = {name: self.zone(name)[1] for name in names}
        pages = self.aws.get_paginator("list_hosted_zones").paginate(PaginationConfig={"PageSize": 2})
        listed = [zone["Id"] for page in pages for zone in page["HostedZones"]]
        self.assertEqual(listed, sorted(listed))
        self.assertLessEqual(set(ids.values()), set(listed))
        self.assertEqual(self.aws.get_hosted_zone_count()["HostedZoneCount"], len(listed))

        page = self.aws.list_hosted_zones_by_name(DNSName="sorted-a.example", MaxItems="3")
        self.assertEqual([zone["Name"] for zone in page["HostedZones"]],
                         ["sorted-a.example.", "sorted-b.example.", "sorted.example."])
        self.assertEqual((page["IsTruncated"], page["DNSName"], page["NextDNSName"]),
                         (True, "sorted-a.example", "a.sorted.example."))
        page = self.aws.list_hosted_zones_by_name(DNSName=page["NextDNSName"], HostedZoneId=page["NextHostedZoneId"])
        self.assertEqual(page["HostedZones"][0]["Name"], "a.sorted.example.")
        self.refused("InvalidInput", 400, self.aws.list_hosted_zones_by_name, HostedZoneId="Z1")
        self.refused("InvalidInput", 400, self.aws.list_hosted_zones, MaxItems="none")
        self.assertEqual(self.aws.list_hosted_zones(MaxItems="1000")["MaxItems"], "100")

    # -- record sets --

    def test_every_policy_comes_back_as_it_was_made_and_answers(self):
        name, zone = self.zone()
        collection = self.server.must("POST", "/v1/cidr-collections", {
            "name": "route53", "locations": [{"name": "here", "blocks": ["127.0.0.0/8"]}]})["id"]
        check = self.server.must("POST", "/v1/health-checks", {"type": "tcp", "address": "127.0.0.1", "port": 9, "disabled": True})["id"]
        sets = [
            a_set("simple." + name, "192.0.2.1", "192.0.2.2"),
            a_set("weighted." + name, "192.0.2.3", SetIdentifier="all", Weight=255),
            a_set("weighted." + name, "192.0.2.4", SetIdentifier="none", Weight=0),
            a_set("failover." + name, "192.0.2.5", SetIdentifier="first", Failover="PRIMARY", HealthCheckId=check),
            a_set("failover." + name, "192.0.2.6", SetIdentifier="second", Failover="SECONDARY"),
            a_set("latency." + name, "192.0.2.7", SetIdentifier="eu", Region="eu-west-1"),
            a_set("geo." + name, "192.0.2.8", SetIdentifier="any", GeoLocation={"CountryCode": "*"}),
            a_set("geo." + name, "192.0.2.9", SetIdentifier="eu", GeoLocation={"ContinentCode": "EU"}),
            a_set("many." + name, "192.0.2.12", SetIdentifier="1", MultiValueAnswer=True),
            a_set("many." + name, "192.0.2.13", SetIdentifier="2", MultiValueAnswer=True),
            a_set("cidr." + name, "192.0.2.14", SetIdentifier="here",
                  CidrRoutingConfig={"CollectionId": collection, "LocationName": "here"}),
            a_set("cidr." + name, "192.0.2.15", SetIdentifier="else",
                  CidrRoutingConfig={"CollectionId": collection, "LocationName": "*"}),
            {"Name": name, "Type": "A", "AliasTarget": {
                "HostedZoneId": zone.split("/")[-1], "DNSName": "simple." + name, "EvaluateTargetHealth": True}},
            a_set("\\052.wild." + name, '"a\\"b" "\\351"', kind="TXT", ttl=0),
            a_set("mail." + name, "10 mx1.example.net.", "20 mx2.example.net.", kind="MX"),
        ]
        done = self.change(zone, *[("CREATE", one) for one in sets], Comment="all of them")
        self.assertEqual(done["ChangeInfo"]["Comment"], "all of them")
        self.aws.get_waiter("resource_record_sets_changed").wait(
            Id=done["ChangeInfo"]["Id"], WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        self.assertEqual(self.aws.get_change(Id=done["ChangeInfo"]["Id"])["ChangeInfo"]["Status"], "INSYNC")

        listed = [one for one in self.aws.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
                  if one["Type"] not in ("NS", "SOA")]
        key = lambda one: (one["Name"], one["Type"], one.get("SetIdentifier", ""))
        self.assertEqual(sorted(listed, key=key), sorted(sets, key=key))
        for label, wanted in [("simple.", ["192.0.2.1", "192.0.2.2"]), ("", ["192.0.2.1", "192.0.2.2"]),
                              ("weighted.", ["192.0.2.3"]), ("failover.", ["192.0.2.5"]), ("latency.", ["192.0.2.7"]),
                              ("geo.", ["192.0.2.8"]), ("many.", ["192.0.2.12", "192.0.2.13"]), ("cidr.", ["192.0.2.14"])]:
            self.assertEqual(self.server.values(label + name), wanted, label)
        self.assertEqual(self.server.values("deep.wild." + name, "TXT"), ['"a\\"b" "\\233"'])
        # What was read can be sent back, and is gone.
        self.in_sync(self.change(zone, *[("DELETE", one) for one in listed]))
        self.assertEqual(self.aws.get_hosted_zone(Id=zone)["HostedZone"]["ResourceRecordSetCount"], 2)
        self.assertEqual(self.server.values("simple." + name), [])

    def test_geoproximity(self):
        """By its XML: Debian's botocore is older than the policy."""
        name, zone = self.zone()
        path = f"/2013-04-01/hostedzone/{zone.split('/')[-1]}/rrset"
        places = {"x": "<Coordinates><Latitude>49.22</Latitude><Longitude>-74.01</Longitude></Coordinates><Bias>-5</Bias>",
                  "y": "<AWSRegion>us-west-2</AWSRegion><Bias>0</Bias>"}
        sets = [f"<ResourceRecordSet><Name>near.{name}</Name><Type>A</Type><SetIdentifier>{key}</SetIdentifier><TTL>60</TTL>"
                "<ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord></ResourceRecords>"
                f"<GeoProximityLocation>{place}</GeoProximityLocation></ResourceRecordSet>" for key, place in places.items()]
        body = (f'<ChangeResourceRecordSetsRequest xmlns="{NAMESPACE}"><ChangeBatch><Changes>'
                + "".join(f"<Change><Action>CREATE</Action>{one}</Change>" for one in sets)
                + "</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>")
        status, _, text = self.server.signed("POST", path + "/", body.encode())
        self.assertEqual(status, 200, text)
        change = text.split("<Id>")[1].split("</Id>")[0]
        self.in_sync({"ChangeInfo": {"Id": change}})
        listed = self.server.signed("GET", path)[2]
        for one in sets:
            self.assertIn(one, listed)
        self.assertEqual(self.server.values("near." + name), ["192.0.2.1"])

    def test_a_batch_is_one_step_and_judged_in_order(self):
        name, zone = self.zone()
        www = "www." + name
        cname = a_set(www, "other.example.net", kind="CNAME")
        self.change(zone, ("CREATE", a_set(www)))
        self.assertEqual(
            self.bad_batch(zone, ("CREATE", cname), ("DELETE", a_set(www))),
            f"RRSet of type CNAME with DNS name {www} is not permitted as it conflicts with other records with the same "
            f"DNS name in zone {name}")
        self.in_sync(self.change(zone, ("DELETE", a_set(www)), ("CREATE", cname)))
        self.assertEqual(self.server.values(www, "CNAME"), ["other.example.net."])
        self.in_sync(self.change(zone, ("UPSERT", a_set(www, "third.example.net", kind="CNAME", ttl=5))))
        self.assertEqual(self.server.values(www, "CNAME"), ["third.example.net."])

    def test_why_a_batch_is_refused(self):
        name, zone = self.zone()
        bare = zone.split("/")[-1]
        www, blue = "www." + name, dict(SetIdentifier="blue", Weight=1)
        self.change(zone, ("CREATE", a_set(www)), ("CREATE", a_set("c." + name, "x.example.net", kind="CNAME")),
                    ("CREATE", a_set("w." + name, **blue)))
        told = lambda *changes: self.bad_batch(zone, *changes)
        self.assertEqual(told(("CREATE", a_set(www))),
                         f"Tried to create resource record set [name='{www}', type='A'] but it already exists")
        self.assertEqual(told(("CREATE", a_set("w." + name, **blue))),
                         f"Tried to create resource record set [name='w.{name}', type='A', set-identifier='blue'] but it "
                         "already exists")
        self.assertEqual(told(("DELETE", a_set("gone." + name)), ("DELETE", a_set(www, ttl=61))),
                         f"Tried to delete resource record set [name='gone.{name}', type='A'] but it was not found, "
                         f"Tried to delete resource record set [name='{www}', type='A'] but the values provided do not "
                         "match the current values")
        self.assertEqual(told(("CREATE", a_set("www.elsewhere.example"))),
                         f"RRSet with DNS name www.elsewhere.example. is not permitted in zone {name}")
        self.assertEqual(told(("CREATE", a_set(name, "x.example.net", kind="CNAME"))),
                         f"RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {name}")
        self.assertEqual(told(("CREATE", a_set("c." + name))),
                         f"RRSet of type A with DNS name c.{name} is not permitted because a conflicting RRSet of type CNAME "
                         f"with the same DNS name already exists in zone {name}")
        self.assertEqual(told(("CREATE", a_set("w." + name, ttl=1, SetIdentifier="green", Weight=1))),
                         f"RRSet with DNS name w.{name}, type A, SetIdentifier green cannot be created as weighted sets must "
                         "contain the same TTL.")
        self.assertIn("Multivalue answer rrset should not be an alias rrset.", told(("CREATE", {
            "Name": "m." + name, "Type": "A", "SetIdentifier": "1", "MultiValueAnswer": True,
            "AliasTarget": {"HostedZoneId": bare, "DNSName": www, "EvaluateTargetHealth": False}})))
        alias = {"HostedZoneId": bare, "DNSName": "none." + name, "EvaluateTargetHealth": False}
        self.assertEqual(told(("CREATE", {"Name": "al." + name, "Type": "A", "AliasTarget": alias})),
                         f"Tried to create an alias that targets none.{name}, type A in zone {bare}, but that target was not "
                         "found")
        alias["DNSName"] = "www.elsewhere.example."
        self.assertIn("but the alias target name does not lie within the target zone",
                      told(("CREATE", {"Name": "al." + name, "Type": "A", "AliasTarget": alias})))
        self.assertEqual(told(("CREATE", a_set("p." + name, SetIdentifier="p", Failover="PRIMARY"))),
                         "A non-alias primary ResourceRecordSet must have an associated health check. No changes made.")
        self.assertEqual(told(("UPSERT", a_set("g." + name, SetIdentifier="g", GeoLocation={"CountryCode": "QQ"}))),
                         "Cannot find location: 'country = QQ'. No changes made.")
        for place, words in (({"CountryCode": "CA", "SubdivisionCode": "ON"}, "country = CA subdivision = ON"),
                             ({"CountryCode": "US", "SubdivisionCode": "ZZ"}, "country = US subdivision = ZZ"),
                             ({"CountryCode": "BV"}, "country = BV")):
            self.assertEqual(told(("CREATE", a_set("g." + name, SetIdentifier="g", GeoLocation=place))),
                             f"Cannot find location: '{words}'. No changes made.")
        for kind, value in (("CNAME", "@"), ("MX", "10 @"), ("NS", "@"), ("A", "\\# 4 c0000201")):
            self.assertIn("Invalid Resource Record", told(("CREATE", a_set("v." + name, value, kind=kind))))
        self.assertEqual(told(("UPSERT", a_set("l." + name, SetIdentifier="l", Region="mars-1"))), "Cannot find region mars-1")
        self.assertEqual(told(("DELETE", a_set(www)), ("DELETE", a_set(www))).count("invalid set of changes"), 1)
        told(("DELETE", self.aws.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"][0]))  # the apex NS
        self.refused("NoSuchHealthCheck", 404, self.change, zone,
                     ("CREATE", a_set("h." + name, SetIdentifier="h", Weight=1, HealthCheckId="none")))
        self.assertIn("DNS name must have alternate", told(("CREATE", a_set("h." + name, HealthCheckId="none"))))
        self.refused("NoSuchHostedZone", 404, self.change, "Z0NONE", ("CREATE", a_set(www)))
        self.refused("NoSuchChange", 404, self.aws.get_change, Id="C0NONE")

    def test_values_that_route_53_does_not_take_are_refused_and_deleted_all_the_same(self):
        name, zone = self.zone()
        told = lambda kind, value: self.bad_batch(zone, ("CREATE", a_set("v." + name, value, kind=kind)))
        self.assertEqual(told("TXT", '"' + "x" * 256 + '"'), "Invalid Resource Record: 'FATAL problem: CharacterStringTooLong (Value is "
                         "too long) encountered with '\"" + "x" * 256 + "\"''")
        self.assertIn("Value should be enclosed in quotation marks", told("TXT", '"a" b'))
        self.assertIn("CAARRDATAInvalidTag", told("CAA", '0 contactemail "a@example.com"'))
        self.assertIn("SvcPriority is not a number from 0 to 32767", told("HTTPS", "40000 ."))
        self.assertIn("DomainLabelTooLong (Domain label is too long)", told("CNAME", "x" * 64 + ".example.net"))
        self.assertEqual(self.bad_batch(zone, ("CREATE", a_set("x" * 64 + "." + name))), "FATAL problem: DomainLabelTooLong (Domain label "
                         "is too long) encountered with '" + "x" * 64 + "." + name + "'")
        native = zone.split("/")[-1]
        self.server.change(native, ("create", {"name": "v." + name, "type": "CAA", "ttl": 60, "values": ['0 contactemail "a@example.com"']}))
        listed = self.aws.list_resource_record_sets(HostedZoneId=zone, StartRecordName="v." + name)["ResourceRecordSets"]
        self.assertEqual(listed, [a_set("v." + name, '0 contactemail "a@example.com"', kind="CAA")])
        self.change(zone, ("DELETE", listed[0]))

    def test_texts_are_limited_by_characters(self):
        name, zone = self.zone()
        self.change(zone, ("CREATE", a_set("www." + name, SetIdentifier="ü" * 128, Weight=1)), Comment="ü" * 256)
        listed = self.aws.list_resource_record_sets(HostedZoneId=zone, StartRecordName="www." + name)["ResourceRecordSets"]
        self.assertEqual(listed[0]["SetIdentifier"], "ü" * 128)
        native, = self.server.must("GET", f"/v1/zones/{name}/records?name=www.{name}")["items"]
        self.assertEqual(native["set_id"], "ü" * 128)
        self.refused("InvalidInput", 400, self.change, zone, ("CREATE", a_set("www." + name, SetIdentifier="ü" * 129, Weight=1)))
        self.refused("InvalidInput", 400, self.change, zone, ("DELETE", listed[0]), Comment="ü" * 257)
        self.server.change(name, ("delete", native))
        self.assertEqual(self.aws.update_hosted_zone_comment(Id=zone, Comment="ü" * 256)["HostedZone"]["Config"]["Comment"], "ü" * 256)

    def test_structural_faults_are_invalid_input(self):
        name, zone = self.zone()
        www = "www." + name
        for record in (
            {"Name": www, "Type": "A"}, {"Name": www, "Type": "A", "TTL": 60}, a_set(www, Weight=1),
            a_set(www, SetIdentifier="s"), a_set(www, SetIdentifier="s", Weight=1, Region="eu-west-1"), a_set(www, kind="LOC"),
            a_set(www, SetIdentifier="s", Weight=256), a_set(www, ttl=-1), a_set(www, "1" * 4001),
        ):
            self.refused("InvalidInput", 400, self.change, zone, ("CREATE", record))
        self.refused("InvalidInput", 400, self.change, zone)
        self.refused("InvalidInput", 400, self.change, zone, ("REPLACE", a_set(www)))
        listing = self.aws.list_resource_record_sets
        self.refused("InvalidInput", 400, listing, HostedZoneId=zone, StartRecordType="A")
        self.refused("InvalidInput", 400, listing, HostedZoneId=zone, StartRecordName=www, StartRecordIdentifier="s")
        self.refused("InvalidInput", 400, listing, HostedZoneId=zone, MaxItems="0")

    def test_limits_of_a_batch(self):
        name, zone = self.zone()
        many = [("CREATE", a_set(f"n{i}.{name}")) for i in range(1001)]
        self.assertEqual(self.bad_batch(zone, *many), "Number of records limit of 1000 exceeded.")
        upserts = [("UPSERT", record) for _, record in many[:501]]
        self.assertEqual(self.bad_batch(zone, *upserts), "Number of records limit of 1000 exceeded.")
        texts = [("CREATE", a_set(f"t{i}.{name}", '"' + "x" * 198 + '"', kind="TXT")) for i in range(160)]
        self.change(zone, *texts)
        more = [("CREATE", a_set(f"u{i}.{name}", '"' + "x" * 198 + '"', kind="TXT")) for i in range(159)]
        last = ("CREATE", a_set("v." + name, '"' + "x" * 199 + '"', kind="TXT"))  # 32,001 characters
        self.assertIn("character limit of 32000 exceeded", self.bad_batch(zone, *more, last))

    def test_more_than_a_thousand_record_sets_are_listed_in_pages(self):
        name, zone = self.zone()
        records = [a_set(f"{label}{i}.{name}") for i in range(260) for label in ("", "a-", "a.", "\\052.x")]
        for start in range(0, len(records), 520):
            self.in_sync(self.change(zone, *[("CREATE", record) for record in records[start:start + 520]]))
        pages = list(self.aws.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone))
        listed = [record for page in pages for record in page["ResourceRecordSets"]]
        self.assertEqual([len(page["ResourceRecordSets"]) for page in pages], [300, 300, 300, 142])
        self.assertEqual(len({(r["Name"], r["Type"]) for r in listed}), len(records) + 2)
        reverse = lambda r: ("".join(part + "." for part in reversed(r["Name"][:-1].split("."))), r["Type"])
        self.assertEqual(listed, sorted(listed, key=reverse))
        self.assertEqual([r["Type"] for r in listed[:2]], ["NS", "SOA"])

        page = self.aws.list_resource_record_sets(HostedZoneId=zone, StartRecordName="a-5." + name, MaxItems="2")
        self.assertEqual([r["Name"] for r in page["ResourceRecordSets"]], ["a-5." + name, "a-50." + name])
        self.assertEqual((page["NextRecordName"], page["NextRecordType"], page["MaxItems"]), ("a-51." + name, "A", "2"))
        page = self.aws.list_resource_record_sets(HostedZoneId=zone, StartRecordName="a-5." + name, StartRecordType="AAAA",
                                                  MaxItems="1")
        self.assertEqual(page["ResourceRecordSets"][0]["Name"], "a-50." + name)

    def test_what_only_rest_can_make_is_listed_paged_over_and_deleted(self):
        name, zone = self.zone()
        native = zone.split("/")[-1]
        self.server.change(native, ("create", {"name": "x." + name, "type": "LOC", "ttl": 60,
                                                   "values": ["52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m"]}),
                           ("create", {"name": "y." + name, "type": "A",
                                       "alias": {"external": "www.elsewhere.example"}}))
        self.change(zone, ("CREATE", a_set("x." + name)), ("CREATE", a_set("x." + name, '"z"', kind="TXT")))
        client = self.server.client()
        client.meta.events.unregister("after-call.route53", check_response)  # LOC is not in the model
        start, listed = {}, []
        while True:
            page = client.list_resource_record_sets(HostedZoneId=zone, MaxItems="1", **start)
            listed += page["ResourceRecordSets"]
            if not page["IsTruncated"]:
                break
            start = {"StartRecordName": page["NextRecordName"], "StartRecordType": page["NextRecordType"]}
        self.assertEqual([r["Type"] for r in listed], ["NS", "SOA", "A", "LOC", "TXT", "A"])
        self.assertEqual(listed[5]["AliasTarget"], {"HostedZoneId": "ZEXTERNAL", "DNSName": "www.elsewhere.example.",
                                                    "EvaluateTargetHealth": False})
        self.change(zone, ("UPSERT", listed[5]))
        self.assertEqual(self.server.must("GET", f"/v1/zones/{native}/records?name=y.{name}")["items"][0]["alias"]["external"], "www.elsewhere.example.")
        self.refused("InvalidInput", 400, self.change, zone, ("UPSERT", listed[3]))
        self.change(zone, *[("DELETE", one) for one in listed[2:]])
        self.aws.delete_hosted_zone(Id=zone)

    def test_the_tiers_that_rest_made_are_kept(self):
        name, zone = self.zone()
        native = zone.split("/")[-1]
        check = self.server.must("POST", "/v1/health-checks", {"type": "tcp", "address": "127.0.0.1", "port": 9, "disabled": True})["id"]
        tier = lambda number, address: {"name": "www." + name, "type": "A", "ttl": 60, "set_id": f"tier{number}", "values": [address],
                                        "health_check_id": check, "routing": {"policy": "failover", "role": "secondary", "tier": number}}
        self.change(zone, ("CREATE", a_set("www." + name, SetIdentifier="first", Failover="PRIMARY", HealthCheckId=check)))
        self.server.change(native, *(("create", tier(number, f"192.0.2.{number}")) for number in (2, 3, 4)))
        listed = self.aws.list_resource_record_sets(HostedZoneId=zone, StartRecordName="www." + name)["ResourceRecordSets"]
        third, = [record for record in listed if record.get("SetIdentifier") == "tier3"]
        self.change(zone, ("UPSERT", {**third, "TTL": 61}))
        kept, = [one for one in self.server.must("GET", f"/v1/zones/{native}/records?name=www.{name}")["items"] if one["set_id"] == "tier3"]
        self.assertEqual((kept["ttl"], kept["routing"]["tier"]), (61, 3))
        self.change(zone, *[("DELETE", record) for record in listed if record != third], ("DELETE", {**third, "TTL": 61}))

    def test_a_page_may_end_inside_a_group(self):
        name, zone = self.zone()
        group = [a_set("www." + name, SetIdentifier=text, Weight=1) for text in ("blue", "green", "red")]
        self.change(zone, *[("CREATE", one) for one in group])
        page = self.aws.list_resource_record_sets(HostedZoneId=zone, StartRecordName="www." + name, MaxItems="2")
        self.assertEqual((page["NextRecordName"], page["NextRecordType"], page["NextRecordIdentifier"]),
                         ("www." + name, "A", "red"))
        page = self.aws.list_resource_record_sets(HostedZoneId=zone, StartRecordName="www." + name, StartRecordType="A",
                                                  StartRecordIdentifier="red")
        self.assertEqual(page["ResourceRecordSets"], group[2:])
        self.assertFalse(page["IsTruncated"])


if __name__ == "__main__":
    unittest.main()
