# SPDX-License-Identifier: Apache-2.0
"""The switch against the oracle on random worlds.

Each round makes random filters, sessions and ports, lets the daemon apply
them, and sends random packets through 'ofproto/trace'.  'explain' is asked
about the sender and every receiver, and its answers are compared

  - with semantics.py, which knows only the rows: character by character, so
    every session, every rule and why it did not match, decision, target,
    member, VNI, bytes kept;
  - with the datapath's actions: number of copies, VNI, address, bytes kept;
  - now and then with tmirror-ctl's answer, and with the switch by the daemon
    itself (--trace).

Where the packet goes in production must be the same as before mirroring was
switched on.  Then some of the world is changed, live, and the next packets are
tried.

Prints its seed; the same seed makes the same worlds and packets."""

import argparse
import collections
import os
import random
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "python"))
from dummyworld import World  # noqa: E402
from ovsdb import JsonRpc  # noqa: E402
from randomworld import BROADCAST, MULTICAST, Random  # noqa: E402
from semantics import Expected, Packet, slot_in  # noqa: E402
from traces import Failure, trace, tunnel_port  # noqa: E402

TRACED, TOOL = 10, 20           # One in so many is asked in another way too.

ALL_KINDS = 5000                # Packets of a run that has to see all KINDS.

# What the answers must have said at least once.
KINDS = [
    ": matches", "packet is not IP", "packet is IPv4, rule is IPv6",
    "packet is IPv6, rule is IPv4", "protocol udp is not tcp",
    "protocol 47 is not", "protocol 44 is not", ": source fd", ": source 1",
    ": destination fd", ": destination 1", ": source port ",
    ": destination port ", "packet is a fragment, which shows no ports",
    "session is disabled", "session cannot copy: target ENI",
    "no inbound rule", "no outbound rule", "is not a source of any session",
    "is not an address of the ENI", "the ENI sent it itself", "loop guard: ",
    "decision: not copied: no rule", "decision: not copied: session",
    "copied to address 1", "copied to address fd", "copied to ENI",
    "copied to load balancer \"outside\" at", "\"two\", member 1",
    "\"many\", member 1", "\"many\", member fd", "(packet length ",
    " less 36 bytes", " less 56 bytes", "kept: the whole frame",
]


class Asker:
    """The two programs."""

    def __init__(self, world):
        self.world = world
        self.rpc = JsonRpc(f"{world.dir}/tmirrord.{world.daemon.pid}.ctl")

    def daemon(self, *args):
        try:
            return self.rpc.call("explain", list(args))
        except RuntimeError as e:
            raise Failure(f"explain {args}:\n{e}") from None

    def tool(self, *args):
        return self.world.ctl("explain", *args)


def must_be_equal(what, have, want):
    if have != want:
        raise Failure(f"{what}\nhave:\n{have}\nwant:\n{want}")


class Judge:
    """One packet at one ENI: what the programs say, word for word."""

    def __init__(self, asker, unseen):
        self.asker = asker
        self.unseen = unseen    # Of KINDS.
        self.truth = None
        self.asked = 0

    def copy(self, eni, direction, fields):
        """Returns (VNI, address, bytes kept) of the copy, or None."""
        args = (eni, direction, fields)
        text = self.asker.daemon(*args)
        slot = slot_in(text)
        want = Expected(self.truth, eni, direction, Packet(fields))
        must_be_equal(f"daemon: {args}", text, want.text_of_daemon(slot))
        self.asked += 1
        self.unseen.difference_update([k for k in self.unseen if k in text])
        if self.asked % TOOL == 0:
            self.tool(args, want, slot)
        if self.asked % TRACED == 0:
            self.trace(args, text, want)
        return want.copy(slot)

    def tool(self, args, want, slot):
        have = self.asker.tool(*args)
        if want.before and want.before.startswith("not received: "
                                                  + want.packet.dl_dst):
            # Only the node can know.
            return
        if want.before and want.before.startswith("not received: the ENI"):
            return
        must_be_equal(f"tool: {args}", have, want.text_of_tool(slot))

    def trace(self, args, text, want):
        """The daemon's own comparison: the same text, and a line."""
        have = self.asker.daemon("--trace", *args)
        unseen = want.before and "is not an address" in want.before
        copy = want.copied and "copied by that rule, VNI "
        line = ("switch: not asked: " if unseen
                else "switch: agrees: " + (copy or "not copied"))
        if not have.startswith(text + line):
            raise Failure(f"--trace: {args}\nhave:\n{have}\nwant:\n"
                          f"{text}{line}...")


