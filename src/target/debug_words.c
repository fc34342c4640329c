/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guard of the debug bits: when they are set, looked at and put back. */
#include "target/debug_words.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "target/target_priv.h"

#define LOOK_MS	     500u
#define VENDOR_FIRST 0xe0042000u /* behind TPIU and ETM (DDI 0403 B3.1) */
#define VENDOR_LAST  0xe004ffffu
#define G0_DBG_FIRST 0x40015800u /* DBG of STM32G0, C0, U0 (RM0444 40.9) */
#define G0_DBG_LAST  0x400158ffu

static bool is_vendor_debug(uint32_t addr)
{
	return (addr >= VENDOR_FIRST && addr <= VENDOR_LAST) ||
	       (addr >= G0_DBG_FIRST && addr <= G0_DBG_LAST);
}

static struct debug_guard *guard_of(struct target *t)
{
	return &t->own->debug_guard;
}

static struct debug_word *find_word(struct target *t, uint32_t addr)
{
	struct debug_word *w = guard_of(t)->words;

	while (w != NULL && w->addr != addr)
		w = w->next;
	return w;
}

struct debug_word *debug_word_add(struct target *t, uint32_t addr, uint32_t bits, const char *words)
{
	struct debug_word **end = &guard_of(t)->words, *w = find_word(t, addr);

	if (w == NULL) {
		while (*end != NULL)
			end = &(*end)->next;
		w = *end = xcalloc(1, sizeof(*w));
		w->addr = addr;
	}
	w->wanted |= bits;
	w->guarded |= bits;
	w->touched |= bits;
	if (words != NULL) {
		free(w->words);
		w->words = xstrdup(words);
	}
	return w;
}

static void free_word(struct debug_word *w)
{
	free(w->words);
	free(w);
}

bool debug_word_remove(struct target *t, uint32_t addr)
{
	for (struct debug_word **p = &guard_of(t)->words; *p != NULL; p = &(*p)->next) {
		struct debug_word *w = *p;

		if (w->addr != addr)
			continue;
		*p = w->next;
		free_word(w);
		return true;
	}
	return false;
}

void debug_note_add(struct target *t, const struct debug_note *note)
{
	struct debug_note **end = &guard_of(t)->notes;

	while (*end != NULL)
		end = &(*end)->next;
	*end = xcalloc(1, sizeof(**end));
	**end = *note;
	(*end)->words = xstrdup(note->words);
	(*end)->next = NULL;
}

static bool can_reach(const struct target *t)
{
	const struct adapter *adapter = t->list->adapter;

	return t->examined && t->ap != NULL && adapter->is_open && !adapter->is_lost;
}

static bool give_up(struct target *t, enum err rc, const char *what)
{
	if (rc == OK)
		return false;
	log_debug("%s: debug bits: %s: %s", t->name, what, error_text(error_current()));
	error_clear();
	return true;
}

/* Values of the words, and of the words with their clocks, as they are now. */
struct look {
	uint32_t *values, *clocks;
	size_t count;
};

static void queue_look(struct target *t, const struct look *look)
{
	size_t i = 0;

	for (struct debug_word *w = guard_of(t)->words; w != NULL; w = w->next, i++) {
		if (w->enable != 0)
			mem_ap_queue_read32(t->ap, w->enable_addr, &look->clocks[i]);
		mem_ap_queue_read32(t->ap, w->addr, &look->values[i]);
	}
}

static enum err look_at(struct target *t, const struct look *look)
{
	queue_look(t, look);
	return mem_ap_run(t->ap);
}

static void look_open(struct target *t, struct look *look)
{
	*look = (struct look){ 0 };
	for (struct debug_word *w = guard_of(t)->words; w != NULL; w = w->next)
		look->count++;
	look->values = xcalloc(2 * look->count + 1, sizeof(*look->values));
	look->clocks = look->values + look->count;
}

bool debug_words_queue(struct target *t)
{
	struct debug_guard *guard = guard_of(t);
	struct look look;

	guard->has_ahead = false;
	if (guard->words == NULL || guard->ahead_fails || !can_reach(t))
		return false;
	look_open(t, &look);
	free(guard->ahead);
	guard->ahead = look.values;
	guard->ahead_count = look.count;
	queue_look(t, &look);
	return true;
}

void debug_words_queued(struct target *t, bool was_queued, bool is_good)
{
	struct debug_guard *guard = guard_of(t);

	guard->has_ahead = was_queued && is_good;
	guard->ahead_fails |= was_queued && !is_good;
}

