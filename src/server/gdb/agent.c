/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opcodes and their numbers: GDB manual, "Bytecode Descriptions". Operands are big-endian. */
#include "server/gdb/agent.h"

#include "base/bytes.h"

struct machine {
	const uint8_t *code;
	size_t n, pc;
	const struct agent_world *world;
	uint64_t stack[AGENT_STACK];
	unsigned depth;
	uint64_t operand;		/* of the opcode in hand */
	bool is_over;
};

/* What is wrong, in words; NULL: nothing. */
typedef const char *(*agent_fn)(struct machine *m, uint64_t *a, uint64_t *b);

static const char *push(struct machine *m, uint64_t value)
{
	if (m->depth == AGENT_STACK)
		return "the stack is full";
	m->stack[m->depth++] = value;
	return NULL;
}

/* Two operands: `a` below `b`; the result replaces `a`, `b` is taken off by the caller. */
#define BINARY(name, expression)                                                                   \
	static const char *op_##name(struct machine *m, uint64_t *a, uint64_t *b)                  \
	{                                                                                          \
		(void)m;                                                                           \
		*a = (uint64_t)(expression);                                                       \
		return NULL;                                                                       \
	}

BINARY(add, *a + *b)
BINARY(sub, *a - *b)
BINARY(mul, *a * *b)
BINARY(lsh, *b < 64 ? *a << *b : 0)
BINARY(rsh_unsigned, *b < 64 ? *a >> *b : 0)
BINARY(rsh_signed, (int64_t)*a >> (*b < 64 ? *b : 63))
BINARY(bit_and, *a & *b)
BINARY(bit_or, *a | *b)
BINARY(bit_xor, *a ^ *b)
BINARY(equal, *a == *b)
BINARY(less_signed, (int64_t)*a < (int64_t)*b)
BINARY(less_unsigned, *a < *b)

static const char by_zero[] = "it divides by zero";

static const char *op_div_unsigned(struct machine *m, uint64_t *a, uint64_t *b)
{
	(void)m;
	if (*b == 0)
		return by_zero;
	*a /= *b;
	return NULL;
}

static const char *op_rem_unsigned(struct machine *m, uint64_t *a, uint64_t *b)
{
	(void)m;
	if (*b == 0)
		return by_zero;
	*a %= *b;
	return NULL;
}

/* The smallest number by -1 has no quotient in 64 bits: C leaves it open, here it wraps. */
static const char *op_div_signed(struct machine *m, uint64_t *a, uint64_t *b)
{
	(void)m;
	if (*b == 0)
		return by_zero;
	*a = *b == UINT64_MAX ? 0 - *a : (uint64_t)((int64_t)*a / (int64_t)*b);
	return NULL;
}

static const char *op_rem_signed(struct machine *m, uint64_t *a, uint64_t *b)
{
	(void)m;
	if (*b == 0)
		return by_zero;
	*a = *b == UINT64_MAX ? 0 : (uint64_t)((int64_t)*a % (int64_t)*b);
	return NULL;
}

/* From here on `a` is the top of the stack, `b` is not looked at. */

static const char *op_log_not(struct machine *m, uint64_t *a, uint64_t *b)
{
	(void)m;
	(void)b;
	*a = *a == 0;
	return NULL;
}

static const char *op_bit_not(struct machine *m, uint64_t *a, uint64_t *b)
{
	(void)m;
	(void)b;
	*a = ~*a;
	return NULL;
}

static const char *op_ext(struct machine *m, uint64_t *a, uint64_t *b)
{
	(void)b;
	if (m->operand == 0)
		return "it extends a value of no bits";
	if (m->operand < 64) {
		unsigned shift = 64 - (unsigned)m->operand;

		*a = (uint64_t)((int64_t)(*a << shift) >> shift);
	}
	return NULL;
}

static const char *op_zero_ext(struct machine *m, uint64_t *a, uint64_t *b)
{
	(void)b;
	if (m->operand == 0)
		return "it extends a value of no bits";
	if (m->operand < 64)
		*a &= ((uint64_t)1 << m->operand) - 1;
	return NULL;
}

static const char *op_dup(struct machine *m, uint64_t *a, uint64_t *b)
{
	(void)b;
	return push(m, *a);
}

static const char *op_pop(struct machine *m, uint64_t *a, uint64_t *b)
{
	(void)a;
	(void)b;
	m->depth--;
	return NULL;
}

static const char *op_if_goto(struct machine *m, uint64_t *a, uint64_t *b)
{
	(void)b;
	m->depth--;
	if (*a != 0)
		m->pc = (size_t)m->operand;
	return NULL;
}

/* Little-endian, as the target is. */
static const char *reference(struct machine *m, uint64_t *a, unsigned bytes)
{
	uint8_t data[8];
	uint64_t value = 0;

	if (*a > UINT32_MAX || *a + bytes - 1 > UINT32_MAX)
		*a &= UINT32_MAX;	/* an address that was sign-extended on the way */
	if (*a + bytes - 1 > UINT32_MAX || !m->world->read(m->world->ctx, (uint32_t)*a, data, bytes))
		return "memory cannot be read";
	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)data[i] << (8 * i);
	*a = value;
	return NULL;
}

#define REFERENCE(bits)                                                                            \
	static const char *op_ref##bits(struct machine *m, uint64_t *a, uint64_t *b)               \
	{                                                                                          \
		(void)b;                                                                           \
		return reference(m, a, (bits) / 8);                                                \
	}

REFERENCE(8)
REFERENCE(16)
REFERENCE(32)
REFERENCE(64)

/* From here on nothing of the stack is needed. */

