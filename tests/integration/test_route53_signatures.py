"""Who may ask at the Route 53 door, and how: signatures, bodies, access keys, replays, guesses, and where the door stands."""
import datetime
import time
import unittest

import waymark
import wall_clock
from route53_door import MINUTES, NAMESPACE, Door, DoorTest, a_set


class Asking(DoorTest):
    def test_ids_may_carry_their_prefix(self):
        name, zone = self.zone()
        bare = zone.split("/")[-1]
        for path in (f"/2013-04-01/hostedzone/{bare}", f"/2013-04-01/hostedzone/%2Fhostedzone%2F{bare}",
                     f"/2013-04-01/hostedzone//hostedzone/{bare}", f"/2013-04-01/hostedzone/{bare}/rrset/"):
            status, _, text = self.server.signed("GET", path)
            self.assertEqual(status, 200, text)
            self.assertIn(f"<Name>{name}</Name>", text)

    def test_signatures(self):
        path, get = "/2013-04-01/hostedzonecount", self.server.signed
        self.assertEqual(get("GET", path)[0], 200)
        self.assertEqual(self.server.client(region="eu-central-1").get_hosted_zone_count()["HostedZoneCount"],
                         self.aws.get_hosted_zone_count()["HostedZoneCount"])
        now = datetime.datetime.utcnow()
        self.assertEqual(get("GET", path, at=now - 4 * MINUTES)[0], 200)
        self.assertEqual(get("GET", path, at=now + 4 * MINUTES)[0], 200)
        self.assertEqual(get("GET", path, at=now - 6 * MINUTES)[:2], (400, "RequestExpired"))
        self.assertEqual(get("GET", path, at=now + 6 * MINUTES)[:2], (400, "RequestExpired"))
        self.assertEqual(self.server.raw("GET", path)[:2], (403, "MissingAuthenticationToken"))
        self.assertEqual(get("GET", path, key={**self.server.admin, "secret": "wrong"})[:2], (403, "SignatureDoesNotMatch"))
        self.assertEqual(get("GET", path, key={**self.server.admin, "id": "AKWMNONE"})[:2], (403, "InvalidClientTokenId"))
        self.assertEqual(get("GET", path, service="s3")[:2], (403, "SignatureDoesNotMatch"))
        bent = lambda headers: headers.update({"Authorization": headers["Authorization"][:-1] + "x"})
        self.assertEqual(get("GET", path, change=bent)[:2], (400, "IncompleteSignature"))
        moved = lambda headers: headers.update({"Host": "elsewhere.example"})
        self.assertEqual(get("GET", path, change=moved)[:2], (403, "SignatureDoesNotMatch"))
        self.assertEqual(get("GET", path, headers={"Date": "now"})[0], 200)  # botocore signs a Date that is there, with the time
        token = {"Authorization": f"Bearer {self.server.token}"}
        self.assertEqual(self.server.raw("GET", path, headers=token)[:2], (400, "IncompleteSignature"))
        self.assertEqual(get("GET", path + "?X-Amz-Signature=abc")[:2], (400, "IncompleteSignature"))
        body = f'<CreateHostedZoneRequest xmlns="{NAMESPACE}"/>'.encode()
        real = self.server.raw
        try:  # the body changes on its way
            self.server.raw = lambda method, target, text, headers: real(method, target, text + b" ", headers)
            self.assertEqual(get("POST", "/2013-04-01/hostedzone", body)[:2], (403, "SignatureDoesNotMatch"))
        finally:
            self.server.raw = real

    def test_bodies_that_are_refused(self):
        name, zone = self.zone()
        path = f"/2013-04-01/hostedzone/{zone.split('/')[-1]}/rrset/"
        good = (f'<ChangeResourceRecordSetsRequest xmlns="{NAMESPACE}"><ChangeBatch><Changes><Change><Action>CREATE</Action>'
                f"<ResourceRecordSet><Name>www.{name}</Name><Type>A</Type><TTL>60</TTL><ResourceRecords><ResourceRecord>"
                "<Value>192.0.2.1</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes>"
                "</ChangeBatch></ChangeResourceRecordSetsRequest>")
        bomb = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + "".join(
            f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9)) + "]>"
        refused = [
            ("MalformedInput", good.replace("ChangeResourceRecordSetsRequest", "CreateHostedZoneRequest")),
            ("InvalidInput", good.replace("<Changes>", "<Surprise/><Changes>")),
            ("InvalidInput", good.replace("<TTL>60</TTL>", "<TTL>60</TTL><TTL>61</TTL>")),
            ("InvalidInput", bomb + good.replace("192.0.2.1", "&j;")),
            ("InvalidInput", '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/">' + good),
            ("InvalidInput", good[:-1]), ("InvalidInput", good + good), ("InvalidInput", "{}"), ("InvalidInput", ""),
            ("InvalidInput", "<a>" * 33 + "</a>" * 33), ("InvalidInput", "<a>" + "<b/>" * 20_000 + "</a>"),
        ]
        for code, body in refused:
            self.assertEqual(self.server.signed("POST", path, body.encode())[:2], (400, code), body[:200])
        self.assertEqual(self.server.signed("POST", path, good.encode("utf-16"))[:2], (400, "InvalidInput"))
        announced = {"Content-Length": str(1024 * 1024 + 1)}  # refused before it is read, and before anyone is believed
        self.assertEqual(self.server.raw("POST", path, headers=announced)[:2], (400, "InvalidInput"))
        self.assertEqual(self.aws.get_hosted_zone(Id=zone)["HostedZone"]["ResourceRecordSetCount"], 2)
        status, code, text = self.server.signed("POST", path, good.encode())
        self.assertEqual((status, code), (200, ""), text)
        self.assertEqual(self.server.signed("GET", "/2013-04-01/nothing")[:2], (404, "UnknownOperationException"))
        self.assertEqual(self.server.signed("GET", "/")[0], 404)

    def test_what_a_key_may_do(self):
        (one, mine), (two, other) = self.zone(), self.zone()
        reader = self.server.client(self.server.key(scope="read-only"))
        limited = self.server.client(self.server.key(zones=[one]))
        self.assertEqual(reader.get_hosted_zone(Id=mine)["HostedZone"]["Name"], one)
        for call, words in ((reader.create_hosted_zone, {"Name": "no.example", "CallerReference": "no"}),
                            (reader.delete_hosted_zone, {"Id": mine}),
                            (reader.update_hosted_zone_comment, {"Id": mine, "Comment": "no"}),
                            (limited.create_hosted_zone, {"Name": "no.example", "CallerReference": "no"}),
                            (limited.get_hosted_zone, {"Id": other}),
                            (limited.list_resource_record_sets, {"HostedZoneId": other}),
                            (limited.delete_hosted_zone, {"Id": other})):
            self.refused("AccessDenied", 403, call, **words)
        self.refused("AccessDenied", 403, self.change, mine, ("CREATE", a_set("a." + one)), client=reader)
        self.refused("AccessDenied", 403, self.change, other, ("CREATE", a_set("a." + two)), client=limited)
        foreign = self.change(other, ("CREATE", a_set("a." + two)))["ChangeInfo"]["Id"]
        self.refused("AccessDenied", 403, limited.get_change, Id=foreign)
        done = self.change(mine, ("CREATE", a_set("a." + one)), client=limited)["ChangeInfo"]["Id"]
        self.assertEqual(limited.get_change(Id=done)["ChangeInfo"]["Id"], done)
        self.assertEqual([zone["Id"] for zone in limited.list_hosted_zones()["HostedZones"]], [mine])
        self.assertEqual(limited.get_hosted_zone_count()["HostedZoneCount"], 1)

    def test_keys_are_made_shown_once_and_ended(self):
        made = self.server.cli("key", "create", "--scope", "read-only", "--name", "ci")
        self.assertEqual(made.returncode, 0, made.stderr)
        words = dict(line.split(" = ") for line in made.stdout.splitlines())
        key = {"id": words["aws_access_key_id"], "secret": words["aws_secret_access_key"]}
        client = self.server.client(key)
        client.get_hosted_zone_count()
        listed = self.server.cli("key", "list").stdout
        self.assertIn(key["id"], listed)
        self.assertNotIn(key["secret"], listed + str(self.server.must("GET", "/v1/keys")))
        with open(self.server.directory + "/waymark.db", "rb") as database:
            self.assertNotIn(key["secret"].encode(), database.read())
        self.assertEqual(self.server.cli("key", "delete", key["id"]).returncode, 0)
        self.refused("InvalidClientTokenId", 403, client.get_hosted_zone_count)
        self.assertEqual(self.server.cli("key", "delete", key["id"]).returncode, 3)
        self.assertEqual(self.server.call("POST", "/v1/keys", {"scope": "all", "zones": []}).status, 422)

    def test_a_recorded_request_is_good_for_nothing_else(self):
        """API-6: what was signed is the whole request."""
        taken = {}
        path, body = "/2013-04-01/hostedzone", f'<CreateHostedZoneRequest xmlns="{NAMESPACE}"><Name>replayed.example</Name><CallerReference>replay</CallerReference></CreateHostedZoneRequest>'.encode()
        self.assertEqual(self.server.signed("POST", path, body, change=taken.update)[0], 201)
        replay = lambda method=None, target=path, text=body, **headers: self.server.raw(method or "POST", target, text, {**taken, **headers})[:2]
        self.assertEqual(replay(), (400, "Throttling"))
        self.assertEqual(replay(text=body.replace(b"replayed", b"redirect")), (403, "SignatureDoesNotMatch"))
        self.assertEqual(replay(target="/2013-04-01/healthcheck"), (403, "SignatureDoesNotMatch"))
        self.assertEqual(replay(method="DELETE", target=path + "/Z1", text=b""), (403, "SignatureDoesNotMatch"))
        self.assertEqual(replay(target=path + "?a=b"), (403, "SignatureDoesNotMatch"))
        self.assertEqual(replay(**{"X-Amz-Security-Token": "more"})[0], 400)
        self.assertEqual(self.aws.get_hosted_zone_count()["HostedZoneCount"], 1)


