/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of a stop, in lines. A line that is missing is read with its own trip; but the lines that the
 * last stop needed are all read in one trip before the first answer, and kernel objects stay where they
 * are. If that trip fails, as after a program change, they are read one by one when needed.
 */
#include <stdlib.h>
#include <string.h>

#include "rtos/rtos_priv.h"

#define LINE_BYTES 64u
#define LINES	   256u
#define TRIP_LINES 96u			/* of one prefetch: 6 KiB */

struct line {
	uint32_t addr;
	bool is_valid, is_used;		/* read at this stop; needed at this stop */
	uint8_t data[LINE_BYTES];
};

struct rtos_memory {
	struct line lines[LINES];
	size_t count, next;
	bool has_prefetched;
};

/* Peripherals, the system space and the vector table's first words hold no kernel objects. */
bool rtos_is_object(uint32_t addr)
{
	return addr % 4 == 0 && addr >= 0x100 && (addr < 0x40000000u || addr >= 0x60000000u) &&
	       addr < 0xa0000000u;
}

bool rtos_is_code(uint32_t addr)
{
	return addr >= 4 && (addr < 0x40000000u || addr >= 0x60000000u) && addr < 0xa0000000u;
}

void rtos_memory_free(struct rtos *os)
{
	free(os->memory);
	os->memory = NULL;
}

void rtos_memory_age(struct rtos *os)
{
	if (os->memory == NULL)
		return;
	for (size_t i = 0; i < os->memory->count; i++)
		os->memory->lines[i].is_valid = false;
	os->memory->has_prefetched = false;
}

static void prefetch(struct rtos *os)
{
	struct rtos_memory *m = os->memory;
	struct read_span spans[TRIP_LINES];
	struct line *lines[TRIP_LINES];
	size_t n = 0;

	m->has_prefetched = true;
	for (size_t i = 0; i < m->count && n < TRIP_LINES; i++) {
		if (!m->lines[i].is_used)
			continue;
		lines[n] = &m->lines[i];
		spans[n++] = (struct read_span){ m->lines[i].addr, LINE_BYTES, m->lines[i].data };
	}
	bool is_good = n > 0 && target_read_spans(os->target, spans, n) == OK;

	error_clear();
	for (size_t i = 0; i < n; i++)
		lines[i]->is_valid = is_good;
	for (size_t i = 0; i < m->count; i++)
		m->lines[i].is_used = false;
}

static struct line *slot_for(struct rtos_memory *m, uint32_t addr)
{
	for (size_t i = 0; i < m->count; i++) {
		if (m->lines[i].addr == addr)
			return &m->lines[i];
	}
	size_t i = m->count < LINES ? m->count++ : m->next++ % LINES;

	m->lines[i] = (struct line){ .addr = addr };
	return &m->lines[i];
}

static enum err get_line(struct rtos *os, uint32_t addr, const struct line **found)
{
	if (os->memory == NULL)
		os->memory = xcalloc(1, sizeof(*os->memory));
	if (!os->memory->has_prefetched)
		prefetch(os);
	struct line *line = slot_for(os->memory, addr);

	if (!line->is_valid)
		TRY(target_read_bytes(os->target, addr, line->data, LINE_BYTES, NULL));
	line->is_valid = line->is_used = true;
	*found = line;
	return OK;
}

enum err rtos_read(struct rtos *os, uint32_t addr, void *dst, size_t n)
{
	uint8_t *out = dst;

	while (n > 0) {
		const struct line *line;
		uint32_t offset = addr % LINE_BYTES;
		size_t part = MIN(n, LINE_BYTES - offset);

		if (!rtos_is_code(addr))
			return error_why(ERR_RTOS, "0x%08x is no place for a kernel's data", addr);
		TRY(get_line(os, addr - offset, &line));
		memcpy(out, line->data + offset, part);
		out += part;
		addr += (uint32_t)part;
		n -= part;
	}
	return OK;
}

enum err rtos_read_u32(struct rtos *os, uint32_t addr, uint32_t *value)
{
	uint8_t bytes[4];

	TRY(rtos_read(os, addr, bytes, sizeof(bytes)));
	*value = get_le32(bytes);
	return OK;
}

enum err rtos_read_u8(struct rtos *os, uint32_t addr, uint8_t *value)
{
	return rtos_read(os, addr, value, 1);
}

bool rtos_read_name(struct rtos *os, uint32_t addr, size_t max, char *name, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < max; i++) {
		uint8_t c;

		if (rtos_read_u8(os, addr + (uint32_t)i, &c) != OK) {
			error_clear();
			return false;
		}
		if (c == '\0')
			break;
		if (c < 0x20 || c > 0x7e)
			return false;
		if (n + 1 < size)
			name[n++] = (char)c;
	}
	name[n] = '\0';
	return true;
}
