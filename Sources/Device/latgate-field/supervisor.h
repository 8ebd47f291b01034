/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The process that stays. It decides when there is a poll or a window, and lets
 * others do it: those read what comes from outside, and when one of them dies
 * or overruns, this one is left to take note of it. Between two polls it
 * sleeps on one timer.
 */
#ifndef LATGATE_FIELD_SUPERVISOR_H
#define LATGATE_FIELD_SUPERVISOR_H

#include "config.h"

/* Until SIGTERM; the exit code. */
int lg_supervise(const struct lg_config *config);

#endif
