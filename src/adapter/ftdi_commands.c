/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `ftdi ...` and the same verbs with an underscore, as they were called before. */
#include <inttypes.h>
#include <string.h>

#include "adapter/commands.h"
#include "adapter/ftdi.h"
#include "base/log.h"

static struct ftdi_settings *settings_of(struct call *c)
{
	return adapter_settings(c->user, &ftdi_driver);
}

static enum err arg_u16(struct call *c, int index, uint16_t *value)
{
	uint32_t wide;

	TRY(arg_u32(c, index, &wide));
	if (wide > 0xffff)
		return error_why(ERR_ARGUMENT, "%s has more than 16 bits", c->argv[index]);
	*value = (uint16_t)wide;
	return OK;
}

static enum err cmd_channel(struct call *c)
{
	uint32_t channel;

	TRY(arg_u32(c, 1, &channel));
	if (channel > 3)
		return error_why(ERR_ARGUMENT, "there is no channel %" PRIu32 " (0 to 3: A to D)",
				 channel);
	settings_of(c)->channel = channel;
	return OK;
}

static enum err cmd_layout_init(struct call *c)
{
	struct ftdi_layout *layout = &settings_of(c)->layout;
	struct ftdi_pins pins;

	TRY(arg_u16(c, 1, &pins.value));
	TRY(arg_u16(c, 2, &pins.direction));
	layout->init = pins;
	layout->has_init = true;
	return OK;
}

static enum err copy_signal(struct call *c, const char *name, bool invert, struct ftdi_signal *to)
{
	const struct ftdi_signal *from = ftdi_find_signal(&settings_of(c)->layout, name);
	struct ftdi_signal kept = *to;

	if (from == NULL)
		return error_why(ERR_ARGUMENT, "signal %s is not defined", name);
	*to = *from;
	to->name = kept.name;
	to->next = kept.next;
	to->invert_data = from->invert_data != invert;
	return OK;
}

static enum err parse_option(struct call *c, int at, struct ftdi_signal *signal)
{
	static const char *const options[] = { "-data", "-ndata", "-oe", "-noe", "-input",
					       "-ninput", "-alias", "-nalias", NULL };
	uint16_t mask = 0;
	int which;

	TRY(arg_word(c, at, options, &which));
	if (which >= 6)
		return copy_signal(c, c->argv[at + 1], which == 7, signal);
	TRY(arg_u16(c, at + 1, &mask));
	switch (which) {
	case 0: case 1:
		signal->data = mask;
		signal->has_data = true;
		signal->invert_data = which == 1;
		break;
	case 2: case 3:
		signal->oe = mask;
		signal->has_oe = true;
		signal->invert_oe = which == 3;
		break;
	default:
		signal->input = mask;
		signal->invert_input = which == 5;
		break;
	}
	return OK;
}

static enum err cmd_layout_signal(struct call *c)
{
	struct ftdi_signal parsed = { 0 }, *signal;
	char *name;

	if (c->argc % 2 != 0)
		return arg_usage(c);
	for (int i = 2; i < c->argc; i += 2)
		TRY(parse_option(c, i, &parsed));
	signal = ftdi_new_signal(&settings_of(c)->layout, c->argv[1]);
	name = signal->name;
	parsed.next = signal->next;
	*signal = parsed;
	signal->name = name;
	return OK;
}

static enum err find_signal(struct call *c, const char *name, const struct ftdi_signal **signal)
{
	const struct ftdi_layout *layout = &settings_of(c)->layout;
	struct buf names = { 0 };

	*signal = ftdi_find_signal(layout, name);
	if (*signal != NULL)
		return OK;
	for (const struct ftdi_signal *s = layout->signals; s != NULL; s = s->next)
		buf_printf(&names, "%s%s", names.len ? ", " : "", s->name);
	error_why(ERR_ARGUMENT, "interface configuration doesn't define signal '%s'", name);
	if (names.len > 0)
		error_next(ERR_ARGUMENT, "defined are: %s", (const char *)names.data);
	buf_free(&names);
	return ERR_ARGUMENT;
}

static enum err cmd_set_signal(struct call *c)
{
	static const char *const levels[] = { "0", "1", "z", "Z", NULL };
	const struct ftdi_signal *signal = NULL;
	int level;

	TRY(find_signal(c, c->argv[1], &signal));
	TRY(arg_word(c, 2, levels, &level));
	return ftdi_drive_signal(c->user, signal, (enum ftdi_level)MIN(level, (int)FTDI_Z));
}

static enum err cmd_get_signal(struct call *c)
{
	const struct ftdi_signal *signal = NULL;
	uint16_t pins = 0;

	TRY(find_signal(c, c->argv[1], &signal));
	if (signal->input == 0) {
		error_why(ERR_ARGUMENT, "interface doesn't support signal '%s' as an input",
			  signal->name);
		return error_next(ERR_ARGUMENT, "give it -input or -ninput in its \"ftdi "
						"layout_signal\"");
	}
	TRY(ftdi_sample_signal(c->user, signal, &pins));
	result_printf(c, "Signal %s = 0x%02x", signal->name, pins);
	return OK;
}

static enum err cmd_tdo_sample_edge(struct call *c)
{
	static const char *const edges[] = { "rising", "falling", NULL };
	struct ftdi_settings *settings = settings_of(c);
	int edge = settings->samples_falling;

