/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/usb/hub.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "vboard/usb/hidraw.h"
#include "vboard/usb/selftest.h"
#include "vboard/usb/tree.h"
#include "vboard/usb/uevent.h"
#include "vboard/usb/usbfs.h"

/* A device in its socket. */
struct vb_port {
	struct vb_usb_hub *hub;
	struct vb_usb_device *device;
	struct vb_usbfs usbfs;
	struct vb_hidraw hid;
	unsigned number, devnum;
	unsigned mode;
	char location[16];
	struct vb_preload_node *nodes[MAX_ROOTS], *hid_nodes[MAX_ROOTS];
};

struct vb_usb_hub {
	struct loop *loop;
	char *roots[MAX_ROOTS];
	size_t root_count;
	char *preload;
	struct vb_port *ports[MAX_DEVICES];
	size_t count;
	unsigned last_devnum;
};

/* --- One device in one root --- */

static struct vb_seat seat(const struct vb_port *port, size_t root)
{
	return (struct vb_seat){
		.root = port->hub->roots[root],
		.device = port->device,
		.port = port->number,
		.devnum = port->devnum,
		.hidraw = port->number - 1,
	};
}

static void announce(const struct vb_port *port, size_t root, const char *action)
{
	struct vb_seat s = seat(port, root);
	char *path = vb_tree_usb_path(&s), *node = vb_tree_usb_node(&s);
	struct buf properties = { 0 };

	vb_tree_usb_uevent(&s, &properties);
	vb_uevent_send(s.root, &(struct vb_uevent){ .action = action, .path = path,
						    .subsystem = "usb", .devtype = "usb_device",
						    .node = node, .properties = &properties });
	buf_free(&properties);
	free(node);
	free(path);
}

/* --- The hidraw node --- */

static void announce_hidraw(const struct vb_port *port, size_t root, const char *action)
{
	struct vb_seat s = seat(port, root);
	char *path = vb_tree_hidraw_path(&s), *node = vb_tree_hidraw_node(&s);
	struct buf properties = { 0 };

	vb_tree_hidraw_uevent(&s, &properties);
	vb_uevent_send(s.root, &(struct vb_uevent){ .action = action, .path = path,
						    .subsystem = "hidraw", .node = node,
						    .properties = &properties });
	buf_free(&properties);
	free(node);
	free(path);
}

static enum err hidraw_appears(struct vb_port *port, size_t root)
{
	struct vb_seat s = seat(port, root);
	char *node = vb_tree_hidraw_node(&s);
	struct vb_preload_place place = { port->hub->loop, s.root, node, port->mode };
	enum err rc = vb_preload_node_new(&place, &vb_hidraw_ops, &port->hid, &port->hid_nodes[root]);

	free(node);
	TRY(rc);
	TRY(vb_tree_add_hidraw(&s));
	announce_hidraw(port, root, "add");
	return OK;
}

static void hidraw_disappears(struct vb_port *port, size_t root)
{
	struct vb_seat s = seat(port, root);

	if (port->hid_nodes[root] == NULL)
		return;
	vb_tree_remove_hidraw(&s);
	vb_preload_node_free(port->hid_nodes[root]);
	port->hid_nodes[root] = NULL;
	announce_hidraw(port, root, "remove");
}

/* usbhid was taken off its interface, or came back. */
static void on_driver(void *ctx, unsigned interface)
{
	struct vb_port *port = ctx;
	const struct vb_usb_model *m = port->device->model;

	if (m->report == NULL || interface != m->hid_interface)
		return;
	if (port->usbfs.driver[interface] == NULL)
		vb_hidraw_gone(&port->hid);
	for (size_t r = 0; r < port->hub->root_count; r++) {
		if (port->usbfs.driver[interface] == NULL)
			hidraw_disappears(port, r);
		else if (hidraw_appears(port, r) != OK)
			log_failure();
	}
}

static bool has_hidraw(const struct vb_port *port)
{
	const struct vb_usb_model *m = port->device->model;

	return m->report != NULL && port->usbfs.driver[m->hid_interface] != NULL;
}

/* --- The device in one root --- */

