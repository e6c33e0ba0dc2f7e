# SPDX-License-Identifier: Apache-2.0
"""Every constraint and quota at the limit, one over and far over, through the
command line and by rows written past it.

usage: limits.py BUILD-DIR [WORD]

The numbers are in limits_table.py.  A real server, and a real tmirrord on a
dummy switch, whose model/problems is asked what it says of rows that no tool
would write.  WORD: only what has it in its name.  Prints TAP, and then
"N passed, N failed, N skipped"."""

import os
import shlex
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "..", "python"))
import limits_table as spec  # noqa: E402
from dummyworld import World, run, wait_until  # noqa: E402

TABLES = {                      # What commands write; not what nodes report.
    "TM_Global": ["nb_cfg", "quotas", "options", "external_ids"],
    "Mirror_Filter": None,
    "Mirror_Filter_Rule": None,
    "Mirror_Session": None,
    "Mirror_Source": ["_uuid", "interface", "position"],
    "Network_Interface": ["_uuid", "name", "macs", "addresses", "instance",
                          "vpc", "mtu", "mirroring_supported"],
    "Load_Balancer": None,
}
ROOTS = ["Mirror_Session", "Mirror_Filter", "Load_Balancer",
         "Network_Interface"]
MANY = 20000                    # Section 6: sessions, and filters.


class Rows:
    """One transaction past the tools."""

    def __init__(self, filter_uuid=None, lb_uuid=None):
        self.ops = []
        self.named = {}         # (table, name) -> reference
        self.shared = {"Mirror_Filter": filter_uuid, "Load_Balancer": lb_uuid}

    def insert(self, table, row):
        name = f"r{len(self.ops)}"
        self.ops.append({"op": "insert", "table": table, "row": row,
                         "uuid-name": name})
        return ["named-uuid", name]

    def eni(self, name, **columns):
        if name not in self.named:
            self.named[name] = self.insert("Network_Interface",
                                           dict(columns, name=name))
        return self.named[name]

    def lb(self, name="lb", vip="192.0.2.7"):
        if not self.shared["Load_Balancer"]:
            self.shared["Load_Balancer"] = self.insert(
                "Load_Balancer", {"name": name, "vip": vip})
        return self.shared["Load_Balancer"]

    def filter(self, rules=(), **columns):
        refs = [self.insert("Mirror_Filter_Rule", {
            "direction": "in", "priority": 1, "action": "accept",
            "ethertype": "ipv4", "protocol": "all", **rule})
            for rule in rules]
        return self.insert("Mirror_Filter", {
            "name": "raw", "rules": ["set", refs], **columns})

    def session(self, enis=(), target="ip", n_filters=1, target_lb=None,
                target_interface=None, mirroring_supported=True, **columns):
        row = {"name": "s", "priority": 1, "enabled": True, "vni": 1,
               "target_type": "elb" if target == "lb" else target}
        if not self.shared["Mirror_Filter"]:
            self.shared["Mirror_Filter"] = self.filter()
        row["filter"] = self.shared["Mirror_Filter"]
        if n_filters > 1:
            row["filter"] = ["set", [row["filter"]] + [
                self.filter() for _ in range(1, n_filters)]]
        if target == "ip":
            row["target_address"] = "192.0.2.1"
        if target == "eni" or target_interface:
            row["target_interface"] = self.eni(target_interface or "sink",
                                               addresses="10.0.0.9")
        if target == "lb" or target_lb:
            row["target_lb"] = self.lb()
        row["sources"] = ["set", [self.insert("Mirror_Source", {
            "interface": self.eni(name,
                                  mirroring_supported=mirroring_supported)})
            for name in enis]]
        row.update(columns)
        return self.insert("Mirror_Session", row)

    def quotas(self, quotas):
        self.ops.append({"op": "update", "table": "TM_Global", "where": [],
                         "row": {"quotas": ["map", list(map(
                             list, quotas.items()))]}})

    def session_then_delete(self, table):
        """Deletes what the session of the same transaction uses."""
        self.session(["vm1"], target="lb" if table == "Load_Balancer"
                     else "eni")
        where = {"source": [["name", "==", "vm1"]],
                 "target": [["name", "==", "sink"]]}.get(table, [])
        self.ops.append({"op": "delete", "where": where,
                         "table": table if table[0].isupper()
                         else "Network_Interface"})


