/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers: g, G, p, P. `g` is r0..r12, sp, lr, pc, xpsr and no more: the FPU's cost a slow read
 * each, and GDB asks for what is missing by `p`. "xx.." is a register that GDB shows as unavailable.
 */
#include <strings.h>

#include "server/gdb/documents.h"
#include "server/gdb/packets.h"

#define XPSR_T BIT(24)
/* Of GDB's layout without a target description: r0..r15, f0..f7, fps, cpsr (GDB's arm-tdep.c). */
#define OLD_CPSR 25u
#define OLD_FPA_DIGITS (2u * (8u * 12u + 4u))

static size_t bytes_of(const struct reg *reg)
{
	return (reg->bits + 7) / 8;
}

static void append_value(struct buf *out, const struct reg *reg, uint64_t value)
{
	for (size_t i = 0; i < bytes_of(reg); i++)
		buf_printf(out, "%02x", (unsigned)(value >> (8 * i)) & 0xff);
}

static void append_unknown(struct buf *out, size_t digits)
{
	while (digits-- > 0)
		buf_putc(out, 'x');
}

static bool is_named(const struct reg *reg, const char *name)
{
	return strcasecmp(reg->name, name) == 0;
}

static enum err read_register(struct target *t, const struct reg *reg, uint64_t *value)
{
	if (t->list->adapter->is_lost)
		return adapter_fail_lost(t->list->adapter);
	if (t->state != TARGET_HALTED)
		return error_why(ERR_NOT_HALTED, "%s is %s: its registers cannot be read", t->name,
				 target_state_name(t));
	return target_get_reg(t, reg, value);
}

/*
 * By default (gdb_report_register_access_error) a register that cannot be read is shown as unavailable,
 * and those of a running core are zeros: a GDB that attaches to watch memory while another runs the
 * core must get a PC, or it hangs up. The same once a stop has said that the probe is lost: without
 * a PC GDB would keep it from its front end. A probe lost at any other time is an error.
 */
static enum err append_core_register(struct gdb_session *s, const struct reg *reg, struct buf *out)
{
	uint64_t value;
	enum err rc = read_register(s->target, reg, &value);

	bool is_away = rc == ERR_NOT_HALTED || (rc == ERR_ADAPTER_LOST && s->is_told_lost);

	if (rc != OK && !is_away && rc != ERR_ADAPTER_LOST &&
	    !s->server->options.report_register_access_error) {
		error_clear();
		append_unknown(out, 2 * bytes_of(reg));
		return OK;
	}
	if (is_away && !s->server->options.report_register_access_error) {
		error_clear();
		value = is_named(reg, "xpsr") ? XPSR_T : 0;
		rc = OK;
	}
	if (rc == OK)
		append_value(out, reg, value);
	return rc;
}

/* Of a thread that waits: what its kernel has not saved is nowhere. */
static enum err append_register(struct gdb_session *s, const struct reg *reg, struct buf *out)
{
	struct rtos *os;
	uint64_t value;
	const struct rtos_thread *thread = threads_selected(s, &os);

	if (thread == NULL)
		return append_core_register(s, reg, out);
	enum err rc = rtos_get_reg(os, thread, reg, &value);

	if (rc == OK) {
		append_value(out, reg, value);
		return OK;
	}
	if (rc != ERR_NO_REGISTER && rc != ERR_RTOS)
		return rc;
	error_clear();
	append_unknown(out, 2 * bytes_of(reg));
	return OK;
}

/* Reads so many bytes of hex digits in target order. */
static bool take_value(struct rsp_args *args, const struct reg *reg, uint64_t *value)
{
	uint8_t bytes[8] = { 0 };
	size_t n = bytes_of(reg);

	if (rsp_left(args) < 2 * n || !hex_decode(bytes, args->at, 2 * n))
		return false;
	args->at += 2 * n;
	*value = get_le32(bytes) | (uint64_t)get_le32(bytes + 4) << 32;
	return true;
}

static enum err write_register(struct gdb_session *s, const struct reg *reg, uint64_t value)
{
	struct rtos *os;
	const struct rtos_thread *thread = threads_selected(s, &os);