/* What was read with the registers, or a look now. */
static enum err look_or_take(struct target *t, struct look *look)
{
	struct debug_guard *guard = guard_of(t);

	if (!guard->has_ahead || guard->ahead_count != look->count)
		return look_at(t, look);
	memcpy(look->values, guard->ahead, 2 * look->count * sizeof(*look->values));
	guard->has_ahead = false;
	return OK;
}

/* What the words with this clock's register were last seen, or are going to be, there. */
static void change_clock(struct target *t, struct look *look, const struct debug_word *clock,
			 uint32_t set, uint32_t clear)
{
	size_t i = 0;

	for (struct debug_word *w = guard_of(t)->words; w != NULL; w = w->next, i++) {
		if (w->enable == 0 || w->enable_addr != clock->enable_addr)
			continue;
		look->clocks[i] = (look->clocks[i] & ~clear) | set;
		if (w == clock)
			mem_ap_queue_write32(t->ap, w->enable_addr, look->clocks[i]);
	}
}

/* Registers whose clock is off read 0 and take nothing: clocks first, then a second look. */
static enum err switch_clocks_on(struct target *t, struct look *look)
{
	bool any = false;
	size_t i = 0;

	for (struct debug_word *w = guard_of(t)->words; w != NULL; w = w->next, i++)
		if (!w->has_before)
			w->was_enabled = (look->clocks[i] & w->enable) == w->enable;
	i = 0;
	for (struct debug_word *w = guard_of(t)->words; w != NULL; w = w->next, i++) {
		if ((look->clocks[i] & w->enable) == w->enable)
			continue;
		change_clock(t, look, w, w->enable, 0);
		any = true;
	}
	if (!any)
		return OK;
	TRY(mem_ap_run(t->ap));
	return look_at(t, look);
}

static enum err set_missing(struct target *t, const struct look *look, bool *any)
{
	size_t i = 0;

	*any = false;
	for (struct debug_word *w = guard_of(t)->words; w != NULL; w = w->next, i++) {
		uint32_t value = look->values[i], missing = w->guarded & ~value;

		if (!w->has_before) {
			w->before = value;
			w->has_before = true;
		}
		if (missing == 0)
			continue;
		mem_ap_queue_write32(t->ap, w->addr, value | w->guarded);
		*any = true;
		log_debug("%s: 0x%08x = 0x%08x: 0x%x set", t->name, w->addr, value, missing);
	}
	return *any ? mem_ap_run(t->ap) : OK;
}

static void name_word(struct buf *names, const struct debug_word *w, uint32_t value)
{
	buf_printf(names, "%s", names->len > 0 ? "; " : "");
	if (w->words != NULL)
		buf_printf(names, "%s, ", w->words);
	buf_printf(names, "0x%08x = 0x%08x", w->addr, value);
}

/* What was missing and was not told yet: cleared by somebody, or not there to be set. `is_quiet`: that
 * they were missing is no wonder. */
static void tell_missing(struct target *t, const struct look *was, const struct look *is, bool is_quiet)
{
	struct buf cleared = { 0 }, stuck = { 0 };
	size_t i = 0;

	for (struct debug_word *w = guard_of(t)->words; w != NULL; w = w->next, i++) {
		uint32_t missing = w->guarded & ~was->values[i];
		bool is_stuck = missing != 0 && (w->guarded & is->values[i]) == 0;

		/* Bits that this chip does not have are no news. */
		if (w->is_told || (!is_stuck && (is_quiet || (missing & is->values[i]) == 0)))
			continue;
		w->is_told = true;
		name_word(is_stuck ? &stuck : &cleared, w, was->values[i]);
	}
	if (cleared.len > 0)
		log_warning("%s: %s: cleared by the application, or by a loss of power: set again "
			    "(told once)", t->name, (const char *)cleared.data);
	if (stuck.len > 0)
		log_warning("%s: %s: takes no debug bits, its clock is off, it seems: \"debug_bits add\" "
			    "with -enable switches that on", t->name, (const char *)stuck.data);
	buf_free(&cleared);
	buf_free(&stuck);
}

/* Set, and looked at again: a register without clock takes nothing, without an error. */
static enum err set_and_tell(struct target *t, const struct look *look, bool is_quiet)
{
	struct look after;
	bool any;
	enum err rc;

	TRY(set_missing(t, look, &any));
	if (!any)
		return OK;
	look_open(t, &after);
	rc = look_at(t, &after);
	if (rc == OK)
		tell_missing(t, look, &after, is_quiet);
	free(after.values);
	return rc;
}

