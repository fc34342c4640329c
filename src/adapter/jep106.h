/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Manufacturer names by JEP106 code: continuation count in [10:7], identity in [6:0]. */
#ifndef ADAPTER_JEP106_H
#define ADAPTER_JEP106_H

/* "<unknown>" for those the table does not have. */
const char *jep106_name(unsigned code);

#endif
