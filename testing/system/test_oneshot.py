# SPDX-License-Identifier: GPL-2.0-or-later
"""One-shot verbs: a newcomer's commands, on a probe that is found and a chip that says what it is."""
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import struct

import pytest

from kit import BUILD, PATIENCE, TOP, Board, Daemon, Process, has_usb_emulation, wait_for

FLASH = 0x08000000
CHIP = "STM32L47x/L48x"

pytestmark = pytest.mark.skipif(not has_usb_emulation(), reason="no umockdev")


class Bench:
    """A NUCLEO-L476RG on emulated USB and a way to run probed beside it."""

    def __init__(self, tmp):
        self.tmp = tmp
        self.board = Board(tmp, "--deterministic", usb=["st-link-v2-1"])
        self.env = {**os.environ, "HOME": str(tmp), **self.board.usb_env}

    def argv(self, *words):
        return [BUILD / "probed", *map(str, words), "-s", TOP / "tcl"]

    def run(self, *words, code=0, **kwargs):
        done = subprocess.run(self.argv(*words), cwd=self.tmp, env=self.env, text=True, check=False,
                              stdin=kwargs.pop("stdin", subprocess.DEVNULL), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60 * PATIENCE, **kwargs)
        assert "Sanitizer" not in done.stderr, done.stderr
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *words, code=0, **kwargs):
        """The one object on stdout."""
        out = self.run(*words, "--json", code=code, **kwargs).stdout
        assert out.count("\n") == 1, out
        answer = json.loads(out)
        assert answer["ok"] is (code == 0) and answer["exit"] == code, answer
        return answer

    def error(self, *words, code):
        answer = self.json(*words, code=code)
        for member in ("id", "what", "why", "next"):
            assert member in answer["error"]
        return answer["error"]

    def blank(self):
        self.run("erase", "--all", "--yes", "--quiet")


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    b = Bench(tmp_path_factory.mktemp("oneshot"))
    yield b
    b.board.stop()


def program(code, base=FLASH, data=b""):
    """A raw binary: a vector table of 16 words, then Thumb code, then data; handlers loop."""
    table = struct.pack("<2I", 0x20002000, (base + 64) | 1) + struct.pack("<14I", *[(base + 60) | 1] * 14)
    table = table[:60] + b"\xfe\xe7\xfe\xe7"
    return table + code + data


def exit_program(status, base=FLASH, text=b""):
    """Writes text by SYS_WRITE0, then SYS_EXIT_EXTENDED with the status."""
    # ldr r1,=text; movs r0,#4; bkpt 0xab; ldr r1,=block; movs r0,#0x20; bkpt 0xab; b .
    code = struct.pack("<8H", 0x4904, 0x2004, 0xbeab, 0x4904, 0x2020, 0xbeab, 0xe7fe, 0xbf00)
    block = base + 64 + 20 + 8
    words = struct.pack("<5I", 0, block + 8, block, 0x20026, status)
    return program(code, base, words + text + b"\0")


def save(bench, name, data):
    (bench.tmp / name).write_bytes(data)
    return name


def test_flash_needs_a_file_and_nothing_else(bench, firmware):
    bench.blank()
    out = bench.run("flash", firmware("blink"))
    raw = firmware("blink").with_suffix(".bin").read_bytes()
    assert f"wrote {len(raw)} bytes" in out.stdout and "verified" in out.stdout
    assert "the program is running" in out.stdout
    assert "flash write: 100%" in out.stderr and "\r" not in out.stderr
    assert bench.board.memory(FLASH, len(raw)) == raw


def test_flash_says_in_json_what_it_did(bench, firmware):
    bench.blank()
    answer = bench.json("flash", firmware("blink"), "--chip", "STM32L476RGT6")
    assert answer["verb"] == "flash" and answer["format"] == "elf" and answer["verified"] is True
    assert answer["bytes_written"] > 0 and answer["sectors_erased"] == 1
    again = bench.json("--skip-same", "--board", "nucleo-l476rg", "flash", firmware("blink"))
    assert again["bytes_written"] == 0 and again["bytes_skipped"] == answer["bytes_written"]
    assert bench.json("verify", firmware("blink"))["differences"] == 0
    assert bench.run("flash", firmware("blink"), "--quiet").stdout == ""


def test_a_difference_has_its_exit_code(bench, firmware):
    bench.run("flash", firmware("blink"), "--no-verify", "--no-reset")
    error = bench.error("verify", firmware("irq"), code=6)
    assert error["id"] == "flash.verify" and "should be" in error["why"]


