/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ITM and the trace half of the DWT as the user wants them (DDI 0403 C1.7, C1.8). What is told before
 * there is contact is remembered; what a reset or a power loss took away is written again. Where no verb
 * was used the registers belong to the client that writes them, and are only kept over a reset.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "target/room_verbs.h"
#include "trace/swo_priv.h"

#define CPUID	    0xe000ed00u
#define ATB_ID	    1u
#define BUSY_LOOKS  50u
#define SYNCTAP_24  (1u << 10)	/* a synchronisation packet every 2^24 cycles */
#define SYNCTAP_ALL (3u << 10)

struct itm_setup *itm_setup_of(struct swo_room *room, struct target *t)
{
	struct itm_setup *s = room->itms;

	while (s != NULL && s->target != t)
		s = s->next;
	if (s != NULL)
		return s;
	s = xcalloc(1, sizeof(*s));
	*s = (struct itm_setup){ .next = room->itms, .target = t,
				 .tcr = ATB_ID << 16 | TCR_ITMENA | TCR_SYNCENA | TCR_TXENA,
				 .ctrl = SYNCTAP_24 | CTRL_CYCCNTENA,
				 .ctrl_mask = SYNCTAP_ALL | CTRL_CYCCNTENA };
	room->itms = s;
	return s;
}

/* ARMv6-M and v8-M Baseline have no ITM; most of them answer all the same, with zeros. */
static enum err check_core(struct target *t)
{
	static const struct {
		uint16_t part;
		const char *name;
	} without[] = { { 0xc20, "M0" }, { 0xc21, "M1" }, { 0xc60, "M0+" }, { 0xd20, "M23" } };
	uint32_t cpuid;

	TRY(target_read_u32(t, CPUID, &cpuid));
	for (size_t i = 0; i < ARRAY_SIZE(without); i++) {
		if (bits_get(cpuid, 15, 4) != without[i].part)
			continue;
		error_why(ERR_UNSUPPORTED, "a Cortex-%s has no ITM and no SWO", without[i].name);
		return error_next(ERR_UNSUPPORTED, "use RTT or semihosting for output");
	}
	return OK;
}

/* "Change settings only with ITMENA at 0 and BUSY at 0." */
static enum err stop_itm(struct target *t)
{
	uint32_t tcr = 0;

	mem_ap_queue_write32(t->ap, ITM_LAR, LAR_KEY);	/* Cortex-M7 erratum 513195 */
	mem_ap_queue_read32(t->ap, ITM_TCR, &tcr);
	TRY(mem_ap_run(t->ap));
	if (!(tcr & TCR_ITMENA))
		return OK;
	TRY(target_write_u32(t, ITM_TCR, tcr & ~TCR_BUSY & ~TCR_ITMENA));
	for (unsigned i = 0; i < BUSY_LOOKS; i++) {
		TRY(target_read_u32(t, ITM_TCR, &tcr));
		if (!(tcr & TCR_BUSY))
			return OK;
	}
	/* The trace clock may stand still; then nothing gets through either way. */
	log_debug("%s: the ITM stays busy (ITM_TCR 0x%08" PRIx32 ")", t->name, tcr);
	return OK;
}

static enum err find_state(struct itm_setup *s)
{
	struct mem_ap *ap = s->target->ap;

	mem_ap_queue_read32(ap, ITM_TER, &s->found_ter);
	mem_ap_queue_read32(ap, ITM_TCR, &s->found_tcr);
	mem_ap_queue_read32(ap, DWT_CTRL, &s->found_ctrl);
	return mem_ap_run(ap);
}

static enum err write_state(struct itm_setup *s, uint32_t ter, uint32_t tcr, uint32_t ctrl)
{
	struct mem_ap *ap = s->target->ap;

	TRY(stop_itm(s->target));
	mem_ap_queue_write32(ap, ITM_TER, ter);
	mem_ap_queue_write32(ap, ITM_TPR, 0);		/* unprivileged code may print */
	mem_ap_queue_write32(ap, DWT_LAR, LAR_KEY);
	mem_ap_queue_write32(ap, DWT_CTRL, ctrl);
	mem_ap_queue_write32(ap, ITM_TCR, tcr & ~TCR_BUSY);
	return mem_ap_run(ap);
}

static enum err set_trcena(struct target *t)
{
	uint32_t demcr;

	TRY(target_read_u32(t, DEMCR, &demcr));
	return demcr & DEMCR_TRCENA ? OK : target_write_u32(t, DEMCR, demcr | DEMCR_TRCENA);
}

enum err itm_setup_write(struct itm_setup *s)
{
	uint32_t ctrl = 0;

	if (!s->is_used || !s->target->examined)
		return OK;
	TRY(check_core(s->target));
	TRY(set_trcena(s->target));
	if (!s->is_written)
		TRY(find_state(s));
	TRY(target_read_u32(s->target, DWT_CTRL, &ctrl));
	TRY(write_state(s, s->ter, s->tcr, (ctrl & ~s->ctrl_mask) | s->ctrl));
	s->is_written = true;
	return OK;
}

