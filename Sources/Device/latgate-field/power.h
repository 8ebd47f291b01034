/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef LATGATE_FIELD_POWER_H
#define LATGATE_FIELD_POWER_H

#include "rules.h"

/* Fills in what is known of batteries below a directory, such as /sys/class/power_supply. */
void lg_power_look(struct lg_condition_now *now, const char *directory);

#endif
