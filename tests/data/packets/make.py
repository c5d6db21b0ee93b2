#!/usr/bin/env python3
"""Writes the packet tables beside it. Each row is what one rule of an RFC demands of one message:
expected RCODE (or "silence"), the message in hex, what it is. Nothing here has seen a server."""
import pathlib
import struct

HERE = pathlib.Path(__file__).parent


def name(text):
    return b"".join(bytes([len(x)]) + x.encode() for x in text.strip(".").split(".") if x) + b"\0"


WWW = name("www.example.com")


def header(qd=1, an=0, ns=0, ar=0, flags=0, ident=0x1234):
    return struct.pack("!6H", ident, flags, qd, an, ns, ar)


def question(owner=WWW, kind=1, cls=1):
    return owner + struct.pack("!2H", kind, cls)


def rr(owner, kind, cls, ttl, rdata, octets=None):
    return owner + struct.pack("!HHIH", kind, cls, ttl, len(rdata) if octets is None else octets) + rdata


def option(code, data=b"", octets=None):
    return struct.pack("!2H", code, len(data) if octets is None else octets) + data


def opt(options=b"", size=1232, version=0, flags=0, owner=b"\0", octets=None, rcode=0):
    return rr(owner, 41, size, rcode << 24 | version << 16 | flags, options, octets)


def edns(options=b"", **how):
    return header(ar=1) + question() + opt(options, **how)


A = rr(b"\xc0\x0c", 1, 1, 0, b"\xc0\x00\x02\x01")
SOA = rr(b"\xc0\x10", 6, 1, 0, b"\0\0" + struct.pack("!5I", 1, 2, 3, 4, 5))


def headers():
    whole = header() + question()
    for octets in range(12):
        yield "silence", whole[:octets], f"{octets} octets are no header (RFC 1035 4.1.1)"
    for opcode in range(16):
        yield "silence", header(flags=0x8000 | opcode << 11) + question(), f"QR with opcode {opcode}"
    yield "silence", header(qd=0, flags=0x8000), "QR and nothing else"
    yield "silence", header(flags=0x8183) + question(), "a resolver's NXDOMAIN"
    yield "silence", header(an=1, flags=0x8400) + question() + A, "a whole answer"
    for opcode in (1, 2, 3, *range(6, 16)):
        flags = opcode << 11
        yield "NOTIMP", header(flags=flags) + question(), f"opcode {opcode} (RFC 8906 3.1.4)"
        yield "NOTIMP", header(qd=0, flags=flags), f"opcode {opcode} without a question"
        yield "NOTIMP", header(qd=9, an=9, ns=9, ar=9, flags=flags) + b"\xff" * 7, f"opcode {opcode}, counts without content"
    for flags, what in ((0x0100, "RD"), (0x0400, "AA"), (0x0200, "TC"), (0x0080, "RA"), (0x0040, "Z"),
                        (0x0020, "AD"), (0x0010, "CD"), (0x000F, "RCODE 15"), (0x07FF, "all")):
        yield "NOERROR", header(flags=flags) + question(), f"{what} in a query is ignored (RFC 8906 3.1.3)"
    yield "FORMERR", header(qd=0), "no question (RFC 9619 4)"
    yield "FORMERR", header(qd=0) + question(), "QDCOUNT 0 before a question"
    yield "FORMERR", header(qd=0, ar=1) + opt(), "no question, and an OPT without a cookie"
    yield "FORMERR", header(qd=0, an=1) + A, "no question, but an answer"
    for count in (2, 3, 16, 255, 256, 65535):
        yield "FORMERR", header(qd=count) + question() * min(count, 3), f"QDCOUNT {count} (RFC 9619 4)"
        yield "FORMERR", header(qd=count) + question(), f"QDCOUNT {count} over one question"
    for count in (1, 2, 255, 65535):
        yield "FORMERR", header(an=count) + question(), f"ANCOUNT {count} without records"
        yield "FORMERR", header(an=count) + question() + A * min(count, 2), f"ANCOUNT {count} with records"
        yield "FORMERR", header(ns=count) + question(), f"NSCOUNT {count} without records"
        yield "FORMERR", header(ar=count) + question(), f"ARCOUNT {count} without records"
    yield "FORMERR", header(ns=1) + question() + SOA, "authority in a plain query"
    yield "FORMERR", header(ns=2) + question(kind=251) + SOA, "IXFR with one SOA of two (RFC 1995 3)"
    for octets in (1, 2, 11, 12, 500):
        yield "FORMERR", whole + b"\0" * octets, f"{octets} octets behind the message"
        yield "FORMERR", edns() + b"\0" * octets, f"{octets} octets behind the OPT"
    yield "FORMERR", whole + A, "a record that no count counts"
    yield "FORMERR", whole + whole[12:], "a second question that no count counts"


