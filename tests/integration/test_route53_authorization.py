"""Every operation of the Route 53 door by every kind of access key (API-7)."""
import unittest

import botocore
import botocore.exceptions
import botocore.handlers

from route53_door import a_set
from route53_rows import DENIED, HIDDEN, IN, REGION, Furnished

UNSIGNED = "MissingAuthenticationToken"


class Authorization(Furnished):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nobody = cls.server.client()
        cls.nobody.meta.events.register("choose-signer.route53", botocore.handlers.disable_signing)
        cls.reader = cls.server.client(cls.server.key(scope="read-only"))
        cls.other = cls.server.client(cls.server.key(zones=[cls.mine]))

    def asked(self, client, operation, words):
        """The answer and IN, or nothing and the code."""
        try:
            return getattr(client, botocore.xform_name(operation))(**words), IN
        except botocore.exceptions.ClientError as error:
            return None, error.response["Error"]["Code"]

    def test_every_operation_has_its_row(self):
        self.assertLessEqual(set(self.model.operation_names), set(self.rows))

    def test_nobody_gets_in_without_a_signature(self):
        before = self.state()
        for operation, (words, _, _) in self.known().items():
            with self.subTest(operation=operation):
                self.assertEqual(self.asked(self.nobody, operation, words)[1], UNSIGNED)
        self.assertEqual(self.state(), before)

    def test_a_key_that_may_only_read_changes_nothing(self):
        before = self.state()
        for operation, (words, wanted, _) in self.known().items():
            with self.subTest(operation=operation):
                self.assertEqual(self.asked(self.reader, operation, words)[1], wanted)
        self.assertEqual(self.state(), before)

    def test_a_key_of_a_zone_reaches_no_other(self):
        before = self.state()
        for operation, (words, _, wanted) in self.known().items():
            with self.subTest(operation=operation):
                answer, heard = self.asked(self.other, operation, words)
                self.assertEqual(heard, IN if wanted == HIDDEN else wanted)
                if wanted != HIDDEN:
                    continue
                text = str({name: inside for name, inside in answer.items() if name != "ResponseMetadata"})
                for name in ("yours", self.there["zone"].split("/")[-1], self.there["private"].split("/")[-1], self.there["instance"]):
                    self.assertNotIn(name, text.replace(str(words.get("DNSName")), ""))
                self.assertEqual([count for name, count in answer.items() if name.endswith("Count")],
                                 {"GetHostedZoneCount": [1], "GetTrafficPolicyInstanceCount": [0]}.get(operation, []))
        self.assertEqual(self.state(), before)

    def test_an_administrators_key_is_refused_nothing_that_the_others_read(self):
        """Otherwise the rows above could hold because of a mistake in what is asked."""
        for operation, (words, reader, _) in self.known().items():
            if reader == IN:
                with self.subTest(operation=operation):
                    self.assertEqual(self.asked(self.aws, operation, words)[1], IN)

    def test_a_body_does_not_reach_where_the_path_does_not(self):
        """The zone of a body counts as that of a path does."""
        before = self.state()
        hidden = {"VPCRegion": REGION, "VPCId": "vpc-two"}
        own = self.other.get_hosted_zone(Id=self.mine)["HostedZone"]["Id"]
        foreign = {"Action": "CREATE", "ResourceRecordSet": a_set("new.yours.example.")}
        self.refused("InvalidChangeBatch", 400, self.other.change_resource_record_sets, HostedZoneId=own, ChangeBatch={"Changes": [foreign]})
        alias = {"Name": "a.mine.example.", "Type": "A", "AliasTarget": {
            "HostedZoneId": self.there["zone"].split("/")[-1], "DNSName": "www.yours.example.", "EvaluateTargetHealth": False}}
        self.refused("InvalidChangeBatch", 400, self.other.change_resource_record_sets, HostedZoneId=own,
                     ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": alias}]})
        self.refused(DENIED, 403, self.other.create_reusable_delegation_set, CallerReference="x", HostedZoneId=self.there["zone"])
        self.refused(DENIED, 403, self.other.list_query_logging_configs, HostedZoneId=self.there["zone"])
        self.refused(DENIED, 403, self.other.list_tags_for_resources, ResourceType="hostedzone",
                     ResourceIds=[self.mine, self.there["zone"].split("/")[-1]])
        self.refused(DENIED, 403, self.other.list_tags_for_resource, ResourceType="healthcheck", ResourceId=self.there["check"])
        self.refused(DENIED, 403, self.other.create_hosted_zone, Name="mine.example", CallerReference="x", VPC=hidden)
        self.assertEqual(self.state(), before)


if __name__ == "__main__":
    unittest.main()
