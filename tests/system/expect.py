#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Says whether something holds of the packets that a world captured.

usage: expect.py DIR EXPRESSION [TIMEOUT]

EXPRESSION is Python.  In it each capture DIR/NAME.pcap is a list under its
NAME: of a machine (there is a DIR/NAME.mac) the frames at its interface, of a
collector (DIR/NAME.addr) the copies that reached it, without VXLAN.  A packet
has the fields of vxlan-decode.py, None where it has none of that name, and

  dir    'in', 'out', or 'other' (flooded to it for somebody else); machines
  seq    the number that traffic.py stream put in, or None
  data   the frame, as bytes       has(TEXT)  whether TEXT is in it
  at     the collector that it reached; copies

Neighbour and multicast housekeeping of IPv6 is left out, except in
every('NAME').  stats() is the table of 'tmirror-ctl stats', see there.  Before
it looks, it
sends marks to all collectors and waits until they are in the captures, so that
copies of whatever was sent before have come or never will; a machine's
capture may lag, so it looks again until the expression holds, TIMEOUT seconds
(5) long.  If it does not hold then, prints why and exits 1.
"""

import importlib.util
import itertools
import json
import os
import socket
import struct
import subprocess
import sys
import time
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location(
    'decode', os.path.join(HERE, 'vxlan-decode.py'))
decode = importlib.util.module_from_spec(spec)
spec.loader.exec_module(decode)

TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
# Multicast listeners, router and neighbour discovery.
HOUSEKEEPING = (130, 131, 132, 133, 134, 135, 136, 137, 143)
SEQ_MARK = b'TM-SEQ:'
notes = []


class Packet:
    def __init__(self, fields, frame):
        self.__dict__.update(fields)
        self.data = frame
        at = frame.find(SEQ_MARK)
        self.seq = None
        # Errors quote the packet that they are about.
        if self.proto == UDP and at >= 0 and len(frame) >= at + 15:
            self.seq = struct.unpack_from('!Q', frame, at + 7)[0]

    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        return None

    def has(self, text):
        return text.encode() in self.data

    def __repr__(self):
        return '%s vni=%s %s > %s proto=%s %s>%s len=%d seq=%s' % (
            self.dir or 'copy', self.vni, self.ip_src or self.eth_src,
            self.ip_dst or self.eth_dst, self.proto, self.sport, self.dport,
            len(self.data), self.seq)


def read(path):
    with open(path) as f:
        return f.read().strip()


def is_housekeeping(d):
    return d.get('proto') == ICMP6 and d.get('icmp_type') in HOUSEKEEPING


def machine(path, mac, name, all_of_it=False):
    for when, frame in decode.records(path):
        d, p = decode.ethernet(frame)
        decode.network(d, p)
        if is_housekeeping(d) and not all_of_it:
            continue
        group = int(d['eth_dst'][:2], 16) & 1
        d['dir'] = ('out' if d['eth_src'] == mac
                    else 'in' if d['eth_dst'] == mac or group else 'other')
        d['eni'], d['time'] = name, when
        yield Packet(d, frame)


def collector(path, port, all_of_it=False):
    for when, frame in decode.records(path):
        d = decode.decode(when, frame, port)
        if d is not None and (all_of_it or not is_housekeeping(d)):
            inner = bytes.fromhex(d['frame'])
            d['at'] = os.path.basename(path)[:-len('.pcap')]
            yield Packet(d, inner)


def wait_a_moment():
    time.sleep(0.03)


def fence(directory):
    """Two marks to each collector, one after the other: when the second is
    there the switch has been through all its ports since the first."""
    for turn in range(2):
        marks = {}
        for name in sorted(os.listdir(directory)):
            if not name.endswith('.addr'):
                continue
            mark = b'MARK:' + os.urandom(12).hex().encode()
            path = os.path.join(directory, name[:-5] + '.pcap')
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.sendto(mark, (read(os.path.join(directory, name)), 9))
            marks[path] = mark
        deadline = time.monotonic() + 10
        for path, mark in marks.items():
            while not any(f.endswith(mark) for _, f in decode.records(path)):
                if time.monotonic() > deadline:
                    sys.exit('expect.py: a mark does not reach ' + path)
                wait_a_moment()


# ---- What expressions are made of ----

def same(copies, frames, wanted, cut=None, vni=None, at_least=1):
    """Each frame that is 'wanted' was copied exactly once, byte for byte
    (its first 'cut' bytes), and nothing else."""
    want = Counter(f.data[:cut] for f in frames if wanted(f))
    have = Counter(c.data for c in copies)
    if vni is not None and any(c.vni != vni for c in copies):
        notes.append('VNIs: %s' % sorted({c.vni for c in copies}))
        return False
    for what, frames_of in (('missing', want - have), ('extra', have - want)):
        for data, n in frames_of.items():
            d, p = decode.ethernet(data)
            decode.network(d, p)
            notes.append('%s, %d times: %r' % (what, n, Packet(d, data)))
    if sum(want.values()) < at_least:
        notes.append('only %d frames to be copied' % sum(want.values()))
        return False
    return want == have


def seqs(packets):
    return [p.seq for p in packets if p.seq is not None]


def whole(packets, first, last):
    """Numbers 'first' to 'last', each exactly once and in order."""
    have = seqs(packets)
    want = list(range(first, last + 1))
    if have != want:
        count = Counter(have)
        notes.append('%d numbers, want %d to %d; missing %s, more than once '
                     '%s, not wanted %s, out of order %d'
                     % (len(have), first, last,
                        [n for n in want if not count[n]][:20],
                        [n for n in count if count[n] > 1][:20],
                        [n for n in count if not first <= n <= last][:20],
                        sum(b < a for a, b in zip(have, have[1:]))))
    return have == want


def unbroken(packets):
    """No number between the first and the last is missing, doubled or out of
    order."""
    have = seqs(packets)
    if not have:
        notes.append('no numbers at all')
        return False
    return whole(packets, have[0], have[-1])


def inbound(packets):
    return [p for p in packets if p.dir == 'in']


def outbound(packets):
    return [p for p in packets if p.dir == 'out']


def places(copies):
    """{two addresses: the one collector that has all the copies of what they
    say to each other}, or None if some pair has more than one."""
    at = {}
    for c in copies:
        at.setdefault(frozenset((c.ip_src, c.ip_dst)), set()).add(c.at)
    for pair, where in at.items():
        if len(where) > 1:
            notes.append('%s at %s' % (sorted(pair), sorted(where)))
    notes.append('pairs at each: %s'
                 % Counter(tuple(sorted(w)) for w in at.values()))
    if any(len(where) > 1 for where in at.values()):
        return None
    return {pair: where.pop() for pair, where in at.items()}


def moved(before, after):
    """How many of the pairs in the copies 'before' have gone from one
    collector to another 'after': {(from, to): n}.  None if those are not the
    same pairs."""
    old, new = places(before), places(after)
    if not old or not new or set(old) != set(new):
        notes.append('not the same pairs')
        return None
    count = Counter((old[p], new[p]) for p in old if old[p] != new[p])
    notes.append('moved: %s' % count)
    return count


class Stats:
    """The rows of 'tmirror-ctl stats', asked for once."""

    def __init__(self):
        out = subprocess.run([os.environ['TMIRROR_CTL'], '-f', 'json',
                              'stats'], check=True, stdout=subprocess.PIPE)
        table = json.loads(out.stdout)
        self.rows = [dict(zip(table['headings'], row))
                     for row in table['data']]
        notes.append('stats:')
        notes.extend(' '.join('%s=%s' % c for c in row.items() if c[1] != '')
                     for row in self.rows)

    def get(self, **wanted):
        """(packets, bytes) of the one row with these cells, and no others of
        session, source, filter and rule."""
        for cell in 'session', 'source', 'filter', 'rule':
            wanted.setdefault(cell, '')
        rows = [r for r in self.rows
                if all(r[k] == v for k, v in wanted.items())]
        if len(rows) != 1:
            notes.append('%d rows for %r' % (len(rows), wanted))
            return None
        return rows[0]['packets'], rows[0]['bytes']


def size(packets):
    """What Stats.get() should say of them."""
    packets = list(packets)
    return len(packets), sum(len(p.data) for p in packets)


def names(directory):
    env = {f.__name__: f for f in (same, seqs, whole, unbroken, inbound,
                                   outbound, places, moved, read)}
    env.update(TCP=TCP, UDP=UDP, ICMP=ICMP, ICMP6=ICMP6, dir=directory,
               groupby=itertools.groupby, size=size, stats=Stats)
    port = int(os.environ.get('VXLAN_PORT', '4789'))

    def every(name):
        path = os.path.join(directory, name)
        if os.path.exists(path + '.mac'):
            return list(machine(path + '.pcap', read(path + '.mac'), name,
                                True))
        return list(collector(path + '.pcap', port, True))

    env['every'] = every
    for entry in os.listdir(directory):
        name, ext = os.path.splitext(entry)
        path = os.path.join(directory, entry)
        if ext == '.count':
            env['sent_' + name] = int(read(path) or 0)
        elif ext != '.pcap':
            continue
        elif os.path.exists(os.path.join(directory, name + '.mac')):
            mac = read(os.path.join(directory, name + '.mac'))
            env[name] = list(machine(path, mac, name))
        else:
            env[name] = list(collector(path, port))
    return env


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    directory, expression = sys.argv[1:3]
    deadline = time.monotonic() + float(sys.argv[3] if sys.argv[3:] else 5)
    fence(directory)
    while True:
        del notes[:]
        env = names(directory)
        if eval('(' + expression + ')', env):
            return
        if time.monotonic() > deadline:
            break
        wait_a_moment()
    print('expect.py: does not hold: ' + ' '.join(expression.split()))
    for note in notes[:30]:
        print('  ' + note)
    for name in sorted(n for n in env if isinstance(env[n], list)):
        print('  %s: %d packets, the last:' % (name, len(env[name])))
        for packet in env[name][-12:]:
            print('    %r' % packet)
    sys.exit(1)


if __name__ == '__main__':
    main()
