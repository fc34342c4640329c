/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/usb/fault.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	enum vb_fault_kind kind;
	unsigned argument;	/* if none is given */
} kinds[] = {
	{ "stall", VB_FAULT_STALL, 0 },	  { "error", VB_FAULT_ERROR, 0 },
	{ "short", VB_FAULT_SHORT, 1 },	  { "silent", VB_FAULT_SILENT, 0 },
	{ "late", VB_FAULT_LATE, 100 },	  { "flip", VB_FAULT_FLIP, 0 },
	{ "drop", VB_FAULT_DROP, 0 },	  { "unplug", VB_FAULT_UNPLUG, 0 },
	{ "reset", VB_FAULT_RESET, 0 },
};

static const struct { const char *name; unsigned endpoint; } masks[] = {
	{ "any", VB_FAULT_ANY }, { "in", VB_FAULT_ANY_IN }, { "out", VB_FAULT_ANY_OUT },
};

static enum err number(const char *text, unsigned *value)
{
	char *end;

	*value = (unsigned)strtoul(text, &end, 0);
	if (*end != 0 || *text < '0' || *text > '9')
		return error_why(ERR_ARGUMENT, "\"%s\" is no number", text);
	return OK;
}

static enum err parse_endpoint(const char *text, unsigned *endpoint)
{
	for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
		if (strcmp(text, masks[i].name) == 0) {
			*endpoint = masks[i].endpoint;
			return OK;
		}
	}
	return number(text, endpoint);
}

enum err vb_fault_add(struct vb_fault **list, int argc, char **argv)
{
	struct vb_fault f = { .count = 1 }, *copy;
	unsigned *numbers[] = { &f.count, &f.skip, &f.argument };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].name, argv[0]) == 0) {
			f.kind = kinds[i].kind;
			f.argument = kinds[i].argument;
		}
	}
	if (f.kind == VB_FAULT_NONE || argc < 2 || argc > 5)
		return error_why(ERR_ARGUMENT, "usage: usb fault stall|error|short|silent|late|flip|"
				 "drop|unplug|reset ENDPOINT|in|out|any ?COUNT ?SKIP ?ARGUMENT???");
	TRY(parse_endpoint(argv[1], &f.endpoint));
	for (int i = 2; i < argc; i++)
		TRY(number(argv[i], numbers[i - 2]));
	copy = xcalloc(1, sizeof(*copy));
	*copy = f;
	while (*list != NULL)
		list = &(*list)->next;
	*list = copy;
	return OK;
}

void vb_fault_clear(struct vb_fault **list)
{
	while (*list != NULL) {
		struct vb_fault *f = *list;

		*list = f->next;
		free(f);
	}
}

static bool matches(const struct vb_fault *f, uint8_t endpoint)
{
	switch (f->endpoint) {
	case VB_FAULT_ANY:     return true;
	case VB_FAULT_ANY_IN:  return endpoint & 0x80;
	case VB_FAULT_ANY_OUT: return !(endpoint & 0x80);
	}
	return f->endpoint == endpoint;
}

struct vb_fault vb_fault_next(struct vb_fault **list, uint8_t endpoint, bool is_packet)
{
	struct vb_fault hit = { .kind = VB_FAULT_NONE };

	while (*list != NULL) {
		struct vb_fault *f = *list;

		if ((f->kind == VB_FAULT_DROP) != is_packet || !matches(f, endpoint)) {
			list = &f->next;
			continue;
		}
		if (f->skip > 0) {
			f->skip--;
			list = &f->next;
			continue;
		}
		if (f->count > 0 && hit.kind == VB_FAULT_NONE) {
			hit = *f;
			f->count--;
		}
		if (f->count == 0) {
			*list = f->next;
			free(f);
		} else {
			list = &f->next;
		}
	}
	return hit;
}

void vb_fault_show(const struct vb_fault *list, struct buf *out)
{
	const char *sep = "";

	buf_printf(out, "[");
	for (const struct vb_fault *f = list; f != NULL; f = f->next, sep = ",") {
		const char *name = "";

		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			if (kinds[i].kind == f->kind)
				name = kinds[i].name;
		buf_printf(out, "%s{\"kind\":\"%s\",\"endpoint\":%u,\"count\":%u,\"skip\":%u}", sep,
			   name, f->endpoint, f->count, f->skip);
	}
	buf_printf(out, "]");
}
