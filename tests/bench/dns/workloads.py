"""Zones, questions and policies of the DNS benchmark: a function of the sizes below and a fixed seed.

Every master file is plain RFC 1035; what a policy is for each server, peers.py says. A line of questions is explained in
question.h.
"""
import pathlib
import random

SEED = 20260101
NAMES, ZONES, MILLION, POLICY_NAMES = 10_000, 10_000, 1_000_000, 1_000
QUESTIONS = 100_000
EDNS = ["-", "edns", "do", "do"]  # three of four ask with EDNS, half with DO
ADDRESSES = [("192.0.2.1", 10), ("192.0.2.2", 20), ("192.0.2.3", 30), ("192.0.2.4", 40)]  # with weights
# Client network → the address it gets; the load generator itself is 127.0.0.1.
NETWORKS = [("10.0.0.0/8", 0), ("20.0.0.0/8", 1), ("30.0.0.0/8", 2), ("40.0.0.0/8", 3), ("50.0.0.0/8", 0), ("60.0.0.0/8", 1),
            ("127.0.0.0/8", 2)]
HEALTHY = ("127.0.0.1", "127.0.0.2")
HEALTHY_PORT = 18053  # bench.py listens there

# workload → (zones it asks, how many octets its replies have: the floor sends as many)
WORKLOADS = {
    "hit": ("plain", 51), "edns": ("plain", 59), "mixed": ("plain", 77), "nx-flood": ("plain", 112), "wildcard": ("plain", 55),
    "referral": ("plain", 85), "labels": ("plain", 335), "many": ("many", 50), "million": ("million", 51),
    "weighted": ("weighted", 62), "failover": ("failover", 62), "latency": ("latency", 68), "tcp": ("plain", 51),
}
POLICIES = ("weighted", "failover", "latency")


def head(zone):
    return (f"$ORIGIN {zone}\n$TTL 300\n@ 3600 IN SOA ns1 hostmaster 1 7200 900 1209600 300\n@ 3600 IN NS ns1\n@ 3600 IN NS ns2\n"
            "ns1 3600 IN A 192.0.2.53\nns2 3600 IN A 192.0.2.54\n")


def ip(number):
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def plain_zone():
    lines = [head("bench.test.")]
    for i in range(NAMES):
        lines.append(f"h{i:05d} IN A {ip(i)}\n")
        if i % 2 == 0:
            lines.append(f"h{i:05d} IN AAAA 2001:db8::{i:x}\n")
    for i in range(500):
        lines += [f"m{i:03d} IN MX 10 h{i:05d}\n", f"m{i:03d} IN MX 20 h{i + 500:05d}\n", f"c{i:03d} IN CNAME h{i:05d}\n",
                  f't{i:03d} IN TXT "v=spf1 include:spf{i}.example.net ip4:192.0.2.0/24 -all"\n']
    for i in range(200):
        lines.append(f"_sip._tcp.s{i:03d} IN SRV 10 60 5060 h{i:05d}\n")
        lines += [f"r{i:03d} IN A 192.0.2.{k + 1}\n" for k in range(8)]
        lines += [f"d{i:03d} IN NS ns.d{i:03d}\n", f"ns.d{i:03d} IN A 192.0.2.{i + 1}\n"]
    lines.append("*.w IN A 192.0.2.77\n")
    return "".join(lines)


