# SPDX-License-Identifier: Apache-2.0
"""Clients of tmirrord's HTTP server.

usage: http-clients.py get ADDR:PORT PATH...    prints status and body of each
       http-clients.py raw ADDR:PORT            request from stdin, answer out
       http-clients.py many ADDR:PORT           all that is right is answered
       http-clients.py waiting ADDR:PORT PID    more scrapes than are let in
       http-clients.py crowd ADDR:PORT PID COMMAND...

'many' are requests that come in one after another and at the same time, near
the limit and over it: each has to get the answer that is its own.

'waiting' are scrapes at a time when the switch does not answer: no more are
let in than may be, none of them is thrown out, and all are answered.

'crowd' is a crowd of clients that are slow, silent, or say too much.  While
they are there COMMAND has to succeed, and who asks is answered promptly.  They
all have to be gone in the end, and the server must neither have lost
descriptors nor have spun."""

import http.client
import os
import socket
import subprocess
import sys
import time

SILENT = 100                    # More than are let in.
SERVED = 64                     # Those that are.
DEADLINE = 10                   # Seconds that a connection has.
PROMPT = 3                      # Seconds for an answer, among a crowd.
HEAD = 8192                     # Bytes that a request may have, about.
PATIENCE = 60                   # Seconds for anything to happen.


def connect(address):
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host.strip("[]"), int(port)),
                                    timeout=PATIENCE)


def get(address, path, method="GET"):
    host, port = address.rsplit(":", 1)
    c = http.client.HTTPConnection(host.strip("[]"), int(port),
                                   timeout=PATIENCE)
    c.request(method, path)
    answer = c.getresponse()
    return answer.status, answer.read().decode()


def read_all(s):
    data = b""
    try:
        while True:
            part = s.recv(65536)
            if not part:
                return data
            data += part
    except ConnectionError:
        return data


def wait(seconds):
    time.sleep(seconds)


def until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            sys.exit("gave up waiting: " + what)
        wait(0.05)


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        words = f.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def talk(address, request, half=False):
    s = connect(address)
    s.sendall(request)
    if half:
        s.shutdown(socket.SHUT_WR)
    return read_all(s)


def expect(answer, code, what):
    if not answer.startswith(b"HTTP/1.1 %d " % code) \
            or answer.count(b"HTTP/1.1 ") != 1 \
            or code == 200 and answer.count(b"\r\nConnection: close\r\n") != 1 \
            or code == 200 and not answer.endswith(b"ok\n"):
        sys.exit(f"{what}: {answer[:400]}")


def request_of(size, first="GET /healthz HTTP/1.1"):
    return f"{first}\r\nX: ".encode() + b"a" * size + b"\r\n\r\n"


