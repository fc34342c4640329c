/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run, rtt: a program and what it says, until it ends or somebody has heard enough. */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "oneshot/verbs.h"

#define PAUSE_AT 4096u /* stdin waits while so much has not been taken */
#define LOOK_MS	 20

struct talk {
	struct oneshot *o;
	unsigned channel;
	struct loop_fd *keyboard;
	struct loop_timer *timer;
	bool is_over;
	bool has_exited;
	uint32_t exit_code;
	bool is_timed_out;
	uint64_t bytes;
};

static void put_output(struct talk *talk, const char *source, const void *data, size_t n)
{
	talk->bytes += n;
	if (talk->o->request->json) {
		struct buf line = { 0 }, text = { 0 };

		buf_append(&text, data, n);
		buf_printf(&line, "{\"event\": \"output\", \"source\": \"%s\", \"text\": ", source);
		buf_json_string(&line, (const char *)text.data);
		printf("%s}\n", (const char *)line.data);
		buf_free(&line);
		buf_free(&text);
	} else {
		fwrite(data, 1, n, stdout);
	}
	if (fflush(stdout) != 0)
		talk->is_over = true; /* nobody reads it any more */
}

static void on_record(void *ctx, const struct trace_record *record)
{
	struct talk *talk = ctx;

	if (record->source == TRACE_RTT && record->channel == talk->channel)
		put_output(talk, "rtt", record->data, record->n);
	else if (record->source == TRACE_LOSS && record->lost_from == TRACE_RTT)
		log_warning("some of what the program said was lost");
}

static bool on_console(void *ctx, struct target *t, const char *text, size_t n)
{
	(void)t;
	put_output(ctx, "semihosting", text, n);
	return true;
}

static void on_exited(void *ctx, struct target *t, uint32_t reason, uint32_t code)
{
	struct talk *talk = ctx;

	(void)t;
	(void)reason;
	talk->has_exited = talk->is_over = true;
	talk->exit_code = code;
}

static void on_time(void *ctx)
{
	struct talk *talk = ctx;

	talk->timer = NULL;
	talk->is_over = talk->is_timed_out = true;
}

static void on_key(void *ctx, short revents)
{
	struct talk *talk = ctx;
	uint8_t data[512];
	ssize_t n = read(STDIN_FILENO, data, sizeof(data));

	(void)revents;
	if (n <= 0) {
		loop_remove_fd(talk->o->rooms->loop, talk->keyboard);
		talk->keyboard = NULL;
		return;
	}
	if (trace_rtt_write(talk->o->rooms->trace, talk->o->target, talk->channel, data,
			    (size_t)n) > PAUSE_AT)
		loop_set_events(talk->keyboard, 0);
}

/* Until the program ends, crashes, or somebody stops us; `watch_core`: a halt is the end. */
static void listen_to(struct talk *talk, bool watch_core)
{
	const struct oneshot_rooms *rooms = talk->o->rooms;

	while (!talk->is_over && !loop_is_stopped(rooms->loop)) {
		loop_once(rooms->loop, LOOK_MS);
		if (talk->keyboard != NULL && trace_rtt_write(rooms->trace, talk->o->target,
							      talk->channel, NULL, 0) <= PAUSE_AT)
			loop_set_events(talk->keyboard, POLLIN);
		if (watch_core && talk->o->target->state == TARGET_HALTED &&
		    talk->o->target->reason != HALT_SEMIHOSTING)
			talk->is_over = true;
	}
}

static enum err start_talk(struct talk *talk, const char *elf)
{
	struct oneshot *o = talk->o;
	struct buf quiet = { 0 };
	uint32_t channel = 0;

	if (o->request->channel != NULL)
		TRY(parse_u32(o->request->channel, "--channel", &channel));
	if (channel > 254)
		return error_why(ERR_ARGUMENT, "--channel %s: RTT has channels 0 to 254",
				 o->request->channel);
	talk->channel = channel;
	if (elf != NULL && tcl(o, &quiet, "rtt symbols {%s}", elf) != OK)
		drop_error("no RTT symbol"); /* then it is searched for, or there is none */
	buf_free(&quiet);
	trace_listen(o->rooms->trace, on_record, talk);
	if (o->request->timeout_s > 0)
		talk->timer = loop_add_timer(o->rooms->loop, 1000ull * o->request->timeout_s, 0,
					     on_time, talk);
	talk->keyboard = loop_add_fd(o->rooms->loop, STDIN_FILENO, POLLIN, on_key, talk);
	return OK;
}

static void end_talk(struct talk *talk)
{
	struct buf quiet = { 0 };

	trace_unlisten(talk->o->rooms->trace, on_record, talk);
	if (talk->timer != NULL)
		loop_remove_timer(talk->o->rooms->loop, talk->timer);
	if (talk->keyboard != NULL)
		loop_remove_fd(talk->o->rooms->loop, talk->keyboard);
	if (tcl(talk->o, &quiet, "rtt stop") != OK)
		drop_error("rtt stop");
	buf_free(&quiet);
}

enum err verb_rtt(struct oneshot *o)
{
	struct talk talk = { .o = o };
	enum err rc;

