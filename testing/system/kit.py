# SPDX-License-Identifier: GPL-2.0-or-later
"""The parts of a system test: a virtual board, the daemon, a real GDB.

The binaries come from $PROBED_BUILD (default: the folder "build" of the checkout).
"""
import contextlib
import ctypes
import fcntl
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import termios
import threading
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("PROBED_BUILD", TOP / "build")).resolve()
BOARD = "nucleo-l476rg"


# A time-out only says that something will never come: sanitizers on a busy machine need their time.
PATIENCE = 4


def wait_for(condition, what, timeout=15.0):
    """Polls until condition() is true and returns its value; `what` is a text, or makes it when it failed."""
    timeout *= PATIENCE
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"timed out after {timeout} s: {what() if callable(what) else what}")
        time.sleep(0.01)


def standing(pid):
    """Where a process stands that says nothing, for the text of a failure."""
    text = ""
    for name in ("cmdline", "status", "wchan", "syscall", "stack", "schedstat"):
        try:
            said = Path(f"/proc/{pid}/{name}").read_text(errors="replace").replace("\0", " ").strip()
        except OSError as error:
            said = str(error)
        if name == "status":
            said = ", ".join(re.findall(r"^(?:State|PPid|Threads|Sig\w+|\w*ctxt_switches):.*", said, re.M))
        text += f"{pid} {name}: {said}\n"
    argv = ["gdb-multiarch", "-nx", "-q", "-batch", "-p", str(pid), "-ex", "thread apply all backtrace 20"]
    with contextlib.suppress(subprocess.TimeoutExpired):
        text += subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               timeout=15 * PATIENCE, check=False, text=True, errors="replace").stdout[-4000:]
    return text


class Process:
    """A child whose stderr (with stdout) is collected line by line."""

    def __init__(self, argv, **kwargs):
        self.argv = [str(a) for a in argv]
        self.text = ""
        self.process = subprocess.Popen(self.argv, stdin=kwargs.pop("stdin", subprocess.DEVNULL),
                                        stdout=kwargs.pop("stdout", subprocess.PIPE),
                                        stderr=subprocess.STDOUT, **kwargs)
        self.lock = threading.Lock()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        out = self.process.stdout.fileno()
        chunk = b"."
        while chunk:
            select.select([out], [], [])
            with self.lock:
                chunk = os.read(out, 65536)
                self.text += chunk.decode(errors="replace")

    def drain(self):
        """Returns when everything the child has written so far is in self.text."""
        while True:
            with self.lock:
                waiting = fcntl.ioctl(self.process.stdout.fileno(), termios.FIONREAD, bytes(4))
                if not any(waiting):
                    return
            time.sleep(0.001)

    def alive(self):
        return self.process.poll() is None

    def wait(self, timeout=20):
        code = self.process.wait(timeout * PATIENCE)
        self.reader.join(5)
        return code

    def expect(self, pattern, timeout=20.0):
        """Waits until the output matches and returns the match."""
        def look():
            ended = not self.alive()
            if ended:
                self.reader.join(5)     # its last words
            match = re.search(pattern, self.text, re.M)
            assert match or not ended, f"{self.argv[0]} ended, no {pattern!r} in:\n{self.text}"
            return match
        return wait_for(look, lambda: f"{pattern!r} from {self.argv[0]}\n{self.text}\n{standing(self.process.pid)}",
                        timeout)

    def stop(self, signo=signal.SIGTERM):
        """Ends the child; a sanitizer report in its output fails the test."""
        if self.alive():
            self.process.send_signal(signo)
            try:
                self.process.wait(15 * PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"did not end on {signo}: {self.argv}\n{self.text}") from None
        self.reader.join(5)
        for mark in ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:"):
            assert mark not in self.text, self.text


def asan_library(program):
    """The AddressSanitizer library a program is linked with, which must be preloaded first."""
    path = shutil.which(str(program))
    match = re.search(rb"libasan\.so\.\d+", Path(path).read_bytes()) if path else None
    return [match.group().decode()] if match else []


def has_usb_emulation():
    """Is umockdev's preload library there?"""
    try:
        ctypes.CDLL("libumockdev-preload.so.0")
    except OSError:
        return False
    return True


