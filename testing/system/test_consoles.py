# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line, the consoles, and the ways in which the daemon ends."""
import json
import os
import re
import signal
import socket
import subprocess
import time

import pytest

from ide import own_network
from kit import BUILD, PATIENCE, TOP, Process, board_arguments, wait_for

PROBED = BUILD / "probed"
NO_HARDWARE = ("-c", "noinit")


def run(*arguments, timeout=60, **kwargs):
    """probed to its end; stdout and stderr apart."""
    return subprocess.run([PROBED, *map(str, arguments)], capture_output=True, text=True,
                          timeout=timeout, check=False, stdin=subprocess.DEVNULL, **kwargs)


@pytest.fixture
def bare(make_daemon):
    """A daemon without a probe: consoles only."""
    daemon = make_daemon(*NO_HARDWARE, ready=False)
    daemon.telnet_port, daemon.tcl_port = daemon.port("telnet"), daemon.port("tcl")
    return daemon


class Telnet:
    def __init__(self, port):
        self.socket = socket.create_connection(("localhost", port), timeout=60)
        self.text = b""

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def expect(self, part, timeout=60):
        part = part if isinstance(part, bytes) else part.encode()
        self.socket.settimeout(timeout)
        while part not in self.text:
            chunk = self.socket.recv(65536)
            assert chunk, f"closed, no {part!r} in {self.text!r}"
            self.text += chunk
        head, _, self.text = self.text.partition(part)
        return head

    def rest(self):
        self.socket.settimeout(60)
        while chunk := self.socket.recv(65536):
            self.text += chunk
        return self.text


@pytest.fixture
def telnet(bare):
    console = Telnet(bare.telnet_port)
    console.expect(b"\r> ")
    return console


# ---- command line ----

def test_version_is_found_by_the_tools_that_look_for_it():
    done = run("--version")
    assert done.returncode == 0 and done.stdout == ""
    assert re.search(r"Open On-Chip Debugger v?(\d+.\d+.\d+)", done.stderr).group(1) == "0.12.0"
    assert "probed" in done.stderr.split("\n")[0]


def test_help_names_every_option():
    done = run("-h")
    assert done.returncode == 0 and done.stdout == ""
    for option in ("--file", "--command", "--search", "--debug", "--log_output", "--log-format"):
        assert option in done.stderr


@pytest.mark.parametrize("arguments, code, part", [
    (["-c", "shutdown"], 0, "shutdown command invoked"),
    (["-c", "shutdown error"], 1, "shutdown command invoked"),
    (["-c", "shutdown 7"], 7, "shutdown command invoked"),
    (["-c", "exit"], 0, ""),
    (["-c", "foo"], 1, 'invalid command name "foo"'),
    (["-c", "shutdwon"], 1, 'did you mean "shutdown"?'),
    (["-c", "flsh banks"], 1, 'did you mean "flash"?'),
    (["-f", "nofile.cfg"], 1, "Can't find nofile.cfg"),
    (["-d", "2"], 1, "Unexpected command line argument: 2"),
    (["--nosuch"], 1, "--nosuch"),
    (["-c", "init"], 1, 'Debug Adapter has to be specified, see "adapter driver" command'),
    (["-c", "mdw 0"], 1, "The 'mdw' command must be used after 'init'."),
    (["-c", "echo [expr 6*7]", "-c", "exit"], 0, "42"),
    (["-c", 'program "a b', "-c", "exit"], 1, "^ opened here"),
])
def test_exit_codes(arguments, code, part):
    done = run(*arguments)
    assert done.returncode == code, done.stderr
    assert part in done.stderr


def test_files_and_commands_run_in_the_order_given(tmp_path):
    (tmp_path / "b.cfg").write_text("echo two\n")
    done = run("-c", "echo one", "-f", "b.cfg", "-c", "echo three", "-s", tmp_path, "-c", "shutdown")
    assert re.findall("^(one|two|three)$", done.stderr, re.M) == ["one", "two", "three"]


