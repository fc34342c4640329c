/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal: lines on disk, with the time. */
#include "flash/journal.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

void journal_put_time(FILE *file)
{
	time_t now = time(NULL);
	struct tm tm = { 0 };
	char stamp[32];

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	fputs(stamp, file);
}

bool journal_close(FILE *file)
{
	bool ok = fflush(file) == 0 && fsync(fileno(file)) == 0;

	return fclose(file) == 0 && ok;
}

enum err journal_choose(struct call *c, char **path, const char *default_path)
{
	if (c->argc > 1) {
		free(*path);
		*path = xstrdup(c->argv[1]);
	}
	result_printf(c, "%s", *path != NULL ? *path : default_path);
	return OK;
}
