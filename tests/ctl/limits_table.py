# SPDX-License-Identifier: Apache-2.0
"""The table that limits.py reads: every constraint and quota of sections 2, 3,
6 and 7 of traffic-mirroring.md, with the numbers as they stand there.

A row has these, and any may be missing:

  setup   commands, in one transaction, before everything else
  fill    rows written past the tools behind them: a function of a Rows
  good    commands that are accepted, one after another: at the limit
  bad     (command, words): refused in one line that has all the words.  One
          over, then far over
  past_ok rows past the tools that are at the limit: no problem has the words
          of the first of 'past'
  past    (rows, words): rows past the tools, one over, then far over.  The
          daemon reports them in one line that has all the words, in
          model/problems, where the states of sources are too
  schema  rows past the tools that the database itself refuses

'@' in a command stands for a word that would be long.  ENI vm1 is plugged in.
"""

ZH = "镜"


def rows_of(function, *args, **kwargs):
    """A function of a Rows, for the columns below."""
    return lambda rows: getattr(rows, function)(*args, **kwargs)


def many(function, n, **kwargs):
    """'n' times, with "{}" in a string replaced by a number from 1 on."""
    def insert(rows):
        for i in range(1, n + 1):
            getattr(rows, function)(**{
                key: value.replace("{}", str(i)) if isinstance(value, str)
                else i if value is int else value
                for key, value in kwargs.items()})
    return insert


def rule(**columns):
    return rows_of("filter", rules=[columns])


def rules(n, direction="in"):
    return rows_of("filter", rules=[
        {"direction": direction, "priority": i} for i in range(1, n + 1)])


def session(**columns):
    return rows_of("session", **columns)


def quota(n, limit, key):
    return [f"{key}: {n} ", f"the quota {key} is {limit}"]


def names(prefix, n):
    return " ".join(f"{prefix}{i}" for i in range(1, n + 1))


def commands(n, text, first=1):
    """'n' commands in one transaction."""
    return " -- ".join(text.replace("{}", str(i))
                       for i in range(first, first + n))


BASE = "filter-add f"
ADD = "session-add {} 1 f ip:192.0.2.1"