def plain_questions(draws):
    zone = "bench.test."
    host = lambda: f"h{draws.randrange(NAMES):05d}.{zone}"
    edns = lambda: draws.choice(EDNS)

    def mixed():
        part = draws.random()
        two = draws.randrange(200)
        if part < .55:
            return f"{host()} A {edns()} 0 1"
        if part < .72:
            return f"h{draws.randrange(NAMES // 2) * 2:05d}.{zone} AAAA {edns()} 0 1"
        if part < .76:
            return f"{host()} HTTPS {edns()} 0 0"
        if part < .78:
            return f"h{draws.randrange(NAMES // 2) * 2 + 1:05d}.{zone} AAAA {edns()} 0 0"
        if part < .86:
            return f"????????????.{zone} A {edns()} 3 0"
        if part < .88:
            return f"m{draws.randrange(500):03d}.{zone} MX {edns()} 0 2"
        if part < .90:
            return f"t{draws.randrange(500):03d}.{zone} TXT {edns()} 0 1"
        if part < .93:
            return f"c{draws.randrange(500):03d}.{zone} A {edns()} 0 1"
        if part < .94:
            return f"_sip._tcp.s{two:03d}.{zone} SRV {edns()} 0 1"
        if part < .96:
            return f"r{two:03d}.{zone} A {edns()} 0 8"
        if part < .98:
            return f"www.d{two:03d}.{zone} A {edns()} 0 0"
        if part < .99:
            return f"????????.w.{zone} A {edns()} 0 1"
        return f"{zone} {draws.choice(['NS', 'SOA'])} {edns()} 0 1"

    return {
        "hit": lambda: f"{host()} A - 0 1",
        "edns": lambda: f"{host()} A {edns()} 0 1",
        "mixed": mixed,
        "nx-flood": lambda: f"????????????.{zone} A - 3 0",
        "wildcard": lambda: f"????????.w.{zone} A - 0 1",
        "referral": lambda: f"www.d{draws.randrange(200):03d}.{zone} A - 0 0",
        "labels": lambda: "?." * 118 + f"{zone} A - 3 0",
    }


def write_questions(path, ask, count=QUESTIONS):
    with open(path, "w") as file:
        file.writelines(ask() + "\n" for _ in range(count))


def zone_names():
    return [f"z{i:05d}.test" for i in range(ZONES)]


def write_plain(folder):
    (folder / "bench.test").write_text(plain_zone())
    for name, ask in plain_questions(random.Random(SEED)).items():
        write_questions(folder / f"{name}.questions", ask, 2_000 if name == "labels" else QUESTIONS)
    (folder / "tcp.questions").write_text((folder / "hit.questions").read_text())


def write_many(folder):
    (folder / "many").mkdir(exist_ok=True)
    for i, zone in enumerate(zone_names()):
        (folder / "many" / zone).write_text(
            head(zone + ".") + f"@ IN A {ip(i)}\nwww IN A {ip(i)}\nwww IN AAAA 2001:db8::{i:x}\n@ IN MX 10 mail\nmail IN A {ip(i)}\n")
    (folder / "many.list").write_text("".join(f"{zone}\t{folder}/many/{zone}\n" for zone in zone_names()))
    draws, zones = random.Random(SEED), zone_names()
    write_questions(folder / "many.questions",
                    lambda: draws.choice(("www.", "mail.", "")) + draws.choice(zones) + ". A - 0 1")


def write_million(folder):
    with open(folder / "big.test", "w") as file:
        file.write(head("big.test."))
        file.writelines(f"h{i:07d} IN A {ip(i)}\n" for i in range(MILLION))
    draws = random.Random(SEED)
    write_questions(folder / "million.questions", lambda: f"h{draws.randrange(MILLION):07d}.big.test. A - 0 1", 500_000)


def write_policies(folder):
    draws = random.Random(SEED)
    (folder / "policy.test").write_text(head("policy.test."))
    name = lambda kind: f"{kind[0]}{draws.randrange(POLICY_NAMES):04d}.policy.test."
    subnet = lambda: f"subnet={draws.choice((10, 20, 30, 40, 50, 60))}.{draws.randrange(256)}.{draws.randrange(256)}.0/24"
    write_questions(folder / "weighted.questions", lambda: f"{name('weighted')} A edns 0 1")
    write_questions(folder / "failover.questions", lambda: f"{name('failover')} A edns 0 1")
    write_questions(folder / "latency.questions", lambda: f"{name('latency')} A {draws.choice(('edns', subnet()))} 0 1")


def write_all(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "complete").exists():
        return
    for write in (write_plain, write_many, write_million, write_policies):
        write(folder)
    (folder / "complete").touch()
