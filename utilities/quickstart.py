# SPDX-License-Identifier: Apache-2.0
"""The packets of utilities/quickstart: sends them, reads what arrived at the
collector, and prints one table.

usage: quickstart.py WEB-PCAP COLLECTOR-PCAP

Runs inside the world that utilities/quickstart has made.  Each row of the
table is a kind of packet.  What the source saw of it (tcpdump on its own
interface) is compared with what the collector got (tcpdump, which decodes the
VXLAN): every packet that is to be copied must be there exactly once, with the
right VNI, and none of the others."""

import re
import subprocess
import sys
import time

DEADLINE = 20                   # Seconds, for anything that is waited for.

TCP_SERVER = """
import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("10.0.0.3", 80))
s.listen(8)
print("listening", flush=True)
while True:
    c, _ = s.accept()
    c.sendall(c.recv(100))
    c.close()
"""

TCP_CLIENT = """
import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.settimeout(10)
s.bind(("172.16.0.5", int(sys.argv[1])))
s.connect(("10.0.0.3", 80))
s.sendall(b"hello")
assert s.recv(100) == b"hello"
while s.recv(100):
    pass
"""

UDP_SERVER = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", int(sys.argv[1])))
print("listening", flush=True)
while True:
    s.recv(100)
"""

UDP_SEND = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((sys.argv[1], int(sys.argv[2])))
s.sendto(b"hello", (sys.argv[3], int(sys.argv[4])))
"""

# (what, side seen from 'web', how tcpdump prints its addresses, session and
# rule that decide it, VNI of the copy or None).
ROWS = [
    ("TCP 172.16.0.5:10000 > 10.0.0.3:80", "in",
     "IP 172.16.0.5.10000 > 10.0.0.3.80:", "web-audit", "in 1 accept", 100),
    ("TCP 172.16.0.5:10001 > 10.0.0.3:80", "in",
     "IP 172.16.0.5.10001 > 10.0.0.3.80:", "web-audit", "in 1 accept", 100),
    ("TCP 172.16.0.5:10002 > 10.0.0.3:80", "in",
     "IP 172.16.0.5.10002 > 10.0.0.3.80:", None, None, None),
    ("TCP 10.0.0.3:80 > 172.16.0.5:10000 (reply)", "out",
     "IP 10.0.0.3.80 > 172.16.0.5.10000:", "night-watch", "out 1 accept",
     200),
    ("UDP 192.168.0.3:5000 > 10.2.0.9:53", "out",
     "IP 192.168.0.3.5000 > 10.2.0.9.53:", "web-audit", "out 1 reject", None),
    ("UDP 10.0.0.3:5000 > 10.2.0.9:53", "out",
     "IP 10.0.0.3.5000 > 10.2.0.9.53:", "night-watch", "out 1 accept", 200),
    ("UDP 10.2.0.9:53 > 10.0.0.3:5000", "in",
     "IP 10.2.0.9.53 > 10.0.0.3.5000:", None, None, None),
    ("ICMP 172.16.0.5 > 10.0.0.3 echo request", "in",
     "IP 172.16.0.5 > 10.0.0.3: ICMP echo request", "night-watch",
     "in 1 accept", 200),
    ("ICMP 10.0.0.3 > 172.16.0.5 echo reply", "out",
     "IP 10.0.0.3 > 172.16.0.5: ICMP echo reply", "night-watch",
     "out 1 accept", 200),
    ("ARP 172.16.0.5 who-has 10.0.0.3", "in",
     "ARP, Request who-has 10.0.0.3", None, None, None),
]

# What 'explain' is asked for each row: the flow, as in ovs-ofctl(8).
FLOWS = [
    "tcp,nw_src=172.16.0.5,nw_dst=10.0.0.3,tp_src=10000,tp_dst=80",
    "tcp,nw_src=172.16.0.5,nw_dst=10.0.0.3,tp_src=10001,tp_dst=80",
    "tcp,nw_src=172.16.0.5,nw_dst=10.0.0.3,tp_src=10002,tp_dst=80",
    "tcp,nw_src=10.0.0.3,nw_dst=172.16.0.5,tp_src=80,tp_dst=10000",
    "udp,nw_src=192.168.0.3,nw_dst=10.2.0.9,tp_src=5000,tp_dst=53",
    "udp,nw_src=10.0.0.3,nw_dst=10.2.0.9,tp_src=5000,tp_dst=53",
    "udp,nw_src=10.2.0.9,nw_dst=10.0.0.3,tp_src=53,tp_dst=5000",
    "icmp,nw_src=172.16.0.5,nw_dst=10.0.0.3,icmp_type=8",
    "icmp,nw_src=10.0.0.3,nw_dst=172.16.0.5,icmp_type=0",
    "arp,arp_op=1,arp_tpa=10.0.0.3",
]


def wait_until(condition, what):
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            sys.exit("quickstart: timed out: " + what)
        time.sleep(0.05)


