/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of other times: what still works is told of once, what is gone is told where it went.
 *
 * The spellings are those of OpenOCD's manuals, 0.4 to 0.12; a row's verb does its work as ever.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "script/internal.h"

/* Verbs that are registered under both names. OpenOCD 0.12 calls the same ones deprecated. */
static const struct old_name {
	const char *old, *now;
} old_names[] = {
	{ "interface", "adapter driver" },
	{ "interface_list", "adapter list" },
	{ "interface_transports", "adapter transports" },
	{ "adapter_khz", "adapter speed" },
	{ "jtag_khz", "adapter speed" },
	{ "adapter_name", "adapter name" },
	{ "adapter_nsrst_delay", "adapter srst delay" },
	{ "jtag_nsrst_delay", "adapter srst delay" },
	{ "adapter_nsrst_assert_width", "adapter srst pulse_width" },
	{ "jtag_nsrst_assert_width", "adapter srst pulse_width" },
	{ "jtag_reset", "adapter assert" },
	{ "ftdi_device_desc", "ftdi device_desc" },
	{ "ftdi_serial", "adapter serial" },
	{ "ftdi_location", "adapter usb location" },
	{ "ftdi_channel", "ftdi channel" },
	{ "ftdi_layout_init", "ftdi layout_init" },
	{ "ftdi_layout_signal", "ftdi layout_signal" },
	{ "ftdi_set_signal", "ftdi set_signal" },
	{ "ftdi_get_signal", "ftdi get_signal" },
	{ "ftdi_vid_pid", "ftdi vid_pid" },
	{ "ftdi_tdo_sample_edge", "ftdi tdo_sample_edge" },
	{ "hla_serial", "adapter serial" },
	{ "jlink_serial", "adapter serial" },
	{ "cmsis_dap_serial", "adapter serial" },
	{ "remote_bitbang_port", "remote_bitbang port" },
	{ "remote_bitbang_host", "remote_bitbang host" },
	{ "mem2array", "read_memory" },
	{ "array2mem", "write_memory" },
	{ "ocd_find", "find" },
};

/* Names without a verb. A '*' at the end: every word that starts so. */
#define OTHER_CORE	"it is for cores that are not Cortex-M, which this program does not debug"
#define OTHER_PROBE	"it belongs to a debug probe that this build has no driver for; \"adapter list\" " \
			"shows those it has"
#define NO_SVF		"SVF files are for CPLDs and FPGAs, which this program does not load"
#define NO_CP15		"a Cortex-M has no CP15 registers: its system registers are memory, see \"mdw\""
#define NO_ETM		"ETM and ETB are not driven; \"swo\", \"itm\" and \"dwt\" trace by one pin"
static const struct gone {
	const char *name, *hint;
} gone[] = {
	{ "svf", NO_SVF }, { "xsvf", NO_SVF }, { "virtex2", NO_SVF }, { "xilinx*", NO_SVF },
	{ "mflash", "there is no driver for mflash any more" },
	{ "arm mrc", NO_CP15 }, { "arm mcr", NO_CP15 }, { "arm mrrc", NO_CP15 }, { "arm mcrr", NO_CP15 },
	{ "arm reg", "the registers of a Cortex-M are in \"reg\"" },
	{ "target count", "use \"llength [target names]\"" },
	{ "target number", "use \"lindex [target names] N\"" },
	{ "working_area", "use \"$_TARGETNAME configure -work-area-phys A -work-area-size N\"" },
	{ "run_and_halt_time", "use \"$_TARGETNAME configure -event reset-init {...}\"" },
	{ "daemon_startup", "the daemon always starts without touching the core: leave it out" },
	{ "jtag_device", "use \"jtag newtap CHIP cpu -irlen N\"" },
	{ "jtag_speed", "use \"adapter speed KHZ\"" },
	{ "gdb_detach", "use \"$_TARGETNAME configure -event gdb-detach {...}\"" },
	{ "gdb_attach", "use \"$_TARGETNAME configure -event gdb-attach {...}\"" },
	{ "load_binary", "use \"load_image FILE ADDRESS bin\"" },
	{ "dump_binary", "use \"dump_image FILE ADDRESS SIZE\"" },
	{ "flash write", "use \"flash write_image erase FILE\"" },
	{ "flash write_binary", "use \"flash write_bank BANK FILE OFFSET\"" },
	{ "flash erase", "use \"flash erase_sector BANK FIRST LAST\"" },
	{ "flash auto_erase", "use \"flash write_image erase FILE\"" },
	{ "ft2232*", "the driver ft2232 became ftdi: take a file of interface/ftdi, or see \"help ftdi\"" },
	{ "arm7_9*", OTHER_CORE }, { "armv4_5*", OTHER_CORE }, { "arm7tdmi*", OTHER_CORE },
	{ "arm720t*", OTHER_CORE }, { "arm9*", OTHER_CORE }, { "arm11*", OTHER_CORE },
	{ "cortex_a*", OTHER_CORE }, { "cortex_r*", OTHER_CORE }, { "aarch64*", OTHER_CORE },
	{ "mips*", OTHER_CORE }, { "riscv*", OTHER_CORE }, { "xscale*", OTHER_CORE },
	{ "xtensa*", OTHER_CORE }, { "esp*", OTHER_CORE }, { "nds*", OTHER_CORE },
	{ "stm8*", OTHER_CORE }, { "avr32*", OTHER_CORE }, { "x86_32*", OTHER_CORE },
	{ "arc*", OTHER_CORE }, { "dsp56*", OTHER_CORE }, { "or1k*", OTHER_CORE },
	{ "tap_select", OTHER_CORE }, { "du_select", OTHER_CORE },
	{ "etm", NO_ETM },
	{ "etb", NO_ETM },
	{ "ipdbg", "IPDBG is a debugger of FPGA logic, which this program is not" },
	{ "parport*", OTHER_PROBE }, { "usb_blaster*", OTHER_PROBE }, { "buspirate*", OTHER_PROBE },
	{ "sysfsgpio*", OTHER_PROBE }, { "bcm2835gpio*", OTHER_PROBE }, { "linuxgpiod*", OTHER_PROBE },
	{ "imx_gpio*", OTHER_PROBE }, { "am335xgpio*", OTHER_PROBE }, { "xds110*", OTHER_PROBE },
	{ "nulink*", OTHER_PROBE }, { "kitprog*", OTHER_PROBE }, { "aice*", OTHER_PROBE },
	{ "presto*", OTHER_PROBE }, { "vsllink*", OTHER_PROBE }, { "ulink*", OTHER_PROBE },
	{ "openjtag*", OTHER_PROBE }, { "ft232r*", OTHER_PROBE }, { "jtag_vpi*", OTHER_PROBE },
	{ "jtag_dpi*", OTHER_PROBE }, { "vdebug*", OTHER_PROBE }, { "rshim*", OTHER_PROBE },
	{ "armjtagew*", OTHER_PROBE }, { "at91rm9200*", OTHER_PROBE }, { "dmem*", OTHER_PROBE },
	{ "ti_icdi*", OTHER_PROBE }, { "usbprog*", OTHER_PROBE }, { "opendous*", OTHER_PROBE },
	{ "monitor", "that is GDB's word for what follows: leave it out here" },
	{ "mon", "that is GDB's word for what follows: leave it out here" },
	{ "load", "use \"program FILE verify\", or \"load_image FILE\" for RAM" },
	{ "quit", "use \"exit\" for this session, \"shutdown\" for the daemon" },
	{ "bye", "use \"exit\" for this session, \"shutdown\" for the daemon" },
	{ "run", "use \"reset run\", or \"resume\"" },
	{ "go", "use \"resume\"" },
	{ "cont", "use \"resume\"" },
	{ "erase", "use \"flash erase_sector BANK FIRST last\"" },
};