class Replays(wall_clock.MovedClock):
    """API-6: a change is made once, however often its request is sent."""

    def test_a_change_is_made_once(self):
        with Door("--route53-api", f"127.0.0.1:{waymark.free_port()}", workers=1) as server:  # the port is signed, too
            server.admin = server.key()
            aws, seen = server.client(), {}
            zone = aws.create_hosted_zone(Name="replayed.example", CallerReference="replay")["HostedZone"]["Id"]
            path = "/2013-04-01" + zone
            body = f'<UpdateHostedZoneCommentRequest xmlns="{NAMESPACE}"><Comment>first</Comment></UpdateHostedZoneCommentRequest>'.encode()
            self.assertEqual(server.signed("POST", path, body, change=seen.update)[0], 200)
            aws.update_hosted_zone_comment(Id=zone, Comment="second")

            def replay(code):
                self.assertEqual(server.raw("POST", path, body, seen)[:2], code)
                self.assertEqual(server.must("GET", "/v1/zones/replayed.example")["comment"], "second")

            replay((400, "Throttling"))  # SDKs sign anew and try again
            self.set(3)
            replay((403, "SignatureDoesNotMatch"))
            self.set(240)
            replay((403, "SignatureDoesNotMatch"))
            self.set(400)
            replay((400, "RequestExpired"))
            self.set(2)
            server.stop()
            server.start()
            replay((503, "ServiceUnavailable"))

    def test_reads_may_be_repeated(self):
        with Door(workers=1) as server:
            server.admin = server.key()
            zone = server.client().create_hosted_zone(Name="read.example", CallerReference="read")["HostedZone"]["Id"].split("/")[-1]
            tags = f'<ListTagsForResourcesRequest xmlns="{NAMESPACE}"><ResourceIds><ResourceId>{zone}</ResourceId></ResourceIds></ListTagsForResourcesRequest>'
            for method, path, body in (("GET", f"/2013-04-01/hostedzone/{zone}", b""), ("POST", "/2013-04-01/tags/hostedzone", tags.encode())):
                seen = {}
                self.assertEqual(server.signed(method, path, body, change=seen.update)[0], 200)
                self.assertEqual(server.raw(method, path, body, seen)[0], 200)

    def test_an_sdk_that_asks_the_same_twice_is_heard_twice(self):
        """Signed within one second they are one request to who sees signatures only; the SDK signs anew until it is another second."""
        with Door(workers=1) as server:
            server.admin = server.key()
            aws = server.client(retries=8)
            zone = aws.create_hosted_zone(Name="twice.example", CallerReference="twice")["HostedZone"]["Id"]
            done = {aws.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [
                {"Action": "UPSERT", "ResourceRecordSet": a_set("www.twice.example.")}]})["ChangeInfo"]["Id"] for _ in range(3)}
            self.assertEqual(len(done), 3)


