"""Who changed what: history and restoring of zones, the audit log and its chain (OBS-2), repeated requests (API-11)."""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import unittest

from waymark import Server, a, wait_for


class History(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(workers=1).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def change(self, zone, *changes, **more):
        return self.server.in_sync(self.server.change(zone, *changes, **more))

    def records(self, zone):
        return [r for r in self.server.must("GET", f"/v1/zones/{zone}/records")["items"] if r["type"] != "SOA"]

    def test_each_change_says_who_from_where_and_by_which_door(self):
        zone = self.server.zone("said.test")["id"]
        self.change(zone, ("create", a("www.said.test", "192.0.2.1")), comment="by hand")
        self.assertEqual(self.server.cli("record", "set", zone, "www.said.test", "A", "192.0.2.2").returncode, 0)
        by_cli, by_rest, made = self.server.must("GET", f"/v1/zones/{zone}/changes")["items"]
        who = self.server.token.split("_")[1]
        self.assertEqual([(c["author"], c["door"], c["address"], c["comment"]) for c in (by_cli, by_rest)],
                         [(who, "cli", "127.0.0.1", ""), (who, "rest", "127.0.0.1", "by hand")])
        self.assertEqual(made["version"], 1)
        one = self.server.must("GET", f"/v1/changes/{by_cli['id']}")
        self.assertEqual([r["values"] for r in one["removed"] if r["type"] == "A"], [["192.0.2.1"]])
        self.assertEqual([r["values"] for r in one["added"] if r["type"] == "A"], [["192.0.2.2"]])
        told = self.server.cli("zone", "changes", "said.test").stdout
        self.assertIn(by_rest["id"], told)
        self.assertIn("192.0.2.2", self.server.cli("change", "show", by_cli["id"]).stdout)

    def test_a_zone_goes_back_to_what_it_was_after_a_change(self):
        zone = self.server.zone("back.test")["id"]
        self.change(zone, ("create", a("www.back.test", "192.0.2.1")), ("create", a("old.back.test", "192.0.2.9")))
        wanted, then = self.server.must("GET", f"/v1/zones/{zone}/changes")["items"][0], self.records(zone)
        self.change(zone, ("upsert", a("www.back.test", "192.0.2.2")), ("delete", a("old.back.test", "192.0.2.9")))
        self.change(zone, ("create", a("new.back.test", "192.0.2.3")))
        before = self.server.must("GET", f"/v1/zones/{zone}")

        would = self.server.must("POST", f"/v1/zones/{zone}/restore?dry_run=true", {"to": wanted["id"]})
        self.assertEqual(sorted(r["name"] for r in would["removed"] if r["type"] == "A"), ["new.back.test.", "www.back.test."])
        self.assertEqual(self.server.must("GET", f"/v1/zones/{zone}")["version"], before["version"])
        done = self.server.cli("zone", "restore", "back.test", "--to", wanted["id"])
        self.assertEqual(done.returncode, 0, done.stderr)

        self.assertEqual(self.records(zone), then)
        after = self.server.must("GET", f"/v1/zones/{zone}")
        self.assertEqual((after["version"], after["serial"]), (before["version"] + 1, before["serial"] + 1))
        newest = self.server.must("GET", f"/v1/zones/{zone}/changes")["items"][0]
        self.assertEqual((newest["comment"], newest["door"]), ("restored to " + wanted["id"], "cli"))
        self.server.in_sync(newest)
        self.assertEqual(self.server.values("www.back.test"), ["192.0.2.1"])
        self.assertEqual(self.server.values("new.back.test"), [])

    def test_what_is_no_more_there_is_named_and_nothing_is_restored(self):
        zone = self.server.zone("lost.test")["id"]
        check = self.server.must("POST", "/v1/health-checks", {"type": "tcp", "address": "10.0.0.1", "port": 1})["id"]
        self.change(zone, *[("create", a(f"{name}.lost.test", "192.0.2.1", health_check_id=check, set_id="one",
                                         routing={"policy": "multivalue"})) for name in ("one", "two")])
        wanted = self.server.must("GET", f"/v1/zones/{zone}/changes")["items"][0]["id"]
        self.change(zone, *[("delete", a(f"{name}.lost.test", "192.0.2.1", health_check_id=check, set_id="one",
                                         routing={"policy": "multivalue"})) for name in ("one", "two")])
        self.server.must("DELETE", f"/v1/health-checks/{check}")
        version = self.server.must("GET", f"/v1/zones/{zone}")["version"]

        refused = self.server.call("POST", f"/v1/zones/{zone}/restore", {"to": wanted})
        self.assertEqual(refused.status, 422, refused.text)
        told = [fault["detail"] for fault in refused.json["errors"]]
        self.assertEqual(len(told), 2)
        for name, fault in zip(("one", "two"), told):
            self.assertIn(f"{name}.lost.test.", fault)
            self.assertIn(check, fault)
        self.assertEqual(self.server.must("GET", f"/v1/zones/{zone}")["version"], version)
        for bad in ({}, {"to": "C0"}, {"to": self.server.zone("other.test") and wanted[::-1]}):
            self.assertIn(self.server.call("POST", f"/v1/zones/{zone}/restore", bad).status, (404, 422))
        elsewhere = self.server.call("POST", "/v1/zones/other.test/restore", {"to": wanted})
        self.assertEqual((elsewhere.status, elsewhere.json["pointer"]), (404, "/to"))

    def test_what_a_private_zone_held_does_not_come_into_the_public_one_of_its_name(self):
        public = self.server.zone("both.test")["id"]
        self.server.must("POST", "/v1/vpcs", {"name": "inside", "prefixes": ["10.0.0.0/8"]})
        private = self.server.must("POST", "/v1/zones", {"name": "both.test", "vpcs": ["inside"]})["id"]
        self.change(private, ("create", a("secret.both.test", "10.77.77.77")))
        secret = self.server.must("GET", f"/v1/zones/{private}/changes")["items"][0]["id"]
        limited = self.server.must("POST", "/v1/tokens", {"scope": "admin", "zones": [public]})["token"]
        for stands in (True, False):
            for token in (limited, self.server.token):
                for query in ("?dry_run=true", ""):
                    refused = self.server.call("POST", f"/v1/zones/{public}/restore{query}", {"to": secret}, token=token)
                    self.assertEqual((refused.status, refused.json["pointer"]), (404, "/to"), refused.text)
            if stands:
                self.server.must("DELETE", f"/v1/zones/{private}?force=true")
        self.assertEqual(self.server.values("secret.both.test"), [])

    def test_a_deleted_zone_keeps_its_history_and_comes_back(self):
        made = self.server.must("POST", "/v1/zones", {"name": "gone.test", "comment": "dear to us"})
        self.change(made["id"], ("create", a("www.gone.test", "192.0.2.1")))
        wanted, then = self.server.must("GET", "/v1/zones/gone.test/changes")["items"][0]["id"], self.records("gone.test")
        self.server.must("DELETE", "/v1/zones/gone.test?force=true")
        for spelt in (made["id"], "gone.test"):
            past = self.server.must("GET", f"/v1/zones/{spelt}/changes")["items"]
            self.assertEqual([c["version"] for c in past], [3, 2, 1])
        deletion = self.server.call("POST", "/v1/zones/gone.test/restore", {"to": past[0]["id"]})
        self.assertEqual(deletion.status, 404, deletion.text)

        self.server.must("POST", "/v1/zones/gone.test/restore", {"to": wanted})
        again = self.server.must("GET", "/v1/zones/gone.test")
        self.assertNotEqual(again["id"], made["id"])  # an id is never used again
        self.assertEqual(again["comment"], "dear to us")
        self.assertEqual(self.records("gone.test"), then)
        # Of the zone as it is now, to a change of the one before it; and of the deleted one, which stands again.
        self.server.must("POST", "/v1/zones/gone.test/restore", {"to": past[2]["id"]})
        self.assertEqual([r["type"] for r in self.records("gone.test")], ["NS"])
        twice = self.server.call("POST", f"/v1/zones/{made['id']}/restore", {"to": wanted})
        self.assertEqual((twice.status, twice.json["code"]), (409, "zone_exists"))


class Audit(unittest.TestCase):
    def setUp(self):
        self.server = Server(workers=1).start()
        self.addCleanup(lambda: self.server.process and self.server.stop())

    def lines(self, query=""):
        return self.server.must("GET", f"/v1/audit{query}")["items"]

    def test_the_log_holds_every_change_of_everything(self):
        zone = self.server.zone("log.test")["id"]
        check = self.server.must("POST", "/v1/health-checks", {"type": "tcp", "address": "10.0.0.1", "port": 1})["id"]
        self.server.must("PUT", f"/v1/health-checks/{check}/override", {"state": "down"})
        token = self.server.must("POST", "/v1/tokens", {"name": "second", "scope": "admin"})
        self.server.must("PUT", "/v1/regions", {"regions": [{"name": "here", "latitude": 1, "longitude": 2}]})
        self.server.call("POST", f"/v1/zones/{zone}/changes", {"changes": []})  # refused: no change
        self.server.must("DELETE", f"/v1/zones/{zone}", token=token["token"])
        lines = self.lines()
        self.assertEqual([line.get("object", "zone/" + line.get("zone_id", "")).split("/")[0] for line in lines],
                         ["zone", "latency", "token", "health_check", "health_check", "zone", "token"])
        gone, made = lines[0], lines[5]
        self.assertEqual((gone["author"], gone["address"]), (token["id"], "127.0.0.1"))
        self.assertEqual([r["type"] for r in gone["removed"]], ["NS", "SOA"])
        self.assertEqual((made["objects"][0]["before"], made["objects"][0]["after"]["name"]), (None, "log.test."))
        override = lines[3]["objects"][0]
        self.assertNotEqual(override["before"], override["after"])
        self.assertEqual(lines[2]["objects"][0]["after"]["name"], "second")
        self.assertNotIn("hash", json.dumps(lines))
        self.assertEqual((lines[-1]["author"], lines[-1]["door"]), ("waymark", "start"))
        self.assertEqual([line["revision"] for line in lines], list(range(len(lines), 0, -1)))

        self.assertEqual([x["revision"] for x in self.lines("?zone=log.test")], [gone["revision"], made["revision"]])
        self.assertEqual([x["revision"] for x in self.lines(f"?who={token['id']}")], [gone["revision"]])
        self.assertEqual(self.lines("?since=2200-01-01T00:00:00Z"), [])
        self.assertEqual(self.server.call("GET", "/v1/audit?zone=never.test").status, 404)
        first = self.server.must("GET", "/v1/audit?limit=3")
        rest = self.server.must("GET", f"/v1/audit?cursor={first['next']}")
        self.assertEqual([line["link"] for line in first["items"] + rest["items"]], [line["link"] for line in lines])
        told = self.server.cli("audit", "--zone", "log.test")
        self.assertIn("removed", told.stdout)
        self.assertEqual(len(json.loads(self.server.cli("audit", "--json").stdout)), len(lines))

    def test_what_was_acknowledged_is_in_the_log_after_a_kill(self):
        self.server.zone("kept.test")
        sent = [self.server.change("kept.test", ("upsert", a("www.kept.test", f"192.0.2.{i}")))["id"] for i in range(1, 20)]
        for pid in self.server.pids("control"):
            os.kill(pid, signal.SIGKILL)

        def back():
            try:
                return self.server.call("GET", "/v1/audit").status == 200
            except OSError:
                return False
        wait_for("the control process to be back", back)
        self.assertEqual([line["id"] for line in self.lines("?zone=kept.test")][:19], sent[::-1])
        self.assertEqual(self.server.cli("audit", "--verify").returncode, 0)

    def test_an_altered_removed_or_moved_line_is_found(self):
        self.server.zone("true.test")
        for i in range(1, 8):
            self.server.change("true.test", ("upsert", a("www.true.test", f"192.0.2.{i}")))
        good = self.server.must("GET", "/v1/audit/verify")
        self.assertTrue(good["intact"])
        self.assertEqual(good["lines"], 9)  # the first token, the zone, and seven
        self.server.stop()
        file = pathlib.Path(self.server.directory, "waymark.db")
        whole = file.read_bytes()

        def verified(sql, *expect):
            for end in ("-wal", "-shm"):
                pathlib.Path(str(file) + end).unlink(missing_ok=True)
            file.write_bytes(whole)
            with contextlib.closing(sqlite3.connect(file)) as db:
                db.executescript(sql)
            self.server.start()
            told = json.loads(self.server.cli("audit", "--verify", "-o", "json", *expect).stdout)
            code = self.server.cli("audit", "--verify", *expect).returncode
            self.assertEqual(code, 0 if told["intact"] else 1)
            self.server.stop()
            return told

        with contextlib.closing(sqlite3.connect(file)) as db:
            body = db.execute("SELECT body FROM commits WHERE number = 4").fetchone()[0]
        swapped = "UPDATE commits SET number = -1 WHERE number = 5; UPDATE commits SET number = 5 WHERE number = 6; " \
                  "UPDATE commits SET number = 6 WHERE number = -1;"
        altered = bytearray(body)
        altered[-30] ^= 1
        for name, sql, line in (
                ("altered", f"UPDATE commits SET body = x'{altered.hex()}' WHERE number = 4", 4),
                ("altered column", "UPDATE commits SET scope = 'zone/other' WHERE number = 4", 4),
                ("removed", "DELETE FROM commits WHERE number = 7", 8),
                ("removed at the beginning", "DELETE FROM commits WHERE number = 1", 2),
                ("removed at the end", "DELETE FROM commits WHERE number = 9", 9),
                ("moved", swapped, 5)):
            with self.subTest(name):
                told = verified(sql)
                self.assertFalse(told["intact"], told)
                self.assertEqual(told["fault"]["line"], line, told)
        with self.subTest("cut off with all that tells of it, but a line was noted"):
            shorter = "DELETE FROM commits WHERE number = 9; UPDATE cursor SET revision = 8;"
            shutil.rmtree(os.path.join(self.server.directory, "images"))  # they tell of it, too (LKG-5)
            self.assertFalse(verified(shorter, "--expect", good["head"])["intact"])
        self.assertTrue(verified("", "--expect", good["head"])["intact"])


class Repeated(unittest.TestCase):
    def test_a_request_that_comes_again_after_a_restart_or_a_kill_is_done_once(self):
        with Server(workers=1) as server:
            server.zone("once.test")
            [past] = server.must("GET", "/v1/zones/once.test/changes")["items"]
            document = json.dumps({"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartEndpoint": "one",
                                   "Endpoints": {"one": {"Type": "value", "Value": "192.0.2.1"}}})
            policy = server.must("POST", "/v1/traffic-policies", {"name": "one", "document": document})["id"]
            posts = [("/v1/zones", {"name": "keyed.test"}, "name"),
                     ("/v1/zones/once.test/changes", {"changes": [{"action": "create", "record": a("www.once.test", "192.0.2.1")}]},
                      "id"),
                     ("/v1/zones/once.test/restore", {"to": past["id"]}, "id"),
                     ("/v1/health-checks", {"type": "tcp", "address": "10.0.0.1", "port": 1}, "id"),
                     ("/v1/cidr-collections", {"name": "offices", "locations": []}, "id"),
                     ("/v1/vpcs", {"name": "home", "prefixes": ["10.0.0.0/8"]}, "id"),
                     ("/v1/traffic-policies", {"name": "two", "document": document}, "id"),
                     (f"/v1/traffic-policies/{policy}/versions", {"document": document}, "version"),
                     ("/v1/traffic-policy-instances", {"zone": "once.test", "name": "t.once.test", "ttl": 60, "policy_id": policy,
                                                       "policy_version": 1}, "id")]
            secrets = [("/v1/tokens", {"scope": "read-only"}), ("/v1/keys", {"scope": "read-only"})]
            self.assertEqual(self.routes(server), {re.sub("once.test", "{zone}", path.replace(policy, "{id}"))
                                                   for path, *_ in posts + secrets})

            def send(number):
                path, body, _ = posts[number]
                return server.call("POST", path, body, headers={"Idempotency-Key": f"key {number}"})
            first = [send(i) for i in range(len(posts))]
            self.assertEqual([r.status for r in first], [201] * len(posts), [r.text for r in first])
            told = [server.call("POST", path, body, headers={"Idempotency-Key": "t" + path}).json for path, body in secrets]
            lines = server.must("GET", "/v1/audit/verify")["lines"]
            for how in (signal.SIGTERM, signal.SIGKILL):
                server.stop(how)
                server.start()
                again = [send(i) for i in range(len(posts))]
                for one, other, (path, _, field) in zip(first, again, posts):
                    with self.subTest(path, how=how):
                        self.assertEqual((other.status, other.json[field]), (201, one.json[field]))
                        self.assertTrue(one.headers["Location"])
                        self.assertEqual(other.headers["Location"], one.headers["Location"])
                for (path, body), before in zip(secrets, told):
                    secret = server.call("POST", path, body, headers={"Idempotency-Key": "t" + path})
                    self.assertEqual(secret.status, 409)
                    self.assertIn(before["id"], secret.json["detail"])
                other = server.call("POST", "/v1/zones", {"name": "another.test"}, headers={"Idempotency-Key": "key 0"})
                self.assertEqual((other.status, other.json["code"]), (422, "bad_value"))
                self.assertEqual(server.must("GET", "/v1/audit/verify")["lines"], lines)

    def routes(self, server):
        """Every POST that makes a change: a new one needs a row above."""
        return {path for path, methods in server.must("GET", "/openapi.json")["paths"].items() if "post" in methods
                } - {"/v1/simulate", "/v1/latency/samples"}

    def test_a_thousand_repetitions_at_once_some_of_them_cut_apply_once(self):  # API-11
        body = json.dumps({"changes": [{"action": "create", "record": a("www.once.test", "192.0.2.1")}]})
        with Server(workers=1) as server:
            server.zone("once.test")
            lines = server.must("GET", "/v1/audit/verify")["lines"]
            request = (f"POST /v1/zones/once.test/changes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\n"
                       f"Content-Type: application/json\r\nIdempotency-Key: k\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()
            replies = []

            def repeat(first):
                for number in range(first, 1_000, 20):
                    with socket.create_connection(("127.0.0.1", server.api_port), 30) as one:
                        if number % 3 == 0:  # it leaves before the answer, or in the middle of what it asks
                            one.sendall(request[:len(request) - number % 2])
                            continue
                        one.sendall(request)
                        replies.append(one.makefile("rb").readline())
            with concurrent.futures.ThreadPoolExecutor(20) as pool:
                list(pool.map(repeat, range(20)))
            self.assertEqual(len(replies), 666)
            self.assertLessEqual({reply.split()[1] for reply in replies}, {b"201", b"409"})
            self.assertIn(b"201", {reply.split()[1] for reply in replies})
            again = server.call("POST", "/v1/zones/once.test/changes", body,
                                headers={"Idempotency-Key": "k", "Content-Type": "application/json"})
            self.assertEqual(again.status, 201)
            self.assertEqual(server.must("GET", "/v1/audit/verify")["lines"], lines + 1)
            self.assertEqual(server.must("GET", "/v1/zones/once.test")["version"], 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