void script_tell_old_name(struct script *script, const char *old, const char *now)
{
	struct told *told = script->told;

	while (told != NULL && strcmp(told->name, old) != 0)
		told = told->next;
	if (told != NULL)
		return;
	told = xcalloc(1, sizeof(*told));
	told->name = xstrdup(old);
	told->next = script->told;
	script->told = told;
	log_warning("DEPRECATED! use '%s' not '%s'", now, old);
}

void legacy_note(struct script *script, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(old_names); i++) {
		if (strcmp(old_names[i].old, name) == 0)
			script_tell_old_name(script, name, old_names[i].now);
	}
}

const char *legacy_hint(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(gone); i++) {
		size_t n = strlen(gone[i].name);

		if (gone[i].name[n - 1] == '*' ? strncmp(gone[i].name, name, n - 1) == 0
					       : strcmp(gone[i].name, name) == 0)
			return gone[i].hint;
	}
	return NULL;
}

void legacy_free(struct script *script)
{
	while (script->told != NULL) {
		struct told *told = script->told;

		script->told = told->next;
		free(told->name);
		free(told);
	}
}

/* A literal argument remembers where it was written, until something else is made of it. */
const char *script_word_file(const Jim_Obj *word)
{
	if (word->typePtr == NULL || strcmp(word->typePtr->name, "source") != 0)
		return NULL;
	const char *file = Jim_String(word->internalRep.sourceValue.fileNameObj);

	return *file != '\0' ? file : NULL;
}

void script_place(const struct call *call, char *text, size_t size)
{
	for (int i = 1; i < call->argc; i++) {
		const char *file = script_word_file(call->objv[i]);

		if (file == NULL)
			continue;
		snprintf(text, size, "%s:%d", file, call->objv[i]->internalRep.sourceValue.lineNumber);
		return;
	}
	snprintf(text, size, "a command line");
}

static enum err cmd_old_name(struct call *c)
{
	script_tell_old_name(c->script, c->argv[1], c->argv[2]);
	return OK;
}

/* Jim 0.81 wants one argument; configurations say "expr $a + 1". */
static int expr_proc(Jim_Interp *interp, int argc, Jim_Obj *const *argv)
{
	struct script *script = script_of(interp);

	if (argc <= 2)
		return script->native_expr(interp, argc, argv);
	Jim_Obj *words[2] = { argv[0], Jim_ConcatObj(interp, argc - 1, argv + 1) };

	Jim_IncrRefCount(words[1]);
	int code = script->native_expr(interp, 2, words);

	Jim_DecrRefCount(interp, words[1]);
	return code;
}

static void wrap_expr(struct script *script)
{
	Jim_Obj *word = Jim_NewStringObj(script->interp, "expr", -1);

	Jim_IncrRefCount(word);
	Jim_Cmd *cmd = Jim_GetCommand(script->interp, word, JIM_NONE);

	Jim_DecrRefCount(script->interp, word);
	if (cmd == NULL || cmd->isproc)
		return;
	script->native_expr = cmd->u.native.cmdProc;
	Jim_CreateCommand(script->interp, "expr", expr_proc, NULL, NULL);
}

static const struct command legacy_commands[] = {
	{ "compat old_name", STAGE_ANY, 2, 2, "old now", cmd_old_name,
	  "For a proc under an old name: warns, once, what the name is now." },
	{ 0 }
};

void legacy_register(struct script *script)
{
	wrap_expr(script);
	script_register(script, legacy_commands, NULL);
}
