# SPDX-License-Identifier: GPL-2.0-or-later
"""Serial NOR behind the FlexSPI of the i.MX RT boards: load and debug in place, every state a flash may be
found in, what an interrupted write leaves, and images that no boot ROM starts."""
import re
import threading

import pytest

from kit import board_arguments, wait_for

# Board, prefix of its firmware, where its flash is seen, how large its sectors are.
BOARDS = [("mimxrt1064-evk", "rt1064", 0x70000000, 0x1000),
          ("mimxrt1060-evk", "rt1060", 0x60000000, 0x1000),
          ("mimxrt1024-evk", "rt1024", 0x60000000, 0x1000),
          ("imxrt1050-evkb", "rt1050", 0x60000000, 0x1000),
          ("imxrt1050-evkb-hyper", "rt1050hyper", 0x60000000, 0x40000)]
every_board = pytest.mark.parametrize("name,prefix,base,sector", BOARDS, ids=[b[0] for b in BOARDS])
RT1064 = BOARDS[0]
BASE = RT1064[2]
APP = 0x2000            # the vector table behind FCB and IVT


class Bench:
    """A board and its daemon."""

    def __init__(self, board, daemon):
        self.board, self.daemon = board, daemon
        self.tcl = daemon.tcl

    def cells(self, address, size):
        return self.board.memory(address, size)


@pytest.fixture
def bench(make_board, make_daemon):
    def make(name=RT1064[0], *options, daemon_arguments=(), speed=4000):
        board = make_board(*options, name=name)
        board.name = name
        return Bench(board, make_daemon(*board_arguments(board, speed), *daemon_arguments))
    return make


def pattern(size, seed=1):
    return bytes((i * 7 + seed + (i >> 8)) & 0x7f for i in range(size))


