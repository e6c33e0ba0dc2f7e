# SPDX-License-Identifier: Apache-2.0
"""Measures tmirrord on 10, 100 and 1,000 local sources with 3 sessions each
and 100 shared filters of 10 + 10 rules.  See tests/perf/run.

References, in the same run: the same flows through 'ovs-ofctl --bundle
add-flows' for the cold start, and a bare OVSDB transaction round trip for one
change.  Every figure is a median with minimum and maximum."""

import argparse
import os
import socket
import statistics
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "python"))
from dummyworld import World, run  # noqa: E402
from ovsdb import Database  # noqa: E402

N_FILTERS = 100
N_RULES = 10                    # In each direction.
N_SESSIONS = 3                  # Of a source.


def add_ports(n):
    """One bridge with 'n' ports of ENIs, in VLANs of 20."""
    run("ovs-vsctl", "add-br", "br-int", "--", "set", "bridge", "br-int",
        "datapath_type=dummy", "fail-mode=standalone")
    for first in range(0, n, 250):
        args = ["ovs-vsctl"]
        for i in range(first, min(n, first + 250)):
            mac = "0a:00:00:00:%02x:%02x" % (i >> 8, i & 255)
            args += ["--", "add-port", "br-int", f"p{i}",
                     f"tag={1 + i // 20}", "--", "set", "interface", f"p{i}",
                     "type=dummy", f"external_ids:iface-id=vm{i}",
                     f'external_ids:attached-mac="{mac}"']
        run(*args)
    run("ovs-vsctl", "add-port", "br-int", "spare", "--", "set", "interface",
        "spare", "type=dummy")


def rule(direction, filter_no, i):
    net = f"10.{filter_no}.{i}.0/24"
    row = {"direction": direction, "priority": i + 1,
           "action": "reject" if i % 4 == 3 else "accept",
           "ethertype": "ipv4", "protocol": ("tcp", "udp", "all")[i % 3]}
    row["src" if direction == "in" else "dst"] = net
    if i % 3 != 2:
        row["dst_ports"] = f"{1000 + i}-{1100 + 7 * i}"
    return row


def add_filters(db):
    for f in range(N_FILTERS):
        ops, names = [], []
        for direction in ("in", "out"):
            for i in range(N_RULES):
                name = f"r{len(names)}"
                names.append(["named-uuid", name])
                ops.append({"op": "insert", "table": "Mirror_Filter_Rule",
                            "row": rule(direction, f, i), "uuid-name": name})
        ops.append({"op": "insert", "table": "Mirror_Filter",
                    "row": {"name": f"f{f}", "rules": ["set", names]}})
        db.transact(*ops)
    return [r["_uuid"] for r in db.select("Mirror_Filter", (), ["_uuid"])]


def add_sessions(db, n, filters):
    """Sources 0..n-1, each in three sessions of its own."""
    for first in range(0, n, 100):
        ops = []
        for i in range(first, min(n, first + 100)):
            ops.append({"op": "insert", "table": "Network_Interface",
                        "row": {"name": f"vm{i}"}, "uuid-name": f"e{i}"})
            for s in range(N_SESSIONS):
                ops += [{"op": "insert", "table": "Mirror_Source",
                         "row": {"interface": ["named-uuid", f"e{i}"]},
                         "uuid-name": f"s{i}_{s}"},
                        {"op": "insert", "table": "Mirror_Session",
                         "row": {"name": f"sess-{i}-{s}", "priority": s + 1,
                                 "enabled": True, "vni": s + 1,
                                 "filter": filters[(3 * i + s) % N_FILTERS],
                                 "sources": ["named-uuid", f"s{i}_{s}"],
                                 "target_type": "ip",
                                 "target_address":
                                     f"172.31.{i % 200}.{s + 1}"}}]
        db.transact(*ops)


def rss_mb(pid):
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024


