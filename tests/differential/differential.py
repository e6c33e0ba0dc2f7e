# SPDX-License-Identifier: Apache-2.0
"""The switch against the oracle on random worlds.

Each round makes random filters, sessions and ports, lets the daemon apply
them, and sends random packets through 'ofproto/trace'.  The copies in the
datapath actions must be those that match.c decides ('explain'), for the sender
and for every receiver: same number, VNI and target.  Where the packet goes in
production must be the same as before mirroring was switched on.  Then some of
the world is changed, live, and the next packets are tried.

Prints its seed; the same seed makes the same worlds and packets."""

import argparse
import collections
import ipaddress
import os
import random
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "python"))
from dummyworld import World, run, wait_until  # noqa: E402
from ovsdb import JsonRpc  # noqa: E402

# Few addresses and ports, so that rules and packets meet often.
NETS4 = ["10.0.0.0/24", "10.0.0.0/30", "10.0.0.2/32", "10.0.1.0/24",
         "0.0.0.0/0", "172.16.0.0/12"]
NETS6 = ["fd00::/64", "fd00::/126", "fd00::2/128", "fd01::/32", "::/0"]
HOSTS4 = ["10.0.0.1", "10.0.0.2", "10.0.0.5", "10.0.1.1", "172.16.0.9",
          "192.0.2.1"]
HOSTS6 = ["fd00::1", "fd00::2", "fd00::5", "fd01::1", "2001:db8::1"]
PORTS = [1, 2, 79, 80, 81, 999, 1000, 1001, 4788, 4789, 33333, 44444, 64534,
         64535, 65534, 65535]
VLANS = [None, None, None, 10]  # Access tags.
MULTICAST = "01:00:5e:00:00:fb"
BROADCAST = "ff:ff:ff:ff:ff:ff"
STRANGER = "0e:00:00:00:00:99"


class Failure(Exception):
    pass


