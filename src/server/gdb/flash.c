/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vFlashErase, vFlashWrite, vFlashDone: `load`. Everything is collected and happens at vFlashDone, in
 * one operation of the flash room, which then knows all sectors before it erases the first. GDB allows
 * that: contents are undefined until vFlashDone has returned (GDB manual, vFlashWrite).
 *
 * Two slips in GDB's arithmetic are lived with: an erase of length 0, and a write whose last byte is the
 * first of a block that was not erased. Every sector written is erased if it has to be.
 */
#include <stdlib.h>
#include <string.h>

#include "server/gdb/packets.h"

void flash_forget(struct gdb_session *s)
{
	image_close(s->flash.image);
	free(s->flash.erases);
	s->flash = (struct gdb_flash){ 0 };
}

/* The first packet of a load. The handler's default is `reset init`, so that the core is at rest and
 * the registers are those after a reset. */
static enum err start(struct gdb_session *s)
{
	if (s->flash.is_open)
		return OK;
	s->flash.is_open = true;
	buf_clear(&s->note);		/* why the last load failed is no news now */
	target_call_event(s->target, EVENT_GDB_FLASH_ERASE_START);
	if (s->is_gone)
		return error_why(ERR_CANCELLED, "the client is gone");
	return OK;
}

/* GDB 13 shows no text of ours: the reason waits for the next time it can be printed. The commands that
 * messages name are typed into a console elsewhere. */
static enum err failed(struct gdb_session *s, enum err rc)
{
	const char *text = error_text(error_current());

	console_note(s, "%s%s", text,
		     strchr(text, '"') != NULL ? " (in GDB: \"monitor\" before a command)" : "");
	flash_forget(s);
	return rc;
}

static enum err check_range(struct gdb_session *s, uint32_t addr, size_t length)
{
	struct flash_bank *bank;

	TRY(flash_bank_at(s->server->flash, s->target, addr, &bank));
	if (length == 0)
		return OK;
	if (length - 1 > UINT32_MAX - addr)
		return error_why(ERR_ARGUMENT, "0x%zx bytes at 0x%08x run past the end of memory", length,
				 addr);
	if (addr - bank->base + length <= bank->size)
		return OK;
	/* flash_write_image() leaves out what is no flash, with a warning that GDB would not see. */
	return flash_bank_at(s->server->flash, s->target, addr + (uint32_t)length - 1, &bank);
}

/* GDB's flash-erase names every flash of the map, and ends at the first that refuses. */
static bool can_erase(struct gdb_session *s, uint32_t addr)
{
	struct flash_bank *bank;

	if (flash_bank_at(s->server->flash, s->target, addr, &bank) != OK) {
		error_clear();
		return false;
	}
	return !bank->is_once_only;
}

static void add_erase(struct gdb_session *s, uint32_t addr, uint32_t length)
{
	struct gdb_flash *f = &s->flash;

	f->erases = xrealloc(f->erases, (f->erase_count + 1) * sizeof(*f->erases));
	f->erases[f->erase_count++] = (struct flash_range){ addr, length };
}

/* `gdb_flash_program disable`: these packets are unknown. */
static bool is_disabled(struct gdb_session *s)
{
	if (s->server->options.flash_program)
		return false;
	gdb_reply(s, "", 0);
	return true;
}

static enum err packet_vFlashErase(struct gdb_session *s, struct rsp_args *args)
{
	uint32_t addr, length;

	if (is_disabled(s))
		return OK;
	if (!rsp_take_char(args, ':') || !rsp_take_pair(args, &addr, ',', &length) || !rsp_at_end(args))
		return gdb_malformed("vFlashErase");
	enum err rc = check_range(s, addr, length);

	if (rc == OK)
		rc = start(s);
	if (rc != OK)
		return failed(s, rc);
	if (length > 0 && can_erase(s, addr))
		add_erase(s, addr, length);
	gdb_reply_ok(s);
	return OK;
}

static enum err packet_vFlashWrite(struct gdb_session *s, struct rsp_args *args)
{
	uint32_t addr;

	if (is_disabled(s))
		return OK;
	if (!rsp_take_char(args, ':') || !rsp_take_hex(args, &addr) || !rsp_take_char(args, ':'))
		return gdb_malformed("vFlashWrite");
	if (rsp_left(args) > 0) {
		enum err rc = check_range(s, addr, rsp_left(args));

		if (rc == ERR_NO_BANK) {
			failed(s, rc);
			gdb_reply_text(s, "E.memtype");
			log_failure();
			return OK;
		}
		if (rc == OK)
			rc = start(s);
		if (rc != OK)
			return failed(s, rc);
		if (s->flash.image == NULL)
			s->flash.image = image_new();
		image_add(s->flash.image, addr, (const uint8_t *)args->at, rsp_left(args));
	}
	gdb_reply_ok(s);
	return OK;
}

/* Events around it as OpenOCD has them; the whole load is one erase and one write. */
static enum err program(struct gdb_session *s, struct flash_report *report)
{
	struct gdb_flash *f = &s->flash;
	struct image *image = f->image != NULL ? f->image : image_new();
	const struct flash_write_options options = {
		.erase = true, .also_erase = f->erases, .also_erase_count = f->erase_count,
	};

	f->image = NULL;	/* the session may forget its load while the loop runs */
	f->erases = NULL;
	target_call_event(s->target, EVENT_GDB_FLASH_ERASE_END);
	target_call_event(s->target, EVENT_GDB_FLASH_WRITE_START);
	enum err rc = flash_write_image(s->server->flash, s->target, image, &options, report);
	struct error kept;

	error_take(&kept);
	target_call_event(s->target, EVENT_GDB_FLASH_WRITE_END);
	error_put(&kept);
	image_close(image);
	free((void *)options.also_erase);
	return rc;
}

/* The flash room has told the log. GDB's own "Transfer rate" counts the time until everything was
 * collected, not until it was in flash: this one is for its console at the next chance. */
static void tell_rate(struct gdb_session *s, const struct flash_report *report)
{
	double seconds = (double)report->wall_us / 1e6;
	struct buf text = { 0 };

	if (report->bytes_written + report->bytes_skipped + report->sectors_erased == 0)
		return;
	buf_printf(&text, "load: %zu bytes in %.3f s (%.1f KiB/s), %zu sector%s erased",
		   report->bytes_written, seconds,
		   seconds > 0 ? (double)report->bytes_written / 1024.0 / seconds : 0.0,
		   report->sectors_erased, report->sectors_erased == 1 ? "" : "s");
	if (report->bytes_skipped > 0)
		buf_printf(&text, ", %zu bytes were there already", report->bytes_skipped);
	if (report->held_back_by != NULL)
		buf_printf(&text, "; held back by the %s", report->held_back_by);
	console_note(s, "%s", (const char *)text.data);
	buf_free(&text);
}

static enum err packet_vFlashDone(struct gdb_session *s, struct rsp_args *args)
{
	struct flash_report report = { 0 };
	enum err rc = OK;

	(void)args;
	if (is_disabled(s))
		return OK;
	if (s->flash.is_open)
		rc = program(s, &report);
	if (rc != OK)
		return failed(s, rc);
	flash_forget(s);
	tell_rate(s, &report);
	gdb_reply_ok(s);
	return OK;
}

const struct gdb_packet flash_packets[] = {
	{ "vFlashErase", MATCH_WORD, packet_vFlashErase },
	{ "vFlashWrite", MATCH_WORD, packet_vFlashWrite },
	{ "vFlashDone", MATCH_WORD, packet_vFlashDone },
	{ NULL, MATCH_WHOLE, NULL }
};