static const char *op_goto(struct machine *m, uint64_t *a, uint64_t *b)
{
	(void)a;
	(void)b;
	m->pc = (size_t)m->operand;
	return NULL;
}

static const char *op_const(struct machine *m, uint64_t *a, uint64_t *b)
{
	(void)a;
	(void)b;
	return push(m, m->operand);
}

static const char *op_reg(struct machine *m, uint64_t *a, uint64_t *b)
{
	uint64_t value;

	(void)a;
	(void)b;
	if (!m->world->reg(m->world->ctx, (unsigned)m->operand, &value))
		return "a register cannot be read";
	return push(m, value);
}

static const char *op_end(struct machine *m, uint64_t *a, uint64_t *b)
{
	(void)a;
	(void)b;
	m->is_over = true;
	return NULL;
}

static const char *op_swap(struct machine *m, uint64_t *a, uint64_t *b)
{
	uint64_t kept = *a;

	(void)m;
	*a = *b;
	*b = kept;
	return NULL;
}

static const char *op_pick(struct machine *m, uint64_t *a, uint64_t *b)
{
	(void)a;
	(void)b;
	if (m->operand >= m->depth)
		return "the stack is empty";
	return push(m, m->stack[m->depth - 1 - m->operand]);
}

/* a b c becomes c a b. */
static const char *op_rot(struct machine *m, uint64_t *a, uint64_t *b)
{
	uint64_t *top = &m->stack[m->depth - 1], kept = *top;

	(void)a;
	(void)b;
	top[0] = top[-1];
	top[-1] = top[-2];
	top[-2] = kept;
	return NULL;
}

/* `needs`: so many on the stack. `joins`: two become one. What is not here: trace, float, variables. */
static const struct agent_op {
	uint8_t code, operand_bytes, needs;
	bool joins;
	agent_fn run;
} ops[] = {
	{ 0x02, 0, 2, true, op_add },		{ 0x03, 0, 2, true, op_sub },
	{ 0x04, 0, 2, true, op_mul },		{ 0x05, 0, 2, true, op_div_signed },
	{ 0x06, 0, 2, true, op_div_unsigned },	{ 0x07, 0, 2, true, op_rem_signed },
	{ 0x08, 0, 2, true, op_rem_unsigned },	{ 0x09, 0, 2, true, op_lsh },
	{ 0x0a, 0, 2, true, op_rsh_signed },	{ 0x0b, 0, 2, true, op_rsh_unsigned },
	{ 0x0e, 0, 1, false, op_log_not },	{ 0x0f, 0, 2, true, op_bit_and },
	{ 0x10, 0, 2, true, op_bit_or },	{ 0x11, 0, 2, true, op_bit_xor },
	{ 0x12, 0, 1, false, op_bit_not },	{ 0x13, 0, 2, true, op_equal },
	{ 0x14, 0, 2, true, op_less_signed },	{ 0x15, 0, 2, true, op_less_unsigned },
	{ 0x16, 1, 1, false, op_ext },		{ 0x17, 0, 1, false, op_ref8 },
	{ 0x18, 0, 1, false, op_ref16 },	{ 0x19, 0, 1, false, op_ref32 },
	{ 0x1a, 0, 1, false, op_ref64 },	{ 0x20, 2, 1, false, op_if_goto },
	{ 0x21, 2, 0, false, op_goto },		{ 0x22, 1, 0, false, op_const },
	{ 0x23, 2, 0, false, op_const },	{ 0x24, 4, 0, false, op_const },
	{ 0x25, 8, 0, false, op_const },	{ 0x26, 2, 0, false, op_reg },
	{ 0x27, 0, 0, false, op_end },		{ 0x28, 0, 1, false, op_dup },
	{ 0x29, 0, 1, false, op_pop },		{ 0x2a, 1, 1, false, op_zero_ext },
	{ 0x2b, 0, 2, false, op_swap },		{ 0x32, 1, 0, false, op_pick },
	{ 0x33, 0, 3, false, op_rot },
};

static const struct agent_op *find_op(uint8_t code)
{
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		if (ops[i].code == code)
			return &ops[i];
	}
	return NULL;
}

static const char *step(struct machine *m)
{
	const struct agent_op *op;
	uint64_t none = 0, *a = &none, *b = &none;
	const char *why;

	if (m->pc >= m->n)
		return "it runs past its end";
	op = find_op(m->code[m->pc++]);
	if (op == NULL)
		return "it traces, or uses floating point";
	if (op->operand_bytes > m->n - m->pc)
		return "it is cut off";
	m->operand = 0;
	for (unsigned i = 0; i < op->operand_bytes; i++)
		m->operand = m->operand << 8 | m->code[m->pc++];
	if (op->needs > m->depth)
		return "the stack is empty";
	if (op->needs == 1)
		a = &m->stack[m->depth - 1];
	if (op->needs == 2) {
		a = &m->stack[m->depth - 2];
		b = &m->stack[m->depth - 1];
	}
	why = op->run(m, a, b);
	if (op->joins)
		m->depth--;
	return why;
}

struct agent_result agent_run(const uint8_t *code, size_t n, const struct agent_world *world)
{
	struct machine m = { .code = code, .n = n, .world = world };
	const char *why = NULL;

	for (unsigned i = 0; why == NULL && !m.is_over; i++)
		why = i == AGENT_STEPS ? "it does not end" : step(&m);
	if (why == NULL && m.depth == 0)
		why = "the stack is empty";
	if (why != NULL)
		return (struct agent_result){ .verdict = AGENT_FAILED, .why = why };
	return (struct agent_result){ .verdict = AGENT_OK, .value = (int64_t)m.stack[m.depth - 1] };
}