class Random:
    """A random world, as the database and the switch are told."""

    def __init__(self, rng, world):
        self.rng = rng
        self.world = world
        self.sequence = 0
        self.switch = JsonRpc(
            f"{world.dir}/ovs-vswitchd.{world.pid('ovs-vswitchd')}.ctl")
        self.daemon = None
        self.vms = []           # (name, ofport, mac, tag)

    def ports(self, n):
        run("ovs-vsctl", "add-br", "br-int", "--", "set", "bridge", "br-int",
            "datapath_type=dummy", "fail-mode=standalone")
        # Copies can be read in a trace if the tunnel is not pushed there.
        self.switch.call("dpif/set-dp-features",
                         ["br-int", "tnl_push_pop", "false"])
        for i in range(1, n + 1):
            tag = self.rng.choice(VLANS)
            mac = f"0a:00:00:00:00:{i:02x}"
            args = ["ovs-vsctl", "add-port", "br-int", f"p{i}"]
            args += [f"tag={tag}"] if tag else ["vlan_mode=access"]
            args += ["--", "set", "interface", f"p{i}", "type=dummy",
                     f"ofport_request={i}", f"external_ids:iface-id=vm{i}",
                     f'external_ids:attached-mac="{mac}"']
            run(*args)
            self.vms.append((f"vm{i}", i, mac, tag or 0))

    def rule_row(self, direction, priority):
        rng = self.rng
        v6 = rng.random() < 0.35
        protocol = rng.choice(["all", "tcp", "udp", "udp",
                               "icmp6" if v6 else "icmp"])
        row = {"direction": direction, "priority": priority,
               "action": rng.choice(["accept", "accept", "reject"]),
               "ethertype": "ipv6" if v6 else "ipv4", "protocol": protocol}
        for key in ("src", "dst"):
            if rng.random() < 0.5:
                row[key] = rng.choice(NETS6 if v6 else NETS4)
            if protocol in ("tcp", "udp") and rng.random() < 0.5:
                lo, hi = sorted((rng.choice(PORTS), rng.choice(PORTS)))
                row[key + "_ports"] = f"{lo}-{hi}"
        return row

    def add_filter(self):
        rng = self.rng
        ops, names = [], []
        for direction in ("in", "out"):
            count = rng.choice([0, 2, 4, 8, 12])
            for priority in rng.sample(range(1, 65536), count):
                name = f"r{len(names)}"
                names.append(["named-uuid", name])
                ops.append({"op": "insert", "table": "Mirror_Filter_Rule",
                            "row": self.rule_row(direction, priority),
                            "uuid-name": name})
        self.sequence += 1
        ops.append({"op": "insert", "table": "Mirror_Filter",
                    "row": {"name": f"f{self.sequence}",
                            "rules": ["set", names]}})
        self.world.db.transact(*ops)

    def rows(self, table, *columns):
        return self.world.db.select(table, (), ["_uuid", *columns])

    def add_session(self, vni, used):
        """'used' maps an ENI's UUID to the session priorities it has."""
        rng = self.rng
        enis = self.rows("Network_Interface", "name")
        filters = self.rows("Mirror_Filter")
        ops, names = [], []
        priority = rng.randint(1, 32766)
        for eni in rng.sample(enis, rng.randint(0, min(6, len(enis)))):
            priorities = used[eni["name"]]
            if len(priorities) >= 3 or priority in priorities:
                continue
            priorities.add(priority)
            name = f"s{len(names)}"
            names.append(["named-uuid", name])
            ops.append({"op": "insert", "table": "Mirror_Source",
                        "row": {"interface": eni["_uuid"]},
                        "uuid-name": name})
        target = (f"172.31.0.{1 + vni % 250}" if rng.random() < 0.7
                  else f"fd31::{1 + vni:x}")
        ops.append({"op": "insert", "table": "Mirror_Session",
                    "row": {"name": f"session-{vni}", "priority": priority,
                            "enabled": rng.random() < 0.85, "vni": vni,
                            "filter": rng.choice(filters)["_uuid"],
                            "sources": ["set", names], "target_type": "ip",
                            "target_address": target}})
        self.world.db.transact(*ops)

    def build(self, n_vms, n_filters, n_sessions):
        self.ports(n_vms)
        for name, _, _, _ in self.vms:
            self.world.ctl("eni-add", name)
        for _ in range(n_filters):
            self.add_filter()
        self.used = collections.defaultdict(set)
        for vni in range(1, n_sessions + 1):
            self.add_session(vni, self.used)

    def change(self):
        """One live change, of the kinds that operators make."""
        rng = self.rng
        kind = rng.choice(["toggle", "rule", "filter", "session", "vni"])
        sessions = self.rows("Mirror_Session", "name", "enabled")
        session = rng.choice(sessions)
        where = [["_uuid", "==", session["_uuid"]]]
        update = {"op": "update", "table": "Mirror_Session", "where": where}
        if kind == "toggle":
            self.world.db.transact(
                dict(update, row={"enabled": not session["enabled"]}))
        elif kind == "rule":
            rules = self.rows("Mirror_Filter_Rule", "direction", "priority")
            if rules:
                r = rng.choice(rules)
                row = {"src": ["set", []], "dst": ["set", []],
                       "src_ports": ["set", []], "dst_ports": ["set", []]}
                row.update(self.rule_row(r["direction"], r["priority"]))
                self.world.db.transact(
                    {"op": "update", "table": "Mirror_Filter_Rule",
                     "where": [["_uuid", "==", r["_uuid"]]], "row": row})
        elif kind == "filter":
            filters = self.rows("Mirror_Filter")
            self.world.db.transact(
                dict(update, row={"filter": rng.choice(filters)["_uuid"]}))
        elif kind == "session":
            self.world.ctl("session-del", session["name"])
            self.sequence += 1
            self.used = collections.defaultdict(set)
            enis = {str(e["_uuid"]): e["name"]
                    for e in self.rows("Network_Interface", "name")}
            sources = {str(s["_uuid"]): enis[str(s["interface"])]
                       for s in self.rows("Mirror_Source", "interface")}
            for s in self.rows("Mirror_Session", "sources", "priority"):
                for source in as_set(s["sources"]):
                    self.used[sources[str(source)]].add(s["priority"])
            self.add_session(1000 + self.sequence, self.used)
        else:
            self.sequence += 1
            self.world.db.transact(
                dict(update, row={"vni": 100000 + self.sequence}))

    def sync(self):
        self.world.ctl("--wait=agents", "--timeout=30", "init")

    # Packets.

    def packet(self):
        """(description for ovs-ofctl, in_port, destination MAC)."""
        rng = self.rng
        _, ofport, mac, _ = rng.choice(self.vms)
        dst = rng.choice([vm[2] for vm in self.vms] * 2
                         + [BROADCAST, MULTICAST, STRANGER])
        fields = [f"dl_src={mac}", f"dl_dst={dst}"]
        kind = rng.random()
        if kind < 0.05:
            fields += ["arp", "arp_op=1"]
        elif kind < 0.65:
            fields += self.ip_fields("", HOSTS4, "nw_src", "nw_dst", "icmp",
                                     47)
        else:
            fields += self.ip_fields("6", HOSTS6, "ipv6_src", "ipv6_dst",
                                     "icmp6", 47)
        return ",".join(fields), ofport, dst

    def ip_fields(self, suffix, hosts, src, dst, icmp, other):
        rng = self.rng
        addresses = [f"{src}={rng.choice(hosts)}",
                     f"{dst}={rng.choice(hosts)}"]
        protocol = rng.choice(["tcp", "udp", "udp", icmp, "other"])
        fragment = ([f"nw_frag={rng.choice(['first', 'later'])}"]
                    if rng.random() < 0.1 else [])
        if suffix and "nw_frag=later" in fragment:
            # What the switch makes of a later fragment of IPv6.
            protocol, other = "other", 44
        if protocol == "other":
            return [f"ip{'v6' if suffix else ''}", f"nw_proto={other}",
                    *addresses, *fragment]
        if protocol == icmp:
            return [icmp, *addresses, *fragment]
        ports = ([] if fragment else
                 [f"{protocol}_src={rng.choice(PORTS)}",
                  f"{protocol}_dst={rng.choice(PORTS)}"])
        return [protocol + suffix, *addresses, *ports, *fragment]


