/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/control_verbs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vboard/usb/verbs.h"

#define MAX_READ (1u << 20)	/* bytes in one JSON answer */

/* --- Arguments --- */

static enum err number(const char *text, uint64_t max, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	if (errno != 0 || end == text || *end != 0 || *text == '-')
		return error_why(ERR_ARGUMENT, "\"%s\" is no number", text);
	if (*value > max)
		return error_why(ERR_ARGUMENT, "%s is too large: at most %" PRIu64, text, max);
	return OK;
}

static enum err number32(const char *text, uint32_t *value)
{
	uint64_t v;

	TRY(number(text, UINT32_MAX, &v));
	*value = (uint32_t)v;
	return OK;
}

/* One of two words. */
static enum err either(const char *text, const char *yes, const char *no, bool *value)
{
	*value = strcmp(text, yes) == 0;
	if (!*value && strcmp(text, no) != 0)
		return error_why(ERR_ARGUMENT, "\"%s\" is neither %s nor %s", text, yes, no);
	return OK;
}

/* --- Statistics and time --- */

static void count(const struct vb_control *control, struct vb_counters *now)
{
	const struct vb_board *board = control->board;
	struct vb_dp_stats dp;
	struct vb_cpu_state cpu, cpu2 = { 0 };
	struct vb_usb_counters usb;

	vb_usb_count(control->hub, &usb);
	vb_dp_stats(board->dp, &dp);
	vb_cpu_state(board->cpu, &cpu);
	if (board->cpu2 != NULL)
		vb_cpu_state(board->cpu2, &cpu2);
	*now = (struct vb_counters){
		.wire_clocks = board->link->clocks,
		.transfers = dp.transfers,
		.ap_transfers = dp.ap_transfers,
		.waits = dp.waits,
		.faults = dp.faults,
		.protocol_errors = dp.protocol_errors,
		/* The host may have waited for an answer longer than the board worked on it. */
		.virtual_ns = MAX(vb_clock_now(board->clock), vb_usb_host_ns(control->hub)),
		.instructions = cpu.instructions,
		.cycles = cpu.cycles,
		.halts = cpu.halts,
		.instructions2 = cpu2.instructions,
		.halts2 = cpu2.halts,
		.urbs = usb.urbs,
		.usb_out_packets = usb.out_packets,
		.usb_in_packets = usb.in_packets,
		.usb_out_bytes = usb.out_bytes,
		.usb_in_bytes = usb.in_bytes,
		.packets = usb.out_packets,
		.round_trips = usb.round_trips,
	};
	if (control->dap_tcp != NULL) {
		now->packets += control->dap_tcp->packets;
		now->round_trips += control->dap_tcp->round_trips;
	}
	if (control->bitbang != NULL) {
		now->packets += control->bitbang->packets;
		now->round_trips += control->bitbang->round_trips;
	}
}

static enum err run_stats(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	struct vb_board *board = control->board;
	const struct vb_counters *zero = &control->zero;
	struct vb_counters now;
	char *text = NULL;
	size_t size = 0;
	FILE *f;

	(void)argc;
	(void)argv;
	count(control, &now);
#define SHOW(name) buf_printf(out, ",\"" #name "\":%" PRIu64, now.name - zero->name)
	SHOW(wire_clocks);
	SHOW(transfers);
	SHOW(ap_transfers);
	SHOW(packets);
	SHOW(round_trips);
	SHOW(waits);
	SHOW(faults);
	SHOW(protocol_errors);
	SHOW(virtual_ns);
	SHOW(instructions);
	SHOW(cycles);
	SHOW(halts);
	if (board->cpu2 != NULL) {
		SHOW(instructions2);
		SHOW(halts2);
	}
	SHOW(urbs);
	SHOW(usb_out_packets);
	SHOW(usb_in_packets);
	SHOW(usb_out_bytes);
	SHOW(usb_in_bytes);
#undef SHOW
	f = open_memstream(&text, &size);
	if (f == NULL)
		return error_why(ERR_NO_MEMORY, "out of memory");
	if (board->chip->stats != NULL)
		board->chip->stats(board, board->priv, f);
	vb_usb_model_stats(control->hub, f);
	fclose(f);
	buf_append(out, text, size);
	free(text);
	return OK;
}

