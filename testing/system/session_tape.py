# SPDX-License-Identifier: GPL-2.0-or-later
"""Recorded GDB sessions: what an IDE's GDB said to the server and what it got, as text.

A tape has lines "# comment", "! flash HEX" (what was in flash before), "mi COMMAND" (what the IDE told GDB, for the
reader), "> packet" and "< packet" (the remote protocol; \\xNN for bytes that are no text), "> ^C". Acknowledgements
are left out. replay() plays the client's side to a server and compares what is stable in the answers."""
import re
import select
import socket
import threading

from rsp_client import Rsp, frame

CONTRACT = re.compile(r"halted due to|xPSR:|invalid command name")


def to_text(data):
    return "".join(chr(b) if 0x20 <= b < 0x7f and b != 0x5c else f"\\x{b:02x}" for b in data)


def to_bytes(text):
    return re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m.group(1), 16)]), text.encode("latin-1"))


def packets(data):
    """The packets and interrupts in a piece of the stream, and the rest that is not complete."""
    out = []
    while data:
        if data[0] == 0x03:
            out.append("^C")
            data = data[1:]
        elif data[0:1] in (b"$", b"%"):
            end = data.find(b"#")
            if end < 0 or len(data) < end + 3:
                break
            out.append(data[:1].decode().replace("$", "") + to_text(data[1:end]))
            data = data[end + 3:]
        else:
            data = data[1:]
    return out, data


class Tap:
    """Listens on a port, passes everything on to the server's, and keeps it."""

    def __init__(self, server_port):
        self.listener = socket.create_server(("localhost", 0))
        self.port = self.listener.getsockname()[1]
        self.server_port = server_port
        self.lines = []
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        client, _ = self.listener.accept()
        server = socket.create_connection(("localhost", self.server_port))
        rest = {client: b"", server: b""}
        for s in rest:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            for s in select.select(list(rest), [], [])[0]:
                try:
                    data = s.recv(65536)
                except ConnectionError:
                    data = b""
                if not data:
                    client.close()
                    server.close()
                    return
                found, rest[s] = packets(rest[s] + data)
                self.lines += [("> " if s is client else "< ") + p for p in found]
                (server if s is client else client).sendall(data)

    def close(self):
        self.thread.join(20)
        self.listener.close()


def exchanges(text):
    """Of a tape: (what the client sent, [answers up to its next word])."""
    out = []
    for line in text.split("\n"):
        if line.startswith("> "):
            out.append((line[2:], []))
        elif line.startswith("< ") and out:
            out[-1][1].append(line[2:])
    return out


def flash_of(text):
    match = re.search(r"^! flash ([0-9a-f]+)$", text, re.M)
    return bytes.fromhex(match.group(1)) if match else b""


def console_text(answers):
    return "".join(bytes.fromhex(a[1:]).decode(errors="replace") for a in answers if is_console(a))


def is_console(answer):
    return re.fullmatch(r"O([0-9a-f]{2})*", answer) is not None and answer != "OK"


def fields(stop):
    """A stop reply as a dict; a register's value counts, a note that was added since does not."""
    pairs = (part.partition(":") for part in stop[3:].split(";") if part)
    return {"signal": stop[1:3], **{key: value for key, _, value in pairs}}


def monitor_command(request):
    return bytes.fromhex(request[6:]).decode() if request.startswith("qRcmd,") else ""


def kind(answer):
    """Values, an error, a stop, nothing..."""
    return "values" if re.fullmatch("[0-9a-fx]+", answer) else answer[:3]


def facts(request, answer):
    """What must still hold of an answer: a list of facts."""
    if request.startswith("qSupported"):
        return sorted(re.sub(r"=.*", "=", word) for word in answer.split(";"))
    if re.match(r"T[0-9a-f]{2}", answer):
        return sorted(fields(answer).items())
    if request.startswith("qXfer:"):
        return re.findall(r'(?:reg|memory|thread|feature) [^>]*?(?:name|type|id)="[^"]+"', answer) or [answer[:1]]
    return [answer]


class Tape:
    """replay() raises AssertionError with the first difference."""

    def __init__(self, path):
        self.text = path.read_text(encoding="ascii")

    def replay(self, port):
        client = Rsp(port, acks=True)
        exact = not flash_of(self.text)     # a program that runs is anywhere
        try:
            for request, recorded in exchanges(self.text):
                if request == "^C":
                    client.send(b"\x03")
                    exact = False
                else:
                    client.send(frame(to_bytes(request)))
                self.compare(client, request, recorded, exact)
                if re.match("reset (halt|init)", monitor_command(request)):
                    exact = True
                if request.startswith("QStartNoAckMode"):
                    client.acks = False
        finally:
            client.close()

    @staticmethod
    def answer(client):
        """The next packet that is not console text, and that text."""
        console = []
        while True:
            text = to_text(client.packet())
            if not is_console(text):
                return text, console
            console.append(text)

    def compare(self, client, request, recorded, exact):
        finals = [a for a in recorded if not is_console(a) and not a.startswith("%")]
        said = []
        for want in finals:
            got, console = self.answer(client)
            said += console
            self.check(request, want, got, exact)
        for line in console_text(recorded).split("\n"):
            if exact and CONTRACT.search(line) and finals:
                assert line in console_text(said).split("\n"), f"{request}: {line!r} is not in {console_text(said)!r}"

    @staticmethod
    def check(request, want, got, exact):
        if not exact:
            assert kind(got) == kind(want), f"{request}: {got!r}, not {want!r}"
            return
        missing = [fact for fact in facts(request, want) if fact not in facts(request, got)]
        assert not missing, f"{request}: {missing} is not in {got!r}"