def as_set(value):
    return value[1] if isinstance(value, list) and value[0] == "set" \
        else [value]


TUNNEL = re.compile(r"set\(tunnel\(tun_id=0x([0-9a-f]+),(?:src=[^,]*,)?"
                    r"(?:ipv6_src=[^,]*,)?(?:ipv6_)?dst=([0-9a-f.:]+)")
TOKEN = re.compile(r"set\(tunnel\((?:[^()]|\([^()]*\))*\)\)|trunc\(\d+\)"
                   r"|[a-z_]+\(|\d+|[^,\d]")


def read_actions(actions):
    """Copies as a multiset of (vni, target), and the other output ports.

    The tunnel stays set until it is set anew: two copies of one session in a
    row show it once.  The port after it is the tunnel's."""
    copies, ports = collections.Counter(), []
    tunnel = tunnel_port = None
    for token in TOKEN.findall(actions):
        match = TUNNEL.match(token)
        if match:
            tunnel = (int(match.group(1), 16),
                      str(ipaddress.ip_address(match.group(2))))
            tunnel_port = None
        elif token.isdigit():
            if tunnel and tunnel_port is None:
                tunnel_port = token
            if token == tunnel_port:
                copies[tunnel] += 1
            else:
                ports.append(token)
    return copies, sorted(ports)


def trace(switch, in_port, fields):
    """Copies, production ports, and the whole text."""
    text = switch.call("ofproto/trace",
                       ["br-int", f"in_port={in_port},{fields}"])
    match = re.search(r"^Datapath actions: (.*)$", text, re.M)
    if not match:
        raise Failure("no datapath actions in:\n" + text)
    copies, ports = read_actions(match.group(1))
    return copies, ports, text


