/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files ocotp*.c share, and what the doctor (imxrt_doctor*.c) knows of fuses and clocks by. */
#ifndef FLASH_OCOTP_PRIV_H
#define FLASH_OCOTP_PRIV_H

#include "dap/guard.h"
#include "flash/imxrt_regs.h"
#include "flash/ocotp.h"

/* Registers (IMXRT1064RM "OCOTP Memory Map"). CTRL has SET, CLR and TOG behind it. */
#define OCOTP_CTRL	    (OCOTP_BASE + 0x00u)
#define   CTRL_ADDR	      0x3fu
#define   CTRL_BUSY	      BIT(8)
#define   CTRL_ERROR	      BIT(9)
#define   CTRL_RELOAD	      BIT(10)
#define   CTRL_KEY	      0xffff0000u
#define   CTRL_UNLOCK	      0x3e770000u
#define OCOTP_CTRL_SET	    (OCOTP_BASE + 0x04u)
#define OCOTP_CTRL_CLR	    (OCOTP_BASE + 0x08u)
#define OCOTP_TIMING	    (OCOTP_BASE + 0x10u)
#define OCOTP_DATA	    (OCOTP_BASE + 0x20u)
#define OCOTP_READ_CTRL	    (OCOTP_BASE + 0x30u)
#define OCOTP_READ_DATA	    (OCOTP_BASE + 0x40u)
#define OCOTP_SW_STICKY	    (OCOTP_BASE + 0x50u)
#define OCOTP_LAST	    0x401f7fffu	/* of its place on the bus */
#define READ_LOCKED	    0xbadabadau

#define MAX_WORDS	    64u
#define WORD_LOCK	    0x00u
#define WORD_BOOT_CFG0	    0x05u
#define WORD_BOOT_CFG1	    0x06u
#define WORD_BOOT_CFG2	    0x07u
#define WORD_MISC_CONF0	    0x2du

/* Bits of word 6 (IMXRT1064RM "Fusemap", 0x460). */
#define CFG1_SEC_CONFIG	    BIT(1)
#define CFG1_BT_FUSE_SEL    BIT(4)
#define CFG1_FORCE_INTERNAL BIT(16)
#define CFG1_SDP_DISABLE    BIT(17)
#define CFG1_JTAG_ONLY	    BIT(19)
#define CFG1_SJC_DISABLE    BIT(20)
#define CFG1_JTAG_SMODE	    (3u << 22)

/* ocotp_tables.c */
struct fuse_lock {
	uint8_t first, last;		/* words it covers */
	uint8_t lsb, bits;		/* in LOCK; 2 bits: write, override; 1 bit: both */
	bool locks_read;
	const char *name;
};
/* Ends with name NULL. */
const struct fuse_lock *ocotp_locks(const struct imxrt_part *part);
/* OTPMK, which nobody can read. */
static inline bool ocotp_is_secret(unsigned word)
{
	return word >= 0x10 && word <= 0x17;
}
bool ocotp_has_word(const struct imxrt_part *part, unsigned word);
/* A field by name, a word by name, number or address (0x460). *field NULL: the whole word. */
enum err ocotp_find(const struct imxrt_part *part, const char *text, unsigned *word,
		    const struct fuse_field **field);
/* "0x460 (word 0x06, BOOT_CFG1)" */
void ocotp_format_word(const struct imxrt_part *part, unsigned word, char *text, size_t size);
static inline unsigned ocotp_fuse_address(unsigned word)
{
	return word < 0x30 ? 0x400 + 0x10 * word : 0x800 + 0x10 * (word - 0x30);
}
static inline uint32_t ocotp_field_mask(const struct fuse_field *f)
{
	return (0xffffffffu >> (31 - (f->msb - f->lsb))) << f->lsb;
}
struct lock_state {
	bool write, override, read;	/* forbidden */
	const char *name;		/* of the lock's field; NULL: this word has none */
	uint32_t value;
};
void ocotp_lock_state(const struct imxrt_part *part, uint32_t lock, unsigned word,
		      struct lock_state *state);

