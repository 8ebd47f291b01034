/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef LATGATE_TRACE_EVENT_SPECS_H
#define LATGATE_TRACE_EVENT_SPECS_H

#include "trace_event.h"

enum { LG_SPEC_FIELDS = 4 };

/* An event by name, and the fields that are read of it, in the order of decode.c. */
struct lg_event_spec {
	const char *system, *name;
	const char *fields[LG_SPEC_FIELDS]; /* NULL ends them */
	lg_u32 texts; /* bit n: field n is text, not a number */
};

/* NULL for no kind. */
const struct lg_event_spec *lg_event_spec(lg_u32 kind);

#endif