class Guessers(unittest.TestCase):
    """API-8 at this door: twenty wrong ones at once and then one a second, whether the key's id is known or not."""

    def test_are_slowed_and_nobody_else_is(self):
        path = "/2013-04-01/hostedzonecount"
        with Door(workers=1) as server:
            server.admin = server.key()
            ask = lambda source, **wrong: server.signed("GET", path, key={**server.admin, **wrong}, source=source)[:2]
            self.assertEqual(ask("127.0.0.9"), (200, ""))
            for source, code, wrong in (("127.0.0.11", "InvalidClientTokenId", {"id": "AKWMNONE"}),
                                        ("127.0.0.12", "SignatureDoesNotMatch", {"secret": "wrong"}),
                                        ("127.0.0.9", "SignatureDoesNotMatch", {"secret": "wrong"})):  # where its owner is, too
                begun = time.monotonic()
                told = [ask(source, **wrong) for _ in range(200)]
                judged = told.count((403, code))
                self.assertEqual(judged + told.count((400, "Throttling")), 200, set(told))
                self.assertGreaterEqual(judged, 20)
                self.assertLessEqual(judged, 20 + (time.monotonic() - begun) + 1)
            self.assertEqual(ask("127.0.0.9"), (200, ""))
            self.assertEqual(ask("127.0.0.10"), (200, ""))


