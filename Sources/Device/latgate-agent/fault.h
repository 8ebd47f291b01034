/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef LATGATE_AGENT_FAULT_H
#define LATGATE_AGENT_FAULT_H

#include "engine.h"

/* Fills in an error of the agent's own; always returns -1. */
int lg_fault(struct lg_error *err, lg_u32 code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