def test_dry_run_changes_nothing(bench, firmware):
    bench.blank()
    out = bench.run("flash", "--dry-run", firmware("blink")).stdout
    assert "nothing was erased or written" in out and "erase 1 sector (" in out and not out.endswith("\n\n")
    assert bench.json("flash", "--dry-run", firmware("blink"))["plan"]
    assert bench.json("erase", "--all", "--dry-run")["plan"]
    assert set(bench.board.memory(FLASH, 64)) == {0xff}


def test_a_raw_binary_goes_to_the_flash_and_says_so(bench, firmware):
    bench.blank()
    raw = firmware("blink").with_suffix(".bin")
    out = bench.run("flash", raw).stdout
    assert "raw binary without addresses: taking 0x08000000" in out
    bench.run("flash", raw, "--at", "0x08010000", "--no-reset")
    assert bench.board.memory(FLASH + 0x10000, 64) == raw.read_bytes()[:64]
    wrong = bench.run("flash", save(bench, "elsewhere.bin", program(b"\xfe\xe7", 0x08040000)), "--no-reset")
    assert "linked for another address" in wrong.stderr


def test_a_file_larger_than_the_flash_is_refused(bench):
    bench.blank()
    save(bench, "huge.bin", program(b"\xfe\xe7", data=bytes(0x100000)))
    error = bench.error("flash", "huge.bin", code=5)
    assert error["id"] == "flash.no_bank" and "0x08100000" in error["why"] and "--force" in error["next"]
    assert set(bench.board.memory(FLASH, 64)) == {0xff}
    assert "larger than the flash" in bench.error("verify", "huge.bin", code=5)["next"]
    bench.run("flash", save(bench, "part.bin", bytes(64)), "--at", "0x080fffe0", "--force", "--no-reset")
    assert bench.board.memory(FLASH + 0xfffe0, 32) == bytes(32)
    assert "is a folder" in bench.error("flash", bench.tmp, code=2)["why"]


def test_the_contents_tell_the_format_not_the_name(bench, firmware):
    shutil.copy(firmware("blink"), bench.tmp / "blink.bin")
    out = bench.run("flash", "blink.bin")
    assert "named .bin but is elf" in out.stderr
    error = bench.error("flash", "blink.bin", "--at", "0x08000000", code=2)
    assert "addresses of its own" in error["why"]


@pytest.mark.parametrize("data,what", [(b"UF2\n\x57\x51\x5d\x9e" + bytes(504), "a UF2 file"), (b"# read me\n", "text"),
                                       (b"\x1f\x8b\x08\0" + bytes(28), "compressed"), (b"PK\x03\x04\x14", "an archive")])
def test_what_is_no_program_is_refused_unless_it_has_a_place(bench, data, what):
    save(bench, "other.file", data)
    error = bench.error("flash", "other.file", code=2)
    assert what in error["why"] and "--at" in error["next"]
    bench.run("flash", "other.file", "--at", "0x08040000")
    assert bench.board.memory(0x08040000, len(data)) == data


def test_a_file_is_read_once(bench, firmware):
    """As `probed flash <(...)` needs it."""
    os.mkfifo(bench.tmp / "fifo")
    with subprocess.Popen(["cp", firmware("blink").with_suffix(".bin"), bench.tmp / "fifo"]) as writer:
        bench.run("flash", "fifo")
        assert writer.wait() == 0


def test_a_file_that_is_cut_says_what_to_do(bench):
    save(bench, "cut.hex", b":020000040800F2\n:04000000000000")
    error = bench.error("flash", "cut.hex", code=2)
    assert "line 2" in error["why"] and "whole" in error["next"]


def test_the_wrong_chip_is_refused_before_anything_is_written(bench, firmware):
    bench.blank()
    error = bench.error("flash", firmware("blink"), "--chip", "stm32g474re", code=5)
    assert error["id"] == "target.wrong_chip"
    assert "stm32g474re was named" in error["why"] and CHIP in error["why"] and "--force" in error["next"]
    assert set(bench.board.memory(FLASH, 64)) == {0xff}
    assert "was named" in bench.run("info", "--chip", "stm32g474re").stderr     # a look does no harm
    bench.run("flash", firmware("blink"), "--chip", "stm32g474re", "--force")
    assert set(bench.board.memory(FLASH, 64)) != {0xff}


