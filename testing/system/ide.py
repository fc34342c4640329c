# SPDX-License-Identifier: GPL-2.0-or-later
"""A workplace as an IDE finds it: an ST-LINK on the (emulated) USB with a virtual board behind it, and a
program "openocd" on the PATH, which is ours. Command lines are those of the tools, letter by letter;
only folders and port numbers are the test's."""
import contextlib
import ctypes
import fcntl
import os
import re
import shlex
import socket
import struct
import subprocess

import pytest

from kit import BUILD, PATIENCE, TOP, Board, Process, has_usb_emulation, wait_for

READY = r"Info\s:[^\n]*Listening on port \d+ for gdb connection"
FLASH = 0x08000000


def free_ports(count, start=20000):
    """Consecutive free ports as Cortex-Debug looks for them: by binding all interfaces. They lie below those that
    the kernel gives away, lest another test's connection takes one before its server does."""
    first = start + os.getpid() % 270 * 10
    while True:
        with contextlib.ExitStack() as stack:
            try:
                for port in range(first, first + count):
                    s = stack.enter_context(socket.socket())
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    s.bind(("0.0.0.0", port))
                return list(range(first, first + count))
            except OSError:
                first += count


CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCSIFFLAGS, IFF_UP_RUNNING = 0x8914, 0x41


def own_network():
    """A child with the default ports to itself: tools run side by side and use 3333, 4444 and 6666. Where
    the system refuses, the ports are shared with everybody."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) == 0 or libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP_RUNNING))


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Workplace:
    """One board, one ST-LINK, a PATH. run() is a command to its end, start() one that stays."""

    def __init__(self, tmp, *options, usb="st-link-v2-1", name="nucleo-l476rg"):
        if not has_usb_emulation():
            pytest.skip("umockdev's preload library is not installed (libumockdev0)")
        self.tmp = tmp
        self.board = Board(tmp, *options, usb=[usb] if usb else [], name=name)
        self.started = []
        folder = tmp / "bin"
        folder.mkdir()
        self.openocd = folder / "openocd"
        env = self.board.usb_env_for(BUILD / "probed") if usb else {}
        words = " ".join(f"{key}={shlex.quote(value)}" for key, value in env.items())
        self.openocd.write_text(f"#!/bin/sh\necho $$ >>{tmp}/pids\n{words} exec {BUILD}/alias/openocd \"$@\"\n", encoding="utf-8")
        self.openocd.chmod(0o755)
        self.env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(tmp),
                    "OPENOCD_SCRIPTS": str(TOP / "tcl")}

    def run(self, argv, rc=0, timeout=20, network=own_network, **kwargs):
        """Runs it to its end; returns stderr and stdout together as most tools read them."""
        env = {**self.env, **kwargs.pop("env", {})}
        done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=timeout * PATIENCE, check=False, env=env,
                              text=True, errors="replace", cwd=kwargs.pop("cwd", self.tmp),
                              preexec_fn=network, **kwargs)
        assert rc is None or done.returncode == rc, f"rc {done.returncode}, not {rc}:\n{done.stdout}"
        for mark in ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:"):
            assert mark not in done.stdout, done.stdout
        return done.stdout

    def shell(self, line, rc=0, **kwargs):
        return self.run(["sh", "-c", line], rc=rc, **kwargs)

    def start(self, argv, **kwargs):
        self.started.append(Process(argv, env=self.env, cwd=self.tmp, **kwargs))
        return self.started[-1]

    def server(self, argv, ready=READY):
        """A server of an IDE, up to the line that the IDE waits for."""
        child = self.start(argv)
        child.expect(f"(?i){ready}")
        return child

    def end(self):
        """Ends what the test started."""
        while self.started:
            self.started.pop().stop()

    def flash(self, size, at=FLASH):
        return self.board.memory(at, size)

    def wait_until_gone(self):
        """Until every server that was started on this PATH has ended."""
        wait_for(lambda: not any(map(is_alive, (self.tmp / "pids").read_text().split())), "the end of the servers")

    def preload(self, elf):
        """The program of an earlier upload, running."""
        self.board.ctl(f"load {FLASH:#x} {elf.with_suffix('.bin')}")
        self.board.ctl("reset")

    def erase(self):
        """An empty flash (its first 64 KiB) and a core that has been reset."""
        blank = self.tmp / "blank.bin"
        blank.write_bytes(b"\xff" * 65536)
        self.board.ctl(f"load {FLASH:#x} {blank}")
        self.board.ctl("reset")

    def close(self):
        try:
            self.end()
        finally:
            self.board.stop()


class Rpc:
    """A client of the Tcl port: each answer ends with 0x1a."""

    def __init__(self, port):
        self.socket = socket.create_connection(("localhost", port), timeout=60 * PATIENCE)
        self.data = b""

    def message(self):
        while b"\x1a" not in self.data:
            chunk = self.socket.recv(65536)
            assert chunk, "the Tcl port was closed"
            self.data += chunk
        head, _, self.data = self.data.partition(b"\x1a")
        return head.decode(errors="replace")

    def ask(self, line):
        self.socket.sendall(line.encode() + b"\x1a")
        return self.message()

    def close(self):
        self.socket.close()


def image_of(elf):
    """What a load of the ELF leaves in flash."""
    return elf.with_suffix(".bin").read_bytes()


def error_lines(text):
    return [line for line in text.split("\n") if line.startswith("Error:")]
