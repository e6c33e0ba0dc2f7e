# SPDX-License-Identifier: Apache-2.0
"""Section 2 of traffic-mirroring.md a third time, and in words.

Knows nothing of lib/match.c or lib/explain.c but the wording, which is a
promise to operators: from the rows of the database and a packet it writes down
what 'explain' has to print, character by character.  Only one thing is not
computed but taken from the answer, the slot of a load balancer, since its hash
is Open vSwitch's; the switch says whether it was right."""

import ipaddress
import re

OVERHEAD = {4: 36, 6: 56}
NAMES = {("tcp", 4): 6, ("tcp", 6): 6, ("udp", 4): 17, ("udp", 6): 17,
         ("icmp", 4): 1, ("icmp6", 6): 58}
ADJECTIVE = {"in": "inbound", "out": "outbound"}
TUNNEL = "tmirror-vxlan"
VXLAN_PORT = 4789


class Packet:
    """What a flow in the syntax of ovs-ofctl(8) says."""

    def __init__(self, fields):
        words = [w.partition("=") for w in fields.split(",")]
        value = {k: v for k, _, v in words}
        kind = next((k for k, _, v in words if not v), None)
        self.dl_src = value.get("dl_src")
        self.dl_dst = value.get("dl_dst")
        self.version = {None: None, "arp": None, "ip": 4, "ipv6": 6, "tcp": 4,
                        "udp": 4, "icmp": 4, "tcp6": 6, "udp6": 6,
                        "icmp6": 6}[kind]
        if not self.version:
            return
        short = "nw" if self.version == 4 else "ipv6"
        self.src = ipaddress.ip_address(value[short + "_src"])
        self.dst = ipaddress.ip_address(value[short + "_dst"])
        self.fragment = "nw_frag" in value
        name = kind if kind == "icmp6" else kind.rstrip("6")
        self.proto = (int(value["nw_proto"]) if "nw_proto" in value
                      else NAMES[name, self.version])
        self.sport = int(value.get(name + "_src", 0))
        self.dport = int(value.get(name + "_dst", 0))

    def protocol_name(self):
        for (name, version), number in NAMES.items():
            if version == self.version and number == self.proto:
                return name
        return str(self.proto)


def in_range(ports, port):
    lo, hi = (int(p) for p in ports.split("-"))
    return lo <= port <= hi


def why_not(rule, p):
    """Why 'rule', a row, does not match; None if it does."""
    if not p.version:
        return "packet is not IP"
    version = {"ipv4": 4, "ipv6": 6}[rule["ethertype"]]
    if version != p.version:
        return f"packet is IPv{p.version}, rule is IPv{version}"
    wanted = rule["protocol"]
    if wanted != "all" and NAMES[wanted, version] != p.proto:
        return f"protocol {p.protocol_name()} is not {wanted}"
    for key, side, addr in (("src", "source", p.src),
                            ("dst", "destination", p.dst)):
        if rule[key] and addr not in ipaddress.ip_network(rule[key]):
            return f"{side} {addr} is not in {rule[key]}"
    if p.fragment and (rule["src_ports"] or rule["dst_ports"]):
        return "packet is a fragment, which shows no ports"
    for key, side, port in (("src_ports", "source", p.sport),
                            ("dst_ports", "destination", p.dport)):
        if rule[key] and not in_range(rule[key], port):
            return f"{side} port {port} is not in {rule[key]}"
    return None


def mix64(data, slot):
    """FNV-1a of the address's 16 bytes and the slot, finished as splitmix64
    is: the published algorithms."""
    mask = (1 << 64) - 1
    h = 0xcbf29ce484222325
    for byte in [*data, slot]:
        h = ((h ^ byte) * 0x100000001b3) & mask
    h = ((h ^ (h >> 30)) * 0xbf58476d1ce4e5b9) & mask
    h = ((h ^ (h >> 27)) * 0x94d049bb133111eb) & mask
    return h ^ (h >> 31)


def member_of_slot(members, slot):
    """Rendezvous: the member with the highest hash of it and the slot."""
    def weight(addr):
        data = addr.packed
        if addr.version == 4:
            data = b"\0" * 10 + b"\xff\xff" + data
        return mix64(data, slot)
    return max(members, key=weight)


# Section 6: those behind are as if absent, where somebody wrote more.
SESSIONS_OF_A_SOURCE = 3
LEFT_OUT = ("sessions-per-source: left out, since 3 sessions of its source go "
            "before it in the order of matching; the quota "
            "sessions-per-source is 3")


