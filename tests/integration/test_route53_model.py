"""That the tests of the Route 53 door leave nothing of the API out: what the SDK's model names is called, raised, or said to be
impossible by docs/route53.md."""
import pathlib
import re
import unittest

import botocore
import botocore.session

from route53_door import COMMON

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent


class Model(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = botocore.session.get_session().get_service_model("route53")
        files = [path for path in HERE.glob("*route53*.py") if path != pathlib.Path(__file__)]
        cls.tests = "\n".join(path.read_text() for path in files)
        cls.unit = "\n".join(path.read_text() for path in (ROOT / "tests/api/route53").glob("*.cc"))
        page = (ROOT / "docs/route53.md").read_text()
        rows = page.split("Errors of the API that are never raised here:")[1].split("## Every operation")[0]
        cls.impossible = set(re.findall(r"[A-Z]\w+", " ".join(row.split("|")[1] for row in rows.splitlines() if row.startswith("| "))))

    def test_every_operation_is_called_by_a_test(self):
        called = {name for name in self.model.operation_names if re.search(rf"\.{botocore.xform_name(name)}\b", self.tests)}
        self.assertEqual(set(self.model.operation_names) - called, set())

    def codes(self):
        return {error.error_code for error in self.model.error_shapes} | COMMON

    def test_every_error_is_raised_in_a_test_or_impossible(self):
        raised = {code for code in self.codes() if f'"{code}"' in self.unit
                  or re.search(rf'\("{code}", |\(\d+, "{code}"|exceptions\.{code}\b|= "{code}"', self.tests)}
        self.assertEqual(self.codes() - raised - self.impossible, set())

    def test_what_is_said_to_be_impossible_is_not_in_the_source(self):
        source = "\n".join(path.read_text() for path in (ROOT / "api/route53").glob("*.cc"))
        self.assertEqual({code for code in self.impossible if f'"{code}"' in source}, set())
        self.assertLessEqual(self.impossible, self.codes())


if __name__ == "__main__":
    unittest.main()
