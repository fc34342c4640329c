/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "complete.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "adapter/adapter.h"
#include "base/log.h"
#include "options.h"

struct completion {
	char **words;
	int count; /* the last one is unfinished */
	const char *word;
	const struct verb *verb;
	struct loop *loop;
	struct script *script;
	const char *option; /* whose argument the word is; NULL: none */
	const char *argument;
	struct buf *seen; /* what was printed, a line each: folders of the path may share names */
};

static void offer(const struct completion *c, const char *candidate)
{
	char *line = xasprintf("\n%s\n", candidate);

	if (strncmp(candidate, c->word, strlen(c->word)) == 0 &&
	    (c->seen->data == NULL || strstr((const char *)c->seen->data, line) == NULL)) {
		buf_printf(c->seen, "%s", line);
		printf("%s\n", candidate);
	}
	free(line);
}

static void offer_option(void *ctx, int key, const char *name, const char *argument,
			 const char *help)
{
	struct completion *c = ctx;
	char text[64];

	(void)argument;
	(void)help;
	snprintf(text, sizeof(text), "--%s", name);
	offer(c, text);
	snprintf(text, sizeof(text), "-%c", key);
	if (key != 0 && strlen(c->word) < 2)
		offer(c, text);
}

/* Is the word before the unfinished one an option that takes an argument apart from it? */
static void find_argument(void *ctx, int key, const char *name, const char *argument,
			  const char *help)
{
	struct completion *c = ctx;
	const char *before = c->words[c->count - 2];
	bool is_long = strncmp(before, "--", 2) == 0 && strcmp(before + 2, name) == 0;
	bool is_short = key != 0 && before[0] == '-' && before[1] == key && before[2] == '\0';

	(void)help;
	if (argument == NULL || argument[0] == '?' || !(is_long || is_short))
		return;
	c->option = name;
	c->argument = argument;
}

static bool offer_configs_of(void *ctx, const char *dir)
{
	const struct completion *c = ctx;
	const char *slash = strrchr(c->word, '/');
	int head = slash != NULL ? (int)(slash - c->word + 1) : 0;
	char *folder = xasprintf("%s/%.*s", dir, head, c->word);
	DIR *d = opendir(folder);

	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		char *path = xasprintf("%s%s", folder, e->d_name);
		char *name = xasprintf("%.*s%s", head, c->word, e->d_name);
		size_t n = strlen(name);
		struct stat st;

		if (e->d_name[0] != '.' && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
			char *open = xasprintf("%s/", name);

			offer(c, open);
			free(open);
		} else if (n > 4 && (strcmp(name + n - 4, ".cfg") == 0 ||
				     strcmp(name + n - 4, ".tcl") == 0)) {
			offer(c, name);
		}
		free(name);
		free(path);
	}
	if (d != NULL)
		closedir(d);
	free(folder);
	return false;
}

/* In capitals, for who began in capitals: what is on the chip. */
static void follow_case(const char *word, char *name)
{
	bool is_upper = false;

	for (; *word != '\0'; word++) {
		if (islower((unsigned char)*word))
			return;
		is_upper = is_upper || isupper((unsigned char)*word);
	}
	for (; is_upper && *name != '\0'; name++)
		*name = (char)toupper((unsigned char)*name);
}

static void offer_rows(const struct completion *c, enum chip_kind kind)
{
	struct choice choice = { .script = c->script };
	char name[64];

	if (choose_load(&choice) != OK)
		error_clear();
	for (size_t i = 0; i < choice.table.count; i++) {
		if (choice.table.rows[i].kind != kind)
			continue;
		chips_name(&choice.table.rows[i], name, sizeof(name));
		follow_case(c->word, name);
		offer(c, name);
	}
	choose_free(&choice);
}

static void offer_probes(const struct completion *c)
{
	struct adapter *adapter = adapter_new(c->loop, c->script);
	struct probe *all = NULL;

	if (probes_find(adapter, false, &all) != OK)
		error_clear();
	for (const struct probe *p = all; p != NULL; p = p->next) {
		if (p->serial != NULL)
			offer(c, p->serial);
	}
	probes_free(all);
	adapter_free(adapter);
}

/* "swd|jtag" */
static void offer_words(const struct completion *c, const char *words)
{
	char *copy = xstrdup(words), *rest = copy, *word;

	while ((word = strsep(&rest, "|")) != NULL)
		offer(c, word);
	free(copy);
}

static void offer_argument(const struct completion *c)
{
	if (strcmp(c->option, "file") == 0) {
		offer_configs_of((void *)c, ".");
		script_each_dir(c->script, offer_configs_of, (void *)c);
	} else if (strcmp(c->option, "chip") == 0) {
		offer(c, "auto");
		offer_rows(c, ROW_CHIP);
	} else if (strcmp(c->option, "board") == 0) {
		offer_rows(c, ROW_BOARD);
	} else if (strcmp(c->option, "probe") == 0) {
		offer_probes(c);
	} else if (strcmp(c->option, "completion") == 0) {
		offer_words(c, "bash|zsh|fish");
	} else if (strcmp(c->argument, "FILE") == 0) {
		printf(":files\n");
	} else if (strcmp(c->argument, "DIR") == 0) {
		printf(":dirs\n");
	} else if (strchr(c->argument, '|') != NULL) {
		offer_words(c, c->argument);
	}
}

static void offer_verbs(const struct completion *c)
{
	for (const struct verb *v = verbs; v->name != NULL; v++)
		offer(c, v->name);
}