def expected(world, judge, fields, sender, dst):
    """The copies of a packet, as a multiset."""
    asked = [(sender.name, "out")]
    group = dst in (BROADCAST, MULTICAST)
    for vm in world.vms:
        # The sender must say that it does not receive what it sends; and who
        # is not meant, that it does not receive it.
        if vm.tag == sender.tag and (vm is not sender or vm.mac == dst):
            if group or vm.mac == dst or judge.asked % 7 == 0:
                asked.append((vm.name, "in"))
    copies = (judge.copy(eni, direction, fields) for eni, direction in asked)
    return collections.Counter(copy for copy in copies if copy)


def try_packet(world, judge, port, packet, plain):
    """Returns the number of its copies."""
    fields, sender, dst = packet
    have, ports, text = trace(world.switch, port, sender.ofport, fields)
    want = expected(world, judge, fields, sender, dst)
    if have != want:
        raise Failure(f"switch copies {dict(have)}\n"
                      f"explain says {dict(want)}\n{text}")
    if ports != plain:
        raise Failure(f"production goes to {ports}, was {plain}\n{text}")
    return sum(have.values())


def round_of(seed, args, unseen):
    """Returns the numbers of packets, copies and explanations."""
    world = World(args.build_dir)
    copied = 0
    try:
        r = Random(random.Random(seed), world)
        r.build(n_vms=7, n_filters=5, n_sessions=9)
        # Where packets go without mirroring.
        packets = [r.packet() for _ in range(args.packets)]
        plain = [trace(r.switch, None, vm.ofport, fields)[1]
                 for fields, vm, _ in packets]
        world.start_daemon()
        r.sync()
        judge = Judge(Asker(world), unseen)
        port = tunnel_port(r.switch)
        for i, packet in enumerate(packets):
            if i % 50 == 49:
                r.change()
                r.sync()
            if i % 50 == 49 or not i:
                judge.truth = r.truth()
            try:
                copied += try_packet(r, judge, port, packet, plain[i])
            except Failure as e:
                raise Failure(f"packet {i} from {packet[1].name}: {packet[0]}"
                              f"\n{e}") from None
        if world.appctl("flow/diff").strip():
            raise Failure("flow/diff is not empty at the end")
        return len(packets), copied, judge.asked
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
    unseen = set(KINDS)
    for i in range(args.rounds):
        try:
            count, copies, asked = round_of(seed + i, args, unseen)
            passed += 1
            total_copies += copies
            print(f"ok {i + 1} - seed {seed + i}: {count} packets, "
                  f"{copies} copies, {asked} explained", flush=True)
        except (Failure, RuntimeError, OSError,
                subprocess.SubprocessError) as e:
            failed += 1
            print(f"not ok {i + 1} - seed {seed + i}: {e}", flush=True)
    if passed and not total_copies:
        # Worlds in which nothing is ever copied would prove nothing.
        failed += 1
        print("not ok - no packet was copied in any round")
    if args.rounds * args.packets >= ALL_KINDS:
        print(f"{'not ok' if unseen else 'ok'} - every kind of answer was "
              "given", *sorted(unseen), sep="\n  without: ")
        failed += bool(unseen)
        passed += not unseen
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
