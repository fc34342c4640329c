# SPDX-License-Identifier: GPL-2.0-or-later
"""Programming the flash: what a user does with it, and each way in which the chip says no."""
import re
import socket
import subprocess
import threading

import pytest

from kit import PATIENCE, wait_for, board_arguments

FLASH = 0x08000000
PAGE = 2048


def cells(board, address, size):
    """What the flash cells hold, past caches and protection."""
    return board.memory(address, size)


def ready(daemon):
    daemon.tcl("reset halt; flash probe 0")


def image(tmp_path, data, name="image.bin"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def pattern(size, seed=1):
    """Bytes without an all-ones double word."""
    return bytes((i * 7 + seed + (i >> 8)) & 0x7f for i in range(size))


def write(daemon, path, offset=FLASH, words="erase"):
    result = daemon.tcl(f"flash write_image {words} {path} {offset:#x} bin")
    assert "wrote" in result, result
    return result


# --- the main road ---

def test_program_verify_reset_exit(board, make_daemon, firmware):
    elf = firmware("blink")
    daemon = make_daemon(*board_arguments(board), "-c", f"program {elf} verify reset exit",
                         ready=False)
    assert daemon.wait() == 0, daemon.text
    marks = re.findall(r"^\*\* .* \*\*$", daemon.text, re.M)
    assert marks == ["** Programming Started **", "** Programming Finished **",
                     "** Verify Started **", "** Verified OK **", "** Resetting Target **"]
    data = elf.with_suffix(".bin").read_bytes()
    assert cells(board, FLASH, len(data)) == data
    assert not re.search("^Error: (?!.*lockup)", daemon.text, re.M), daemon.text


def test_program_without_the_file_fails_with_the_marker(board, make_daemon):
    daemon = make_daemon(*board_arguments(board), "-c", "program nofile.elf verify reset exit",
                         ready=False)
    assert daemon.wait() == 1, daemon.text
    assert "Error: couldn't open nofile.elf" in daemon.text
    assert "** Programming Failed **" in daemon.text
    assert "** Programming Finished **" not in daemon.text


def test_program_words_in_any_order_and_a_name_with_blanks(board, make_daemon, tmp_path):
    path = image(tmp_path, pattern(100), "two words.bin")
    daemon = make_daemon(*board_arguments(board), "-c",
                         f"program {{{path}}} verify exit 0x08010000 reset", ready=False)
    assert daemon.wait() == 0, daemon.text
    assert cells(board, 0x08010000, 100) == pattern(100)


def test_preverify_leaves_equal_flash_alone(board, daemon, firmware):
    daemon.tcl(f"program {firmware('blink')}")
    before = board.stats()["flash_erases"]
    daemon.tcl(f"program {firmware('blink')} preverify")
    daemon.expect(r"\*\*Verified OK - No flashing\*\*")
    assert board.stats()["flash_erases"] == before
    daemon.tcl(f"program {firmware('irq')} preverify verify")
    assert board.stats()["flash_erases"] > before


def test_every_format_lands_at_the_same_place(board, daemon, firmware, tmp_path):
    elf = firmware("blink")
    data = elf.with_suffix(".bin").read_bytes()
    ready(daemon)
    for fmt, name in (("ihex", "blink.hex"), ("srec", "blink.s19")):
        subprocess.run(["arm-none-eabi-objcopy", "-O", fmt, elf, tmp_path / name], check=True)
    for path in (elf, tmp_path / "blink.hex", tmp_path / "blink.s19", elf.with_suffix(".bin")):
        board.ctl("flash-erase")
        result = daemon.tcl(f"flash write_image erase {path}")
        assert re.search(r"auto erase enabled\nwrote \d+ bytes from file .* in \d+\.\d{6}s "
                         r"\(\d+\.\d{3} KiB/s\)", result), result
        assert cells(board, FLASH, len(data)) == data, path
        assert "verified" in daemon.tcl(f"flash verify_image {path}")


def test_an_image_across_both_banks(board, daemon, tmp_path):
    ready(daemon)
    data = pattern(5000)
    write(daemon, image(tmp_path, data), 0x0807f800 + 100, "erase --verify")
    assert cells(board, 0x0807f800 + 100, len(data)) == data
    assert cells(board, FLASH, 64) == b"\xff" * 64, "page numbers of bank 2 were not masked"


def test_a_load_is_as_fast_as_the_flash(make_board, make_daemon, firmware):
    board = make_board("--deterministic")
    daemon = make_daemon(*board_arguments(board))
    daemon.tcl("poll off; reset init; flash probe 0")
    board.ctl("reset-stats")
    daemon.tcl(f"flash write_image erase {firmware('big')}")
    stats = board.stats()
    flash = stats["flash_page_erases"] * 22.02e-3 + stats["flash_programs"] * 81.69e-6
    assert stats["virtual_ns"] * 1e-9 < 1.10 * flash
    daemon.expect(r"flash \d+ %, wire \d+ %, USB \d+ %: the (flash|wire|USB) held it back")


# --- only what must be done ---

def test_skip_same_writes_only_what_changed(board, daemon, tmp_path):
    ready(daemon)
    data = bytearray(pattern(20 * PAGE))
    write(daemon, image(tmp_path, data))
    before = board.stats()
    result = write(daemon, image(tmp_path, data), words="erase --skip-same")
    assert "wrote 0 bytes" in result
    assert board.stats()["flash_erases"] == before["flash_erases"]
    data[7 * PAGE + 5] ^= 1
    result = write(daemon, image(tmp_path, data), words="erase --skip-same")
    assert f"wrote {PAGE} bytes" in result
    assert board.stats()["flash_erases"] == before["flash_erases"] + 1
    assert cells(board, FLASH, len(data)) == data


def test_skip_same_does_not_erase_blank_pages(board, daemon, tmp_path):
    ready(daemon)
    before = board.stats()["flash_erases"]
    write(daemon, image(tmp_path, pattern(4 * PAGE)), words="erase --skip-same --verify")
    assert board.stats()["flash_erases"] == before


def test_a_page_that_only_looks_blank_is_erased_after_all(board, daemon, tmp_path):
    ready(daemon)
    for address in range(FLASH, FLASH + PAGE, 8):
        board.ctl(f"cell-state {address:#x} programmed")
    assert cells(board, FLASH, PAGE) == b"\xff" * PAGE
    write(daemon, image(tmp_path, pattern(PAGE)), words="erase --skip-same --verify")
    assert cells(board, FLASH, PAGE) == pattern(PAGE)
    daemon.expect("looked blank")


def test_all_ones_double_words_are_left_erased(board, daemon, tmp_path):
    ready(daemon)
    write(daemon, image(tmp_path, b"\x11" * 8 + b"\xff" * 16 + b"\x22" * 8))
    assert board.stats()["flash_programs"] == 2
    write(daemon, image(tmp_path, b"\x33" * 16), FLASH + 8, "")
    assert cells(board, FLASH, 32) == b"\x11" * 8 + b"\x33" * 16 + b"\x22" * 8


def test_keep_puts_back_the_rest_of_a_page(board, daemon, tmp_path):
    ready(daemon)
    write(daemon, image(tmp_path, pattern(PAGE)))
    write(daemon, image(tmp_path, b"\x55" * 10), FLASH + 100, "erase --keep")
    expected = bytearray(pattern(PAGE))
    expected[100:110] = b"\x55" * 10
    assert cells(board, FLASH, PAGE) == expected
    write(daemon, image(tmp_path, b"\x66" * 8), FLASH, "erase")
    assert cells(board, FLASH, PAGE) == b"\x66" * 8 + b"\xff" * (PAGE - 8)
    daemon.expect(r"Adding extra erase range, 0x08000008 \.\. 0x080007ff")


def test_plan_says_what_would_happen_and_does_nothing(board, daemon, firmware):
    ready(daemon)
    plan = daemon.tcl(f"flash plan {firmware('big')}")
    assert re.search(r"sectors 0\.\.127 at 0x08000000: erase, program \d+ bytes from 0x08000000", plan)
    assert re.search(r"the flash needs about 2\.\d+ s", plan), plan   # mass erase, fast rows
    daemon.tcl(f"flash write_image erase --dry-run {firmware('big')}")
    assert board.stats()["flash_erases"] == board.stats()["flash_programs"] == 0


def test_fill_read_and_compare_verbs(board, daemon, tmp_path):
    ready(daemon)
    assert "wrote 24 bytes to 0x08000000 in" in daemon.tcl("flash fillw 0x08000000 0xdeadbeef 6")
    assert daemon.tcl("flash mdw 0x08000000 7").strip() == \
        "0x08000000: deadbeef deadbeef deadbeef deadbeef deadbeef deadbeef ffffffff"
    assert daemon.tcl("flash mdh 0x08000002 2").strip() == "0x08000002: dead beef"
    assert daemon.tcl("flash read_memory 0x08000000 8 2") == "0xef 0xbe"
    daemon.tcl("flash filld 0x08000100 0x1122334455667788 1")
    assert cells(board, 0x08000100, 8) == bytes.fromhex("8877665544332211")
    path = image(tmp_path, pattern(333))
    daemon.tcl(f"flash write_bank 0 {path} 0x1000")
    assert "contents match" in daemon.tcl(f"flash verify_bank 0 {path} 0x1000")
    text = daemon.fails(f"flash verify_bank 0 {path} 0x1008")
    assert "contents differ" in text and "0x08001008 holds" in text
    log = daemon.tcl(f"capture {{catch {{flash verify_bank 0 {path} 0x1008}}}}").split("\n")
    assert log.count("checksum mismatch - attempting binary compare") == 1
    first = log.index("contents differ") + 1
    assert re.fullmatch("diff 0 address 0x00001008. Was 0x[0-9a-f]{2} instead of 0x[0-9a-f]{2}", log[first])
    assert log[first + 128] == "More than 128 errors, the rest are not printed."
    daemon.tcl(f"flash read_bank 0 {tmp_path}/back.bin 0x1000 333")
    assert (tmp_path / "back.bin").read_bytes() == pattern(333)
    assert "not sector-aligned" in daemon.fails("flash erase_address 0x08000000 0x801")
    assert "erased address 0x08000000 (length 2049) in" in \
        daemon.tcl("flash erase_address pad 0x08000000 0x801")
    assert "#  2: 0x00001000 (0x800 2kB) not erased" in daemon.tcl("flash erase_check 0")
    daemon.tcl("stm32l4x mass_erase 0")
    assert "\tBank is erased" in daemon.tcl("flash erase_check 0")


# --- the chip says no ---

def test_a_write_protected_page_is_named_and_nothing_is_half_done(board, daemon, firmware):
    board.ctl("options WRP1A=0..15")
    ready(daemon)
    before = cells(board, FLASH, 64 * PAGE)
    text = daemon.fails(f"flash write_image erase {firmware('blink')}")
    assert "page 0 is write-protected (WRP1A covers pages 0..15)" in text
    assert 'run "flash protect 0 0 15 off"' in text
    assert cells(board, FLASH, 64 * PAGE) == before
    daemon.tcl("flash erase_sector 0 16 16")            # the neighbour is free
    assert "page 0 is write-protected" in daemon.fails("stm32l4x mass_erase 0")
    daemon.tcl("flash protect 0 0 15 off")
    assert "wrote" in daemon.tcl(f"flash write_image erase {firmware('blink')}")


def test_unlock_word_removes_protection_first(board, daemon, firmware):
    board.ctl("options WRP1A=0..0 WRP2A=3..4")
    ready(daemon)
    daemon.tcl(f"flash write_image erase unlock {firmware('blink')}")
    assert daemon.tcl("stm32l4x wrp_info 0").strip() == "protected areas: [259,260]"


def test_protect_writes_the_smallest_set_of_areas(board, daemon):
    ready(daemon)
    daemon.tcl("flash protect 0 3 5 on; flash protect 0 6 7 on; flash protect 0 300 300 on")
    active = board.ctl("options")["result"]["active"]
    assert [3, 7] in (active["WRP1A"], active["WRP1B"])
    assert [44, 44] in (active["WRP2A"], active["WRP2B"])
    daemon.tcl("flash protect 0 20 20 on")
    assert "more than its 2 protected ranges" in daemon.fails("flash protect 0 30 30 on")
    assert re.search(r"#\s*3: 0x00001800 \(0x800 2kB\) protected", daemon.tcl("flash info 0"))
    daemon.tcl("flash protect 0 0 last off")
    assert daemon.tcl("stm32l4x wrp_info 0").strip() == "no protected areas"


def test_clearing_protection_that_is_not_there_resets_nothing(board, daemon):
    ready(daemon)
    before = board.stats()["option_writes"]
    daemon.tcl("flash protect 0 0 last off")
    assert board.stats()["option_writes"] == before


def test_pcrop_is_named_with_its_range(board, daemon, firmware):
    board.ctl("options PCROP1=0..255")
    ready(daemon)
    text = daemon.fails(f"flash write_image erase {firmware('blink')}")
    assert "PCROP1 covers 0x08000000..0x080007ff" in text
    assert "only RDP 0 to 1 and back to 0 removes it" in text


def test_read_protection_is_explained_and_lifted_by_who_asks_for_it(board, daemon, firmware, tmp_path):
    ready(daemon)
    write(daemon, image(tmp_path, pattern(64)), FLASH + 0x10000)
    board.ctl("options RDP=0xbb")
    daemon.tcl("reset halt")
    text = daemon.fails(f"flash write_image erase {firmware('blink')}")
    assert "RDP" in text and "level 1" in text and "stm32l4x unlock 0" in text
    assert "erases the whole flash" in text
    text = daemon.fails("stm32l4x option_write 0 0x20 0xaa 0xff")
    assert "erases the whole flash" in text
    assert cells(board, FLASH + 0x10000, 64) == pattern(64)
    daemon.tcl("stm32l4x unlock 0")
    daemon.expect("erases the whole flash, SRAM2 and the backup registers: that is being done")
    daemon.tcl("stm32l4x option_load 0")
    assert cells(board, FLASH + 0x10000, 64) == b"\xff" * 64
    assert "wrote" in daemon.tcl(f"flash write_image erase {firmware('blink')}")


def test_the_door_without_return_is_guarded(board, daemon):
    ready(daemon)
    text = daemon.fails("stm32l4x option_write 0 0x20 0xcc 0xff")
    assert "level 2" in text and "for ever" in text
    assert board.ctl("options")["result"]["active"]["RDP"] == 0xaa


def test_option_bytes_are_read_written_and_loaded(board, daemon):
    ready(daemon)
    assert daemon.tcl("stm32l4x option_read 0 0x20").strip() == \
        "Option Register: <0x40022020> = 0xffeff8aa"
    assert "stm32l4x Option written." in daemon.tcl("stm32l4x option_write 0 0x20 0x400 0x700")
    assert board.ctl("options")["result"]["active"]["BOR_LEV"] == 0
    daemon.tcl("stm32l4x option_load 0")
    assert board.ctl("options")["result"]["active"]["BOR_LEV"] == 4
    assert "BOR_LEV = 4: about 2.8 V" in daemon.tcl("stm32l4x options 0")
    assert daemon.tcl("stm32l4x.cpu curstate") == "halted"


@pytest.mark.parametrize("sr", ["0x80", "0xa0", "0xa8", "0x3f8", "0x8000", "0xc3fa"])
def test_old_errors_in_sr_do_not_matter(board, daemon, firmware, sr):
    ready(daemon)
    board.ctl(f"preset-sr {sr}")
    daemon.tcl(f"flash write_image erase --verify {firmware('blink')}")
    assert "wrote" in daemon.tcl(f"flash write_image erase --verify {firmware('blink')}")


@pytest.mark.parametrize("cr", ["0x1", "0x2", "0x40000", "0x40000001", "0x7fa"])
def test_modes_left_in_cr_do_not_matter(board, daemon, firmware, cr):
    ready(daemon)
    board.ctl(f"preset-cr {cr}")
    assert "mass erase complete" in daemon.tcl("stm32l4x mass_erase 0")
    assert board.ctl("flash-regs")["result"]["CR"] & 0x80000000


def test_a_locked_out_key_is_cured_by_a_reset(board, daemon, firmware):
    ready(daemon)
    board.ctl("lock-keys")
    assert "wrote" in daemon.tcl(f"flash write_image erase {firmware('blink')}")
    daemon.expect("earlier wrong key keeps LOCK shut.*resetting the chip")
    assert "wrote" in daemon.tcl(f"flash write_image erase {firmware('blink')}")


def test_stuck_bsy_before_and_during_a_write(board, daemon, firmware):
    ready(daemon)
    board.ctl("stuck-bsy on")
    text = daemon.fails(f"flash write_image erase {firmware('blink')}")
    assert "still busy" in text and "reset halt" in text
    board.ctl("stuck-bsy off")
    daemon.tcl("reset halt")
    results = []
    work = threading.Thread(target=lambda: results.append(
        daemon.fails(f"flash write_image erase {firmware('big')}")))
    work.start()
    wait_for(lambda: board.stats()["flash_programs"] > 300, "the write to be under way")
    board.ctl("stuck-bsy on")
    work.join(30)
    assert "still busy" in results[0], results
    daemon.expect(r"sectors .*written, [\d.]+ in an unknown state, .*erased but not written")
    board.ctl("stuck-bsy off")
    daemon.tcl("reset halt")
    assert "wrote" in daemon.tcl(f"flash write_image erase {firmware('blink')}")


def test_writing_over_data_names_the_page(board, daemon, tmp_path):
    ready(daemon)
    path = image(tmp_path, pattern(3 * PAGE))
    write(daemon, path)
    daemon.tcl("flash erase_sector 0 0 0")
    text = daemon.fails(f"flash write_image {path} {FLASH:#x} bin")
    assert "page 1 at 0x08000800" in text and "not erased" in text
    assert "flash write_image erase" in text
    daemon.expect("sectors 0 written, 1 in an unknown state, 2 not touched")


@pytest.mark.parametrize("how", ["power", "reset", "brownout"])
def test_a_cut_in_the_middle_says_what_is_written(board, daemon, firmware, how):
    ready(daemon)
    board.ctl(f"fail-after 600 {how}")
    text = daemon.fails(f"flash write_image erase {firmware('big')}")
    assert "flash write failed" in text
    match = daemon.expect(r"sectors (?:(?:\d+\.\.)?(\d+) written, )?(?:\d+\.\.)?\d+ in an unknown state")
    data = firmware("big").with_suffix(".bin").read_bytes()
    done = (int(match.group(1)) + 1) * PAGE if match.group(1) else 0
    assert cells(board, FLASH, done) == data[:done]
    board.ctl("power on")
    wait_for(lambda: daemon.tcl("catch {reset halt}") == "0", "the target to come back")
    assert "wrote" in daemon.tcl(f"flash write_image erase --verify {firmware('big')}")


def test_watchdog_of_the_application_is_kept_quiet(board, daemon, firmware):
    ready(daemon)
    # IWDG with the shortest reload: about 30 ms.
    daemon.tcl("mww 0x40003000 0x5555; mww 0x40003004 0; mww 0x40003008 0xff; mww 0x40003000 0xcccc")
    assert "wrote" in daemon.tcl(f"flash write_image erase --verify {firmware('big')}")


def test_a_watchdog_with_a_window_is_open_meanwhile(board, daemon, firmware):
    ready(daemon)
    daemon.tcl("mww 0x40003000 0xcccc; mww 0x40003000 0x5555; mww 0x40003008 0xff; "
               "mww 0x40003010 0x10")
    assert "wrote" in daemon.tcl(f"flash write_image erase {firmware('big')}")
    wait_for(lambda: daemon.tcl("read_memory 0x40003010 32 1") == "0x10", "the window to be back")


def test_spoiled_option_bytes_are_recognised_and_mended(board, daemon, firmware):
    ready(daemon)
    board.ctl("corrupt-options")
    board.ctl("power off")
    board.ctl("power on")
    wait_for(lambda: daemon.tcl("catch {reset halt}") == "0", "the target to come back")
    text = daemon.fails(f"flash write_image erase {firmware('blink')}")
    assert "OPTVERR" in text and "stm32l4x option_factory 0 confirm" in text
    assert "erases the whole flash" in daemon.fails("stm32l4x option_factory 0")
    daemon.tcl("stm32l4x option_factory 0 confirm; stm32l4x option_load 0")
    assert "FLASH_OPTR = 0xffeff8aa" in daemon.tcl("stm32l4x options 0")
    assert "wrote" in daemon.tcl(f"flash write_image erase --verify {firmware('blink')}")


@pytest.mark.parametrize("command", ["flash mdw 0x08000000", "flash erase_check 0",
                                     "flash read_bank 0 /dev/null 0 16",
                                     "flash verify_image {elf}",
                                     "flash write_image erase --skip-same {elf}"])
def test_reading_a_closed_flash_names_the_protection(board, daemon, firmware, command):
    ready(daemon)
    board.ctl("options RDP=0xbb")
    daemon.tcl("reset halt")
    text = daemon.fails(command.format(elf=firmware("blink")))
    assert "read-out protection (RDP) is at level 1" in text
    assert daemon.tcl("stm32l4x.cpu curstate") == "halted"


def test_a_double_word_that_lost_power_is_named(board, daemon, firmware):
    ready(daemon)
    daemon.tcl(f"flash write_image erase {firmware('blink')}")
    board.ctl("ecc 0x08000010 double")
    daemon.tcl("flash mdw 0x08000010 2")
    assert "two wrong bits at 0x08000010 (page 0)" in daemon.tcl("stm32l4x status 0")
    assert "differ" in daemon.fails(f"verify_image {firmware('blink')}")
    assert "wrote" in daemon.tcl(f"flash write_image erase --verify {firmware('blink')}")
    daemon.expect("its page wants to be erased")


# --- other parts, other surroundings ---

def test_swapped_banks_are_erased_where_they_stand(board, daemon, tmp_path):
    ready(daemon)
    write(daemon, image(tmp_path, pattern(PAGE, 3)), FLASH)
    write(daemon, image(tmp_path, pattern(PAGE, 4)), 0x08080000)
    board.ctl("fb-mode on")
    write(daemon, image(tmp_path, pattern(PAGE, 5)), FLASH, "erase --verify")
    board.ctl("fb-mode off")
    assert cells(board, FLASH, PAGE) == pattern(PAGE, 3)
    assert cells(board, 0x08080000, PAGE) == pattern(PAGE, 5)


@pytest.mark.parametrize("dual", [1, 0])
def test_a_512k_part_in_both_modes(board, daemon, tmp_path, dual):
    board.ctl("flash-size 512")
    board.ctl(f"options DUALBANK={dual}")
    daemon.tcl("reset halt")
    assert "0x00080000" in daemon.tcl("flash probe 0; flash banks")
    data = pattern(4 * PAGE)
    write(daemon, image(tmp_path, data), 0x0803f000, "erase --verify")
    write(daemon, image(tmp_path, data[::-1]), 0x0803f000, "erase --verify")
    assert cells(board, 0x0803f000, len(data)) == data[::-1]
    assert cells(board, FLASH, PAGE) == b"\xff" * PAGE


def test_a_size_register_that_lies(board, daemon):
    board.ctl("flash-size 65535")
    ready(daemon)
    daemon.expect("taking its maximum")
    assert "size 0x00100000" in daemon.tcl("flash banks")


def test_flash_left_asleep_by_the_application(board, daemon, firmware):
    ready(daemon)
    board.ctl("run-pd on")
    assert "wrote" in daemon.tcl(f"flash write_image erase --verify {firmware('blink')}")


def test_without_a_work_area_it_is_slow_and_says_so(board, daemon, firmware):
    ready(daemon)
    daemon.tcl("stm32l4x.cpu configure -work-area-size 0")
    daemon.tcl(f"flash write_image erase --verify {firmware('blink')}")
    daemon.expect("not enough working area")
    data = firmware("blink").with_suffix(".bin").read_bytes()
    assert cells(board, FLASH, len(data)) == data
    board.ctl("options WRP1A=0..0")
    daemon.tcl("reset halt")
    assert "page 0 is write-protected" in daemon.fails(f"flash write_image erase {firmware('blink')}")


def test_otp_is_written_only_when_enabled(board, daemon, tmp_path):
    ready(daemon)
    path = image(tmp_path, pattern(16))
    text = daemon.fails(f"flash write_bank 1 {path}")
    assert "disabled for write commands" in text and "stm32l4x otp 1 enable" in text
    assert "disabled for write" in daemon.tcl("stm32l4x otp 1 show")
    daemon.tcl("stm32l4x otp 1 enable")
    daemon.tcl(f"flash write_bank 1 {path}")
    assert daemon.tcl("flash mdb 0x1fff7000 4").strip() == "0x1fff7000: 01 08 0f 16"
    assert "cannot be erased" in daemon.fails("flash erase_sector 1 0 0")


def test_a_running_core_is_not_written(board, daemon, firmware):
    ready(daemon)
    daemon.tcl(f"flash write_image erase {firmware('blink')}; reset run")
    for command in (f"flash write_image erase {firmware('blink')}", "flash erase_sector 0 0 0",
                    "stm32l4x mass_erase 0"):
        assert daemon.fails(command).startswith("Target not halted"), command
    assert "not protected" in daemon.tcl("flash info 0")        # looking is allowed


def test_ctrl_c_stops_a_write_and_the_next_one_works(board, daemon, firmware):
    ready(daemon)
    with socket.create_connection(("localhost", daemon.telnet_port), timeout=60) as telnet:
        telnet.sendall(f"flash write_image erase {firmware('big')}\r\n".encode())
        wait_for(lambda: board.stats()["flash_programs"] > 300, "the write to be under way")
        telnet.sendall(b"\x03")
        wait_for(lambda: re.search("in an unknown state", daemon.text), "the write to stop", 10)
    assert board.stats()["flash_programs"] < 30000
    assert board.ctl("flash-regs")["result"]["CR"] & 0x80000000, "left unlocked"
    assert "wrote" in daemon.tcl(f"flash write_image erase --verify {firmware('blink')}")


def test_others_are_served_while_a_write_runs(board, daemon, firmware):
    ready(daemon)
    work = threading.Thread(target=daemon.tcl, args=(f"flash write_image erase {firmware('big')}",))
    work.start()
    wait_for(lambda: board.stats()["flash_programs"] > 100, "the write to be under way")
    with socket.create_connection(("localhost", daemon.tcl_port), timeout=10 * PATIENCE) as other:
        other.sendall(b"expr 6*7\x1a")
        assert other.recv(16).startswith(b"42")
        other.sendall(b"catch {halt} why; set why\x1a")
        assert b"busy with flash write" in other.recv(500)
    work.join(60)
    assert "wrote" in daemon.tcl(f"flash write_image erase --verify {firmware('blink')}")


def test_a_bank_of_a_driver_we_do_not_have_fails_when_used(board, make_daemon):
    daemon = make_daemon(*board_arguments(board), "-c",
                         "flash bank other kinetis 0x10000000 0 0 0 stm32l4x.cpu")
    daemon.expect("flash driver 'kinetis' not found")
    assert "'kinetis' is not available" in daemon.fails("flash probe other")
    assert "driver 'kinetis'" in daemon.fails("kinetis mdm check_security")
    assert "found at 0x08000000" in daemon.tcl("flash probe 0")


def test_a_virtual_bank_is_the_same_flash(board, make_daemon, tmp_path):
    daemon = make_daemon(*board_arguments(board), "-c",
                         "flash bank low virtual 0 0 0 0 stm32l4x.cpu stm32l4x.flash")
    ready(daemon)
    write(daemon, image(tmp_path, pattern(100)), 0x4000)
    assert cells(board, FLASH + 0x4000, 100) == pattern(100)