def test_an_error_in_a_file_names_file_and_line(tmp_path):
    (tmp_path / "b.cfg").write_text("\nproc p {} {\n\terror boo\n}\np\n")
    done = run("-f", tmp_path / "b.cfg")
    assert done.returncode == 1
    assert f"{tmp_path}/b.cfg:3: Error: boo" in done.stderr
    assert f'at file "{tmp_path}/b.cfg", line 5' in done.stderr


def test_without_arguments_the_default_config_is_looked_for(tmp_path):
    done = run(cwd=tmp_path, env={**os.environ, "HOME": str(tmp_path)}, preexec_fn=own_network)
    assert done.returncode == 1
    assert "openocd.cfg" in done.stderr
    assert "Debug Adapter has to be specified" in done.stderr
    (tmp_path / "openocd.cfg").write_text("shutdown\n")
    assert run(cwd=tmp_path).returncode == 0


def test_log_file_silences_stderr(tmp_path):
    done = run("-l", tmp_path / "log", "-c", "echo hello", "-c", "puts out", "-c", "shutdown")
    assert done.stderr == "" and done.stdout == "out\n"
    assert "hello" in (tmp_path / "log").read_text()


def test_json_log_carries_ids():
    done = run("--log-format", "json", "-c", "init")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    failure = [line for line in lines if line["level"] == "error"][0]
    assert failure["id"] == "adapter.config" and failure["next"] and failure["cause"]


def test_a_taken_port_names_its_holder(bare):
    done = run(*NO_HARDWARE, "-c", f"tcl_port {bare.tcl_port}")
    assert done.returncode == 1
    assert f"couldn't bind tcl to socket on port {bare.tcl_port}: Address already in use" in done.stderr
    assert f"(pid {bare.process.pid})" in done.stderr


# ---- telnet ----

def test_greeting_prompt_and_results(bare):
    console = Telnet(bare.telnet_port)
    greeting = console.expect(b"\r> ")
    assert greeting == b"\xff\xfb\x03\xff\xfb\x01\xff\xfd\x03\xff\xfe\x01Open On-Chip Debugger\r\n"
    console.send("expr 6*7\r\n")
    assert console.expect(b"\r> ") == b"expr 6*7\r\n\x0042\r\n"
    console.send("nosuch\r\x00")
    assert b'invalid command name "nosuch"' in console.expect(b"\r> ")


def test_an_empty_line_follows_a_result_that_ends_a_line(telnet):
    telnet.send("format \"0x20000000: 00000000 \\n\"\n")
    assert telnet.expect(b"> ").endswith(b"\r\n\x000x20000000: 00000000 \r\n\r\n\r")
    telnet.send("echo hi\n")
    assert telnet.expect(b"> ").endswith(b"\r\n\x00hi\r\n\r")


def test_log_lines_come_between_prompt_and_typing(telnet, bare):
    bare.tcl("expr 1")
    telnet.expect(b"connection on")
    telnet.expect(b"\r> ")
    telnet.send("half a li")
    telnet.expect("half a li")
    bare.tcl("echo news")
    assert b"news\r\n" in telnet.expect(b"\r> half a li")


def test_tab_completes(telnet):
    telnet.send("telnet_p\t")
    telnet.expect("telnet_port ")
    telnet.send("\x15set some_variable 1\n")
    telnet.expect(b"\r> ")
    telnet.send("echo $some_v\t")
    telnet.expect("echo $some_variable ")


def test_ctrl_c_ends_a_long_command_and_an_endless_loop(telnet):
    for command in ("sleep 60000", "while 1 {set x 1}"):
        telnet.send(f"echo [string repeat go 2]; {command}\n")
        telnet.expect(b"gogo")
        telnet.send(b"\x03")
        assert b"interrupted" in telnet.expect(b"\r> ")


def test_a_long_command_holds_up_nobody(telnet, bare):
    telnet.send("echo [string repeat go 2]; while {![info exists go_on]} {sleep 20}; set done yes\n")
    telnet.expect(b"gogo")
    assert bare.tcl("set go_on 1") == "1"
    telnet.expect(b"yes\r\n\r> ")


