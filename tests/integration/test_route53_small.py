"""The small operations of the Route 53 door: tags, limits, places, checkers, CIDR collections, TestDNSAnswer; and a row for each
operation in docs/route53.md."""
import pathlib
import re
import socket
import unittest

import botocore
import botocore.exceptions

import waymark

from route53_door import NAMESPACE, DoorTest, a_set

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "route53.md"
NONE = "00000000-0000-4000-8000-000000000000"


class Tags(DoorTest):
    def tags(self, kind, name):
        told = self.aws.list_tags_for_resource(ResourceType=kind, ResourceId=name)["ResourceTagSet"]
        self.assertEqual((told["ResourceType"], told["ResourceId"]), (kind, name))
        return {tag["Key"]: tag["Value"] for tag in told["Tags"]}

    def tag(self, kind, name, remove=(), **add):
        words = {"AddTags": [{"Key": key, "Value": value} for key, value in add.items()]} if add else {}
        if remove:
            words["RemoveTagKeys"] = list(remove)
        return self.aws.change_tags_for_resource(ResourceType=kind, ResourceId=name, **words)

    def check(self):
        Tags.made += 1
        return self.aws.create_health_check(CallerReference=f"check {self.made}", HealthCheckConfig={
            "Type": "TCP", "IPAddress": "192.0.2.1", "Port": 25})["HealthCheck"]["Id"]

    def test_tags_are_put_on_zones_and_checks_and_go_with_them(self):
        name, zone = self.zone()
        bare, check = zone.split("/")[-1], self.check()
        for kind, one in (("hostedzone", bare), ("healthcheck", check)):
            self.assertEqual(self.tags(kind, one), {})
            self.tag(kind, one, remove=["never"], Team="dns <&> ops", Empty="")
            self.tag(kind, one, remove=["Empty"], Team="web", Stage="ü")
            self.assertEqual(self.tags(kind, one), {"Stage": "ü", "Team": "web"})
        # The same tags over REST.
        self.assertEqual(self.server.must("GET", f"/v1/zones/{name}/tags"), {"tags": {"Stage": "ü", "Team": "web"}})
        self.server.must("PUT", f"/v1/health-checks/{check}/tags", {"tags": {"Owner": "rest"}})
        self.assertEqual(self.tags("healthcheck", check), {"Owner": "rest"})
        refused = self.server.call("PUT", f"/v1/zones/{name}/tags", {"tags": {"a": 1, "b": "x" * 257}})
        self.assertEqual((refused.status, [cause["pointer"] for cause in refused.json["errors"]]), (422, ["/tags/a", "/tags/b"]))
        self.aws.delete_health_check(HealthCheckId=check)
        self.in_sync(self.aws.delete_hosted_zone(Id=zone))
        self.refused("NoSuchHealthCheck", 404, self.tags, "healthcheck", check)
        self.refused("NoSuchHostedZone", 404, self.tags, "hostedzone", bare)

    def test_limits_of_tags(self):
        _, zone = self.zone()
        bare = zone.split("/")[-1]
        ten = {f"key{i}": "x" for i in range(10)}
        self.tag("hostedzone", bare, **ten)
        for more in ({"eleventh": "x"}, {"k" * 129: "x"}, {"key1": "x" * 257}, {f"new{i}": "x" for i in range(11)}):
            self.refused("InvalidInput", 400, self.tag, "hostedzone", bare, **more)
        self.refused("InvalidInput", 400, self.tag, "hostedzone", bare, remove=["key1"], key1="both")
        self.refused("InvalidInput", 400, self.tag, "hostedzone", bare)
        self.refused("InvalidInput", 400, self.tag, "trafficpolicy", bare, a="b")
        self.refused("InvalidInput", 400, self.tag, "hostedzone", "Z" * 33, a="b")
        self.tag("hostedzone", bare, remove=["key1"], other="x")
        self.assertEqual(len(self.tags("hostedzone", bare)), 10)

    def test_many_resources_are_listed_at_once(self):
        zones = [self.zone()[1].split("/")[-1] for _ in range(2)]
        self.tag("hostedzone", zones[1], a="b")
        listing = self.aws.list_tags_for_resources
        told = listing(ResourceType="hostedzone", ResourceIds=zones)["ResourceTagSets"]
        self.assertEqual([(one["ResourceId"], one["Tags"]) for one in told],
                         [(zones[0], []), (zones[1], [{"Key": "a", "Value": "b"}])])
        self.refused("InvalidInput", 400, listing, ResourceType="hostedzone", ResourceIds=zones * 6)
        self.refused("InvalidInput", 400, listing, ResourceType="hostedzone", ResourceIds=[])
        self.refused("NoSuchHostedZone", 404, listing, ResourceType="hostedzone", ResourceIds=[zones[0], "Z0NONE"])
        self.refused("NoSuchHealthCheck", 404, listing, ResourceType="healthcheck", ResourceIds=[NONE])

    def test_whose_tags_a_key_may_see(self):
        (one, mine), (_, other) = self.zone(), self.zone()
        limited = self.server.client(self.server.key(zones=[one]))
        reader = self.server.client(self.server.key(scope="read-only"))
        mine, other = mine.split("/")[-1], other.split("/")[-1]
        limited.change_tags_for_resource(ResourceType="hostedzone", ResourceId=mine, AddTags=[{"Key": "a", "Value": "b"}])
        self.assertEqual(self.tags("hostedzone", mine), {"a": "b"})
        add = {"ResourceType": "hostedzone", "AddTags": [{"Key": "a", "Value": "b"}]}
        self.refused("AccessDenied", 403, limited.change_tags_for_resource, ResourceId=other, **add)
        self.refused("AccessDenied", 403, reader.change_tags_for_resource, ResourceId=mine, **add)
        self.refused("AccessDenied", 403, limited.list_tags_for_resource, ResourceType="healthcheck", ResourceId=self.check())
        self.assertEqual(len(reader.list_tags_for_resources(ResourceType="hostedzone", ResourceIds=[mine])["ResourceTagSets"]), 1)


