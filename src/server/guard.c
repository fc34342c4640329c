/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/guard.h"

#include <string.h>

#include "base/bytes.h"

static const struct {
	const char *bytes, *name, *unless;	/* `unless`: the service whose own protocol it is */
} beginnings[] = {
	{ "GET /", "HTTP", NULL },	 { "GET http", "HTTP", NULL },
	{ "POST /", "HTTP", NULL },	 { "POST http", "HTTP", NULL },
	{ "HEAD /", "HTTP", NULL },	 { "PUT /", "HTTP", NULL },
	{ "DELETE /", "HTTP", NULL },	 { "PATCH /", "HTTP", NULL },
	{ "OPTIONS /", "HTTP", NULL },	 { "OPTIONS *", "HTTP", NULL },
	{ "TRACE /", "HTTP", NULL },	 { "CONNECT ", "HTTP", NULL },
	{ "PRI * HTTP", "HTTP/2", NULL }, { "HTTP/", "HTTP", NULL },
	{ "\x16\x03\x01", "TLS", NULL }, { "\x16\x03\x02", "TLS", NULL },
	{ "\x16\x03\x03", "TLS", NULL }, { "SSH-", "SSH", NULL },
	{ "EHLO ", "SMTP", NULL },	 { "HELO ", "SMTP", NULL },
	{ "+$q", "GDB", "gdb" },	 { "$qSupported", "GDB", "gdb" },
	{ "+$Q", "GDB", "gdb" },	 { "+$?", "GDB", "gdb" },
};

const char *guard_foreign(const char *service, const uint8_t *in, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++) {
		size_t length = strlen(beginnings[i].bytes);

		if (n < length || memcmp(in, beginnings[i].bytes, length) != 0)
			continue;
		if (beginnings[i].unless == NULL || strcmp(beginnings[i].unless, service) != 0)
			return beginnings[i].name;
	}
	return NULL;
}