def test_info_tells_all_there_is(bench, firmware):
    bench.run("flash", firmware("blink"))
    info = bench.json("info")
    assert "ST-LINK/V2-1, serial 066EFF" in info["probe"] and info["voltage"] == "3.29 V"
    assert info["debug_port"] == "DPIDR 0x2ba01477" and "Cortex-M4 r0p1" in info["core"]
    assert info["chip"] == CHIP and info["state"] == "running"
    assert info["flash"][0]["bytes"] == 1 << 20 and info["flash"][0]["write_protected"] == 0
    assert "reset handler" in info["program"]
    text = bench.run("info").stdout
    assert re.search(r"^chip +STM32L47x/L48x$", text, re.M)
    assert "rtos" not in bench.json("info", firmware("blink"))
    bench.run("flash", firmware("rtos"))
    text = bench.run("info", firmware("rtos")).stdout
    assert re.search(r"^rtos +FreeRTOS, 5 threads, (worker|blink|none) runs$", text, re.M), text


def test_erase_asks_and_takes_whole_sectors_only(bench):
    error = bench.error("erase", "--all", code=5)
    assert error["id"] == "refused" and "--yes" in error["next"]
    assert bench.error("erase", "0x08000000", str(1 << 20), code=5)["id"] == "refused"
    bench.board.ctl(f"write {FLASH + 0x800:#x} 00112233")
    assert bench.json("erase", "0x08000800", "2048")["sectors_erased"] == 1
    assert set(bench.board.memory(FLASH + 0x800, 4)) == {0xff}
    assert bench.json("erase", "--sector", "3-5")["sectors_erased"] == 3
    assert "2048 bytes" in bench.error("erase", "0x08000800", "2000", code=2)["why"]
    assert "0 to 511" in bench.error("erase", "--sector", "512", code=2)["why"]
    assert bench.error("erase", code=2)["next"].startswith("give one of --all")


def test_write_protection_is_named_and_can_be_taken_off(tmp_path, firmware):
    b = Bench(tmp_path)
    b.board.ctl("preset wrp-page")
    error = b.error("flash", firmware("big"), code=5)
    assert error["id"] == "flash.write_protected" and "WRP1A" in error["why"] and "--unlock" in error["next"]
    b.run("flash", firmware("big"), "--unlock")
    b.board.stop()


def test_read_shows_or_saves(bench, firmware):
    bench.run("flash", firmware("blink"))
    raw = firmware("blink").with_suffix(".bin").read_bytes()
    assert bench.json("read", "0x08000000", "16")["data"] == raw[:16].hex()
    assert bench.run("read", "0x08000000", "16").stdout.startswith("08000000: " + raw[:2].hex(" "))
    bench.run("read", "0x08000000", "256", "out.bin")
    assert (bench.tmp / "out.bin").read_bytes() == raw[:256]
    assert bench.error("read", "0xf0000000", "4", code=4)["id"] == "memory.bus_error"
    assert bench.json("info")["state"] == "running"


def test_read_from_address_zero(bench):
    assert bench.json("read", "0", "16")["bytes"] == 16
    assert "no range" in bench.error("read", "0xfffffff0", "17", code=2)["why"]
    assert "help read" in bench.error("read", "0xfffffff0", "17", code=2)["next"]
    assert "cannot be written" in bench.error("read", "0", "16", "/nosuch/folder/x", code=2)["why"]


def test_reset_runs_or_halts(bench):
    assert bench.json("reset", "--halt")["state"] == "halted"
    assert bench.json("reset")["state"] == "running"
    assert bench.error("reset", "--halt", "--run", code=2)["id"] == "script.argument"


def test_run_passes_the_exit_code_and_the_output_on(bench):
    save(bench, "seven.bin", exit_program(42, text=b"hello\n"))
    out = bench.run("run", "seven.bin", "--timeout", "60", code=42)
    assert out.stdout == "hello\n"     # the program's words and no others
    save(bench, "zero.bin", exit_program(0))
    bench.run("run", "zero.bin", "--timeout", "60")
    lines = bench.run("run", "seven.bin", "--json", code=42).stdout.splitlines()
    events, last = [json.loads(line) for line in lines[:-1]], json.loads(lines[-1])
    assert "".join(e["text"] for e in events if e["source"] == "semihosting") == "hello\n"
    assert last["program_exit"] == 42 and last["exit"] == 42


def test_run_in_ram(bench):
    save(bench, "ram.bin", exit_program(9, 0x20000000))
    bench.run("run", "ram.bin", "--at", "0x20000000", "--timeout", "60", code=9)


