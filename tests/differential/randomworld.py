# SPDX-License-Identifier: Apache-2.0
"""Random worlds, packets and changes."""

import collections

from dummyworld import run
from ovsdb import JsonRpc
from truth import Truth, Vm, as_list

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
PORT_MTU = 1500                 # Of Open vSwitch's dummy ports.
COLLECTORS = ["collector1", "collector2", "collector3"]
LENGTHS = [None, None, None, 3, 96, 1400, 1464, 1465, 9000]


class Random:
    """A random world, as the database and the switch are told."""

    def __init__(self, rng, world):
        self.rng = rng
        self.world = world
        self.sequence = 0
        self.switch = JsonRpc(
            f"{world.dir}/ovs-vswitchd.{world.pid('ovs-vswitchd')}.ctl")
        self.vms = []
        self.tunnel_mtu = None

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
            self.vms.append(Vm(f"vm{i}", i, mac, tag or 0, PORT_MTU))

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
            count = rng.choice([0, 2, 4, 8, 10])
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
        """In an order that does not depend on their UUIDs, which are others
        each time."""
        rows = self.world.db.select(table, (), ["_uuid", *columns])
        return sorted(rows, key=lambda row: [row[c] for c in columns])

    def add_session(self, vni, used):
        """'used' maps an ENI's name to the session priorities it has.  The
        last machine is never a source."""
        rng = self.rng
        enis = [e for e in self.rows("Network_Interface", "name")
                if e["name"] not in (*COLLECTORS, self.vms[-1].name)]
        filters = self.rows("Mirror_Filter", "name")
        ops, names = [], []
        priority = rng.randint(1, 32766)
        for eni in rng.sample(enis, rng.randint(0, min(6, len(enis)))):
            priorities = used[eni["name"]]
            # More than the three that the tools allow.
            if len(priorities) >= 5 or priority in priorities:
                continue
            priorities.add(priority)
            name = f"s{len(names)}"
            names.append(["named-uuid", name])
            ops.append({"op": "insert", "table": "Mirror_Source",
                        "row": {"interface": eni["_uuid"]},
                        "uuid-name": name})
        row = {"name": f"session-{vni}", "priority": priority,
               "enabled": rng.random() < 0.85, "vni": vni,
               "filter": rng.choice(filters)["_uuid"],
               "sources": ["set", names], **self.target(vni)}
        length = rng.choice(LENGTHS)
        if length:
            row["packet_length"] = length
        ops.append({"op": "insert", "table": "Mirror_Session", "row": row})
        self.world.db.transact(*ops)

    def target(self, vni):
        """Columns of a session."""
        kind = self.rng.random()
        if kind < 0.2:
            where = [["name", "==", self.rng.choice(COLLECTORS)]]
            row, = self.world.db.select("Network_Interface", where, ["_uuid"])
            return {"target_type": "eni", "target_interface": row["_uuid"]}
        if kind < 0.5:
            lb = self.rng.choice(self.rows("Load_Balancer", "name"))
            return {"target_type": "elb", "target_lb": lb["_uuid"]}
        return {"target_type": "ip",
                "target_address": (f"172.31.0.{1 + vni % 250}" if kind < 0.8
                                   else f"fd31::{1 + vni:x}")}

    def add_targets(self):
        """Collectors, one of which nobody can send to, and load balancers of
        each kind."""
        ctl = self.world.ctl
        for name, ips in zip(COLLECTORS, ("ip=172.31.8.1,fd31:8::1",
                                          "ip=fd31:8::2", None)):
            ctl("eni-add", name, *([ips] if ips else []))
        ctl("lb-add", "outside", "vip=172.31.9.9")
        ctl("lb-add", "two", "members=172.31.9.1,172.31.9.2")
        members = [f"172.31.9.{i}" for i in range(10, 17)] + ["fd31:9::1"]
        ctl("lb-add", "many", "members=" + ",".join(members))

    def build(self, n_vms, n_filters, n_sessions):
        self.ports(n_vms)
        for vm in self.vms:
            mtu = self.rng.choice([None, 1400, 1500, 9000])
            self.world.ctl("eni-add", vm.name,
                           *([f"mtu={mtu}"] if mtu else []))
        self.tunnel_mtu = self.rng.choice([None, 1400, 1550, 9500])
        if self.tunnel_mtu:
            run("ovs-vsctl", "--no-wait", "set", "Open_vSwitch", ".",
                f"external_ids:tmirror-tunnel-mtu={self.tunnel_mtu}")
        self.add_targets()
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
            filters = self.rows("Mirror_Filter", "name")
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
                for source in as_list(s["sources"]):
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
        """(description for ovs-ofctl, the sender, destination MAC)."""
        rng = self.rng
        vm = rng.choice(self.vms)
        dst = rng.choice([v.mac for v in self.vms] * 2
                         + [BROADCAST, MULTICAST, STRANGER])
        fields = [f"dl_src={vm.mac}", f"dl_dst={dst}"]
        kind = rng.random()
        if kind < 0.05:
            fields += ["arp", "arp_op=1"]
        elif kind < 0.1:
            fields += self.copy_fields()
        elif kind < 0.65:
            fields += self.ip_fields("", HOSTS4, "nw_src", "nw_dst", "icmp",
                                     47)
        else:
            fields += self.ip_fields("6", HOSTS6, "ipv6_src", "ipv6_dst",
                                     "icmp6", 47)
        return ",".join(fields), vm, dst

    def copy_fields(self):
        """What looks like a copy, or nearly."""
        dst = self.rng.choice(["172.31.9.9", "172.31.9.12", "172.31.0.2",
                               "172.31.0.7", "172.31.99.1"])
        return ["udp", "nw_src=10.0.0.1", f"nw_dst={dst}", "udp_src=5",
                f"udp_dst={self.rng.choice([4789, 4789, 4788])}"]

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

    def truth(self):
        """What the rows say now."""
        port, = self.world.vswitch.select(
            "Interface", [["name", "==", "tmirror-vxlan"]], ["ofport"])
        return Truth(self.world.db, self.vms, port["ofport"], self.tunnel_mtu)
