/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the SWO trace share. Nobody else includes it. */
#ifndef TRACE_SWO_PRIV_H
#define TRACE_SWO_PRIV_H

#include <stdio.h>

#include "adapter/swo.h"
#include "trace/itm.h"
#include "trace/swo.h"
#include "trace/swo_regs.h"
#include "trace/trace_priv.h"

enum tpiu_protocol { TPIU_SYNC, TPIU_UART, TPIU_MANCHESTER };
enum tpiu_event { TPIU_PRE_ENABLE, TPIU_POST_ENABLE, TPIU_PRE_DISABLE, TPIU_POST_DISABLE, TPIU_EVENTS };
enum tpiu_reg { REG_CSPSR, REG_ACPR, REG_SPPR, REG_FFCR, TPIU_REGS };

/* Where bytes go: "external" (nowhere), "-", a file, ":PORT". */
struct swo_out {
	char *spec;
	FILE *file;
	bool is_drop_told;		/* of the file, a FIFO nobody reads */
	struct trace_port *port;
	struct trace_room *trace;
	struct target *target;		/* for LOSS records; may be NULL */
};

struct swo_counts {
	uint64_t bytes, packets, overflows, gaps, syncs, skipped, exceptions, samples;
	uint64_t strange;		/* packets that no manual names */
	uint64_t ports[32];		/* software packets; pages beyond the first fold */
};

/* A stream on its way to packets. Time is that of the core's clock. */
#define SWO_HELD_MAX 32u
struct swo_stream {
	struct swo_room *room;
	struct target *target;		/* whose ITM it is; may be NULL */
	bool is_framed;
	uint8_t atb_id;			/* of the ITM in framed data; 0: any */
	struct tpiu_frames frames;
	struct itm_decoder itm;
	struct swo_counts counts;
	uint64_t ticks;
	struct itm_global global;
	uint32_t tick_scale;		/* cycles of one tick of a local timestamp */
	bool has_time;			/* the stream brings timestamps: packets wait for theirs */
	struct itm_packet held[SWO_HELD_MAX];
	unsigned held_count;
	struct loop_timer *flush_timer;
};

struct tpiu {
	struct tpiu *next;
	struct swo_room *room;
	char *name;
	bool is_swo;			/* made with `swo create` */
	struct dap *dap;
	int ap_num;
	uint32_t base;
	enum tpiu_protocol protocol;
	char *output;
	uint32_t traceclk, pin_freq, port_width;
	bool has_formatter;
	bool has_own_clock;		/* TRACECLKIN is not the core's clock */
	char *handlers[TPIU_EVENTS];
	bool is_enabled, is_deferred, is_captured, is_changed;
	bool is_programmed;		/* `found` is to be put back */
	uint32_t regs[TPIU_REGS];	/* as programmed */
	uint32_t found[TPIU_REGS];	/* as they were */
	uint32_t baud;			/* of the pin */
	struct swo_out out;
	struct swo_stream stream;
	struct loop_timer *watch;
};

#define SWO_COMPARATORS 16u

/* What the user asked of one core's ITM and DWT, and what was there before. */
struct itm_setup {
	struct itm_setup *next;
	struct target *target;
	bool is_used, is_written;	/* a port was switched; the registers are ours */
	uint32_t ter;
	uint32_t tcr, ctrl, ctrl_mask;	/* bits of DWT_CTRL that were asked for */
	bool is_sampling;		/* PCs, through this room's verbs */
	uint32_t traced[SWO_COMPARATORS];	/* `dwt trace`: address of each comparator, 0: none */
	uint32_t found_ter, found_tcr, found_ctrl;
	uint32_t kept[3];		/* ITM_TER, ITM_TCR, DWT_CTRL when the reset began */
	bool has_kept;
};

struct swo_text;
struct swo_profile;
struct swo_uart;

struct swo_room {
	struct trace_room *trace;
	struct target_list *targets;
	struct script *script;
	struct loop *loop;
	struct tpiu *first;
	struct itm_setup *itms;
	struct swo_text *texts;
	struct swo_profile *profile;
	struct swo_uart *uart;
	swo_raw_fn raw;
	void *raw_ctx;
	bool is_initialised;
};

