"""Doors open one way: a room includes itself and rooms to its left; every library has one door."""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])
ROOMS = ["base", "health", "policy", "dns", "zones", "api", "app"]
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.M)

# header prefix → paths that may include it
LIBRARIES = {
    "ldns/": ["zones/records/ldns.h"],
    "curl/": ["base/http_client.cc", "base/http_attempt."],
    "sqlite3": ["zones/store/sqlite.h", "zones/store/sqlite.cc"],
    "boost/beast": ["api/http/", "cmake/"],
    "nlohmann/": ["api/", "zones/store/", "app/"],
    "CLI/": ["app/"],
    "spdlog/": ["base/log.cc"],
    "prometheus/": ["base/metrics.cc"],
    "openssl/": ["zones/dnssec/", "zones/transfer/", "api/route53/", "api/http/", "base/tls"],
    "boost/asio/ssl": ["base/tls", "api/http/connection", "cmake/"],
    "pugixml": ["api/route53/xml."],
}
NO_ASIO = ["policy/", "dns/protocol/", "dns/image/", "dns/responder"]
FORBIDDEN = {"arpa/nameser.h", "resolv.h"}

faults = []
for room in ROOMS:
    allowed = set(ROOMS[: ROOMS.index(room) + 1])
    for path in sorted((ROOT / room).rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        name = str(path.relative_to(ROOT))
        for own, system in INCLUDE.findall(path.read_text()):
            if own:
                target = own.split("/")[0]
                if target not in allowed or "/" not in own:
                    faults.append(f'{name}: includes "{own}"; {room} may include {", ".join(sorted(allowed))}')
                continue
            for library, doors in LIBRARIES.items():
                if system.startswith(library) and not any(name.startswith(door) for door in doors):
                    faults.append(f"{name}: includes <{system}>; its door is {', '.join(doors)}")
            if system.startswith("boost/asio") and any(name.startswith(place) for place in NO_ASIO):
                faults.append(f"{name}: includes <{system}>; no Asio here")
            if system in FORBIDDEN:
                faults.append(f"{name}: includes <{system}>, which defines protocol words as macros")
print("\n".join(faults) or "every door opens the right way")
sys.exit(bool(faults))
