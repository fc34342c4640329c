/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program's standard input: what the client of `arm semihosting_redirect` types, and what `arm
 * semihosting_input` is given. Where neither can come a read meets the end of the file at once, so that
 * a program in a test run does not wait for a keyboard that nobody has.
 */
#include <string.h>

#include "base/log.h"
#include "target/semihosting.h"

size_t semi_input_read(struct semihosting *s, uint8_t *data, size_t n, bool *must_wait)
{
	const uint8_t *end;

	*must_wait = false;
	if (s->input.len == 0) {
		*must_wait = !s->has_input_ended && (s->waits_for_verb || semi_redirect_can_type(s));
		s->has_input_ended = false;
		return 0;
	}
	n = MIN(n, s->input.len);
	end = memchr(s->input.data, '\n', n);
	if (end != NULL)
		n = (size_t)(end - s->input.data) + 1;
	memcpy(data, s->input.data, n);
	buf_consume(&s->input, n);
	return n;
}

static void go_on(struct semihosting *s)
{
	if (s->is_waiting_for_input)
		semi_try_again(s);
}

void semi_input_put(struct semihosting *s, const void *data, size_t n)
{
	if (s->input.len < SEMI_IO_MAX)
		buf_append(&s->input, data, n);
	else
		log_warning("%s: the program does not read its input: %zu bytes are dropped",
			    s->target->name, n);
	go_on(s);
}

void semi_input_end(struct semihosting *s)
{
	s->has_input_ended = true;
	go_on(s);
}
