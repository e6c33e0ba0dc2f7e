#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Says whether 'tmirror-ctl stats' tells exactly what was captured.

usage: counts.py DIR WORLD [TIMEOUT]

WORLD is JSON: {"sessions": [[NAME, FILTER, VNI, COLLECTOR, [SOURCE...]]...],
"filters": {NAME: [[DIRECTION, PRIORITY, ACTION, EXPRESSION]...]}}, sessions
and rules in the order of matching.  EXPRESSION is Python about 'p', a packet
as in expect.py, and says what the rule matches.

By these rules each frame in the capture of a source is judged, and then

  - each row of stats about a source, a session or a rule must have exactly
    the packets and bytes of the frames so judged;
  - the collectors must have got exactly the frames that were accepted (those
    of a session that is cut, their beginnings);
  - every rule must have matched something, or the test proves nothing.

Datapath statistics reach the counters within a second, so it looks again until
all holds, TIMEOUT seconds (10) long.  If it does not hold then, prints why and
exits 1.
"""

import importlib.util
import json
import os
import sys
import time
from collections import Counter, defaultdict

HERE = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location(
    'expect', os.path.join(HERE, 'expect.py'))
expect = importlib.util.module_from_spec(spec)
spec.loader.exec_module(expect)

# What the plugin leaves of a frame where the link is as wide as the source's.
CUT = 1464
IP = (0x800, 0x86dd)


class Judge:
    def __init__(self, world):
        self.sessions = world['sessions']
        self.filters = {
            name: [(d, prio, action, eval('lambda p: ' + text, {
                'TCP': expect.TCP, 'UDP': expect.UDP, 'ICMP': expect.ICMP,
                'ICMP6': expect.ICMP6}))
                   for d, prio, action, text in rules]
            for name, rules in world['filters'].items()}

    def sources(self):
        return sorted({s for session in self.sessions for s in session[4]})

    def judge(self, source, p):
        """(session, rule) or None."""
        for session in self.sessions:
            if source in session[4]:
                for rule in self.filters[session[1]]:
                    if rule[0] == p.dir and rule[3](p):
                        return session, rule
        return None


def everything(directory, name):
    path = os.path.join(directory, name)
    if os.path.exists(path + '.mac'):
        return list(expect.machine(path + '.pcap', expect.read(path + '.mac'),
                                   name, True))
    port = int(os.environ.get('VXLAN_PORT', '4789'))
    return list(expect.collector(path + '.pcap', port, True))


def judge_all(directory, judge):
    """What should be counted: {row: [packets, bytes]}, and the data of copies
    by VNI."""
    rows = defaultdict(lambda: [0, 0])
    copies = defaultdict(Counter)
    for source in judge.sources():
        for p in everything(directory, source):
            if p.ethertype not in IP or p.dir == 'other':
                continue
            verdict = judge.judge(source, p)
            if verdict is None:
                continue
            (name, filter_name, vni, _, _), (d, prio, action, _) = verdict
            for row in ((name, '', '', '', action),
                        (name, source, '', '', action),
                        ('', '', filter_name, '%s %d' % (d, prio), action)):
                rows[row][0] += 1
                rows[row][1] += len(p.data)
            if action == 'accept':
                copies[vni][p.data[:CUT]] += 1
    return rows, copies


def compare(directory, judge):
    """Lines about what does not hold."""
    wrong = []
    rows, copies = judge_all(directory, judge)
    captured = defaultdict(Counter)
    for collector in sorted({s[3] for s in judge.sessions}):
        for c in everything(directory, collector):
            captured[c.vni][c.data] += 1
    for _, _, vni, _, _ in judge.sessions:
        if captured[vni] != copies[vni]:
            wrong.append('vni %d: %d copies, should be %d' % (
                vni, sum(captured[vni].values()), sum(copies[vni].values())))

    stats = expect.Stats()
    seen = set()
    for r in stats.rows:
        if r['action'] not in ('accept', 'reject'):
            wrong.append('not a count: %r' % r)
            continue
        row = (r['session'], r['source'], r['filter'], r['rule'], r['action'])
        have, want = [r['packets'], r['bytes']], rows[row]
        if have != want:
            wrong.append('%s: %s packets and bytes, should be %s'
                         % (' '.join(c for c in row if c), have, want))
        if row in seen:
            wrong.append('twice: %r' % (row,))
        seen.add(row)
    wrong.extend('no row %r' % (row,) for row in rows if row not in seen)
    for name, rules in judge.filters.items():
        for d, prio, action, _ in rules:
            if not rows['', '', name, '%s %d' % (d, prio), action][0]:
                wrong.append('%s %s %d matched nothing' % (name, d, prio))
    return wrong


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    directory = sys.argv[1]
    judge = Judge(json.loads(sys.argv[2]))
    deadline = time.monotonic() + float(sys.argv[3] if sys.argv[3:] else 10)
    expect.fence(directory)
    while True:
        wrong = compare(directory, judge)
        if not wrong:
            return
        if time.monotonic() > deadline:
            sys.exit('\n'.join(['counts.py: does not hold:'] + wrong))
        expect.wait_a_moment()


if __name__ == '__main__':
    main()
