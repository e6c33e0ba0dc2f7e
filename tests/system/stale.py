#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whether changes arrive at traffic that is cached: random changes of filter,
session and sources under traffic of many connections, and after each every
datapath flow against what 'ofproto/trace' says of it.

usage: stale.py CTL CHANGES [SEED]      in a world with vm1, vm2, session "s"

A flow that is still wrong GRACE seconds after the switch has confirmed the
change counts as stale.  Prints how many changes left one."""

import itertools
import os
import random
import re
import select
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "python"))
from ovsdb import JsonRpc  # noqa: E402

GRACE = 1.5
N_MACS = 40     # Each makes cached flows of its own.
DMAC = bytes.fromhex("525400000002")
SOURCES = ["10.0.0.1", "10.0.0.5", "10.0.0.130", "10.0.0.200"]
DESTINATIONS = ["10.1.0.1", "10.1.0.2", "10.1.0.129", "10.2.0.1"]
PORTS = [1, 2, 80, 81, 82, 500, 1000, 1023, 1024, 1025, 40000, 65000]


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def frame(mac, src, dst, port):
    udp = struct.pack("!HHHH", 5000, port, 8 + 18, 0) + bytes(18)
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17,
                       0, socket.inet_aton(src), socket.inet_aton(dst))
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return DMAC + bytes([2, 0, 0, 0, 0, mac]) + b"\x08\x00" + head + udp


def send():
    """In the namespace of vm1, until killed: a packet of each connection
    about every 20 ms, and now and then one of another."""
    rng = random.Random(1)
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind(("eth0", 0))
    frames = [frame(n % N_MACS, *connection)
              for n, connection in enumerate(
                  itertools.product(SOURCES, DESTINATIONS, PORTS * 5))]
    while True:
        for f in frames:
            s.send(f)
            if rng.random() < 0.1:
                s.send(frame(rng.randrange(N_MACS),
                             f"10.0.0.{rng.randint(1, 254)}",
                             f"10.{rng.randint(1, 2)}.{rng.randint(0, 3)}."
                             f"{rng.randint(1, 254)}",
                             rng.randint(1, 65535)))
        pause(0.01)


def pause(seconds):
    select.select([], [], [], seconds)


class Switch:
    def __init__(self):
        rundir = os.environ["OVS_RUNDIR"]
        with open(f"{rundir}/ovs-vswitchd.pid") as f:
            pid = f.read().strip()
        self.rpc = JsonRpc(f"{rundir}/ovs-vswitchd.{pid}.ctl")
        shown = self.rpc.call("dpif/show", [])
        self.port = re.search(r"^\s+tap-vm1 \d+/(\d+):", shown, re.M).group(1)

    @staticmethod
    def plain(actions):
        """Without what differs although nothing differs."""
        return re.sub(r"recirc\(0x[0-9a-f]+\)", "recirc()", actions)

    def wrong_flows(self, only=None):
        """How many flows were looked at, and those that are wrong, by key.
        'only' are the keys that matter."""
        n, wrong = 0, {}
        text = self.rpc.call("dpctl/dump-flows", ["netdev@ovs-netdev"])
        for line in text.splitlines():
            if not ("recirc_id(0)," in line and "ipv4(" in line
                    and f",in_port({self.port})," in line):
                continue
            key, actions = re.match(r"(\S+), packets:.*?actions:(.*)$",
                                    line).groups()
            if only is not None and key not in only:
                continue
            n += 1
            said = self.rpc.call("ofproto/trace", ["ovs-netdev", key])
            want = re.search(r"^Datapath actions: (.*)$", said, re.M)
            if not want:
                raise RuntimeError(said)
            if self.plain(want.group(1)) != self.plain(actions):
                wrong[key] = f"{actions}; should be {want.group(1)}"
        return n, wrong


class Changes:
    def __init__(self, ctl, rng):
        self.ctl = ctl
        self.rng = rng
        self.rules = {}
        self.enabled = True
        self.attached = True

    def keys(self):
        rng = self.rng
        words = []
        if rng.random() < 0.6:
            words.append("src=" + rng.choice(
                ["10.0.0.0/24", "10.0.0.1/32", "10.0.0.128/25", "0.0.0.0/0"]))
        if rng.random() < 0.6:
            words.append("dst=" + rng.choice(
                ["10.1.0.0/16", "10.1.0.0/24", "10.1.0.2/32", "10.2.0.0/16"]))
        if rng.random() < 0.5:
            words.append("proto=udp")
            if rng.random() < 0.7:
                words.append("dport=" + rng.choice(
                    ["80", "80-81", "1-1023", "1024-65535", "40000"]))
        return words

    def one(self):
        rng = self.rng
        kind = rng.random()
        if kind < 0.1:
            self.enabled = not self.enabled
            return ["session-enable" if self.enabled else "session-disable",
                    "s"]
        if kind < 0.2:
            self.attached = not self.attached
            return ["source-add" if self.attached else "source-del", "s",
                    "vm1"]
        if kind < 0.25:
            return ["session-set", "s", f"vni={rng.randint(1, 1000)}"]
        if self.rules and (kind < 0.5 or len(self.rules) > 6):
            priority = rng.choice(sorted(self.rules))
            del self.rules[priority]
            return ["rule-del", "f", "out", str(priority)]
        priority = rng.choice([p for p in range(1, 10)
                               if p not in self.rules])
        self.rules[priority] = True
        return ["rule-add", "f", "out", str(priority),
                rng.choice(["accept", "accept", "reject"]), *self.keys()]

    def make(self):
        words = self.one()
        subprocess.run([self.ctl, "--timeout=20", "--wait=agents", *words],
                       check=True, stdout=subprocess.DEVNULL)
        return words


def main():
    if sys.argv[1] == "send":
        send()
    ctl, n_changes = sys.argv[1], int(sys.argv[2])
    seed = (int(sys.argv[3]) if len(sys.argv) > 3
            else random.SystemRandom().randint(1, 10 ** 6))
    print(f"seed {seed}", flush=True)
    sender = subprocess.Popen(["ip", "netns", "exec", "vm1", sys.executable,
                               os.path.abspath(__file__), "send"])
    switch, changes = Switch(), Changes(ctl, random.Random(seed))
    stale, slowest, n_flows = 0, 0.0, 0
    try:
        for _ in range(n_changes):
            words = changes.make()
            begin = time.monotonic()
            wrong = None
            while True:
                # A look takes long where there are many.
                age = time.monotonic() - begin
                n, wrong = switch.wrong_flows(wrong)
                n_flows += n
                if not wrong:
                    slowest = max(slowest, age)
                    break
                if age > GRACE:
                    stale += 1
                    print(f"stale {age:.1f} s after {' '.join(words)}: "
                          f"{wrong.popitem()}", flush=True)
                    break
                pause(0.02)
    finally:
        sender.kill()
    if n_flows < n_changes * 10:
        raise RuntimeError(f"only {n_flows} flows")
    print(f"{n_changes} changes, {n_flows} flows looked at: {stale} left a "
          f"stale flow; slowest of the others {slowest * 1000:.0f} ms")


main()