/* The verb is the first word that is one and does not belong to an option. */
static void look_at_line(struct completion *c)
{
	const char *word = c->words[c->count - 1];

	for (int i = 0; i < c->count - 1; i++) {
		struct completion before = { .words = c->words, .count = i + 1 };

		if (i > 0)
			options_each(NULL, find_argument, &before);
		if (i > 0 && before.option != NULL && strcmp(before.option, "search") == 0)
			script_add_search_dir(c->script, c->words[i], false);
		if (before.option == NULL && c->verb == NULL)
			c->verb = verb_find(c->words[i]);
	}
	/* bash cuts --chip=stm into three words. */
	if (c->count >= 2 && strcmp(word, "=") == 0) {
		c->words[c->count - 1] = (char *)"";
	} else if (c->count >= 3 && strcmp(c->words[c->count - 2], "=") == 0) {
		c->words[c->count - 2] = c->words[c->count - 1];
		c->count--;
	}
	c->word = c->words[c->count - 1];
	if (c->count >= 2)
		options_each(c->verb, find_argument, c);
}

void complete_words(int argc, char **argv)
{
	struct buf seen = { 0 };
	struct completion c = { .words = argv, .count = argc, .seen = &seen };

	if (argc == 0)
		return;
	log_set_level(-3);
	c.loop = loop_new();
	c.script = script_new(c.loop, false);
	look_at_line(&c);
	if (c.option != NULL)
		offer_argument(&c);
	else if (c.word[0] == '-')
		options_each(c.verb, offer_option, &c);
	else if (c.verb == NULL || c.verb == &verbs[VERB_HELP])
		offer_verbs(&c);
	else if (strstr(c.verb->usage, "FILE") != NULL)
		printf(":files\n");
	script_free(c.script);
	loop_free(c.loop);
	buf_free(&seen);
}

static const struct {
	const char *shell, *script;
} scripts[] = {
	{ "bash", "# SPDX-License-Identifier: GPL-2.0-or-later\n"
		  "# bash completion for probed, which knows the candidates itself.\n"
		  "_probed()\n"
		  "{\n"
		  "\tlocal line word=${COMP_WORDS[COMP_CWORD]}\n"
		  "\n"
		  "\tCOMPREPLY=()\n"
		  "\t[ \"$word\" = = ] && word=\n"
		  "\twhile IFS= read -r line; do\n"
		  "\t\tcase $line in\n"
		  "\t\t:files) compopt -o filenames 2>/dev/null\n"
		  "\t\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
		  "\t\t:dirs) compopt -o filenames 2>/dev/null\n"
		  "\t\t\tmapfile -t COMPREPLY < <(compgen -d -- \"$word\") ;;\n"
		  "\t\t*/) compopt -o nospace 2>/dev/null\n"
		  "\t\t\tCOMPREPLY+=(\"$line\") ;;\n"
		  "\t\t*) COMPREPLY+=(\"$line\") ;;\n"
		  "\t\tesac\n"
		  "\tdone < <(\"${COMP_WORDS[0]}\" --complete \"${COMP_WORDS[@]:1:COMP_CWORD}\" "
		  "2>/dev/null)\n"
		  "}\n"
		  "\n"
		  "complete -F _probed probed\n" },
	{ "zsh", "#compdef probed\n"
		 "# SPDX-License-Identifier: GPL-2.0-or-later\n"
		 "# zsh completion for probed, which knows the candidates itself.\n"
		 "_probed()\n"
		 "{\n"
		 "\tlocal -a lines\n"
		 "\n"
		 "\tlines=(${(f)\"$(${words[1]} --complete \"${(@)words[2,CURRENT]}\" "
		 "2>/dev/null)\"})\n"
		 "\tcase $lines[1] in\n"
		 "\t:files) _files ;;\n"
		 "\t:dirs) _files -/ ;;\n"
		 "\t*) compadd -Q -S ' ' -- ${lines:#*/}\n"
		 "\t\tcompadd -Q -S '' -- ${(M)lines:#*/} ;;\n"
		 "\tesac\n"
		 "}\n"
		 "\n"
		 "if [ \"$funcstack[1]\" = _probed ]; then\n"
		 "\t_probed \"$@\"\n"
		 "else\n"
		 "\tcompdef _probed probed\n"
		 "fi\n" },
	{ "fish", "# SPDX-License-Identifier: GPL-2.0-or-later\n"
		  "# fish completion for probed, which knows the candidates itself.\n"
		  "function __probed_complete\n"
		  "\tset -l words (commandline -opc)\n"
		  "\tset -l word (commandline -ct)\n"
		  "\tfor line in ($words[1] --complete $words[2..-1] \"$word\" 2>/dev/null)\n"
		  "\t\tswitch $line\n"
		  "\t\t\tcase :files\n"
		  "\t\t\t\t__fish_complete_path \"$word\"\n"
		  "\t\t\tcase :dirs\n"
		  "\t\t\t\t__fish_complete_directories \"$word\"\n"
		  "\t\t\tcase '*'\n"
		  "\t\t\t\techo $line\n"
		  "\t\tend\n"
		  "\tend\n"
		  "end\n"
		  "\n"
		  "complete -c probed -f -a '(__probed_complete)'\n" },
};

enum err complete_print_script(const char *shell)
{
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		if (strcmp(scripts[i].shell, shell) == 0) {
			fputs(scripts[i].script, stdout);
			return OK;
		}
	}
	error_why(ERR_ARGUMENT, "there is no completion for \"%s\"", shell);
	return error_next(ERR_ARGUMENT, "choose bash, zsh or fish");
}
