/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* How long the host may still be silent. Arithmetic only: the caller has the clock. */
#ifndef LATGATE_WATCHDOG_H
#define LATGATE_WATCHDOG_H

#include <stdint.h>

enum { LG_WATCHDOG_DEFAULT_MS = 30000 }; /* until HELLO names another, and for SILENCE_MS 0 */

struct lg_watchdog {
	uint64_t silence_ns;
	uint64_t heard_ns; /* the last whole frame, or the end of the last step */
};

void lg_watchdog_set(struct lg_watchdog *watchdog, uint32_t silence_ms);
void lg_watchdog_heard(struct lg_watchdog *watchdog, uint64_t now_ns);
/* 0 = expired. A clock that went backwards gives the whole time again, never more. */
uint64_t lg_watchdog_left_ns(const struct lg_watchdog *watchdog, uint64_t now_ns);

#endif
