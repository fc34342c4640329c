# SPDX-License-Identifier: GPL-2.0-or-later
"""The GDB conversations that are recorded, one for each IDE: what it tells GDB. In the lines {port} is the
server's port and {elf} the program; "*PATTERN" waits for a stop with that text, "~0.2" lets the program run."""
import time

from ide import image_of
from kit import Board, Daemon, board_arguments
from mi import Mi, quoted
from session_tape import Tap

ASYNC = "-gdb-set mi-async on"
SYMBOLS = "-file-exec-and-symbols {elf}"
EXTENDED = "-target-select extended-remote localhost:{port}"
REMOTE = "-target-select remote localhost:{port}"


def console(*commands):
    return [f'-interpreter-exec console "{command}"' for command in commands]


AT_A_STOP = ["-thread-info", "-stack-list-frames --thread 1", "-stack-list-variables --thread 1 --frame 0 --all-values",
             "-data-list-register-values x 0 1 2 3 13 14 15", "-data-read-memory-bytes 0x20000000 32"]
CORTEX_DEBUG = [ASYNC, "-gdb-set mem inaccessible-by-default off", SYMBOLS, EXTENDED]

# name: (title, is the program in flash before, lines)
FLOWS = {
    "cortex-debug-launch": ("VS Code, Cortex-Debug: launch, breakpoint, step", False, [
        *CORTEX_DEBUG, *console("monitor reset halt"), "-target-download", *console("monitor reset halt"),
        "-break-insert -t main", "-exec-continue --all", '*func="main"', *AT_A_STOP, "-exec-next", "*end-stepping",
        "-break-insert -f step", "-exec-continue --all", '*func="step"', *AT_A_STOP,
        *console("monitor reset halt", "monitor gdb_sync"), "-exec-step-instruction", "*Reset_Handler",
        "-break-delete", "-target-detach"]),
    "cortex-debug-attach": ("VS Code, Cortex-Debug: attach, continue, pause", True, [
        *CORTEX_DEBUG, *console("monitor halt"), "-exec-continue --all", "~0.2", "-exec-interrupt --all", "*SIGINT",
        *AT_A_STOP, "-target-detach"]),
    "cppdbg": ("VS Code, cppdbg (MIEngine)", False, [
        SYMBOLS, REMOTE, *console("monitor reset halt", "monitor arm semihosting enable", "load",
                                  "monitor reset halt"),
        "-break-insert main", "-exec-continue", '*func="main"', *AT_A_STOP, "-exec-step",
        "*stopped", "-target-detach"]),
    "eclipse": ("Eclipse Embedded CDT, OpenOCD plug-in", False, [
        *console("set mem inaccessible-by-default off", "set remotetimeout 15"), SYMBOLS, REMOTE,
        *console("monitor reset init", "monitor halt", "monitor arm semihosting enable", "load", "monitor reset halt",
                 "monitor halt", "tbreak main"), "-exec-continue", '*func="main"', *AT_A_STOP,
        "-data-read-memory 0x48000000 x 4 1 1", "-target-detach"]),
    "cdt-gdb-adapter": ("Theia, VS Code CDT, Arm extensions: cdt-gdb-adapter's words", False, [
        ASYNC, "-gdb-set non-stop off", "-gdb-set pagination off", SYMBOLS, "-enable-pretty-printing", REMOTE,
        *console("monitor reset halt", "load", "monitor reset halt"), "-break-insert step", "-exec-continue",
        '*func="step"', *AT_A_STOP, "-exec-next", "*stopped", "-exec-finish", "*stopped",
        '-data-disassemble -s $pc -e "$pc+8" -- 2', *console("disconnect")]),
    "platformio": ("PlatformIO", False, [
        SYMBOLS, *console("target extended-remote localhost:{port}", "monitor init", "load", "monitor reset halt",
                          "tbreak main"), "-exec-continue", '*func="main"', *AT_A_STOP, *console("monitor reset"),
        "-target-detach"]),
    "zephyr-west": ("Zephyr, west debug", False, [
        SYMBOLS, *console("target extended-remote localhost:{port}", "load", "break main"), "-exec-continue",
        '*func="main"', *AT_A_STOP, "-exec-step", "*stopped", "-target-detach"]),
    "clion": ("CLion, embedded GDB server", False, [
        SYMBOLS, *console("target remote tcp:localhost:{port}", "monitor reset init", "load", "monitor reset init"),
        "-break-insert -f step", "-exec-continue", '*func="step"', *AT_A_STOP, *console("monitor reset init"),
        "-exec-continue", '*func="step"', "-target-detach"]),
    "rust-embedded": ("cortex-m-quickstart's openocd.gdb", False, [
        SYMBOLS, *console("target extended-remote localhost:{port}", "set print asm-demangle on",
                          "break main", "monitor arm semihosting enable", "load", "stepi"), "-target-detach"]),
    "esp-idf": ("idf.py's gdbinit", True, [
        SYMBOLS, *console("target remote localhost:{port}", "mon reset halt", "maint flush register-cache",
                          "thb main"), "-exec-continue", '*func="main"', "-target-detach"]),
    "watchpoint": ("plain GDB: watchpoint, condition, call, memory", False, [
        SYMBOLS, EXTENDED, *console("load", "monitor reset halt", "watch counter"), "-exec-continue", "*watchpoint",
        *console("delete", "break square if n == 2"), "-exec-continue", '*func="square"',
        *console("set var counter = 4711", "print counter", "compare-sections", "x/4xw 0", "info threads"),
        "-target-detach"]),
}


class Studio:
    """A deterministic board, a daemon on it, one recording or replay at a time."""

    def __init__(self, tmp, firmware):
        self.tmp, self.elf = tmp, firmware("blink")
        self.board = Board(tmp, "--deterministic")
        self.daemon = None

    def begin(self, flash):
        """A chip as at the begin of the tape, and a fresh daemon."""
        image = self.tmp / "flash.bin"
        image.write_bytes(flash.ljust(65536, b"\xff"))
        self.board.ctl(f"load 0x08000000 {image}")
        self.board.ctl("power off")
        self.board.ctl("power on")
        self.board.ctl("run 5000000")
        self.daemon = Daemon(*board_arguments(self.board), cwd=self.tmp)
        return self.daemon

    def end(self):
        self.daemon.stop()

    def record(self, name):
        title, is_loaded, lines = FLOWS[name]
        flash = image_of(self.elf) if is_loaded else b""
        tap = Tap(self.begin(flash).gdb_port)
        told = []
        gdb = Mi("-iex", "set debuginfod enabled off")
        try:
            for line in lines:
                if line.startswith("*"):
                    gdb.stopped(line[1:])
                elif line.startswith("~"):
                    time.sleep(float(line[1:]))
                else:
                    line = line.replace("{port}", str(tap.port)).replace("{elf}", quoted(self.elf))
                    told.append("mi " + line.replace(str(tap.port), "PORT").replace(str(self.elf), "blink.elf"))
                    gdb.ask(line)
            gdb.leave()
        finally:
            if gdb.alive():
                gdb.process.kill()
                gdb.wait()
            tap.close()
            self.end()
        head = [f"# {title}", "# made by testing/record-session; see testing/system/session_tape.py"]
        if flash:
            head.append(f"! flash {flash.hex()}")
        return "\n".join(head + told + tap.lines) + "\n"

    def replay(self, tape, flash):
        daemon = self.begin(flash)
        try:
            tape.replay(daemon.gdb_port)
        finally:
            self.end()

    def close(self):
        self.board.stop()