class Small(DoorTest):
    def test_limits_are_numbers_and_counts_are_true(self):
        _, zone = self.zone()
        for kind in ("MAX_HEALTH_CHECKS_BY_OWNER", "MAX_HOSTED_ZONES_BY_OWNER", "MAX_TRAFFIC_POLICIES_BY_OWNER",
                     "MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER", "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER"):
            told = self.aws.get_account_limit(Type=kind)
            self.assertEqual(told["Limit"]["Type"], kind)
            self.assertGreater(told["Limit"]["Value"], told["Count"])
        zones = self.aws.get_hosted_zone_count()["HostedZoneCount"]
        self.assertEqual(self.aws.get_account_limit(Type="MAX_HOSTED_ZONES_BY_OWNER")["Count"], zones)
        self.assertEqual(self.aws.get_hosted_zone_limit(HostedZoneId=zone, Type="MAX_RRSETS_BY_ZONE")["Count"], 2)
        self.refused("InvalidInput", 400, self.aws.get_account_limit, Type="MAX_FUN")
        self.refused("InvalidInput", 400, self.aws.get_hosted_zone_limit, HostedZoneId=zone, Type="MAX_FUN")
        self.refused("HostedZoneNotPrivate", 400, self.aws.get_hosted_zone_limit, HostedZoneId=zone, Type="MAX_VPCS_ASSOCIATED_BY_ZONE")
        self.refused("NoSuchHostedZone", 404, self.aws.get_hosted_zone_limit, HostedZoneId="Z0NONE", Type="MAX_RRSETS_BY_ZONE")

    def test_places_are_found_and_listed_in_pages(self):
        get = lambda **code: self.aws.get_geo_location(**code)["GeoLocationDetails"]
        self.assertEqual(get(ContinentCode="EU"), {"ContinentCode": "EU", "ContinentName": "Europe"})
        self.assertEqual(get(CountryCode="JP"), {"CountryCode": "JP", "CountryName": "Japan"})
        self.assertEqual(get(CountryCode="*")["CountryCode"], "*")
        self.assertEqual(get(CountryCode="US", SubdivisionCode="CA"), {"CountryCode": "US", "CountryName": "United States",
                                                                      "SubdivisionCode": "CA", "SubdivisionName": "California"})
        for unknown in ({"CountryCode": "QQ"}, {"ContinentCode": "XX"}, {"CountryCode": "CA", "SubdivisionCode": "ON"}):
            self.refused("NoSuchGeoLocation", 404, self.aws.get_geo_location, **unknown)
        for wrong in ({}, {"ContinentCode": "EU", "CountryCode": "DE"}, {"SubdivisionCode": "CA"}):
            self.refused("InvalidInput", 400, self.aws.get_geo_location, **wrong)
        listed, more = [], {}
        while True:
            page = self.aws.list_geo_locations(MaxItems="70", **more)
            listed += page["GeoLocationDetailsList"]
            if not page["IsTruncated"]:
                break
            more = {f"Start{name}": page[f"Next{name}"] for name in ("ContinentCode", "CountryCode", "SubdivisionCode")
                    if f"Next{name}" in page}
        codes = [(one.get("ContinentCode", ""), one.get("CountryCode", ""), one.get("SubdivisionCode", "")) for one in listed]
        self.assertEqual(len(set(codes)), len(codes))
        self.assertEqual(codes[-7:], [(code, "", "") for code in ("AF", "AN", "AS", "EU", "NA", "OC", "SA")])
        self.assertEqual(codes[:-7], sorted(codes[:-7]))
        self.assertEqual(len([code for code in codes if code[1] == "US"]), 52)  # 50 states, DC, and the country
        self.refused("InvalidInput", 400, self.aws.list_geo_locations, StartSubdivisionCode="CA")
        # What is listed may be named by a record set.
        name, zone = self.zone()
        places = [{key: one[key] for key in ("ContinentCode", "CountryCode", "SubdivisionCode") if key in one} for one in listed]
        for start in range(0, len(places), 90):
            self.change(zone, *[("CREATE", a_set(f"geo{start}." + name, SetIdentifier=str(place), GeoLocation=place))
                                for place in places[start:start + 90]])

    def test_checkers_are_this_machine(self):
        ranges = self.aws.get_checker_ip_ranges()["CheckerIpRanges"]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("192.0.2.1", 9))  # sends nothing; chooses the address that a check would come from
                self.assertIn(probe.getsockname()[0] + "/32", ranges)
            except OSError:
                self.assertTrue(ranges)

    def test_cidr_collections_from_creation_to_deletion(self):
        made = self.aws.create_cidr_collection(Name="offices", CallerReference="one")
        one = made["Collection"]
        self.assertEqual((one["Name"], one["Version"], one["Arn"]), ("offices", 1, "arn:aws:route53:::cidrcollection/" + one["Id"]))
        self.assertTrue(made["Location"].endswith("/2013-04-01/cidrcollection/" + one["Id"]))
        self.assertEqual(self.aws.create_cidr_collection(Name="offices", CallerReference="one")["Collection"], one)
        self.refused("CidrCollectionAlreadyExistsException", 400, self.aws.create_cidr_collection, Name="offices", CallerReference="two")
        for wrong in ({"Name": "a b", "CallerReference": "x"}, {"Name": "n" * 65, "CallerReference": "x"}, {"Name": "n"},
                      {"Name": "n", "CallerReference": "r" * 65}):
            self.refused("InvalidInput", 400, self.aws.create_cidr_collection, **wrong)
        put = lambda location, *blocks, action="PUT": {"LocationName": location, "Action": action, "CidrList": list(blocks)}
        change = lambda *changes, **more: self.aws.change_cidr_collection(Id=one["Id"], Changes=list(changes), **more)
        done = change(put("hq", "10.1.0.0/16", "2001:db8::/32"), put("lab", "10.1.7.0/24"), CollectionVersion=1)["Id"]
        self.assertEqual(self.aws.get_change(Id=done)["ChangeInfo"]["Id"], "/change/" + done)
        self.refused("CidrCollectionVersionMismatchException", 409, change, put("hq", "10.9.0.0/16"), CollectionVersion=1)
        for place in ("lab", "hq"):  # a block is in a collection once, wherever
            self.refused("CidrBlockInUseException", 400, change, put(place, "10.1.0.0/16"))
        self.refused("CidrBlockInUseException", 400, change, put("lab", "10.3.0.0/16", "10.3.0.0/16"))
        for wrong in (put("hq", "10.1.0.1/16"), put("hq", "0.0.0.0/0"), put("*", "10.2.0.0/16"), put("x" * 17, "10.2.0.0/16"),
                      put("hq"), put("hq", "10.2.0.0/16", action="REMOVE"), put("hq", *[f"10.{i // 250}.{i % 250}.0/24" for i in range(1001)])):
            self.refused("InvalidInput", 400, change, wrong)
        # One request moves a block.
        change(put("lab", "10.1.0.0/16"), put("hq", "10.1.0.0/16", "192.0.2.0/24", action="DELETE_IF_EXISTS"))
        blocks = self.aws.list_cidr_blocks(CollectionId=one["Id"])["CidrBlocks"]
        self.assertEqual([(block["LocationName"], block["CidrBlock"]) for block in blocks],
                         [("hq", "2001:db8::/32"), ("lab", "10.1.0.0/16"), ("lab", "10.1.7.0/24")])
        self.assertEqual(self.aws.list_cidr_blocks(CollectionId=one["Id"], LocationName="hq")["CidrBlocks"], blocks[:1])
        self.refused("NoSuchCidrLocationException", 404, self.aws.list_cidr_blocks, CollectionId=one["Id"], LocationName="none")
        # REST shows the same.
        self.assertEqual([place["name"] for place in self.server.must("GET", f"/v1/cidr-collections/{one['Id']}")["locations"]], ["hq", "lab"])

        name, zone = self.zone()
        record = a_set("www." + name, SetIdentifier="lab", CidrRoutingConfig={"CollectionId": one["Id"], "LocationName": "lab"})
        self.change(zone, ("CREATE", record))
        clear = [put("hq", "2001:db8::/32", action="DELETE_IF_EXISTS"),
                 put("lab", "10.1.0.0/16", "10.1.7.0/24", action="DELETE_IF_EXISTS")]
        self.refused("CidrCollectionInUseException", 400, change, *clear)
        self.refused("CidrCollectionInUseException", 400, self.aws.delete_cidr_collection, Id=one["Id"])
        self.change(zone, ("DELETE", record))
        self.refused("CidrCollectionInUseException", 400, self.aws.delete_cidr_collection, Id=one["Id"])  # not empty
        change(*clear)
        self.assertEqual(self.aws.list_cidr_locations(CollectionId=one["Id"])["CidrLocations"], [])
        self.aws.delete_cidr_collection(Id=one["Id"])
        self.refused("NoSuchCidrCollectionException", 404, self.aws.delete_cidr_collection, Id=one["Id"])
        self.refused("NoSuchCidrCollectionException", 404, change, put("hq", "10.1.0.0/16"))
        for listing in (self.aws.list_cidr_blocks, self.aws.list_cidr_locations):
            self.refused("NoSuchCidrCollectionException", 404, listing, CollectionId=one["Id"])

    def test_cidr_listings_come_in_pages(self):
        ids = sorted(self.aws.create_cidr_collection(Name=f"page{i}", CallerReference=f"page{i}")["Collection"]["Id"] for i in range(3))
        pages = list(self.aws.get_paginator("list_cidr_collections").paginate(PaginationConfig={"PageSize": 2}))
        listed = [one["Id"] for page in pages for one in page["CidrCollections"]]
        self.assertEqual(listed, sorted(listed))
        self.assertLessEqual(set(ids), set(listed))
        self.assertEqual(len(pages[0]["CidrCollections"]), 2)
        self.aws.change_cidr_collection(Id=ids[0], Changes=[
            {"LocationName": f"at{i // 3}", "Action": "PUT", "CidrList": [f"10.{i}.0.0/16"]} for i in range(9)])
        for name, wanted in (("list_cidr_blocks", 9), ("list_cidr_locations", 3)):
            pages = list(self.aws.get_paginator(name).paginate(CollectionId=ids[0], PaginationConfig={"PageSize": 2}))
            listed = [str(one) for page in pages for one in page["CidrBlocks" if wanted == 9 else "CidrLocations"]]
            self.assertEqual((len(listed), len(set(listed)), len(pages)), (wanted, wanted, (wanted + 1) // 2))
        self.refused("InvalidInput", 400, self.aws.list_cidr_collections, MaxResults="many")
        self.assertEqual(len(self.aws.list_cidr_collections(MaxResults="1" * 23)["CidrCollections"]),
                         len(self.aws.list_cidr_collections()["CidrCollections"]))

    def test_answers_are_foretold(self):
        name, zone = self.zone()
        self.server.must("PUT", "/v1/locations", {"entries": [{"prefix": "198.51.100.0/24", "country": "FR"},
                                                              {"prefix": "203.0.113.0/24", "country": "US"}]})
        self.in_sync(self.change(
            zone, ("CREATE", a_set("www." + name, '"a\\351"', kind="TXT")),
            ("CREATE", a_set("old." + name, "www." + name, kind="CNAME")),
            ("CREATE", a_set("geo." + name, "192.0.2.1", SetIdentifier="any", GeoLocation={"CountryCode": "*"})),
            ("CREATE", a_set("geo." + name, "192.0.2.2", SetIdentifier="fr", GeoLocation={"CountryCode": "FR"})),
            ("CREATE", a_set("below." + name, "ns.example.net", kind="NS"))))
        ask = lambda label, kind, **more: self.aws.test_dns_answer(HostedZoneId=zone, RecordName=label + name, RecordType=kind, **more)
        told = ask("www.", "TXT")
        self.assertEqual((told["RecordName"], told["RecordType"], told["RecordData"], told["ResponseCode"], told["Protocol"]),
                         ("www." + name, "TXT", ['"a\\351"'], "NOERROR", "UDP"))
        self.assertEqual(told["Nameserver"], "ns1.example.net")
        self.assertEqual(ask("none.", "A")["ResponseCode"], "NXDOMAIN")
        self.assertEqual((ask("www.", "A")["ResponseCode"], ask("www.", "A")["RecordData"]), ("NOERROR", []))
        self.assertEqual(ask("x.below.", "A")["RecordData"], [])
        self.assertEqual(ask("geo.", "A", ResolverIP="198.51.100.1")["RecordData"], ["192.0.2.2"])
        self.assertEqual(ask("geo.", "A", ResolverIP="203.0.113.1")["RecordData"], ["192.0.2.1"])
        self.assertEqual(ask("geo.", "A", ResolverIP="203.0.113.1", EDNS0ClientSubnetIP="198.51.100.7")["RecordData"], ["192.0.2.2"])
        self.assertEqual(ask("geo.", "A", EDNS0ClientSubnetIP="198.51.100.7", EDNS0ClientSubnetMask="32")["RecordData"], ["192.0.2.2"])
        for wrong in ({"RecordType": "LOC"}, {"RecordName": "www.elsewhere.example"}, {"RecordName": ""}, {"ResolverIP": "here"},
                      {"EDNS0ClientSubnetIP": "10.0.0.1", "EDNS0ClientSubnetMask": "33"}, {"EDNS0ClientSubnetMask": "24"}):
            self.refused("InvalidInput", 400, self.aws.test_dns_answer,
                         **{"HostedZoneId": zone, "RecordName": "www." + name, "RecordType": "A", **wrong})
        self.refused("NoSuchHostedZone", 404, self.aws.test_dns_answer, HostedZoneId="Z0NONE", RecordName="www." + name, RecordType="A")
        limited = self.server.client(self.server.key(zones=[self.zone()[0]]))
        self.refused("AccessDenied", 403, limited.test_dns_answer, HostedZoneId=zone, RecordName="www." + name, RecordType="A")

    def test_keys_of_some_zones_change_nothing_of_the_whole_server(self):
        limited = self.server.client(self.server.key(zones=[self.zone()[0]]))
        for call, words in ((limited.list_cidr_collections, {}), (limited.create_cidr_collection, {"Name": "n", "CallerReference": "n"}),
                            (limited.delete_cidr_collection, {"Id": NONE}), (limited.get_account_limit, {"Type": "MAX_HOSTED_ZONES_BY_OWNER"})):
            self.refused("AccessDenied", 403, call, **words)
        self.assertTrue(limited.list_geo_locations()["GeoLocationDetailsList"])


class Refusals(DoorTest):
    def test_every_operation_has_its_row_and_is_answered_as_the_row_says(self):
        rows = dict(re.findall(r"^\| (\w+) \| (yes|no) \|", PAGE.read_text(), re.M))
        model = self.aws.meta.service_model
        self.assertLessEqual(set(model.operation_names), set(rows))
        methods = {method: name for name, method in
                   ((name, botocore.xform_name(name)) for name in model.operation_names)}
        for method, name in methods.items():
            shape = model.operation_model(name).input_shape
            path = {member: "Z0NONE" if "Zone" in member or member == "Id" else NONE for member, inside in
                    (shape.members.items() if shape else ()) if inside.serialization.get("location") == "uri"}
            if "Version" in path:
                path["Version"] = 1
            code = "none"
            try:
                getattr(self.aws, method)(**path)
            except botocore.exceptions.ClientError as error:
                code = error.response["Error"]["Code"]
            self.assertTrue(code, name)
            self.assertEqual(code == "UnknownOperationException", rows[name] == "no", f"{name}: {code}")

    def test_what_grows_when_it_is_read_is_refused_at_once(self):
        """API-4: bombs, foreign entities, depths and crowds; in 50 ms, without memory and without a word to anybody."""
        path = "/2013-04-01/healthcheck"
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            grow = lambda words: "<!DOCTYPE a [" + words + "]>" + f'<CreateHealthCheckRequest xmlns="{NAMESPACE}">&j;</CreateHealthCheckRequest>'
            laughs = "".join(f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9))
            bodies = [
                grow('<!ENTITY a "aaaaaaaaaa">' + laughs), grow(f'<!ENTITY j SYSTEM "http://127.0.0.1:{port}/">'),
                grow('<!ENTITY j SYSTEM "file:///etc/passwd">'), grow(f'<!ENTITY % j SYSTEM "http://127.0.0.1:{port}/"> %j;'),
                grow('<!ENTITY j "' + "x" * 200_000 + '">'), f'<!DOCTYPE a SYSTEM "http://127.0.0.1:{port}/a.dtd"><a/>',
                f'<!DOCTYPE a PUBLIC "-//a" "http://127.0.0.1:{port}/a.dtd"><a/>', f'<?xml-stylesheet href="http://127.0.0.1:{port}/"?><a/>',
                "<a>" * 300_000, "<a>" * 33 + "</a>" * 33, "<a>" + "<b/>" * 20_000 + "</a>",
                "<a " + " ".join(f'b{i}="c"' for i in range(33)) + "/>", "<a " + 'b="c" ' * 100_000 + "/>",
                "<a>" + "&#38;" * 100_000, "<a>" + "<![CDATA[" * 100_000, "<!--" * 200_000, '<?xml version="1.0" encoding="utf-16"?><a/>',
                "<a>&j;</a>", "<a>&#0;</a>", "<a>\ufffe</a>",
            ]
            self.server.signed("POST", path, b"<a/>")
            before = self.memory()
            for body in bodies:
                cpu = self.cpu()
                self.assertEqual(self.server.signed("POST", path, body.encode())[:2], (400, "InvalidInput"), body[:100])
                self.assertLessEqual(self.cpu() - cpu, 0.05 * waymark.SLOW, body[:100])
            self.assertLess(self.memory() - before, 8 << 20)
            listener.settimeout(0)
            with self.assertRaises(BlockingIOError):
                listener.accept()

    def process(self):
        return self.server.pids("control")[0]

    def memory(self):
        with open(f"/proc/{self.process()}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) << 10

    def cpu(self):
        """Seconds that the control process has computed."""
        with open(f"/proc/{self.process()}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    unittest.main()
