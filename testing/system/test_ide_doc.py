# SPDX-License-Identifier: GPL-2.0-or-later
"""The pages in doc/ide: each settings block is read as its tool reads it, and what it starts is started, on the
emulated ST-LINK. Paths of an installation stand for the programs of the build."""
import configparser
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import tomllib
import warnings

import pytest

from dap_client import DapClient
from ide import Workplace, error_lines, is_alive, own_network
from kit import TOP, standing, wait_for
from test_ide_dap import adapter        # noqa: F401

PAGES = sorted((TOP / "doc/ide").glob("*.md"))
GDB = "gdb-multiarch -nx -q -batch"
READY = "for gdb connections"


def blocks(page, *languages):
    text = page.read_text(encoding="utf-8")
    return [body for language, body in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S)
            if language in languages]


def jsonc(text):
    """JSON as VS Code reads it: // comments are dropped, strings are not touched."""
    return json.loads(re.sub(r'("(?:\\.|[^"\\])*")|//[^\n]*', lambda m: m.group(1) or "", text))


def having(language):
    return [pytest.param(page, id=page.stem) for page in PAGES if blocks(page, *language.split())]


def configurations(kind):
    return [pytest.param(page, c, id=f"{page.stem}-{c['name']}") for page in PAGES
            for block in blocks(page, "json", "jsonc") for c in jsonc(block).get("configurations", [])
            if c["type"] == kind]


class Desk(Workplace):
    def __init__(self, tmp, firmware):
        super().__init__(tmp)
        shutil.copy(self.openocd, self.openocd.parent / "probed")
        (tmp / "build").mkdir()
        for kind in ("elf", "bin"):
            shutil.copy(firmware("blink").with_suffix(f".{kind}"), tmp / f"build/firmware.{kind}")

    def mine(self, text):
        return (text.replace("/usr/local/bin/probed", str(self.openocd.parent / "probed"))
                .replace("/usr/local/libexec/probed/openocd", str(self.openocd))
                .replace("${workspaceFolder}", str(self.tmp)))

    def settle(self, page):
        """The page's board.cfg."""
        for body in blocks(page, "tcl"):
            (self.tmp / "board.cfg").write_text(body, encoding="utf-8")

    def with_server(self, line, client, ready=READY):
        """A server in the background and a client, both on ports of their own; then the server is ended."""
        shell = self.ready_server(line, client, ready)
        shell.process.stdin.close()     # the client's turn
        shell.wait()
        assert re.search(ready, shell.text), shell.text
        assert not error_lines(shell.text), shell.text
        return shell.text

    def ready_server(self, line, client, ready):
        """The shell of with_server(), when the server's log has `ready`. Under sanitizers and the preload on a busy
        machine a process was seen to stand for 20 s before the banner, the first thing main() does. It is not ours
        then that stands: such a one is told of as a warning and started again, once."""
        log = self.tmp / "server.log"
        for is_last in (False, True):
            log.write_text("")
            shell = self.start(["sh", "-c", f"{line} >>server.log 2>&1 & pid=$!; echo server $pid; read go; {client}\n"
                                "kill $pid; wait $pid; cat server.log"], stdin=subprocess.PIPE, preexec_fn=own_network)
            pid = shell.expect(r"^server (\d+)$").group(1)
            try:
                wait_for(lambda: re.search(ready, log.read_text(errors="replace")) or not is_alive(pid),
                         lambda: f"{ready} in {log}:\n{log.read_text(errors='replace')}\n{standing(pid)}")
                return shell
            except AssertionError as stuck:
                if is_last or log.read_text(errors="replace"):
                    raise
                warnings.warn(f"a silent server is started again: {stuck}")
                os.kill(int(pid), signal.SIGKILL)


@pytest.fixture(scope="module")
def bench(tmp_path_factory, firmware):
    desk = Desk(tmp_path_factory.mktemp("doc"), firmware)
    yield desk
    desk.close()


@pytest.fixture
def desk(bench, firmware):
    bench.preload(firmware("blink"))
    (bench.tmp / "board.cfg").unlink(missing_ok=True)
    yield bench
    bench.end()


def test_every_page_says_what_a_reader_needs():
    index = (TOP / "doc/ide/README.md").read_text(encoding="utf-8")
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        if page.name == "README.md":
            continue
        assert f"]({page.name})" in index, f"{page.name} is not in doc/ide/README.md"
        for title in ("Settings", "What to change", "Does it work?", "What is better", "When it does not"):
            assert f"\n## {title}\n" in text, f"{page.name}: no {title!r}"


@pytest.mark.parametrize("page", having("json jsonc"))
def test_json_is_json(page):
    for body in blocks(page, "json", "jsonc"):
        assert jsonc(body)
    for body in blocks(page, "json"):
        json.loads(body)


@pytest.mark.parametrize("page", having("sh"))
def test_command_lines(desk, page):
    desk.settle(page)
    for body in blocks(page, "sh"):
        for line in body.strip().split("\n"):
            if re.search(r"\b(shutdown|exit)\b|--version", line):
                out = desk.shell(desk.mine(line))
                assert not error_lines(out), out
            else:
                desk.with_server(desk.mine(line), "true")


@pytest.mark.parametrize("page", having("gdb"))
def test_gdb_scripts(desk, page):
    desk.settle(page)
    for body in blocks(page, "gdb"):
        if "\ntarget " not in "\n" + body:
            body = "target extended-remote :3333\n" + body
        (desk.tmp / "script.gdb").write_text(desk.mine(body) + "\necho the end of the script\\n\n", encoding="utf-8")
        client = f"{GDB} -x script.gdb build/firmware.elf 2>&1"
        if "|" in body:
            out = desk.shell(client)
        else:
            out = desk.with_server("probed -f interface/stlink.cfg -f target/stm32l4x.cfg", client)
        assert "the end of the script" in out, out
        if "main" in body:
            assert re.search(r"reakpoint 1, main", out), out