def names():
    whole = header() + question()
    for octets in range(12, len(whole)):
        yield "FORMERR", whole[:octets], f"cut at octet {octets}"
    for first in (0x40, 0x41, 0x42, 0x4F, 0x5A, 0x60, 0x7F, 0x80, 0x81, 0x90, 0xA0, 0xB0, 0xBF):
        yield "FORMERR", header() + question(bytes([first]) + b"a" * 70 + b"\0"), f"label type {first:#x} (RFC 6891 5)"
        yield "FORMERR", header() + question(b"\1a" + bytes([first]) + b"a" * 70 + b"\0"), f"label type {first:#x} behind a label"
    for target in (0, 2, 11, 12, 13, 14, 16, 255, 0x3FFF):
        pointer = struct.pack("!H", 0xC000 | target)
        yield "FORMERR", header() + question(pointer), f"the question is a pointer to {target}: nothing stands before it"
        yield "FORMERR", header() + question(b"\3www" + pointer), f"a label and a pointer to {target}"
    yield "FORMERR", header() + b"\xc0", "half a pointer"
    yield "FORMERR", header() + b"\3www\xc0", "a label and half a pointer"
    for length in range(1, 64, 6):
        yield "FORMERR", header() + bytes([length]) + b"a" * (length - 1), f"label of {length} cut by one octet"
    yield "REFUSED", header() + question(b"\x3f" + b"a" * 63 + b"\0"), "label of 63 octets is one"
    longest = (b"\x3f" + b"a" * 63) * 3 + b"\x3d" + b"a" * 61 + b"\0"
    yield "REFUSED", header() + question(longest), "name of 255 octets is one"
    longest = (b"\x3f" + b"a" * 63) * 3 + b"\x3e" + b"a" * 62 + b"\0"
    yield "FORMERR", header() + question(longest), "name of 256 octets (RFC 1035 2.3.4)"
    yield "FORMERR", header() + question((b"\x3f" + b"a" * 63) * 4 + b"\0"), "name of 257 octets"
    yield "FORMERR", header() + question((b"\x3f" + b"a" * 63) * 8 + b"\0"), "name of 513 octets"
    yield "REFUSED", header() + question(b"\1a" * 127 + b"\0"), "127 labels are a name"
    yield "FORMERR", header() + question(b"\1a" * 128 + b"\0"), "128 labels are none"
    yield "FORMERR", header() + b"\1a" * 127, "127 labels without an end"
    yield "REFUSED", header() + question(b"\0"), "the root is a name"
    # PKT-8, RFC 4343, RFC 2181 11: octets are octets; only ASCII letters have a case.
    example = name("example.com")
    yield "NOERROR", header() + question(b"\3WwW" + b"\7eXAMPLE\3CoM\0"), "any case of ASCII"
    for label, what in ((b"www.", "a dot"), (b"www\0", "a NUL"), (b"w\x57\xd7w", "0xD7 is no W"), (b"\0", "one NUL"),
                        (b".", "one dot"), (b"w w", "a blank"), (b"\xff" * 63, "0xFF"), (b"ww\x17", "0x17 is no W"),
                        (b"*", "an asterisk"), (b"@", "an at sign"), (b"\\119ww", "an escape is none")):
        yield "NXDOMAIN", header() + question(bytes([len(label)]) + label + example), f"label with {what}"
    yield "NXDOMAIN", header() + question(b"\x0bwww.example" + b"\7example\3com\0"), "a dot does not part labels"
    yield "REFUSED", header() + question(b"\x0fwww.example.com\0"), "dots in one label are not example.com"
    yield "REFUSED", header() + question(b"\7example\4com\0\0"), "a NUL in the label com is another zone"
    yield "REFUSED", header() + question(b"\7EX\xc1MPLE\3com\0"), "0xC1 is no A"
    yield "REFUSED", header() + question(b"\7[xample\3com\0"), "a bracket folds to no letter"