TABLE = [
    # 2. Matching.
    ("rule priority", {
        "setup": BASE,
        "good": ["rule-add f in 1 accept", "rule-add f in 65535 accept"],
        "bad": [("rule-add f in 0 accept", ["priority", '"0"', "1 to 65535"]),
                ("rule-add f in 65536 accept",
                 ["priority", '"65536"', "1 to 65535"]),
                ("rule-set f in 1 priority=4294967297",
                 ["priority", '"4294967297"', "1 to 65535"])],
        "schema": [rule(priority=0), rule(priority=65536),
                   rule(priority=4294967297)],
    }),
    ("two rules of one priority", {
        "setup": BASE,
        "good": ["rule-add f in 7 accept -- rule-add f out 7 accept"],
        "bad": [("rule-add f in 7 reject", ["priority 7", "1 to 65535"]),
                ("rule-add f in 8 accept -- rule-set f in 8 priority=7",
                 ["priority 7", "1 to 65535"])],
        "past_ok": rows_of("filter", rules=[
            {"priority": 7}, {"priority": 7, "direction": "out"}]),
        "past": [(rows_of("filter", rules=[{"priority": 7}] * n),
                  ["Mirror_Filter_Rule", "priority: 7 ", "once"])
                 for n in (2, 9)],
    }),
    ("ports", {
        "setup": BASE,
        "good": ["rule-add f in 1 accept proto=tcp sport=1 dport=65535",
                 "rule-add f in 2 accept proto=udp sport=1-65535"],
        "bad": [(f"rule-add f in 3 accept proto=tcp {key}={value}",
                 [key, f'"{value}"', limit])
                for key in ("sport", "dport")
                for value, limit in (("0", "1 to 65535"),
                                     ("65536", "1 to 65535"),
                                     ("1-65536", "1 to 65535"),
                                     ("99999999999", "1 to 65535"),
                                     ("9-8", "lower port comes first"))],
        "past_ok": rule(protocol="tcp", src_ports="1-65535"),
        "past": [(rule(protocol="tcp", **{column: value}),
                  [f'{column}: "{value}"', limit])
                 for column in ("src_ports", "dst_ports")
                 for value, limit in (("0-5", "1 to 65535"),
                                      ("65535-65536", "1 to 65535"),
                                      ("1-99999999999", "1 to 65535"),
                                      ("9-8", "lower port comes first"))],
    }),
    ("ports only with tcp and udp", {
        "setup": BASE,
        "good": ["rule-add f in 1 accept proto=tcp dport=80",
                 "rule-add f in 2 accept proto=udp dport=80"],
        "bad": [("rule-add f in 3 accept dport=80",
                 ["dport", "80-80", "all", "only with tcp and udp"]),
                ("rule-add f in 3 accept proto=icmp sport=80",
                 ["sport", "80-80", "icmp", "only with tcp and udp"]),
                ("rule-set f in 1 proto=all", ["dport", "only with tcp"])],
        "past": [(rule(protocol=protocol, ethertype=ip, src_ports="80-80"),
                  ["sport: 80-80", protocol, "only with tcp and udp"])
                 for protocol, ip in (("all", "ipv4"), ("icmp", "ipv4"),
                                      ("icmp6", "ipv6"))],
    }),
    ("prefix lengths", {
        "setup": BASE,
        "good": ["rule-add f in 1 accept src=10.0.0.1/32 dst=0.0.0.0/0",
                 "rule-add f in 2 accept type=ipv6 src=fd00::1/128 dst=::/0"],
        "bad": [(f"rule-add f in 3 accept type={ip} {key}={value}",
                 [key, f'"{value}"', limit])
                for key in ("src", "dst")
                for ip, value, limit in (
                    ("ipv4", "10.0.0.1/33", "32"),
                    ("ipv4", "10.0.0.1/4294967328", "32"),
                    ("ipv6", "fd00::1/129", "128"),
                    ("ipv6", "fd00::1/99999", "128"))],
        "past_ok": rule(src="10.0.0.1/32", dst="0.0.0.0/0"),
        "past": [(rule(ethertype=ip, **{column: value}),
                  [f'{column}: "{value}"', limit])
                 for column in ("src", "dst")
                 for ip, value, limit in (("ipv4", "10.0.0.1/33", "32"),
                                          ("ipv4", "10.0.0.1/999", "32"),
                                          ("ipv6", "fd00::1/129", "128"),
                                          ("ipv6", "fd00::1/9999", "128"))],
    }),
    ("address families agree", {
        "setup": BASE,
        "good": ["rule-add f in 1 accept src=10.0.0.0/8",
                 "rule-add f in 2 accept type=ipv6 src=fd00::/16"],
        "bad": [("rule-add f in 3 accept src=fd00::/16",
                 ["src", "fd00::/16", "ipv6", "type is ipv4"]),
                ("rule-add f in 3 accept type=ipv6 dst=10.0.0.0/8",
                 ["dst", "10.0.0.0/8", "ipv4", "type is ipv6"])],
        "past_ok": rule(ethertype="ipv6", src="fd00::/16"),
        "past": [(rule(src="fd00::/16"), ["src: fd00::/16", "ipv4"]),
                 (rule(ethertype="ipv6", dst="10.0.0.0/8"),
                  ["dst: 10.0.0.0/8", "ipv6"])],
    }),
    ("icmp is IPv4, icmp6 is IPv6", {
        "setup": BASE,
        "good": ["rule-add f in 1 accept proto=icmp",
                 "rule-add f in 2 accept proto=icmp6 type=ipv6"],
        "bad": [("rule-add f in 3 accept proto=icmp type=ipv6",
                 ["proto", "icmp", "icmp with ipv4"]),
                ("rule-add f in 3 accept proto=icmp6",
                 ["proto", "icmp6", "icmp6 with ipv6"])],
        "past": [(rule(protocol="icmp", ethertype="ipv6"),
                  ["proto: icmp ", "icmp with ipv4"]),
                 (rule(protocol="icmp6"),
                  ["proto: icmp6 ", "icmp6 with ipv6"])],
    }),
    ("words of a rule", {
        "setup": BASE,
        "bad": [("rule-add f in 1 drop", ["action", '"drop"', "accept"]),
                ("rule-add f up 1 accept", ["direction", '"up"', "in"]),
                ("rule-add f in 1 accept proto=sctp",
                 ["proto", '"sctp"', "tcp, udp"]),
                ("rule-add f in 1 accept type=ipv5",
                 ["type", '"ipv5"', "ipv4 or ipv6"])],
        "schema": [rule(action="drop"), rule(direction="up"),
                   rule(protocol="sctp"), rule(ethertype="ipv5")],
    }),
    ("session priorities of one source", {
        "setup": "filter-add f -- session-add a 5 f ip:192.0.2.1"
                 " -- source-add a vm1",
        "good": ["session-add b 6 f ip:192.0.2.1 -- source-add b vm1",
                 "session-add c 5 f ip:192.0.2.1 -- source-add c vm2"],
        "bad": [("session-set b priority=5", ["priority", "5", "1 to 32766"]),
                ("source-add c vm1", ["priority", "5", "1 to 32766"]),
                ("--disabled session-add d 5 f ip:192.0.2.1"
                 " -- source-add d vm1", ["priority", "5", "1 to 32766"])],
        "past": [(many("session", n, name="s{}", priority=5, enis=["vm1"]),
                  ["Mirror_Session", "priority: 5 ", "different priorities"])
                 for n in (2, 3)],
    }),

    # 3. Encapsulation.
    ("VNI", {
        "setup": BASE,
        "good": [ADD.format("a") + " vni=0", ADD.format("b")
                 + " vni=16777215"],
        "bad": [(ADD.format("c") + " vni=16777216",
                 ["vni", '"16777216"', "0 to 16777215"]),
                (ADD.format("c") + " vni=-1",
                 ["vni", '"-1"', "0 to 16777215"]),
                ("session-set a vni=4294967296",
                 ["vni", '"4294967296"', "0 to 16777215"])],
        "schema": [session(vni=16777216), session(vni=-1),
                   session(vni=4294967296)],
    }),
    ("packet length", {
        "setup": BASE,
        "good": [ADD.format("a") + " packet-length=1",
                 ADD.format("b") + " packet-length=65535"],
        "bad": [(ADD.format("c") + f" packet-length={n}",
                 ["packet-length", f'"{n}"', "1 to 65535"])
                for n in (0, 65536, 4294967297)],
        "schema": [session(packet_length=0), session(packet_length=65536),
                   session(packet_length=4294967297)],
    }),

    # 6. Limits and quotas.
    ("sources in a session: 10", {
        "setup": BASE + " -- " + ADD.format("a"),
        "good": ["source-add a " + names("e", 10)],
        "bad": [("source-add a more", quota(11, 10, "sources-per-session")),
                ("source-add a " + names("far", 500),
                 quota(510, 10, "sources-per-session"))],
        "past_ok": session(enis=[f"e{i}" for i in range(10)]),
        "past": [(session(enis=[f"e{i}" for i in range(n)]),
                  ["Mirror_Session"] + quota(n, 10, "sources-per-session"))
                 for n in (11, 400)],
    }),
    ("sessions of a source: 3", {
        "setup": BASE,
        "good": [commands(3, "session-add s{} {} f ip:192.0.2.1"
                             " -- source-add s{} vm1")],
        "bad": [("session-add s4 4 f ip:192.0.2.1 -- source-add s4 vm1",
                 quota(4, 3, "sessions-per-source")),
                (commands(40, "session-add t{} {} f ip:192.0.2.1"
                              " -- source-add t{} vm1", 9),
                 quota(4, 3, "sessions-per-source"))],
        "past_ok": many("session", 3, name="s{}", priority=int, enis=["vm1"]),
        "past": [(many("session", n, name="s{}", priority=int, enis=["vm1"]),
                  words)
                 for n in (4, 90) for words in (
                     ["Network_Interface"] + quota(n, 3,
                                                   "sessions-per-source"),
                     [f"session s{n} source vm1: error",
                      "sessions-per-source", "3 sessions", "is 3"])],
    }),
    ("sessions of a source cannot be set", {
        "bad": [(f"quota-set sessions-per-source {n}",
                 ["sessions-per-source", f'"{n}"', "always 3"])
                for n in (4, 1000000)],
        "past": [(rows_of("quotas", {"sessions-per-source": n}),
                  ["TM_Global", "sessions-per-source", str(n), "always 3"])
                 for n in (4, 1000000)],
    }),
    ("targets of a session: 1", {
        "setup": BASE + " -- " + ADD.format("a"),
        "good": ["session-set a target=ip:192.0.2.2"],
        "bad": [("session-set a target=ip:192.0.2.2 target=ip:192.0.2.3",
                 ["target", "twice"]),
                ("quota-set targets-per-session 2",
                 ["targets-per-session", '"2"', "always 1"])],
        "past": [(session(target_lb="lb"),
                  ["target_lb", "targets-per-session is 1"]),
                 (session(target_lb="lb", target_interface="sink"),
                  ["target_interface", "targets-per-session is 1"])],
    }),
    ("filters of a session: 1", {
        "setup": BASE + " -- filter-add g -- " + ADD.format("a"),
        "good": ["session-set a filter=g"],
        "bad": [("session-set a filter=f filter=g", ["filter", "twice"]),
                ("quota-set filters-per-session 2",
                 ["filters-per-session", '"2"', "always 1"])],
        "schema": [session(filter=["set", []]), session(n_filters=2)],
    }),
    ("sessions of an ENI target: 10", {
        "setup": BASE + " -- eni-add sink ip=10.0.0.9",
        "good": [commands(10, "session-add s{} 1 f eni:sink")],
        "bad": [("session-add more 1 f eni:sink",
                 quota(11, 10, "sessions-per-eni-target")),
                (commands(50, "session-add t{} 1 f eni:sink"),
                 quota(11, 10, "sessions-per-eni-target")),
                ("session-add o 1 f ip:192.0.2.1"
                 " -- session-set o target=eni:sink",
                 quota(11, 10, "sessions-per-eni-target"))],
        "past_ok": many("session", 10, name="s{}", target="eni"),
        "past": [(many("session", n, name="s{}", target="eni"),
                  ["Network_Interface"]
                  + quota(n, 10, "sessions-per-eni-target"))
                 for n in (11, 300)],
    }),
    ("sessions of a load-balancer target: 200", {
        "setup": BASE + " -- lb-add lb vip=10.0.0.9",
        "fill": many("session", 199, name="s{}", target="lb"),
        "good": ["session-add s200 1 f elb:lb"],
        "bad": [("session-add more 1 f elb:lb",
                 quota(201, 200, "sessions-per-elb-target")),
                (commands(50, "session-add t{} 1 f elb:lb"),
                 quota(201, 200, "sessions-per-elb-target"))],
        "past_ok": many("session", 200, name="s{}", target="lb"),
        "past": [(many("session", n, name="s{}", target="lb"),
                  ["Load_Balancer"]
                  + quota(n, 200, "sessions-per-elb-target"))
                 for n in (201, 900)],
    }),
    ("sessions of a filter: 1,000", {
        "setup": BASE,
        "fill": many("session", 999, name="s{}"),
        "good": ["session-add s1000 1 f ip:192.0.2.1"],
        "bad": [("session-add more 1 f ip:192.0.2.1",
                 quota(1001, 1000, "sessions-per-filter")),
                (commands(50, "session-add t{} 1 f ip:192.0.2.1"),
                 quota(1001, 1000, "sessions-per-filter")),
                ("filter-add g -- session-add o 1 g ip:192.0.2.1"
                 " -- session-set o filter=f",
                 quota(1001, 1000, "sessions-per-filter")),
                ("quota-set sessions-per-filter 1001",
                 ["sessions-per-filter", '"1001"', "always 1000"])],
        "past_ok": many("session", 1000, name="s{}"),
        "past": [(many("session", n, name="s{}"),
                  ["Mirror_Filter"] + quota(n, 1000, "sessions-per-filter"))
                 for n in (1001, 3000)],
    }),
    ("rules of a filter in a direction: 10", {
        "setup": BASE,
        "good": [commands(10, "rule-add f in {} accept"),
                 commands(10, "rule-add f out {} accept")],
        "bad": [("rule-add f in 11 accept",
                 quota(11, 10, "rules-per-direction")),
                (commands(90, "rule-add f out {} accept", 11),
                 quota(11, 10, "rules-per-direction"))],
        "past_ok": rules(10),
        "past": [(rules(n, direction),
                  ["Mirror_Filter"] + quota(n, 10, "rules-per-direction"))
                 for n, direction in ((11, "in"), (500, "out"))],
    }),

    # 7. Other constraints.
    ("an ENI whose flavor does not support mirroring", {
        "setup": BASE + " -- " + ADD.format("a")
                 + " -- eni-add no mirroring=false"
                 + " -- eni-add yes mirroring=true",
        "good": ["source-add a yes"],
        "bad": [("source-add a no",
                 ["source", '"no"', "mirroring=false", "ENIs that do"]),
                (ADD.format("b") + " -- source-add b x y no",
                 ["source", '"no"', "mirroring=false"])],
        "past": [(session(enis=["vm1"], mirroring_supported=False),
                  ["session s source vm1: error: flavor does not support "
                   "mirroring"]),
                 (session(enis=["away"], mirroring_supported=False),
                  ["Network_Interface", '"away"', "mirroring=false"])],
    }),
    ("an ENI is not source and target", {
        "setup": BASE + " -- eni-add sink ip=10.0.0.9"
                 " -- session-add a 1 f eni:sink -- source-add a e1"
                 " -- eni-set e1 ip=10.0.0.8",
        "good": ["source-add a e2"],
        "bad": [("source-add a sink", ["source", '"sink"', "at the same"]),
                ("session-add b 2 f ip:192.0.2.1 -- source-add b sink",
                 ["source", '"sink"', "at the same time"]),
                ("session-add b 2 f eni:e1",
                 ["target", '"e1"', "at the same time"]),
                ("--disabled session-add b 2 f eni:e1",
                 ["target", '"e1"', "at the same time"])],
        "past": [(session(enis=["vm1"], target="eni", target_interface="vm1"),
                  ["Mirror_Session", '"vm1"', "at the same time"]),
                 (many("session", 2, name="s{}", priority=int,
                       enis=["vm1", "vm2"], target="eni",
                       target_interface="vm1"),
                  ["s2 source vm1: error", '"vm1"', "at the same time"])],
    }),
    ("what a session uses cannot be deleted", {
        "setup": BASE + " -- eni-add sink ip=10.0.0.9 -- lb-add lb"
                 " vip=10.0.0.7 -- session-add a 1 f eni:sink"
                 " -- source-add a e1 -- session-add b 1 f elb:lb"
                 " -- filter-add g -- eni-add e9 -- lb-add lb9",
        "good": ["filter-del g -- eni-del e9 -- lb-del lb9"],
        "bad": [("filter-del f", ['"f"', "used", '"a", "b"']),
                ("eni-del e1", ['"e1"', "used", '"a"']),
                ("eni-del sink", ['"sink"', "used", '"a"']),
                ("lb-del lb", ['"lb"', "used", '"b"'])],
        "schema": [rows_of("session_then_delete", table) for table in
                   ("Mirror_Filter", "Load_Balancer", "source", "target")],
    }),
    ("session priority", {
        "setup": BASE,
        "good": ["session-add a 1 f ip:192.0.2.1",
                 "session-add b 32766 f ip:192.0.2.1"],
        "bad": [(f"session-add c {n} f ip:192.0.2.1",
                 ["priority", f'"{n}"', "1 to 32766"])
                for n in (0, 32767, 4294967297)],
        "schema": [session(priority=0), session(priority=32767),
                   session(priority=4294967297)],
    }),
    ("direction and filter of a rule are fixed", {
        "setup": BASE + " -- rule-add f in 1 accept",
        "bad": [("rule-set f in 1 direction=out",
                 ['unknown key "direction"', "known are"]),
                ("rule-set f in 1 filter=g",
                 ['unknown key "filter"', "known are"])],
    }),
]