def measure_round_trip(world, rounds):
    """A bare transaction, and its change seen by a monitor."""
    watch = Database(world.sock, "Traffic_Mirror")
    watch.monitor("TM_Global", ["external_ids"])
    times = []
    for i in range(rounds):
        begin = time.monotonic()
        world.db.transact({"op": "update", "table": "TM_Global", "where": [],
                           "row": {"external_ids": ["map",
                                                    [["perf", str(i)]]]}})
        watch.note()
        times.append(time.monotonic() - begin)
    watch.close()
    return times


def measure_barrier(world, rounds):
    """An empty OpenFlow round trip to the bridge: what ovs-vswitchd itself
    takes to answer, with the ports it has."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.connect(f"{world.dir}/br-int.mgmt")
    version, hello, request, reply = 6, 0, 20, 21     # OpenFlow 1.5.1, 7.1.
    sock.sendall(struct.pack("!BBHI", version, hello, 8, 1))

    def receive():
        head = sock.recv(8, socket.MSG_WAITALL)
        _, kind, length, xid = struct.unpack("!BBHI", head)
        if length > 8:
            sock.recv(length - 8, socket.MSG_WAITALL)
        return kind, xid

    times = []
    for xid in range(2, rounds + 2):
        begin = time.monotonic()
        sock.sendall(struct.pack("!BBHI", version, request, 8, xid))
        while receive() != (reply, xid):
            pass
        times.append(time.monotonic() - begin)
    sock.close()
    return times


def measure_rule(world, rounds):
    """A rule's CIDR changes; ends when the node has told its barrier."""
    watch = Database(world.sock, "Traffic_Mirror")
    watch.monitor("Agent", ["nb_cfg"])
    nb_cfg = world.db.select("TM_Global")[0]["nb_cfg"]
    target = world.db.select("Mirror_Filter_Rule",
                             [["src", "==", "10.7.3.0/24"]], ["_uuid"])
    where = [["_uuid", "==", target[0]["_uuid"]]]
    times = []
    for i in range(rounds):
        nb_cfg += 1
        begin = time.monotonic()
        world.db.transact(
            {"op": "update", "table": "Mirror_Filter_Rule", "where": where,
             "row": {"src": f"10.200.{i % 256}.0/24"}},
            {"op": "mutate", "table": "TM_Global", "where": [],
             "mutations": [["nb_cfg", "+=", 1]]})
        while True:
            (_, tables) = watch.note()["params"]
            rows = tables.get("Agent", {}).values()
            if any(r.get("new", {}).get("nb_cfg", 0) >= nb_cfg for r in rows):
                break
        times.append(time.monotonic() - begin)
    world.db.transact({"op": "update", "table": "Mirror_Filter_Rule",
                       "where": where, "row": {"src": "10.7.3.0/24"}})
    watch.close()
    return times


def measure_plug(world, rounds, filters):
    """An ENI is plugged in: its Interface gets the iface-id.  Ends when the
    source is 'attached', which the node says after the barrier."""
    world.db.transact(
        {"op": "insert", "table": "Network_Interface",
         "row": {"name": "plugged"}, "uuid-name": "e"},
        {"op": "insert", "table": "Mirror_Source",
         "row": {"interface": ["named-uuid", "e"]}, "uuid-name": "s"},
        {"op": "insert", "table": "Mirror_Session",
         "row": {"name": "plug", "priority": 1, "enabled": True, "vni": 9,
                 "filter": filters[0], "sources": ["named-uuid", "s"],
                 "target_type": "ip", "target_address": "172.31.0.1"}})
    watch = Database(world.sock, "Traffic_Mirror")
    watch.monitor("Mirror_Source", ["status"])
    times = []
    for i in range(2 * rounds):
        ids = [["iface-id", "plugged"],
               ["attached-mac", "0a:ff:00:00:00:01"]] if i % 2 == 0 else []
        status = "attached" if i % 2 == 0 else "detached"
        begin = time.monotonic()
        world.vswitch.transact(
            {"op": "update", "table": "Interface",
             "where": [["name", "==", "spare"]],
             "row": {"external_ids": ["map", ids]}})
        while True:
            (_, tables) = watch.note()["params"]
            rows = tables.get("Mirror_Source", {}).values()
            if any(r.get("new", {}).get("status") == status for r in rows):
                break
        if i % 2 == 0:
            times.append(time.monotonic() - begin)
    watch.close()
    return times


