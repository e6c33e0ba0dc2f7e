# SPDX-License-Identifier: Apache-2.0
"""The databases' rows as semantics.py looks at them."""

import collections
import ipaddress

from semantics import Target

Vm = collections.namedtuple("Vm", "name ofport mac tag mtu")


def as_list(value):
    """The elements of a column of RFC 7047, which are a set or one."""
    if isinstance(value, list) and value[0] == "set":
        return value[1]
    return [value]


def optional(value):
    """The value of a column that may be empty, or None."""
    return next(iter(as_list(value)), None)


def uuid(value):
    return value[1]


def in_order(addresses):
    """IPv4 first, then rising."""
    return sorted((ipaddress.ip_address(a) for a in addresses),
                  key=lambda a: (a.version, a.packed))


class Truth:
    """All of it, as it is now."""

    def __init__(self, db, vms, tunnel, tunnel_mtu):
        self.vms = {vm.name: vm for vm in vms}
        self.tunnel, self.tunnel_mtu = tunnel, tunnel_mtu
        self.read_filters(db)
        enis = {uuid(r["_uuid"]): r for r in db.select("Network_Interface")}
        lbs = {uuid(r["_uuid"]): r for r in db.select("Load_Balancer")}
        self.mtus = {r["name"]: optional(r["mtu"]) for r in enis.values()}
        self.read_sessions(db, enis, lbs)

    def read_filters(self, db):
        rules = {uuid(r["_uuid"]): r for r in db.select("Mirror_Filter_Rule")}
        for rule in rules.values():
            for key in ("src", "dst", "src_ports", "dst_ports"):
                rule[key] = optional(rule[key])
        self.filters = {}
        for row in db.select("Mirror_Filter"):
            own = [rules[uuid(u)] for u in as_list(row["rules"])]
            self.filters[uuid(row["_uuid"])] = {
                "name": row["name"],
                "rules": {d: sorted((r for r in own if r["direction"] == d),
                                    key=lambda r: r["priority"])
                          for d in ("in", "out")},
            }

    def read_sessions(self, db, enis, lbs):
        sources = {uuid(r["_uuid"]): enis[uuid(r["interface"])]["name"]
                   for r in db.select("Mirror_Source")}
        self.by_eni = collections.defaultdict(list)
        self.of_target = {}
        self.targets = set()    # Every address that the guard knows.
        for row in db.select("Mirror_Session"):
            row["packet_length"] = optional(row["packet_length"])
            row["filter"] = uuid(row["filter"])
            target = self.make_target(row, enis, lbs)
            self.of_target[row["name"]] = target
            self.targets.update(target.addrs, target.members)
            for source in as_list(row["sources"]):
                self.by_eni[sources[uuid(source)]].append(row)
        for rows in self.by_eni.values():
            rows.sort(key=lambda r: r["priority"])

    @staticmethod
    def make_target(row, enis, lbs):
        if row["target_type"] == "eni":
            eni = enis[uuid(optional(row["target_interface"]))]
            return Target("ENI", eni["name"],
                          in_order(as_list(eni["addresses"])), [])
        if row["target_type"] == "elb":
            lb = lbs[uuid(optional(row["target_lb"]))]
            members = in_order(as_list(lb["members"]))
            vip = [ipaddress.ip_address(a) for a in as_list(lb["vip"])]
            return Target("load balancer", lb["name"], members or vip,
                          members)
        addr = ipaddress.ip_address(optional(row["target_address"]))
        return Target("address", "", [addr], [])

    def sessions_of(self, eni):
        return self.by_eni[eni]

    def target(self, session):
        return self.of_target[session["name"]]

    def max_len(self, eni, session):
        """Bytes kept of a longer frame, None for all: no outer packet is
        longer than the MTU of the source, or of the way if that is given
        (sections 3 and 6)."""
        own = self.mtus[eni] or self.vms[eni].mtu
        cut = ((self.tunnel_mtu or own)
               - self.target(session).overhead())
        if session["packet_length"]:
            cut = min(cut, session["packet_length"])
        cut = max(cut, 14)
        longest = max(own, self.vms[eni].mtu) + 14
        return cut if cut < longest else None
