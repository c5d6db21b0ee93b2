"""Health checks over the Route 53 door, and record sets of every policy that follow them over DNS."""
import unittest

from route53_door import NAMESPACE, DoorTest, a_set
from waymark import Endpoint, wait_for, wait_for_every_worker

REGIONS = ["eu-west-1", "us-east-1", "us-west-1"]


class HealthChecks(DoorTest):
    def config(self, **more):
        return {"Type": "HTTP", "IPAddress": "127.0.0.1", "Port": 8080, **more}

    def make(self, reference=None, client=None, **config):
        HealthChecks.made += 1
        return (client or self.aws).create_health_check(CallerReference=reference or f"check {self.made}",
                                                        HealthCheckConfig=config or self.config())

    def native(self, check, **patch):
        """The same check over REST, perhaps changed."""
        path = f"/v1/health-checks/{check}"
        return self.server.must("PATCH", path, patch) if patch else self.server.must("GET", path)

    def test_a_check_from_creation_to_deletion(self):
        config = self.config(ResourcePath="/live?a=<b>", FullyQualifiedDomainName="www.example.com", SearchString="fine & well",
                             Type="HTTP_STR_MATCH", RequestInterval=10, FailureThreshold=2, MeasureLatency=True, Inverted=True,
                             Disabled=True, Regions=REGIONS)
        made = self.make("life", **config)
        check = made["HealthCheck"]
        self.assertEqual(made["ResponseMetadata"]["HTTPStatusCode"], 201)
        self.assertTrue(made["Location"].endswith("/2013-04-01/healthcheck/" + check["Id"]), made["Location"])
        self.assertRegex(check["Id"], r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
        self.assertEqual((check["CallerReference"], check["HealthCheckVersion"]), ("life", 1))
        self.assertEqual(check["HealthCheckConfig"], {**config, "EnableSNI": False})
        self.assertEqual(self.aws.get_health_check(HealthCheckId=check["Id"])["HealthCheck"], check)
        native = self.native(check["Id"])
        self.assertEqual({name: native[name] for name in ("type", "address", "port", "path", "host", "match", "interval", "fall",
                                                          "rise", "inverted", "disabled", "regions", "caller_reference")},
                         {"type": "http", "address": "127.0.0.1", "port": 8080, "path": "/live?a=<b>", "host": "www.example.com",
                          "match": "fine & well", "interval": 10, "fall": 2, "rise": 2, "inverted": True, "disabled": True,
                          "regions": REGIONS, "caller_reference": "life"})
        self.aws.delete_health_check(HealthCheckId=check["Id"])
        for call in (self.aws.get_health_check, self.aws.delete_health_check, self.aws.update_health_check,
                     self.aws.get_health_check_status, self.aws.get_health_check_last_failure_reason):
            self.refused("NoSuchHealthCheck", 404, call, HealthCheckId=check["Id"])

    def test_what_is_left_out_has_its_usual_value(self):
        config = self.make(Type="HTTPS", IPAddress="192.0.2.1")["HealthCheck"]["HealthCheckConfig"]
        self.assertEqual(config, {"Type": "HTTPS", "IPAddress": "192.0.2.1", "Port": 443, "RequestInterval": 30, "FailureThreshold": 3,
                                  "MeasureLatency": False, "Inverted": False, "Disabled": False, "EnableSNI": True})
        config = self.make(Type="TCP", IPAddress="2001:db8::1", Port=25, FullyQualifiedDomainName="mail.example.com")
        self.assertEqual(config["HealthCheck"]["HealthCheckConfig"]["FullyQualifiedDomainName"], "mail.example.com")
        self.assertEqual(config["HealthCheck"]["HealthCheckConfig"]["IPAddress"], "2001:db8::1")

    def test_a_caller_reference_makes_one_check_for_ever(self):
        config = self.config(Port=81)
        first = self.make("again", **config)["HealthCheck"]
        count = self.aws.get_health_check_count()["HealthCheckCount"]
        self.assertEqual(self.make("again", **config)["HealthCheck"], first)
        self.assertEqual(self.aws.get_health_check_count()["HealthCheckCount"], count)
        self.refused("HealthCheckAlreadyExists", 409, self.make, "again", **self.config(Port=82))
        self.assertNotEqual(self.make("another", **config)["HealthCheck"]["Id"], first["Id"])
        self.aws.delete_health_check(HealthCheckId=first["Id"])
        self.refused("HealthCheckAlreadyExists", 409, self.make, "again", **config)

    def test_a_repeated_creation_of_any_type_gives_the_check_that_stands(self):
        child = self.make()["HealthCheck"]["Id"]
        address = {"IPAddress": "192.0.2.1"}
        for number, config in enumerate((
                {"Type": "HTTP", **address}, {"Type": "HTTPS", **address, "ResourcePath": "/x"},
                {"Type": "HTTP_STR_MATCH", **address, "SearchString": "fine"}, {"Type": "TCP", **address, "Port": 53},
                {"Type": "TCP", **address, "FullyQualifiedDomainName": "www.example.com", "Port": 53},
                {"Type": "CALCULATED", "ChildHealthChecks": [child], "HealthThreshold": 1})):
            first = self.make(f"twice-{number}", **config)["HealthCheck"]
            self.assertEqual(self.make(f"twice-{number}", **config)["HealthCheck"], first)

    def test_checks_that_can_not_be_made(self):
        child = self.make()["HealthCheck"]["Id"]
        none = "00000000-0000-4000-8000-000000000000"
        for wrong, words in (
            ({"Type": "HTTP"}, "IP address and fully qualified domain name can not be both empty."),
            (self.config(Type="PING"), "HTTP_STR_MATCH"), (self.config(Port=0), "Port"), (self.config(Port=65536), "Port"),
            (self.config(Type="TCP", ResourcePath="/"), "TCP health checks must not have a resource path specified."),
            ({"Type": "TCP", "IPAddress": "192.0.2.1"}, "port"), (self.config(RequestInterval=20), "10 or 30"),
            (self.config(Type="HTTP_STR_MATCH"), "String match health checks must have a search string specified."),
            (self.config(SearchString="x"), "string match"), (self.config(EnableSNI=True), "must not enable SNI support."),
            (self.config(Regions=REGIONS[:2]), "three regions"), (self.config(Regions=[*REGIONS, "mars-1"]), "mars-1"),
            (self.config(FailureThreshold=11), "FailureThreshold"), (self.config(IPAddress="192.0.2"), "192.0.2"),
            (self.config(ResourcePath="/" + "x" * 255), "255"), (self.config(Type="HTTP_STR_MATCH", SearchString="x" * 256), "255"),
            (self.config(HealthThreshold=1), "calculated"), (self.config(IPAddress="192.0.2.1", ResourcePath="/a b"), "path"),
            ({"Type": "CALCULATED", "HealthThreshold": 1, "ChildHealthChecks": [none]},
             f"Child health check IDs do not exist or are deleted: {none}"),
            ({"Type": "CALCULATED", "HealthThreshold": 1, "ChildHealthChecks": [child] * 257}, "children"),
            ({"Type": "CALCULATED", "HealthThreshold": 257, "ChildHealthChecks": [child]}, "HealthThreshold"),
            ({"Type": "CALCULATED", "ChildHealthChecks": [child]}, "threshold"), ({"Type": "CALCULATED", "HealthThreshold": 1}, "child"),
            ({"Type": "CALCULATED", "HealthThreshold": 1, "ChildHealthChecks": [child], "Port": 80}, "no endpoint"),
            ({"Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": {"Region": "us-east-1", "Name": "a"}}, "push"),
            ({"Type": "RECOVERY_CONTROL", "RoutingControlArn": "arn:x"}, "RECOVERY_CONTROL"),
        ):
            message = self.refused("InvalidInput", 400, self.make, **wrong)
            self.assertIn(words, message, str(wrong)[:200])
        self.refused("InvalidInput", 400, self.make, "r" * 65, **self.config())
        self.refused("InvalidInput", 400, self.aws.create_health_check, CallerReference="nothing")
        # Without a resolver a name can not be asked, and not every address may be.
        self.assertIn("resolver", self.refused("InvalidInput", 400, self.make, Type="HTTP", FullyQualifiedDomainName="www.example.com"))
        self.assertIn("169.254", self.refused("InvalidInput", 400, self.make, **self.config(IPAddress="169.254.169.254")))

    def test_an_update_changes_what_it_names(self):
        made = self.make(**self.config(ResourcePath="/a", FullyQualifiedDomainName="a.example", Regions=REGIONS))["HealthCheck"]
        update = lambda **more: self.aws.update_health_check(HealthCheckId=made["Id"], **more)
        told = update(Port=81, Disabled=True, FailureThreshold=5)["HealthCheck"]
        self.assertEqual(told["HealthCheckVersion"], 2)
        self.assertEqual(told["HealthCheckConfig"], {**made["HealthCheckConfig"], "Port": 81, "Disabled": True, "FailureThreshold": 5})
        self.assertEqual(self.aws.get_health_check(HealthCheckId=made["Id"])["HealthCheck"], told)
        self.refused("HealthCheckVersionMismatch", 409, update, HealthCheckVersion=1, Port=82)
        self.assertEqual(update(HealthCheckVersion=2)["HealthCheck"]["HealthCheckVersion"], 3)
        told = update(ResetElements=["ResourcePath", "FullyQualifiedDomainName", "Regions"])["HealthCheck"]["HealthCheckConfig"]
        self.assertFalse({"ResourcePath", "FullyQualifiedDomainName", "Regions"} & set(told))
        for wrong in ({"ResetElements": ["Port"]}, {"ResetElements": ["ResourcePath"], "ResourcePath": "/b"}, {"HealthThreshold": 1},
                      {"SearchString": "x"}, {"EnableSNI": True}, {"IPAddress": "nowhere"}, {"Regions": ["eu-west-1"]},
                      {"ChildHealthChecks": [made["Id"]]}):
            self.refused("InvalidInput", 400, update, **wrong)
        self.assertEqual(self.aws.get_health_check(HealthCheckId=made["Id"])["HealthCheck"]["HealthCheckVersion"], 4)

    def test_what_rest_made_is_shown_and_the_other_way_round(self):
        made = self.server.must("POST", "/v1/health-checks", {"type": "https", "address": "192.0.2.7", "interval": 10, "timeout": 3})
        told = self.aws.get_health_check(HealthCheckId=made["id"])["HealthCheck"]
        self.assertEqual((told["CallerReference"], told["HealthCheckConfig"]["ResourcePath"]), (made["id"], "/"))
        self.aws.update_health_check(HealthCheckId=made["id"], Port=8443)
        self.assertEqual((self.native(made["id"])["port"], self.native(made["id"])["timeout"]), (8443, 3))
        self.native(made["id"], path="/new")
        self.assertEqual(self.aws.get_health_check(HealthCheckId=made["id"])["HealthCheck"]["HealthCheckVersion"], 3)
        # One that waits for signals is told as what follows an alarm; Route 53 has no word for one that asks DNS.
        push = self.server.must("POST", "/v1/health-checks", {"type": "push"})["id"]
        self.assertEqual(self.aws.get_health_check(HealthCheckId=push)["HealthCheck"]["HealthCheckConfig"]["Type"], "CLOUDWATCH_METRIC")
        asks = self.server.must("POST", "/v1/health-checks", {"type": "dns", "address": "192.0.2.1"})["id"]
        self.refused("NoSuchHealthCheck", 404, self.aws.get_health_check, HealthCheckId=asks)
        listed = [check["Id"] for page in self.aws.get_paginator("list_health_checks").paginate(PaginationConfig={"PageSize": 3})
                  for check in page["HealthChecks"]]
        self.assertEqual(listed, sorted(listed))
        self.assertTrue({made["id"], push} <= set(listed) and asks not in listed)
        self.assertEqual(self.aws.get_health_check_count()["HealthCheckCount"], len(listed))
        self.assertEqual(self.aws.list_health_checks(Marker=listed[1], MaxItems="1")["HealthChecks"][0]["Id"], listed[1])
        self.refused("InvalidInput", 400, self.aws.list_health_checks, MaxItems="0")

    def test_status_and_last_failure_are_told_by_region(self):
        endpoint = Endpoint()
        self.addCleanup(endpoint.kill)
        endpoint.status = 503
        check = self.make(**self.config(Port=endpoint.port, Regions=REGIONS))["HealthCheck"]["Id"]
        self.native(check, interval=1, timeout=0.5)
        seen = lambda call: self.observations(call, check)
        wait_for("a failure", lambda: seen(self.aws.get_health_check_status))
        failure = seen(self.aws.get_health_check_status)
        self.assertEqual(sorted(failure), sorted(REGIONS))
        self.assertTrue(all(status.startswith("Failure: ") and "503" in status for status in failure.values()), failure)
        endpoint.status = 200
        wait_for("a success", lambda: seen(self.aws.get_health_check_status)["eu-west-1"].startswith("Success: "))
        self.assertTrue(seen(self.aws.get_health_check_last_failure_reason)["eu-west-1"].startswith("Failure: "))
        quiet = self.make(**self.config(Disabled=True))["HealthCheck"]["Id"]
        self.assertEqual(self.observations(self.aws.get_health_check_status, quiet), {})

    def observations(self, call, check):
        return {one["Region"]: one["StatusReport"]["Status"] for one in call(HealthCheckId=check)["HealthCheckObservations"]}

    def test_calculated_checks_count_their_children(self):
        up = self.make(**self.config(Disabled=True))["HealthCheck"]["Id"]
        down = self.make(**self.config(Disabled=True, Inverted=True))["HealthCheck"]["Id"]
        config = {"Type": "CALCULATED", "HealthThreshold": 2, "ChildHealthChecks": [up, down], "Inverted": False, "Disabled": False}
        both = self.make(**config)["HealthCheck"]
        self.assertEqual(both["HealthCheckConfig"], config)
        self.refused("InvalidInput", 400, self.make, Type="CALCULATED", HealthThreshold=1, ChildHealthChecks=[both["Id"]])
        self.refused("InvalidInput", 400, self.aws.get_health_check_status, HealthCheckId=both["Id"])
        name, zone = self.zone()
        self.in_sync(self.change(zone, *[("CREATE", record) for record in (
            a_set("www." + name, "192.0.2.1", SetIdentifier="1", Failover="PRIMARY", HealthCheckId=both["Id"]),
            a_set("www." + name, "192.0.2.2", SetIdentifier="2", Failover="SECONDARY"))]))
        wait_for_every_worker("one of two is not enough", lambda: self.server.answers("www." + name, ["192.0.2.2"]))
        told = self.aws.update_health_check(HealthCheckId=both["Id"], HealthThreshold=1)["HealthCheck"]
        self.assertEqual(told["HealthCheckConfig"]["HealthThreshold"], 1)
        wait_for_every_worker("one is enough", lambda: self.server.answers("www." + name, ["192.0.2.1"]))
        # Without its check a record set counts as healthy.
        self.aws.update_health_check(HealthCheckId=both["Id"], HealthThreshold=2)
        wait_for_every_worker("the secondary", lambda: self.server.answers("www." + name, ["192.0.2.2"]))
        self.aws.delete_health_check(HealthCheckId=both["Id"])
        wait_for_every_worker("the primary", lambda: self.server.answers("www." + name, ["192.0.2.1"]))

    def test_a_calculated_check_is_changed_after_a_child_of_it_was_deleted(self):
        gone, stays = (self.make()["HealthCheck"]["Id"] for _ in range(2))
        both = self.make(Type="CALCULATED", HealthThreshold=1, ChildHealthChecks=[gone, stays])["HealthCheck"]["Id"]
        self.aws.delete_health_check(HealthCheckId=gone)
        told = self.aws.update_health_check(HealthCheckId=both, HealthThreshold=2)["HealthCheck"]["HealthCheckConfig"]
        self.assertEqual((told["HealthThreshold"], sorted(told["ChildHealthChecks"])), (2, sorted([gone, stays])))
        self.refused("InvalidInput", 400, self.aws.update_health_check, HealthCheckId=both, ChildHealthChecks=[gone, stays])
        told = self.aws.update_health_check(HealthCheckId=both, ChildHealthChecks=[stays])["HealthCheck"]["HealthCheckConfig"]
        self.assertEqual(told["ChildHealthChecks"], [stays])

    def test_only_keys_of_the_whole_server_see_checks(self):
        check = self.make()["HealthCheck"]["Id"]
        name, _ = self.zone()
        limited = self.server.client(self.server.key(zones=[name]))
        reader = self.server.client(self.server.key(scope="read-only"))
        self.assertEqual(reader.get_health_check(HealthCheckId=check)["HealthCheck"]["Id"], check)
        self.refused("AccessDenied", 403, reader.delete_health_check, HealthCheckId=check)
        self.refused("AccessDenied", 403, limited.get_health_check, HealthCheckId=check)
        self.refused("AccessDenied", 403, limited.list_health_checks)
        self.refused("AccessDenied", 403, self.make, client=limited)


class Failover(DoorTest):
    """Each policy leads to the endpoint while it lives, and elsewhere when it was killed."""

    def create(self, zone, sets):
        """By their XML: Debian's botocore is older than geoproximity."""
        # In the model's order: these two stand last.
        late = lambda rule: rule.startswith(("<GeoProximity", "<CidrRouting"))
        body = "".join(f"<Change><Action>CREATE</Action><ResourceRecordSet><Name>{name}</Name><Type>A</Type>"
                       f"<SetIdentifier>{value}</SetIdentifier>{'' if late(rule) else rule}<TTL>5</TTL><ResourceRecords><ResourceRecord>"
                       f"<Value>{value}</Value></ResourceRecord></ResourceRecords>{check}{rule if late(rule) else ''}"
                       "</ResourceRecordSet></Change>" for name, value, rule, check in sets)
        status, _, text = self.server.signed("POST", f"/2013-04-01/hostedzone/{zone.split('/')[-1]}/rrset/", (
            f'<ChangeResourceRecordSetsRequest xmlns="{NAMESPACE}"><ChangeBatch><Changes>{body}</Changes></ChangeBatch>'
            "</ChangeResourceRecordSetsRequest>").encode())
        self.assertEqual(status, 200, text)
        self.in_sync({"ChangeInfo": {"Id": text.split("<Id>")[1].split("</Id>")[0]}})

    def test_every_policy_leaves_a_dead_endpoint(self):
        self.server.must("PUT", "/v1/locations", {"entries": [
            {"prefix": "127.0.0.0/8", "country": "FR", "latitude": 48.9, "longitude": 2.4}]})
        self.server.must("PUT", "/v1/latency", {"regions": ["eu-west-1", "us-east-1"], "entries": [
            {"prefix": "127.0.0.0/8", "latencies": {"eu-west-1": 10, "us-east-1": 90}}]})
        blocks = self.aws.create_cidr_collection(Name="loopback", CallerReference="failover")["Collection"]["Id"]
        self.aws.change_cidr_collection(Id=blocks, Changes=[
            {"LocationName": "here", "Action": "PUT", "CidrList": ["127.0.0.0/8"]}])
        endpoint = Endpoint()
        check = self.aws.create_health_check(CallerReference="endpoint", HealthCheckConfig={
            "Type": "HTTP", "IPAddress": "127.0.0.1", "Port": endpoint.port, "RequestInterval": 10, "FailureThreshold": 1})["HealthCheck"]["Id"]
        self.server.must("PATCH", f"/v1/health-checks/{check}", {"interval": 1, "timeout": 0.5})
        place = lambda latitude, longitude: (f"<GeoProximityLocation><Coordinates><Latitude>{latitude}</Latitude><Longitude>{longitude}"
                                             "</Longitude></Coordinates></GeoProximityLocation>")
        cidr = lambda name: (f"<CidrRoutingConfig><CollectionId>{blocks}</CollectionId><LocationName>{name}</LocationName>"
                             "</CidrRoutingConfig>")
        rules = {
            "weighted": ("<Weight>1</Weight>", "<Weight>0</Weight>"),
            "failover": ("<Failover>PRIMARY</Failover>", "<Failover>SECONDARY</Failover>"),
            "latency": ("<Region>eu-west-1</Region>", "<Region>us-east-1</Region>"),
            "geolocation": ("<GeoLocation><CountryCode>FR</CountryCode></GeoLocation>",
                            "<GeoLocation><ContinentCode>EU</ContinentCode></GeoLocation>"),
            "multivalue": ("<MultiValueAnswer>true</MultiValueAnswer>",) * 2,
            "geoproximity": (place("48.85", "2.35"), place("40.71", "-74.01")),
            "cidr": (cidr("here"), cidr("*")),
        }
        name, zone = self.zone()
        used = f"<HealthCheckId>{check}</HealthCheckId>"
        self.create(zone, [(f"{policy}.{name}", value, rule, with_check) for policy, pair in rules.items()
                           for value, rule, with_check in zip(("192.0.2.1", "192.0.2.2"), pair, (used, ""))])
        alive, dead = ["192.0.2.1"], ["192.0.2.2"]
        for policy in rules:
            both = alive + dead if policy == "multivalue" else alive
            wait_for_every_worker(policy, lambda: self.server.answers(f"{policy}.{name}", both))
        answer = lambda policy: self.aws.test_dns_answer(HostedZoneId=zone, RecordName=f"{policy}.{name}", RecordType="A")
        self.assertEqual(answer("failover")["RecordData"], alive)
        endpoint.kill()
        for policy in rules:
            wait_for_every_worker(policy + " without the endpoint", lambda: self.server.answers(f"{policy}.{name}", dead))
            self.assertEqual(answer(policy)["RecordData"], dead)
        again = Endpoint(endpoint.port)
        self.addCleanup(again.kill)
        for policy in rules:
            wait_for_every_worker(policy + " again", lambda: self.server.answers(f"{policy}.{name}", alive + dead if policy == "multivalue" else alive))


if __name__ == "__main__":
    unittest.main()