static enum err appear(struct vb_port *port, size_t root)
{
	struct vb_seat s = seat(port, root);
	char *node = vb_tree_usb_node(&s);
	struct vb_preload_place place = { port->hub->loop, s.root, node, port->mode };
	enum err rc = vb_preload_node_new(&place, &vb_usbfs_ops, &port->usbfs, &port->nodes[root]);

	free(node);
	TRY(rc);
	TRY(vb_tree_add(&s));
	if (has_hidraw(port))
		TRY(hidraw_appears(port, root));
	announce(port, root, "add");
	return OK;
}

static void disappear(struct vb_port *port, size_t root)
{
	struct vb_seat s = seat(port, root);

	hidraw_disappears(port, root);
	vb_tree_remove(&s);
	vb_preload_node_free(port->nodes[root]);
	port->nodes[root] = NULL;
	announce(port, root, "remove");
}

/* --- Plug and unplug --- */

enum err vb_hub_replug(struct vb_usb_hub *hub, size_t i)
{
	struct vb_port *port = hub->ports[i];

	if (port->device->is_plugged)
		return OK;
	port->devnum = port->usbfs.devnum = ++hub->last_devnum;
	vb_usbfs_bind(&port->usbfs);
	vb_usb_attach(port->device);
	for (size_t r = 0; r < hub->root_count; r++)
		TRY(appear(port, r));
	return OK;
}

enum err vb_hub_unplug(struct vb_usb_hub *hub, size_t i)
{
	struct vb_port *port = hub->ports[i];

	if (!port->device->is_plugged)
		return OK;
	vb_usb_detach(port->device);
	vb_usbfs_gone(&port->usbfs);
	vb_hidraw_gone(&port->hid);
	for (size_t r = 0; r < hub->root_count; r++)
		disappear(port, r);
	return OK;
}

static void on_leaving(struct vb_usb_device *device, bool comes_back)
{
	struct vb_port *port = device->port;
	enum err rc = vb_hub_unplug(port->hub, port->number - 1);

	if (rc == OK && comes_back)
		rc = vb_hub_replug(port->hub, port->number - 1);
	if (rc != OK)
		log_failure();
}

enum err vb_hub_plug(struct vb_usb_hub *hub, const struct vb_usb_model *model, const char *options,
		     struct vb_board *board, struct vb_pace *pace)
{
	struct vb_usb_device *device = NULL;
	unsigned mode = 0666;
	struct vb_port *port;

	if (hub->count == MAX_DEVICES)
		return error_why(ERR_ARGUMENT, "--usb %s: %d devices are the most", model->name,
				 MAX_DEVICES);
	TRY(vb_usb_device_new(model, options, board, hub->loop, &device, &mode));
	port = xcalloc(1, sizeof(*port));
	port->hub = hub;
	port->device = device;
	port->number = (unsigned)hub->count + 1;
	port->mode = mode;
	port->usbfs.device = device;
	port->usbfs.on_driver = on_driver;
	port->usbfs.ctx = port;
	vb_hidraw_init(&port->hid, device);
	snprintf(port->location, sizeof(port->location), "1-%u", port->number);
	device->pace = pace;
	device->port = port;
	device->on_leaving = on_leaving;
	hub->ports[hub->count++] = port;
	return vb_hub_replug(hub, hub->count - 1);
}

/* --- Roots --- */

static enum err add_root(struct vb_usb_hub *hub, const char *wanted)
{
	char *path = wanted ? xstrdup(wanted) : xstrdup("/tmp/vbXXXXXX");
	bool ok;

	/* It is deleted at the end with all that is in it: nobody else's files may be. */
	if (wanted != NULL)
		rmdir(path);
	ok = wanted ? mkdir(path, 0755) == 0 : mkdtemp(path) != NULL;

	/* Clients of other users bind the sockets of their udev monitors in it. */
	if (!ok || chmod(path, 01777) < 0) {
		error_why(ERR_IO, "cannot make the folder %s: %s", path, strerror(errno));
		free(path);
		return ERR_IO;
	}
	hub->roots[hub->root_count++] = path;
	return vb_tree_new(path);
}