@pytest.mark.parametrize("end", ["exit\n", ""])
def test_a_piped_script_is_run_to_its_last_line(bare, end):
    script = f"set a 1\nsleep 200\nset b 2\n{end}"
    console = Telnet(bare.telnet_port)
    console.send(script)
    console.socket.shutdown(socket.SHUT_WR)
    console.rest()
    assert bare.tcl("list $a $b") == "1 2"


def test_overlong_lines_are_dropped(telnet):
    telnet.send("x" * 70000 + "\n")
    telnet.expect("line too long")
    telnet.send("expr 1\n")
    telnet.expect(b"1\r\n\r> ")


# ---- Tcl port ----

def test_nothing_from_a_socket_starts_a_program(bare, tmp_path):
    mark = tmp_path / "mark"
    for attempt in (f"exec touch {mark}", f"open |[list touch {mark}]", f"popen [list touch {mark}]",
                    f"proc init_board {{}} {{exec touch {mark}}}; init_board",
                    f"after 1 {{exec touch {mark}}}; after 50"):
        bare.tcl(attempt)
    assert "--allow-exec" in bare.fails("exec true")
    assert not mark.exists()


def test_allow_exec_allows(make_daemon):
    daemon = make_daemon("--allow-exec", *NO_HARDWARE, ready=False)
    daemon.tcl_port = daemon.port("tcl")
    assert daemon.tcl("exec echo hello") == "hello"


@pytest.mark.parametrize("kind", ["telnet", "tcl"])
@pytest.mark.parametrize("bytes_", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\nshutdown\n\x1a", b"\x16\x03\x01\x02\x00",
                                    b"SSH-2.0-x\r\n", b"+$qSupported:xmlRegisters=arm#00"])
def test_other_protocols_are_refused(bare, kind, bytes_):
    client = socket.create_connection(("localhost", bare.port(kind)), timeout=60)
    client.sendall(bytes_)
    text = b""
    try:
        while chunk := client.recv(65536):
            text += chunk
    except ConnectionResetError:
        pass
    bare.expect("connection refused")
    assert bare.tcl("expr 1") == "1"


def test_the_streams_of_notifications(daemon):
    def ask(request):
        client.sendall(request.encode() + b"\x1a")
        parts = []
        data = b""
        while True:
            data += client.recv(65536)
            *whole, data = data.split(b"\x1a")
            parts += [part.decode().removesuffix("\r\n").removeprefix("type ") for part in whole]
            if "" in parts:
                return parts[:parts.index("")]

    loop = "mww 0x20000000 0xe7fdbf00; set_reg {pc 0x20000000 xPSR 0x01000000}"
    daemon.tcl(f"poll off; reset halt; {loop}; resume")
    client = socket.create_connection(("localhost", daemon.tcl_port), timeout=60)
    assert ask("tcl_notifications on") == []
    assert ask("reset halt") == ["target_reset mode halt", "target_event event gdb-halt",
                                 "target_state state halted", "target_event event halted"]
    ask(loop)
    assert ask("step") == [f"target_event event {name}" for name in
                           ("step-start", "resumed", "gdb-halt", "halted", "step-end")]
    assert ask("resume") == ["target_event event resume-start", "target_event event resumed",
                             "target_state state running", "target_event event resume-end"]
    assert ask("halt") == ["target_event event gdb-halt", "target_state state halted",
                           "target_event event halted"]


# ---- ends ----

@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_by_the_same_signal(bare, signo):
    bare.process.send_signal(signo)
    assert bare.wait() == -signo
    assert "shutdown command invoked" in bare.text


def test_pre_shutdown_commands_run_at_a_signal(make_daemon):
    daemon = make_daemon("-c", "lappend pre_shutdown_commands {echo farewell}", *NO_HARDWARE, ready=False)
    daemon.port("telnet")
    daemon.process.send_signal(signal.SIGTERM)
    daemon.wait()
    assert "farewell" in daemon.text