static enum err run_reset_stats(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	(void)argc;
	(void)argv;
	(void)out;
	count(control, &control->zero);
	return OK;
}

static enum err run_time(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	(void)argc;
	(void)argv;
	buf_printf(out, ",\"virtual_ns\":%" PRIu64, vb_clock_now(control->board->clock));
	return OK;
}

static enum err run_run(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	uint64_t ns;

	TRY(number(argv[1], UINT64_MAX / 4, &ns));
	vb_clock_advance(control->board->clock, ns);
	return run_time(control, argc, argv, out);
}

/* --- Power, reset, probe --- */

static enum err run_power(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	bool on;

	(void)argc;
	(void)out;
	TRY(either(argv[1], "on", "off", &on));
	vb_board_set_power(control->board, on);
	return OK;
}

static enum err run_nrst(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	bool low;

	(void)argc;
	(void)out;
	TRY(either(argv[1], "low", "high", &low));
	vb_board_set_nrst(control->board, low);
	return OK;
}

static enum err run_reset(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	(void)argc;
	(void)argv;
	(void)out;
	vb_board_set_nrst(control->board, true);
	vb_board_set_nrst(control->board, false);
	return OK;
}

static enum err run_dp_power_loss(struct vb_control *control, int argc, char **argv,
				  struct buf *out)
{
	(void)argc;
	(void)argv;
	(void)out;
	vb_dp_power_loss(control->board->dp);
	return OK;
}

static enum err unplug(struct vb_control *control)
{
	for (size_t i = 0; i < ARRAY_SIZE(control->probe); i++)
		if (control->probe[i] != NULL)
			vb_server_unplug(control->probe[i]);
	if (vb_hub_count(control->hub) > 0)
		TRY(vb_hub_unplug(control->hub, 0));
	/* A probe without power lets go of all its pins. */
	vb_link_drive(control->board->link, false);
	vb_link_trst(control->board->link, false);
	vb_board_set_nrst(control->board, false);
	return OK;
}

static enum err run_unplug(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	(void)argc;
	(void)argv;
	(void)out;
	return unplug(control);
}

static void unplug_now(void *ctx)
{
	if (unplug(ctx) != OK)
		error_clear();	/* the probe was unplugged already */
}

/* The board's own wish, in the middle of an access: the probe that serves it is still at work, so
 * its connection ends with the next turn of the loop. */
void vb_control_pull_cable(void *ctx)
{
	struct vb_control *control = ctx;

	loop_add_timer(control->loop, 0, 0, unplug_now, control);
}

static enum err run_replug(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	(void)argc;
	(void)argv;
	(void)out;
	if (vb_hub_count(control->hub) > 0)
		TRY(vb_hub_replug(control->hub, 0));
	if (control->dap_tcp != NULL)
		vb_cmsis_dap_power_on(control->dap_tcp->dap);
	for (size_t i = 0; i < ARRAY_SIZE(control->probe); i++)
		if (control->probe[i] != NULL)
			TRY(vb_server_replug(control->probe[i]));
	return OK;
}

/* --- Memory and state --- */

static enum err no_ram(uint32_t addr, size_t bytes)
{
	return error_why(ERR_ARGUMENT,
			 "0x%08" PRIx32 "..0x%08" PRIx32 " is not all memory of the chip", addr,
			 (uint32_t)(addr + bytes - 1));
}

/* Registers are no memory: aligned words of them are read as the core would, side effects included.
 */
static bool read_registers(struct vb_bus *bus, uint32_t addr, uint8_t *data, size_t bytes)
{
	if (addr % 4 != 0 || bytes % 4 != 0)
		return false;
	for (size_t i = 0; i < bytes; i += 4) {
		struct vb_access access = {
			.master = VB_CPU_DATA,
			.addr = addr + (uint32_t)i,
			.size = 4,
			.is_privileged = true,
		};
		uint32_t value;

		if (vb_bus_read(bus, &access, &value) != VB_OK)
			return false;
		put_le32(data + i, value);
	}
	return true;
}

