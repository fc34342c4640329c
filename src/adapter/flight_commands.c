/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "adapter/commands.h"
#include "adapter/flight.h"
#include "base/log.h"

static enum err cmd_dump(struct call *c)
{
	const struct adapter *adapter = c->user;
	uint32_t limit = FLIGHT_ENTRIES;
	struct buf text = { 0 };
	enum err rc = OK;

	if (c->argc > 2)
		TRY(arg_u32(c, 2, &limit));
	flight_text(adapter->port.flight, limit, &text);
	if (c->argc == 1 || strcmp(c->argv[1], "text") == 0) {
		result_printf(c, "%.*s", (int)text.len, text.data ? (const char *)text.data : "");
	} else {
		FILE *file = fopen(c->argv[1], "we");

		if (file == NULL || fwrite(text.data, 1, text.len, file) != text.len)
			rc = error_why(ERR_IO, "cannot write %s: %s", c->argv[1], strerror(errno));
		if (file != NULL && fclose(file) != 0 && rc == OK)
			rc = error_why(ERR_IO, "cannot write %s: %s", c->argv[1], strerror(errno));
	}
	buf_free(&text);
	return rc;
}

static enum err cmd_vcd(struct call *c)
{
	const struct adapter *adapter = c->user;

	return flight_write_vcd(adapter->port.flight, adapter->transport,
				adapter->actual_khz ? adapter->actual_khz : 1000, c->argv[1]);
}

const struct command flight_commands[] = {
	{ "flight dump", STAGE_ANY, 0, 2, "?text|file ?count??", cmd_dump,
	  "The last wire transactions, oldest first, as text or into a file." },
	{ "flight vcd", STAGE_ANY, 1, 1, "file", cmd_vcd,
	  "The last wire transactions as a waveform (VCD) that logic-analyser decoders read." },
	{ 0 }
};