# Names, of everything that has one; and descriptions.
NAMED = {
    "filter": ("filter-add @", rows_of("filter", name="@"), "Mirror_Filter"),
    "session": ("session-add @ 1 f ip:192.0.2.1", session(name="@"),
                "Mirror_Session"),
    "load balancer": ("lb-add @ vip=192.0.2.1", rows_of("lb", name="@"),
                      "Load_Balancer"),
}
DESCRIBED = {
    "filter": ("filter-add n description=@",
               rows_of("filter", description="@"), "Mirror_Filter"),
    "rule": ("rule-add f in 1 accept description=@", rule(description="@"),
             "Mirror_Filter_Rule"),
    "session": ("session-add n 1 f ip:192.0.2.1 description=@",
                session(description="@"), "Mirror_Session"),
}
# (text, its limit in the message or None: accepted)
NAMES = [
    ("n", None), ("a" * 64, None), (ZH * 64, None), ("a.b_c-D9" + ZH, None),
    ("a" * 65, "1 to 64"), (ZH * 65, "1 to 64"), ("a" * 5000, "1 to 64"),
    ("a b", "letters"), ("a/b", "letters"), ("a<b", "letters"),
    ("é", "letters"), ("あ", "letters"),
]
DESCRIPTIONS = [
    ("", None), ("d" * 255, None), (ZH * 255, None), ("a/b & é", None),
    ("d" * 256, "0 to 255"), (ZH * 256, "0 to 255"),
    ("d" * 5000, "0 to 255"), ("a<b", '"<" and ">"'), ("a>b", '"<" and ">"'),
]

# Quotas that can be set: to 2, then the third is one too many.  The last is a
# value beyond the largest.
ADJUSTABLE = [
    # (key, default, setup, text of number {}, largest)
    ("sources-per-session", 10, BASE + " -- " + ADD.format("a"),
     "source-add a e{}", 1000000),
    ("sessions-per-eni-target", 10, BASE + " -- eni-add sink ip=10.0.0.9",
     "session-add s{} 1 f eni:sink", 1000000),
    ("sessions-per-elb-target", 200, BASE + " -- lb-add lb vip=10.0.0.9",
     "session-add s{} 1 f elb:lb", 1000000),
    ("rules-per-direction", 10, BASE, "rule-add f in {} accept", 65535),
    ("sessions", 20000, BASE, "session-add s{} 1 f ip:192.0.2.1", 1000000),
    ("filters", 20000, "init", "filter-add f{}", 1000000),
]
