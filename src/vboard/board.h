/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_board: one virtual board: clock, bus, CPU, debug port and a chip, wired together.
 *
 * A chip (chip/NAME.c) is a struct vb_chip: it fills the memory map, creates its devices and
 * answers the control port for what only it knows (options, flash contents, peripherals). A front
 * (front/NAME.c) drives the pins through the functions below; board.c owns reset and power.
 */
#ifndef VB_BOARD_H
#define VB_BOARD_H

#include <stdio.h>

#include "vboard/core/bus.h"
#include "vboard/core/clock.h"
#include "vboard/core/cpu.h"
#include "vboard/core/dp.h"
#include "vboard/core/dp_link.h"

struct vb_board;

enum vb_reset { VB_RESET_POWER_ON, VB_RESET_NRST, VB_RESET_SYSTEM, VB_RESET_IWDG, VB_RESET_WWDG,
		VB_RESET_OPTION_LOAD, VB_RESET_LOW_POWER,
		/* i.MX RT: WDOG1/2, RTWDOG, SRC_SCR.CORE0_RST and VECTRESET (peripherals keep running) */
		VB_RESET_WDOG, VB_RESET_RTWDOG, VB_RESET_CORE, VB_RESET_LOCKUP };

/*
 * A control-port verb of the chip or of a device: argv[0] is the verb. Writes one JSON value to
 * `out` on success. On failure returns false with a sentence in `error`.
 */
struct vb_control_verb {
	const char *name, *usage, *help;
	bool (*run)(struct vb_board *board, void *ctx, int argc, char **argv, FILE *out,
		    char *error, size_t error_size);
};

struct vb_chip {
	const char *board_name;		/* "nucleo-l476rg": the command line's word */
	const char *help;
	const void *part;		/* for a family of chips with one create(): this one's table */
	size_t priv_size;
	bool (*create)(struct vb_board *board, void *priv);	/* regions, cpu, dp, devices */
	void (*destroy)(struct vb_board *board, void *priv);
	/* The chip's part of a reset; the CPU and DP are reset by board.c afterwards. */
	void (*reset)(struct vb_board *board, void *priv, enum vb_reset kind);
	/* Optional: nRST has risen; from when it fell the chip stood in reset. */
	void (*released)(struct vb_board *board, void *priv);
	/* Non-volatile state: flash, option bytes, OTP. Returns false with a message on stderr.
	 * load() ends with a power-on reset, for that is when options count. */
	bool (*save)(struct vb_board *board, void *priv, FILE *f);
	bool (*load)(struct vb_board *board, void *priv, FILE *f);
	const struct vb_control_verb *verbs;	/* ends with a NULL name */
	void (*stats)(struct vb_board *board, void *priv, FILE *out);	/* `,"key":value` pairs */
	/* States to start from (`--preset NAME`, verb `preset`): what somebody did to the board before.
	 * Optional; ends with a NULL name. */
	const struct vb_preset {
		const char *name, *help;
		bool (*set)(struct vb_board *board, void *priv, const char *preset, char *error,
			    size_t error_size);
		/* Optional, for a table that several chips share: what this one lacks for it, or NULL.
		 * Such a preset is not listed; set() refuses it and says why. */
		const char *(*lacks)(struct vb_board *board, void *priv, const char *preset);
	} *presets;
	/* Another chip of the same wafer: its unique id differs. The first one is unit 0. */
	void (*set_unit)(struct vb_board *board, void *priv, unsigned unit);
};

struct vb_board {
	const struct vb_chip *chip;
	void *priv;
	struct vb_clock *clock;
	struct vb_bus *bus;
	struct vb_cpu *cpu;		/* set by chip->create */
	/* The same, of a chip with two cores; NULL: it has one. The branch is the bus as cpu2 sees it. */
	struct vb_cpu *cpu2;
	struct vb_bus *branch;
	bool cpu2_is_off;		/* not clocked: nobody has started it yet */
	struct vb_dp *dp;		/* set by chip->create */
	struct vb_link *link;		/* the debug pins; board.c's */
	struct vb_swo *swo;		/* core/swo.h; NULL: the chip has no SWO */
	struct vb_uart *uart;		/* core/uart_wire.h: the board's first UART; NULL: none */
	bool powered;
	bool nrst_low;			/* the chip's pin */
	bool nrst_driven, nrst_held;	/* low by the probe; by somebody else */
	unsigned millivolts;		/* the supply, 3300 if nothing else is said */
	/* The control port's: pulls the probe's cable. May be NULL. */
	void (*unplug)(void *ctx);
	void *unplug_ctx;
	const char *state_file;		/* NULL: volatile */
	const char *uart_path;		/* where the board's first UART prints; NULL: nowhere */
};

extern const struct vb_chip *const vb_chips[];		/* ends with NULL */

struct vb_board *vb_board_new(const struct vb_chip *chip);
void vb_board_free(struct vb_board *board);
/* Does what the kind of reset does on hardware, chip first, then CPU (and DP on power-on). */
void vb_board_reset(struct vb_board *board, enum vb_reset kind);
/* Clocks the second core and lets it out of reset, or back. */
void vb_board_start_cpu2(struct vb_board *board, bool on);
/* The probe's reset line, and somebody else's hand on it. */
void vb_board_set_nrst(struct vb_board *board, bool low);
void vb_board_hold_nrst(struct vb_board *board, bool low);
/* nRST as the probe reads it back: past an open wire that is only itself. */
bool vb_board_nrst_at_probe(const struct vb_board *board);
/* Another cable between probe and board; the reset line is in it. */
void vb_board_set_wire(struct vb_board *board, const struct vb_wire *wire);
/* Puts the board into one of the chip's presets; false with a sentence in `error`. */
bool vb_board_preset(struct vb_board *board, const char *name, char *error, size_t error_size);
void vb_board_set_power(struct vb_board *board, bool on);
/* VTref as a probe measures it: 0 while the board is off. */
unsigned vb_board_millivolts(const struct vb_board *board);

#endif
