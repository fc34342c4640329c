/* SPDX-License-Identifier: GPL-2.0-or-later */
/* J-Link firmware: registration, parameters, files on the probe, EMUCOM channels. */
#include <string.h>

#include "vboard/usb/model_jlink.h"

#define ERROR_BIT 0x80000000u

/* --- Registration --- */

#define ENTRY_BYTES 16u
#define INFO_BYTES  52u
#define MIN_REPLY   76u

static struct jlink_connection *find_connection(struct vb_jlink *jl, uint16_t handle)
{
	for (size_t i = 0; i < JLINK_CONNECTIONS; i++)
		if (jl->connections[i].handle == handle)
			return &jl->connections[i];
	return NULL;
}

static uint16_t new_handle(struct vb_jlink *jl)
{
	do
		jl->last_handle++;
	while (jl->last_handle == 0 || find_connection(jl, jl->last_handle) != NULL);
	return jl->last_handle;
}

/* Handle, number of entries, sizes, entries, and information that is nobody's business. */
static void send_connections(struct vb_jlink *jl, uint16_t handle)
{
	uint8_t reply[8 + JLINK_CONNECTIONS * ENTRY_BYTES + INFO_BYTES] = { 0 };
	unsigned count = 0;
	size_t size;

	for (size_t i = 0; i < JLINK_CONNECTIONS; i++) {
		const struct jlink_connection *c = &jl->connections[i];
		uint8_t *entry = reply + 8 + count * ENTRY_BYTES;

		if (c->handle == 0)
			continue;
		put_le32(entry, c->pid);
		memcpy(entry + 4, c->hid, 4);
		entry[8] = c->iid;
		entry[9] = c->cid;
		put_le16(entry + 10, c->handle);
		put_le32(entry + 12, c->since_ms);
		count++;
	}
	put_le16(reply, handle);
	put_le16(reply + 2, (uint16_t)count);
	put_le16(reply + 4, ENTRY_BYTES);
	put_le16(reply + 6, INFO_BYTES);
	size = 8 + count * ENTRY_BYTES + INFO_BYTES;
	jlink_reply(jl, reply, MAX(size, MIN_REPLY));
}

/* 09 64 registers, 09 65 takes back: pid, hid, iid, cid, handle. A full table gives a handle that is
 * not in the list. */
void jlink_register(struct vb_jlink *jl, const uint8_t *cmd)
{
	uint16_t handle = get_le16(cmd + 12);
	struct jlink_connection *c = handle ? find_connection(jl, handle) : NULL;

	if (cmd[1] == 0x65) {
		if (c != NULL)
			*c = (struct jlink_connection){ 0 };
		send_connections(jl, handle);
		return;
	}
	if (cmd[1] != 0x64)
		return;
	if (c == NULL) {
		handle = new_handle(jl);
		c = find_connection(jl, 0);
	}
	if (c != NULL) {
		*c = (struct jlink_connection){
			.pid = get_le32(cmd + 2),
			.iid = cmd[10],
			.cid = cmd[11],
			.handle = handle,
			.since_ms = jlink_now_ms(jl),
		};
		memcpy(c->hid, cmd + 6, sizeof(c->hid));
	}
	send_connections(jl, handle);
}

/* --- Parameters: length, id, data; a length of 0 ends them --- */

size_t jlink_params_length(const uint8_t *cmd, size_t have, size_t start)
{
	size_t at = start;

	while (at < have && cmd[at] != 0)
		at += 2u + cmd[at];
	return at + 1;
}

size_t jlink_param(const uint8_t *cmd, size_t n, size_t start, uint8_t id, const uint8_t **value)
{
	for (size_t at = start; at + 1 < n && cmd[at] != 0; at += 2u + cmd[at]) {
		if (cmd[at + 1] == id && at + 2 + cmd[at] <= n) {
			*value = cmd + at + 2;
			return cmd[at];
		}
	}
	return 0;
}

uint32_t jlink_param_u32(const uint8_t *cmd, size_t n, size_t start, uint8_t id)
{
	const uint8_t *value = NULL;

	return jlink_param(cmd, n, start, id, &value) >= 4 ? get_le32(value) : 0;
}

/* --- Files --- */

enum { FILE_READ = 0x64, FILE_WRITE, FILE_SIZE, FILE_DELETE };
enum { FILE_PARAMS = 3, FILE_NAME = 1, FILE_OFFSET = 2, FILE_LENGTH = 3, FILE_MAX = 0x100000 };

/* The data to be written comes right behind the parameters. */
size_t jlink_file_length(const uint8_t *cmd, size_t have)
{
	size_t n = jlink_params_length(cmd, have, FILE_PARAMS);

	if (n > have || cmd[1] != FILE_WRITE)
		return n;
	return n + MIN(jlink_param_u32(cmd, n, FILE_PARAMS, FILE_LENGTH), FILE_MAX);
}

/* NULL: not there, and no room if it was to be made. An empty name is a free place. */
static struct jlink_file *find_file(struct vb_jlink *jl, const uint8_t *cmd, size_t n, bool make)
{
	const uint8_t *name = NULL;
	size_t length = jlink_param(cmd, n, FILE_PARAMS, FILE_NAME, &name);
	struct jlink_file *free_place = NULL;