def test_run_explains_a_crash(bench):
    save(bench, "crash.bin", program(b"\x00\xde\xfe\xe7"))      # udf
    error = bench.error("run", "crash.bin", "--timeout", "60", code=7)
    assert error["id"] == "target.program_failed" and "undefined" in error["why"].lower()


def test_run_has_a_time_limit(bench):
    save(bench, "loop.bin", program(b"\xfe\xe7"))
    assert bench.error("run", "loop.bin", "--timeout", "1", code=124)["id"] == "timeout"


def test_rtt_talks_both_ways(bench, firmware):
    bench.run("flash", firmware("rtt"))
    talk = Process(bench.argv("rtt", firmware("rtt")), stdin=subprocess.PIPE, cwd=bench.tmp, env=bench.env)
    talk.expect("rtt: hello")
    talk.process.stdin.write(b"ping\n")
    talk.process.stdin.flush()
    talk.expect("ping")
    talk.stop(signal.SIGINT)
    assert talk.process.returncode == -signal.SIGINT


def test_no_probe_no_target_no_chip(bench, firmware):
    """The exit codes that scripts branch on."""
    error = bench.error("info", "--probe", "nosuch", code=3)
    assert error["id"] in ("adapter.config", "adapter.not_found") and "nosuch" in error["why"] + error["next"]
    assert "looked for" not in bench.run("info", "--probe", "nosuch", code=3).stderr    # one is there
    empty = {**os.environ, "HOME": str(bench.tmp)}
    done = subprocess.run(bench.argv("info"), env=empty, cwd=bench.tmp, capture_output=True, text=True, check=False,
                          timeout=60 * PATIENCE)
    if "no debug probe is plugged in" in done.stderr:       # nor at the machine that runs the tests
        assert done.returncode == 3 and "looked for" in done.stderr, done.stderr
    error = bench.error("info", "--chip", "stm23l476rg", code=2)
    assert error["id"] == "script.no_such_chip" and "stm32l476" in error["next"]
    assert "nucleo-l476rg" in bench.error("info", "--board", "nucleo-l467rg", code=2)["next"]
    assert bench.error("flash", "nosuch.elf", code=2)["id"] in ("host.not_found", "host.io")
    save(bench, "broken.hex", b":10000000ffff\n")
    assert bench.error("flash", "broken.hex", code=2)["id"] == "image.format"
    bench.board.ctl("power off")
    for words in (["info"], ["info", "--chip", "stm32l476rg"], ["flash", firmware("blink")]):
        assert bench.error(*words, code=4)["id"].startswith(("dap.", "adapter.no_target_power", "target."))
    bench.board.ctl("power on")


def test_output_that_is_lost_is_no_success(bench, firmware):
    bench.run("flash", firmware("blink"), "--quiet")
    for words in (("read", FLASH, 64, "-"), ("info",), ("info", "--json")):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(bench.argv(*words), cwd=bench.tmp, env=bench.env, stdin=subprocess.DEVNULL, stdout=full,
                                  stderr=subprocess.PIPE, text=True, check=False, timeout=60 * PATIENCE)
        assert done.returncode == 1 and "could be written" in done.stderr, words


def test_closed_standard_files_are_nobody_elses(bench, firmware):
    """The first socket would take the number of a closed stdout, and get what is printed."""
    command = " ".join(f"'{word}'" for word in bench.argv("flash", firmware("blink")))
    for closed in (">&-", "2>&-", "<&-", ">&- 2>&-"):
        done = subprocess.run(f"{command} {closed}", shell=True, cwd=bench.tmp, env=bench.env, check=False,
                              timeout=60 * PATIENCE)
        assert done.returncode == 0, closed
    bench.run("verify", firmware("blink"))


def test_ctrl_c_ends_with_an_object_that_has_the_same_code(bench, firmware):
    bench.run("flash", firmware("rtt"))
    talk = Process(bench.argv("rtt", firmware("rtt"), "--json"), stdin=subprocess.PIPE, cwd=bench.tmp, env=bench.env)
    talk.expect("rtt: hello")
    talk.stop(signal.SIGINT)
    last = json.loads([line for line in talk.text.splitlines() if line.startswith('{"verb"')][-1])
    assert last["exit"] == 128 + signal.SIGINT and not last["ok"]


def documented_members():
    """Of each verb: the manual's table."""
    text = (TOP / "doc/manual.md").read_text().split("**`--json`** prints")[1].split("\n\n")[1]
    rows = [line.split(" | ", 1) for line in text.splitlines()[2:]]
    members = {verb: set(re.findall(r"`([a-z_]+)`", what)) for verbs, what in rows
               for verb in re.findall(r"`([a-z]+)`|(all)", verbs) for verb in verb if verb}
    return {verb: found | members["all"] for verb, found in members.items()}


