# SPDX-License-Identifier: GPL-2.0-or-later
"""GDB in machine interface mode, driven as IDEs drive it: in bursts, by tokens."""
import os
import re
import signal
import subprocess

from kit import Process, wait_for

GOOD = ("done", "connected", "running")


def quoted(path):
    return '"' + str(path) + '"'


class Mi(Process):
    """gdb-multiarch --interpreter=mi2."""

    def __init__(self, *arguments, **kwargs):
        super().__init__(["gdb-multiarch", "-nx", "-q", "--interpreter=mi2", *arguments],
                         stdin=subprocess.PIPE, start_new_session=True, **kwargs)
        self.token = 0
        self.seen = 0       # how much of the text stopped() has looked at

    def send(self, command):
        """Without waiting: IDEs send their start-up in one burst."""
        self.token += 1
        self.process.stdin.write(f"{self.token}{command}\n".encode())
        self.process.stdin.flush()
        return self.token

    def answer(self, token, timeout=60):
        return self.expect(rf"^{token}\^(\w+).*$", timeout)

    def ask(self, command, timeout=60):
        match = self.answer(self.send(command), timeout)
        assert match.group(1) != "error", f"{command}: {match.group(0)}\n{self.text[-3000:]}"
        return match.group(0)

    def console(self, command):
        escaped = command.replace("\\", "\\\\").replace('"', '\\"')
        return self.ask(f'-interpreter-exec console "{escaped}"')

    def burst(self, commands):
        tokens = [self.send(command) for command in commands]
        for token, command in zip(tokens, commands):
            match = self.answer(token)
            assert match.group(1) in GOOD, f"{command}: {match.group(0)}\n{self.text[-3000:]}"

    def stopped(self, pattern="", timeout=60):
        """The next *stopped record with a reason (a connection's has none); it must match `pattern`."""
        def look():
            match = re.compile(r"^\*stopped,reason.*\n", re.M).search(self.text, self.seen)
            assert match or self.alive(), f"GDB ended:\n{self.text[-3000:]}"
            return match
        match = wait_for(look, lambda: f"*stopped {pattern}\n{self.text[-2000:]}", timeout / 4)
        self.seen = match.end()
        assert re.search(pattern, match.group(0)), f"{pattern}: {match.group(0)}"
        return match.group(0)

    def value(self, expression):
        return re.search(r'value="(.*)"$', self.ask(f'-data-evaluate-expression "{expression}"')).group(1)

    def interrupt(self):
        os.kill(self.process.pid, signal.SIGINT)

    def leave(self):
        """Ends GDB as an IDE does, and waits."""
        if self.alive():
            self.send("-gdb-exit")
            self.wait()