class Doors(unittest.TestCase):
    def test_keys_and_zones_outlive_a_restart(self):
        with Door() as server:
            server.admin = server.key()
            made = server.client().create_hosted_zone(Name="kept.example", CallerReference="kept")
            server.stop()
            server.start()
            told = server.client().get_hosted_zone(Id=made["HostedZone"]["Id"])
            self.assertEqual(told["HostedZone"]["CallerReference"], "kept")

    def test_without_signatures_only_this_machine_may_ask(self):
        with Door("--aws-auth", "off") as server:
            self.assertEqual(server.raw("GET", "/2013-04-01/hostedzonecount")[0], 200)
            moved = {"Host": "elsewhere.example"}
            self.assertEqual(server.raw("GET", "/2013-04-01/hostedzonecount", headers=moved)[:2], (403, "AccessDenied"))
            crossed = {"Origin": "http://elsewhere.example"}
            self.assertEqual(server.raw("GET", "/2013-04-01/hostedzonecount", headers=crossed)[:2], (403, "AccessDenied"))

    def test_the_door_may_be_shut(self):
        with Door("--route53-api", "off") as server:
            self.assertIn("route53=off", server.log())

    def test_it_is_not_opened_to_others_in_the_clear(self):
        for words in (["--route53-api", "0.0.0.0:0"], ["--route53-api", "0.0.0.0:0", "--insecure-api", "--aws-auth", "off"],
                      ["--route53-api", "nowhere"]):
            server = Door(*words)
            server.start(wait=False)
            self.assertEqual(server.process.wait(10 * waymark.SLOW), 2)
            server.__exit__()


if __name__ == "__main__":
    unittest.main()