static enum err run_read(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	struct vb_bus *bus = control->board->bus;
	uint32_t addr;
	uint64_t bytes;
	uint8_t *data;
	char *hex;
	enum err rc = OK;

	(void)argc;
	TRY(number32(argv[1], &addr));
	TRY(number(argv[2], MAX_READ, &bytes));
	data = xcalloc(1, bytes + 1);
	hex = xcalloc(2, bytes + 1);
	if (!vb_bus_peek(bus, addr, data, bytes) && !read_registers(bus, addr, data, bytes))
		rc = no_ram(addr, bytes);
	hex_encode(hex, data, bytes);
	if (rc == OK)
		buf_printf(out, ",\"data\":\"%s\"", hex);
	free(hex);
	free(data);
	return rc;
}

static enum err run_write(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	size_t digits = strlen(argv[2]);
	uint8_t *data = xcalloc(1, digits / 2 + 1);
	uint32_t addr;
	enum err rc = number32(argv[1], &addr);

	(void)argc;
	(void)out;
	if (rc == OK && !hex_decode(data, argv[2], digits))
		rc = error_why(ERR_ARGUMENT, "\"%s\" is no string of hex bytes", argv[2]);
	if (rc == OK && !vb_bus_poke(control->board->bus, addr, data, digits / 2))
		rc = no_ram(addr, digits / 2);
	free(data);
	return rc;
}

static enum err save_bytes(const char *path, const uint8_t *data, size_t n)
{
	FILE *f = fopen(path, "wb");
	bool ok;

	if (f == NULL)
		return error_why(ERR_IO, "cannot write %s: %s", path, strerror(errno));
	ok = fwrite(data, 1, n, f) == n;
	ok = fclose(f) == 0 && ok;
	return ok ? OK : error_why(ERR_IO, "cannot write %s: %s", path, strerror(errno));
}

static enum err run_dump(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	uint32_t addr;
	uint64_t bytes;
	uint8_t *data;
	enum err rc;

	(void)argc;
	(void)out;
	TRY(number32(argv[1], &addr));
	TRY(number(argv[2], 1u << 30, &bytes));
	data = xcalloc(1, bytes + 1);
	if (vb_bus_peek(control->board->bus, addr, data, bytes))
		rc = save_bytes(argv[3], data, bytes);
	else
		rc = no_ram(addr, bytes);
	free(data);
	return rc;
}

static enum err load_file(const char *path, struct buf *data)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (f == NULL)
		return error_why(ERR_IO, "cannot read %s: %s", path, strerror(errno));
	while ((n = fread(buf_reserve(data, 65536), 1, 65536, f)) > 0)
		data->len += n;
	n = (size_t)ferror(f);
	fclose(f);
	return n == 0 ? OK : error_why(ERR_IO, "cannot read %s", path);
}

static enum err run_load(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	struct buf data = { 0 };
	uint32_t addr;
	enum err rc;

	(void)argc;
	TRY(number32(argv[1], &addr));
	rc = load_file(argv[2], &data);
	if (rc == OK && !vb_bus_poke(control->board->bus, addr, data.data, data.len))
		rc = no_ram(addr, data.len);
	if (rc == OK)
		buf_printf(out, ",\"bytes\":%zu", data.len);
	buf_free(&data);
	return rc;
}

static enum err run_preset(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	const struct vb_preset *p = control->board->chip->presets;
	char error[800] = "";
	const char *sep = "";

	if (argc == 2) {
		if (!vb_board_preset(control->board, argv[1], error, sizeof(error)))
			return error_why(ERR_ARGUMENT, "%s", error);
		return OK;
	}
	buf_printf(out, ",\"presets\":{");
	for (; p != NULL && p->name != NULL; p++) {
		if (p->lacks != NULL && p->lacks(control->board, control->board->priv, p->name) != NULL)
			continue;
		buf_printf(out, "%s\"%s\":", sep, p->name);
		buf_json_string(out, p->help);
		sep = ",";
	}
	buf_printf(out, "}");
	return OK;
}

