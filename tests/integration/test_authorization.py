"""Every route by every kind of token (API-7)."""
import re
import unittest

from waymark import Server, a

CALLERS = NOBODY, OTHER, READER, OWNER, ADMIN = ("nobody", "another zone's", "a reader's", "the zone's", "the administrator's")
IN = "in"  # what comes then depends on the request, but it is neither 401 nor 403


def row(other, reader, owner):
    return {NOBODY: 401, OTHER: other, READER: reader, OWNER: owner, ADMIN: IN}


OPEN = dict.fromkeys(CALLERS, IN)
READ, WRITE = row(403, IN, 403), row(403, 403, 403)             # what belongs to no zone
READ_ZONE, WRITE_ZONE = row(403, IN, IN), row(403, 403, IN)

# A route without a row fails the test.
ROWS = {
    "get /livez": OPEN, "get /readyz": OPEN, "get /healthz": OPEN,
    "get /metrics": READ, "get /openapi.json": READ, "get /v1/status": READ, "get /v1/explain": READ,
    "get /v1/zones": READ, "post /v1/zones": WRITE,
    "get /v1/zones/{zone}": READ_ZONE, "delete /v1/zones/{zone}": WRITE_ZONE,
    "get /v1/zones/{zone}/records": READ_ZONE,
    "get /v1/zones/{zone}/changes": READ_ZONE, "post /v1/zones/{zone}/changes": WRITE_ZONE,
    "get /v1/changes/{change}": READ_ZONE, "post /v1/zones/{zone}/restore": WRITE_ZONE,
    "get /v1/audit": WRITE, "get /v1/audit/verify": WRITE,  # they show everything: for administrators
    "get /v1/zones/{zone}/zonefile": READ_ZONE, "put /v1/zones/{zone}/zonefile": WRITE_ZONE,
    "get /v1/health-checks": READ, "post /v1/health-checks": WRITE,
    "get /v1/health-checks/{check}": READ, "patch /v1/health-checks/{check}": WRITE, "delete /v1/health-checks/{check}": WRITE,
    "get /v1/health-checks/{check}/status": READ, "get /v1/health-checks/{check}/history": READ,
    "put /v1/health-checks/{check}/override": WRITE, "put /v1/health-checks/{check}/heartbeat": WRITE,
    "get /v1/zones/{zone}/tags": READ_ZONE, "put /v1/zones/{zone}/tags": WRITE_ZONE,
    "get /v1/health-checks/{check}/tags": READ, "put /v1/health-checks/{check}/tags": WRITE,
    "get /v1/latency": READ, "put /v1/latency": WRITE,
    "get /v1/locations": READ, "put /v1/locations": WRITE,
    "get /v1/regions": READ, "put /v1/regions": WRITE,
    "get /v1/cidr-collections": READ, "post /v1/cidr-collections": WRITE,
    "get /v1/cidr-collections/{id}": READ, "put /v1/cidr-collections/{id}": WRITE, "delete /v1/cidr-collections/{id}": WRITE,
    "get /v1/vpcs": READ, "post /v1/vpcs": WRITE,
    "get /v1/vpcs/{vpc}": READ, "put /v1/vpcs/{vpc}": WRITE, "delete /v1/vpcs/{vpc}": WRITE,
    "put /v1/zones/{zone}/vpcs": WRITE,  # whoever may, answers for others' clients
    "get /v1/traffic-policies": READ, "post /v1/traffic-policies": WRITE,
    "get /v1/traffic-policies/{id}": READ, "delete /v1/traffic-policies/{id}": WRITE,
    "post /v1/traffic-policies/{id}/versions": WRITE,
    "get /v1/traffic-policies/{id}/versions/{version}": READ, "patch /v1/traffic-policies/{id}/versions/{version}": WRITE,
    "delete /v1/traffic-policies/{id}/versions/{version}": WRITE,
    "get /v1/traffic-policy-instances": READ, "post /v1/traffic-policy-instances": WRITE,
    "get /v1/traffic-policy-instances/{id}": READ, "put /v1/traffic-policy-instances/{id}": WRITE,
    "delete /v1/traffic-policy-instances/{id}": WRITE,
    "get /v1/zones/{zone}/shares": READ_ZONE, "post /v1/simulate": READ,
    "post /v1/latency/samples": WRITE, "get /v1/external-aliases": READ,
    "get /v1/tokens": READ, "post /v1/tokens": WRITE, "delete /v1/tokens/{token}": WRITE,
    "get /v1/keys": READ, "post /v1/keys": WRITE, "delete /v1/keys/{key}": WRITE,
}


class Authorization(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(workers=1).start()
        server = cls.server
        cls.zone = server.zone("mine.test")["id"]
        server.zone("yours.test")
        cls.change = server.change("mine.test", ("create", a("www.mine.test", "192.0.2.1")))["id"]

        def token(**limits):
            return server.must("POST", "/v1/tokens", limits)["token"]
        cls.tokens = {NOBODY: "", OTHER: token(scope="admin", zones=["yours.test"]), READER: token(scope="read-only"),
                      OWNER: token(scope="admin", zones=["mine.test"]), ADMIN: server.token}

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def test_every_route_has_its_row(self):
        routes = {f"{method} {path}" for path, methods in self.server.must("GET", "/openapi.json")["paths"].items()
                  for method in methods}
        self.assertEqual(routes, set(ROWS))

    def test_every_caller_gets_as_far_as_the_row_says(self):
        for route, wanted in ROWS.items():
            method, pattern = route.split()
            there = {"zone": self.zone, "change": self.change}  # of the others there is none
            path = re.sub(r"\{(\w+)\}", lambda name: there.get(name[1], "none"), pattern)
            body = {"of no use": 1} if method in ("post", "put", "patch") else None  # so that nothing is changed
            for caller, token in self.tokens.items():
                with self.subTest(route=route, caller=caller):
                    status = self.server.call(method.upper(), path, body, token=token).status
                    self.assertEqual(IN if status not in (401, 403) else status, wanted[caller], status)

    def test_a_batch_reaches_no_zone_but_that_of_its_path(self):
        body = {"changes": [{"action": "create", "record": a("www.yours.test", "192.0.2.1")}]}
        refused = self.server.call("POST", "/v1/zones/mine.test/changes", body, token=self.tokens[OWNER])
        self.assertEqual(refused.status, 422, refused.text)
        self.assertEqual(self.server.must("GET", "/v1/zones/yours.test")["version"], 1)

    def test_a_reader_may_not_write_though_the_zone_is_its_own(self):
        token = self.server.must("POST", "/v1/tokens", {"scope": "read-only", "zones": ["mine.test"]})["token"]
        self.assertEqual(self.server.call("GET", "/v1/zones/mine.test", token=token).status, 200)
        self.assertEqual(self.server.call("DELETE", "/v1/zones/mine.test?force=true", token=token).status, 403)


if __name__ == "__main__":
    unittest.main(verbosity=2)