def additional():
    whole = header(ar=2) + question() + rr(b"\xc0\x0c", 1, 1, 0, b"\1\2\3\4") + opt()
    yield "NOERROR", whole, "a record nobody asked for, and OPT"
    end = len(header() + question())
    for octets in range(end, len(whole)):
        yield "FORMERR", whole[:octets], f"additional cut at octet {octets}"
    here = end
    for target, what in ((here, "itself"), (here + 1, "its own middle"), (here + 2, "what follows"), (0, "the header"),
                         (2, "the flags"), (11, "ARCOUNT"), (0x3FFF, "nowhere"), (1000, "beyond the end")):
        pointer = struct.pack("!H", 0xC000 | target)
        yield "FORMERR", header(ar=1) + question() + rr(pointer, 1, 1, 0, b"\1\2\3\4"), f"owner is a pointer to {what}"
        yield "FORMERR", header(ar=1) + question() + rr(b"\1a" + pointer, 1, 1, 0, b"\1\2\3\4"), f"label and pointer to {what}"
    for first in (0x40, 0x7F, 0x80, 0xBF):
        yield "FORMERR", header(ar=1) + question() + rr(bytes([first]) + b"a" * 64 + b"\0", 1, 1, 0, b""), f"owner with label type {first:#x}"
    yield "FORMERR", header(ar=1) + question() + rr((b"\x3f" + b"a" * 63) * 4 + b"\0", 1, 1, 0, b""), "owner of 257 octets"
    for wrong in (5, 6, 255, 256, 65535):
        yield "FORMERR", header(ar=1) + question() + rr(b"\xc0\x0c", 1, 1, 0, b"\1\2\3\4", wrong), f"RDLENGTH {wrong} over 4 octets"
    for wrong in (0, 1, 3):
        yield "FORMERR", header(ar=1) + question() + rr(b"\xc0\x0c", 1, 1, 0, b"\1\2\3\4", wrong), f"RDLENGTH {wrong} before 4 octets"
    tsig = rr(b"\3key\0", 250, 255, 0, b"\0" * 10)
    yield "FORMERR", header(ar=2) + question() + tsig + opt(), "TSIG before the last record (RFC 8945 5.1)"
    yield "FORMERR", header(ar=2) + question() + tsig + tsig, "two TSIGs"
    yield "FORMERR", header(ar=1) + question(kind=41), "OPT as QTYPE, and a record missing"
    yield "FORMERR", header() + question(kind=41), "OPT as QTYPE (RFC 6891 6.1.1)"