	/* M-profile cores have no other state: a clear T is a fault at the next instruction. */
	if (is_named(reg, "xpsr"))
		value |= XPSR_T;
	if (is_named(reg, "pc"))
		value &= ~1ull;
	if (thread != NULL)
		return rtos_set_reg(os, thread, reg, value);
	return target_set_reg(s->target, reg, value);
}

static bool has_old_layout(const struct gdb_session *s)
{
	return !s->server->options.target_description;
}

static const struct reg *find_register(struct gdb_session *s, uint32_t number)
{
	if (!has_old_layout(s))
		return tdesc_find(s->target, number);
	if (number == OLD_CPSR)
		return tdesc_general(s->target, 16);
	return number < 16 ? tdesc_general(s->target, number) : NULL;
}

static enum err packet_g(struct gdb_session *s, struct rsp_args *args)
{
	const struct reg *reg;
	struct buf body = { 0 };
	enum err rc = OK;

	(void)args;
	s->is_overtaken &= s->target->state != TARGET_HALTED;	/* now GDB knows */
	for (size_t i = 0; rc == OK && (reg = tdesc_general(s->target, i)) != NULL; i++) {
		if (i == 16 && has_old_layout(s))
			append_unknown(&body, OLD_FPA_DIGITS);
		rc = append_register(s, reg, &body);
	}
	if (rc == OK)
		gdb_reply(s, body.data, body.len);
	buf_free(&body);
	return rc;
}

static enum err packet_G(struct gdb_session *s, struct rsp_args *args)
{
	const struct reg *reg;
	uint64_t value;

	for (size_t i = 0; (reg = tdesc_general(s->target, i)) != NULL && !rsp_at_end(args); i++) {
		if (i == 16 && has_old_layout(s)) {
			if (rsp_left(args) < OLD_FPA_DIGITS)
				break;
			args->at += OLD_FPA_DIGITS;
		}
		if (rsp_left(args) >= 2 && args->at[0] == 'x') {
			args->at += MIN(2 * bytes_of(reg), rsp_left(args));
			continue;
		}
		if (!take_value(args, reg, &value))
			return gdb_malformed("G");
		TRY(write_register(s, reg, value));
	}
	gdb_reply_ok(s);
	return OK;
}

static enum err packet_p(struct gdb_session *s, struct rsp_args *args)
{
	uint32_t number;
	struct buf body = { 0 };

	if (!rsp_take_hex(args, &number) || !rsp_at_end(args))
		return gdb_malformed("p");
	const struct reg *reg = find_register(s, number);

	if (reg == NULL && has_old_layout(s) && number > 15 && number < OLD_CPSR) {
		append_unknown(&body, number == OLD_CPSR - 1 ? 8 : 24);
	} else if (reg == NULL) {
		/* Never an empty answer: GDB would not send p again. */
		return error_why(ERR_NO_REGISTER, "%s has no register number %u", s->target->name,
				 number);
	} else {
		enum err rc = append_register(s, reg, &body);

		if (rc != OK) {
			buf_free(&body);
			return rc;
		}
	}
	gdb_reply(s, body.data, body.len);
	buf_free(&body);
	return OK;
}

static enum err packet_P(struct gdb_session *s, struct rsp_args *args)
{
	uint32_t number;
	uint64_t value;

	if (!rsp_take_hex(args, &number) || !rsp_take_char(args, '='))
		return gdb_malformed("P");
	const struct reg *reg = find_register(s, number);

	if (reg == NULL)
		return error_why(ERR_NO_REGISTER, "%s has no register number %u", s->target->name,
				 number);
	if (!take_value(args, reg, &value) || !rsp_at_end(args))
		return gdb_malformed("P");
	TRY(write_register(s, reg, value));
	gdb_reply_ok(s);
	return OK;
}

const struct gdb_packet register_packets[] = {
	{ "g", MATCH_WHOLE, packet_g },
	{ "G", MATCH_PREFIX, packet_G },
	{ "p", MATCH_PREFIX, packet_p },
	{ "P", MATCH_PREFIX, packet_P },
	{ NULL, MATCH_WHOLE, NULL }
};
