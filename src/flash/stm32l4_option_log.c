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
#include <unistd.h>

#include "base/log.h"
#include "flash/journal.h"

#define LINE_BYTES  2048
#define PATH_BYTES  512

static const char *const stage_names[] = { "started", "written", "loaded" };

static const char *log_name(const char *path)
{
	return path != NULL ? path : STM32L4_OPTION_LOG;
}

/*
 * Where the default file may be, best first: the working directory, the home directory where that cannot be
 * written, and where neither can a directory for what does not last.
 */
enum place { AT_WORK, AT_HOME, FOR_NOW, PLACES };

static bool place_name(enum place place, const char *path, char *name, size_t size)
{
	const char *home = getenv("HOME"), *run = getenv("XDG_RUNTIME_DIR");
	int n = -1;

	if (place == AT_WORK) {
		n = snprintf(name, size, "%s", log_name(path));
	} else if (path != NULL) {
		return false;		/* that one and no other */
	} else if (place == AT_HOME && home != NULL) {
		n = snprintf(name, size, "%s/." STM32L4_OPTION_LOG, home);
	} else if (place == FOR_NOW) {
		bool has_run = run != NULL && run[0] == '/' && access(run, W_OK | X_OK) == 0;

		n = snprintf(name, size, "%s/probed-options-%u.log", has_run ? run : "/tmp",
			     (unsigned)geteuid());
	}
	return n > 0 && (size_t)n < size;
}

/* `name` is the file that was opened, or the last one that could not. */
static FILE *open_to_add(const char *path, bool tell, char name[PATH_BYTES])
{
	for (int place = AT_WORK; place < PLACES; place++) {
		FILE *f;

		if (!place_name((enum place)place, path, name, PATH_BYTES))
			continue;
		f = place == FOR_NOW ? journal_open_own(name, true) : fopen(name, "a");
		if (f != NULL && place == FOR_NOW && tell)
			log_warning("neither the working nor the home directory can be written: the "
				    "journal of option writes goes to %s, which may not outlast a "
				    "restart; \"stm32l4x log FILE\" chooses another", name);
		if (f != NULL)
			return f;
	}
	return NULL;
}

/* writable: could the next entry go there? A file that takes none any more is out of date. */
static FILE *open_to_read(enum place place, const char *path, bool *writable)
{
	char name[PATH_BYTES];

	if (!place_name(place, path, name, sizeof(name)))
		return NULL;
	*writable = access(name, W_OK) == 0;
	return place == FOR_NOW ? journal_open_own(name, false) : fopen(name, "r");
}

static enum err log_failed(const char *name)
{
	error_why(ERR_IO, "the journal of option writes, %.200s, cannot be written: %s", name,
		  strerror(errno));
	return error_next(ERR_IO, "choose another file with \"stm32l4x log FILE\": without it a power "
				  "cut in the middle could not be mended");
}

static bool is_known(const struct stm32l4_option_values *values, uint16_t dev_id, uint8_t reg)
{
	return values->has_secure || !stm32l4_is_secure_only(stm32l4_find_line(dev_id), reg);
}

static void put_values(FILE *f, const char *name, uint16_t dev_id,
		       const struct stm32l4_option_values *values)
{
	const char *comma = "";

	fprintf(f, " %s=", name);
	for (size_t i = 0; i < values->count; i++) {
		if (!is_known(values, dev_id, values->reg[i]))
			continue;
		fprintf(f, "%s%02x:%08x", comma, values->reg[i], values->value[i]);
		comma = ",";
	}
}

enum err stm32l4_option_log_add(const char *path, const uint32_t uid[3], uint16_t dev_id,
				enum option_stage stage, const struct stm32l4_option_values *before,
				const struct stm32l4_option_values *meant)
{
	char name[PATH_BYTES];
	FILE *f = open_to_add(path, stage == OPTIONS_STARTED, name);

	if (f == NULL)
		return log_failed(name);
	journal_put_time(f);
	fprintf(f, " uid=%08x%08x%08x dev=0x%03x", uid[0], uid[1], uid[2], dev_id);
	put_values(f, "before", dev_id, before);
	put_values(f, "meant", dev_id, meant);
	fprintf(f, " state=%s\n", stage_names[stage]);
	return journal_close(f) ? OK : log_failed(name);
}

bool stm32l4_option_log_exists(const char *path)
{
	for (int place = AT_WORK; place < PLACES; place++) {
		bool writable;
		FILE *f = open_to_read((enum place)place, path, &writable);

		if (f == NULL)
			continue;
		fclose(f);
		return true;
	}
	return false;
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

/*
 * To all registers of the line, in their order; the secure ones may be absent. False: somebody has edited
 * the file, or another version has written it.
 */
static bool complete(struct stm32l4_option_values *values, uint16_t dev_id)
{
	struct stm32l4_option_values all = { .has_secure = true };

	all.count = stm32l4_option_registers(stm32l4_find_line(dev_id), all.reg);
	for (size_t i = 0; i < all.count; i++) {
		const uint32_t *value = stm32l4_option_value(values, all.reg[i]);

		if (value != NULL)
			all.value[i] = *value;
		else if (stm32l4_is_secure_only(stm32l4_find_line(dev_id), all.reg[i]))
			all.has_secure = false;
		else
			return false;
	}
	all.has_secure = all.has_secure && stm32l4_find_line(dev_id)->has_trustzone;
	*values = all;
	return true;
}

static bool find_last(FILE *f, const char *key, struct stm32l4_option_record *record)
{
	char line[LINE_BYTES];
	bool found = false;

	while (fgets(line, sizeof(line), f) != NULL)
		found = parse_line(line, key, record) || found;
	return found;
}

bool stm32l4_option_log_find(const char *path, const uint32_t uid[3], uint16_t dev_id,
			     struct stm32l4_option_record *record)
{
	struct stm32l4_option_record last = { 0 };
	bool found = false, is_current = false;
	char key[60];

	snprintf(key, sizeof(key), " uid=%08x%08x%08x dev=0x%03x ", uid[0], uid[1], uid[2], dev_id);
	for (int place = AT_WORK; place < PLACES && !is_current; place++) {
		bool writable = false;
		FILE *f = open_to_read((enum place)place, path, &writable);

		if (f == NULL)
			continue;
		if (find_last(f, key, &last) && (!found || writable)) {
			*record = last;
			found = true;
			is_current = writable;
		}
		fclose(f);
	}
	return found && complete(&record->before, dev_id) && complete(&record->meant, dev_id);
}