def image(tmp_path, data, name="image.bin"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def write(bench, path, offset, words="erase"):
    result = bench.tcl(f"flash write_image {words} {path} {offset:#x} bin")
    assert "wrote" in result, result + bench.daemon.text
    return result


def pc_of(daemon):
    daemon.tcl("halt")
    return int(re.search(r"0x[0-9a-f]+", daemon.tcl("reg pc").split(":", 1)[1]).group(), 16)


# --- the main road ---

@every_board
def test_load_and_debug_in_place(bench, make_gdb, firmware, name, prefix, base, sector):
    b = bench(name)
    elf = firmware(f"{prefix}_blink")
    out = make_gdb(b.daemon).run(
        ["load", "compare-sections", "monitor reset halt", "break main", "continue", "next",
         "break square", "continue", "backtrace", "info breakpoints", "print counter",
         f"x/4xw {base + APP:#x}"], elf=elf)
    assert "Transfer rate" in out, out + b.daemon.text
    assert out.count("matched.") >= 2 and "MIS-MATCHED" not in out, out
    assert re.search(r"Breakpoint 1, main \(\)", out), out + b.daemon.text
    assert re.search(r"Breakpoint 2, square \(n=", out), out
    assert re.search(r"#3 .* main \(\)", out), out
    data = elf.with_suffix(".bin").read_bytes()
    for first, last in ((0, 0x200), (0x1000, 0x1030), (APP, len(data))):     # gaps stay erased
        assert b.cells(base + first, last - first) == data[first:last], "or is a breakpoint in the flash?"


@every_board
def test_write_verify_erase_and_skip(bench, tmp_path, name, prefix, base, sector):
    b = bench(name)
    b.tcl("halt")
    data = bytearray(pattern(2 * sector + 700))
    at = base + 4 * sector
    write(b, image(tmp_path, data), at, "erase --verify")
    assert b.cells(at, len(data)) == bytes(data)
    assert b.cells(at - 16, 16) == b"\xff" * 16
    assert "wrote 0 bytes" in write(b, image(tmp_path, data), at, "erase --skip-same")
    data[sector + 5] ^= 1
    assert f"wrote {sector} bytes" in write(b, image(tmp_path, data), at, "erase --skip-same")
    assert b.cells(at, len(data)) == bytes(data)
    assert "verified" in b.tcl(f"flash verify_image {image(tmp_path, data)} {at:#x} bin")
    data[-1] ^= 1
    assert "holds" in b.daemon.fails(f"flash verify_image {image(tmp_path, data)} {at:#x} bin")
    b.tcl("flash erase_sector 0 5 5")
    assert b.cells(at + sector, sector) == b"\xff" * sector
    assert b.cells(at, sector) == bytes(data[:sector])


def test_the_largest_units_erase(bench, tmp_path):
    """64 KiB blocks take 150 ms, sixteen sectors 720 (W25Q32JV 9.6)."""
    b = bench(RT1064[0], "--deterministic")
    b.tcl("poll off; halt")
    before = b.board.stats()["virtual_ns"]
    erases = b.board.stats()["flash_erases"]
    b.tcl("flash erase_sector 0 8 55")        # 32 KiB, two blocks, 32 KiB
    assert b.board.stats()["flash_erases"] - erases == 4
    seconds = (b.board.stats()["virtual_ns"] - before) * 1e-9
    assert seconds < 0.70, seconds      # sector by sector 2.2


def test_a_megabyte_is_as_fast_as_the_flash(bench, tmp_path):
    b = bench(RT1064[0], "--deterministic", speed=10000)
    b.tcl("poll off; reset init; flash probe 0")
    data = pattern(256 * 1024)
    before = b.board.stats()["virtual_ns"]
    write(b, image(tmp_path, data), BASE + 0x100000)
    seconds = (b.board.stats()["virtual_ns"] - before) * 1e-9
    flash = len(data) / 0x10000 * 0.15 + len(data) / 256 * 0.4e-3
    assert seconds < 1.15 * flash, (seconds, flash)
    assert b.cells(BASE + 0x100000, len(data)) == data


def test_without_a_work_area_the_host_does_it(bench, tmp_path):
    b = bench(daemon_arguments=("-c", "imxrt1064.cpu configure -event examine-end {} -event reset-end {} "
                                "-work-area-size 0"))
    b.tcl("halt")
    data = pattern(5000)
    write(b, image(tmp_path, data), BASE + 0x10000)
    assert "without a loader" in b.daemon.text
    assert b.cells(BASE + 0x10000, len(data)) == data


def test_ram_that_is_not_there_is_no_work_area(bench, tmp_path):
    """FlexRAM may have taken away what the script names."""
    b = bench(daemon_arguments=("-c", "imxrt1064.cpu configure -event examine-end {} -event reset-end {} "
                                "-work-area-phys 0x20030000 -work-area-size 0x4000"))
    b.tcl("halt")
    data = pattern(3000)
    write(b, image(tmp_path, data), BASE + 0x10000)
    assert b.cells(BASE + 0x10000, len(data)) == data


# --- a program that is running ---

def test_a_running_program_survives_a_probe(bench, firmware):
    b = bench(RT1064[0], "--preset", "xip-running")
    wait_for(lambda: b.tcl("[target current] curstate") == "running", "the program to run")
    before = b.daemon.text
    assert "W25Q32JV" in b.tcl("flexspi probe")
    assert "flash 'flexspi' found at 0x70000000" in b.tcl("flash probe 0")
    b.tcl("flexspi status; flexspi uid; flexspi doctor; flash info 0")
    assert b.tcl("[target current] curstate") == "running"
    assert "halted" not in b.daemon.text[len(before):].replace("not halted", "")
    before = pc_of(b.daemon)
    assert BASE <= before < BASE + 0x400000, hex(before)
    b.tcl("resume")
    assert BASE <= pc_of(b.daemon) < BASE + 0x400000, "it did not go on: " + b.daemon.text


def test_gdb_reads_the_new_bytes_not_stale_ones(bench, make_gdb, firmware, tmp_path):
    """AHB buffers and D-cache hold what the program read before (IMXRT1064RM FlexSPI, DDI 0489 5.3)."""
    b = bench(RT1064[0], "--preset", "xip-running")
    b.tcl("halt")
    at = BASE + 0x20000
    assert b.tcl(f"mdw {at:#x}").split()[-1] == "ffffffff"      # now in the buffers
    data = pattern(512)
    write(b, image(tmp_path, data), at)
    out = make_gdb(b.daemon).run([f"x/1xw {at:#x}"])
    assert f"0x{int.from_bytes(data[:4], 'little'):08x}" in out, out
    b.tcl(f"flash erase_address {at:#x} 0x1000")
    assert b.tcl(f"mdw {at:#x}").split()[-1] == "ffffffff"


def test_the_core_sees_the_new_bytes_through_its_data_cache(bench, tmp_path):
    """A line that the program has read must not outlive the write (DDI 0489 5.3)."""
    b = bench(RT1064[0], "--preset", "xip-running")
    b.tcl("halt")
    at, code = BASE + 0x20000, 0x20210000
    b.tcl(f"mww {code:#x} 0xbe006808; mmw 0xe000ed14 0x10000 0")    # ldr r0, [r1]; bkpt: D-cache on

    def load():
        b.tcl(f"reg r1 {at:#x}; reg pc {code:#x}; reg r0 0; resume; wait_halt")
        return int(b.tcl("reg r0").split()[-1], 16)
    assert load() == 0xffffffff
    data = pattern(512)
    b.board.ctl(f"load {at:#x} {image(tmp_path, data[:32])}")
    assert load() == 0xffffffff, "no data cache: this test shows nothing"
    b.board.ctl(f"load {at:#x} {image(tmp_path, bytes([0xff]) * 32)}")
    write(b, image(tmp_path, data), at)
    assert load() == int.from_bytes(data[:4], "little")


def test_after_a_write_the_program_goes_on(bench, tmp_path):
    b = bench(RT1064[0], "--preset", "xip-running")
    b.tcl("halt")
    write(b, image(tmp_path, pattern(5000)), BASE + 0x100000)
    for _ in range(3):
        b.tcl("resume")
        assert BASE <= pc_of(b.daemon) < BASE + 0x400000, b.daemon.text


def test_after_a_reset_into_the_rom_the_window_can_be_read(bench, tmp_path):
    b = bench()
    b.tcl("reset halt")
    data = pattern(4096)
    write(b, image(tmp_path, data), BASE + 0x10000)
    assert b.tcl(f"mdw {BASE + 0x10000:#x}").split()[-1] == f"{int.from_bytes(data[:4], 'little'):08x}"


# --- states a flash is found in ---

@pytest.mark.parametrize("name,preset", [
    ("mimxrt1060-evk", "qpi"), ("mimxrt1064-evk", "deep-power-down"),
    ("mimxrt1064-evk", "continuous-read"), ("mimxrt1060-evk", "continuous-read"),
    ("imxrt1050-evkb", "deep-power-down"), ("mimxrt1024-evk", "story-fuses"),
    ("mimxrt1064-evk", "raw-bin"), ("mimxrt1064-evk", "crashed"),
    ("mimxrt1064-evk", "good"), ("mimxrt1064-evk", "blank")])
def test_every_state_can_be_programmed(bench, tmp_path, name, preset):
    b = bench(name, "--preset", preset)
    base = dict((n, a) for n, _, a, _ in BOARDS)[name]
    b.tcl("halt")
    data = pattern(3000)
    write(b, image(tmp_path, data), base + 0x10000, "erase --verify")
    assert b.cells(base + 0x10000, len(data)) == data


def suspended(bench):
    """By what the flash itself says."""
    return re.search(r"SUS \(an erase|status 0x00c0", bench.tcl("flexspi status"))


@every_board
def test_an_erase_suspended_meanwhile_is_ended_before_a_write(bench, tmp_path, name, prefix, base, sector):
    """A flash ignores an erase while another is suspended, and shows it nowhere but in one bit."""
    b = bench(name, "--preset", "good")
    b.tcl("poll off; halt; flash probe 0")
    data = pattern(3000)
    at = base + 6 * sector
    b.board.ctl(f"load {at:#x} {image(tmp_path, pattern(sector, 9), 'old.bin')}")
    b.board.ctl("flash-state suspended")
    wait_for(lambda: suspended(b), "the erase to stop")
    assert "letting it end" not in b.daemon.text
    write(b, image(tmp_path, data), at)
    assert "was suspended: letting it end" in b.daemon.text
    assert b.cells(at, len(data)) == data
    b.board.ctl("flash-state suspended")
    wait_for(lambda: suspended(b), "the erase to stop")
    b.tcl("flash erase_sector 0 6 6")
    assert b.cells(at, sector) == b"\xff" * sector


# Registers that a program in the flash relies on: FlexSPI and its sequences, CCM, IOMUXC and its GPRs, MPU,
# caches and faults, SysTick, watchdogs, fuse controller's timing.
RELIED_ON = [(0x402a8000, 0x400), (0x400fc000, 0x90), (0x401f8000, 0x600), (0x400ac000, 0x80), (0x400d8000, 0x140),
             (0xe000ed08, 0x28), (0xe000ed90, 0x10), (0xe000e010, 0x0c), (0x400b8000, 8), (0x401f4010, 4)]
SECOND = (0x402a4000, 0x400)
INTR = 0x14             # flags that are set by whatever the controller does, and can only be cleared


@every_board
def test_looking_changes_nothing_for_the_program(bench, tmp_path, name, prefix, base, sector):
    b = bench(name, "--deterministic", "--preset", "xip-running")
    b.board.ctl("run 20000000")
    b.tcl("poll off; halt; flash probe 0; resume")
    b.board.ctl("run 1000000")
    b.tcl("halt")
    areas = RELIED_ON + ([SECOND] if name == RT1064[0] else [])

    def state():
        memory = {area: b.tcl(f"read_memory {area[0]:#x} 32 {area[1] // 4}").split() for area in areas}
        for area in (area for area in areas if area[1] == 0x400):
            memory[area][INTR // 4] = "flags"
        names = [f"r{i}" for i in range(13)] + ["sp", "lr", "pc", "xPSR", "msp", "psp", "primask", "basepri",
                                               "faultmask", "control"]
        return memory, b.tcl(f"get_reg -force {{{' '.join(names)}}}")
    before = state()
    assert len(before[0][areas[0]]) == 0x100 and "pc 0x" in before[1]
    ram = b.cells(0x20000000, 0x10000), b.cells(0x20200000, 0x10000)
    for verb in ("flash probe 0", "flash info 0", "flexspi probe", "flexspi status", "flexspi doctor", "flexspi uid",
                 "imxrt doctor", "imxrt doctor halt", "ocotp list", f"flash read_bank 0 {tmp_path}/x.bin 0 0x3000"):
        b.tcl(f"if {{[catch {{{verb}}} text]}} {{error $text}}")
        assert state() == before, verb
        assert (b.cells(0x20000000, 0x10000), b.cells(0x20200000, 0x10000)) == ram, verb
    b.tcl(f"flash verify_bank 0 {tmp_path}/x.bin")
    assert state() == before
    b.tcl("resume")
    b.board.ctl("run 3000000")
    after = b.board.ctl("state")
    assert not after["locked_up"] and base <= after["pc"] < base + 0x10000


def test_protection_is_named_and_taken_off_on_request(bench, tmp_path):
    b = bench(RT1064[0], "--preset", "protected")
    b.tcl("halt")
    path, at = image(tmp_path, pattern(3000)), BASE + 0x10000
    text = b.daemon.fails(f"flash write_image erase {path} {at:#x} bin")
    assert "sector 16 is write-protected" in text and "flexspi unprotect 0" in text
    assert "BP2-0=7" in b.tcl("flexspi status")
    assert "flexspi unprotect" in b.tcl("flexspi doctor")
    write(b, path, at, "erase unlock")
    assert b.cells(at, 3000) == pattern(3000)
    assert "protection: none" in b.tcl("flexspi status")
    assert "QE (quad enabled)" in b.tcl("flexspi status")


def test_ranges_can_be_protected_again(bench):
    b = bench()
    b.tcl("halt; flash probe 0; flash protect 0 0 15 on")
    assert "protection: 0x0..0xffff" in b.tcl("flexspi status")
    assert "cannot protect just" in b.daemon.fails("flash protect 0 1 2 on")
    assert "write-protected" in b.daemon.fails("flash erase_sector 0 15 16")
    b.tcl("flexspi unprotect")
    assert "protection: none" in b.tcl("flexspi status")


# --- the boot header ---

def test_a_plain_binary_at_the_boot_address_is_warned_of_before(bench, firmware):
    b = bench()
    b.tcl("halt")
    raw = firmware("rt1064_blink_raw").with_suffix(".bin")
    write(b, raw, BASE)
    warning = re.search(r"Warn : .*(FCB|flash configuration block).*", b.daemon.text, re.I)
    assert warning, b.daemon.text
    assert b.daemon.text.index(warning.group()) < b.daemon.text.index("bytes written")


def test_a_plain_binary_over_a_good_image_is_called_that(bench, firmware):
    """Not "an IVT without FCB": the IVT is what the image before has left."""
    b = bench(RT1064[0], "--preset", "good")
    b.tcl("halt")
    raw = firmware("rt1064_blink_raw").with_suffix(".bin")
    text = b.daemon.fails(f"flash write_image erase {raw} {BASE:#x} bin")
    assert "vector table" in text and "link the program for +0x2000" in text and "another image's" in text, text


def test_a_write_without_erase_is_told_as_that(bench, tmp_path):
    b = bench()
    b.tcl("halt")
    at = BASE + 0x10000
    write(b, image(tmp_path, b"\x00" * 256), at)
    text = b.daemon.fails(f"flash write_image {image(tmp_path, bytes([0x5a]) * 256)} {at:#x} bin")
    assert "was not erased at 0x70010000" in text and "flash write_image erase" in text, text


def test_a_good_image_is_written_without_a_warning(bench, firmware):
    b = bench()
    b.tcl("halt")
    write(b, firmware("rt1064_blink").with_suffix(".bin"), BASE)
    assert not re.search(r"Warn : .*(FCB|IVT|ROM)", b.daemon.text), b.daemon.text


def test_an_image_that_cannot_start_is_refused_unless_forced(bench, firmware, tmp_path):
    b = bench()
    b.tcl("halt")
    data = bytearray(firmware("rt1064_blink").with_suffix(".bin").read_bytes())
    data[0x1014:0x1018] = (0x60001000).to_bytes(4, "little")        # IVT: self is not where it lies
    path = image(tmp_path, bytes(data))
    text = b.daemon.fails(f"flash write_image erase {path} {BASE:#x} bin")
    assert "flexspi force 0 on" in text, text
    assert b.cells(BASE, 64) == b"\xff" * 64, "erased before it was refused"
    b.tcl("flexspi force 0 on")
    write(b, path, BASE)
    assert b.cells(BASE, len(data)) == bytes(data)


# Where the write is when the power goes: the place that must be blank, and the one that is not any more.
CUTS = {"erasing": None, "first pages": 0x2000, "middle": 0x9000, "near the end": 0x11800}


@pytest.mark.parametrize("cut", CUTS)
def test_power_lost_in_a_write_is_recognised_and_mended(bench, make_daemon, firmware, tmp_path, cut):
    """The boot header is erased first and written last: what is half written does not boot."""
    b = bench(RT1064[0], "--preset", "good")
    data = firmware("rt1064_blink").with_suffix(".bin").read_bytes()
    data += pattern(0x12000 - len(data))
    command = f"flash write_image erase {image(tmp_path, data)} {BASE:#x} bin"
    blank = b"\xff" * 16
    b.tcl("halt; flash probe 0")
    writer = threading.Thread(target=b.tcl, args=(command,))
    writer.start()
    wait_for(lambda: b.cells(BASE, 16) == blank, "the header to be erased")
    if CUTS[cut] is not None:
        wait_for(lambda: b.cells(BASE + CUTS[cut], 16) != blank, f"data at {CUTS[cut]:#x}", timeout=30)
    b.board.ctl("power off")
    writer.join(60)
    assert b.cells(BASE, 16) == blank, "the header was there before the rest"
    assert "in an unknown state" in b.daemon.text or "erased but not written" in b.daemon.text, b.daemon.text
    b.board.ctl("power on")
    b.daemon.stop()
    second = make_daemon(*board_arguments(b.board))
    second.tcl("halt")
    result = second.tcl(command)
    assert "wrote" in result, result + second.text
    assert "interrupted" in second.text or cut == "erasing", second.text
    assert b.cells(BASE, len(data)) == data
    second.tcl("reset run")
    wait_for(lambda: BASE <= pc_of(second) < BASE + 0x400000, "the program to run")


# --- verbs ---

def test_verbs_return_data(bench):
    b = bench()
    probe = b.tcl("flexspi probe")
    assert b.tcl("dict get [flexspi probe] id") == "ef4016", probe
    assert b.tcl("dict get [flexspi probe] bytes") == str(4 << 20)
    assert re.fullmatch("[0-9a-f]{16}", b.tcl("flexspi uid"))
    assert b.tcl("flexspi command 0x9f read 3") == "ef 40 16"
    assert b.tcl("flexspi command 0x5a address 0 dummy 8 read 4") == "53 46 44 50"
    assert "confirm" in b.daemon.fails("flexspi command 0x42 address 0x1000 write 0 1 2")
    assert "one byte" in b.daemon.fails("flexspi command 0x123")
    assert b.tcl("flexspi force 0") == "0"
    assert "nothing is wrong" in b.tcl("flexspi doctor")


def test_the_external_flash_of_the_rt1064_is_another_bank(bench, tmp_path):
    """0x60000000 is FlexSPI, 0x70000000 FlexSPI2: the program goes on in the one while the other is written."""
    b = bench(RT1064[0], "--preset", "xip-running",
              daemon_arguments=("-c", "flash bank ext flexspi_nor 0x60000000 0 0 0 imxrt1064.cpu"))
    b.tcl("halt")
    assert "found at 0x60000000" in b.tcl("flash probe ext")
    assert "found at 0x70000000" in b.tcl("flash probe 0")
    header, data = b.cells(BASE, 0x3000), pattern(3000)
    write(b, image(tmp_path, data), 0x60010000, "erase --verify")
    assert b.cells(0x60010000, len(data)) == data and b.cells(BASE, 0x3000) == header
    assert re.fullmatch("[0-9a-f]{16}", b.tcl("flexspi uid 2"))
    b.tcl("flexspi quad 2")
    assert "QE (quad enabled)" in b.tcl("flexspi status 2")
    assert "verified" in b.tcl(f"flash verify_image {image(tmp_path, data)} 0x60010000 bin")
    b.tcl("resume")
    assert BASE <= pc_of(b.daemon) < BASE + 0x400000


def test_no_breakpoint_ever_goes_into_the_flash(bench, make_gdb, firmware):
    """The eight comparators are all there is: the ninth is refused."""
    b = bench(RT1064[0], "--preset", "xip-running")
    b.tcl("halt")
    before = b.cells(BASE, 0x4000)
    pc = pc_of(b.daemon) & ~3
    for i in range(8):
        b.tcl(f"bp {pc + 0x100 + 4 * i:#x} 2")
    assert "comparator" in b.daemon.fails(f"bp {pc + 0x140:#x} 2")
    assert b.cells(BASE, 0x4000) == before
    b.tcl("rbp all")
    out = make_gdb(b.daemon).run([*(f"break *{pc + 0x200 + 4 * i:#x}" for i in range(9)), "stepi", "continue"],
                                 elf=firmware("rt1064_blink"))
    assert "Cannot insert" in out or "Could not insert" in out, out
    assert b.cells(BASE, 0x4000) == before


def test_a_bank_finds_its_own_address(bench):
    b = bench(daemon_arguments=("-c", "flash bank boot flexspi 0 0 0 0 imxrt1064.cpu"))
    assert "found at 0x70000000" in b.tcl("flash probe boot")


def test_an_address_without_a_controller_is_told(bench):
    b = bench(daemon_arguments=("-c", "flash bank no flexspi 0x50000000 0 0 0 imxrt1064.cpu"))
    text = b.daemon.fails("flash probe no")
    assert "no FlexSPI window at 0x50000000" in text and "0x70000000" in text