enum err vb_hub_add_root(struct vb_usb_hub *hub, const char **path)
{
	if (hub->root_count == MAX_ROOTS)
		return error_why(ERR_REFUSED, "there are %d roots already", MAX_ROOTS);
	TRY(add_root(hub, NULL));
	for (size_t i = 0; i < hub->count; i++)
		if (hub->ports[i]->device->is_plugged)
			TRY(appear(hub->ports[i], hub->root_count - 1));
	*path = hub->roots[hub->root_count - 1];
	return OK;
}

const char *vb_hub_root(const struct vb_usb_hub *hub)
{
	return hub->roots[0];
}

const char *vb_hub_preload(const struct vb_usb_hub *hub)
{
	return hub->preload;
}

/* --- Life --- */

/* A helper's path: beside this program, or installed. */
static char *find_helper(const char *name)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *path, *slash;

	exe[n > 0 ? n : 0] = 0;
	slash = strrchr(exe, '/');
	path = xasprintf("%.*s/%s", (int)(slash ? slash - exe : 0), exe, name);
	if (access(path, R_OK) == 0)
		return path;
	free(path);
	path = xasprintf("%s/%s", VBOARD_LIBDIR, name);
	if (access(path, R_OK) == 0)
		return path;
	free(path);
	return NULL;
}

enum err vb_hub_new(const struct vb_hub_config *config, struct vb_usb_hub **out)
{
	struct vb_usb_hub *hub = xcalloc(1, sizeof(*hub));
	char *usleep_library = find_helper("vboard-usleep.so");
	char *check = find_helper("vboard-usb-check");
	enum err rc;

	hub->loop = config->loop;
	hub->last_devnum = 1;		/* the root hub is 1 */
	hub->preload = usleep_library ? xasprintf("%s:%s", usleep_library, VB_PRELOAD_LIBRARY)
				      : xstrdup(VB_PRELOAD_LIBRARY);
	free(usleep_library);
	vb_preload_take_core();
	*out = hub;
	rc = add_root(hub, config->root);
	if (rc == OK && check != NULL)
		rc = vb_usb_self_test(hub->loop, hub->roots[0], hub->preload, check);
	free(check);
	return rc;
}

void vb_hub_free(struct vb_usb_hub *hub)
{
	if (hub == NULL)
		return;
	for (size_t i = 0; i < hub->count; i++) {
		struct vb_port *port = hub->ports[i];

		vb_hub_unplug(hub, i);
		vb_usbfs_free(&port->usbfs);
		vb_hidraw_free(&port->hid);
		vb_usb_device_free(port->device);
		free(port);
	}
	for (size_t r = 0; r < hub->root_count; r++) {
		vb_tree_delete(hub->roots[r]);
		free(hub->roots[r]);
	}
	free(hub->preload);
	free(hub);
}

size_t vb_hub_count(const struct vb_usb_hub *hub)
{
	return hub ? hub->count : 0;
}

struct vb_usb_device *vb_hub_device(const struct vb_usb_hub *hub, size_t i)
{
	return hub->ports[i]->device;
}

const char *vb_hub_location(const struct vb_usb_hub *hub, size_t i)
{
	return hub->ports[i]->location;
}

unsigned vb_hub_devnum(const struct vb_usb_hub *hub, size_t i)
{
	return hub->ports[i]->devnum;
}

unsigned vb_hub_open(const struct vb_usb_hub *hub, size_t i)
{
	return vb_usbfs_open(&hub->ports[i]->usbfs) + vb_hidraw_open(&hub->ports[i]->hid);
}

enum err vb_hub_set_mode(struct vb_usb_hub *hub, size_t i, unsigned mode)
{
	struct vb_port *port = hub->ports[i];

	port->mode = mode;
	for (size_t r = 0; r < hub->root_count; r++)
		if (port->nodes[r] != NULL)
			TRY(vb_preload_node_chmod(port->nodes[r], mode));
	for (size_t r = 0; r < hub->root_count; r++)
		if (port->hid_nodes[r] != NULL)
			TRY(vb_preload_node_chmod(port->hid_nodes[r], mode));
	return OK;
}