def in_vm(name, *argv):
    return ["ip", "netns", "exec", name, *argv]


def python_in(name, program, *argv):
    subprocess.run(in_vm(name, "/usr/bin/python3", "-c", program, *argv),
                   check=True)


def start_server(vm, program, *argv):
    server = subprocess.Popen(
        in_vm(vm, "/usr/bin/python3", "-c", program, *argv),
        stdout=subprocess.PIPE, text=True)
    server.stdout.readline()
    return server


def send_packets():
    servers = [start_server("web", TCP_SERVER),
               start_server("web", UDP_SERVER, "5000"),
               start_server("db", UDP_SERVER, "53")]
    try:
        subprocess.run(in_vm("client", "ip", "neigh", "flush", "all"),
                       check=True)
        for port in (10000, 10001, 10002):
            python_in("client", TCP_CLIENT, str(port))
        python_in("web", UDP_SEND, "192.168.0.3", "5000", "10.2.0.9", "53")
        python_in("web", UDP_SEND, "10.0.0.3", "5000", "10.2.0.9", "53")
        python_in("db", UDP_SEND, "10.2.0.9", "53", "10.0.0.3", "5000")
        subprocess.run(in_vm("client", "ping", "-q", "-c", "3", "-i", "0.2",
                             "10.0.0.3"),
                       check=True, stdout=subprocess.DEVNULL)
    finally:
        for server in servers:
            server.kill()
            server.wait()


def tcpdump(pcap):
    """What tcpdump prints of a capture, one packet an element."""
    text = subprocess.run(["tcpdump", "-nn", "-t", "-r", pcap],
                          check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True).stdout
    return text.splitlines()


def seen_at_source(pcap):
    return tcpdump(pcap)


def copies_at_collector(pcap):
    """(VNI, how tcpdump prints the inner packet) of each copy."""
    copies, vni = [], None
    for line in tcpdump(pcap):
        match = re.search(r"\.4789: VXLAN, flags \[I\] \(0x08\), vni (\d+)",
                          line)
        if match:
            vni = int(match.group(1))
            line = line[match.end():].strip()
        if vni is not None and line:
            copies.append((vni, line))
            vni = None
    return copies


def explain(direction, flow):
    """(session, rule) as the daemon explains the decision."""
    text = subprocess.run(
        ["ovs-appctl", "-t", "tmirrord", "explain", "web", direction, flow],
        check=True, stdout=subprocess.PIPE, text=True).stdout
    last = next(line for line in reversed(text.splitlines())
                if line.startswith("decision:"))
    match = re.search(
        r'session "([^"]+)".*, (in|out)bound rule (\d+) \((\w+)\)', last)
    if not match:
        return None, None
    return (match.group(1),
            f"{match.group(2)} {match.group(3)} {match.group(4)}")


def judge(row, flow, source, copies):
    """The row's columns, and whether all of it is as expected."""
    what, direction, pattern, session, rule, vni = row
    sent = sum(pattern in line for line in source)
    got = [v for v, line in copies if pattern in line]
    decided = explain(direction, flow)
    right = (sent > 0 and decided == (session, rule)
             and got == [vni] * (sent if vni is not None else 0))
    by = f"{decided[0]}: {decided[1]}" if decided[0] else "no rule"
    copied = (f"{len(got)} of {sent}, vni "
              + ",".join(str(v) for v in sorted(set(got)))
              if got else f"0 of {sent}")
    return (what, direction, by, copied, "yes" if right else "NO"), right


def print_table(rows):
    head = ("packet at 'web'", "dir", "decided by (session: rule)", "copied",
            "as expected")
    widths = [max(len(r[i]) for r in [head, *rows]) for i in range(len(head))]
    for r in (head, tuple("-" * w for w in widths), *rows):
        print("  ".join(c.ljust(w) for c, w in zip(r, widths)).rstrip())


def main():
    web_pcap, collector_pcap = sys.argv[1:]
    send_packets()

    # The last packets to be copied are the echo replies.
    def complete():
        copies = copies_at_collector(collector_pcap)
        return sum("ICMP echo reply" in line for _, line in copies) >= 3
    wait_until(complete, "copies at the collector")

    source = seen_at_source(web_pcap)
    copies = copies_at_collector(collector_pcap)
    rows, all_right = [], True
    for row, flow in zip(ROWS, FLOWS):
        columns, right = judge(row, flow, source, copies)
        rows.append(columns)
        all_right &= right
    print_table(rows)
    patterns = [row[2] for row in ROWS]
    others = [line for _, line in copies
              if not any(p in line for p in patterns)
              and not re.match(r"IP 10\.0\.0\.3\.80 > 172\.16\.0\.5\.", line)]
    if others:
        print("copies that no row explains:", *others, sep="\n  ")
    return 0 if all_right and not others else 1


if __name__ == "__main__":
    sys.exit(main())
