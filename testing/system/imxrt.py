# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of the i.MX RT boards share: where things are, and how a person reads them."""
import re

RT1064, RT1060, RT1024 = "mimxrt1064-evk", "mimxrt1060-evk", "mimxrt1024-evk"
RT1050, HYPER = "imxrt1050-evkb", "imxrt1050-evkb-hyper"
BOARDS = (RT1064, RT1060, RT1024, RT1050, HYPER)

# The part, where its boot flash is mapped, and the test firmware's prefix.
PARTS = {RT1064: "RT1064", RT1060: "RT1060", RT1024: "RT1024", RT1050: "RT1050", HYPER: "RT1050"}
WINDOWS = {name: 0x70000000 if name == RT1064 else 0x60000000 for name in BOARDS}
FIRMWARE = {RT1064: "rt1064", RT1060: "rt1060", RT1024: "rt1024", RT1050: "rt1050", HYPER: "rt1050hyper"}
ROM = range(0x00200000, 0x00220000)


# The daemon keeps fuses from being burnt by memory writes; a test that means it lifts that.
GUARD_OFF = "ocotp guard off fuses-cannot-be-taken-back"


def plain_target(board, transport="swd"):
    """probed's arguments for a daemon that knows no more than that there is a Cortex-M."""
    new, expected = ("newtap", "") if transport == "jtag" else ("newdap", " -expected-id 0x0bd11477")
    return ("-f", "interface/cmsis-dap-tcp.cfg",
            "-c", f"cmsis-dap tcp host localhost; cmsis-dap tcp port {board.ports['cmsis_dap_tcp']}",
            "-c", f"transport select {transport}; adapter speed 4000",
            "-c", f"{transport} {new} rt cpu -irlen 4{expected}",
            "-c", "dap create rt.dap -chain-position rt.cpu",
            "-c", "target create rt.cpu cortex_m -dap rt.dap")


def word(daemon, address):
    return int(daemon.tcl(f"read_memory {address:#x} 32 1"), 16)


def pc(daemon):
    return int(daemon.tcl("dict get [get_reg pc] pc"), 16)


def answer(text):
    """A verb's dict."""
    return dict(re.findall(r"(\w+) (\{[^}]*\}|\S+)", text))
