"""What the tests of the Route 53 door share: the server with a key, and boto3 against it."""
import datetime
import http.client
import unittest

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.exceptions

import waymark

NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/"
MINUTES = datetime.timedelta(minutes=1)


def values(*texts):
    return [{"Value": text} for text in texts]


def a_set(name, *texts, ttl=60, kind="A", **more):
    return {"Name": name, "Type": kind, "TTL": ttl, "ResourceRecords": values(*texts or ["192.0.2.1"]), **more}


class Door(waymark.Server):
    """A server with an administrator's access key."""

    def key(self, **body):
        return self.must("POST", "/v1/keys", {"scope": "admin", **body})

    def client(self, key=None, region="us-east-1", **more):
        key = key or self.admin
        # Without its own checks, so that the server's are seen.
        settings = botocore.config.Config(retries={"max_attempts": 1}, parameter_validation=False)
        return boto3.client("route53", endpoint_url=f"http://127.0.0.1:{self.route53_port}", region_name=region,
                            aws_access_key_id=key["id"], aws_secret_access_key=key["secret"], config=settings, **more)

    def raw(self, method, path, body=b"", headers=None):
        """One request as it stands. Gives status, code, text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.route53_port, timeout=30 * waymark.SLOW)
        try:
            connection.request(method, path, body, headers or {})
            reply = connection.getresponse()
            text = reply.read().decode()
            assert reply.getheader("x-amzn-RequestId"), text
            code = text.split("<Code>")[1].split("</Code>")[0] if "<Code>" in text else ""
            return reply.status, code, text
        finally:
            connection.close()

    def signed(self, method, path, body=b"", change=None, at=None, key=None, service="route53"):
        """One request signed by botocore; `change` may bend its headers afterwards."""
        key = key or self.admin
        request = botocore.awsrequest.AWSRequest(method, f"http://127.0.0.1:{self.route53_port}{path}", data=body)
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
        return self.raw(method, path, body, headers)


class Case(unittest.TestCase):
    """One server for all tests of a class, each with zones of its own."""
    made = 0  # of all classes together

    @classmethod
    def setUpClass(cls):
        cls.server = Door("--name-server", "ns1.example.net", "--name-server", "ns2.example.net").start()
        cls.addClassCleanup(cls.server.__exit__)
        cls.server.admin = cls.server.key(name="tests")
        cls.aws = cls.server.client()

    def zone(self, name=None):
        """A zone of its own: its name and its id, with prefix as SDKs give it."""
        Case.made += 1
        name = name or f"zone{Case.made}.example."
        made = self.aws.create_hosted_zone(Name=name, CallerReference=f"reference {Case.made}")
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
        self.assertEqual((message[0], message[-1]), "[]" and ("[", "]"))
        return message[1:-1]