class Expected:
    """What is to be said of one packet at one ENI in one direction."""

    def __init__(self, truth, eni, direction, packet):
        self.truth = truth
        self.eni = eni
        self.direction = direction
        self.packet = packet
        self.lines = []         # The trials.
        self.session = None     # The rows that decided.
        self.rule = None
        self.try_sessions()
        self.before = self.stopped()
        self.copied = bool(self.session and not self.before
                           and self.rule["action"] == "accept")

    def head(self, session):
        return f'session "{session["name"]}" (priority {session["priority"]})'

    def by(self, rule):
        return (f"{ADJECTIVE[self.direction]} rule {rule['priority']} "
                f"({rule['action']})")

    def try_sessions(self):
        in_force = 0
        for session in self.truth.sessions_of(self.eni):
            said = []
            in_force += session["enabled"]
            if session["enabled"] and in_force > SESSIONS_OF_A_SOURCE:
                said.append(LEFT_OUT)
                done = False
            else:
                done = self.try_session(session, said)
            if said:
                self.lines.append(self.head(session) + ":")
                self.lines += ["  " + line for line in said]
            if done:
                return

    def try_session(self, session, said):
        if not session["enabled"]:
            said.append("session is disabled")
            return False
        problem = self.truth.target(session).problem
        if problem:
            said.append("session cannot copy: " + problem)
            return False
        filter_ = self.truth.filters[session["filter"]]
        rules = filter_["rules"][self.direction]
        if not rules:
            said.append(f'filter "{filter_["name"]}" has no '
                        f"{ADJECTIVE[self.direction]} rule")
            return False
        for rule in rules:
            reason = why_not(rule, self.packet)
            said.append(f"{self.by(rule)}: {reason or 'matches'}")
            if not reason:
                self.session, self.rule = session, rule
                return True
        return False

    def stopped(self):
        """Why no rule counts, or None."""
        p, vm = self.packet, self.truth.vms[self.eni]
        if not self.truth.sessions_of(self.eni):
            return f'ENI "{self.eni}" is not a source of any session'
        group = p.dl_dst and int(p.dl_dst[:2], 16) & 1
        if self.direction == "in" and p.dl_dst != vm.mac and not group:
            return f"not received: {p.dl_dst} is not an address of the ENI"
        if not p.version:
            return "packet is not IP"
        if self.direction == "in" and p.dl_src == vm.mac:
            return f"not received: the ENI sent it itself, from {p.dl_src}"
        if (p.proto == 17 and not p.fragment and p.dport == VXLAN_PORT
                and p.dst in self.truth.targets):
            return (f"loop guard: UDP to port {VXLAN_PORT} of the mirror "
                    f"target {p.dst} may be a copy")
        return None

    def verdict(self, slot):
        if self.before:
            return "not copied: " + self.before
        if not self.session:
            return "not copied: no rule of any session matches"
        who = f"{self.head(self.session)}, {self.by(self.rule)}"
        if not self.copied:
            return "not copied: " + who
        return (f"copied to {self.truth.target(self.session).words(slot)}: "
                + who)

    def decision(self, slot):
        """What both programs print, the trials and the decision."""
        return self.lines + ["decision: " + self.verdict(slot)]

    def copy(self, slot):
        """(VNI, address, bytes kept or None) of the copy, or None."""
        if not self.copied:
            return None
        target = self.truth.target(self.session)
        return (self.session["vni"], str(target.address(slot)),
                self.truth.max_len(self.eni, self.session))

    def cut_words(self, max_len, overhead):
        length = self.session["packet_length"]
        why = (f"packet length {length}"
               if length and max(length, 14) == max_len else
               f"MTU {max_len + overhead} less {overhead} bytes of outer "
               "headers")
        return f"the first {max_len} bytes of a longer frame ({why})"

    def source_line(self):
        vm = self.truth.vms[self.eni]
        return f"source: attached on hv1 (ofport {vm.ofport})"

    def text_of_daemon(self, slot):
        lines = self.decision(slot)
        if self.copied:
            vni, to, max_len = self.copy(slot)
            overhead = self.truth.target(self.session).overhead()
            lines += [
                self.source_line(),
                f"copy: VXLAN to {to}, UDP port {VXLAN_PORT}, VNI {vni}",
                "kept: " + (self.cut_words(max_len, overhead) if max_len
                            else "the whole frame"),
                f"tunnel: {TUNNEL} (ofport {self.truth.tunnel})",
                f"route: this node has none to {to}: the copy goes nowhere",
            ]
        return "".join(line + "\n" for line in lines)

    def kept_probably(self):
        """The same as the database knows it."""
        overhead = self.truth.target(self.session).overhead()
        length = self.session["packet_length"]
        mtu = self.truth.mtus[self.eni]
        if not length and not mtu:
            return ("as much as the MTU of the source leaves room for, "
                    "which its node knows")
        cut = min(([length] if length else [])
                  + ([mtu - overhead] if mtu else []))
        return (self.cut_words(max(cut, 14), overhead)
                + ", unless its node knows of another MTU")

    def text_of_tool(self, slot):
        lines = self.decision(slot)
        if self.copied:
            vni, to, _ = self.copy(slot)
            group = int(self.packet.dl_dst[:2], 16) & 1
            if self.direction == "in" and not group:
                lines.append(f"note: whether {self.packet.dl_dst} is an "
                             "address of the ENI, so that it receives the "
                             "packet, its node knows")
            lines += [
                self.source_line(),
                f"copy: VXLAN to {to}, VNI {vni}",
                "kept: " + self.kept_probably(),
            ]
        return "".join(line + "\n" for line in lines)


class Target:
    """Where a session sends: one address, or one of the members."""

    def __init__(self, kind, name, addrs, members):
        self.kind, self.name = kind, name
        self.addrs, self.members = addrs, members
        self.problem = None
        if not addrs:
            self.problem = f'target {kind} "{name}" has no address'

    def address(self, slot):
        return (member_of_slot(self.members, slot) if self.members
                else self.addrs[0])

    def overhead(self):
        versions = ([m.version for m in self.members]
                    or [self.addrs[0].version])
        return OVERHEAD[max(versions)]

    def words(self, slot):
        if self.kind == "address":
            return f"address {self.addrs[0]}"
        if self.members:
            n = len(self.members)
            return (f'{self.kind} "{self.name}", member {self.address(slot)} '
                    f"(slot {slot}, {n} member{'s' * (n != 1)})")
        return f'{self.kind} "{self.name}" at {self.addrs[0]}'


def slot_in(text):
    match = re.search(r" \(slot (\d+), \d+ members?\)", text)
    return int(match.group(1)) if match else None
