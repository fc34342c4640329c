/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Semihosting calls as GDB File-I/O requests (GDB manual, "File-I/O Remote Protocol Extension"). */
#include <string.h>

#include "base/log.h"
#include "target/semihosting.h"

#define GDB_STAT_SIZE	28u	/* st_size: 8 bytes, big endian */

static struct fileio_arg number(uint32_t value)
{
	return (struct fileio_arg){ .value = value };
}

/* GDB counts the NUL. */
static struct fileio_arg string(uint32_t addr, uint32_t length)
{
	return (struct fileio_arg){ .value = addr, .length = length + 1, .is_string = true };
}

/* Piece by piece, never past a 256-byte line: the string may end just before unmapped memory. */
static uint32_t string_length(struct semi_call *c)
{
	uint32_t n = 0;

	while (n < SEMI_STRING_MAX) {
		uint32_t addr = c->r1 + n, want = 256 - (addr & 255);
		uint8_t piece[256];
		size_t got = 0;
		enum err rc = target_read_bytes(c->t, addr, piece, want, &got);
		const uint8_t *end = memchr(piece, '\0', got);

		error_clear();
		n += end != NULL ? (uint32_t)(end - piece) : (uint32_t)got;
		if (rc != OK || end != NULL)
			break;
	}
	return n;
}

/* Names that stand for no file of the host. */
static bool is_own_name(struct semi_call *c)
{
	char name[32];

	if (c->p[2] >= sizeof(name) ||
	    semi_read_string(c->t, c->p[0], c->p[2], name, sizeof(name)) != OK) {
		error_clear();
		return false;
	}
	return strcmp(name, ":tt") == 0 || strcmp(name, SEMI_FEATURES_NAME) == 0;
}

static bool is_own_handle(const struct semi_call *c)
{
	static const uint8_t ops[] = { SYS_CLOSE, SYS_WRITE, SYS_READ, SYS_ISTTY, SYS_SEEK, SYS_FLEN };

	return memchr(ops, (int)c->op, sizeof(ops)) != NULL && (c->p[0] & ~0x1fu) == SEMI_LOCAL;
}

static bool build_open(struct semi_call *c, struct fileio_call *call)
{
	/* GDB's O_ flags for r, r+, w, w+, a, a+ */
	static const uint16_t flags[] = { 0x0, 0x2, 0x601, 0x602, 0x209, 0x20a };

	if (c->p[1] > 11 || is_own_name(c))
		return false;	/* the console's handles 1..3 are told apart below */
	*call = (struct fileio_call){ "open", 3, { string(c->p[0], c->p[2]), number(flags[c->p[1] / 2]),
						   number(0644) } };
	return true;
}

/* Our console handles 1, 2, 3 are GDB's descriptors 0, 1, 2; GDB's files are handed out plus 1. */
static uint32_t gdb_fd(uint32_t handle)
{
	return handle - 1;
}

/* GDB answers into the target's memory: below the stack, and that is put back, as there may be none. */
static bool build_flen(struct semi_call *c, struct fileio_call *call)
{
	struct semihosting *s = c->s;
	uint32_t sp, addr;

	if (target_get_reg32(c->t, "sp", &sp) != OK)
		return false;
	addr = (sp & ~7u) - GDB_STAT_BYTES;
	if (target_read_bytes(c->t, addr, s->gdb_stat_saved, GDB_STAT_BYTES, NULL) != OK)
		return false;
	s->gdb_stat = addr;
	*call = (struct fileio_call){ "fstat", 2, { number(gdb_fd(c->p[0])), number(addr) } };
	return true;
}