def all_members(value):
    if isinstance(value, dict):
        return set(value).union(*map(all_members, value.values()))
    return set().union(*map(all_members, value)) if isinstance(value, list) else set()


def test_json_has_the_members_of_the_manual(bench, firmware):
    members = documented_members()
    save(bench, "zero.bin", exit_program(0, text=b"hello\n"))
    for words in (["flash", firmware("blink")], ["verify", firmware("blink")], ["erase", "--sector", "9"], ["read", FLASH, 4],
                  ["reset"], ["info"], ["run", "zero.bin", "--timeout", "60"], ["doctor"], ["list"], ["chips"],
                  ["read", FLASH, 4, "saved.bin"]):
        found = set()
        for line in bench.run(*words, "--json").stdout.splitlines():
            found |= all_members(json.loads(line))
        assert found <= members[words[0]], found - members[words[0]]
    for verb in members:
        assert verb == "all" or verb in ("rtt",) or {"warnings", "exit"} <= members[verb]


def test_wrong_command_lines(bench):
    assert "Unexpected command line argument: flsh: did you mean \"probed flash\"?" in bench.run("flsh", code=1).stderr
    assert "no option --at" in bench.error("rtt", "--at", "0", code=2)["why"]
    assert "usage: probed flash FILE" in bench.run("flash", code=2).stderr
    assert "goes with a verb" in bench.run("--dry-run", code=1).stderr
    help_flash = bench.run("help", "flash").stdout
    assert "--skip-same" in help_flash and "--channel" not in help_flash
    assert "did you mean \"reset\"" in bench.run("help", "rest", code=2).stderr
    assert "flash" in bench.run("help").stdout
    assert bench.run("flash", "--help").stdout == help_flash
    assert "swd or jtag" in bench.error("info", "--transport", "spi", code=2)["next"]
    assert "goes with a verb" in bench.error(code=2)["why"]
    assert bench.error("flsh", code=2)["next"] == 'did you mean "probed flash"?'


def test_a_verb_opens_no_ports_and_asks_for_them_if_told(bench):
    assert "Listening" not in bench.run("info", "-d2").stderr
    assert "Listening on port" in bench.run("-c", "gdb_port 0", "info", "-d2").stderr


def test_the_daemon_starts_with_what_is_there(bench):
    for words in (["--chip", "auto"], ["--board", "nucleo-l476rg"], ["--chip", "STM32L476RGT6"]):
        daemon = Daemon(*words, cwd=bench.tmp, env=bench.board.usb_env)
        assert daemon.tcl("target names") == "stm32l4x.cpu"
        daemon.stop()


def test_nothing_at_all_is_enough(bench):
    """No argument, no openocd.cfg, one probe: the log tells the way from there to a GDB port, or to the one
    that somebody else has."""
    (bench.tmp / "openocd.cfg").unlink(missing_ok=True)
    daemon = Process([BUILD / "probed"], cwd=bench.tmp, env={**bench.env, "OPENOCD_SCRIPTS": str(TOP / "tcl")})
    daemon.expect("looked for openocd.cfg")
    daemon.expect(f"the chip is {CHIP}: running target/stm32l4x.cfg")
    daemon.expect(r"Listening on port \d+ for|couldn't bind")
    daemon.stop()


def test_a_probe_that_is_taken_says_by_whom(bench):
    daemon = Daemon("--chip", "stm32l476rg", cwd=bench.tmp, env=bench.board.usb_env)
    error = bench.error("info", code=3)
    assert error["id"] == "adapter.busy", error
    daemon.stop()


def test_a_configuration_by_hand_does_as_well(bench, firmware):
    bench.run("-f", "interface/stlink.cfg", "-f", "target/stm32l4x.cfg", "flash", firmware("blink"))
    # An interface alone: the chip is found.
    assert bench.json("-f", "interface/stlink.cfg", "info", "--speed", "480")["speed"] == "swd at 450 kHz"
    (bench.tmp / "openocd.cfg").write_text("source [find board/st_nucleo_l4.cfg]\n")
    assert bench.json("info")["chip"] == CHIP
    (bench.tmp / "openocd.cfg").write_text("error \"my own\"\n")
    assert "my own" in bench.error("info", code=1)["why"]
    (bench.tmp / "openocd.cfg").unlink()