static enum err run_save(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	(void)argc;
	(void)out;
	return vb_state_save(control->board, argv[1]);
}

static enum err run_restore(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	(void)argc;
	(void)out;
	return vb_state_load(control->board, argv[1]);
}

static const char *json_bool(bool v)
{
	return v ? "true" : "false";
}

static const char *core_word(const struct vb_board *board, const struct vb_cpu_state *cpu)
{
	if (!board->powered)
		return "off";
	if (cpu->in_reset)
		return "reset";
	if (cpu->halted)
		return "halted";
	if (cpu->locked_up)
		return "locked-up";
	return cpu->sleeping ? "sleeping" : "running";
}

static enum err run_state(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	static const char *const modes[] = { "jtag", "swd", "dormant" };
	const struct vb_board *board = control->board;
	struct vb_cpu_state cpu;

	(void)argc;
	(void)argv;
	vb_cpu_state(board->cpu, &cpu);
	buf_printf(out, ",\"powered\":%s,\"nrst_low\":%s", json_bool(board->powered),
		   json_bool(board->nrst_low));
	buf_printf(out, ",\"core\":\"%s\"", core_word(board, &cpu));
	buf_printf(out, ",\"halted\":%s,\"sleeping\":%s,\"locked_up\":%s,\"in_reset\":%s",
		   json_bool(cpu.halted), json_bool(cpu.sleeping), json_bool(cpu.locked_up),
		   json_bool(cpu.in_reset));
	buf_printf(out, ",\"pc\":%" PRIu32 ",\"xpsr\":%" PRIu32 ",\"link\":\"%s\"", cpu.pc,
		   cpu.xpsr, modes[board->link->mode]);
	if (board->cpu2 == NULL)
		return OK;
	vb_cpu_state(board->cpu2, &cpu);
	buf_printf(out, ",\"core2\":\"%s\",\"pc2\":%" PRIu32,
		   board->cpu2_is_off ? "unclocked" : core_word(board, &cpu), cpu.pc);
	return OK;
}

/* --- Faults on the wire --- */

