"""Clients are placed by a real MMDB, by the operator's table and by CIDR collections, end to end."""
import os
import pathlib
import subprocess
import tempfile
import unittest

from waymark import Server, a, wait_for, wait_for_every_worker

MAKE = pathlib.Path(__file__).resolve().parent.parent / "data" / "make_mmdb.pl"


def make_database(path, country="DE"):
    """Beside it first, then in its place, as an updater does."""
    subprocess.run(["perl", str(MAKE), path + ".new", country], check=True)
    os.rename(path + ".new", path)


def routed(name, value, set_id, **routing):
    return {**a(name, value), "set_id": set_id, "routing": routing}


class Places(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.database = os.path.join(cls.folder.name, "places.mmdb")
        make_database(cls.database)
        os.chmod(cls.folder.name, 0o755)
        cls.server = Server("--geo-database", cls.database, workers=1).start()
        cls.server.zone("g.test")
        geo = lambda value, set_id, **place: ("create", routed("www.g.test", value, set_id, policy="geolocation", **place))
        near = lambda value, set_id, region: ("create", routed("near.g.test", value, set_id, policy="geoproximity", region=region))
        fast = lambda value, set_id, region: ("create", routed("fast.g.test", value, set_id, policy="latency", region=region))
        cls.server.in_sync(cls.server.change(
            "g.test", geo("192.0.2.1", "wa", country="US", subdivision="WA"), geo("192.0.2.2", "us", country="US"),
            geo("192.0.2.3", "eu", continent="EU"), geo("192.0.2.4", "fr", country="FR"),
            geo("192.0.2.5", "jp", country="JP"),
            near("192.0.2.11", "oregon", "us-west-2"), near("192.0.2.12", "frankfurt", "eu-central-1"),
            fast("192.0.2.21", "oregon", "us-west-2"), fast("192.0.2.22", "frankfurt", "eu-central-1")))

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0
        cls.folder.cleanup()

    def answer(self, name, subnet):
        reply = self.server.ask(name, subnet=subnet)
        values = sorted(rd.to_text() for rrset in reply.answer for rd in rrset)
        return values, reply.options[0].scopelen

    def test_a_database_drives_geolocation_geoproximity_and_latency(self):
        self.assertEqual(self.answer("www.g.test", "203.0.113.0/26"), (["192.0.2.1"], 25))
        self.assertEqual(self.answer("www.g.test", "198.51.100.0/24"), (["192.0.2.3"], 24))
        self.assertEqual(self.answer("www.g.test", "2001:db8:77::/48"), (["192.0.2.5"], 48))
        self.assertEqual(self.answer("near.g.test", "203.0.113.0/26")[0], ["192.0.2.11"])
        self.assertEqual(self.answer("near.g.test", "198.51.100.0/24")[0], ["192.0.2.12"])
        self.assertEqual(self.answer("fast.g.test", "203.0.113.0/26")[0], ["192.0.2.21"])
        self.assertEqual(self.answer("fast.g.test", "198.51.100.0/24")[0], ["192.0.2.22"])

    def test_a_client_in_no_area_gets_no_data(self):
        reply = self.server.ask("www.g.test", subnet="192.0.2.0/24")  # OC
        self.assertEqual((reply.rcode(), len(reply.answer)), (0, 0))
        self.assertEqual(reply.authority[0].rdtype, 6)
        self.assertEqual(reply.options[0].scopelen, 24)

    def test_another_file_is_taken_up_without_a_restart_and_a_bad_one_changes_nothing(self):
        control = self.server.pids("control")
        make_database(self.database, "FR")
        wait_for_every_worker("the new database", lambda: self.answer("www.g.test", "198.51.100.0/24")[0] == ["192.0.2.4"], 15)
        with open(self.database + ".new", "w") as bad:
            bad.write("no database")
        os.rename(self.database + ".new", self.database)
        wait_for("the complaint", lambda: "geo_database_unreadable" in self.server.log(), 15)
        self.assertEqual(self.answer("www.g.test", "198.51.100.0/24")[0], ["192.0.2.4"])
        self.server.in_sync(self.server.change("g.test", ("create", a("still.g.test", "192.0.2.99"))))
        make_database(self.database)
        wait_for_every_worker("the first again", lambda: self.answer("www.g.test", "198.51.100.0/24")[0] == ["192.0.2.3"], 15)
        self.assertEqual(self.server.pids("control"), control)

    def test_the_operators_table_comes_first(self):
        table = {"entries": [{"prefix": "203.0.0.0/16", "country": "FR"}, {"prefix": "10.0.0.0/8", "country": "US"}]}
        self.server.must("PUT", "/v1/locations", table)
        wait_for_every_worker("the table", lambda: self.answer("www.g.test", "10.1.2.0/24") == (["192.0.2.2"], 8))
        self.assertEqual(self.answer("www.g.test", "203.0.113.0/26"), (["192.0.2.4"], 16))
        steps = self.server.must("GET", "/v1/explain?name=www.g.test&type=A&subnet=10.1.2.0/24")["steps"]
        self.assertIn("10.1.2.0/24 is in US, without coordinates, says the operator's table", [step["text"] for step in steps])
        refused = self.server.call("PUT", "/v1/locations", {"entries": [{"prefix": "10.0.0.1/8", "country": "ZZ"}]})
        self.assertEqual(refused.status, 422, refused.text)
        self.server.must("PUT", "/v1/locations", {"entries": []})
        wait_for_every_worker("no table", lambda: self.answer("www.g.test", "203.0.113.0/26")[0] == ["192.0.2.1"])

    def test_cidr_collections_choose_by_the_longest_block(self):
        made = self.server.cli("cidr", "create", "offices", "-", stdin='{"locations":[{"name":"hq","blocks":["10.1.0.0/16"]},{"name":"lab","blocks":["10.1.7.0/24"]}]}')
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertIn("offices", self.server.cli("cidr", "list").stdout)
        collection = self.server.must("GET", "/v1/cidr-collections")["items"][0]
        cidr = lambda value, location: ("create", routed("c.g.test", value, location.replace("*", "all"), policy="cidr", collection_id=collection["id"], location=location))
        self.server.in_sync(self.server.change("g.test", cidr("192.0.2.31", "hq"), cidr("192.0.2.32", "lab"), cidr("192.0.2.33", "*")))
        self.assertEqual(self.answer("c.g.test", "10.1.7.0/24"), (["192.0.2.32"], 24))
        self.assertEqual(self.answer("c.g.test", "10.1.0.0/16")[0], ["192.0.2.31"])
        self.assertEqual(self.answer("c.g.test", "192.0.2.0/24")[0], ["192.0.2.33"])
        self.assertEqual(self.server.call("DELETE", f"/v1/cidr-collections/{collection['id']}").status, 409)
        path, other = f"/v1/cidr-collections/{collection['id']}", {"locations": [{"name": "hq", "blocks": ["10.9.0.0/16"]}]}
        refused = self.server.call("PUT", path, other)
        self.assertEqual((refused.status, refused.json["code"], refused.json["pointer"]), (409, "in_use", "/locations"))
        self.assertIn("(lab) is used by c.g.test.", refused.json["detail"])
        self.server.in_sync(self.server.change("g.test", ("delete", cidr("192.0.2.32", "lab")[1])))
        self.assertEqual(self.server.must("PUT", path, {"if_version": 1, **other})["version"], 2)
        self.assertEqual(self.server.call("PUT", path, {"if_version": 1, **other}).status, 412)
        wait_for_every_worker("other blocks", lambda: self.answer("c.g.test", "10.9.7.0/24")[0] == ["192.0.2.31"])
        self.assertEqual(self.answer("c.g.test", "10.1.7.0/24")[0], ["192.0.2.33"])

    def test_regions_of_your_own_have_coordinates(self):
        done = self.server.cli("region", "put", "-", stdin='{"regions":[{"name":"berlin-1","latitude":52.5,"longitude":13.4}]}')
        self.assertEqual(done.returncode, 0, done.stderr)
        near = lambda value, region: ("create", routed("own.g.test", value, region, policy="geoproximity", region=region))
        self.server.in_sync(self.server.change("g.test", near("192.0.2.41", "berlin-1"), near("192.0.2.42", "eu-central-1")))
        self.assertEqual(self.answer("own.g.test", "198.51.100.0/24")[0], ["192.0.2.41"])
        self.assertEqual(self.server.call("PUT", "/v1/regions", {"regions": [{"name": "eu-west-1", "latitude": 1, "longitude": 1}]}).status, 422)


if __name__ == "__main__":
    unittest.main()
