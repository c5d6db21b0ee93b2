"""certbot with its Route 53 plugin gets a certificate from Pebble by DNS-01; Waymark answers the challenge."""
import json
import pathlib
import ssl
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

import client
import waymark
from route53_door import Door

CERTBOT, PEBBLE = client.debian("certbot"), client.debian("pebble")
PLUGIN = pathlib.Path("/usr/lib/python3/dist-packages/certbot_dns_route53")
# Debian's botocore is older than AWS_ENDPOINT_URL_ROUTE_53 (botocore 1.31); this is what that variable does.
SITECUSTOMIZE = """
import os
import boto3
real = boto3.client
def client(service, **words):
    return real(service, **{"endpoint_url": os.environ["AWS_ENDPOINT_URL_ROUTE_53"], **words})
boto3.client = client
"""


class Pebble:
    """An ACME server that asks Waymark for challenges."""

    def __init__(self, directory, dns_port):
        self.port, management = waymark.free_port(), waymark.free_port()
        self.certificate = directory / "pebble.pem"
        key = directory / "pebble.key"
        client.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key),
                    "-out", str(self.certificate)])
        config = directory / "pebble.json"
        config.write_text(json.dumps({"pebble": {
            "listenAddress": f"127.0.0.1:{self.port}", "managementListenAddress": f"127.0.0.1:{management}",
            "certificate": str(self.certificate), "privateKey": str(key), "httpPort": 5002, "tlsPort": 5001,
            "ocspResponderURL": "", "externalAccountBindingRequired": False}}))
        self.log = (directory / "pebble.log").open("wb")
        self.process = subprocess.Popen(
            [PEBBLE, "-config", str(config), "-strict", "-dnsserver", f"127.0.0.1:{dns_port}"], stdout=self.log, stderr=self.log,
            env={"PATH": "/usr/bin:/bin", "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"})
        waymark.wait_for("Pebble", self.answers)

    @property
    def directory_url(self):
        return f"https://localhost:{self.port}/dir"

    def answers(self):
        try:
            trust = ssl.create_default_context(cafile=str(self.certificate))
            return urllib.request.urlopen(self.directory_url, context=trust, timeout=5).status == 200
        except (urllib.error.URLError, ConnectionError):
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


class Certbot(unittest.TestCase):
    def setUp(self):
        self.server = Door("--name-server", "ns1.example.net").start()
        self.addCleanup(self.server.__exit__)
        self.server.admin = self.server.key()
        scratch = tempfile.TemporaryDirectory(prefix="waymark-certbot-")
        self.addCleanup(scratch.cleanup)
        self.directory = pathlib.Path(scratch.name)
        self.pebble = Pebble(self.directory, self.server.dns_port)
        self.addCleanup(self.pebble.stop)

    def test_a_certificate_by_dns_01(self):
        aws = self.server.client()
        zone = aws.create_hosted_zone(Name="cert.example", CallerReference="certbot")["HostedZone"]["Id"]
        # A key that reaches this zone alone is enough.
        key = self.server.key(zones=["cert.example."])
        (self.directory / "sitecustomize.py").write_text(SITECUSTOMIZE)
        folders = [word for kind in ("config", "work", "logs") for word in (f"--{kind}-dir", str(self.directory / kind))]
        client.run([CERTBOT, "certonly", "--non-interactive", "--agree-tos", "--register-unsafely-without-email", "--dns-route53",
                    "--server", self.pebble.directory_url, "-d", "cert.example", "-d", "*.cert.example", *folders], timeout=240,
                   env=client.environment(self.server, key, AWS_ENDPOINT_URL_ROUTE_53=client.endpoint(self.server),
                                          PYTHONPATH=str(self.directory), REQUESTS_CA_BUNDLE=str(self.pebble.certificate)))
        certificate = self.directory / "config" / "live" / "cert.example" / "cert.pem"
        told = client.run(["openssl", "x509", "-in", str(certificate), "-noout", "-ext", "subjectAltName"])
        self.assertEqual(sorted(told.split("\n")[1].strip().split(", ")), ["DNS:*.cert.example", "DNS:cert.example"])
        # The challenge is taken away again.
        left = aws.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        self.assertEqual([one["Type"] for one in left], ["NS", "SOA"])


if __name__ == "__main__":
    client.need("certbot", CERTBOT)
    client.need("python3-certbot-dns-route53", PLUGIN.is_dir())
    client.need("pebble", PEBBLE)
    unittest.main()
