# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of GDB's remote protocol that does what no GDB would: every byte is the test's own."""
import socket


def frame(body):
    if isinstance(body, str):
        body = body.encode()
    return b"$" + body + b"#%02x" % (sum(body) & 0xff)


def escape(data):
    out = bytearray()
    for byte in data:
        if byte in b"#$}*":
            out += bytes((0x7d, byte ^ 0x20))
        else:
            out.append(byte)
    return bytes(out)


def unescape(data):
    out, i = bytearray(), 0
    while i < len(data):
        if data[i] == 0x7d:
            i += 1
            out.append(data[i] ^ 0x20)
        else:
            out.append(data[i])
        i += 1
    return bytes(out)


class Rsp:
    """In ack mode acknowledges what it reads; notifications are counted, not returned."""

    def __init__(self, port, acks=False, timeout=60):
        self.socket = socket.create_connection(("localhost", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = b""
        self.acks = True
        self.notifications = 0
        if not acks:
            self.no_ack()

    def no_ack(self):
        assert self.ask("QStartNoAckMode") == b"OK"
        self.acks = False

    def send(self, data):
        self.socket.sendall(data)

    def more(self):
        chunk = self.socket.recv(65536)
        if not chunk:
            raise EOFError("the server closed the connection")
        self.data += chunk

    def take(self, n):
        while len(self.data) < n:
            self.more()
        taken, self.data = self.data[:n], self.data[n:]
        return taken

    def packet(self):
        """The next packet's body; '+' are skipped."""
        while True:
            first = self.take(1)
            if first in (b"+", b"-"):
                continue
            assert first in (b"$", b"%"), (first, self.data)
            while b"#" not in self.data or len(self.data) < self.data.index(b"#") + 3:
                self.more()
            body = self.take(self.data.index(b"#"))
            assert int(self.take(3)[1:], 16) == sum(body) & 0xff
            if first == b"%":
                self.notifications += 1
                continue
            if self.acks:
                self.send(b"+")
            return body

    def ask(self, body):
        self.send(frame(body))
        return self.packet()

    def monitor(self, command):
        """The console text and the final answer of a monitor command."""
        text, answer = b"", self.ask(b"qRcmd," + command.encode().hex().encode())
        while answer.startswith(b"O") and answer != b"OK":
            text += bytes.fromhex(answer[1:].decode())
            answer = self.packet()
        return text.decode(), answer

    def is_quiet(self, seconds=0.3):
        """Nothing but notifications and console text comes for that long."""
        self.socket.settimeout(seconds)
        try:
            while self.packet()[:1] == b"O":
                pass
            return False
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(60)

    def is_closed(self):
        try:
            while True:
                self.take(1)
        except (EOFError, ConnectionError):
            return True
        except TimeoutError:
            return False

    def close(self):
        self.socket.close()
