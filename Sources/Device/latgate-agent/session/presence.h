/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Whether a device has a session already: hosts that do not know of each other find out here. */
#ifndef LATGATE_AGENT_PRESENCE_H
#define LATGATE_AGENT_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Takes the device for this process until the descriptor is closed; -1 when it
 * cannot. `other` then says who has it, or is empty where that is not known.
 */
int lg_presence_take(char *other, size_t size);

#endif
