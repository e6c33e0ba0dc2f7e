# SPDX-License-Identifier: Apache-2.0
"""The least of an OVSDB client (RFC 7047) and of a unixctl client: JSON-RPC
over a Unix socket.  Blocking, one thread."""

import codecs
import json
import socket


class JsonRpc:
    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(path)
        self.decoder = json.JSONDecoder()
        self.utf8 = codecs.getincrementaldecoder("utf-8")()
        self.text = ""
        self.next_id = 0
        self.notes = []         # Notifications that came while waiting.

    def close(self):
        self.sock.close()

    def receive(self):
        """The next message, whatever it is."""
        while True:
            self.text = self.text.lstrip()
            # A long message comes in many pieces: not worth a try each time.
            if self.text.endswith("}"):
                try:
                    message, end = self.decoder.raw_decode(self.text)
                    self.text = self.text[end:]
                    return message
                except json.JSONDecodeError:
                    pass
            data = self.sock.recv(1 << 20)
            if not data:
                raise EOFError("the server closed the connection")
            self.text += self.utf8.decode(data)

    def call(self, method, params):
        self.next_id += 1
        request = {"method": method, "params": params, "id": self.next_id}
        self.sock.sendall(json.dumps(request).encode())
        while True:
            message = self.receive()
            if message.get("method") == "echo":
                self.sock.sendall(json.dumps(
                    {"result": message["params"], "error": None,
                     "id": message["id"]}).encode())
            elif message.get("method"):
                self.notes.append(message)
            elif message["id"] == self.next_id:
                if message.get("error"):
                    raise RuntimeError(message["error"])
                return message["result"]

    def note(self):
        """The next notification."""
        while not self.notes:
            message = self.receive()
            if message.get("method") == "echo":
                self.sock.sendall(json.dumps(
                    {"result": message["params"], "error": None,
                     "id": message["id"]}).encode())
            elif message.get("method"):
                self.notes.append(message)
        return self.notes.pop(0)


class Database(JsonRpc):
    def __init__(self, path, name):
        super().__init__(path)
        self.name = name

    def transact(self, *operations):
        result = self.call("transact", [self.name, *operations])
        for part in result:
            if part and part.get("error"):
                raise RuntimeError(part)
        return result

    def select(self, table, where=(), columns=None):
        op = {"op": "select", "table": table, "where": list(where)}
        if columns:
            op["columns"] = columns
        return self.transact(op)[0]["rows"]

    def monitor(self, table, columns):
        """Returns the rows there are; changes come by note()."""
        return self.call("monitor", [self.name, table,
                                     {table: {"columns": columns}}])


def unixctl(path, command, *args):
    rpc = JsonRpc(path)
    try:
        return rpc.call(command, list(args))
    finally:
        rpc.close()