@pytest.mark.parametrize("loop", ["while 1 {}", "while 1 {set x 1}", "sleep 100000", "vwait forever"])
def test_a_busy_daemon_can_be_ended(loop):
    daemon = Process([PROBED, "-c", "echo busy", "-c", loop])
    daemon.expect("busy")
    for _ in range(2):
        time.sleep(0.3)
        if daemon.alive():
            daemon.process.send_signal(signal.SIGTERM)
    assert daemon.wait() == -signal.SIGTERM


def test_the_parents_death_ends_the_daemon():
    shell = Process(["sh", "-c", f"{PROBED} --parent-death -c noinit -c 'telnet_port 0; tcl_port 0' & read go"],
                    stdin=subprocess.PIPE)
    shell.expect("for tcl connections")
    shell.process.stdin.close()
    shell.reader.join(15 * PATIENCE)        # ends when the daemon has closed its stderr
    assert "the program that started probed has ended" in shell.text


def test_shutdown_by_a_client_is_answered_first(bare):
    assert bare.tcl("shutdown") == ""
    assert bare.wait() == 0


@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_a_flash_write_leaves_the_core_halted(board, daemon, tmp_path, signo):
    image = tmp_path / "big.bin"
    image.write_bytes(os.urandom(600 * 1024))
    daemon.tcl("reset halt")
    client = socket.create_connection(("localhost", daemon.tcl_port))
    client.sendall(f"flash write_image erase {image} 0x08000000".encode() + b"\x1a")
    wait_for(lambda: board.stats()["flash_programs"] > 100, "the write to be under way")
    daemon.process.send_signal(signo)
    assert daemon.wait() == -signo
    assert board.stats()["flash_programs"] < 600 * 1024 / 8
    assert "in an unknown state" in daemon.text


# ---- service managers and pipes ----

def test_readiness_is_told(tmp_path, make_daemon):
    path = tmp_path / "notify"
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(path))
    manager.settimeout(60)
    daemon = Process([PROBED, *NO_HARDWARE, "-c", "telnet_port 0; tcl_port 0"],
                     env={**os.environ, "NOTIFY_SOCKET": str(path)})
    assert manager.recv(100) == b"READY=1"
    daemon.stop()
    assert manager.recv(100) == b"STOPPING=1"


def test_ready_fd():
    reader, writer = os.pipe()
    daemon = Process([PROBED, "--ready-fd", writer, *NO_HARDWARE, "-c", "telnet_port 0; tcl_port 0"],
                     pass_fds=[writer])
    os.close(writer)
    assert os.read(reader, 100) == b"READY=1\n"
    assert os.read(reader, 100) == b""
    os.close(reader)
    daemon.stop()


def test_inherited_sockets_are_used():
    listener = socket.create_server(("localhost", 0))
    port = listener.getsockname()[1]
    # The descriptor must be 3 and LISTEN_PID the daemon's own: a shell can see to both.
    daemon = Process(["bash", "-c", f"LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=tcl exec {PROBED} "
                      f"-c noinit -c 'telnet_port 0' 3<&{listener.fileno()}"],
                     pass_fds=[listener.fileno()])
    daemon.expect(rf"Listening on port {port} for tcl connections")
    client = socket.create_connection(("localhost", port), timeout=60)
    client.sendall(b"expr 1\x1a")
    assert client.recv(10) == b"1\x1a"
    daemon.stop()


def test_a_unix_socket_instead_of_a_port(tmp_path):
    path = tmp_path / "tcl.sock"
    daemon = Process([PROBED, *NO_HARDWARE, "-c", f"telnet_port disabled; tcl_port {path}"])
    daemon.expect("Listening on .* for tcl connections")
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(path))
    client.sendall(b"expr 1\x1a")
    assert client.recv(10) == b"1\x1a"
    daemon.stop()
    assert not path.exists()


