/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef LATGATE_TRACE_FORMAT_FIELD_H
#define LATGATE_TRACE_FORMAT_FIELD_H

#include "text.h"
#include "trace_format.h"

enum { LG_TRACE_RECORD_MAX = 64 << 10 }; /* bytes: no offset or size lies beyond */

/*
 * Reads what follows `field:` on a line, such as
 * `char prev_comm[16];	offset:8;	size:16;	signed:0;`. NULL, or what is wrong.
 */
const char *lg_format_field(struct lg_text line, struct lg_trace_field *out);

#endif
