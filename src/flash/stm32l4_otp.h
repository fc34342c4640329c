/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4: the OTP area as a bank. Reading is that of any bank. Writing is refused until
 * `stm32l4x otp BANK enable`, or goes through `stm32l4x otp BANK write`, whose plan must be
 * confirmed by a token that belongs to this chip, its contents and this file. In either case used
 * units are refused before anything is touched, and so are files that cover a unit only in part.
 */
#ifndef FLASH_STM32L4_OTP_H
#define FLASH_STM32L4_OTP_H

#include "flash/stm32l4.h"

/* Before steps are carried out. ERR_REFUSED: a used unit. Units that hold their data are left out.
 */
enum err stm32l4_otp_check(struct flash_bank *bank, const struct flash_step *steps, size_t count);
/* For `flash plan`: free, used, left alone; nothing for a bank that is no OTP. */
enum err stm32l4_otp_objections(struct flash_bank *bank, const struct flash_step *steps,
				size_t count, struct buf *lines);
/* The verb: argv[2] is "write", the file and so on follow. Without `confirm` it returns the plan.
 */
enum err stm32l4_otp_write(struct call *c, struct flash_bank *bank);

#endif
