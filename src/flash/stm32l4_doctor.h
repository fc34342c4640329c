/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4 doctor: why does this chip not program?
 *
 * Three steps, so that the middle one can be tested without a chip: read the facts (every register that
 * can be read, nothing is changed), diagnose them (pure; a table of causes with the evidence each needs),
 * print or cure. The same diagnosis is attached to every failed flash operation: the error names the
 * leading cause, its register values in words, and the command that cures it.
 *
 * A cure is harmless if nothing is lost by it and nothing stays different: clearing flags and modes, a
 * reset, wake-up. `--fix` does those. Cures that lose data or change option bytes are only named, unless
 * `confirm` follows.
 *
 * What would itself be a change is not read: flash of a part at RDP level 1 (it shuts it until
 * power-on), a PCROP area (it sets RDERR), and registers whose clock is off while the core runs.
 */
#ifndef FLASH_STM32L4_DOCTOR_H
#define FLASH_STM32L4_DOCTOR_H

#include "flash/stm32l4.h"

/* Registers and the like; their names and places are a table in stm32l4_doctor_facts.c. */
enum stm32l4_fact {
	FACT_DPIDR, FACT_AP_IDR, FACT_AP_CSW, FACT_VTARGET,	/* mV */
	FACT_DHCSR, FACT_PC, FACT_IPSR, FACT_VTOR, FACT_IDCODE, FACT_DBGMCU_CR, FACT_APB1FZR1,
	FACT_OPTR, FACT_SR, FACT_CR, FACT_ACR, FACT_ECCR, FACT_ECC2R, FACT_SFR,
	FACT_SIZE, FACT_STORED_OPTR,		/* the option byte itself, in system memory */
	FACT_RCC_CSR, FACT_RCC_CR, FACT_RCC_CFGR, FACT_RCC_PLLCFGR, FACT_FLASHEN, FACT_HCLK,	/* Hz */
	FACT_MEMRMP, FACT_PWR_CR1, FACT_PWR_SR2, FACT_IWDG_WINR,
	FACT_SP, FACT_RESET_VECTOR, FACT_BANK2_SP,	/* first words of the flash */
	FACT_COUNT
};
enum stm32l4_unread { UNREAD_NOT_THERE, UNREAD_LINK, UNREAD_RESET, UNREAD_BUS, UNREAD_CLOCK, UNREAD_CORE,
		      UNREAD_HARM };
enum stm32l4_link { LINK_OK, LINK_NO_BUS, LINK_SILENT };
enum stm32l4_core { CORE_RUNS, CORE_SLEEPS, CORE_HALTED, CORE_IN_RESET, CORE_LOCKED_UP };

/* The operation that failed; rc OK: none did, the doctor was asked. */
struct stm32l4_failure {
	enum err rc;
	uint32_t sr;			/* the error bits it ended with */
	int sector;			/* NO_ADDRESS: not known, or all */
	bool reads_blank;		/* the sector does */
	uint32_t fresh_resets;		/* flags that RCC_CSR did not have before */
	bool twin_matches;		/* verify: the image stands in the other bank */
};

struct stm32l4_facts {
	const struct stm32l4_line *line;	/* NULL: not identified */
	unsigned bank;				/* number, for commands */
	uint32_t base, span;
	struct stm32l4_geometry g;
	bool has_geometry, is_swapped, is_otp;
	enum stm32l4_link link;
	enum stm32l4_core core;
	char link_error[200];
	uint32_t reg[FACT_COUNT];
	uint64_t has;			/* BIT64(fact): was read */
	uint8_t unread[FACT_COUNT];	/* enum stm32l4_unread */
	bool flash_reads;		/* the first words came without a bus error */
	bool flash_refused;		/* they were asked for, and the bus refused */
	bool was_watched;		/* the firmware was restarted and looked at, for what follows */
	bool flags_came_back;		/* after they were cleared, without an operation */
	bool keys_refused;		/* CR stayed locked after the right keys */
	struct stm32l4_area areas[2 * MAX_AREAS];
	size_t area_count;
	unsigned ecc_sector;		/* of ECCR's address */
	/* An option register that differs from what is stored; name NULL: none does. */
	struct stm32l4_pending {
		const char *name;
		uint32_t now, stored;
	} pending;
	struct stm32l4_failure failure;
};

enum stm32l4_rank { RANK_CAUSE = 1, RANK_LIKELY, RANK_NOTE };

struct stm32l4_finding {
	const char *id;			/* short, for scripts: "rdp1", "stale-errors" */
	enum stm32l4_rank rank;		/* surely the cause; likely; worth knowing */
	bool is_harmless;		/* the cure */
	char why[320], evidence[240], cure[240];
	char loses[120];		/* what the cure destroys; "": nothing */
	char command[160];		/* Tcl that cures it; "": fix, or nothing does */
	enum err (*fix)(struct flash_bank *bank);	/* NULL: command, or told only */
};
enum { MAX_FINDINGS = 24 };

static inline bool fact_known(const struct stm32l4_facts *f, enum stm32l4_fact fact)
{
	return f->has >> fact & 1;
}
/* 0 if it is not known. */
static inline uint32_t fact_of(const struct stm32l4_facts *f, enum stm32l4_fact fact)
{
	return fact_known(f, fact) ? f->reg[fact] : 0;
}

/* Works on a core in any state, also on one that was never examined. Only a lost probe is an error. */
enum err stm32l4_read_facts(struct flash_bank *bank, struct stm32l4_facts *facts);
void stm32l4_describe_facts(const struct stm32l4_facts *facts, struct buf *out);
/* Most important first. */
size_t stm32l4_diagnose(const struct stm32l4_facts *facts, struct stm32l4_finding *findings, size_t max);
/* After a failed operation: adds cause, evidence and next step to the current error. Returns rc. */
enum err stm32l4_attach_diagnosis(struct flash_bank *bank, enum err rc);

/* A row of the table of causes, in the order of the questions to ask; fills the texts if it applies. */
struct stm32l4_rule {
	const char *id;
	bool (*applies)(const struct stm32l4_facts *facts, struct stm32l4_finding *finding);
};
extern const struct stm32l4_rule stm32l4_flash_rules[], stm32l4_system_rules[];	/* end with NULL */
void finding_why(struct stm32l4_finding *finding, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void finding_evidence(struct stm32l4_finding *finding, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The text of the cure; finding_command() also makes it `run "..."`. */
void finding_cure(struct stm32l4_finding *finding, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void finding_command(struct stm32l4_finding *finding, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* stm32l4_doctor_fix.c. The core is halted first where a cure needs it. */
enum err stm32l4_fix_flags(struct flash_bank *bank);	/* SR error bits, CR modes, caches */
enum err stm32l4_fix_power(struct flash_bank *bank);	/* RUN_PD, flash clock, low-power run */
/* Erases and programs a double word of a page that is blank before and after. *page NO_ADDRESS: there is
 * no such page. Leaves the core halted. */
enum err stm32l4_trial(struct flash_bank *bank, int *page);
/* Clears the error bits, lets the firmware start, and looks if they are back. Ends with `reset halt`. */
enum err stm32l4_watch_firmware(struct flash_bank *bank, bool *came_back);
/* The keys are taken? Opens and locks the controller. */
enum err stm32l4_try_keys(struct flash_bank *bank, bool *refused);

extern const struct command stm32l4_doctor_commands[];

#endif
