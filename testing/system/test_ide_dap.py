# SPDX-License-Identifier: GPL-2.0-or-later
"""A real debug adapter, cdt-gdb-adapter (Theia, VS Code CDT, Arm's extensions), driven over the Debug Adapter
Protocol: adapter, GDB, daemon and board are what a user has; only the editor is ours."""
import base64
import re
import shutil
import subprocess
import time

import pytest

from dap_client import DapClient, Refused
from ide import Workplace, free_ports, image_of
from kit import BUILD, TOP, wait_for

SOURCE = str(TOP / "testing/firmware/blink.c")


@pytest.fixture(scope="session")
def adapter():
    if shutil.which("node") is None:
        pytest.skip("node is not installed: contrib/install-deps --testing")
    done = subprocess.run([TOP / "testing/npm-tools", BUILD], capture_output=True, text=True, check=False)
    if done.returncode == 2:
        pytest.skip(f"the debug adapter cannot be installed: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return ["node", f"{done.stdout.strip()}/cdt-gdb-adapter/dist/debugTargetAdapter.js"]


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    tmp = tmp_path_factory.mktemp("dap")
    (tmp / "board.cfg").write_text("source [find interface/stlink.cfg]\ntransport select hla_swd\n"
                                   "source [find target/stm32l4x.cfg]\n", encoding="ascii")
    place = Workplace(tmp)
    yield place
    place.close()


@pytest.fixture
def dap(bench, adapter):
    clients = []

    def make():
        clients.append(DapClient(adapter, cwd=bench.tmp, env=bench.env))
        return clients[-1]
    bench.erase()
    yield make
    for client in clients:
        client.stop()
    bench.end()


def line_of(text, nth=0):
    return [i for i, line in enumerate(open(SOURCE, encoding="ascii"), 1) if text in line][nth]


def launch_arguments(bench, elf, **more):
    """A launch.json with the server in it."""
    gdb_port, telnet, tcl = free_ports(3)
    return {"gdb": "gdb-multiarch", "program": str(elf), "cwd": str(bench.tmp),
            "target": {"type": "remote", "host": "localhost", "port": str(gdb_port), "server": "openocd",
                       "serverParameters": ["-f", "board.cfg", "-c", f"gdb_port {gdb_port}; telnet_port {telnet}; "
                                            f"tcl_port {tcl}", "-c",
                                            "$_TARGETNAME configure -gdb-max-connections 2"],
                       "serverStartupDelay": 500, "cwd": str(bench.tmp), "environment": {"PATH": bench.env["PATH"]}},
            "initCommands": ["monitor reset halt"], "imageAndSymbols": {"imageFileName": str(elf)},
            "preRunCommands": ["monitor reset halt"], **more}


def top(client, thread=1):
    return client.ask("stackTrace", threadId=thread, startFrame=0, levels=20)["stackFrames"]


def stopped(client, reason):
    event = client.event("stopped")
    assert event["reason"] in (reason if isinstance(reason, tuple) else (reason,)), event
    return event


def scopes(client, frame):
    return {s["name"]: s["variablesReference"] for s in client.ask("scopes", frameId=frame["id"])["scopes"]}


def variables(client, reference):
    return {v["name"]: v for v in client.ask("variables", variablesReference=reference)["variables"]}


def test_launch_breakpoints_steps_variables_memory_disassembly(dap, bench, firmware):
    elf = firmware("blink")
    client = dap()
    capabilities, results = client.start(
        "launch", [("setBreakpoints", {"source": {"path": SOURCE}, "breakpoints": [
            {"line": line_of("int result = n * n")}]}),
            ("setFunctionBreakpoints", {"breakpoints": [{"name": "main"}]})], **launch_arguments(bench, elf))
    assert capabilities["supportsDisassembleRequest"] and capabilities["supportsReadMemoryRequest"]
    assert all(b["verified"] for result in results for b in result["breakpoints"]), results
    want = image_of(elf)
    assert bench.flash(len(want)) == want

    stopped(client, ("function breakpoint", "breakpoint"))
    assert top(client)[0]["name"] == "main"
    client.ask("continue", threadId=1)
    stopped(client, "breakpoint")
    frames = top(client)
    assert [f["name"] for f in frames[:4]] == ["square", "sum_of_squares", "step", "main"], frames
    assert frames[0]["source"]["path"] == SOURCE
    assert len(client.ask("threads")["threads"]) == 1

    local = variables(client, scopes(client, frames[0])["Local"])
    assert local["n"]["value"] == "0"
    registers = scopes(client, frames[0])["Registers"]
    names = variables(client, registers)
    assert {"pc", "sp", "xpsr", "primask"} <= set(names), sorted(names)
    assert int(names["pc"]["value"], 0) & ~1 == int(frames[0]["instructionPointerReference"], 0)

    client.ask("next", threadId=1)
    stopped(client, "step")
    assert top(client)[0]["line"] == line_of("int result = n * n") + 2
    client.ask("stepOut", threadId=1)
    stopped(client, "step")
    frame = top(client)[0]
    assert frame["name"] == "sum_of_squares"
    client.ask("stepIn", threadId=1)
    event = client.event("stopped")
    frame = top(client)[0]
    assert frame["name"] in ("square", "sum_of_squares"), (event, frame)

    evaluated = client.ask("evaluate", expression="origin", frameId=frame["id"], context="watch")
    parts = variables(client, evaluated["variablesReference"])
    assert set(parts) == {"x", "y", "name"} and parts["y"]["value"] == "-4"
    assert client.ask("evaluate", expression="1 + sizeof(int)", frameId=frame["id"], context="hover")["result"] == "5"
    changed = client.ask("evaluate", expression="counter = 4711", frameId=frame["id"], context="repl")
    assert "4711" in changed["result"]
    nm = subprocess.run(["arm-none-eabi-nm", elf], capture_output=True, text=True, check=True).stdout
    counter = int(re.search(r"^(\w+) \w counter$", nm, re.M).group(1), 16)
    assert bench.board.memory(counter, 4) == (4711).to_bytes(4, "little")

    memory = client.ask("readMemory", memoryReference="0x08000000", count=256)
    assert base64.b64decode(memory["data"]) == want[:256]
    client.ask("writeMemory", memoryReference=f"{counter:#x}", data=base64.b64encode(b"\x01\x02\x03\x04").decode())
    assert bench.board.memory(counter, 4) == b"\x01\x02\x03\x04"
    lines = client.ask("disassemble", memoryReference=frame["instructionPointerReference"], offset=0,
                       instructionOffset=0, instructionCount=20, resolveSymbols=True)["instructions"]
    assert len(lines) == 20 and int(lines[0]["address"], 0) == int(frame["instructionPointerReference"], 0)
    assert any(re.search(r"\b(bl|bx|mul|str|ldr|pop|push|movs?|adds?)\b", i["instruction"]) for i in lines)

    client.ask("stepIn", threadId=1, granularity="instruction")
    client.event("stopped")
    client.ask("evaluate", expression=">monitor reset halt", frameId=frame["id"], context="repl")
    assert "halted due to debug-request" in client.output()
    client.ask("disconnect", terminateDebuggee=True)
    bench.wait_until_gone()


def test_attach_pause_continue_detach(dap, bench, firmware):
    """The server is there already, and stays when the editor leaves."""
    elf = firmware("blink")
    bench.preload(elf)
    port, telnet, tcl = free_ports(3)
    server = bench.server(["openocd", "-f", "board.cfg", "-c", f"gdb_port {port}; telnet_port {telnet}; tcl_port {tcl}"])
    client = dap()
    client.start("attach", gdb="gdb-multiarch", program=str(elf), cwd=str(bench.tmp),
                 target={"type": "remote", "host": "localhost", "port": str(port)})
    time.sleep(0.2)
    client.ask("pause", threadId=1)
    stopped(client, ("pause", "SIGINT", "signal-received"))
    frame = top(client)[0]
    later = client.ask("evaluate", expression="counter", context="watch", frameId=frame["id"])["result"]
    assert int(later) > 0
    # a breakpoint while it runs: the adapter pauses, inserts, goes on
    client.ask("continue", threadId=1)
    result = client.ask("setBreakpoints", source={"path": SOURCE},
                        breakpoints=[{"line": line_of("counter += 1"), "condition": "(n & 3) == 2"}])
    assert result["breakpoints"][0]["verified"], result
    stopped(client, "breakpoint")
    frame = top(client)[0]
    assert int(client.ask("evaluate", expression="n & 3", context="watch", frameId=frame["id"])["result"]) == 2
    assert frame["name"] == "step"
    client.ask("setBreakpoints", source={"path": SOURCE}, breakpoints=[])
    client.ask("continue", threadId=1)
    client.ask("disconnect")
    server.expect("dropped 'gdb' connection")
    assert server.alive()


def test_data_breakpoint_and_instruction_breakpoint(dap, bench, firmware):
    elf = firmware("blink")
    client = dap()
    client.start("launch", [("setFunctionBreakpoints", {"breakpoints": [{"name": "main"}]})],
                 **launch_arguments(bench, elf))
    client.event("stopped")
    frame = top(client)[0]
    client.ask("evaluate", expression=">watch counter", frameId=frame["id"], context="repl")
    client.ask("continue", threadId=1)
    event = client.event("stopped")
    assert top(client)[0]["name"] == "step", event
    client.ask("evaluate", expression=">delete", frameId=frame["id"], context="repl")
    nm = subprocess.run(["arm-none-eabi-nm", elf], capture_output=True, text=True, check=True).stdout
    square = int(re.search(r"^(\w+) \w square$", nm, re.M).group(1), 16)
    done = client.ask("setInstructionBreakpoints", breakpoints=[{"instructionReference": f"{square:#x}"}])
    assert done["breakpoints"][0]["verified"], done
    client.ask("continue", threadId=1)
    client.event("stopped")
    assert top(client)[0]["name"] == "square"


def test_auxiliary_gdb_reads_while_the_program_runs(dap, bench, firmware):
    """Its live view: a second GDB on the same port."""
    client = dap()
    client.start("launch", **launch_arguments(bench, firmware("blink"), auxiliaryGdb=True, gdbAsync=True))
    time.sleep(0.2)
    nm = subprocess.run(["arm-none-eabi-nm", firmware("blink")], capture_output=True, text=True, check=True).stdout
    counter = int(re.search(r"^(\w+) \w counter$", nm, re.M).group(1), 16)
    seen = set()

    def changes():
        seen.add(client.ask("readMemory", memoryReference=f"{counter:#x}", count=4)["data"])
        return len(seen) > 1
    wait_for(changes, "another value of a counter that runs")
    assert bench.board.ctl("state")["core"] in ("running", "sleeping")


def test_a_server_that_cannot_start_is_told(dap, bench, firmware):
    arguments = launch_arguments(bench, firmware("blink"))
    arguments["target"]["serverParameters"] = ["-f", "no-such.cfg"]
    client = dap()
    with pytest.raises(Refused):
        client.start("launch", **arguments)
    assert "no-such.cfg" in client.output()
