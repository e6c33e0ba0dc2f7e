#! /usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tells copies from production in the output of ofproto/trace.

Usage: trace-copies.py copies|out PORTS < TRACE

PORTS is a file with the output of dpif/show.  A copy is an output with tunnel
fields set to a port that is a tunnel there; all other outputs are production.

  copies  one line a copy, sorted: VNI, outer destination, outer source, bytes
          that it is cut to, VLAN tag of the inner frame.  "-" stands for none.
  out     one line: where the packet itself goes, by name and with the VLAN tag
          it leaves with, in the order of names.  "-" means nowhere.

If the translation failed, the line says so: then the switch drops the packet.
"""

import re
import sys


def read_ports(name):
    """Returns {number: (name, is_tunnel)} of the datapath ports."""
    ports = {}
    with open(name, encoding="utf-8") as f:
        for line in f:
            m = re.match(r"\s+(\S+) \S+/(\d+): \((\S+?)[:)]", line)
            if m:
                ports[int(m[2])] = (m[1], m[3] == "vxlan")
    return ports


def split(actions):
    """Splits at the commas that are outside parentheses."""
    depth, start, parts = 0, 0, []
    for i, c in enumerate(actions):
        depth += (c == "(") - (c == ")")
        if c == "," and not depth:
            parts.append(actions[start:i])
            start = i + 1
    parts.append(actions[start:])
    return [p for p in parts if p]


class Translation:
    """What the datapath's actions do to one packet."""

    def __init__(self, ports, vlan):
        self.ports = ports
        self.vlan = vlan
        self.tunnel = None
        self.cut = "-"
        self.copies = []
        self.out = []

    def output(self, number):
        """Notes an output to datapath port 'number'."""
        name, is_tunnel = self.ports.get(number, ("port%d" % number, False))
        if is_tunnel and self.tunnel:
            field = dict(re.findall(r"(\w+)=([^,()]*)", self.tunnel))
            vni = int(field.get("tun_id", "-1"), 0)
            dst = field.get("dst") or field.get("ipv6_dst", "-")
            src = field.get("src") or field.get("ipv6_src", "-")
            tp_dst = field.get("tp_dst")
            if tp_dst != "4789":
                dst += ":" + str(tp_dst)
            self.copies.append("%d %s %s %s %s"
                               % (vni, dst, src, self.cut, self.vlan))
        else:
            self.out.append(name + ("/" + self.vlan
                                    if self.vlan != "-" else "")
                            + ("!cut" if self.cut != "-" else ""))
        self.cut = "-"

    def clone(self, actions):
        """Runs 'actions' on a packet of its own."""
        saved = self.vlan, self.tunnel, self.cut
        self.run(actions)
        self.vlan, self.tunnel, self.cut = saved

    def run(self, actions):
        """Runs the text of a list of actions."""
        for action in split(actions):
            m = re.match(r"(\w+)(?:\((.*)\))?$", action)
            if not m:
                sys.exit("trace-copies.py: cannot parse '%s'" % action)
            name, arg = m[1], m[2]
            if name.isdigit():
                self.output(int(name))
            elif name == "trunc":
                self.cut = arg
            elif name == "clone":
                self.clone(arg)
            elif name == "push_vlan":
                self.vlan = "vlan" + re.search(r"vid=(\d+)", arg)[1]
            elif name == "pop_vlan":
                self.vlan = "-"
            elif name == "set" and arg.startswith("tunnel("):
                self.tunnel = arg
            elif name in ("set", "drop"):
                pass
            else:
                sys.exit("trace-copies.py: unknown action '%s'" % action)


def flow_vlan(trace):
    """The VLAN tag that the packet of 'trace' comes in with."""
    flow = re.search(r"^Flow: (.*)$", trace, re.M)[1]
    m = re.search(r"\bdl_vlan=(\d+)", flow)
    return "vlan" + m[1] if m else "-"


def main():
    """Reads the trace, prints what was asked for."""
    mode, ports = sys.argv[1], read_ports(sys.argv[2])
    trace = sys.stdin.read()
    failed = re.search(r"^Translation failed \((.*?)\)", trace, re.M)
    if failed:
        print("failed: " + failed[1])
        return
    t = Translation(ports, flow_vlan(trace))
    for actions in re.findall(r"^Datapath actions: (.*)$", trace, re.M):
        t.run(actions)
    if mode == "copies":
        for line in sorted(t.copies):
            print(line)
    else:
        print(",".join(sorted(t.out)) or "-")


main()