def many(address):
    right = request_of(HEAD - 100)
    wrong = request_of(HEAD + 1)
    for i in range(100):
        expect(talk(address, right), 200, f"request {i}")
        expect(talk(address, wrong), 400, f"too long a request {i}")
    for _ in range(10):
        clients = [connect(address) for _ in range(SERVED // 2)]
        for s in clients:
            s.sendall(right)
        for s in clients:
            expect(read_all(s), 200, "at the same time")
    expect(talk(address, right, half=True), 200, "through with sending")
    answer = talk(address, b"GET /metrics HTTP/1.1\r\n\r\n", half=True)
    if b"tmirror_build_info" not in answer:
        sys.exit(f"through with sending: {answer}")
    for size, code in (1024, 200), (1025, 413):
        expect(talk(address, b"GET /healthz HTTP/1.1\r\nContent-Length: %d"
                    b"\r\n\r\n" % size + b"b" * size), code, "a body")
    # One request a connection, whatever else the client wants.
    expect(talk(address, b"GET /healthz HTTP/1.1\r\n\r\n" * 3), 200,
           "three in one")
    answer = talk(address, request_of(1, "GET /healthz HTTP/1.0")
                  .replace(b"X: a", b"Connection: keep-alive"))
    expect(answer.replace(b"HTTP/1.0", b"HTTP/1.1"), 200, "kept open")
    if b"keep-alive" in answer:
        sys.exit(f"both kept open and closed: {answer}")


def waiting(address, pid):
    before = descriptors(pid)
    most = 0
    clients = []
    for _ in range(SILENT):
        s = connect(address)
        s.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        clients.append(s)
        most = max(most, descriptors(pid))
    until(lambda: descriptors(pid) >= before + SERVED, "scrapes let in")
    for s in clients:
        answer = read_all(s)
        most = max(most, descriptors(pid))
        if not answer.startswith(b"HTTP/1.1 200 ") \
                or b"\ntmirror_stats_up 0\n" not in answer:
            sys.exit(f"an answer without the switch: {answer[:400]}")
    # /metrics itself opens one file or two in its turn.
    if most > before + SERVED + 2:
        sys.exit(f"{most - before} connections")


def dribble(address):
    """One byte now and then, for ever.  Returns after how many seconds the
    server has had enough."""
    s = connect(address)
    s.setblocking(False)
    begin = time.monotonic()
    s.send(b"GET /healthz HTTP/1.1\r\nX: ")
    while time.monotonic() < begin + PATIENCE:
        try:
            s.send(b"a")
            if s.recv(1) == b"":
                break
        except BlockingIOError:
            pass
        except ConnectionError:
            break
        wait(0.2)
    return time.monotonic() - begin


def too_much(address):
    """Heads, bodies and garbage without end: an error, or no answer."""
    for request in (b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 1000000,
                    b"GET /" + b"a" * 1000000,
                    b"GET /healthz HTTP/1.1\r\n" + b"X: y\r\n" * 100000,
                    b"GET /healthz HTTP/1.1\r\nContent-Length: 999999999999"
                    b"\r\n\r\n" + b"b" * 100000,
                    b"\x00\xff\x16\x03\x01 garbage \r\n\r\n" * 1000,
                    b"GET /healthz HTTP/9.9\r\n\r\n" * 1000):
        s = connect(address)
        try:
            s.sendall(request)
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        answer = read_all(s)
        if answer and not answer.startswith((b"HTTP/1.1 400 ",
                                             b"HTTP/1.1 413 ")):
            sys.exit(f"{request[:40]}: {answer[:100]}")


def hang_up(address):
    """Asks and does not wait for the answer."""
    for path in (b"/metrics", b"/stats", b"/healthz"):
        s = connect(address)
        s.sendall(b"GET " + path + b" HTTP/1.1\r\n\r\n")
        s.close()


def crowd(address, pid, command):
    before = descriptors(pid)
    cpu = cpu_seconds(pid)
    silent = [connect(address) for _ in range(SILENT)]
    # The last place is kept free.
    until(lambda: descriptors(pid) >= before + SERVED - 1, "clients let in")
    if descriptors(pid) > before + SERVED + 2:
        sys.exit(f"{descriptors(pid) - before} connections")
    begin = time.monotonic()
    subprocess.run(command, check=True)
    took = time.monotonic() - begin
    if took > DEADLINE / 2:
        sys.exit(f"a change took {took:.1f} s")
    begin = time.monotonic()
    status, _ = get(address, "/healthz")
    took = time.monotonic() - begin
    if status != 200 or took > PROMPT:
        sys.exit(f"status {status} after {took:.1f} s")
    quiet = cpu_seconds(pid)
    for s in silent:
        if s.recv(1) != b"":
            sys.exit("an answer without a request")
        s.close()
    # All that time there was nothing to do but wait.
    quiet = cpu_seconds(pid) - quiet
    if quiet > 1:
        sys.exit(f"{quiet:.1f} s of CPU time while all were silent")
    took = dribble(address)
    if took < DEADLINE / 2 or took > DEADLINE * 3:
        sys.exit(f"a dribbling client was cut off after {took:.1f} s")
    too_much(address)
    hang_up(address)
    until(lambda: descriptors(pid) <= before, "descriptors closed")
    if cpu_seconds(pid) - cpu > 5:
        sys.exit(f"{cpu_seconds(pid) - cpu:.1f} s of CPU time")
    status, _ = get(address, "/metrics")
    if status != 200:
        sys.exit(f"status {status}")


def main():
    what, address = sys.argv[1:3]
    if what == "get":
        for path in sys.argv[3:]:
            status, body = get(address, path)
            print(status, body, end="")
    elif what == "raw":
        s = connect(address)
        s.sendall(sys.stdin.buffer.read())
        sys.stdout.buffer.write(read_all(s))
    elif what == "many":
        many(address)
    elif what == "waiting":
        waiting(address, int(sys.argv[3]))
    else:
        crowd(address, int(sys.argv[3]), sys.argv[4:])


main()