class Limits:
    def __init__(self, build):
        self.world = World(build)
        self.db = self.world.db
        self.passed = self.failed = 0
        self.large = False      # Too much to compare every column.

    # Results.

    def result(self, ok, name, why=""):
        if ok:
            self.passed += 1
        else:
            self.failed += 1
        n = self.passed + self.failed
        print(f"{'ok' if ok else 'not ok'} {n} - {name}", flush=True)
        for line in str(why).splitlines() if not ok else ():
            print(f"#   {line[:2000]}")

    # The world.

    def start(self):
        run("ovs-vsctl", "add-br", "br-int", "--", "set", "bridge", "br-int",
            "datapath_type=dummy", "fail-mode=standalone")
        for i in (1, 2):
            run("ovs-vsctl", "add-port", "br-int", f"p{i}", "--", "set",
                "interface", f"p{i}", "type=dummy", f"ofport_request={i}",
                f"external_ids:iface-id=vm{i}",
                f'external_ids:attached-mac="0a:00:00:00:00:0{i}"')
        self.world.start_daemon()

    def clear(self):
        # Sessions by themselves: their sources are counted as users of ENIs
        # to the end of the transaction.
        for tables in ROOTS[:1], ROOTS[1:]:
            self.db.transact(*({"op": "delete", "table": table, "where": []}
                               for table in tables))
        self.db.transact({"op": "update", "table": "TM_Global", "where": [],
                          "row": {"quotas": ["map", []]}})

    def sync(self):
        """The daemon has everything that is in the database."""
        self.tool("--wait=agents", "init")

    def problems(self):
        return self.world.appctl("model/problems").splitlines()

    def snapshot(self):
        return [sorted(map(str, self.db.select(
            table, (), ["_uuid"] if self.large else columns)))
                for table, columns in TABLES.items()]

    def tool(self, *argv):
        return subprocess.run(
            [f"{self.world.build}/utilities/tmirror-ctl", "--timeout=60",
             "--no-syslog", f"--db=unix:{self.world.sock}", *argv],
            text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, check=False)

    # Judging.

    def accepted(self, name, *argv):
        r = self.tool(*argv)
        self.result(r.returncode == 0 and not r.stderr, f"{name}: accepted",
                    f"{argv}: exit code {r.returncode}: {r.stderr}")

    def refused(self, name, words, *argv):
        before = self.snapshot()
        r = self.tool(*argv)
        missing = [w for w in words if w not in r.stderr]
        why = (f"exit code {r.returncode}" if r.returncode != 1
               else "not one line" if r.stderr.count("\n") != 1
               or not r.stderr.startswith("tmirror-ctl: ")
               else f"no {missing}" if missing
               else "something was written" if self.snapshot() != before
               else "")
        self.result(not why, f"{name}: refused", f"{why}: {r.stderr}")

    def reported(self, name, words):
        def found():
            return any(all(w in line for w in words)
                       for line in self.problems())
        try:
            wait_until(found, "a problem", deadline=20)
            self.result(True, f"{name}: reported")
        except RuntimeError:
            self.result(False, f"{name}: reported", f"no line with {words}: "
                        + "\n".join(self.problems()))

    def silent(self, name, words):
        self.sync()
        lines = [line for line in self.problems()
                 if all(w in line for w in words[:1])]
        self.result(not lines, f"{name}: no problem", "\n".join(lines))

    def write(self, fill, filter_uuid=None, lb_uuid=None):
        rows = Rows(filter_uuid, lb_uuid)
        fill(rows)
        self.db.transact(*rows.ops)

    def denied(self, name, fill):
        before = self.snapshot()
        try:
            self.write(fill)
            self.result(False, f"{name}: denied by the database", "written")
        except RuntimeError as error:
            text = str(error)
            self.result(any(word in text for word in
                            ("constraint violation", "syntax error",
                             "referential integrity"))
                        and self.snapshot() == before,
                        f"{name}: denied by the database", text)

    # Rows of the table.

    def uuid_of(self, table, name):
        rows = self.db.select(table, [["name", "==", name]], ["_uuid"])
        return rows[0]["_uuid"] if rows else None

    def row(self, name, row):
        self.clear()
        if "setup" in row:
            r = self.tool(*shlex.split(row["setup"]))
            if r.returncode:
                self.result(False, f"{name}: setup", r.stderr)
        if "fill" in row:
            self.write(row["fill"], self.uuid_of("Mirror_Filter", "f"),
                       self.uuid_of("Load_Balancer", "lb"))
        for command in row.get("good", ()):
            self.accepted(name, *shlex.split(command))
        for i, (command, words) in enumerate(row.get("bad", ())):
            self.refused(f"{name}, {i + 1}", words, *shlex.split(command))
        if "past_ok" in row:
            self.clear()
            self.write(row["past_ok"])
            self.silent(name, row["past"][0][1])
        for i, (fill, words) in enumerate(row.get("past", ())):
            self.clear()
            self.write(fill)
            self.reported(f"{name}, past the tools, {i + 1}", words)
        for i, fill in enumerate(row.get("schema", ())):
            self.clear()
            self.denied(f"{name}, past the tools, {i + 1}", fill)

    def text(self, what, key, column, kinds, cases):
        """Values of a text column, in everything that has it."""
        for kind, (command, _, _) in kinds.items():
            for i, (value, limit) in enumerate(cases):
                self.clear()
                self.tool("filter-add", "f")
                argv = [w.replace("@", value) for w in command.split()]
                name = f"{what} of a {kind}, {i + 1}"
                if limit is None:
                    self.accepted(name, *argv)
                else:
                    self.refused(name, [key, value[:40], limit], *argv)
        for i, (value, limit) in enumerate(cases):
            self.clear()
            rows = Rows()
            for _, fill, _ in kinds.values():
                fill(rows)
            for op in rows.ops:
                if "@" in (op["row"].get(column), *op["row"].values()):
                    op["row"][column] = value
            self.db.transact(*rows.ops)
            for kind, (_, _, table) in kinds.items():
                name = f"{what} of a {kind}, past the tools, {i + 1}"
                if limit is None:
                    self.silent(name, [f"{table} "])
                else:
                    self.reported(name, [f"{table} ", f"{column}: ",
                                         value[:40], limit])

    def adjustable(self, key, default, setup, command, largest):
        def argv(i, n=1):
            return shlex.split(spec.commands(n, command, i))

        self.clear()
        self.tool(*shlex.split(setup))
        self.accepted(f"{key} is set", "quota-set", key, "2")
        self.accepted(f"{key}: one below", *argv(1))
        self.accepted(f"{key}: at the limit", *argv(2))
        self.refused(f"{key}: one over", spec.quota(3, 2, key), *argv(3))
        self.refused(f"{key}: far over", spec.quota(3, 2, key), *argv(3, 30))
        self.accepted(f"{key} is raised", "quota-set", key, "3")
        self.accepted(f"{key}: at the new limit", *argv(3))
        self.refused(f"{key}: one over that", spec.quota(4, 3, key),
                     *argv(4))
        self.accepted(f"{key} is lowered below what is there", "quota-set",
                      key, "0")
        self.refused(f"{key}: one more", spec.quota(4, 0, key), *argv(4))
        self.reported(f"{key}: the daemon", spec.quota(3, 0, key))
        self.accepted(f"{key} is the default again", "quota-set", key, "")
        self.accepted(f"{key}: one more of the default", *argv(4))
        for value in ("-1", str(largest + 1), "9" * 30, "many"):
            self.refused(f"{key} {value}", [key, f'"{value}"',
                                            f"0 to {largest}"],
                         "quota-set", key, value)
        self.accepted(f"{key} {largest}", "quota-set", key, str(largest))
        for value in (-1, largest + 1, 2 ** 62):
            self.clear()
            self.write(lambda rows, v=value: rows.quotas({key: v}))
            self.reported(f"{key} {value}, past the tools",
                          ["TM_Global", f"{key}: {value} ",
                           f"0 to {largest}"])
            r = self.tool("--no-headings", "-f", "csv",
                          "--columns=key,limit", "quota-list")
            self.result(f"{key},{default}\n" in r.stdout,
                        f"{key} {value}: the default counts", r.stdout)

    # What there is in the whole database.

    def pour(self, table, first, n):
        """'n' rows past the tools, numbered from 'first'."""
        filters = []
        for begin in range(first, first + n, 2000):
            rows = Rows()
            for i in range(begin, min(begin + 2000, first + n)):
                if table == "filters":
                    rows.filter(name=f"f{i}")
                else:
                    # A filter has 1,000 sessions at most.
                    if i % 500 == 0 or not filters:
                        filters.append(rows.filter(name=f"g{i}"))
                    rows.session(name=f"s{i}", filter=filters[-1])
            self.db.transact(*rows.ops)
            filters.clear()

    def whole(self, key, argv):
        self.clear()
        self.large = True
        self.tool("filter-add", "one")
        have = 1 if key == "filters" else 0
        begin = time.monotonic()
        self.pour(key, 1, MANY - 1 - have)
        self.accepted(f"{key}: the last of {MANY}", *argv("last"))
        self.silent(f"{key}: {MANY}", [f"{key}: {MANY}"])
        self.refused(f"{key}: one over", spec.quota(MANY + 1, MANY, key),
                     *argv("over"))
        self.pour(key, MANY, 1)
        self.reported(f"{key}: one over, past the tools",
                      ["TM_Global"] + spec.quota(MANY + 1, MANY, key))
        self.pour(key, MANY + 1, MANY)
        self.reported(f"{key}: far over, past the tools",
                      ["TM_Global"] + spec.quota(2 * MANY + 1, MANY, key))
        self.refused(f"{key}: one over far over",
                     spec.quota(2 * MANY + 2, MANY, key), *argv("over"))
        r = self.tool(f"{key[:-1]}-set", "last", "description=changed")
        self.result(r.returncode == 0, f"{key}: what adds nothing works",
                    r.stderr)
        print(f"# {key}: {time.monotonic() - begin:.1f} s")

    def run(self, word):
        self.start()
        for name, row in spec.TABLE:
            if word in name:
                self.row(name, row)
        if word in "name":
            self.text("name", "name", "name", spec.NAMED, spec.NAMES)
        if word in "description":
            self.text("description", "description", "description",
                      spec.DESCRIBED, spec.DESCRIPTIONS)
        for row in spec.ADJUSTABLE:
            if word in row[0]:
                self.adjustable(*row)
        if word in "unknown quota":
            self.clear()
            self.refused("unknown quota", ['"sesions"', "sessions"],
                         "quota-set", "sesions", "7")
            self.write(lambda rows: rows.quotas({"sesions": 7}))
            self.reported("unknown quota, past the tools",
                          ["TM_Global", '"sesions"', "sessions"])
        if word in "sessions in the database":
            self.whole("sessions", lambda n: [
                "session-add", n, "1", "one", "ip:192.0.2.1"])
        if word in "filters in the database":
            self.whole("filters", lambda n: ["filter-add", n])


def main():
    limits = Limits(os.path.abspath(sys.argv[1]))
    try:
        limits.run(sys.argv[2] if len(sys.argv) > 2 else "")
    except Exception as error:
        limits.result(False, "limits.py", repr(error))
        raise
    finally:
        limits.world.stop()
        print(f"{limits.passed} passed, {limits.failed} failed, 0 skipped")
    return limits.failed != 0


if __name__ == "__main__":
    sys.exit(main())