class Oracle:
    """What match.c decides, by the daemon's 'explain'."""

    def __init__(self, world):
        self.world = world
        self.rpc = JsonRpc(f"{world.dir}/tmirrord.{world.daemon.pid}.ctl")
        self.sessions = {}

    def refresh(self):
        self.sessions = {
            s["name"]: (s["vni"], s["target_address"])
            for s in self.world.db.select("Mirror_Session")}

    def copy(self, eni, direction, fields):
        """(vni, target) of the copy, or None."""
        text = self.rpc.call("explain", [eni, direction, fields])
        match = re.search(r'^decision: copied.* session "([^"]+)"',
                          text, re.M)
        if not match:
            if not re.search(r"^(decision: )?not copied", text, re.M):
                raise Failure("explain says neither: " + text)
            return None
        vni, target = self.sessions[match.group(1)]
        return vni, str(ipaddress.ip_address(target))


def guarded(oracle, fields):
    """UDP on the VXLAN port to a target is never copied."""
    if not re.match(r".*\budp6?,", fields) or "udp_dst=4789" not in fields:
        return False
    dst = re.search(r"(?:nw|ipv6)_dst=([^,]+)", fields).group(1)
    targets = {str(ipaddress.ip_address(t))
               for _, t in oracle.sessions.values()}
    return str(ipaddress.ip_address(dst)) in targets


def expected(world, oracle, fields, in_port, dst):
    copies = collections.Counter()
    if guarded(oracle, fields):
        return copies
    sender = next(vm for vm in world.vms if vm[1] == in_port)
    copy = oracle.copy(sender[0], "out", fields)
    if copy:
        copies[copy] += 1
    group = dst in (BROADCAST, MULTICAST)
    for name, ofport, mac, tag in world.vms:
        if ofport != in_port and tag == sender[3] and (group or mac == dst):
            copy = oracle.copy(name, "in", fields)
            if copy:
                copies[copy] += 1
    return copies


def round_of(seed, args):
    rng = random.Random(seed)
    world = World(args.build_dir)
    count = copied = 0
    try:
        r = Random(rng, world)
        r.build(n_vms=6, n_filters=5, n_sessions=9)
        # Where packets go without mirroring.
        packets = [r.packet() for _ in range(args.packets)]
        plain = [trace(r.switch, p[1], p[0])[1] for p in packets]
        world.start_daemon()
        r.sync()
        oracle = Oracle(world)
        oracle.refresh()
        for i, (fields, in_port, dst) in enumerate(packets):
            if i % 50 == 49:
                r.change()
                r.sync()
                oracle.refresh()
            have, ports, text = trace(r.switch, in_port, fields)
            want = expected(r, oracle, fields, in_port, dst)
            if have != want:
                raise Failure(f"packet {i} in_port={in_port},{fields}\n"
                              f"switch copies {dict(have)}\n"
                              f"oracle copies {dict(want)}\n{text}")
            if ports != plain[i]:
                raise Failure(f"packet {i} in_port={in_port},{fields}\n"
                              f"production goes to {ports}, "
                              f"was {plain[i]}\n{text}")
            count += 1
            copied += sum(have.values())
        if world.appctl("flow/diff").strip():
            raise Failure("flow/diff is not empty at the end")
        return count, copied
    finally:
        world.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build-dir", required=True)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--packets", type=int, default=500)
    args = parser.parse_args()

    seed = args.seed if args.seed is not None else int(time.time())
    print(f"seed {seed} (again: tests/differential/run --seed={seed} "
          f"--rounds={args.rounds} --packets={args.packets})")
    passed = failed = total_copies = 0
    for i in range(args.rounds):
        try:
            count, copies = round_of(seed + i, args)
            passed += 1
            total_copies += copies
            print(f"ok {i + 1} - seed {seed + i}: {count} packets, "
                  f"{copies} copies", flush=True)
        except (Failure, RuntimeError, OSError) as e:
            failed += 1
            print(f"not ok {i + 1} - seed {seed + i}: {e}", flush=True)
    if passed and not total_copies:
        # Worlds in which nothing is ever copied would prove nothing.
        failed += 1
        print("not ok - no packet was copied in any round")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
