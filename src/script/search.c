/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where scripts are found: the path as given, then -s folders, the environment, the user's folders,
 * the installation. The shares of an installed OpenOCD come last: our own files of the same name win.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "script/internal.h"

/* Old names of files that became one. */
static const struct {
	const char *old, *now;
} renamed[] = {
	{ "interface/stlink-v1.cfg", "interface/stlink.cfg" },
	{ "interface/stlink-v2.cfg", "interface/stlink.cfg" },
	{ "interface/stlink-v2-1.cfg", "interface/stlink.cfg" },
	{ "interface/stlink-dap.cfg", "interface/stlink.cfg" },
	{ "interface/stlink-hla.cfg", "interface/stlink.cfg" },
	{ "target/stm32l4.cfg", "target/stm32l4x.cfg" },
	{ "target/stm32l4x_stlink.cfg", "target/stm32l4x.cfg" },
};

void script_add_search_dir(struct script *script, const char *dir, bool first)
{
	struct search_dir *d = xcalloc(1, sizeof(*d)), **end = &script->dirs;

	d->path = xstrdup(dir);
	while (!first && *end != NULL)
		end = &(*end)->next;
	d->next = *end;
	*end = d;
}

void search_free(struct script *script)
{
	while (script->dirs != NULL) {
		struct search_dir *d = script->dirs;

		script->dirs = d->next;
		free(d->path);
		free(d);
	}
}

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode) && access(path, R_OK) == 0;
}

typedef bool (*visit_fn)(void *ctx, const char *dir);

static bool visit(visit_fn fn, void *ctx, char *dir)
{
	bool done = fn(ctx, dir);

	free(dir);
	return done;
}

static bool visit_user_dirs(visit_fn fn, void *ctx)
{
	static const char *const names[] = { "probed", "openocd" };
	const char *env = getenv("OPENOCD_SCRIPTS"), *xdg = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (env != NULL && *env != '\0' && fn(ctx, env))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (xdg != NULL && *xdg != '\0' && visit(fn, ctx, xasprintf("%s/%s", xdg, names[i])))
			return true;
		if ((xdg == NULL || *xdg == '\0') && home != NULL &&
		    visit(fn, ctx, xasprintf("%s/.config/%s", home, names[i])))
			return true;
		if (home != NULL && visit(fn, ctx, xasprintf("%s/.%s", home, names[i])))
			return true;
	}
	return false;
}

/* An installation may have been moved as a whole: start from where the program lies. */
static bool visit_installation(visit_fn fn, void *ctx)
{
	static const char *const beside[] = {
		"../share/probed/site", "../share/probed/scripts", "../share/probed/tcl",
		"../share/probed",	"tcl",			   "../tcl",
	};
	static const char *const others[] = { "../share/openocd/site", "../share/openocd/scripts" };
	static const char *const fixed[] = {
		PROBED_DATADIR,		       PROBED_DATADIR "/tcl",
		"/usr/local/share/openocd/scripts", "/usr/share/openocd/scripts",
	};
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	exe[MAX(n, 0)] = '\0';
	char *slash = strrchr(exe, '/');

	if (slash != NULL)
		*slash = '\0';
	for (size_t i = 0; slash != NULL && i < ARRAY_SIZE(beside); i++) {
		if (visit(fn, ctx, xasprintf("%s/%s", exe, beside[i])))
			return true;
	}
	for (size_t i = 0; i < 2; i++) {
		if (fn(ctx, fixed[i]))
			return true;
	}
	for (size_t i = 0; slash != NULL && i < ARRAY_SIZE(others); i++) {
		if (visit(fn, ctx, xasprintf("%s/%s", exe, others[i])))
			return true;
	}
	for (size_t i = 2; i < ARRAY_SIZE(fixed); i++) {
		if (fn(ctx, fixed[i]))
			return true;
	}
	return false;
}

/* Calls `fn` for each folder in order until it returns true. */
static bool visit_dirs(struct script *script, visit_fn fn, void *ctx)
{
	for (struct search_dir *d = script->dirs; d != NULL; d = d->next) {
		if (fn(ctx, d->path))
			return true;
	}
	return visit_user_dirs(fn, ctx) || visit_installation(fn, ctx);
}