def options():
    yield "NOERROR", edns(), "a bare OPT"
    for version in (1, 2, 3, 15, 16, 100, 127, 128, 254, 255):
        yield "BADVERS", edns(version=version), f"version {version} (RFC 6891 6.1.3)"
        yield "BADVERS", edns(option(10, b"a"), version=version), f"version {version}: its options are unknown"
    for size in (0, 1, 511, 512, 513, 1232, 4096, 65535):
        yield "NOERROR", edns(size=size), f"payload size {size} (RFC 6891 6.2.3)"
    for flags in (0x8000, 0x4000, 0x0001, 0x7FFF, 0xFFFF):
        yield "NOERROR", edns(flags=flags), f"OPT flags {flags:#06x} (RFC 6891 6.1.4)"
    yield "NOERROR", edns(rcode=255), "extended RCODE in a query"
    yield "FORMERR", header(ar=2) + question() + opt() + opt(), "two OPTs (RFC 6891 6.1.1)"
    yield "FORMERR", header(ar=3) + question() + opt() + A + opt(), "two OPTs apart"
    yield "FORMERR", header(an=1) + question() + opt(), "OPT as an answer"
    yield "FORMERR", header(ns=1) + question() + opt(), "OPT in authority"
    yield "FORMERR", header(ns=1) + question(kind=251) + opt(), "OPT in authority of IXFR"
    yield "FORMERR", header(ar=1) + question() + opt(owner=b"\1a\0"), "OPT of an owner (RFC 6891 6.1.2)"
    yield "FORMERR", header(ar=1) + question() + opt(owner=b"\xc0\x0c"), "OPT of the question's name"
    for octets in (1, 2, 3):
        yield "FORMERR", edns(b"\0" * octets), f"{octets} octets are no option"
        yield "FORMERR", edns(option(3) + b"\0" * octets), f"an option and {octets} octets"
    for length in (1, 2, 255, 65535):
        yield "FORMERR", edns(option(65001, b"", length)), f"OPTION-LENGTH {length} over nothing"
    for code in (0, 1, 2, 4, 5, 6, 7, 13, 14, 16, 17, 18, 20, 21, 100, 20292, 26946, 65001, 65535):
        yield "NOERROR", edns(option(code, b"\1\2\3")), f"option {code} is passed over (RFC 6891 6.1.2)"
    yield "NOERROR", edns(option(65001) * 100), "a hundred empty options"
    yield "NOERROR", edns(option(12, b"\0" * 400)), "padding (RFC 7830)"
    yield "NOERROR", edns(option(3)), "NSID (RFC 5001)"
    yield "NOERROR", edns(option(3, b"name")), "NSID with a name is ignored (RFC 5001 2.1)"
    yield "NOERROR", edns(option(9)), "EXPIRE (RFC 7314)"
    yield "NOERROR", edns(option(11)), "keepalive over UDP is ignored (RFC 7828 3.2.1)"
    yield "NOERROR", edns(option(19)), "ZONEVERSION (RFC 9660)"
    for octets in (1, 2, 6):
        yield "FORMERR", edns(option(19, b"\0" * octets)), f"ZONEVERSION of {octets} octets in a query (RFC 9660 3.1)"
    for octets in range(44):
        sound = octets == 8 or 16 <= octets <= 40
        yield "NOERROR" if sound else "FORMERR", edns(option(10, b"c" * octets)), f"cookie of {octets} octets (RFC 7873 5.2.2)"
    yield "NOERROR", edns(option(10, b"c" * 8) + option(10, b"c" * 7)), "of two cookies the first counts (RFC 7873 5.2)"
    yield "NOERROR", header(qd=0, ar=1) + opt(option(10, b"c" * 8)), "only a cookie is asked for (RFC 7873 5.4)"
    yield "BADCOOKIE", header(qd=0, ar=1) + opt(option(10, b"c" * 24)), "a bad cookie is asked about (RFC 7873 5.4)"
    yield "FORMERR", header(qd=0, ar=1) + opt(option(10, b"c" * 9)), "a cookie of no length is asked for"

    def subnet(family, source, scope, address):
        return edns(option(8, struct.pack("!HBB", family, source, scope) + address))
    for family, bits in ((1, 32), (2, 128)):
        for source in (0, 1, 7, 8, 9, 24, bits):
            address = (b"\xff" * ((source + 7) // 8))
            if source % 8:
                address = address[:-1] + bytes([0xFF << (8 - source % 8) & 0xFF])
            yield "NOERROR", subnet(family, source, 0, address), f"client subnet {family} /{source}"
            yield "FORMERR", subnet(family, source, 0, address + b"\0"), f"client subnet {family} /{source}, an octet more (RFC 7871 6)"
            if source:
                yield "FORMERR", subnet(family, source, 0, address[:-1]), f"client subnet {family} /{source}, an octet less"
                yield "FORMERR", subnet(family, source, source, address), f"client subnet {family} /{source} with a scope (RFC 7871 6)"
            if source % 8:
                yield "FORMERR", subnet(family, source, 0, b"\xff" * len(address)), f"client subnet {family} /{source}, bits behind it"
        yield "FORMERR", subnet(family, bits + 1, 0, b"\0" * (bits // 8 + 1)), f"client subnet {family} /{bits + 1}"
        yield "FORMERR", subnet(family, 255, 0, b"\0" * 32), f"client subnet {family} /255"
    for family in (3, 255, 256, 65535):
        yield "FORMERR", subnet(family, 8, 0, b"\1"), f"client subnet of family {family} (RFC 7871 7.1.1)"
    for octets in range(4):
        yield "FORMERR", edns(option(8, b"\0\1\0\0"[:octets])), f"client subnet of {octets} octets"


def rows_of_types():
    for kind in (0, 1, 2, 5, 6, 12, 16, 28, 33, 39, 43, 46, 47, 48, 64, 65, 99, 128, 200, 256, 257, 1000, 32768, 65279, 65280, 65535):
        yield "NOERROR", header() + question(kind=kind), f"QTYPE {kind} (RFC 8906 3.1.2)"
        yield "NXDOMAIN", header() + question(name("none.example.com"), kind), f"QTYPE {kind} of no name"
    yield "NOERROR", header() + question(kind=255), "ANY (RFC 8482)"
    for cls in (0, 2, 3, 4, 5, 254, 255, 65535):
        yield "REFUSED", header() + question(cls=cls), f"class {cls} is not served"


for file, rows in (("header", headers), ("names", names), ("additional", additional), ("edns", options), ("types", rows_of_types)):
    lines = [f"{expected:9} {packet.hex() or '-'}  # {what}" for expected, packet, what in rows()]
    (HERE / f"{file}.txt").write_text("\n".join(lines) + "\n")
    print(f"{file}: {len(lines)}")
