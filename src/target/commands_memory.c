/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mdw and its family: memory for people; read_memory and its family: memory for scripts. */
#include <stdlib.h>
#include <string.h>

#include <jim.h>

#include "base/log.h"
#include "target/target_priv.h"

#define LINE_BYTES 32u
#define CHUNK_BYTES 4096u
#define SCRIPT_COUNT_MAX 65536u

/* Arguments from `first` on, past an optional "phys": there is no MMU here. */
static int skip_phys(struct call *c, int first)
{
	return c->argc > first && strcmp(c->argv[first], "phys") == 0 ? first + 1 : first;
}

static enum err address_argument(struct call *c, int index, uint32_t *addr)
{
	uint64_t value;

	if (index >= c->argc)
		return arg_usage(c);
	TRY(arg_u64(c, index, &value));
	if (value > UINT32_MAX)
		return error_why(ERR_ARGUMENT, "address %s is above 4 GiB", c->argv[index]);
	*addr = (uint32_t)value;
	return OK;
}

/* Size of one item from the verb's last letter. */
static unsigned item_size(const struct call *c)
{
	switch (c->row->name[2]) {
	case 'b': return 1;
	case 'h': return 2;
	case 'd': return 8;
	default:  return 4;
	}
}

static uint64_t get_item(const uint8_t *p, unsigned size)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (uint64_t)p[i] << (8 * i);
	return value;
}

