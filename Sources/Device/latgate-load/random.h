/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef LATGATE_LOAD_RANDOM_H
#define LATGATE_LOAD_RANDOM_H

#include "probe_abi.h"

/* xorshift64: the same sequence in every run from the same state, which must not be 0. */
static inline lg_u64 lg_random(lg_u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif
