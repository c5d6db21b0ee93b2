"""What the tests of the Route 53 door share: the door, signed requests, and a client whose every response is checked against the
SDK's own model."""
import datetime
import http.client
import re
import unittest
import xml.etree.ElementTree

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.exceptions

import waymark

NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/"
MINUTES = datetime.timedelta(minutes=1)
# Of any AWS service; the rest must be in the model.
COMMON = {"AccessDenied", "IncompleteSignature", "InvalidClientTokenId", "MalformedInput", "MissingAuthenticationToken",
          "RequestExpired", "SignatureDoesNotMatch", "Throttling", "UnknownOperationException", "ServiceUnavailable"}


def values(*texts):
    return [{"Value": text} for text in texts]


def a_set(name, *texts, ttl=60, kind="A", **more):
    return {"Name": name, "Type": kind, "TTL": ttl, "ResourceRecords": values(*texts or ["192.0.2.1"]), **more}


# -- responses against the model --

def bare(element):
    return element.tag.replace("{" + NAMESPACE + "}", "")


def faults_of_text(shape, text, where):
    kind, limits = shape.type_name, shape.metadata
    if kind == "boolean":
        return [] if text in ("true", "false") else [f"{where}: {text!r} is no boolean"]
    if kind in ("integer", "long"):
        return [] if re.fullmatch(r"-?\d+", text) else [f"{where}: {text!r} is no number"]
    if kind == "timestamp":
        good = re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text)
        return [] if good else [f"{where}: {text!r} is no time"]
    found = []
    if limits.get("enum") and text not in limits["enum"]:
        found.append(f"{where}: {text!r} is not of {limits['enum']}")
    # "/hostedzone/" and an id of 21 characters, as Route 53 gives them itself, are one too many for the model.
    if shape.name != "ResourceId" and not limits.get("min", 0) <= len(text) <= limits.get("max", 1 << 30):
        found.append(f"{where}: {text!r} has a length that is not from {limits.get('min')} to {limits.get('max')}")
    if limits.get("pattern") and not re.search(limits["pattern"], text):
        found.append(f"{where}: {text!r} is not like {limits['pattern']}")
    return found


def faults_of(shape, element, where):
    """Unknown, doubled, missing and misplaced members, and values that are not of their type."""
    if shape.type_name == "list":
        item = shape.member.serialization.get("name", "member")
        found = [f"{where}: {bare(child)} where {item} is wanted" for child in element if bare(child) != item]
        return found + [fault for i, child in enumerate(element) for fault in faults_of(shape.member, child, f"{where}/{i}")]
    if shape.type_name != "structure":
        if len(element):
            return [f"{where}: elements where text is wanted"]
        return faults_of_text(shape, element.text or "", where)
    members = {member.serialization.get("name", name): member for name, member in shape.members.items()
               if member.serialization.get("location") != "header"}
    needed = {shape.members[name].serialization.get("name", name) for name in shape.required_members
              if shape.members[name].serialization.get("location") != "header"}
    names = [bare(child) for child in element]
    found = [f"{where}: {name} is not in the model" for name in names if name not in members]
    found += [f"{where}: {name} is missing" for name in needed if name not in names]
    found += [f"{where}: {name} stands twice" for name in set(names) if names.count(name) > 1]
    if [name for name in members if name in names] != [name for name in names if name in members]:
        found.append(f"{where}: {names} are not in the model's order")
    return found + [fault for child in element if bare(child) in members
                    for fault in faults_of(members[bare(child)], child, f"{where}/{bare(child)}")]


def faults_of_response(model, response):
    root = xml.etree.ElementTree.fromstring(response.content)
    shape = model.output_shape
    where = model.name
    if response.headers.get("Content-Type", "").split(";")[0] != "text/xml":
        return [f"{where}: {response.headers.get('Content-Type')}"]
    if response.status_code >= 300:
        code = root.findtext(f"{{{NAMESPACE}}}Error/{{{NAMESPACE}}}Code")
        known = COMMON | {error.error_code for error in model.service_model.error_shapes}
        sender = root.findtext(f"{{{NAMESPACE}}}Error/{{{NAMESPACE}}}Type")
        found = [] if code in known else [f"{where}: {code} is no error of the model"]
        return found + ([] if sender == ("Sender" if response.status_code < 500 else "Receiver") else [f"{where}: {sender}"])
    found = [] if root.tag == f"{{{NAMESPACE}}}{shape.name}" else [f"{where}: {root.tag} is not {shape.name}"]
    if response.status_code != model.http.get("responseCode", 200):
        found.append(f"{where}: status {response.status_code}")
    for name in shape.required_members:
        header = shape.members[name].serialization
        if header.get("location") == "header" and header["name"] not in response.headers:
            found.append(f"{where}: the header {header['name']} is missing")
    return found + faults_of(shape, root, where)


def is_known(fault, text):
    """Where Route 53 itself is not like this model (a private zone has no delegation set, the last page no marker), and what is
    younger than the model of Debian's botocore."""
    return (fault == "CreateHostedZone: DelegationSet is missing" and "<PrivateZone>true</PrivateZone>" in text
            or fault.startswith("ListTrafficPolicies/TrafficPolicyIdMarker: ''") and "<IsTruncated>false</IsTruncated>" in text
            or fault.endswith("/HostedZone: Features is not in the model"))


def check_response(http_response, model, **_):
    text = http_response.content.decode()
    found = [fault for fault in faults_of_response(model, http_response) if not is_known(fault, text)]
    assert not found, f"{found}\n{text}"


# -- the door --

class Door(waymark.Server):
    """A server with an administrator's access key."""

    def key(self, **body):
        return self.must("POST", "/v1/keys", {"scope": "admin", **body})

    def client(self, key=None, region="us-east-1", retries=6, **more):
        key = key or self.admin
        # Without its own checks, so that the server's are seen. Equal changes of one second are heard when they are tried again.
        settings = botocore.config.Config(retries={"max_attempts": retries}, parameter_validation=False)
        client = boto3.client("route53", endpoint_url=f"http://127.0.0.1:{self.route53_port}", region_name=region,
                              aws_access_key_id=key["id"], aws_secret_access_key=key["secret"], config=settings, **more)
        client.meta.events.register("after-call.route53", check_response)
        return client

    def raw(self, method, path, body=b"", headers=None, source="127.0.0.1"):
        """One request as it stands. Gives status, code, text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.route53_port, timeout=30 * waymark.SLOW, source_address=(source, 0))
        try:
            connection.request(method, path, body, headers or {})
            reply = connection.getresponse()
            text = reply.read().decode()
            assert reply.getheader("x-amzn-RequestId"), text
            code = text.split("<Code>")[1].split("</Code>")[0] if "<Code>" in text else ""
            return reply.status, code, text
        finally:
            connection.close()

    def signed(self, method, path, body=b"", change=None, at=None, key=None, service="route53", headers=(), **more):
        """One request signed by botocore; `change` may bend its headers afterwards."""
        key = key or self.admin
        request = botocore.awsrequest.AWSRequest(method, f"http://127.0.0.1:{self.route53_port}{path}", data=body, headers=dict(headers))
        auth = botocore.auth.SigV4Auth(botocore.credentials.Credentials(key["id"], key["secret"]), service, "us-east-1")
        real = botocore.auth.datetime

        class Moment(datetime.datetime):
            @classmethod
            def utcnow(cls):
                return at or datetime.datetime.utcnow()

        botocore.auth.datetime = type("datetime", (), {"datetime": Moment})
        try:
            auth.add_auth(request)
        finally:
            botocore.auth.datetime = real
        headers = dict(request.headers.items())
        if change:
            change(headers)
        return self.raw(method, path, body, headers, **more)


class DoorTest(unittest.TestCase):
    """One server for all the tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.server = Door("--name-server", "ns1.example.net", "--name-server", "ns2.example.net",
                          "--health-allow", "192.0.2.0/24", "--health-allow", "2001:db8::/32").start()
        cls.addClassCleanup(cls.server.__exit__)
        cls.server.admin = cls.server.key(name="tests")
        cls.aws = cls.server.client()
        cls.made = 0

    def zone(self, name=None):
        """A zone of its own: its name and its id, with prefix as SDKs give it."""
        type(self).made += 1
        name = name or f"zone{self.made}.example."
        made = self.aws.create_hosted_zone(Name=name, CallerReference=f"reference {self.made}")
        self.in_sync(made)
        return name, made["HostedZone"]["Id"]

    def in_sync(self, answer):
        change = answer["ChangeInfo"]["Id"]
        waymark.wait_for("INSYNC", lambda: self.aws.get_change(Id=change)["ChangeInfo"]["Status"] == "INSYNC")

    def change(self, zone, *changes, client=None, **more):
        return (client or self.aws).change_resource_record_sets(HostedZoneId=zone, ChangeBatch={
            "Changes": [{"Action": action, "ResourceRecordSet": record} for action, record in changes], **more})

    def refused(self, code, status, call, *words, **more):
        """The SDK's own exception, by its code. Gives the message."""
        kind = getattr(self.aws.exceptions, code, botocore.exceptions.ClientError)
        with self.assertRaises(kind) as caught:
            call(*words, **more)
        told = caught.exception.response
        self.assertEqual((told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"]), (code, status), told)
        self.assertTrue(told["ResponseMetadata"]["RequestId"])
        return told["Error"]["Message"]

    def bad_batch(self, zone, *changes):
        before = self.aws.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        message = self.refused("InvalidChangeBatch", 400, self.change, zone, *changes)
        self.assertEqual(self.aws.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"], before)
        self.assertEqual((message[0], message[-1]), ("[", "]"))
        return message[1:-1]
