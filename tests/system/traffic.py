#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Traffic through real sockets, for the machines of a world.

usage: traffic.py serve PORT...
           echoes on TCP and UDP, prints "listening" when it does
       traffic.py tcp SRC SPORT DST DPORT [BYTES]
       traffic.py udp SRC SPORT DST DPORT [BYTES]
           one exchange with such a server; fails if no echo comes
       traffic.py talk SRC SPORT DST DPORT
           one TCP connection: each line of standard input is sent, and
           printed with "echo " before it when it has come back
       traffic.py stream SRC SPORT DST DPORT RATE FILE [BYTES]
           numbered UDP packets, RATE a second, until FILE.stop exists; then
           writes how many they were to FILE.count
"""

import os
import selectors
import socket
import struct
import sys
import time

SEQ_MARK = b'TM-SEQ:'


def make_socket(kind, src, sport):
    family = socket.AF_INET6 if ':' in src else socket.AF_INET
    s = socket.socket(family, kind)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((src, int(sport)))
    return s


def serve(*ports):
    sel = selectors.DefaultSelector()
    for port in ports:
        for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
            s = socket.socket(socket.AF_INET6, kind)
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(('::', int(port)))
            if kind == socket.SOCK_STREAM:
                s.listen(64)
            sel.register(s, selectors.EVENT_READ, kind)
    print('listening', flush=True)
    while True:
        for key, _ in sel.select():
            if key.data == socket.SOCK_DGRAM:
                data, peer = key.fileobj.recvfrom(65536)
                key.fileobj.sendto(data, peer)
            elif key.data == socket.SOCK_STREAM:
                sel.register(key.fileobj.accept()[0], selectors.EVENT_READ)
            else:
                data = key.fileobj.recv(65536)
                if data:
                    key.fileobj.sendall(data)
                else:
                    sel.unregister(key.fileobj)
                    key.fileobj.close()


def tcp(src, sport, dst, dport, size='100'):
    data = b'x' * int(size)
    with make_socket(socket.SOCK_STREAM, src, sport) as s:
        s.settimeout(10)
        s.connect((dst, int(dport)))
        s.sendall(data)
        left = len(data)
        while left:
            got = len(s.recv(65536))
            if not got:
                sys.exit('traffic.py: the server hung up')
            left -= got
        s.shutdown(socket.SHUT_WR)
        while s.recv(65536):
            pass


def udp(src, sport, dst, dport, size='100'):
    with make_socket(socket.SOCK_DGRAM, src, sport) as s:
        s.settimeout(10)
        s.sendto(b'x' * int(size), (dst, int(dport)))
        s.recv(65536)


def talk(src, sport, dst, dport):
    with make_socket(socket.SOCK_STREAM, src, sport) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.connect((dst, int(dport)))
        print('connected', flush=True)
        f = s.makefile('r')
        for text in sys.stdin:
            s.sendall(text.encode())
            print('echo ' + f.readline().strip(), flush=True)


def wait_for(seconds):
    time.sleep(seconds)


# A stream is at least this long, however quick what it accompanies is.
LEAST = 200


def stream(src, sport, dst, dport, rate, name, size='64'):
    n, fill = 0, b'.' * (int(size) - len(SEQ_MARK) - 8)
    with make_socket(socket.SOCK_DGRAM, src, sport) as s:
        begun = time.monotonic()
        while n < LEAST or not os.path.exists(name + '.stop'):
            n += 1
            s.sendto(SEQ_MARK + struct.pack('!Q', n) + fill,
                     (dst, int(dport)))
            wait = begun + n / float(rate) - time.monotonic()
            if wait > 0:
                wait_for(wait)
            elif wait < -0.1:
                begun -= wait
    with open(name + '.new', 'w') as f:
        f.write('%d\n' % n)
    os.rename(name + '.new', name + '.count')


COMMANDS = {'serve': serve, 'tcp': tcp, 'udp': udp, 'talk': talk,
            'stream': stream}

if __name__ == '__main__':
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    COMMANDS[sys.argv[1]](*sys.argv[2:])