	if (c->argc > 1)
		TRY(arg_word(c, 1, edges, &edge));
	settings->samples_falling = edge;
	result_printf(c, "ftdi samples TDO on %s edge of TCK", edges[edge]);
	return OK;
}

/* Compact JTAG of IEEE 1149.7. No Cortex-M needs it: SWD has two wires too. */
static enum err cmd_compact_jtag(struct call *c)
{
	bool on = false;

	if (c->argc > 1)
		TRY(arg_bool(c, 1, &on));
	if (on) {
		error_why(ERR_UNSUPPORTED, "compact JTAG (IEEE 1149.7) is not driven");
		return error_next(ERR_UNSUPPORTED, "use \"transport select swd\", which has two wires too");
	}
	result_int(c, 0);
	return OK;
}

const struct command ftdi_commands[] = {
	{ "ftdi vid_pid", STAGE_CONFIG, 2, -1, "(vid pid)+", cmd_adapter_usb_ids,
	  "USB ids to look for." },
	{ "ftdi device_desc", STAGE_CONFIG, 1, 1, "string", cmd_adapter_usb_product,
	  "USB product string to look for." },
	{ "ftdi serial", STAGE_CONFIG, 1, 1, "string", cmd_adapter_serial,
	  "Same as \"adapter serial\"." },
	{ "ftdi location", STAGE_CONFIG, 1, 1, "bus-port[.port]...", cmd_adapter_usb_location,
	  "Same as \"adapter usb location\"." },
	{ "ftdi channel", STAGE_CONFIG, 1, 1, "0..3", cmd_channel,
	  "Channel of the chip that the target is wired to; 0 (A) if not given." },
	{ "ftdi layout_init", STAGE_CONFIG, 2, 2, "value direction", cmd_layout_init,
	  "Levels and directions (1: output) of the 16 pins at the start: ADBUS in the low byte, "
	  "ACBUS in the high one." },
	{ "ftdi layout_signal", STAGE_CONFIG, 1, -1,
	  "name ?-data|-ndata mask? ?-oe|-noe mask? ?-input|-ninput mask? ?-alias|-nalias name?",
	  cmd_layout_signal,
	  "Define a signal by the pins it is wired to. Known by name: nTRST, nSRST, LED, SWD_EN, "
	  "SWDIO_OE, JTAG_SEL." },
	{ "ftdi set_signal", STAGE_EXEC, 2, 2, "name 0|1|z", cmd_set_signal,
	  "Drive a signal low or high, or let it go." },
	{ "ftdi get_signal", STAGE_EXEC, 1, 1, "name", cmd_get_signal, "Read a signal's pins." },
	{ "ftdi tdo_sample_edge", STAGE_ANY, 0, 1, "?rising|falling?", cmd_tdo_sample_edge,
	  "Edge of TCK on which TDO is sampled; falling gains half a clock at high speeds." },
	{ "ftdi oscan1_mode", STAGE_CONFIG, 0, 1, "?on|off?", cmd_compact_jtag,
	  "Two-wire JTAG (OScan1) is not driven: on is refused." },
	{ "ftdi jscan3_mode", STAGE_CONFIG, 0, 1, "?on|off?", cmd_compact_jtag,
	  "Two-wire JTAG (JScan3) is not driven: on is refused." },
	{ "ftdi_vid_pid", STAGE_CONFIG, 2, -1, "(vid pid)+", cmd_adapter_usb_ids,
	  "Old name of \"ftdi vid_pid\"." },
	{ "ftdi_device_desc", STAGE_CONFIG, 1, 1, "string", cmd_adapter_usb_product,
	  "Old name of \"ftdi device_desc\"." },
	{ "ftdi_serial", STAGE_CONFIG, 1, 1, "string", cmd_adapter_serial,
	  "Old name of \"ftdi serial\"." },
	{ "ftdi_location", STAGE_CONFIG, 1, 1, "bus-port[.port]...", cmd_adapter_usb_location,
	  "Old name of \"ftdi location\"." },
	{ "ftdi_channel", STAGE_CONFIG, 1, 1, "0..3", cmd_channel,
	  "Old name of \"ftdi channel\"." },
	{ "ftdi_layout_init", STAGE_CONFIG, 2, 2, "value direction", cmd_layout_init,
	  "Old name of \"ftdi layout_init\"." },
	{ "ftdi_layout_signal", STAGE_CONFIG, 1, -1,
	  "name ?-data|-ndata mask? ?-oe|-noe mask? ?-input|-ninput mask? ?-alias|-nalias name?",
	  cmd_layout_signal, "Old name of \"ftdi layout_signal\"." },
	{ "ftdi_set_signal", STAGE_EXEC, 2, 2, "name 0|1|z", cmd_set_signal,
	  "Old name of \"ftdi set_signal\"." },
	{ "ftdi_get_signal", STAGE_EXEC, 1, 1, "name", cmd_get_signal,
	  "Old name of \"ftdi get_signal\"." },
	{ "ftdi_tdo_sample_edge", STAGE_ANY, 0, 1, "?rising|falling?", cmd_tdo_sample_edge,
	  "Old name of \"ftdi tdo_sample_edge\"." },
	{ 0 }
};
