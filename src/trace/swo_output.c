/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where trace bytes go: to the clients of a port, to a file, or nowhere. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "trace/swo_priv.h"

static void on_dropped(void *ctx, size_t bytes, size_t pieces, const char *peer)
{
	struct swo_out *out = ctx;

	(void)pieces;
	log_warning("trace: %s is slow: %zu bytes for it were dropped", peer, bytes);
	trace_put_loss(out->trace, out->target, TRACE_ITM, 0, (uint32_t)MIN(bytes, UINT32_MAX - 1));
}

/* Nobody reads the FIFO, or not fast enough. */
static void on_full(struct swo_out *out, size_t bytes)
{
	if (!out->is_drop_told)
		log_warning("trace: nobody reads %s: bytes for it are dropped", out->spec);
	out->is_drop_told = true;
	trace_put_loss(out->trace, out->target, TRACE_ITM, 0, (uint32_t)bytes);
}

enum err swo_out_open(struct swo_room *room, struct swo_out *out, const char *spec, const char *name,
		      struct target *t)
{
	struct trace_port_spec port = { .name = "tpiu_swo_trace", .dropped = on_dropped, .ctx = out };

	*out = (struct swo_out){ .trace = room->trace, .target = t };
	if (spec[0] == ':') {
		TRY(trace_port_open(room->trace, spec + 1, &port, &out->port));
		log_info("starting trace server for %s on %u", name,
			 room->trace->ports->number(out->port));
	} else if (strcmp(spec, "external") != 0 && strcmp(spec, "-") != 0) {
		/* Appended, as scripts that enable and disable again count on. */
		out->file = trace_open_file(spec, "abe");
		if (out->file == NULL)
			return error_why(ERR_IO, "Can't open trace destination file \"%s\": %s", spec,
					 strerror(errno));
	}
	out->spec = xstrdup(spec);
	return OK;
}

void swo_out_put(struct swo_out *out, const void *data, size_t n)
{
	if (n == 0)
		return;
	if (out->port != NULL)
		out->trace->ports->send(out->port, data, n);
	if (out->file == NULL)
		return;
	size_t written = fwrite(data, 1, n, out->file);

	if (written == n && fflush(out->file) == 0)
		return;
	if (errno == EAGAIN) {
		on_full(out, n - written);
		return;
	}
	log_error("trace: %s cannot be written: %s; nothing more goes there", out->spec,
		  strerror(errno));
	fclose(out->file);
	out->file = NULL;
}

void swo_out_close(struct swo_out *out)
{
	if (out->port != NULL)
		out->trace->ports->close(out->port);
	if (out->file != NULL && fclose(out->file) != 0)
		log_error("trace: %s is not complete: %s", out->spec, strerror(errno));
	free(out->spec);
	*out = (struct swo_out){ .trace = out->trace };
}