	if (length == 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(jl->files); i++) {
		struct jlink_file *file = &jl->files[i];

		if (strlen(file->name) == length && memcmp(file->name, name, length) == 0)
			return file;
		if (file->name[0] == '\0')
			free_place = file;
	}
	if (make && free_place != NULL) {
		memcpy(free_place->name, name, length);
		free_place->name[length] = '\0';
		return free_place;
	}
	return NULL;
}

/* As many bytes as were asked for, whatever is there, then how many of them are true. */
static void read_file(struct vb_jlink *jl, const struct jlink_file *file, size_t offset,
		      size_t length)
{
	struct buf reply = { 0 };
	size_t there = file && offset < file->data.len ? MIN(length, file->data.len - offset) : 0;

	memset(buf_reserve(&reply, length + 4), 0, length);
	if (there > 0)
		memcpy(reply.data, file->data.data + offset, there);
	put_le32(reply.data + length, file == NULL ? ERROR_BIT : (uint32_t)there);
	jlink_reply(jl, reply.data, length + 4);
	buf_free(&reply);
}

static uint32_t write_file(struct jlink_file *file, size_t offset, const uint8_t *data, size_t n)
{
	if (file == NULL || offset + n > FILE_MAX)
		return ERROR_BIT;
	if (offset + n > file->data.len) {
		size_t more = offset + n - file->data.len;

		memset(buf_reserve(&file->data, more), 0, more);
		file->data.len += more;
	}
	if (n > 0)
		memcpy(file->data.data + offset, data, n);
	return (uint32_t)n;
}

static uint32_t delete_file(struct jlink_file *file)
{
	if (file == NULL)
		return ERROR_BIT;
	buf_free(&file->data);
	*file = (struct jlink_file){ 0 };
	return 0;
}

void jlink_file(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	size_t params = jlink_params_length(cmd, n, FILE_PARAMS);
	size_t offset = jlink_param_u32(cmd, params, FILE_PARAMS, FILE_OFFSET);
	size_t length = MIN(jlink_param_u32(cmd, params, FILE_PARAMS, FILE_LENGTH), FILE_MAX);
	struct jlink_file *file = find_file(jl, cmd, params, cmd[1] == FILE_WRITE);

	switch (cmd[1]) {
	case FILE_READ:
		read_file(jl, file, offset, length);
		break;
	case FILE_WRITE:
		jlink_reply_u32(jl, write_file(file, offset, cmd + params, n - params));
		break;
	case FILE_SIZE:
		jlink_reply_u32(jl, file ? (uint32_t)file->data.len : ERROR_BIT);
		break;
	case FILE_DELETE:
		jlink_reply_u32(jl, delete_file(file));
		break;
	default:
		break;
	}
}

/* --- EMUCOM: channel 0 is the time, those from 0x10000 belong to users --- */

#define EMUCOM_HEADER	     10u
#define EMUCOM_USER	     0x10000u
#define EMUCOM_MAX	     65536u
#define EMUCOM_NOT_SUPPORTED 0x80000001u
#define EMUCOM_NOT_YET	     0x81000000u

size_t jlink_emucom_length(const uint8_t *cmd, size_t have)
{
	if (have < EMUCOM_HEADER)
		return EMUCOM_HEADER;
	return EMUCOM_HEADER + (cmd[1] == 1 ? MIN(get_le32(cmd + 6), EMUCOM_MAX) : 0);
}

static void emucom_read(struct vb_jlink *jl, uint32_t channel, size_t length)
{
	uint8_t time[4];

	put_le32(time, jlink_now_ms(jl));
	if (channel != 0 && channel < EMUCOM_USER) {
		jlink_reply_u32(jl, EMUCOM_NOT_SUPPORTED);
	} else if (channel == 0) {
		length = MIN(length, sizeof(time));
		jlink_reply_u32(jl, (uint32_t)length);
		if (length > 0)
			jlink_reply(jl, time, length);
	} else if (length > jl->channel.len) {
		jlink_reply_u32(jl, EMUCOM_NOT_YET | (uint32_t)jl->channel.len);
	} else {
		jlink_reply_u32(jl, (uint32_t)length);
		if (length > 0)
			jlink_reply(jl, jl->channel.data, length);
		buf_consume(&jl->channel, length);
	}
}

void jlink_emucom(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	uint32_t channel = get_le32(cmd + 2);

	if (cmd[1] == 0) {
		emucom_read(jl, channel, get_le32(cmd + 6));
	} else if (cmd[1] == 1 && channel < EMUCOM_USER) {
		jlink_reply_u32(jl, EMUCOM_NOT_SUPPORTED);
	} else if (cmd[1] == 1) {
		if (jl->channel.len + n <= EMUCOM_MAX)
			buf_append(&jl->channel, cmd + EMUCOM_HEADER, n - EMUCOM_HEADER);
		jlink_reply_u32(jl, (uint32_t)(n - EMUCOM_HEADER));
	}
}