def test_doctor_looks_at_probe_and_chip(tmp_path):
    done = subprocess.run([BUILD / "probed", "-s", TOP / "tcl", "doctor", "--board", "virtual-nucleo-l476rg", "--json"],
                          cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60 * PATIENCE)
    answer = json.loads(done.stdout)
    assert "What to do next" in answer["probe"] and "FLASH_OPTR" in answer["chip"]
    assert all(f["level"] == "note" for f in answer["findings"]) and answer["exit"] == 0


def verb_of(board, *words):
    """One verb beside a board: exit code and object."""
    done = board.usb_run([BUILD / "probed", "-s", TOP / "tcl", *words, "--json"], cwd=board.tmp)
    return done.returncode, json.loads(re.search(r'^\{"verb".*$', done.stdout, re.M).group())


def test_doctor_says_what_is_wrong_to_scripts(tmp_path):
    board = Board(tmp_path, "--preset", "wrp-page", "--deterministic", usb=["st-link-v2-1"])
    code, answer = verb_of(board, "doctor")
    finding, = [f for f in answer["findings"] if f["level"] == "fault"]
    assert code == 8 and answer["exit"] == 8 and not answer["ok"] and "error" not in answer
    assert finding["part"] == "chip" and finding["id"] == "wrp-page" and "page 5" in finding["what"]
    assert "WRP1A" in finding["cause"] and "probed doctor --fix --yes" in finding["next"]
    assert finding["command"] == "flash protect 0 5 5 off"
    assert verb_of(board, "doctor", "--fix")[0] == 8
    code, answer = verb_of(board, "doctor", "--fix", "--yes")
    assert code == 0 and not [f for f in answer["findings"] if f["level"] == "fault"]
    board.stop()


def test_doctor_finds_nothing_wrong_with_a_line_that_starts_slowly(tmp_path):
    """An STM32L5 comes out of each reset in a voltage range in which only the flash commands program."""
    board = Board(tmp_path, "--preset", "good", "--deterministic", name="nucleo-l552", usb=["st-link-v3"])
    assert verb_of(board, "reset", "--halt")[0] == 0
    code, answer = verb_of(board, "doctor")
    assert code == 0 and "voltage-range" in [f["id"] for f in answer["findings"]]
    board.stop()


def test_an_imxrt_with_the_wrong_file_from_one_verb_to_the_next(tmp_path, firmware):
    board = Board(tmp_path, "--preset", "raw-bin", "--deterministic", name="mimxrt1064-evk", usb=["daplink"])
    raw = firmware("rt1064_blink").parent / "rt1064_blink_raw.bin"
    code, answer = verb_of(board, "doctor")
    assert code == 8 and "no-fcb" in [f["id"] for f in answer["findings"]]
    assert "probed flash FILE" in answer["findings"][-1]["next"]
    code, answer = verb_of(board, "flash", raw)
    assert code == 0 and answer["state"] == "not started" and "no FCB" in answer["warnings"][0]
    assert verb_of(board, "doctor", "--fix")[0] == 5        # it would erase, and was not told to
    code, answer = verb_of(board, "doctor", "--fix", "--yes")
    assert code == 0 and "erased 8192 bytes" in answer["repair"]
    code, answer = verb_of(board, "flash", firmware("rt1064_blink"))
    assert code == 0 and answer["state"] == "running"
    code, answer = verb_of(board, "doctor", "--fix", "--yes")
    assert code == 0 and "repair" not in answer             # a good program is not erased
    assert verb_of(board, "verify", firmware("rt1064_blink"))[0] == 0
    board.stop()


def test_an_imxrt_that_is_only_write_protected_keeps_its_program(tmp_path):
    board = Board(tmp_path, "--preset", "protected", "--deterministic", name="mimxrt1064-evk", usb=["daplink"])
    before = board.memory(0x70000000, 0x3000)
    code, answer = verb_of(board, "doctor", "--halt")
    fault = next(f for f in answer["findings"] if f["level"] == "fault")
    assert code == 8 and fault["id"] == "flash-protected" and fault["command"] == "flexspi unprotect 0"
    code, answer = verb_of(board, "doctor", "--fix")
    assert code == 5 and "takes the write protection off" in answer["error"]["why"]
    code, answer = verb_of(board, "doctor", "--fix", "--yes")
    assert code == 0 and "What to do next" in answer["repair"] and "flash-protected" not in [f["id"] for f in answer["findings"]]
    assert board.memory(0x70000000, 0x3000) == before
    board.stop()