	TRY(start_talk(&talk, o->request->argc > 0 ? o->request->argv[0] : NULL));
	if (o->target->state == TARGET_HALTED)
		log_warning("the core is halted: it says nothing before it runs (probed reset)");
	rc = tcl(o, NULL, "rtt start");
	if (rc == OK)
		listen_to(&talk, false);
	end_talk(&talk);
	put_number(o, "bytes", talk.bytes);
	if (rc == OK && talk.is_timed_out && talk.bytes == 0) {
		o->exit_code = EXIT_TIMED_OUT;
		error_why(ERR_RTT, "nothing came from RTT channel %u in %u s", talk.channel,
			  o->request->timeout_s);
		return error_next(ERR_RTT,
				  "check that the program uses RTT and runs (probed info)");
	}
	return rc;
}

static bool is_for_flash(const struct oneshot *o, const struct image *image)
{
	struct flash_bank *bank;

	for (size_t i = 0; i < image->count; i++) {
		if (flash_bank_at(o->rooms->flash, o->target, image->sections[i].addr, &bank) == OK)
			return true;
		error_clear();
	}
	return false;
}

/* A program linked for RAM starts where a reset would have started it: at its own vector table. */
static enum err load_ram(struct oneshot *o, const struct image *image)
{
	const struct image_section *first = &image->sections[0];

	for (size_t i = 0; i < image->count; i++) {
		const struct image_section *s = &image->sections[i];
		enum err rc = target_write_bytes(o->target, s->addr, s->data, s->bytes);

		if (rc == ERR_BUS)
			error_next(rc, "the program is linked for 0x%08" PRIx32 ", where this chip has "
				       "neither flash nor RAM: check that it is for this chip", s->addr);
		TRY(rc);
	}
	if (first->bytes >= 8 && get_le32(first->data) >> 28 == 2) {
		TRY(target_write_u32(o->target, 0xe000ed08, first->addr));
		TRY(target_set_reg32(o->target, "sp", get_le32(first->data)));
		if (!image->has_entry)
			return target_set_reg32(o->target, "pc", get_le32(first->data + 4) & ~1u);
	}
	return image->has_entry ? target_set_reg32(o->target, "pc", image->entry & ~1u) : OK;
}

static enum err load(struct oneshot *o)
{
	struct flash_write_options options = { .erase = true,
					       .verify = !o->request->no_verify,
					       .skip_same = true,
					       .unlock = o->request->unlock };
	struct flash_report report = { 0 };
	struct image *image;
	enum err rc;

	TRY(open_file(o, &image));
	rc = check_image_fits(o, image, true);
	if (rc == OK)
		rc = tcl(o, NULL, "reset init");
	if (rc == OK && !is_for_flash(o, image)) {
		rc = load_ram(o, image);
	} else if (rc == OK) {
		rc = write_flash(o, image, &options, &report);
		if (rc == OK)
			rc = tcl(o, NULL, "reset halt");
	}
	image_close(image);
	return rc;
}

static enum err crashed(struct oneshot *o)
{
	struct buf why = { 0 };
	uint32_t pc = 0;

	if (target_get_reg32(o->target, "pc", &pc) != OK)
		drop_error("pc");
	if (o->target->type->explain != NULL && o->target->type->explain(o->target, &why) != OK)
		drop_error("explain");
	error_why(ERR_PROGRAM, "the program stopped at 0x%08" PRIx32 " (%s)%s%.300s", pc,
		  target_reason_name(o->target->reason), why.len > 0 ? ": " : "",
		  why.len > 0 ? (const char *)why.data : "");
	buf_free(&why);
	return ERR_PROGRAM;
}

static enum err outcome(struct oneshot *o, const struct talk *talk)
{
	if (talk->has_exited) {
		o->exit_code = (int)(talk->exit_code & 0xff);
		put_number(o, "program_exit", talk->exit_code);
		return OK;
	}
	if (talk->is_timed_out) {
		o->exit_code = EXIT_TIMED_OUT;
		error_why(ERR_TIMEOUT, "the program had not ended after %u s",
			  o->request->timeout_s);
		return error_next(ERR_TIMEOUT,
				  "it ends by semihosting: exit() of rdimon, or SYS_EXIT");
	}
	if (o->target->state == TARGET_HALTED)
		return crashed(o);
	return error_why(ERR_CANCELLED, "interrupted");
}

enum err verb_run(struct oneshot *o)
{
	struct talk talk = { .o = o };
	const struct semihosting_ops ops = { .console = on_console,
					     .exited = on_exited,
					     .ctx = &talk };
	enum err rc;

	TRY(load(o));
	TRY(start_talk(&talk, o->request->argv[0]));
	target_set_semihosting_ops(o->target, &ops);
	rc = tcl(o, NULL, "arm semihosting enable; cortex_m vector_catch faults; rtt start");
	if (rc == OK)
		rc = target_resume(o->target, NULL, true, false);
	if (rc == OK)
		listen_to(&talk, true);
	if (rc == OK)
		rc = outcome(o, &talk);
	target_set_semihosting_ops(o->target, NULL);
	end_talk(&talk);
	return rc;
}