/* ocotp_timing.c: pure, and the clock it is for. */
struct ocotp_clock {
	uint32_t ccsr, cacrr, cbcdr, cbcmr, pll_arm, pll_usb1, pll_sys, pll_enet, pfd_480, pfd_528;
};
enum err ocotp_read_clock(struct mem_ap *ap, struct ocotp_clock *clock);
/* False: the manuals give this setting two meanings, or none. */
bool ocotp_ipg_is_certain(const struct imxrt_part *part, const struct ocotp_clock *clock);
/* ERR_UNSUPPORTED: no clock the controller can have. */
enum err ocotp_ipg_hz(const struct imxrt_part *part, const struct ocotp_clock *clock, uint32_t *hz);
/* `keep`: the register's other bits. ERR_UNSUPPORTED: no setting keeps the limits at this clock. */
enum err ocotp_timing(uint32_t ipg_hz, uint32_t keep, uint32_t *timing);

/* ocotp.c: the controller */
struct dap_guard *ocotp_guard_of(struct dap *dap);
struct ocotp {
	struct target *target;
	struct mem_ap *ap;
	const struct imxrt_chip *chip;
	struct dap_guard *guard;
	uint32_t ccgr2, timing;		/* as found */
	uint32_t ipg_hz, new_timing;
	struct ocotp_clock clock;
	bool gate_was_shut, clock_was_moved;
};
/*
 * Opens the clock gate, sets TIMING for the clock that runs; ocotp_leave() puts both back. A clock that
 * is not certain does for reading, where more time does no harm; before burning (the core is halted) it
 * is moved to the crystal. The guard is open only inside the functions below.
 */
enum ocotp_purpose { OCOTP_TO_READ, OCOTP_TO_BURN };
enum err ocotp_enter(struct ocotp *o, struct target *t, const struct imxrt_chip *chip,
		     enum ocotp_purpose purpose);
enum err ocotp_leave(struct ocotp *o);
/* All words that the part has, as fuses and as shadow registers. Read-locked ones: `locked`. */
struct fuse_image {
	uint32_t shadow[MAX_WORDS], fuse[MAX_WORDS];
	bool locked[MAX_WORDS];
	bool has_fuses;			/* they were sensed */
};
enum err ocotp_read_shadows(struct target *t, const struct imxrt_chip *chip, struct fuse_image *image);
enum err ocotp_sense_words(struct ocotp *o, const uint8_t *words, size_t count,
			   struct fuse_image *image);
enum err ocotp_sense_all(struct target *t, const struct imxrt_chip *chip, struct fuse_image *image);
enum err ocotp_wait_idle(struct ocotp *o, uint32_t wanted_clear, unsigned timeout_ms,
			 const char *what);
/* A register of the controller, through the guard. */
enum err ocotp_write(struct ocotp *o, uint32_t reg, uint32_t value);

/* ocotp_plan.c: what burning would do. Pure. */
struct fuse_danger {
	char name[32];			/* of `allow` */
	char why[200];
};
struct fuse_plan {
	const struct imxrt_chip *chip;
	unsigned word;
	uint32_t now, wanted, bits;	/* of the word; bits: to be burnt */
	uint32_t shadow, lock;
	uint32_t others[MAX_WORDS];	/* the other words as fuses */
	struct fuse_danger dangers[12];
	size_t danger_count;
	char token[40];
};
/* `value` is the field's, or the word's if field is NULL. ERR_REFUSED with why: a bit would have to go
 * back to 0, all is there already, the word is locked, the word is not for burning. */
enum err fuse_plan_make(const struct imxrt_chip *chip, const struct fuse_image *image, unsigned word,
			const struct fuse_field *field, uint32_t value, struct fuse_plan *plan);
void fuse_plan_describe(const struct fuse_plan *plan, struct buf *out);
/* ERR_REFUSED unless every danger is among `allowed`. */
enum err fuse_plan_check_allowed(const struct fuse_plan *plan, const char *const *allowed,
				 size_t count);
const char *ocotp_field_meaning(const struct fuse_field *field, uint32_t word_value);

/* ocotp_program.c: carries a plan out, with its audit lines. */
#define FUSE_LOG "probed-fuses.log"	/* where the room has no other name for it */
enum err fuse_burn(struct target *t, const struct fuse_plan *plan, const char *log_path,
		   struct buf *out);
/* What an earlier attempt on this word of this chip left behind; nothing if it ended well. */
void fuse_log_explain(const char *log_path, const struct imxrt_chip *chip, unsigned word, uint32_t now,
		      struct buf *out);

/* ocotp_boot.c */
bool ocotp_debug_is_open(uint32_t boot_cfg1);

#endif
