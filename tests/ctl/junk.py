#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""junk.py: calls tmirror-ctl with words that make no sense.

usage: junk.py TMIRROR-CTL REMOTE SEED N

Makes N command lines of every command that --commands tells of, with words
that it knows, words that are nearly such, and bytes of any kind, on a database
that has something in it.  Of each call it must be true that

  - it exits with 0, 1 or 2,
  - it says nothing on stderr if with 0, else exactly one line of its own,
  - it has changed nothing unless with 0.

Prints the calls of which that is not true.  Exits with 1 if there are any.
"""

import random
import re
import subprocess
import sys

# Made again and again, since junk deletes it.
WORLD = """
    --may-exist filter-add web -- --may-exist rule-add web in 100 accept
    -- --may-exist filter-add zh -- --may-exist eni-add vm1 ip=10.0.0.1
    -- --may-exist eni-add vm2 ip=10.0.0.2 -- --may-exist eni-add vm3
    -- --may-exist lb-add lb vip=10.0.0.3
    -- --may-exist lb-add pool members=10.0.0.4
    -- --may-exist session-add s1 1 web eni:vm2
    -- --may-exist source-add s1 vm1
    -- --may-exist session-add s2 2 zh elb:pool""".split()
WORLD_EVERY = 20

# Waits for ever, as it should.
LEFT_OUT = {"wait-until"}

WORDS = """
    web zh vm1 vm2 vm3 lb pool s1 s2 in out 1 2 3 100 32766 65535 65536 0 -1
    accept reject all tcp udp icmp icmp6 true false attached . * @ @x -- -
    eni:vm1 eni:vm2 eni: elb:lb elb:pool elb:x ip:10.0.0.9 ip:2001:db8::9 ip:
    ip:::1 ip:127.0.0.1 10.0.0.1 10.0.0.0/8 10.0.0.1/8 ::/0 ::ffff:1.2.3.4
    80 80-90 90-80 - 1- -1- 99999999999999999999 0x10 1e3 +1 02:00:00:00:00:01
    ff:ff:ff:ff:ff:ff tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_dst=80 arp icmp
    tcp6,ipv6_src=::1 ip,nw_proto=300 tcp,tp_dst=80/0xff in_port=1 sessions
    filters sources-per-session rules-per-direction sessions-per-source
    Mirror_Filter Mirror_Session Mirror_Source Mirror_Filter_Rule Agent
    Network_Interface Load_Balancer TM_Global name rules sources priority
    description target_type nb_cfg options options:x external_ids _uuid status
    [] {} [ ] {a=b} "" a=b = == =x x= audit --if-exists --may-exist --disabled
    --columns --columns=name --columns= --columns=name,nix --id=@x --all
    --bare --nope -f json table nix -h""".split()

KEYS = """
    description name type proto src dst sport dport priority action mac ip
    instance vpc mtu mirroring vip members filter target vni packet-length
    sessions options:x colour""".split()

# What --commands calls an argument, and words that are one.
ARGUMENTS = {
    "FILTER": "web zh", "DIRECTION": "in out", "PRIORITY": "1 2 3 100 65535",
    "ACTION": "accept reject", "SESSION": "s1 s2", "ENI": "vm1 vm2 vm3 vm4",
    "ID": "vm1 vm2 vm9", "NAME": "web zh x1 x2 lb pool s1 s2 s3",
    "TARGET": "eni:vm2 elb:lb elb:pool ip:10.0.0.9", "KEY": "sessions filters",
    "VALUE": "1 5 20000", "FLOW": "tcp,tp_dst=80 arp ip6",
    "TABLE": "Mirror_Filter Mirror_Session Mirror_Filter_Rule TM_Global",
    "RECORD": "web s1 . vm1", "COLUMN": "name priority sources rules",
}

# Parts of words that somebody else might take for more than that.
PIECES = ["\n", "\t", "\x1b[31m", "\u202e", "過濾", "\x7f", "%s", "%n", "$(id)",
          "'", '"', "\\", "<", ">", ",", "/", ":", "=", " ", "\u0301",
          "A" * 300, "-", "..", ";", "|", "\U0001f600"]


def nearly(rng, word):
    """'word' with a slip."""
    at = rng.randrange(len(word) + 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:at] + rng.choice(PIECES) + word[at:]
    if kind == 1:
        return word[:at] + word[at + 1:]
    if kind == 2:
        return word[:at]
    return word[:at] + chr(rng.randrange(1, 0x250)) + word[at:]


def any_word(rng):
    kind = rng.randrange(20)
    if kind < 8:
        word = rng.choice(WORDS)
    elif kind < 15:
        word = rng.choice(KEYS) + "=" + rng.choice(WORDS)
    else:
        word = nearly(rng, rng.choice(WORDS + KEYS))
    if kind == 19:
        # Not text.
        return bytes(rng.randrange(1, 256) for _ in range(rng.randrange(9)))
    return word.encode()


def fitting_word(rng, argument):
    """A word for 'argument', most often one that can be."""
    if "KEY=VALUE" in argument:
        return (rng.choice(KEYS) + "=" + rng.choice(WORDS)).encode()
    words = ARGUMENTS.get(argument.strip("!?*+"))
    if not words or not rng.randrange(8):
        return any_word(rng)
    return rng.choice(words.split()).encode()


def any_call(rng, commands):
    """One to three commands, as a list of words."""
    call = []
    for i in range(rng.choice((1, 1, 1, 2, 3))):
        if i:
            call.append(b"--")
        while not rng.randrange(4):
            call.append(rng.choice((b"--may-exist", b"--if-exists",
                                    b"--columns=name", any_word(rng))))
        name, arguments = rng.choice(commands)
        call.append(name.encode())
        if rng.randrange(4):
            for a in arguments:
                # As --commands marks them: "!" once, "+" once or more, ...
                least, most = {"?": (0, 1), "*": (0, 3), "+": (1, 3)}.get(
                    a.replace("!?", "?")[0], (1, 1))
                call += [fitting_word(rng, a)
                         for _ in range(rng.randint(least, most))]
        else:
            call += [any_word(rng) for _ in range(rng.randrange(8))]
    return call


class Tool:
    def __init__(self, program, remote):
        self.program = program
        self.remote = remote

    def run(self, words):
        p = subprocess.run([self.program, "--timeout=20", "--no-syslog"]
                           + words, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           check=False)
        return p.returncode, p.stdout, p.stderr

    def commands(self):
        """(name, arguments) of all."""
        _, out, _ = self.run(["--commands"])
        found = re.findall(r"^(?:\[[^\]]*\] )*,([\w-]+),(.*)$",
                           out.decode(), re.M)
        return [(name, args.split())
                for name, args in found if name not in LEFT_OUT]

    def dump(self):
        return subprocess.run(["ovsdb-client", "dump", self.remote,
                               "Traffic_Mirror"], stdout=subprocess.PIPE,
                              check=True).stdout


def complaint(status, err):
    """What is wrong about an end of the tool, or None."""
    if status not in (0, 1, 2):
        return "exit status %d" % status
    if not status:
        return "it exits with 0 but says something" if err else None
    if not re.fullmatch(rb"tmirror-ctl: [^\n]*\S[^\n]*\n", err):
        return "it does not say one line"
    return None


def main():
    tool = Tool(sys.argv[1], sys.argv[2])
    rng = random.Random(int(sys.argv[3]))
    commands = tool.commands()
    assert len(commands) > 20, commands
    n_bad = 0
    n_ok = 0
    before = tool.dump()
    for i in range(int(sys.argv[4])):
        call = any_call(rng, commands) if i % WORLD_EVERY else WORLD
        status, _, err = tool.run(call)
        after = tool.dump()
        wrong = complaint(status, err)
        if not wrong and status and before != after:
            wrong = "it exits with %d but has written" % status
        if wrong:
            n_bad += 1
            print("%s: %r: %r" % (wrong, call, err))
        n_ok += status == 0
        before = after
    print("%d calls of %d commands, %d of them done, %d wrong"
          % (int(sys.argv[4]), len(commands), n_ok, n_bad))
    return n_bad > 0


if __name__ == "__main__":
    sys.exit(main())
