"""Zones drawn at random, dense in what name servers disagree about: wildcards, cuts, DNAMEs, chains, long names."""
import random

LABELS = ["a", "b", "c", "*", "www", "ns", "x", "_tcp", "sub", "l" * 63]
MINIMUM = 300


class Zone:
    """Owners are tuples of labels, most specific first; so is the origin. Records stand as master file text."""

    def __init__(self, origin, rng, origins):
        self.origin, self.rng = origin, rng
        self.others = [other for other in origins if other != origin]
        self.children = {other for other in self.others if other[-len(origin):] == origin}  # what stands there is theirs
        self.records = {}  # owner → type → [rdata]
        self.ttls = {}
        self.cuts, self.dnames = set(), set()
        self.fill()

    # -- what stands where --

    def has(self, owner, *types):
        return any(rr_type in self.records.get(owner, {}) for rr_type in types)

    def below(self, owner, tops):
        """Strictly below one of those."""
        return any(len(owner) > len(top) and owner[-len(top):] == top for top in tops)

    def add(self, owner, rr_type, *rdata):
        if len(text(owner)) > 254 or self.has(owner, "CNAME") or self.below(owner, self.dnames):
            return False
        if self.below(owner, self.children) or owner in self.children and rr_type not in ("NS", "DS"):
            return False
        if rr_type == "CNAME" and owner in self.records:
            return False
        if rr_type == "DNAME" and (self.has(owner, "NS") and owner != self.origin or self.has(owner, "DNAME") or
                                   any(self.below(other, {owner}) for other in self.records)):
            return False
        if rr_type == "NS" and owner != self.origin and (owner[0] == "*" or self.has(owner, "DNAME")):
            return False
        kept = self.records.setdefault(owner, {}).setdefault(rr_type, [])
        kept += [value for value in rdata if value not in kept]
        self.ttls.setdefault((owner, rr_type), self.rng.choice([0, 60, 300, 3600, 86400]))
        if rr_type == "NS" and owner != self.origin:
            self.cuts.add(owner)
        if rr_type == "DNAME":
            self.dnames.add(owner)
        return True

    # -- drawing --

    def name(self):
        """A name in this zone, near others that are."""
        base = self.rng.choice(list(self.records)) if self.records and self.rng.random() < 0.6 else self.origin
        for _ in range(self.rng.randint(0 if base != self.origin else 1, 3)):
            longer = (self.rng.choice(LABELS), *base)
            if len(text(longer)) > 240:
                break
            base = longer
        return base

    def target(self):
        """A name for RDATA: in this zone, in another one, or nowhere."""
        draw = self.rng.random()
        if draw < 0.7:
            return self.name()
        if draw < 0.8 and self.others:
            return (self.rng.choice(LABELS), *self.rng.choice(self.others))
        return (self.rng.choice(LABELS), "outside", "example")

    def address(self, family):
        return f"192.0.2.{self.rng.randrange(256)}" if family == 4 else f"2001:db8::{self.rng.randrange(65536):x}"

    def fill(self):
        rng, at = self.rng, self.origin
        self.add(at, "SOA", f"{text(('ns',) + at)} {text(('hostmaster',) + at)} 7 3600 900 604800 {MINIMUM}")
        self.add(at, "NS", text(("ns",) + at), text(self.target()))
        self.add(("ns",) + at, "A", self.address(4))
        for child in sorted(self.children):
            self.add(child, "NS", text(("ns", *child)))
            if rng.random() < 0.5:
                self.add(child, "DS", "12345 8 2 " + "ab" * 32)
        for _ in range(60):
            rng.choice([self.host, self.host, self.host, self.wildcard, self.cut, self.cname, self.cname, self.services,
                        self.others_types])()
        for make in (self.chain, self.loop, self.deep, self.dname, self.dname):
            make()
        if rng.random() < 0.3:
            self.add(at, "DNAME", text(self.target()))

    def host(self):
        owner = self.name()
        self.add(owner, "A", *(self.address(4) for _ in range(self.rng.randint(1, 4))))
        if self.rng.random() < 0.5:
            self.add(owner, "AAAA", self.address(6))

    def wildcard(self):
        owner = ("*", *self.name())
        rr_type, value = self.rng.choice([("CNAME", text(self.target())), ("A", self.address(4)), ("TXT", '"wild"'),
                                          ("MX", f"5 {text(self.target())}"), ("A", self.address(4))])
        self.add(owner, rr_type, value)

    def cut(self):
        owner = self.name()
        servers = [("ns", *owner), ("a", "ns", *owner), self.target()]
        chosen = self.rng.sample(servers, self.rng.randint(1, 3))
        if owner == self.origin or not self.add(owner, "NS", *(text(server) for server in chosen)):
            return
        for server in chosen:
            if server[-len(self.origin):] == self.origin and self.rng.random() < 0.8:
                self.add(server, "A", self.address(4), self.address(4))
                if self.rng.random() < 0.5:
                    self.add(server, "AAAA", self.address(6))
        if self.rng.random() < 0.4:
            self.add(owner, "DS", "12345 8 2 " + "ab" * 32)

    def cname(self):
        self.add(self.name(), "CNAME", text(self.target()))

    def services(self):
        owner = self.name()
        self.add(owner, "MX", *(f"{10 * i} {text(self.target())}" for i in range(self.rng.randint(1, 3))))
        self.add(("_tcp", *owner), "SRV", f"1 2 443 {text(self.target())}")

    def others_types(self):
        owner = self.name()
        rr_type, value = self.rng.choice([
            ("TXT", '"one" "two"'), ("PTR", text(self.target())), ("CAA", '0 issue "ca.example"'), ("HINFO", '"cpu" "os"'),
            ("NAPTR", '1 2 "u" "x" "!a!b!" .'), ("LOC", "42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m"),
            ("TLSA", "3 1 1 " + "cd" * 32), ("URI", '1 2 "https://example/"'), ("TYPE65280", "\\# 3 0a0b0c"),
            ("SSHFP", "4 2 " + "ef" * 32), ("HTTPS", "1 . alpn=h2"), ("AFSDB", f"1 {text(self.target())}"),
            ("RP", f"{text(self.target())} ."), ("SPF", '"v=spf1 -all"')])
        self.add(owner, rr_type, value)

    def chain(self):
        length = self.rng.choice([2, 5, 15, 16])
        for i in range(length):
            end = self.target() if i == length - 1 else (f"c{i + 1}", "chain", *self.origin)
            self.add((f"c{i}", "chain", *self.origin), "CNAME", text(end))

    def loop(self):
        length = self.rng.randint(1, 3)
        for i in range(length):
            self.add((f"l{i}", "loop", *self.origin), "CNAME", text((f"l{(i + 1) % length}", "loop", *self.origin)))

    def deep(self):
        owner = self.origin
        while len(text(owner)) <= 252:
            owner = ("q", *owner)
        self.add(owner, "A", self.address(4))
        self.add(("*", *owner[5:]), "TXT", '"deep"')

    def dname(self):
        owner, target = self.name(), self.target()
        if target[-len(owner):] != owner:
            self.add(owner, "DNAME", text(target))

    # -- out --

    def names(self):
        return [text(owner) for owner in self.records]

    def master_file(self):
        lines = []
        for owner, types in self.records.items():
            for rr_type, values in types.items():
                lines += [f"{text(owner)}\t{self.ttls[owner, rr_type]}\tIN\t{rr_type}\t{value}" for value in values]
        return "\n".join(lines) + "\n"


def text(owner):
    return ".".join(owner) + "."


def zones(seed, count=24):
    """Some stand below others."""
    rng = random.Random(seed)
    origins = []
    for i in range(count):
        origin = (f"z{i}", "test") if not origins or rng.random() < 0.75 else (rng.choice(["sub", "x"]), *rng.choice(origins))
        origins.append((f"z{i}", "test") if origin in origins else origin)
    return [Zone(origin, rng, origins) for origin in origins]
