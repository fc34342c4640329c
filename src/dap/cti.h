/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cti: CoreSight cross trigger interfaces (ARM DDI 0480, CoreSight SoC-400; ARM 100806, SoC-600), declared
 * with `cti create` and found by name. Nothing is known of what a core's triggers are wired to: that is
 * target/'s. The debug port is connected on first use; then it is looked whether a CTI answers there, how
 * many channels it has, and a warning says if none does.
 *
 * Writes unlock the registers (LAR) in the same round trip.
 */
#ifndef DAP_CTI_H
#define DAP_CTI_H

#include "dap/dap.h"

struct cti {
	char *name;
	struct dap *dap;
	uint8_t apsel;
	uint32_t base;
	bool is_known;			/* it has been looked at */
	unsigned channels, triggers;
	struct cti *next;
};

/* Offsets. CTIINENn and CTIOUTENn: a bit per channel, for trigger n. */
#define CTI_CONTROL	0x000u		/* bit 0: GLBEN */
#define CTI_INTACK	0x010u
#define CTI_APPSET	0x014u
#define CTI_APPCLEAR	0x018u
#define CTI_APPPULSE	0x01cu
#define CTI_INEN(n)	(0x020u + 4u * (n))
#define CTI_OUTEN(n)	(0x0a0u + 4u * (n))
#define CTI_TRIGINSTATUS  0x130u
#define CTI_TRIGOUTSTATUS 0x134u
#define CTI_CHINSTATUS	0x138u
#define CTI_CHOUTSTATUS	0x13cu
#define CTI_GATE	0x140u
#define CTI_ITCTRL	0xf00u
#define CTI_LAR		0xfb0u
#define CTI_DEVID	0xfc8u
#define CTI_DEVTYPE	0xfccu
#define CTI_LAR_KEY	0xc5acce55u

struct cti_write {
	uint32_t offset, value;
};

/* NULL: there is none of this name. */
struct cti *cti_find(const struct dap_list *list, const char *name);
/* Contact, and what is_known tells of. Idempotent. */
enum err cti_look(struct cti *cti);
enum err cti_read(struct cti *cti, const uint32_t *offsets, uint32_t *values, size_t count);
enum err cti_write(struct cti *cti, const struct cti_write *writes, size_t count);

void cti_register_commands(struct dap_list *list);
void cti_free_all(struct dap_list *list);

#endif
