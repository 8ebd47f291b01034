/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef LATGATE_LOAD_FUTEX_WORD_H
#define LATGATE_LOAD_FUTEX_WORD_H

#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe_abi.h"

/* 32-bit builds whose libc has 64-bit time know the call by another name; no time-out is passed. */
#ifndef SYS_futex
#define SYS_futex SYS_futex_time64
#endif

/* Sleeps while *word is `value`; may return early. */
static inline void lg_futex_wait(lg_u32 *word, lg_u32 value)
{
	syscall(SYS_futex, word, FUTEX_WAIT, value, NULL, NULL, 0);
}

static inline void lg_futex_wake(lg_u32 *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

#endif