def test_pipe_mode_keeps_stdout_clean_and_ends_with_it(board):
    daemon = subprocess.Popen([PROBED, "-s", TOP / "tcl", "-c", "gdb_port pipe; telnet_port 0; tcl_port 0",
                               "-c", "puts noise; echo noise", *board_arguments(board)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    daemon.stdin.write(b"$?#3f")
    daemon.stdin.flush()
    answer = b""
    while b"#" not in answer:
        chunk = os.read(daemon.stdout.fileno(), 1000)
        assert chunk, answer
        answer += chunk
    assert re.fullmatch(rb"\+\$[ST]05.*#..|\+\$[ST]02.*#..", answer), answer
    daemon.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert daemon.poll() is None
    daemon.stdin.close()
    assert daemon.wait(20 * PATIENCE) == 0
    assert b"noise" not in daemon.stdout.read()
    assert daemon.stderr.read().count(b"noise") == 2


def test_a_busy_console_port_is_only_a_warning_in_pipe_mode(bare, board):
    done = run("-s", TOP / "tcl", "-c", f"gdb_port pipe; telnet_port 0; tcl_port {bare.tcl_port}",
               *board_arguments(board))
    assert done.returncode == 0, done.stderr
    assert "Address already in use" in done.stderr
    assert "Error: couldn" not in done.stderr


def test_exit_on_detach(board, make_daemon, make_gdb):
    daemon = make_daemon("--exit-on-detach", *board_arguments(board))
    make_gdb(daemon).run(["detach"])
    assert daemon.wait() == 0


def test_list_says_what_there_is():
    done = run("--list")
    assert done.returncode == 0 and "cmsis-dap" in done.stderr


def test_services_names_the_real_ports(daemon):
    ports = re.findall(r"name (\w+) port (\d+)", daemon.tcl("services"))
    assert (("gdb", str(daemon.gdb_port)) in ports and ("tcl", str(daemon.tcl_port)) in ports and
            ("telnet", str(daemon.telnet_port)) in ports)


def test_a_client_that_does_not_read_stops_nobody(bare):
    deaf = socket.create_connection(("localhost", bare.telnet_port))
    deaf.sendall(b"for {set i 0} {$i < 400} {incr i} {echo [string repeat x 100000]}\n")
    assert wait_for(lambda: bare.tcl("expr 1") == "1", "an answer")
    deaf.close()


def test_old_words_for_old_launch_configurations(board, make_daemon):
    daemon = make_daemon("-c", "compat log 0.11", *board_arguments(board))
    daemon.tcl("reset halt")
    daemon.expect(r"^target halted due to debug-request, current mode: Thread")
    assert re.search(r"Info\ :\ [\w\d\.]*:\ hardware has 6 breakpoints", daemon.text)


def test_a_write_beside_all_banks_fails_unless_silence_is_asked_for(daemon, tmp_path):
    (tmp_path / "x.bin").write_bytes(bytes(64))
    daemon.tcl("reset halt")
    assert "no flash bank found" in daemon.fails(f"flash write_image {tmp_path}/x.bin 0x20000000")
    daemon.tcl("compat silent_errors on")
    assert "wrote 0 bytes" in daemon.tcl(f"flash write_image {tmp_path}/x.bin 0x20000000")


def test_a_word_is_no_port(tmp_path):
    done = run(*NO_HARDWARE, "-c", "tcl_port off", cwd=tmp_path)
    assert done.returncode == 1 and '"off" is no port' in done.stderr
    assert not list(tmp_path.iterdir())


def test_running_out_of_descriptors_passes():
    daemon = Process(["bash", "-c", f"ulimit -n 24; exec {PROBED} -c noinit "
                      "-c 'telnet_port disabled; tcl_port 0'"])
    port = int(daemon.expect(r"port (\d+) for tcl").group(1))
    clients = [socket.create_connection(("localhost", port), timeout=60) for _ in range(22)]
    daemon.expect("cannot be let in")
    for client in clients:
        client.close()
    time.sleep(1.2)
    client = socket.create_connection(("localhost", port), timeout=60)
    client.sendall(b"expr 1\x1a")
    assert client.recv(10) == b"1\x1a"
    assert daemon.text.count("cannot be let in") < 4
    daemon.stop()
