# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of the Debug Adapter Protocol, as an editor is one: requests, responses, events over the adapter's
stdin and stdout. Each message is a header "Content-Length: N", an empty line and N bytes of JSON."""
import json
import os
import queue
import signal
import subprocess
import threading

from kit import PATIENCE, wait_for


class Refused(AssertionError):
    """The adapter's answer was success: false."""


class DapClient:
    def __init__(self, argv, **kwargs):
        self.process = subprocess.Popen([str(a) for a in argv], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        start_new_session=True, **kwargs)
        self.seq = 0
        self.responses = {}
        self.events = []            # all that came, in order
        self.taken = 0              # of them, looked at by event()
        self.messages = queue.Queue()
        self.errors = b""
        for read in (self._read_messages, self._read_errors):
            threading.Thread(target=read, daemon=True).start()

    def _read_messages(self):
        stream = self.process.stdout
        while True:
            length = None
            while (line := stream.readline()) not in (b"", b"\r\n"):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if length is None:
                break
            self.messages.put(json.loads(stream.read(length)))
        self.messages.put(None)

    def _read_errors(self):
        self.errors = self.process.stderr.read()

    def output(self):
        """What the debug console shows."""
        return "".join(e["body"].get("output", "") for e in self.events if e["event"] == "output")

    def _pump(self, what, timeout):
        try:
            message = self.messages.get(timeout=timeout * PATIENCE)
        except queue.Empty:
            raise AssertionError(f"no {what}\n{self.output()[-4000:]}") from None
        assert message is not None, f"the adapter ended, no {what}\n{self.output()[-4000:]}\n{self.errors}"
        if message["type"] == "event":
            self.events.append(message)
        elif message["type"] == "response":
            self.responses[message["request_seq"]] = message

    def send(self, command, **arguments):
        self.seq += 1
        body = json.dumps({"seq": self.seq, "type": "request", "command": command,
                           "arguments": arguments}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()
        return self.seq

    def response(self, seq, timeout=15):
        while seq not in self.responses:
            self._pump(f"response {seq}", timeout)
        answer = self.responses.pop(seq)
        if not answer["success"]:
            raise Refused(f"{answer['command']}: {answer.get('message')}\n{self.output()[-3000:]}")
        return answer.get("body", {})

    def ask(self, command, timeout=15, **arguments):
        return self.response(self.send(command, **arguments), timeout)

    def event(self, name, timeout=15):
        """The next event of this name; those before it are passed over."""
        while True:
            while self.taken < len(self.events):
                event = self.events[self.taken]
                self.taken += 1
                if event["event"] == name:
                    return event.get("body", {})
            self._pump(f"event {name}", timeout)

    def start(self, request, configure=(), **arguments):
        """initialize, launch or attach, breakpoints when the adapter is ready for them, configurationDone."""
        capabilities = self.ask("initialize", clientID="test", adapterID="gdbtarget", linesStartAt1=True,
                                columnsStartAt1=True, pathFormat="path", supportsMemoryReferences=True,
                                supportsVariableType=True)
        seq = self.send(request, **arguments)
        while not any(e["event"] == "initialized" for e in self.events):
            if seq in self.responses:       # a refusal comes without the event
                self.response(seq)
                break
            self._pump("initialized", 20)
        results = [self.ask(command, **words) for command, words in configure]
        self.response(seq)
        self.ask("configurationDone")
        return capabilities, results

    def stop(self):
        """Ends the adapter and what it has started."""
        try:
            if self.process.poll() is None:
                self.send("disconnect", terminateDebuggee=True)
                self.process.wait(0.5)
        except (subprocess.TimeoutExpired, OSError):
            pass
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        self.process.stdin.close()
        self.process.wait()
        wait_for(self._is_group_gone, "the end of what the adapter has started")

    def _is_group_gone(self):
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return True
        return False