void debug_words_apply(struct target *t, bool is_quiet)
{
	struct debug_guard *guard = guard_of(t);
	struct error outer;
	struct look look;
	enum err rc;

	guard->next_look_ms = clock_now_ms() + LOOK_MS;
	if (guard->words == NULL || !can_reach(t))
		return;
	error_take(&outer);
	look_open(t, &look);
	rc = look_or_take(t, &look);
	if (rc == OK)
		rc = switch_clocks_on(t, &look);
	if (rc == OK)
		rc = set_and_tell(t, &look, is_quiet);
	if (!give_up(t, rc, "could not be set"))
		guard->is_set = true;
	free(look.values);
	error_put(&outer);
}

static void write_word_back(struct target *t, const struct debug_word *w, uint32_t value)
{
	uint32_t back = (value & ~w->touched) | (w->before & w->touched);

	/* The bits of other users of the word, such as TRACE_IOEN, stay. */
	if (!w->has_before || back == value)
		return;
	log_debug("%s: 0x%08x back to 0x%08x", t->name, w->addr, back);
	mem_ap_queue_write32(t->ap, w->addr, back);
}

/* The last word first: without the first one (DBGMCU_CR) a chip may fall asleep at once. */
static enum err write_back(struct target *t, struct look *look)
{
	for (size_t i = look->count; i-- > 0;) {
		struct debug_word *w = guard_of(t)->words;

		for (size_t k = 0; k < i; k++)
			w = w->next;
		write_word_back(t, w, look->values[i]);
	}
	for (struct debug_word *w = guard_of(t)->words; w != NULL; w = w->next)
		if (w->has_before && w->enable != 0 && !w->was_enabled)
			change_clock(t, look, w, 0, w->enable);
	return mem_ap_run(t->ap);
}

void debug_words_restore(struct target *t)
{
	struct debug_guard *guard = guard_of(t);
	struct error outer;
	struct look look;
	enum err rc;

	if (!guard->is_set || !can_reach(t))
		return;
	error_take(&outer);
	look_open(t, &look);
	rc = look_at(t, &look);
	if (rc == OK)
		rc = switch_clocks_on(t, &look);
	if (rc == OK)
		rc = write_back(t, &look);
	if (rc == ERR_BUS) {
		log_debug("%s: it sleeps since its debug bits are back: %s", t->name,
			  error_text(error_current()));
		error_clear();
	} else if (rc != OK) {
		error_what(rc, "%s: the debug bits could not be put back", t->name);
		log_failure();
	}
	for (struct debug_word *w = guard->words; w != NULL; w = w->next)
		w->has_before = w->is_told = false;
	guard->is_set = false;
	free(look.values);
	error_put(&outer);
}

/* Writes of others */

static uint32_t merged(uint32_t old, uint32_t addr, const uint8_t *src, size_t n)
{
	uint8_t bytes[4];

	put_le32(bytes, old);
	for (size_t i = 0; i < n; i++)
		bytes[(addr + i) & 3] = src[i];
	return get_le32(bytes);
}

static void handler_writes(struct target *t, uint32_t addr, const uint8_t *src, size_t n)
{
	struct debug_word *w;
	uint32_t old, value;

	if (mem_ap_read32(t->ap, addr & ~3u, &old) != OK) {
		error_clear();
		return;
	}
	value = merged(old, addr, src, n);
	w = debug_word_add(t, addr & ~3u, value & ~old, NULL);
	w->touched |= value ^ old;
	if (!w->has_before)
		w->before = old;
	w->has_before = true;
	guard_of(t)->is_set = true;
}

/* Cleared on purpose: no guard any more, until it is asked for. */
static void user_writes(struct target *t, struct debug_word *w, uint32_t value)
{
	uint32_t cleared = w->guarded & ~value;

	if (cleared == 0)
		return;
	w->guarded &= ~cleared;
	log_info("%s: bits 0x%x of 0x%08x are cleared as you say, and not guarded any more; "
		 "\"debug_bits apply\" sets them again",
		 t->name, cleared, w->addr);
}

void debug_word_before_write(struct target *t, uint32_t addr, const uint8_t *src, size_t n)
{
	struct debug_word *w;

	if (n > 4 || !is_vendor_debug(addr))
		return;
	if (guard_of(t)->in_handler) {
		handler_writes(t, addr, src, n);
		return;
	}
	w = find_word(t, addr);
	if (w != NULL && n == 4 && t->own->claim == NULL)
		user_writes(t, w, get_le32(src));
}