void script_each_dir(struct script *script, bool (*fn)(void *ctx, const char *dir), void *ctx)
{
	visit_dirs(script, fn, ctx);
}

struct lookup {
	const char *name;
	char *found;
};

static bool look_in(void *ctx, const char *dir)
{
	struct lookup *l = ctx;
	char *path = xasprintf("%s/%s", dir, l->name);

	if (!is_file(path)) {
		free(path);
		return false;
	}
	l->found = path;
	return true;
}

static char *find_exactly(struct script *script, const char *name)
{
	struct lookup l = { .name = name };

	if (is_file(name))
		return xstrdup(name);
	if (name[0] != '/')
		visit_dirs(script, look_in, &l);
	return l.found;
}

static char *swap(const char *name, char from, char to)
{
	char *copy = xstrdup(name);

	for (char *p = copy; *p != '\0'; p++) {
		if (*p == from)
			*p = to;
	}
	return copy;
}

/* board/st_nucleo_x.cfg and board/st/nucleo-x.cfg are the same board in older and newer trees. */
static char *vendor_form(const char *name)
{
	const char *folder = strchr(name, '/');
	const char *sep = folder ? strpbrk(folder + 1, "_/") : NULL;

	if (sep == NULL)
		return NULL;
	bool is_new = *sep == '/';
	char *other = xstrdup(name);
	char *tail = other + (sep - name);

	*tail++ = is_new ? '_' : '/';
	for (; *tail != '\0'; tail++) {
		if (*tail == (is_new ? '-' : '_'))
			*tail = is_new ? '_' : '-';
	}
	return other;
}

/* The names a file may have had, most likely first. */
static char *find_other_name(struct script *script, const char *name)
{
	char *other = swap(name, '\\', '/'), *found;

	found = strcmp(other, name) != 0 ? find_exactly(script, other) : NULL;
	free(other);
	if (found != NULL)
		return found;
	for (size_t i = 0; i < ARRAY_SIZE(renamed); i++) {
		if (strcmp(name, renamed[i].old) == 0 && (found = find_exactly(script, renamed[i].now))) {
			log_warning("'%s' is not there: using '%s'", name, renamed[i].now);
			return found;
		}
	}
	other = vendor_form(name);
	found = other != NULL ? find_exactly(script, other) : NULL;
	if (found != NULL)
		log_warning("'%s' is not there: using '%s'", name, other);
	free(other);
	return found;
}

struct nearest_file {
	const char *folder, *base;	/* "target", "stm32l4.cfg" */
	size_t folder_length;
	char best[256];
	size_t common;
};

static bool look_for_similar(void *ctx, const char *dir)
{
	struct nearest_file *n = ctx;
	char *path = xasprintf("%s/%.*s", dir, (int)n->folder_length, n->folder);
	DIR *d = opendir(path);
	struct dirent *e;

	free(path);
	while (d != NULL && (e = readdir(d)) != NULL) {
		size_t same = 0;

		while (e->d_name[same] != '\0' && e->d_name[same] == n->base[same])
			same++;
		if (same > n->common) {
			n->common = same;
			snprintf(n->best, sizeof(n->best), "%s", e->d_name);
		}
	}
	if (d != NULL)
		closedir(d);
	return false;
}

/* Files of one family share their beginning: at least four characters, half the name. */
static void suggest_file(struct script *script, const char *name)
{
	const char *slash = strrchr(name, '/');
	struct nearest_file n = { .folder = name, .base = slash ? slash + 1 : name,
				  .folder_length = slash ? (size_t)(slash - name) : 0 };

	visit_dirs(script, look_for_similar, &n);
	size_t stem = strcspn(n.base, ".");

	if (n.common >= 4 && n.common * 2 >= stem)
		error_next(ERR_NOT_FOUND, "did you mean \"%.*s%s%s\"?", (int)n.folder_length, n.folder,
			   slash ? "/" : "", n.best);
	else
		error_next(ERR_NOT_FOUND, "check the name, or add its folder with -s");
}

char *script_find(struct script *script, const char *name)
{
	char *found = *name != '\0' ? find_exactly(script, name) : NULL;

	if (found == NULL && *name != '\0')
		found = find_other_name(script, name);
	if (found == NULL) {
		error_why(ERR_NOT_FOUND, "Can't find %s", name);
		suggest_file(script, name);
	}
	return found;
}