def test_a_core_that_does_not_answer_is_repaired_by_its_board_name(tmp_path):
    board = Board(tmp_path, "--preset", "watchdog-sleep", "--deterministic", name="mimxrt1064-evk", usb=["daplink"])
    code, answer = verb_of(board, "doctor")
    assert code == 4 and "--board" in answer["error"]["next"]
    code, answer = verb_of(board, "doctor", "--board", "mimxrt1064-evk", "--fix", "--yes")
    assert code == 0 and "RT1064: got hold of it" in answer["repair"]
    board.stop()


def test_a_sleeping_chip_is_reached_under_reset(tmp_path, firmware):
    b = Bench(tmp_path)
    b.board.ctl("preset stop-mode")
    assert b.error("info", code=4)
    b.run("flash", firmware("blink"), "--under-reset")
    assert b.json("info")["chip"] == CHIP
    b.board.stop()


def test_list_and_chips(bench):
    probes = bench.json("list")["probes"]
    assert [p["kind"] for p in probes] == ["ST-LINK/V2-1"]
    assert bench.json("--list")["probes"] == probes
    answer = bench.json("chips")
    assert bench.json("--chips") == answer
    names = [name for row in answer["chips"] for name in row["names"]]
    assert "stm32l476" in names and "imxrt1064" in names
    assert any("virtual-nucleo-l476rg" in row["names"] for row in answer["boards"])
    assert "stm32l476" in bench.run("chips").stdout


def test_own_rows_come_first(bench):
    own = bench.tmp / "own"
    own.mkdir()
    (own / "chips.list").write_text("chip mychip target/stm32l4x.cfg - STM32L4*\n")
    assert bench.json("-s", own, "--chip", "mychip-17", "info")["chip"] == CHIP
    (own / "chips.list").write_text("chip mychip\n")
    assert "line 1" in bench.error("-s", own, "info", code=1)["why"]


def test_progress_is_a_bar_on_a_terminal(bench):
    main, side = pty.openpty()
    done = subprocess.run(bench.argv("erase", "--sector", "0-9"), cwd=bench.tmp, env=bench.env, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=side, timeout=60 * PATIENCE)
    os.close(side)
    text = b""
    try:
        while chunk := os.read(main, 65536):
            text += chunk
    except OSError:
        pass
    os.close(main)
    assert done.returncode == 0
    assert text.count(b"\r") > 4 and b"[##############################] 100%" in text


def test_a_virtual_board_by_name(tmp_path, firmware):
    for board, elf, chip in (("virtual-nucleo-l476rg", "blink", CHIP),
                             ("virtual-mimxrt1064-evk", "rt1064_blink", "i.MX RT106x")):
        done = subprocess.run([BUILD / "probed", "-s", TOP / "tcl", "--board", board, "flash", firmware(elf), "--json"],
                              cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60 * PATIENCE)
        assert json.loads(done.stdout)["verified"] is True, chip
    raw = firmware("rt1064_blink_raw").with_suffix(".bin")
    done = subprocess.run([BUILD / "probed", "-s", TOP / "tcl", "--board", "virtual-mimxrt1064-evk", "flash", raw],
                          cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60 * PATIENCE)
    assert "the ROM will not boot this" in done.stderr and "0x70000000" in done.stdout


@pytest.mark.parametrize("kind", ["jlink-old", "ft2232h"])
def test_a_probe_with_jtag_only_finds_the_chip(tmp_path, kind):
    board = Board(tmp_path, "--deterministic", usb=[kind])
    done = board.usb_run([BUILD / "probed", "-s", TOP / "tcl", "info"])
    assert done.returncode == 0 and CHIP in done.stdout and "speed       jtag" in done.stdout, done.stdout
    board.stop()


def test_read_out_protection_is_shown_and_taken_off(tmp_path):
    board = Board(tmp_path, "--preset", "rdp1", "--deterministic", usb=["st-link-v2-1"])
    probed = [BUILD / "probed", "-s", TOP / "tcl"]
    assert "read-out protection level 1" in board.usb_run([*probed, "info"], cwd=tmp_path).stdout
    for words in (["read", "0x08000000", "16"], ["erase", "--all", "--yes"]):
        done = board.usb_run([*probed, *words], cwd=tmp_path)
        assert done.returncode in (4, 5) and '"probed doctor' in done.stdout, done.stdout
    assert "add --yes" in board.usb_run([*probed, "doctor", "--fix"], cwd=tmp_path).stdout
    fixed = board.usb_run([*probed, "doctor", "--fix", "--yes"], cwd=tmp_path).stdout
    assert "RDP level 1" not in fixed.split("What is wrong")[1]
    assert "read-out protection level 0" in board.usb_run([*probed, "info"], cwd=tmp_path).stdout
    board.stop()