/* When */

static void tell_notes(struct target *t)
{
	struct debug_guard *guard = guard_of(t);
	struct error outer;

	if (guard->is_noted || !can_reach(t))
		return;
	error_take(&outer);
	for (const struct debug_note *n = guard->notes; n != NULL; n = n->next) {
		uint32_t value = 0;

		if (give_up(t, mem_ap_read32(t->ap, n->addr, &value), "not readable now"))
			break;
		guard->is_noted = true;
		if (value != 0 && (value & n->mask) == n->value)
			log_info("%s: %s (0x%08x = 0x%08x)", t->name, n->words, n->addr, value);
	}
	error_put(&outer);
}

static bool is_left_alone(const struct debug_guard *guard)
{
	return guard->gdb_left && guard->policy == DEBUG_BITS_DETACH;
}

static void examined(struct target *t)
{
	struct debug_guard *guard = guard_of(t);

	guard->next_look_ms = clock_now_ms() + LOOK_MS;
	if (is_left_alone(guard) && t->state != TARGET_HALTED)
		debug_words_restore(t); /* what an examine-end handler has set */
	else
		debug_words_apply(t, true);
	tell_notes(t);
}

static void back_after_gdb(struct target *t)
{
	struct debug_guard *guard = guard_of(t);

	if (is_left_alone(guard) && t->state == TARGET_RUNNING && t->own->claim == NULL)
		debug_words_restore(t);
}

void debug_words_halted(struct target *t)
{
	struct debug_guard *guard = guard_of(t);

	debug_words_apply(t, !guard->is_set);
	tell_notes(t);
}

void debug_words_running(struct target *t)
{
	struct debug_guard *guard = guard_of(t);

	back_after_gdb(t);
	if (guard->words == NULL || clock_now_ms() < guard->next_look_ms || is_left_alone(guard))
		return;
	if (!guard->is_set && guard->has_gdb)
		debug_words_apply(t, true);
	else if (guard->is_set)
		debug_words_apply(t, false);
}

void debug_words_event(struct target *t, enum target_event event)
{
	struct debug_guard *guard = guard_of(t);

	switch (event) {
	case EVENT_EXAMINE_END: examined(t); break;
	case EVENT_RESET_END: /* it has switched off the clocks of -enable */
		guard->next_look_ms = 0;
		guard->is_silence_told = false;
		break;
	case EVENT_GDB_ATTACH:
		guard->has_gdb = true;
		guard->gdb_left = guard->is_silence_told = false;
		if (!guard->is_set)
			debug_words_apply(t, true);
		break;
	case EVENT_GDB_DETACH:
		guard->has_gdb = false;
		guard->gdb_left = true;
		back_after_gdb(t);
		break;
	case EVENT_RESUMED: back_after_gdb(t); break;
	default: break;
	}
}

void debug_words_leave(struct target *t)
{
	if (guard_of(t)->policy != DEBUG_BITS_KEEP)
		debug_words_restore(t);
}

bool debug_words_tell_silence(struct target *t)
{
	struct debug_guard *guard = guard_of(t);

	/* Without its clock the core's bus gives an error while the debug port goes on answering.
	 */
	if (guard->words == NULL || error_current()->code != ERR_BUS)
		return false;
	if (guard->is_silence_told) {
		log_debug("%s: silent again: %s", t->name, error_text(error_current()));
		error_clear();
		return true;
	}
	guard->is_silence_told = true;
	if (guard->is_set)
		log_warning("%s does not answer any more: it sleeps (Stop, Standby), it seems, "
			    "after its application has cleared the debug bits: \"reset halt\" with "
			    "\"reset_config srst_only srst_nogate connect_assert_srst\" stops it "
			    "at its start",
			    t->name);
	else
		log_warning("%s sleeps, it seems: its debug bits were put back when GDB left. It "
			    "is found again when it wakes, or by \"reset halt\" with "
			    "\"reset_config srst_only srst_nogate connect_assert_srst\"; "
			    "\"debug_bits policy exit\" keeps it in sight",
			    t->name);
	error_clear();
	return true;
}

void debug_words_free(struct target *t)
{
	struct debug_guard *guard = guard_of(t);

	free(guard->ahead);
	guard->ahead = NULL;
	while (guard->words != NULL) {
		struct debug_word *w = guard->words;

		guard->words = w->next;
		free_word(w);
	}
	while (guard->notes != NULL) {
		struct debug_note *n = guard->notes;

		guard->notes = n->next;
		free(n->words);
		free(n);
	}
}