/* tpiu.c */
extern const struct command tpiu_commands[];
extern const char *const tpiu_protocols[], *const tpiu_event_names[];
enum err tpiu_create(struct swo_room *room, const char *name, bool is_swo, struct tpiu **made);
enum err tpiu_set(struct tpiu *tpiu, const char *option, const char *value);
void tpiu_free(struct tpiu *tpiu);
/* The core it belongs to, the first one on its DAP; NULL: none. */
struct target *tpiu_target(const struct tpiu *tpiu);
/* The one that serves where the user named none; made if there is none. */
enum err tpiu_default(struct swo_room *room, struct tpiu **tpiu);

/* tpiu_config.c */
enum err tpiu_config(struct call *c);

/* tpiu_enable.c */
enum err tpiu_enable(struct tpiu *tpiu);
enum err tpiu_disable(struct tpiu *tpiu);
/* After a reset or a power loss: what is gone is written again. */
void tpiu_rearm(struct tpiu *tpiu);
/* Bits per second and ACPR for it; *per_mille: how far off. ERR_ARGUMENT. */
enum err tpiu_divide(uint32_t traceclk, uint32_t wanted, uint32_t *acpr, uint32_t *real);

/* itm_setup.c */
extern const struct command itm_commands[];
struct itm_setup *itm_setup_of(struct swo_room *room, struct target *t);
/* Writes what was asked for; nothing if nothing was. */
enum err itm_setup_write(struct itm_setup *s);
void itm_setup_reset_begins(struct itm_setup *s);
void itm_setup_rearm(struct itm_setup *s);
void itm_setup_undo(struct itm_setup *s);
/* Whether the stream has timestamps and what they count, from the registers. */
void itm_learn_time(struct tpiu *tpiu);

/* dwt_trace.c. What a comparator traces; 0: not known. */
uint32_t dwt_traced_address(const struct swo_stream *s, unsigned comparator);
extern const struct command dwt_commands[];

/* swo_doctor.c */
extern const struct command swo_doctor_commands[];
/* Pure. So much of what came is no trace that the receiver must be wrong: `enabled` is ITM_TER. */
bool swo_is_garbage(const struct swo_counts *n, unsigned skipped, uint32_t enabled, unsigned *percent);
/* A core's clock that people use, near `hz`; else `hz` rounded. */
uint32_t swo_nice_clock(uint32_t hz);
/* Tells once, in the log, that the stream is garbage. */
void swo_watch_start(struct tpiu *tpiu);
void swo_watch_stop(struct tpiu *tpiu);

/* swo_output.c. `name` is of the log lines. */
enum err swo_out_open(struct swo_room *room, struct swo_out *out, const char *spec, const char *name,
		      struct target *t);
void swo_out_put(struct swo_out *out, const void *data, size_t n);
void swo_out_close(struct swo_out *out);

/* swo_decode.c */
void swo_stream_put(struct swo_stream *s, const uint8_t *data, size_t n, bool lost);
void swo_stream_end(struct swo_stream *s);
/* Bytes of a capture: to the object's output, to those who ask for raw bytes, to the decoder. */
void swo_arrived(struct tpiu *tpiu, const uint8_t *data, size_t n, bool lost);

/* swo_text.c */
extern const struct command swo_text_commands[];
void swo_text_packet(struct swo_room *room, const struct swo_stream *s, const struct itm_packet *p);
void swo_text_free_all(struct swo_room *room);

/* swo_uart.c */
extern const struct command swo_uart_commands[];
void swo_uart_stop(struct swo_room *room);

/* swo_profile.c */
extern const struct command swo_profile_commands[];
struct swo_profile *swo_profile_new(struct swo_room *room);
void swo_profile_free(struct swo_profile *p);
void swo_profile_sample(struct swo_profile *p, uint32_t pc);
void swo_profile_asleep(struct swo_profile *p);

#endif
