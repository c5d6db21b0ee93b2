"""Every member of every request of the Route 53 door, made wrong one at a time: what the SDK's model forbids is refused, and nothing
changes; the rest is at least answered."""
import copy
import re
import unittest

import botocore
import botocore.exceptions

from route53_rows import Furnished

LEFT_OUT = object()
TEXTS = ("", "x" * 5000, "\u202e\u00fc", "<a>&b;", "../..", "\x01", "'; DROP TABLE zones; --", "%00%ff", " ")
NUMBERS = (-1, 0, 1 << 31, 1 << 64)


def members(shape, words, path=()):
    """Path, shape and whether it is needed, of each member that the words have; None of the plain ones that they could have."""
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if name not in words and wrong_values(member):
                yield (*path, name), member, None
        for name, inside in words.items():
            yield (*path, name), shape.members[name], name in shape.required_members
            yield from members(shape.members[name], inside, (*path, name))
    elif shape.type_name == "list":
        for at, inside in enumerate(words):
            yield (*path, at), shape.member, False
            yield from members(shape.member, inside, (*path, at))


def with_member(words, path, value):
    words = copy.deepcopy(words)
    inside = words
    for step in path[:-1]:
        inside = inside[step]
    if value is LEFT_OUT:
        del inside[path[-1]]
    else:
        inside[path[-1]] = value
    return words


def wrong_values(shape):
    return {"string": TEXTS, "integer": NUMBERS, "long": NUMBERS, "boolean": ()}.get(shape.type_name, ())


def is_forbidden(shape, value):
    """By the model. Its patterns are not asked: those of this API are of what is checked by other rules."""
    limits = shape.metadata
    if shape.type_name == "string":
        outside = not limits.get("min", 0) <= len(value) <= limits.get("max", 1 << 30)
        return outside or bool(limits.get("enum")) and value not in limits["enum"]
    return not limits.get("min", -1 << 80) <= value <= limits.get("max", 1 << 80)


class BadInput(Furnished):
    def ask(self, operation, words):
        """OK, what the SDK does not send, or the code; check_response has seen that the model knows it."""
        try:
            getattr(self.aws, botocore.xform_name(operation))(**words)
            return "OK"
        except botocore.exceptions.ParamValidationError:
            return "unsent"
        except botocore.exceptions.ClientError as error:
            self.assertLess(error.response["ResponseMetadata"]["HTTPStatusCode"], 500, error)
            return error.response["Error"]["Code"]

    def test_what_the_model_forbids_is_refused_and_nothing_changes(self):
        asked = 0
        for operation, (words, *_) in self.known().items():
            shape = self.model.operation_model(operation).input_shape
            for path, member, needed in members(shape, words) if shape else ():
                in_path = member.serialization.get("location") == "uri"  # without it, it is another operation
                for value in wrong_values(member) if in_path or needed is None else (LEFT_OUT, *wrong_values(member)):
                    if in_path and value == "":
                        continue
                    forbidden = needed if value is LEFT_OUT else is_forbidden(member, value)
                    if member.serialization.get("location") == "querystring" and value is not LEFT_OUT and forbidden:
                        # Empty is as absent, and a listing may begin at whatever text is not too long.
                        forbidden = value != "" and (len(str(value)) > 1024 or not re.match(r"Start\w+Code", path[-1]))
                    with self.subTest(operation=operation, member=path, value="left out" if value is LEFT_OUT else value):
                        before = self.state()
                        heard = self.ask(operation, with_member(words, path, value))
                        asked += 1
                        if forbidden:
                            self.assertNotEqual(heard, "OK")
                        if heard != "OK":
                            self.assertEqual(self.state(), before)
        self.assertGreater(asked, 1500)


if __name__ == "__main__":
    unittest.main()