static void put_item(uint8_t *p, unsigned size, uint64_t value)
{
	for (unsigned i = 0; i < size; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

static enum err read_items(struct target *t, uint32_t addr, unsigned size, uint32_t count,
			   uint8_t *dst)
{
	unsigned access = MIN(size, 4u);
	enum err rc = target_read(t, addr, access, (size_t)count * (size / access), dst);

	return rc == OK ? OK : error_what(rc, "Failed to read memory at 0x%08x", addr);
}

static enum err cmd_md(struct call *c)
{
	int at = skip_phys(c, 1);
	uint32_t addr, count = 1;
	unsigned size = item_size(c);
	struct target *t;

	TRY(call_target(c, &t));
	TRY(address_argument(c, at, &addr));
	if (c->argc > at + 1)
		TRY(arg_u32(c, at + 1, &count));
	if (c->argc > at + 2)
		return arg_usage(c);
	if ((uint64_t)count * size > 64u << 20)
		return error_why(ERR_ARGUMENT, "%u items are too many for a console", count);
	uint8_t *data = xcalloc(count ? count : 1, size);
	enum err rc = read_items(t, addr, size, count, data);

	for (uint32_t i = 0; rc == OK && i < count; i++) {
		uint32_t offset = i * size;

		if (offset % LINE_BYTES == 0)
			result_printf(c, "0x%08x: ", addr + offset);
		result_printf(c, "%0*llx ", (int)size * 2,
			      (unsigned long long)get_item(data + offset, size));
		if ((offset + size) % LINE_BYTES == 0 || i + 1 == count)
			result_printf(c, "\n");
	}
	free(data);
	return rc;
}

static enum err write_items(struct target *t, uint32_t addr, unsigned size, uint32_t count,
			    const uint8_t *data)
{
	unsigned access = MIN(size, 4u);
	enum err rc = target_write(t, addr, access, (size_t)count * (size / access), data);

	return rc == OK ? OK : error_what(rc, "Failed to write memory at 0x%08x", addr);
}

static enum err cmd_mw(struct call *c)
{
	int at = skip_phys(c, 1);
	unsigned size = item_size(c);
	uint32_t addr, count = 1;
	uint64_t value;
	struct target *t;

	TRY(call_target(c, &t));
	TRY(address_argument(c, at, &addr));
	if (c->argc < at + 2 || c->argc > at + 3)
		return arg_usage(c);
	TRY(arg_data(c, at + 1, &value));
	if (c->argc > at + 2)
		TRY(arg_u32(c, at + 2, &count));
	uint8_t chunk[CHUNK_BYTES];
	uint32_t per_chunk = CHUNK_BYTES / size;

	for (uint32_t i = 0; i < MIN(count, per_chunk); i++)
		put_item(chunk + i * size, size, value);
	while (count > 0) {
		uint32_t n = MIN(count, per_chunk);

		TRY(write_items(t, addr, size, n, chunk));
		addr += n * size;
		count -= n;
		loop_service(t->list->loop);
	}
	return OK;
}

static enum err width_argument(struct call *c, int index, unsigned *size)
{
	uint32_t bits;

	TRY(arg_u32(c, index, &bits));
	if (bits != 8 && bits != 16 && bits != 32 && bits != 64)
		return error_why(ERR_ARGUMENT, "invalid width \"%s\", must be 8, 16, 32 or 64",
				 c->argv[index]);
	*size = bits / 8;
	return OK;
}

static enum err phys_argument(struct call *c, int index)
{
	if (c->argc > index && strcmp(c->argv[index], "phys") != 0)
		return error_why(ERR_ARGUMENT, "invalid argument \"%s\", must be \"phys\"",
				 c->argv[index]);
	return OK;
}

static enum err cmd_read_memory(struct call *c)
{
	uint32_t addr, count;
	struct target *t;
	unsigned size;
	char text[24];

	TRY(call_target(c, &t));
	TRY(address_argument(c, 1, &addr));
	TRY(width_argument(c, 2, &size));
	TRY(arg_u32(c, 3, &count));
	TRY(phys_argument(c, 4));
	if (count > SCRIPT_COUNT_MAX)
		return error_why(ERR_ARGUMENT,
				 "read_memory: too large read request, exceeds 64K elements");
	uint8_t *data = xcalloc(count ? count : 1, size);
	enum err rc = read_items(t, addr, size, count, data);

	for (uint32_t i = 0; rc == OK && i < count; i++) {
		snprintf(text, sizeof(text), "0x%llx",
			 (unsigned long long)get_item(data + i * size, size));
		result_append(c, text);
	}
	free(data);
	return rc == OK ? OK : error_what(rc, "read_memory: failed to read memory");
}

static enum err list_values(struct call *c, Jim_Obj *list, unsigned size, uint8_t *data, int count)
{
	Jim_Interp *interp = script_interp(c->script);

	for (int i = 0; i < count; i++) {
		const char *word = Jim_String(Jim_ListGetIndex(interp, list, i));
		uint64_t value;

		TRY(parse_data(word, "value", &value));
		put_item(data + (size_t)i * size, size, value);
	}
	return OK;
}

static enum err cmd_write_memory(struct call *c)
{
	Jim_Interp *interp = script_interp(c->script);
	struct target *t;
	unsigned size;
	uint32_t addr;

	TRY(call_target(c, &t));
	TRY(address_argument(c, 1, &addr));
	TRY(width_argument(c, 2, &size));
	TRY(phys_argument(c, 4));
	int count = Jim_ListLength(interp, c->objv[3]);

	if (count <= 0)
		return OK;
	if (count > (int)SCRIPT_COUNT_MAX)
		return error_why(ERR_ARGUMENT,
				 "write_memory: too large write request, exceeds 64K elements");
	uint8_t *data = xcalloc((size_t)count, size);
	enum err rc = list_values(c, c->objv[3], size, data, count);

	if (rc == OK)
		rc = write_items(t, addr, size, (uint32_t)count, data);
	free(data);
	return rc == OK ? OK : error_what(rc, "write_memory: failed to write memory");
}

/* mem2array VAR WIDTH ADDR COUNT ?phys?: decimal values at VAR(0), VAR(1), ... */
static enum err cmd_mem2array(struct call *c)
{
	Jim_Interp *interp = script_interp(c->script);
	uint32_t addr, count;
	struct target *t;
	unsigned size;
	char name[128];

	TRY(call_target(c, &t));
	TRY(width_argument(c, 2, &size));
	TRY(address_argument(c, 3, &addr));
	TRY(arg_u32(c, 4, &count));
	TRY(phys_argument(c, 5));
	if (count > SCRIPT_COUNT_MAX)
		return error_why(ERR_ARGUMENT,
				 "mem2array: too large read request, exceeds 64K items");
	uint8_t *data = xcalloc(count ? count : 1, size);
	enum err rc = read_items(t, addr, size, count, data);

	for (uint32_t i = 0; rc == OK && i < count; i++) {
		jim_wide value = (jim_wide)get_item(data + i * size, size);

		snprintf(name, sizeof(name), "%s(%u)", c->argv[1], i);
		if (Jim_SetVariableStr(interp, name, Jim_NewIntObj(interp, value)) != JIM_OK)
			rc = error_why(ERR_ARGUMENT, "\"%s\" is not an array", c->argv[1]);
	}
	free(data);
	return rc;
}

static enum err array_values(struct call *c, unsigned size, uint32_t count, uint8_t *data)
{
	Jim_Interp *interp = script_interp(c->script);
	char name[128];

	for (uint32_t i = 0; i < count; i++) {
		uint64_t value;

		snprintf(name, sizeof(name), "%s(%u)", c->argv[1], i);
		Jim_Obj *obj = Jim_GetVariableStr(interp, name, JIM_NONE);

		if (obj == NULL)
			return error_why(ERR_ARGUMENT, "there is no element %s", name);
		TRY(parse_data(Jim_String(obj), name, &value));
		put_item(data + (size_t)i * size, size, value);
	}
	return OK;
}

static enum err cmd_array2mem(struct call *c)
{
	uint32_t addr, count;
	struct target *t;
	unsigned size;

	TRY(call_target(c, &t));
	TRY(width_argument(c, 2, &size));
	TRY(address_argument(c, 3, &addr));
	TRY(arg_u32(c, 4, &count));
	TRY(phys_argument(c, 5));
	if (count > SCRIPT_COUNT_MAX)
		return error_why(ERR_ARGUMENT,
				 "array2mem: too large write request, exceeds 64K items");
	uint8_t *data = xcalloc(count ? count : 1, size);
	enum err rc = array_values(c, size, count, data);

	if (rc == OK)
		rc = write_items(t, addr, size, count, data);
	free(data);
	return rc;
}

static enum err cmd_virt2phys(struct call *c)
{
	uint32_t addr = 0;

	TRY(address_argument(c, 1, &addr));
	result_printf(c, "Physical address 0x%08x\n", addr);
	return OK;
}

#define MD(letter, what)                                                                           \
	{                                                                                          \
		"md" letter, STAGE_EXEC, 1, 3, "?phys? address ?count?", cmd_md,                   \
			"Shows memory as " what "."                                                \
	}
#define MW(letter, what) \
	{ "mw" letter, STAGE_EXEC, 2, 4, "?phys? address value ?count?", cmd_mw, \
	  "Writes one value to count " what " in memory." }

const struct command memory_commands[] = {
	MD("d", "64-bit words"),
	MD("w", "32-bit words"),
	MD("h", "16-bit halfwords"),
	MD("b", "bytes"),
	MW("d", "64-bit words"),
	MW("w", "32-bit words"),
	MW("h", "16-bit halfwords"),
	MW("b", "bytes"),
	{ "read_memory", STAGE_EXEC, 3, 4, "address width count ?phys?", cmd_read_memory,
	  "Returns count values of width 8, 16, 32 or 64 bits as a list of hex numbers." },
	{ "write_memory", STAGE_EXEC, 3, 4, "address width values ?phys?", cmd_write_memory,
	  "Writes a list of values of width 8, 16, 32 or 64 bits." },
	{ "mem2array", STAGE_EXEC, 4, 5, "array width address count ?phys?", cmd_mem2array,
	  "Reads memory into a Tcl array. Use read_memory in new scripts." },
	{ "array2mem", STAGE_EXEC, 4, 5, "array width address count ?phys?", cmd_array2mem,
	  "Writes a Tcl array to memory. Use write_memory in new scripts." },
	{ "virt2phys", STAGE_EXEC, 1, 1, "address", cmd_virt2phys,
	  "There is no MMU: the same address." },
	{ 0 }
};