static bool build(struct semi_call *c, struct fileio_call *call)
{
	const uint32_t *p = c->p;

	switch (c->op) {
	case SYS_OPEN:
		return build_open(c, call);
	case SYS_CLOSE:
		*call = (struct fileio_call){ "close", 1, { number(gdb_fd(p[0])) } };
		return p[0] > SEMI_STDERR;
	case SYS_WRITEC:
		*call = (struct fileio_call){ "write", 3, { number(1), number(c->r1), number(1) } };
		return true;
	case SYS_WRITE0:
		*call = (struct fileio_call){ "write", 3, { number(1), number(c->r1),
							    number(string_length(c)) } };
		return true;
	case SYS_WRITE:
	case SYS_READ:
		*call = (struct fileio_call){ c->op == SYS_WRITE ? "write" : "read", 3,
					      { number(gdb_fd(p[0])), number(p[1]), number(p[2]) } };
		return true;
	case SYS_ISTTY:
		*call = (struct fileio_call){ "isatty", 1, { number(gdb_fd(p[0])) } };
		return true;
	case SYS_SEEK:
		*call = (struct fileio_call){ "lseek", 3,
					      { number(gdb_fd(p[0])), number(p[1]), number(0) } };
		return true;
	case SYS_FLEN:
		return build_flen(c, call);
	case SYS_REMOVE:
		*call = (struct fileio_call){ "unlink", 1, { string(p[0], p[1]) } };
		return true;
	case SYS_RENAME:
		*call = (struct fileio_call){ "rename", 2, { string(p[0], p[1]), string(p[2], p[3]) } };
		return true;
	case SYS_SYSTEM:
		*call = (struct fileio_call){ "system", 1, { string(p[0], p[1]) } };
		return true;
	default:
		return false;
	}
}

bool semi_to_gdb(struct semi_call *c)
{
	struct semihosting *s = c->s;
	struct fileio_call call;

	s->gdb_stat = 0;
	if (!s->has_ops || s->ops.fileio == NULL || is_own_handle(c) || !build(c, &call) ||
	    !s->ops.fileio(s->ops.ctx, c->t, &call)) {
		error_clear();
		return false;
	}
	s->is_waiting_for_gdb = true;
	s->gdb_op = c->op;
	s->gdb_length = c->p[2];
	return true;
}

static uint32_t stat_size(struct semihosting *s)
{
	uint8_t bytes[4];
	uint32_t size = SEMI_FAILED;

	if (target_read_bytes(s->target, s->gdb_stat + GDB_STAT_SIZE + 4, bytes, 4, NULL) == OK)
		size = get_be32(bytes);
	else
		error_clear();
	return size;
}

/* GDB answers with counts and -1; semihosting wants bytes not moved, 0, or a handle. */
static uint32_t translate(struct semihosting *s, int32_t result)
{
	switch (s->gdb_op) {
	case SYS_OPEN:
		return result < 0 ? SEMI_FAILED : (uint32_t)result + 1;
	case SYS_WRITE:
	case SYS_READ:
		return result < 0 ? s->gdb_length : s->gdb_length - (uint32_t)result;
	case SYS_SEEK:
		return result < 0 ? SEMI_FAILED : 0;
	case SYS_FLEN:
		return result < 0 ? SEMI_FAILED : stat_size(s);
	default:
		return (uint32_t)result;
	}
}

static enum err put_stack_back(struct semihosting *s)
{
	uint32_t addr = s->gdb_stat;

	s->gdb_stat = 0;
	return addr == 0 ? OK : target_write_bytes(s->target, addr, s->gdb_stat_saved, GDB_STAT_BYTES);
}

enum err semihosting_fileio_finish(struct target *t, int32_t result, int32_t gdb_errno)
{
	struct semihosting *s = semihosting_get(t);
	uint32_t pc, r0;

	if (!s->is_waiting_for_gdb)
		return error_why(ERR_PROTOCOL, "GDB answered a File-I/O request that was not made");
	s->is_waiting_for_gdb = false;
	if (result < 0)
		s->last_errno = gdb_errno;
	r0 = translate(s, result);
	TRY(put_stack_back(s));
	t->memory_epoch++;
	TRY(target_get_reg32(t, "pc", &pc));
	if (s->gdb_op != SYS_WRITEC && s->gdb_op != SYS_WRITE0)
		TRY(target_set_reg32(t, "r0", r0));
	return target_pass_bkpt(t, pc);
}

bool semihosting_fileio_is_open(const struct target *t)
{
	return t->semihosting != NULL && t->semihosting->is_waiting_for_gdb;
}

void semihosting_fileio_abandon(struct target *t)
{
	struct semihosting *s = t->semihosting;

	if (!semihosting_fileio_is_open(t))
		return;
	log_info("%s: semihosting: GDB has left in the middle of a file call: the daemon serves it",
		 t->name);
	s->is_waiting_for_gdb = false;
	if (put_stack_back(s) != OK)
		log_failure();
	s->is_waiting_for_input = true;		/* as if it could be read now */
	s->was_stepping = false;
	semi_try_again(s);
}
