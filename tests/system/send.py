#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sends frames made to order out of an interface of this namespace.

usage: send.py KIND [KEY=VALUE]...

KIND is tcp, udp, icmp, icmp6, arp, ip (any protocol), eth (any ethertype), or
sink (sends nothing: takes in what comes to UDP port=N until it is killed).

  dev=eth0            interface
  smac=, dmac=        default: of dev; of the neighbour table (group: computed)
  vlan=N[,N]          tags, outermost first      pcp=N  of all of them
  src=, dst=          addresses; src defaults to the one of dev
  ttl=64 tos=0 id=N df=1   IP header             proto=N  (kind ip)
  sport= dport= flags=S seq= ack=                 (flags: letters of FSRPAUEC)
  type= code=         icmp, icmp6 (default: echo request)
  len=N               bytes of payload           data=HEX  or these bytes
  frame=N             pad the payload up to a frame of N bytes (without FCS)
  frag=N              in IP fragments with N bytes of payload each
  op=request|reply sha= spa= tha= tpa=            arp
  ethertype=0xNNNN    (kind eth)
  count=1             how many times; sport and id stay the same
  hosts=N peers=N     from N addresses, src and those after it; to N, dst and
                      those after it; with both, from the first to the first
  numbered=1          the payload is a number, as of traffic.py stream
  rate=N              at most so many frames a second
  print=1             also prints each frame in hexadecimal

