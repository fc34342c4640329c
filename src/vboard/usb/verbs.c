/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/usb/verbs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- list --- */

static void show_device(const struct vb_usb_hub *hub, size_t i, struct buf *out)
{
	const struct vb_usb_device *d = vb_hub_device(hub, i);
	const struct vb_usb_counters *c = &d->count;

	buf_printf(out, "{\"location\":\"%s\",\"model\":\"%s\",\"serial\":",
		   vb_hub_location(hub, i), d->model->name);
	if (d->serial != NULL)
		buf_json_string(out, d->serial);
	else
		buf_printf(out, "null");
	buf_printf(out, ",\"plugged\":%s,\"devnum\":%u,\"open\":%u",
		   d->is_plugged ? "true" : "false", vb_hub_devnum(hub, i), vb_hub_open(hub, i));
	buf_printf(out, ",\"urbs\":%" PRIu64 ",\"out_packets\":%" PRIu64 ",\"in_packets\":%" PRIu64,
		   c->urbs, c->out_packets, c->in_packets);
	buf_printf(out, ",\"out_bytes\":%" PRIu64 ",\"in_bytes\":%" PRIu64 ",\"round_trips\":%" PRIu64,
		   c->out_bytes, c->in_bytes, c->round_trips);
	buf_printf(out, ",\"host_ns\":%" PRIu64 ",\"faults\":", d->time.host_ns);
	vb_fault_show(d->faults, out);
	buf_printf(out, "}");
}

static enum err list(struct vb_usb_hub *hub, struct buf *out)
{
	buf_printf(out, ",\"devices\":[");
	for (size_t i = 0; i < vb_hub_count(hub); i++) {
		buf_printf(out, "%s", i ? "," : "");
		show_device(hub, i, out);
	}
	buf_printf(out, "]");
	return OK;
}

static enum err add_root(struct vb_usb_hub *hub, struct buf *out)
{
	const char *path = NULL;

	TRY(vb_hub_add_root(hub, &path));
	buf_printf(out, ",\"root\":");
	buf_json_string(out, path);
	return OK;
}

/* --- One device --- */

static enum err set_mode(struct vb_usb_hub *hub, size_t i, const char *text)
{
	char *end = NULL;
	unsigned mode = (unsigned)strtoul(text, &end, 8);

	if (end == text || *end != 0 || mode > 0777)
		return error_why(ERR_ARGUMENT, "\"%s\" is no octal mode", text);
	return vb_hub_set_mode(hub, i, mode);
}

static enum err fault(struct vb_usb_device *d, int argc, char **argv)
{
	if (argc == 1 && strcmp(argv[0], "none") == 0) {
		vb_fault_clear(&d->faults);
		return OK;
	}
	return vb_fault_add(&d->faults, argc, argv);
}

/* A verb of the model's own. */
static enum err model_verb(struct vb_usb_device *d, const struct vb_control_verb *v, int argc,
			   char **argv, struct buf *out)
{
	char error[256] = "", *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	bool ok;

	if (f == NULL)
		return error_why(ERR_NO_MEMORY, "out of memory");
	ok = v->run(d->board, d->priv, argc, argv, f, error, sizeof(error));
	fclose(f);
	if (ok)
		buf_printf(out, ",\"result\":%s", size > 0 ? text : "null");
	free(text);
	return ok ? OK : error_why(ERR_ARGUMENT, "%s", error);
}

static const struct vb_control_verb *find_verb(const struct vb_usb_device *d, const char *name)
{
	for (const struct vb_control_verb *v = d->model->verbs; v != NULL && v->name != NULL; v++)
		if (strcmp(v->name, name) == 0)
			return v;
	return NULL;
}

static enum err device_verb(struct vb_usb_hub *hub, size_t i, int argc, char **argv, struct buf *out)
{
	struct vb_usb_device *d = vb_hub_device(hub, i);

	if (strcmp(argv[0], "unplug") == 0)
		return vb_hub_unplug(hub, i);
	if (strcmp(argv[0], "replug") == 0)
		return vb_hub_replug(hub, i);
	if (strcmp(argv[0], "reset") == 0) {
		vb_usb_reenumerate(d);
		return OK;
	}
	if (strcmp(argv[0], "mode") == 0 && argc == 2)
		return set_mode(hub, i, argv[1]);
	if (strcmp(argv[0], "fault") == 0 && argc >= 2)
		return fault(d, argc - 1, argv + 1);
	if (find_verb(d, argv[0]) != NULL)
		return model_verb(d, find_verb(d, argv[0]), argc, argv, out);
	return error_why(ERR_ARGUMENT, "usage: usb " VB_USB_USAGE);
}

/* A device's number, 1 and up. */
static bool is_number(const char *text, size_t *i)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != 0)
		return false;
	*i = n;
	return true;
}

enum err vb_usb_verb(struct vb_usb_hub *hub, int argc, char **argv, struct buf *out)
{
	size_t n = 1;

	if (hub == NULL)
		return error_why(ERR_REFUSED, "no emulated USB probe: start with --usb MODEL");
	argc--;
	argv++;
	if (strcmp(argv[0], "list") == 0)
		return list(hub, out);
	if (strcmp(argv[0], "root") == 0)
		return add_root(hub, out);
	if (is_number(argv[0], &n) && argc > 1) {
		argc--;
		argv++;
	} else if (argc == 2) {
		is_number(argv[1], &n);		/* "usb unplug 2" */
	}
	if (n == 0 || n > vb_hub_count(hub))
		return error_why(ERR_ARGUMENT, "there is no device %zu: \"usb list\" shows them", n);
	return device_verb(hub, n - 1, argc, argv, out);
}

/* --- For control.c --- */

void vb_usb_count(const struct vb_usb_hub *hub, struct vb_usb_counters *count)
{
	*count = vb_hub_count(hub) > 0 ? vb_hub_device(hub, 0)->count
				       : (struct vb_usb_counters){ 0 };
}

uint64_t vb_usb_host_ns(const struct vb_usb_hub *hub)
{
	return vb_hub_count(hub) > 0 ? vb_hub_device(hub, 0)->time.host_ns : 0;
}

void vb_usb_model_stats(const struct vb_usb_hub *hub, FILE *out)
{
	const struct vb_usb_device *d = vb_hub_count(hub) > 0 ? vb_hub_device(hub, 0) : NULL;

	if (d != NULL && d->model->stats != NULL)
		d->model->stats(d->priv, out);
}

const struct vb_control_verb *vb_usb_model_verb(const struct vb_usb_hub *hub, const char *name,
						struct vb_usb_device **device)
{
	for (size_t i = 0; i < vb_hub_count(hub); i++) {
		*device = vb_hub_device(hub, i);
		if (find_verb(*device, name) != NULL)
			return find_verb(*device, name);
	}
	return NULL;
}

void vb_usb_help(const struct vb_usb_hub *hub, struct buf *out,
		 void (*entry)(struct buf *out, const char *sep, const char *name,
			       const char *usage, const char *help))
{
	for (size_t i = 0; i < vb_hub_count(hub); i++)
		for (const struct vb_control_verb *v = vb_hub_device(hub, i)->model->verbs;
		     v != NULL && v->name != NULL; v++)
			entry(out, ",", v->name, v->usage, v->help);
}
