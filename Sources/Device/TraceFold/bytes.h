/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Little-endian numbers in untrusted bytes. The caller has checked the bounds. */
#ifndef LATGATE_TRACE_BYTES_H
#define LATGATE_TRACE_BYTES_H

#include "probe_abi.h"

/* size is 1, 2, 4 or 8. */
static inline lg_u64 lg_bytes_number(const unsigned char *at, lg_u32 size)
{
	lg_u64 value = 0;

	for (lg_u32 i = size; i > 0; i--)
		value = value << 8 | at[i - 1];
	return value;
}

static inline lg_u32 lg_bytes_u32(const unsigned char *at)
{
	return (lg_u32)at[0] | (lg_u32)at[1] << 8 | (lg_u32)at[2] << 16 | (lg_u32)at[3] << 24;
}

#endif
