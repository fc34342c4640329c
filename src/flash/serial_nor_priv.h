/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files serial_nor*.c share. */
#ifndef FLASH_SERIAL_NOR_PRIV_H
#define FLASH_SERIAL_NOR_PRIV_H

#include "flash/serial_nor.h"

/* LUT sequences of a serial flash on one line (four for `quad` data). */
void nor_lut_plain(uint32_t lut[4], uint8_t opcode);
void nor_lut_register(uint32_t lut[4], uint8_t opcode, bool write);
/* Opcode, address, data; the opcode of a flash with four address bytes is translated. */
void nor_lut_addressed(const struct serial_nor *nor, uint32_t lut[4], uint8_t opcode);
void nor_lut_program(const struct serial_nor *nor, uint32_t lut[4], bool quad);
/* 03h, or the fast read that the flash and `quad` allow: 1-1-4, else 1-4-4, else 1-1-1. */
void nor_lut_read(const struct serial_nor *nor, uint32_t lut[4], bool fast, bool quad);

/* One command through the controller. */
enum err nor_send(struct flexspi *fs, const char *name, uint8_t opcode);
enum err nor_read_id(struct flexspi *fs, uint8_t id[3]);
/* Sends 06h and looks whether it was taken. */
enum err nor_write_enable(struct flexspi *fs, const struct serial_nor *nor);
/* Writes the status registers that differ, waits, and reads them back into `now`. */
enum err nor_write_status(struct flexspi *fs, const struct serial_nor *nor, const uint8_t sr[3],
			  struct nor_status *now);

/* HyperFlash (S26KS512S): commands are words written to the array. */
enum err hyper_open(struct flexspi *fs);
enum err hyper_probe(struct flexspi *fs, struct serial_nor *nor);
enum err hyper_wait(struct flexspi *fs, unsigned timeout_ms);
enum err hyper_read_status(struct flexspi *fs, uint16_t *status);
/* A suspended erase or program goes on; wait for it. */
enum err hyper_resume(struct flexspi *fs);
enum err hyper_is_suspended(struct flexspi *fs, bool *yes);
enum err hyper_erase(struct flexspi *fs, uint32_t offset, const struct nor_erase *unit);
enum err hyper_erase_chip(struct flexspi *fs);
enum err hyper_read(struct flexspi *fs, uint32_t offset, uint8_t *dst, size_t n);
enum err hyper_program(struct flexspi *fs, uint32_t offset, const uint8_t *src, size_t n);
void hyper_lut_read(uint32_t lut[4]);

#endif