static enum err run_inject(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	static const struct { const char *name; enum vb_dp_fault fault; } kinds[] = {
		{ "wait", VB_DP_FAULT_WAIT }, { "fault", VB_DP_FAULT_FAULT },
		{ "parity", VB_DP_FAULT_PARITY }, { "no-ack", VB_DP_FAULT_NO_ACK },
	};
	bool is_none = strcmp(argv[1], "none") == 0;
	uint32_t skip = 0, n = 0;

	(void)out;
	if (argc == 4) {
		TRY(number32(argv[2], &skip));
		TRY(number32(argv[3], &n));
	} else if (!is_none) {
		return error_why(ERR_ARGUMENT, "usage: inject %s SKIP COUNT", argv[1]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (is_none) {
			vb_dp_inject(control->board->dp, kinds[i].fault, 0, 0);
		} else if (strcmp(argv[1], kinds[i].name) == 0) {
			vb_dp_inject(control->board->dp, kinds[i].fault, skip, n);
			return OK;
		}
	}
	return is_none ? OK
		       : error_why(ERR_ARGUMENT,
				   "\"%s\" is none of wait, fault, parity, no-ack, none", argv[1]);
}

static enum err run_ap_latency(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	uint64_t ns;

	(void)argc;
	(void)out;
	TRY(number(argv[1], UINT64_MAX / 4, &ns));
	vb_dp_set_ap_latency(control->board->dp, ns);
	return OK;
}

static enum err run_usb(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	return vb_usb_verb(control->hub, argc, argv, out);
}

static enum err run_quit(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	(void)argc;
	(void)argv;
	(void)out;
	loop_stop(control->loop);
	return OK;
}

static void help_entry(struct buf *out, const char *sep, const char *name, const char *usage,
		       const char *help)
{
	buf_printf(out, "%s{\"name\":", sep);
	buf_json_string(out, name);
	buf_printf(out, ",\"usage\":");
	buf_json_string(out, usage ? usage : "");
	buf_printf(out, ",\"help\":");
	buf_json_string(out, help ? help : "");
	buf_printf(out, "}");
}

static enum err run_help(struct vb_control *control, int argc, char **argv, struct buf *out)
{
	const char *sep = "";

	(void)argc;
	(void)argv;
	buf_printf(out, ",\"verbs\":[");
	for (const struct vb_verb *v = vb_verbs; v->name != NULL; v++, sep = ",")
		help_entry(out, sep, v->name, v->usage, v->help);
	for (const struct vb_control_verb *v = control->board->chip->verbs;
	     v != NULL && v->name != NULL; v++)
		help_entry(out, ",", v->name, v->usage, v->help);
	vb_usb_help(control->hub, out, help_entry);
	buf_printf(out, "]");
	return OK;
}

const struct vb_verb vb_verbs[] = {
	{ "help", 0, 0, "", "List all verbs.", run_help },
	{ "stats", 0, 0, "", "Show the counters since the start or the last reset-stats.",
	  run_stats },
	{ "reset-stats", 0, 0, "",
	  "Start counting from zero again (the chip's own counters go on).", run_reset_stats },
	{ "power", 1, 1, "on|off", "Switch the board's supply.", run_power },
	{ "nrst", 1, 1, "low|high", "Pull the reset line low or release it.", run_nrst },
	{ "reset", 0, 0, "", "Press and release the reset button.", run_reset },
	{ "dump", 3, 3, "ADDR LEN FILE", "Write memory to a file, past all protection.", run_dump },
	{ "load", 2, 2, "ADDR FILE", "Put a file into memory (flash too), past all rules.",
	  run_load },
	{ "read", 2, 2, "ADDR LEN",
	  "Show memory as hex, past all protection, or registers, word by word.", run_read },
	{ "write", 2, 2, "ADDR HEX", "Put bytes into memory, past all rules.", run_write },
	{ "preset", 0, 1, "[NAME]", "Put the board into a state to start from, or list these states.",
	  run_preset },
	{ "save", 1, 1, "FILE", "Save the non-volatile state.", run_save },
	{ "restore", 1, 1, "FILE", "Load a saved state and switch the board off and on.",
	  run_restore },
	{ "state", 0, 0, "", "Show what the core, the supply and the debug link are doing.",
	  run_state },
	{ "inject", 1, 3, "wait|fault|parity|no-ack SKIP COUNT, or none",
	  "Spoil COUNT transfers on the wire after SKIP good ones.", run_inject },
	{ "unplug", 0, 0, "", "Pull the probe's cable: connections end and new ones are refused.",
	  run_unplug },
	{ "replug", 0, 0, "", "Plug the probe in again; it starts afresh.", run_replug },
	{ "wire", 0, 3,
	  "?swap, open SIGNAL, short swdio low|high, max-khz N, vtref MV, nrst stuck, or good?",
	  "Show or spoil the cable: swap SWDIO and SWCLK; open swdio, swclk, tdi, tdo or nrst; short "
	  "SWDIO; flip bits above a clock; what the probe measures as VTref; hold nRST low.",
	  vb_run_wire },
	{ "usb", 1, 8, VB_USB_USAGE,
	  "Emulated USB probes: list them, make another root for a client, unplug, replug or "
	  "re-enumerate number N (default 1), set the mode of its node, let transfers fail: stall, "
	  "error, short, silent, late, flip, drop, unplug, reset, each with ENDPOINT|in|out|any "
	  "COUNT SKIP ARGUMENT; \"fault none\" forgets them. VERB is one of that probe's model.",
	  run_usb },
	{ "ap-latency", 1, 1, "NS", "Every memory access of the MEM-AP takes this long.",
	  run_ap_latency },
	{ "dp-power-loss", 0, 0, "", "The debug domain loses power; the link stays.",
	  run_dp_power_loss },
	{ "time", 0, 0, "", "Show the board's clock.", run_time },
	{ "run", 1, 1, "NS", "Let that much virtual time pass.", run_run },
	{ "quit", 0, 0, "", "End the program as SIGTERM does.", run_quit },
	{ .name = NULL },
};
