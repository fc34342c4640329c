/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The world beside the wires: loading, states to start from, faults, description.
 */
#include "vboard/device/nor.h"

#include <string.h>

#include "vboard/device/hyperflash.h"
#include "vboard/device/nor_parts.h"

bool nor_load(struct nor *nor, uint32_t offset, const uint8_t *data, size_t bytes, char *error,
	      size_t error_size)
{
	if (offset > nor->model->bytes || bytes > nor->model->bytes - offset) {
		snprintf(error, error_size, "%s has %u bytes: offset 0x%x and %zu bytes do not fit",
			 nor->model->name, nor->model->bytes, offset, bytes);
		return false;
	}
	memcpy(nor->array + offset, data, bytes);
	if (bytes > 0)
		nor_tell(nor, offset, (uint32_t)bytes);
	return true;
}

/* States to start from */

static void set_bits(struct nor *nor, const uint8_t which[2])
{
	nor->nv[which[0]] |= which[1];
	nor->reg[which[0]] |= which[1];
}

static bool put_qpi(struct nor *nor)
{
	if (nor->hyper != NULL || !nor->model->has_qpi)
		return false;
	set_bits(nor, nor->model->family->qe);
	nor->qpi = true;
	return true;
}

static bool put_continuous(struct nor *nor)
{
	if (nor->hyper != NULL)
		return false;
	set_bits(nor, nor->model->family->qe);
	nor->continuous = nor->by_opcode[0xeb];
	return true;
}

static bool put_down(struct nor *nor)
{
	nor->down = true;
	return true;
}

static bool put_busy(struct nor *nor)
{
	if (nor_is_busy(nor) || nor->suspended)
		return false;
	if (nor->hyper != NULL)
		return hyperflash_put_busy(nor->hyper);
	/* The last block: an image at the start stays whole. */
	nor_begin(nor, WORK_ERASE, nor->model->bytes - NOR_BLOCK, NOR_BLOCK,
		  &nor->model->times->block);
	return true;
}

static bool put_suspended(struct nor *nor)
{
	if (!put_busy(nor))
		return false;
	nor_suspend(nor);
	return true;
}

static bool put_protected(struct nor *nor)
{
	if (nor->hyper != NULL)
		return false;
	set_bits(nor, nor->model->family->bp);
	return true;
}

static bool put_no_quad(struct nor *nor)
{
	const uint8_t *qe;

	if (nor->hyper != NULL || nor->model->qe_is_fixed)
		return false;
	qe = nor->model->family->qe;
	nor->nv[qe[0]] &= (uint8_t)~qe[1];
	nor->reg[qe[0]] &= (uint8_t)~qe[1];
	nor->qpi = false;
	nor->continuous = NULL;
	return true;
}

static bool put_srl(struct nor *nor)
{
	const uint8_t *lock;

	if (nor->hyper != NULL)
		return false;
	lock = nor->model->family->lock;
	nor->reg[lock[0]] |= lock[1];
	if (lock[0] == 0)		/* ISSI has SRWD for it, which stays */
		nor->nv[0] |= lock[1];
	return true;
}

static bool put_4_byte(struct nor *nor)
{
	(void)nor;	/* no part up to 16 MB has it, and HyperBus has no opcodes */
	return false;
}

static const struct {
	const char *name;
	bool (*put)(struct nor *nor);
} states[] = {
	{ "qpi", put_qpi }, { "continuous-read", put_continuous }, { "4-byte", put_4_byte },
	{ "deep-power-down", put_down }, { "busy", put_busy }, { "suspended", put_suspended },
	{ "protected", put_protected }, { "no-quad", put_no_quad }, { "srl", put_srl }, { 0 }
};