/* Clients write these registers themselves, so they are looked at when a reset begins. */
void itm_setup_reset_begins(struct itm_setup *s)
{
	struct mem_ap *ap = s->target->ap;
	uint32_t kept[3] = { 0 };

	if (!s->target->examined)
		return;
	mem_ap_queue_read32(ap, ITM_TER, &kept[0]);
	mem_ap_queue_read32(ap, ITM_TCR, &kept[1]);
	mem_ap_queue_read32(ap, DWT_CTRL, &kept[2]);
	if (mem_ap_run(ap) != OK) {
		error_clear();	/* a core that cannot be reached is why people reset it */
		return;
	}
	if (!(kept[1] & TCR_ITMENA))
		return;
	memcpy(s->kept, kept, sizeof(kept));
	s->has_kept = true;
}

static enum err rearm(struct itm_setup *s, bool *was_lost)
{
	uint32_t demcr = 0, tcr = 0;

	mem_ap_queue_read32(s->target->ap, DEMCR, &demcr);
	mem_ap_queue_read32(s->target->ap, ITM_TCR, &tcr);
	TRY(mem_ap_run(s->target->ap));
	*was_lost = !(demcr & DEMCR_TRCENA) || !(tcr & TCR_ITMENA);
	if (!*was_lost)
		return OK;
	if (s->is_written)
		return itm_setup_write(s);
	TRY(set_trcena(s->target));
	return write_state(s, s->kept[0], s->kept[1], s->kept[2]);
}

void itm_setup_rearm(struct itm_setup *s)
{
	bool was_lost = false;

	if (!s->target->examined || (!s->is_written && !s->has_kept && !s->is_used))
		return;
	enum err rc = s->is_written || s->has_kept ? rearm(s, &was_lost) : itm_setup_write(s);

	if (rc != OK) {
		log_warning("%s: the ITM could not be set up: %s", s->target->name,
			    error_text(error_current()));
		error_clear();
	} else if (was_lost) {
		log_info("%s: the ITM was lost and is set up again", s->target->name);
	}
}

void itm_setup_undo(struct itm_setup *s)
{
	if (!s->is_written || !s->target->examined)
		return;
	if (write_state(s, s->found_ter, s->found_tcr, s->found_ctrl) != OK) {
		log_debug("%s: the ITM is left as it is: %s", s->target->name,
			  error_text(error_current()));
		error_clear();
	}
	s->is_written = false;
}

/* C1.7.6: TSENA, TSPrescale; with SWOENA the TPIU's divided clock counts. */
void itm_learn_time(struct tpiu *tpiu)
{
	static const uint32_t prescaler[4] = { 1, 4, 16, 64 };
	struct target *t = tpiu_target(tpiu);
	uint32_t tcr = 0;

	if (t == NULL || !t->examined)
		return;
	if (target_read_u32(t, ITM_TCR, &tcr) != OK) {
		error_clear();
		return;
	}
	tpiu->stream.has_time = tcr & TCR_TSENA;
	tpiu->stream.tick_scale = prescaler[bits_get(tcr, 9, 8)] *
				  (tcr & TCR_SWOENA ? tpiu->regs[REG_ACPR] + 1 : 1);
}

/* --- Verbs --- */

static enum err changed(struct swo_room *room, struct itm_setup *s)
{
	s->is_used = true;
	TRY(itm_setup_write(s));
	for (struct tpiu *tpiu = room->first; tpiu != NULL; tpiu = tpiu->next) {
		if (tpiu->is_enabled && tpiu_target(tpiu) == s->target)
			itm_learn_time(tpiu);
	}
	return OK;
}

static enum err setup_of_call(struct call *c, struct itm_setup **s)
{
	struct target *t;

	TRY(room_verb_target(c, &t));
	*s = itm_setup_of(room_verb_user(c), t);
	return OK;
}

static enum err cmd_port(struct call *c)
{
	struct itm_setup *s;
	uint32_t port;
	bool on;

	TRY(arg_u32(c, 1, &port));
	if (port > 31)
		return error_why(ERR_ARGUMENT, "%s is not a stimulus port (0 to 31)", c->argv[1]);
	TRY(arg_bool(c, 2, &on));
	TRY(setup_of_call(c, &s));
	s->ter = on ? s->ter | BIT(port) : s->ter & ~BIT(port);
	return changed(room_verb_user(c), s);
}

static enum err cmd_ports(struct call *c)
{
	struct itm_setup *s;
	bool on;

	TRY(arg_bool(c, 1, &on));
	TRY(setup_of_call(c, &s));
	s->ter = on ? UINT32_MAX : 0;
	return changed(room_verb_user(c), s);
}

static enum err cmd_timestamps(struct call *c)
{
	static const char *const prescalers[] = { "1", "4", "16", "64", NULL };
	struct itm_setup *s;
	int prescaler = 0;
	bool on;

	TRY(arg_bool(c, 1, &on));
	if (c->argc > 2)
		TRY(arg_word(c, 2, prescalers, &prescaler));
	TRY(setup_of_call(c, &s));
	s->tcr &= ~(TCR_TSENA | 3u << 8);
	if (on)
		s->tcr |= TCR_TSENA | (uint32_t)prescaler << 8;
	return changed(room_verb_user(c), s);
}

