/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/chip/verbs.h"

#include <stdlib.h>
#include <string.h>

bool vb_refuse(char *error, size_t error_size, const char *text)
{
	snprintf(error, error_size, "%s", text);
	return false;
}

bool vb_number(const char *text, uint32_t *value, char *error, size_t error_size)
{
	char *end;
	unsigned long n = strtoul(text, &end, 0);

	if (*text < '0' || *text > '9' || *end != '\0' || n > UINT32_MAX) {
		snprintf(error, error_size, "%s is not a number", text);
		return false;
	}
	*value = (uint32_t)n;
	return true;
}

const char *vb_truth(bool value)
{
	return value ? "true" : "false";
}

bool vb_type(struct serial_port *port, int argc, char **argv, FILE *out, char *error,
	     size_t error_size)
{
	size_t taken = 0;

	if (argc < 2)
		return vb_refuse(error, error_size, "usage: uart-rx TEXT...");
	for (int i = 1; i < argc; i++) {
		if (i > 1)
			taken += serial_port_type(port, (const uint8_t *)" ", 1);
		taken += serial_port_type(port, (const uint8_t *)argv[i], strlen(argv[i]));
	}
	fprintf(out, "{\"queued\":%zu}", taken);
	return true;
}
