# SPDX-License-Identifier: Apache-2.0
"""What the datapath would do with a packet, from 'ofproto/trace'."""

import collections
import ipaddress
import re


class Failure(Exception):
    pass


def split(actions):
    """Splits at the commas that are outside parentheses."""
    depth, start = 0, 0
    for i, c in enumerate(actions + ","):
        depth += (c == "(") - (c == ")")
        if c == "," and not depth:
            if actions[start:i]:
                yield actions[start:i]
            start = i + 1


class Translation:
    """Copies, as a multiset of (VNI, address, bytes kept), and the other
    output ports."""

    def __init__(self, tunnel_port):
        self.tunnel_port = tunnel_port
        self.copies = collections.Counter()
        self.ports = []
        self.tunnel = self.cut = None

    def output(self, port):
        if port == self.tunnel_port:
            fields = dict(re.findall(r"(\w+)=([^,()]*)", self.tunnel))
            dst = fields.get("dst") or fields["ipv6_dst"]
            self.copies[int(fields["tun_id"], 16),
                        str(ipaddress.ip_address(dst)), self.cut] += 1
        elif self.cut is not None:
            raise Failure("the production packet is cut")
        else:
            self.ports.append(port)
        self.cut = None

    def run(self, actions):
        for action in split(actions):
            name, _, arg = action.partition("(")
            arg = arg.removesuffix(")")
            if name.isdigit():
                self.output(name)
            elif name == "trunc":
                self.cut = int(arg)
            elif name == "clone":
                saved = self.tunnel, self.cut
                self.run(arg)
                self.tunnel, self.cut = saved
            elif name == "set" and arg.startswith("tunnel("):
                self.tunnel = arg
            elif name not in ("drop", "push_vlan", "pop_vlan"):
                raise Failure(f"unknown action {action}")


def tunnel_port(switch):
    """The datapath's number of the plugin's port, or None."""
    match = re.search(r"^\s+tmirror-vxlan \d+/(\d+):",
                      switch.call("dpif/show", []), re.M)
    return match and match.group(1)


def trace(switch, port, in_port, fields):
    """Copies, production ports, and the whole text."""
    text = switch.call("ofproto/trace",
                       ["br-int", f"in_port={in_port},{fields}"])
    match = re.search(r"^Datapath actions: (.*)$", text, re.M)
    if not match:
        raise Failure("no datapath actions in:\n" + text)
    translation = Translation(port)
    try:
        translation.run(match.group(1))
    except Failure as e:
        raise Failure(f"{e}:\n{text}") from None
    return translation.copies, sorted(translation.ports), text
