#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the VXLAN packets of a capture, one line each.

A decoder of its own, standard library only, so that what the tests believe of
a copy does not rest on the code under test.  RFC 7348 (VXLAN), RFC 791, RFC
8200, IEEE 802.1Q; pcap(5) as tcpdump writes it.  A capture that is being
written may end within a packet: what is whole is printed.
"""

import argparse
import ipaddress
import json
import struct
import sys

ETH_IPV4, ETH_ARP, ETH_IPV6 = 0x0800, 0x0806, 0x86dd
ETH_VLAN = (0x8100, 0x88a8)
TCP, UDP, ICMP, ICMP6, FRAGMENT = 6, 17, 1, 58, 44
PROTO_NAMES = {TCP: 'tcp', UDP: 'udp', ICMP: 'icmp', ICMP6: 'icmp6'}
# Hop-by-hop, routing, destination options: skipped.
EXTENSIONS = (0, 43, 60)
TCP_FLAGS = 'FSRPAUEC'


def records(path):
    """Yields (time, frame) for each whole record of a pcap file."""
    with open(path, 'rb') as f:
        data = f.read()
    if len(data) < 24:
        return
    for order in '<', '>':
        magic = struct.unpack_from(order + 'I', data)[0]
        if magic in (0xa1b2c3d4, 0xa1b23c4d):
            unit = 1e-6 if magic == 0xa1b2c3d4 else 1e-9
            break
    else:
        sys.exit('%s: not a pcap file' % path)
    pos = 24
    while pos + 16 <= len(data):
        sec, frac, size, _ = struct.unpack_from(order + 'IIII', data, pos)
        pos += 16
        if pos + size > len(data):
            return
        yield sec + frac * unit, data[pos:pos + size]
        pos += size


def mac(b):
    return ':'.join('%02x' % x for x in b)


def ethernet(frame):
    """Returns (fields, payload)."""
    if len(frame) < 14:
        return {}, b''
    d = {'eth_dst': mac(frame[0:6]), 'eth_src': mac(frame[6:12]),
         'vlans': [], 'pcps': []}
    pos = 12
    ethertype = struct.unpack_from('!H', frame, pos)[0]
    while ethertype in ETH_VLAN and len(frame) >= pos + 6:
        tci, ethertype = struct.unpack_from('!HH', frame, pos + 2)
        d['vlans'].append(tci & 0xfff)
        d['pcps'].append(tci >> 13)
        pos += 4
    d['ethertype'] = ethertype
    return d, frame[pos + 2:]


def ipv4(p):
    if len(p) < 20 or p[0] >> 4 != 4:
        return {}, b''
    (first, tos, length, ident, frag, ttl, proto) = \
        struct.unpack_from('!BBHHHBB', p)
    d = {'ip_src': str(ipaddress.IPv4Address(p[12:16])),
         'ip_dst': str(ipaddress.IPv4Address(p[16:20])),
         'ip_len': length, 'tos': tos, 'ttl': ttl, 'proto': proto,
         'ip_id': ident, 'df': bool(frag & 0x4000),
         'more_frags': bool(frag & 0x2000),
         'frag_offset': (frag & 0x1fff) * 8}
    return d, p[(first & 15) * 4:length]


def ipv6(p):
    if len(p) < 40 or p[0] >> 4 != 6:
        return {}, b''
    first, length, proto, ttl = struct.unpack_from('!IHBB', p)
    d = {'ip_src': str(ipaddress.IPv6Address(p[8:24])),
         'ip_dst': str(ipaddress.IPv6Address(p[24:40])),
         'ip_len': length + 40, 'tos': first >> 20 & 0xff, 'ttl': ttl,
         'more_frags': False, 'frag_offset': 0}
    p = p[40:40 + length]
    while len(p) >= 8 and proto in EXTENSIONS + (FRAGMENT,):
        if proto == FRAGMENT:
            frag, d['ip_id'] = struct.unpack_from('!HI', p, 2)
            d['frag_offset'] = frag & 0xfff8
            d['more_frags'] = bool(frag & 1)
            proto, p = p[0], p[8:]
            if d['frag_offset']:
                break
        else:
            proto, p = p[0], p[(p[1] + 1) * 8:]
    d['proto'] = proto
    return d, p


def transport(d, p):
    """Adds the fields of the transport header, if 'p' begins with one."""
    proto = d.get('proto')
    if d.get('frag_offset'):
        return p
    if proto in (TCP, UDP) and len(p) >= 4:
        d['sport'], d['dport'] = struct.unpack_from('!HH', p)
    if proto == TCP and len(p) >= 14:
        d['tcp_flags'] = ''.join(c for i, c in enumerate(TCP_FLAGS)
                                 if p[13] >> i & 1)
    elif proto == UDP:
        return p[8:]
    elif proto in (ICMP, ICMP6) and len(p) >= 2:
        d['icmp_type'], d['icmp_code'] = p[0], p[1]
    return p


def network(d, p):
    if d.get('ethertype') == ETH_IPV4:
        ip, p = ipv4(p)
    elif d.get('ethertype') == ETH_IPV6:
        ip, p = ipv6(p)
    else:
        return b''
    d.update(ip)
    return transport(d, p)


def decode(time, frame, port):
    """Returns what a VXLAN packet is, or None if 'frame' is none."""
    outer, p = ethernet(frame)
    p = network(outer, p)
    if (outer.get('proto') != UDP or outer.get('dport') != port
            or outer.get('frag_offset') or len(p) < 8):
        return None
    flags, vni = struct.unpack_from('!II', p)
    inner_frame = p[8:]
    d = {'time': time, 'vni': vni >> 8, 'vxlan_flags': flags >> 24,
         'outer_src': outer['ip_src'], 'outer_dst': outer['ip_dst'],
         'outer_len': outer['ip_len'], 'outer_ttl': outer['ttl'],
         'outer_tos': outer['tos'], 'outer_df': outer.get('df'),
         'outer_eth_src': outer['eth_src'],
         'outer_eth_dst': outer['eth_dst'],
         'udp_sport': outer['sport'], 'udp_dport': outer['dport'],
         'frame_len': len(inner_frame), 'frame': inner_frame.hex()}
    inner, p = ethernet(inner_frame)
    network(inner, p)
    d.update(inner)
    return d


def line(d):
    s = ['%.6f %s > %s len=%d udp %d>%d vni=%d frame=%d'
         % (d['time'], d['outer_src'], d['outer_dst'], d['outer_len'],
            d['udp_sport'], d['udp_dport'], d['vni'], d['frame_len'])]
    if 'ethertype' not in d:
        return s[0]
    s.append('%s > %s' % (d['eth_src'], d['eth_dst']))
    s += ['vlan=%d' % v for v in d['vlans']]
    s.append('0x%04x' % d['ethertype'])
    if 'ip_src' in d:
        s.append('%s > %s' % (d['ip_src'], d['ip_dst']))
        s.append(PROTO_NAMES.get(d['proto'], 'proto=%d' % d['proto']))
        if 'sport' in d:
            s.append('%d>%d' % (d['sport'], d['dport']))
        if 'tcp_flags' in d:
            s.append('flags=' + d['tcp_flags'])
        if 'icmp_type' in d:
            s.append('type=%d code=%d' % (d['icmp_type'], d['icmp_code']))
        if d['frag_offset'] or d['more_frags']:
            s.append('frag=%d%s' % (d['frag_offset'],
                                    '+' if d['more_frags'] else ''))
    return ' '.join(s)


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument('--json', action='store_true',
                    help='one JSON object a line, with every field')
    ap.add_argument('--count', action='store_true', help='the number only')
    ap.add_argument('--vni', type=int, help='only this VNI')
    ap.add_argument('--port', type=int, default=4789,
                    help='UDP destination port (default %(default)s)')
    ap.add_argument('pcap')
    args = ap.parse_args()

    n = 0
    for time, frame in records(args.pcap):
        d = decode(time, frame, args.port)
        if d is None or args.vni is not None and d['vni'] != args.vni:
            continue
        n += 1
        if not args.count:
            print(json.dumps(d) if args.json else line(d))
    if args.count:
        print(n)


if __name__ == '__main__':
    main()
