/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the handlers of all boards' control verbs share (struct vb_control_verb, board.h). */
#ifndef VB_CHIP_VERBS_H
#define VB_CHIP_VERBS_H

#include "vboard/device/serial_port.h"

#define VERB_ARGS                                                                                  \
	struct vb_board *board, void *ctx, int argc, char **argv, FILE *out, char *error,          \
		size_t error_size

/* Puts the sentence into `error`; always false, so that a handler can return it. */
bool vb_refuse(char *error, size_t error_size, const char *text);
/* Decimal, 0x hex or 0 octal, 32 bits. False with a sentence in `error`. */
bool vb_number(const char *text, uint32_t *value, char *error, size_t error_size);
/* The JSON word. */
const char *vb_truth(bool value);
/* The verb `uart-rx TEXT...`. */
bool vb_type(struct serial_port *port, int argc, char **argv, FILE *out, char *error,
	     size_t error_size);

#endif