@pytest.mark.parametrize("page, c", configurations("cortex-debug"))
def test_cortex_debug(desk, page, c):
    server = [desk.mine(c["serverpath"]), "-c", "gdb_port 50000", "-c", "tcl_port 50001", "-c", "telnet_port 50002",
              "-s", str(desk.tmp), *[w for f in c["configFiles"] for w in ("-f", f)]]
    reset = "-ex 'monitor reset halt' -ex load -ex 'monitor reset halt' -ex 'tbreak main' -ex continue"
    commands = reset if c["request"] == "launch" else "-ex 'monitor halt' -ex 'info symbol $pc'"
    out = desk.with_server(shlex.join(server), f"{GDB} -ex 'target extended-remote localhost:50000' {commands} "
                           f"{c['executable']} 2>&1")
    assert "breakpoint 1, main" in out or "in section .text" in out, out


@pytest.mark.parametrize("page, c", configurations("cppdbg"))
def test_cppdbg(desk, page, c):
    """The extension connects after setupCommands; stopAtConnect leaves it to the user to go on."""
    before, after = ([s["text"] for s in c[key]] for key in ("setupCommands", "postRemoteConnectCommands"))
    assert c["stopAtConnect"] and not any("continue" in text for text in before + after)
    lines = [*before, f"-file-exec-and-symbols {desk.mine(c['program'])}",
             f"-target-select remote {c['miDebuggerServerAddress']}", *after, "-exec-continue"]
    feed = " ; ".join(f"echo {shlex.quote(line)}; sleep .2" for line in lines)
    stop = r"until grep -qE '^(\*stopped,reason|\^error)' mi.log || ! kill -0 $pid; do sleep .1; done"
    out = desk.with_server(f"{desk.mine(c['debugServerPath'])} {c['debugServerArgs']}",
                           f"({feed}; {stop}) | {c['miDebuggerPath']} -nx -q --interpreter=mi2 >mi.log 2>&1; cat mi.log",
                           c["serverStarted"])
    assert "^error" not in out and re.search(r'\*stopped,reason="breakpoint-hit".*func="main"', out), out


@pytest.mark.parametrize("page, c", configurations("gdbtarget"))
def test_gdbtarget(desk, adapter, page, c):     # noqa: F811
    arguments = json.loads(desk.mine(json.dumps(c)))
    argv = shlex.join(str(word) for word in adapter)
    if c["request"] == "attach":
        argv = ("rm -f attach.log; probed -f interface/stlink.cfg -f target/stm32l4x.cfg >attach.log 2>&1 & "
                f"until grep -q '{READY}' attach.log; do sleep .05; done; exec {argv}")
    client = DapClient(["sh", "-c", argv], cwd=desk.tmp, env=desk.env, preexec_fn=own_network)
    try:
        client.start(c["request"], **{k: v for k, v in arguments.items() if k not in ("name", "type", "request")})
        if c["request"] == "launch":
            client.event("stopped")
            assert client.ask("stackTrace", threadId=1)["stackFrames"][0]["name"] == "main"
        else:
            assert client.ask("threads")["threads"]
    finally:
        client.stop()


@pytest.mark.parametrize("page", having("ini"))
def test_platformio(desk, page):
    for body in blocks(page, "ini"):
        parsed = configparser.ConfigParser(interpolation=None)
        parsed.read_string(body)
        for section in parsed.sections():
            words = [desk.mine(w) for w in parsed[section]["debug_server"].split("\n") if w]
            assert "openocd" in words[0] and "debug_port" not in parsed[section]     # else no pipe
            pipe = " ".join(f'"{w}"' for w in [words[0], "-c", "gdb_port pipe; tcl_port disabled; telnet_port disabled",
                                               *words[1:]])
            (desk.tmp / "pio.gdb").write_text(f"target extended-remote | {pipe}\nmonitor init\nload\nmonitor reset halt\n"
                                              "tbreak main\ncontinue\n", encoding="utf-8")
            assert "breakpoint 1, main" in desk.shell(f"{GDB} -x pio.gdb build/firmware.elf 2>&1")
            upload = desk.mine(parsed[section]["upload_command"]).replace("$SOURCE", "build/firmware.bin")
            assert "** Verified OK **" in desk.shell(upload)


@pytest.mark.parametrize("page", having("make"))
def test_make(desk, page):
    for body in blocks(page, "make"):
        (desk.tmp / "Makefile").write_text(desk.mine(body), encoding="utf-8")
        for goal in re.findall(r"^(\w+):", body, re.M):
            desk.shell(f"make {goal}")


@pytest.mark.parametrize("page", having("cmake"))
def test_cmake(desk, page):
    if shutil.which("cmake") is None:
        pytest.skip("cmake is not installed")
    for body in blocks(page, "cmake"):
        (desk.tmp / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.13)\nproject(x NONE)\n" + body,
                                                 encoding="utf-8")
        desk.shell("cmake -S . -B build >/dev/null && cmake --build build --target flash")


@pytest.mark.parametrize("page", having("toml properties"))
def test_other_settings(desk, page):
    for body in blocks(page, "toml"):
        assert tomllib.loads(body)
    for body in blocks(page, "properties"):
        for line in body.strip().split("\n"):
            assert re.fullmatch(r"[\w.-]+=\S+", line), line