/* D4.2.5, TCR.GTSFREQ: how often; the clock is the chip's. */
static enum err cmd_global_timestamps(struct call *c)
{
	static const char *const words[] = { "off", "128", "8192", "packet", NULL };
	struct itm_setup *s;
	int which;

	TRY(arg_word(c, 1, words, &which));
	TRY(setup_of_call(c, &s));
	s->tcr = (s->tcr & ~TCR_GTSFREQ) | (uint32_t)which << 10;
	return changed(room_verb_user(c), s);
}

static enum err cmd_exceptions(struct call *c)
{
	struct itm_setup *s;
	bool on;

	TRY(arg_bool(c, 1, &on));
	TRY(setup_of_call(c, &s));
	s->ctrl_mask |= CTRL_EXCTRCENA;
	s->ctrl = on ? s->ctrl | CTRL_EXCTRCENA : s->ctrl & ~CTRL_EXCTRCENA;
	return changed(room_verb_user(c), s);
}

/* C1.8.7: a sample every (POSTPRESET + 1) taps of CYCCNT, at bit 6 or bit 10. */
static enum err cmd_pc_sampling(struct call *c)
{
	struct itm_setup *s;
	uint32_t cycles = 0, bits = 0, tap = 64, count;

	if (strcmp(c->argv[1], "off") != 0) {
		TRY(arg_u32(c, 1, &cycles));
		if (cycles == 0)
			return error_why(ERR_ARGUMENT, "a sample every 0 cycles cannot be: 64 to "
					 "16384, or off");
	}
	TRY(setup_of_call(c, &s));
	s->ctrl_mask |= CTRL_PCSAMPLENA | CTRL_CYCTAP | 0x1feu | BIT(22);
	if (cycles != 0) {
		tap = cycles > 16 * 64 ? 1024 : 64;
		count = MIN(MAX((cycles + tap / 2) / tap, 1u), 16u);
		bits = CTRL_PCSAMPLENA | (tap == 1024 ? CTRL_CYCTAP : 0) | (count - 1) << 1 |
		       (count - 1) << 5;
		cycles = tap * count;
	}
	s->ctrl = (s->ctrl & ~(CTRL_PCSAMPLENA | CTRL_CYCTAP | 0x1feu)) | bits;
	s->is_sampling = cycles != 0;
	TRY(changed(room_verb_user(c), s));
	result_int(c, cycles);
	return OK;
}

static enum err cmd_counters(struct call *c)
{
	const uint32_t counters = 0x1fu << 17;
	struct itm_setup *s;
	bool on;

	TRY(arg_bool(c, 1, &on));
	TRY(setup_of_call(c, &s));
	s->ctrl_mask |= counters;
	s->ctrl = on ? s->ctrl | counters : s->ctrl & ~counters;
	return changed(room_verb_user(c), s);
}

static enum err cmd_sync(struct call *c)
{
	static const char *const taps[] = { "off", "24", "26", "28", NULL };
	struct itm_setup *s;
	int tap;

	TRY(arg_word(c, 1, taps, &tap));
	TRY(setup_of_call(c, &s));
	s->ctrl = (s->ctrl & ~SYNCTAP_ALL) | (uint32_t)tap << 10;
	return changed(room_verb_user(c), s);
}

#define REMEMBERED " Before examination it is remembered."

const struct command itm_commands[] = {
	{ "itm port", STAGE_ANY, 2, 2, "number on|off", cmd_port,
	  "Switch a stimulus port on or off, and the ITM on." REMEMBERED },
	{ "itm ports", STAGE_ANY, 1, 1, "on|off", cmd_ports,
	  "Switch all stimulus ports on or off, and the ITM on." REMEMBERED },
	{ "itm timestamps", STAGE_ANY, 1, 2, "on|off ?1|4|16|64?", cmd_timestamps,
	  "Local timestamps behind packets: cycles since the last one, divided by the prescaler."
	  REMEMBERED },
	{ "itm global_timestamps", STAGE_ANY, 1, 1, "off|128|8192|packet", cmd_global_timestamps,
	  "The chip's common time about every 128 or 8192 cycles, or behind each packet: it puts "
	  "the traces of several cores in order." REMEMBERED },
	{ "dwt exceptions", STAGE_ANY, 1, 1, "on|off", cmd_exceptions,
	  "Trace exceptions: entry, exit, return (DWT_CTRL.EXCTRCENA)." REMEMBERED },
	{ "dwt pc_sampling", STAGE_ANY, 1, 1, "off|cycles", cmd_pc_sampling,
	  "Trace the PC every so many cycles: 64 to 16384. Returns the nearest number there is."
	  REMEMBERED },
	{ "dwt counters", STAGE_ANY, 1, 1, "on|off", cmd_counters,
	  "Trace the wrapping of the counters CPI, EXC, SLEEP, LSU and FOLD." REMEMBERED },
	{ "dwt sync", STAGE_ANY, 1, 1, "off|24|26|28", cmd_sync,
	  "A synchronisation packet each time that bit of CYCCNT changes; 24 unless told." REMEMBERED },
	{ 0 }
};