bool nor_put_into(struct nor *nor, const char *state, char *error, size_t error_size)
{
	for (size_t i = 0; states[i].name != NULL; i++) {
		if (strcmp(states[i].name, state) != 0)
			continue;
		if (!nor->powered) {
			snprintf(error, error_size, "%s has no supply", nor->model->name);
			return false;
		}
		if (!states[i].put(nor)) {
			snprintf(error, error_size, "%s cannot be put into \"%s\"",
				 nor->model->name, state);
			return false;
		}
		nor_tell(nor, 0, 0);
		return true;
	}
	snprintf(error, error_size,
		 "no state \"%s\": there are qpi, continuous-read, 4-byte, deep-power-down, busy, "
		 "suspended, protected, no-quad, srl", state);
	return false;
}

/* Faults */

bool nor_set_fault(struct nor *nor, const char *fault, char *error, size_t error_size)
{
	const struct { const char *name; bool *flag; } faults[] = {
		{ "stuck-busy", &nor->fault.stuck }, { "program-fails", &nor->fault.no_program },
		{ "erase-fails", &nor->fault.no_erase }, { "slow", &nor->fault.slow },
		{ "absent", &nor->fault.absent },
	};

	if (strcmp(fault, "none") == 0) {
		memset(&nor->fault, 0, sizeof(nor->fault));
		nor_tell(nor, 0, 0);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		if (strcmp(faults[i].name, fault) != 0)
			continue;
		*faults[i].flag = true;
		nor->selected = false;
		nor_tell(nor, 0, 0);
		return true;
	}
	snprintf(error, error_size, "no fault \"%s\": there are stuck-busy, program-fails, "
		 "erase-fails, slow, absent, none", fault);
	return false;
}

/* Description */

static const char *protocol(const struct nor *nor)
{
	if (nor->hyper != NULL)
		return "hyperbus";
	if (nor->continuous != NULL)
		return "continuous-read";
	return nor->qpi ? "qpi" : "spi";
}

static void describe_registers(const struct nor *nor, FILE *out)
{
	const struct nor_family *f = nor->model->family;

	fprintf(out, ", \"id\": \"%02x%02x%02x\", \"registers\": {", nor->model->id[0],
		nor->model->id[1], nor->model->id[2]);
	for (unsigned i = 0; i < ARRAY_SIZE(f->registers) && f->registers[i] != NULL; i++)
		fprintf(out, "%s\"%s\": %u", i ? ", " : "", f->registers[i], f->status(nor, i));
	fprintf(out, "}, \"non_volatile\": {");
	for (unsigned i = 0; i < ARRAY_SIZE(f->registers) && f->registers[i] != NULL; i++)
		fprintf(out, "%s\"%s\": %u", i ? ", " : "", f->registers[i], nor->nv[i]);
	fprintf(out, "}, \"wel\": %s, \"quad_enabled\": %s, \"wrap\": %u",
		nor->wel ? "true" : "false", f->has_qe(nor) ? "true" : "false", nor->wrap);
}

void nor_describe(const struct nor *nor, FILE *out)
{
	fprintf(out, "{\"model\": \"%s\", \"bytes\": %u, \"powered\": %s, \"protocol\": \"%s\", "
		"\"address_bytes\": %u, \"busy\": %s, \"suspended\": %s, \"deep_power_down\": %s",
		nor->model->name, nor->model->bytes, nor->powered ? "true" : "false",
		protocol(nor), nor->hyper != NULL ? 4 : 3, nor_is_busy(nor) ? "true" : "false",
		nor->suspended ? "true" : "false", nor->down ? "true" : "false");
	if (nor->hyper != NULL)
		hyperflash_describe(nor->hyper, out);
	else
		describe_registers(nor, out);
	fprintf(out, ", \"programs\": %llu, \"erases\": %llu, \"register_writes\": %llu, "
		"\"resets\": %llu, \"aborted\": %llu, \"ignored\": %llu",
		(unsigned long long)nor->counts.programs, (unsigned long long)nor->counts.erases,
		(unsigned long long)nor->counts.register_writes,
		(unsigned long long)nor->counts.resets, (unsigned long long)nor->counts.aborted,
		(unsigned long long)nor->counts.ignored);
	if (nor->why != NULL)
		fprintf(out, ", \"last_ignored\": {\"opcode\": %u, \"why\": \"%s\"}",
			nor->why_opcode, nor->why);
	fprintf(out, "}");
}