def measure_reference_bundle(world, path):
    run("ovs-ofctl", "-O", "OpenFlow15", "del-flows", "br-int",
        "cookie=0x746d000000000000/0xffff000000000000")
    begin = time.monotonic()
    run("ovs-ofctl", "-O", "OpenFlow15", "--bundle", "add-flows", "br-int",
        path)
    elapsed = time.monotonic() - begin
    return elapsed


def measure(build, n, rounds):
    world = World(build)
    try:
        add_ports(n)
        filters = add_filters(world.db)
        add_sessions(world.db, n, filters)
        world.start_daemon()    # Makes the tunnel port; not counted.
        flows = world.appctl("flow/list-want")
        path = f"{world.dir}/flows"
        with open(path, "w") as f:
            f.write(flows)
        cold, reference = [], []
        for _ in range(5):
            world.stop_daemon()
            reference.append(measure_reference_bundle(world, path))
            run("ovs-ofctl", "-O", "OpenFlow15", "del-flows", "br-int",
                "cookie=0x746d000000000000/0xffff000000000000")
            cold.append(world.start_daemon())
        rss = rss_mb(world.daemon.pid)
        trip = measure_round_trip(world, rounds)
        barrier = measure_barrier(world, rounds)
        change = measure_rule(world, rounds)
        plug = measure_plug(world, rounds, filters)
        if world.appctl("flow/diff").strip():
            raise RuntimeError("flow/diff is not empty at the end")
        return {"n": n, "flows": len(flows.splitlines()), "cold": cold,
                "reference": reference, "rss": max(rss,
                                                   rss_mb(world.daemon.pid)),
                "trip": trip, "barrier": barrier, "change": change, "plug": plug}
    finally:
        world.stop()


def ms(times):
    return "%.1f (%.1f-%.1f)" % (1e3 * statistics.median(times),
                                 1e3 * min(times), 1e3 * max(times))


def ratio(a, b):
    return "%.1f" % (statistics.median(a) / statistics.median(b))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build-dir", required=True)
    parser.add_argument("--sources", default="10,100,1000")
    parser.add_argument("--rounds", type=int, default=40)
    args = parser.parse_args()

    results = []
    for n in (int(s) for s in args.sources.split(",")):
        print(f"measuring {n} sources", file=sys.stderr)
        results.append(measure(args.build_dir, n, args.rounds))

    print("| sources | flows | cold start to barrier, ms | the same flows by "
          "ovs-ofctl --bundle, ms | ratio | memory, MB |")
    print("|---|---|---|---|---|---|")
    for r in results:
        print("| %d | %d | %s | %s | %s | %.0f |"
              % (r["n"], r["flows"], ms(r["cold"]), ms(r["reference"]),
                 ratio(r["cold"], r["reference"]), r["rss"]))
    print()
    print("| sources | OVSDB round trip, ms | OpenFlow barrier, ms "
          "| one rule changed to barrier, ms | ratio to OVSDB "
          "| one port plugged to barrier, ms | ratio to OVSDB |")
    print("|---|---|---|---|---|---|---|")
    for r in results:
        print("| %d | %s | %s | %s | %s | %s | %s |"
              % (r["n"], ms(r["trip"]), ms(r["barrier"]), ms(r["change"]),
                 ratio(r["change"], r["trip"]), ms(r["plug"]),
                 ratio(r["plug"], r["trip"])))


if __name__ == "__main__":
    main()