RFC 791, 8200, 9293, 768, 792, 4443, 826.
"""

import fcntl
import ipaddress
import os
import socket
import struct
import subprocess
import sys
import time

PROTOS = {'tcp': 6, 'udp': 17, 'icmp': 1, 'icmp6': 58}
KEYS = set('dev smac dmac vlan pcp src dst ttl tos id df proto sport dport '
           'flags seq ack type code len data frame frag op sha spa tha tpa '
           'ethertype count print port hosts peers numbered rate'.split())
SEQ_MARK = b'TM-SEQ:'
SIOCGIFADDR = 0x8915


def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def mac_bytes(s):
    return bytes.fromhex(s.replace(':', ''))


def dev_mac(dev):
    with open('/sys/class/net/%s/address' % dev) as f:
        return f.read().strip()


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True,
                          universal_newlines=True).stdout


def dev_address(dev, version):
    if version == 4:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            ifreq = struct.pack('256s', dev.encode())
            return socket.inet_ntoa(
                fcntl.ioctl(s, SIOCGIFADDR, ifreq)[20:24])
    for line in run('ip', '-6', '-o', 'addr', 'show', 'dev', dev, 'scope',
                    'global').splitlines():
        return line.split()[3].split('/')[0]
    sys.exit('send.py: %s has no IPv6 address, give src=' % dev)


def neighbour_mac(dev, dst):
    """The MAC address for 'dst': computed for groups, else as the kernel has
    it."""
    if dst.version == 4 and dst == ipaddress.ip_address('255.255.255.255'):
        return 'ff:ff:ff:ff:ff:ff'
    if dst.is_multicast:
        low = dst.packed[-4:]
        if dst.version == 6:
            return '33:33:' + ':'.join('%02x' % b for b in low)
        return '01:00:5e:%02x:%02x:%02x' % (low[1] & 0x7f, low[2], low[3])
    words = run('ip', 'neigh', 'show', 'to', str(dst), 'dev', dev).split()
    if 'lladdr' not in words:
        sys.exit('send.py: %s is no known neighbour, give dmac=' % dst)
    return words[words.index('lladdr') + 1]


class Sender:
    def __init__(self, kind, keys):
        self.kind, self.keys, self.number = kind, keys, 0
        self.dev = keys.get('dev', 'eth0')

    def num(self, key, default=0):
        return int(self.keys[key], 0) if key in self.keys else default

    def link_header(self, ethertype, dmac):
        header = mac_bytes(self.keys.get('dmac') or dmac) \
            + mac_bytes(self.keys.get('smac') or dev_mac(self.dev))
        if 'vlan' in self.keys:
            for vid in self.keys['vlan'].split(','):
                header += struct.pack('!HH', 0x8100,
                                      self.num('pcp') << 13 | int(vid, 0))
        return header + struct.pack('!H', ethertype)

    def payload(self, headers):
        """'headers': bytes that the frame has before the payload."""
        if 'numbered' in self.keys:
            self.number += 1
            return SEQ_MARK + struct.pack('!Q', self.number)
        if 'data' in self.keys:
            return bytes.fromhex(self.keys['data'])
        n = self.num('len')
        if 'frame' in self.keys:
            n = self.num('frame') - headers
            if n < 0:
                sys.exit('send.py: frame= is less than the headers, %d'
                         % headers)
        return bytes(i & 0xff for i in range(n))

    def transport_header_len(self):
        return {'tcp': 20, 'udp': 8, 'icmp': 8, 'icmp6': 8}.get(self.kind, 0)

    def transport(self, src, dst, payload):
        proto = PROTOS.get(self.kind, self.num('proto', 253))
        total = self.transport_header_len() + len(payload)
        if src.version == 4:
            pseudo = src.packed + dst.packed + struct.pack('!BBH', 0, proto,
                                                           total)
        else:
            pseudo = src.packed + dst.packed + struct.pack('!II', total, proto)
        sport, dport = self.num('sport', 10000), self.num('dport', 80)
        if self.kind == 'tcp':
            flags = sum(1 << 'FSRPAUEC'.index(c)
                        for c in self.keys.get('flags', 'S'))
            fmt, at = '!HHIIBBHHH', 16
            fields = [sport, dport, self.num('seq', 1), self.num('ack'),
                      5 << 4, flags, 65535, 0, 0]
        elif self.kind == 'udp':
            fmt, at = '!HHHH', 6
            fields = [sport, dport, total, 0]
        elif self.kind in ('icmp', 'icmp6'):
            fmt, at = '!BBHHH', 2
            fields = [self.num('type', 8 if self.kind == 'icmp' else 128),
                      self.num('code'), 0, self.num('id', 1),
                      self.num('seq', 1)]
            if self.kind == 'icmp':
                pseudo = b''
        else:
            return proto, payload
        segment = bytearray(struct.pack(fmt, *fields) + payload)
        value = checksum(pseudo + bytes(segment))
        if self.kind == 'udp' and not value:
            value = 0xffff
        struct.pack_into('!H', segment, at, value)
        return proto, bytes(segment)

    def ipv4(self, src, dst, proto, p, offset, more):
        frag = offset // 8 | (0x2000 if more else 0) \
            | (0x4000 if self.num('df') else 0)
        header = bytearray(struct.pack(
            '!BBHHHBBH', 0x45, self.num('tos'), 20 + len(p),
            self.num('id', 1), frag, self.num('ttl', 64), proto, 0)
            + src.packed + dst.packed)
        struct.pack_into('!H', header, 10, checksum(bytes(header)))
        return bytes(header) + p

    def ipv6(self, src, dst, proto, p, offset, more):
        if offset or more:
            p = struct.pack('!BBHI', proto, 0, offset | (1 if more else 0),
                            self.num('id', 1)) + p
            proto = 44
        return struct.pack('!IHBB', 6 << 28 | self.num('tos') << 20, len(p),
                           proto, self.num('ttl', 64)) \
            + src.packed + dst.packed + p

    def ip_frames(self):
        if 'dst' not in self.keys:
            sys.exit('send.py: dst= is needed')
        dst = ipaddress.ip_address(self.keys['dst'])
        src = ipaddress.ip_address(self.keys.get('src')
                                   or dev_address(self.dev, dst.version))
        if src.version != dst.version:
            sys.exit('send.py: src and dst are of different IP versions')
        dmac = self.keys.get('dmac') or neighbour_mac(self.dev, dst)
        hosts, peers = self.num('hosts', 1), self.num('peers', 1)
        for i in range(max(hosts, peers)):
            yield from self.datagram(src + i % hosts, dst + i % peers, dmac)

    def datagram(self, src, dst, dmac):
        v4 = dst.version == 4
        link = self.link_header(0x0800 if v4 else 0x86dd, dmac)
        payload = self.payload(len(link) + (20 if v4 else 40)
                               + self.transport_header_len())
        proto, segment = self.transport(src, dst, payload)
        size = self.num('frag', 0) or len(segment) or 1
        if size % 8 and size < len(segment):
            sys.exit('send.py: frag= has to be a multiple of 8')
        make = self.ipv4 if v4 else self.ipv6
        for offset in range(0, max(len(segment), 1), size):
            part = segment[offset:offset + size]
            more = offset + size < len(segment)
            yield link + make(src, dst, proto, part, offset, more)

    def arp_frames(self):
        op = {'request': 1, 'reply': 2}[self.keys.get('op', 'request')]
        dmac = 'ff:ff:ff:ff:ff:ff' if op == 1 else self.keys.get('tha')
        sha = self.keys.get('sha') or dev_mac(self.dev)
        tha = self.keys.get('tha') or '00:00:00:00:00:00'
        spa = self.keys.get('spa') or dev_address(self.dev, 4)
        if 'tpa' not in self.keys or not (dmac or 'dmac' in self.keys):
            sys.exit('send.py: tpa= is needed, for a reply tha= too')
        yield self.link_header(0x0806, dmac) + struct.pack(
            '!HHBBH', 1, 0x0800, 6, 4, op) + mac_bytes(sha) \
            + socket.inet_aton(spa) + mac_bytes(tha) \
            + socket.inet_aton(self.keys['tpa'])

    def eth_frames(self):
        if 'dmac' not in self.keys:
            sys.exit('send.py: dmac= is needed')
        link = self.link_header(self.num('ethertype', 0x88b5), None)
        yield link + self.payload(len(link))

    def run(self):
        make = {'arp': self.arp_frames, 'eth': self.eth_frames}
        make = make.get(self.kind, self.ip_frames)
        frames = list(make())
        begun, n = time.monotonic(), 0
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
            s.bind((self.dev, 0))
            for turn in range(self.num('count', 1)):
                if turn and 'numbered' in self.keys:
                    frames = list(make())
                for frame in frames:
                    s.send(frame)
                    if self.num('print'):
                        print(frame.hex())
                    n += 1
                    if 'rate' in self.keys:
                        wait_until(begun + n / self.num('rate'))


def wait_until(moment):
    left = moment - time.monotonic()
    if left > 0:
        time.sleep(left)


def sink(port):
    """Listens on both IP versions, and says so once it does."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        s.bind(('::', port))
        print('listening', flush=True)
        while True:
            s.recv(65536)


def main():
    kinds = ('tcp', 'udp', 'icmp', 'icmp6', 'arp', 'ip', 'eth', 'sink')
    if len(sys.argv) < 2 or sys.argv[1] not in kinds:
        sys.exit(__doc__)
    keys = {}
    for arg in sys.argv[2:]:
        key, equals, value = arg.partition('=')
        if not equals or key not in KEYS:
            sys.exit("send.py: '%s' is not one of the KEY=VALUE arguments"
                     % arg)
        keys[key] = value
    if sys.argv[1] == 'sink':
        sink(int(keys.get('port', '4789')))
    else:
        Sender(sys.argv[1], keys).run()


if __name__ == '__main__':
    os.environ['PATH'] += ':/usr/sbin:/sbin'
    main()
