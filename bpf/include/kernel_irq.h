/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Interrupt types; see kernel_types.h. */
#ifndef LATGATE_KERNEL_IRQ_H
#define LATGATE_KERNEL_IRQ_H

#include "kernel_types.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct irqaction {
	unsigned int irq;
	const char *name;
};

#pragma clang attribute pop

#endif
