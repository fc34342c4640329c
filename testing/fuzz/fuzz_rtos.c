/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernels in hostile memory: the input's first byte chooses the kernel, the rest is RAM, repeated, with
 * the kernel's variables somewhere in it. Lists may be cycles, pointers wild, counts huge: the list of
 * threads must end, after a bounded number of reads, and every thread be describable.
 * `make check` links replay.c and runs the seeds; a libFuzzer build is
 *   clang -fsanitize=fuzzer,address,undefined -Isrc -I. testing/fuzz/fuzz_rtos.c \
 *         $(ls src/rtos/?*.c | grep -v commands) src/image/symbols.c src/image/symbols_elf.c \
 *         src/image/debug_info.c src/base/?*.c -lelf -ldw
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "rtos/rtos_priv.h"

#define RAM	  0x20000000u
#define RAM_BYTES 0x2000u
#define READS_MAX 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static uint8_t ram[RAM_BYTES];
static unsigned reads;

/* The target's functions that the room calls, on this RAM. */
enum err target_read_bytes(struct target *t, uint32_t addr, uint8_t *dst, size_t n, size_t *done)
{
	(void)t;
	reads++;
	if (addr < RAM || addr - RAM > RAM_BYTES || n > RAM_BYTES - (addr - RAM))
		return error_why(ERR_BUS, "no memory at 0x%08x", addr);
	memcpy(dst, ram + (addr - RAM), n);
	if (done != NULL)
		*done = n;
	return OK;
}

enum err target_read_spans(struct target *t, const struct read_span *spans, size_t count)
{
	for (size_t i = 0; i < count; i++)
		TRY(target_read_bytes(t, spans[i].addr, spans[i].dst, spans[i].bytes, NULL));
	return OK;
}

enum err target_get_reg(struct target *t, const struct reg *reg, uint64_t *value)
{
	(void)t, (void)reg;
	*value = RAM;
	return OK;
}

enum err target_write_bytes(struct target *t, uint32_t addr, const uint8_t *src, size_t n)
{
	(void)t, (void)addr, (void)src, (void)n;
	return OK;
}

const struct reg *target_find_reg(const struct target *t, const char *name)
{
	static const struct reg reg = { .name = "control", .bits = 32 };

	(void)t, (void)name;
	return &reg;
}

enum err target_get_reg32(struct target *t, const char *name, uint32_t *value)
{
	(void)t;
	/* A thread runs, on its own stack. */
	*value = strcmp(name, "psp") == 0 ? RAM + 0x100 : strcmp(name, "control") == 0 ? 2 : 0;
	return OK;
}

static void give_symbols(struct rtos *os, const uint8_t *data, size_t n)
{
	const char *name;
	unsigned i = 0;

	for (bool again = true; (name = rtos_next_symbol(os, again)) != NULL; again = false) {
		uint32_t addr = RAM + 0x40u * i + (n > 1 ? data[i % n] & 0x3cu : 0);

		rtos_give_symbol(os, name, strlen(name), strstr(name, "lto_priv") == NULL, addr);
		assert(++i < 200);
	}
}

static void look(struct rtos *os)
{
	struct buf text = { 0 };

	os->target->memory_epoch++;
	reads = 0;
	if (rtos_update(os) != OK)
		assert(error_current()->code != OK);
	error_clear();
	assert(os->count <= RTOS_THREADS_MAX && reads < READS_MAX);
	for (size_t i = 0; i < os->count; i++) {
		struct rtos_context context;

		rtos_describe(os, &os->threads[i], &text);
		assert(memchr(os->threads[i].name, '\0', sizeof(os->threads[i].name)) != NULL);
		if (os->threads[i].id != RTOS_CORE && !os->threads[i].is_current)
			rtos_context(os, &os->threads[i], &context);
		error_clear();
	}
	if (os->type != NULL)
		rtos_check(os, 64, &text);
	buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static char *const kernels[] = { "FreeRTOS", "Zephyr", "ThreadX", "nuttx", "auto" };
	struct target t = { .name = "fuzz", .examined = true, .state = TARGET_HALTED };

	log_set_level(LOG_ERROR);
	error_clear();
	if (n < 2)
		return 0;
	t.rtos = kernels[data[0] % ARRAY_SIZE(kernels)];
	data++;
	n--;
	for (size_t i = 0; i < RAM_BYTES; i++)
		ram[i] = data[i % n];
	t.symbols = symbols_new();
	struct rtos *os = rtos_of(&t);

	give_symbols(os, data, n);
	look(os);
	memset(ram + RAM_BYTES / 2, 0xa5, RAM_BYTES / 4);
	look(os);		/* the second stop goes by what the first one learned */
	rtos_free(&t);
	symbols_free(t.symbols);
	return 0;
}