class Board(Process):
    """probed-vboard with its control port. usb=["jlink,serial=123", ...] plugs in USB probes: clients
    see them in the environment usb_env() (for probed: usb_env), peers are started by usb_run()."""

    def __init__(self, tmp, *options, name=BOARD, usb=()):
        self.tmp = tmp
        ports_file = tmp / "ports.json"
        ports_file.unlink(missing_ok=True)
        for spec in usb:
            options = (*options, "--usb", spec)
        super().__init__([BUILD / "probed-vboard", name, "--cmsis-dap-tcp", "0",
                          "--remote-bitbang", "0", "--control", "0", "--parent-death",
                          "--ports-file", ports_file, *options])
        wait_for(lambda: ports_file.exists() and ports_file.read_text().strip() or not self.alive(),
                 "the board's ports")
        assert self.alive(), self.text
        ports = json.loads(ports_file.read_text())
        self.ports = {key.replace("-", "_"): value for key, value in ports.items()}
        self.control = socket.create_connection(("localhost", self.ports["control"]), timeout=60 * PATIENCE)
        self.lines = self.control.makefile("rw")
        self.name = name
        self.free_roots = []        # of usb_run()'s clients that have ended

    def ctl(self, line, fails=False):
        """One control verb; returns its JSON answer."""
        self.lines.write(line + "\n")
        self.lines.flush()
        answer = json.loads(self.lines.readline())
        assert answer["ok"] is not fails, f"{line}: {answer}"
        return answer

    def stats(self):
        return self.ctl("stats")

    def usb_env_for(self, program, root=None):
        """The environment variables that show `program` the emulated USB. Each client that wants to
        hear of hot-plug needs a root of its own: by default it gets a new one."""
        root = root or self.ctl("usb root")["root"]
        preload = [*asan_library(program), self.ports["usb_preload"]]
        return {"LD_PRELOAD": ":".join(preload), "UMOCKDEV_DIR": root}

    @property
    def usb_env(self):
        """The environment for a daemon; see Daemon(env=)."""
        return self.usb_env_for(BUILD / "probed")

    def usb_run(self, argv, timeout=120, env=None, **kwargs):
        """Runs a peer as a client of the emulated USB and returns the CompletedProcess, whose stdout
        has stderr in it. `user=65534` runs it as nobody."""
        argv = [str(a) for a in argv]
        root = self.free_roots.pop() if self.free_roots else self.ctl("usb root")["root"]
        try:
            return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=timeout * PATIENCE, check=False, text=True,
                                  errors="replace", **kwargs,
                                  env={**os.environ, **self.usb_env_for(argv[0], root), **(env or {})})
        finally:
            self.free_roots.append(root)

    def usb_start(self, argv, **kwargs):
        """The same as a Process that stays."""
        return Process(argv, env={**os.environ, **self.usb_env_for(argv[0])}, **kwargs)

    def memory(self, address, size):
        """Memory as the board has it, past the debug port."""
        path = Path("/tmp") / f"vboard-{os.getpid()}-{id(self)}.bin"
        self.ctl(f"dump {address:#x} {size} {path}")
        data = path.read_bytes()
        path.unlink()
        return data

    def stop(self, signo=signal.SIGTERM):
        self.lines.close()
        self.control.close()
        super().stop(signo)


class Daemon(Process):
    """probed on the board's CMSIS-DAP port, with its own free ports."""

    def __init__(self, *arguments, cwd=None, ready=True, env=None):
        super().__init__([BUILD / "probed", "-s", TOP / "tcl", "-c",
                          "gdb_port 0; telnet_port 0; tcl_port 0", *arguments], cwd=cwd,
                         env={**os.environ, "HOME": str(cwd or "/nonexistent"), **(env or {})})
        self.rpc = None
        if ready:
            self.gdb_port = self.port("gdb")
            self.telnet_port = self.port("telnet")
            self.tcl_port = self.port("tcl")

    def port(self, kind):
        return int(self.expect(rf"Listening on port (\d+) for {kind} connections").group(1))

    def tcl(self, command):
        """Evaluates over the Tcl RPC port and returns the result's text."""
        if self.rpc is None:
            self.rpc = socket.create_connection(("localhost", self.tcl_port), timeout=60 * PATIENCE)
        self.rpc.sendall(command.encode() + b"\x1a")
        data = b""
        while not data.endswith(b"\x1a"):
            chunk = self.rpc.recv(65536)
            assert chunk, f"RPC connection lost in {command!r}\n{self.text}"
            data += chunk
        self.drain()    # what was logged before the answer is in the text with it
        return data[:-1].decode(errors="replace").rstrip("\n")

    def fails(self, command):
        """Evaluates a command that must fail and returns the error text."""
        result = self.tcl(f"list [catch {{{command}}} probed_error] $probed_error")
        assert result.startswith("1 "), f"{command!r} did not fail: {result}"
        return result[2:].strip("{}")

    def stop(self, signo=signal.SIGTERM):
        if self.rpc is not None:
            self.rpc.close()
            self.rpc = None
        super().stop(signo)


