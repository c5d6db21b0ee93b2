"""How each server is run: one worker, one port on loopback, the same zones.

A peer writes its configuration into `folder` and returns the command that serves in the foreground. Each gets minimal
responses where it can choose, and no rate limit, query log or rotation.
"""
import os
import pathlib
import shutil

import workloads as w

PLAIN = ("plain", "many", "million")


def zone_files(kind, data):
    """Zone name → master file."""
    if kind == "many":
        return {zone: f"{data}/many/{zone}" for zone in w.zone_names()}
    return {"plain": {"bench.test": f"{data}/bench.test"}, "million": {"big.test": f"{data}/big.test"}}[kind]


def policy_zone(folder, record):
    """policy.test with one line for each of its names."""
    path = folder / "policy.test"
    path.write_text(w.head("policy.test.") + "".join(record(i) + "\n" for i in range(w.POLICY_NAMES)))
    return {"policy.test": str(path)}


def program(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


class Nsd:
    name, binary, kinds = "nsd", "nsd", PLAIN

    def command(self, folder, kind, data, port):
        options = {"server-count": 1, "ip-address": "127.0.0.1", "port": port, "username": '""', "zonesdir": f'"{folder}"',
                   "zonelistfile": f'"{folder}/list"', "xfrdfile": '""', "xfrdir": f'"{folder}"', "pidfile": f'"{folder}/pid"',
                   "logfile": f'"{folder}/log"', "database": '""', "minimal-responses": "yes", "round-robin": "no",
                   "rrl-ratelimit": 0, "rrl-whitelist-ratelimit": 0, "tcp-count": 500, "tcp-query-count": 0,
                   "receive-buffer-size": 4194304, "send-buffer-size": 4194304}
        text = "server:\n" + "".join(f" {key}: {value}\n" for key, value in options.items())
        text += "remote-control:\n control-enable: no\n"
        for zone, file in zone_files(kind, data).items():
            text += f'zone:\n name: "{zone}"\n zonefile: "{file}"\n'
        (folder / "nsd.conf").write_text(text)
        return ["nsd", "-d", "-c", f"{folder}/nsd.conf"]


class Knot:
    name, binary, kinds = "knot", "knotd", (*PLAIN, "weighted", "latency")

    def command(self, folder, kind, data, port):
        module = use = ""
        if kind in w.POLICIES:
            zones = policy_zone(folder, lambda i: f"{kind[0]}{i:04d} 60 IN A 192.0.2.9")
            if kind == "weighted":
                one = "".join(f"  - weight: {weight}\n    A: {address}\n" for address, weight in w.ADDRESSES)
            else:
                one = "".join(f"  - net: {net}\n    A: {w.ADDRESSES[to][0]}\n" for net, to in w.NETWORKS)
            (folder / "geo.conf").write_text("".join(f"{kind[0]}{i:04d}.policy.test.:\n{one}" for i in range(w.POLICY_NAMES)))
            module = (f"mod-geoip:\n - id: policy\n   config-file: {folder}/geo.conf\n   ttl: 60\n"
                      f"   mode: {'weighted' if kind == 'weighted' else 'subnet'}\n")
            use = "   module: mod-geoip/policy\n"
        else:
            zones = zone_files(kind, data)
        (folder / "db").mkdir()
        (folder / "knot.conf").write_text(f"""server:
  rundir: {folder}
  listen: 127.0.0.1@{port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  tcp-max-clients: 500
  edns-client-subnet: {'on' if kind == 'latency' else 'off'}
database:
  storage: {folder}/db
control:
  listen: {folder}/control
log:
 - target: stderr
   any: error
{module}template:
 - id: default
   zonefile-sync: -1
   journal-content: none
   semantic-checks: off
zone:
""" + "".join(f" - domain: {zone}\n   file: {file}\n{use}" for zone, file in zones.items()))
        return ["knotd", "-c", f"{folder}/knot.conf"]


class Bind:
    name, binary, kinds = "bind", "named", PLAIN

    def command(self, folder, kind, data, port):
        zones = "".join(f'zone "{zone}" {{ type primary; file "{file}"; }};\n' for zone, file in zone_files(kind, data).items())
        (folder / "named.conf").write_text(f"""options {{
 directory "{folder}"; pid-file none; session-keyfile none;
 listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
 recursion no; minimal-responses yes; notify no; dnssec-validation no; allow-transfer {{ none; }};
 tcp-clients 500; rrset-order {{ order none; }}; querylog no;
}};
controls {{ }};
logging {{ category default {{ null; }}; }};
{zones}""")
        return ["named", "-f", "-n", "1", "-c", f"{folder}/named.conf"]


class Pdns:
    """Bind backend, zones in memory, caches as they come; policies in Lua with shared state."""
    name, binary, kinds = "pdns", "pdns_server", (*PLAIN, *w.POLICIES)

    def command(self, folder, kind, data, port):
        if kind in w.POLICIES:
            zones = policy_zone(folder, lambda i: f'{kind[0]}{i:04d} 60 IN LUA A "{self.lua(kind)}"')
        else:
            zones = zone_files(kind, data)
        (folder / "zones.conf").write_text(
            "".join(f'zone "{zone}" {{ type native; file "{file}"; }};\n' for zone, file in zones.items()))
        settings = {"launch": "bind", "bind-config": folder / "zones.conf", "local-address": "127.0.0.1", "local-port": port,
                    "socket-dir": folder, "receiver-threads": 1, "distributor-threads": 1, "max-tcp-connections": 500,
                    "loglevel": 3, "disable-syslog": "yes", "enable-lua-records": "shared" if kind in w.POLICIES else "no",
                    "edns-subnet-processing": "yes" if kind == "latency" else "no"}
        (folder / "pdns.conf").write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        return ["pdns_server", f"--config-dir={folder}", "--daemon=no", "--guardian=no"]

    def lua(self, kind):
        if kind == "weighted":
            return "pickwrandom({" + ",".join(f"{{{weight},'{address}'}}" for address, weight in w.ADDRESSES) + "})"
        if kind == "failover":
            return f"ifportup({w.HEALTHY_PORT},{{'{w.HEALTHY[0]}','{w.HEALTHY[1]}'}})"
        return "view({" + ",".join(f"{{{{'{net}'}},{{'{w.ADDRESSES[to][0]}'}}}}" for net, to in w.NETWORKS) + "})"


class Gdnsd:
    name, binary, kinds = "gdnsd", "gdnsd", (*PLAIN, *w.POLICIES)
    plugins = {"weighted": "weighted", "failover": "simplefo", "latency": "geoip"}

    def command(self, folder, kind, data, port):
        (folder / "zones").mkdir()
        plugins = ""
        if kind in w.POLICIES:
            plugin = self.plugins[kind]
            file = policy_zone(folder, lambda i: f"{kind[0]}{i:04d} 60 DYNA {plugin}!r{i}")["policy.test"]
            pathlib.Path(file).rename(folder / "zones" / "policy.test")
            plugins = f"plugins => {{ {plugin} => {{\n{self.resources(kind)}}} }}\n"
        else:
            for zone, file in zone_files(kind, data).items():
                (folder / "zones" / zone).symlink_to(file)
        (folder / "config").write_text(f"""options => {{
 listen => 127.0.0.1:{port}
 udp_threads = 1
 tcp_threads = 1
 tcp_clients_per_thread = 500
 run_dir = {folder}/run
 state_dir = {folder}/state
}}
{plugins}""")
        return ["gdnsd", "-c", str(folder), "start"]

    def resources(self, kind):
        every = lambda one: "".join(f"r{i} => {{ {one} }}\n" for i in range(w.POLICY_NAMES))
        if kind == "weighted":
            return "service_types = up\n" + every(" ".join(f"a{i} => [ {a}, {n} ]" for i, (a, n) in enumerate(w.ADDRESSES)))
        if kind == "failover":
            return "service_types = up\n" + every(f"primary => {w.HEALTHY[0]} secondary => {w.HEALTHY[1]}")
        centers = ", ".join(f"dc{i}" for i in range(4))
        nets = " ".join(f"{net} => [ dc{to} ]" for net, to in w.NETWORKS)
        addresses = " ".join(f"dc{i} => {a}" for i, (a, _) in enumerate(w.ADDRESSES))
        return (f"maps => {{ m => {{ datacenters => [ {centers} ] nets => {{ {nets} }} }} }}\nresources => {{\n" +
                every(f"map => m, service_types = up, dcmap => {{ {addresses} }}") + "}\n")


ALL = {peer.name: peer for peer in (Gdnsd, Knot, Nsd, Bind, Pdns)}
