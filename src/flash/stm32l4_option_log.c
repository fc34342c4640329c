/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4: the journal of option writes, one line a step:
 *
 *   2026-01-02T03:04:05Z uid=... dev=0x415 before=20:ffeff8aa,... meant=20:... state=started
 *
 * A "started" that no "written" follows is an option write that lost the chip or the probe in the
 * middle; a "written" without "loaded" one that was not seen to act. The before and meant values are
 * what the way back needs: after such a cut the chip itself no longer knows them.
 */
#include "flash/stm32l4_option_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_LOG "probed-options.log"
#define LINE_BYTES  2048

static const char *const stage_names[] = { "started", "written", "loaded" };

static const char *log_name(const char *path)
{
	return path != NULL ? path : DEFAULT_LOG;
}

/* Where the working directory cannot be written, the home directory takes the default file. */
static FILE *open_log(const char *path, const char *mode)
{
	const char *home = getenv("HOME");
	FILE *f = fopen(log_name(path), mode);
	char name[512];

	if (f != NULL || path != NULL || home == NULL ||
	    (size_t)snprintf(name, sizeof(name), "%s/." DEFAULT_LOG, home) >= sizeof(name))
		return f;
	return fopen(name, mode);
}

static enum err log_failed(const char *path)
{
	error_why(ERR_IO, "the journal of option writes, %s, cannot be written: %s", log_name(path),
		  strerror(errno));
	return error_next(ERR_IO, "choose another file with \"stm32l4x log FILE\": without it a power "
				  "cut in the middle could not be mended");
}

static void put_values(FILE *f, const char *name, const struct stm32l4_option_values *values)
{
	fprintf(f, " %s=", name);
	for (size_t i = 0; i < values->count; i++)
		fprintf(f, "%s%02x:%08x", i > 0 ? "," : "", values->reg[i], values->value[i]);
}

enum err stm32l4_option_log_add(const char *path, const uint32_t uid[3], uint16_t dev_id,
				enum option_stage stage, const struct stm32l4_option_values *before,
				const struct stm32l4_option_values *meant)
{
	FILE *f = open_log(path, "a");
	time_t now = time(NULL);
	struct tm tm = { 0 };
	char stamp[32];
	bool ok;

	if (f == NULL)
		return log_failed(path);
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	fprintf(f, "%s uid=%08x%08x%08x dev=0x%03x", stamp, uid[0], uid[1], uid[2], dev_id);
	put_values(f, "before", before);
	put_values(f, "meant", meant);
	fprintf(f, " state=%s\n", stage_names[stage]);
	ok = fflush(f) == 0 && fsync(fileno(f)) == 0;
	ok = fclose(f) == 0 && ok;
	return ok ? OK : log_failed(path);
}

bool stm32l4_option_log_exists(const char *path)
{
	FILE *f = open_log(path, "r");

	if (f != NULL)
		fclose(f);
	return f != NULL;
}

static bool get_values(const char *line, const char *key, struct stm32l4_option_values *values)
{
	const char *at = strstr(line, key);

	values->count = 0;
	if (at == NULL)
		return false;
	at += strlen(key);
	while (values->count < STM32L4_OPTION_REGS) {
		char *end;
		unsigned long reg = strtoul(at, &end, 16);

		if (end == at || *end != ':' || reg > 0xff)
			return false;
		at = end + 1;
		values->reg[values->count] = (uint8_t)reg;
		values->value[values->count++] = (uint32_t)strtoul(at, &end, 16);
		if (end == at || *end != ',')
			return end != at;
		at = end + 1;
	}
	return false;
}

/* A line that was itself cut off (a full disk) has no state: it does not count. */
static bool parse_line(const char *line, const char *key, struct stm32l4_option_record *record)
{
	const char *state = strstr(line, " state=");
	struct stm32l4_option_record found = { .stage = OPTIONS_STARTED };
	bool known = false;

	if (strstr(line, key) == NULL || state == NULL)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(stage_names); i++) {
		if (strncmp(state + 7, stage_names[i], strlen(stage_names[i])) != 0)
			continue;
		found.stage = (enum option_stage)i;
		known = true;
	}
	if (!known || !get_values(line, " before=", &found.before) ||
	    !get_values(line, " meant=", &found.meant))
		return false;
	snprintf(found.stamp, sizeof(found.stamp), "%.20s", line);
	*record = found;
	return true;
}

bool stm32l4_option_log_find(const char *path, const uint32_t uid[3],
			     struct stm32l4_option_record *record)
{
	char line[LINE_BYTES], key[40];
	FILE *f = open_log(path, "r");
	bool found = false;

	if (f == NULL)
		return false;
	snprintf(key, sizeof(key), " uid=%08x%08x%08x ", uid[0], uid[1], uid[2]);
	while (fgets(line, sizeof(line), f) != NULL)
		found = parse_line(line, key, record) || found;
	fclose(f);
	return found;
}