class Gdb:
    """The real gdb-multiarch: run() for a list of commands, start() for one that stays."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.child = None

    def _argv(self, elf):
        argv = ["gdb-multiarch", "-nx", "-q", "-ex", "set pagination off", "-ex", "set confirm off",
                "-ex", "set remotetimeout 20", "-ex", "set style enabled off"]
        return argv + ([str(elf)] if elf else [])

    def run(self, commands, elf=None, timeout=120, connect="target remote"):
        """Runs the commands after connecting; returns everything GDB printed."""
        argv = self._argv(elf) + ["-batch"]
        for command in [f"{connect} localhost:{self.daemon.gdb_port}", *commands]:
            argv += ["-ex", command]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=timeout * PATIENCE, check=False)
        return done.stdout.decode(errors="replace")

    def start(self, elf=None, connect="target remote"):
        """A GDB that is typed at; see send() and expect()."""
        self.child = Process(self._argv(elf), stdin=subprocess.PIPE, start_new_session=True)
        self.send(f"{connect} localhost:{self.daemon.gdb_port}")
        return self

    def send(self, command):
        self.child.process.stdin.write(command.encode() + b"\n")
        self.child.process.stdin.flush()

    def expect(self, pattern, timeout=30.0):
        match = self.child.expect(pattern, timeout)
        self.child.text = self.child.text[match.end():]
        return match

    def running(self):
        """Waits until the core runs: "Continuing." is printed before."""
        wait_for(lambda: self.daemon.tcl("[target current] curstate") == "running", "the core to run")

    def interrupt(self):
        self.child.process.send_signal(signal.SIGINT)

    def stop(self):
        if self.child is not None and self.child.alive():
            self.child.process.kill()
            self.child.wait()


def openocd(board, *arguments, commands="", timeout=120):
    """Runs stock openocd on the emulated USB with a target's script; returns its output. It is the judge:
    `commands` run after init, an error in them shows in the exit code, which must be 0."""
    argv = ["openocd", "-c", "gdb_port disabled; telnet_port disabled; tcl_port disabled",
            *arguments, "-f", "target/stm32l4x.cfg", "-c", f"init; {commands}; shutdown"]
    done = board.usb_run(argv, timeout=timeout)
    assert done.returncode == 0, done.stdout
    return done.stdout


@contextlib.contextmanager
def made_once(make):
    """A function that makes what it is asked for by name, once; all of it is stopped at the end."""
    made = {}

    def get(name):
        if name not in made:
            made[name] = make(name)
        return made[name]
    try:
        yield get
    finally:
        for one in made.values():
            one.stop()


def build_firmware():
    """Builds testing/firmware once; returns a function from program name to ELF path."""
    out = BUILD / "firmware"
    out.mkdir(exist_ok=True)
    with open(out / ".lock", "w", encoding="ascii") as lock:    # several pytest workers
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(["make", "-s", "-C", TOP / "testing/firmware", f"OUT={out}"], check=True)
    return lambda name: out / f"{name}.elf"


def board_arguments(board, speed=4000):
    """probed's arguments that attach it to the board over CMSIS-DAP/TCP and SWD."""
    chip = re.match(r"m?(imxrt\d+)", board.name)
    line = re.match(r"(?:nucleo-|stm32)([cglu]\d|wb|wl)", board.name)
    script = ["-f", f"target/stm32{line.group(1) if line else 'l4'}x.cfg"]
    if chip:
        script = ["-c", f"set CHIPNAME {chip.group(1)}", "-f", "target/imxrt10xx.cfg",
                  "-c", "reset_config srst_only srst_nogate"]
    return ["-f", "interface/cmsis-dap-tcp.cfg",
            "-c", f"cmsis-dap tcp host localhost; cmsis-dap tcp port {board.ports['cmsis_dap_tcp']}",
            "-c", "cmsis-dap tcp min_timeout 60000",    # the board computes every clock of a slow wire
            "-c", f"transport select swd; adapter speed {speed}", *script]
