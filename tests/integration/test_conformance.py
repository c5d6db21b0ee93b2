"""Answers like those of BIND, Knot, NSD and PowerDNS, wherever three of the four agree (tests/data/conformance)."""
import collections
import json
import lzma
import os
import pathlib
import tempfile
import unittest

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

from waymark import SLOW, Server, wait_for_every_worker

HERE = pathlib.Path(__file__).parent
DATA = os.environ.get("WAYMARK_CONFORMANCE") or HERE.parent / "data/conformance/ferret-sample.jsonl.xz"
NAMES_IN = {"NS": 1, "CNAME": 1, "DNAME": 1, "SOA": 2}  # leading names in the RDATA; none in A, AAAA and TXT

Answer = collections.namedtuple("Answer", "rcode flags question answer authority additional")


class Test:
    """One line of the data. Its names get a last label of their own, so that all zones are served at once."""

    def __init__(self, line):
        known = json.loads(line)
        self.label = f"t{known['n']}."
        self.number, self.tag, self.majority = known["n"], known["tag"], known["majority"]
        self.origin, self.qname, self.qtype = self.own(known["origin"]), self.own(known["qname"]), known["qtype"]
        self.zone = "".join(self.own_line(line, "\t") + "\n" for line in known["zone"].splitlines() if line)
        self.expected = [(group["servers"], self.read(group["response"])) for group in known["responses"]]

    def own(self, name):
        return self.label if name == "." else name + self.label

    def own_line(self, line, blank=" "):
        owner, ttl, rr_class, rr_type, rdata = line.split(blank, 4)
        words = rdata.strip().split(" ")
        names = NAMES_IN.get(rr_type, 0)
        rdata = " ".join([self.own(word) for word in words[:names]] + words[names:])
        return blank.join([self.own(owner), ttl, rr_class, rr_type, rdata])

    def read(self, lines):
        rcode, flags, sections = "", frozenset(), collections.defaultdict(set)
        section = None
        for line in lines:
            if line.startswith(";"):
                section = line[1:]
            elif section == "QUESTION":
                owner, *rest = line.split(" ")
                sections[section].add(" ".join([self.own(owner), *rest]).lower())
            elif section:
                sections[section].add(without_ttl(self.own_line(line)))
            elif line.startswith("rcode "):
                rcode = line[6:]
            elif line.startswith("flags "):
                flags = frozenset(line[6:].split()) - {"RA"}
        return Answer(rcode, flags, *(frozenset(sections[name]) for name in ("QUESTION", "ANSWER", "AUTHORITY", "ADDITIONAL")))

    def ask(self, server):
        query = dns.message.make_query(self.qname, self.qtype)
        query.flags = 0
        reply = dns.query.udp(query, "127.0.0.1", 5 * SLOW, server.dns_port)
        sections = [frozenset(without_ttl(line) for rrset in section for line in rrset.to_text().splitlines())
                    for section in (reply.answer, reply.authority, reply.additional)]
        question = frozenset(rrset.to_text().lower() for rrset in reply.question)
        flags = frozenset(dns.flags.to_text(reply.flags).split()) - {"RA"}
        return Answer(dns.rcode.to_text(reply.rcode()), flags, question, *sections)

    def told(self, mine):
        lines = [f"test {self.number} ({self.tag}): {self.qname} {self.qtype}", self.zone, f"waymark: {show(mine)}"]
        return "\n".join(lines + [f"{' '.join(servers)}: {show(answer)}" for servers, answer in self.expected])

    def grows(self):
        """A DNAME whose target stands below its owner: each step makes the name longer."""
        rrs = [line.split("\t") for line in self.zone.splitlines()]
        return any(rr[3] == "DNAME" and rr[4].lower().endswith("." + rr[0].lower()) for rr in rrs)


def without_ttl(line):
    owner, _, rest = line.split(" ", 2)
    return f"{owner} {rest}".lower()


def show(answer):
    parts = [answer.rcode, " ".join(sorted(answer.flags))]
    parts += [f"{name} {sorted(getattr(answer, name))}" for name in ("answer", "authority", "additional") if getattr(answer, name)]
    return "; ".join(parts)


def alike(a, b):
    if (a.rcode, a.flags, a.question, a.answer, a.additional) != (b.rcode, b.flags, b.question, b.answer, b.additional):
        return False
    return bool(a.answer and b.answer) or a.authority == b.authority


def read_tests():
    opened = lzma.open(DATA, "rt") if str(DATA).endswith(".xz") else open(DATA)
    with opened as lines:
        return [Test(line) for line in lines]


class Conformance(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tests = read_tests()
        cls.server = Server()
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()
        with tempfile.TemporaryDirectory() as directory:
            rows = []
            for test in cls.tests:
                path = pathlib.Path(directory, f"{test.number}.zone")
                path.write_text(test.zone)
                rows.append(f"{test.origin}\t{path}\n")
            listed = pathlib.Path(directory, "list")
            listed.write_text("".join(rows))
            done = cls.server.cli("zone", "import", "--list", str(listed), timeout=600)
        assert done.returncode == 0, done.stderr[-2000:]
        last = cls.tests[-1].origin
        wait_for_every_worker("the last zone", lambda: cls.server.ask(last, "SOA").rcode() == dns.rcode.NOERROR, 60)

    def test_where_three_of_four_servers_agree_so_does_this_one(self):
        tests = [test for test in self.tests if test.majority]
        differing = [test.told(mine) for test in tests if not alike(mine := test.ask(self.server), test.expected[0][1])]
        print(f"{len(tests) - len(differing)} of {len(tests)} agree")
        self.assertGreater(len(tests), 1000)
        self.assertFalse(differing, "\n\n".join(differing[:20]))

    def test_where_they_do_not_it_agrees_with_one_of_them_or_ends_a_growing_name(self):
        """docs/decisions/0010: the classes of cases that the four answer in different ways."""
        strange = []
        for test in self.tests:
            if test.majority:
                continue
            mine = test.ask(self.server)
            if test.grows() and (mine.rcode in ("SERVFAIL", "YXDOMAIN") or "TC" in mine.flags):
                continue
            if not any(alike(mine, answer) for _, answer in test.expected):
                strange.append(test.told(mine))
        self.assertFalse(strange, "\n\n".join(strange[:20]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