def test_info_under_reset_sees_all_and_lets_the_program_run_again(tmp_path):
    board = Board(tmp_path, "--preset", "good", "--deterministic", usb=["st-link-v2-1"])
    probed = [BUILD / "probed", "-s", TOP / "tcl"]
    done = board.usb_run([*probed, "info", "--under-reset"])
    assert done.returncode == 0 and "1024 KiB" in done.stdout and "bus error" not in done.stdout, done.stdout
    assert "state       running" in board.usb_run([*probed, "info"]).stdout
    assert "held in reset" not in board.usb_run([*probed, "doctor", "--under-reset"]).stdout
    assert "running at  0x08" in board.usb_run([*probed, "info"]).stdout
    board.stop()


@pytest.mark.parametrize("kind", ["jlink", "mcu-link", "cmsis-dap-hid"])
def test_an_imxrt_says_what_it_is_behind_any_probe(tmp_path, kind):
    board = Board(tmp_path, "--deterministic", name="mimxrt1064-evk", usb=[kind])
    done = board.usb_run([BUILD / "probed", "-s", TOP / "tcl", "info"])
    assert done.returncode == 0 and "i.MX RT106x" in done.stdout and "0x70000000" in done.stdout, done.stdout
    board.stop()


COMPLETIONS = [
    ("probed fl", ["flash"]), ("probed --chip stm32l47", ["stm32l471", "stm32l475", "stm32l476"]),
    ("probed --chip=mimxrt1064", ["mimxrt1064"]), ("probed --board virtual-nucleo-l4", ["virtual-nucleo-l476rg"]),
    ("probed flash --no-", ["--no-verify", "--no-reset"]), ("probed --transport ", ["swd", "jtag"]),
    ("probed --probe 066", ["066EFF333133464E43162234"]), ("probed flash my", ["my file.elf", "myfirmware.hex"]),
    ("probed help do", ["doctor"]), ("probed -f target/imxrt10", ["target/imxrt10xx.cfg"]),
    ("probed --completion ", ["bash", "fish", "zsh"]), ("probed rtt --chann", ["--channel"]),
    ("probed --chip STM32L47", ["STM32L471", "STM32L475", "STM32L476"]),
]


def test_completion_in_bash(bench):
    (bench.tmp / "myfirmware.hex").write_text("")
    (bench.tmp / "my file.elf").write_text("")
    script = (TOP / "contrib/completion/probed").read_text()
    lines = [script, f"probed() {{ {BUILD}/probed \"$@\"; }}",
             "ask() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _probed; printf '%s\\n' \"${COMPREPLY[@]}\"; echo .; }"]
    for line, _ in COMPLETIONS:
        words = re.findall(r"=|[^\s=]+", line) + ([""] if line.endswith(" ") else [])
        lines.append("ask " + " ".join(f"'{w}'" for w in words))
    env = {**bench.env, "OPENOCD_SCRIPTS": str(TOP / "tcl")}
    done = subprocess.run(["bash", "--norc", "-c", "\n".join(lines)], cwd=bench.tmp, env=env, capture_output=True,
                          text=True, check=True, timeout=60 * PATIENCE)
    answers = done.stdout.split("\n.\n")
    for (line, expected), answer in zip(COMPLETIONS, answers):
        assert sorted(answer.strip("\n").split("\n")) == sorted(expected), line


@pytest.mark.parametrize("shell,name", [("bash", "probed"), ("zsh", "_probed"), ("fish", "probed.fish")])
def test_completion_scripts_are_what_the_program_prints(bench, shell, name):
    out = bench.run("--completion", shell).stdout
    assert out == (TOP / "contrib/completion" / name).read_text()
    if shutil.which(shell):
        check = ["--no-execute"] if shell == "fish" else ["-n"]
        subprocess.run([shell, *check, TOP / "contrib/completion" / name], check=True)


@pytest.mark.skipif(not shutil.which("fish"), reason="no fish")
def test_completion_in_fish(bench):
    env = {**bench.env, "OPENOCD_SCRIPTS": str(TOP / "tcl"), "PATH": f"{BUILD}:{os.environ['PATH']}"}
    done = subprocess.run(["fish", "-N", "-c", f"source {TOP}/contrib/completion/probed.fish; "
                           "complete -C 'probed --chip stm32l47'"], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["stm32l471", "stm32l475", "stm32l476"]
