/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Metrics that are declared as data (span_declaration.h), beside those that the
 * library knows, and the events they are made from. The set grows only; what is
 * wanted of it, and which events there are, is given to each fold.
 */
#ifndef LATGATE_TRACE_DECLARED_H
#define LATGATE_TRACE_DECLARED_H

#include <stdbool.h>
#include <stddef.h>

#include "probe_abi.h"
#include "span_declaration.h"

enum {
	LG_DECLARED_METRICS = 128, /* in a set */
	LG_DECLARED_EVENTS = 128,
};

struct lg_declared;

/* NULL without memory. */
struct lg_declared *lg_declared_new(void);
void lg_declared_free(struct lg_declared *declared); /* NULL is fine */

/*
 * Adds a metric; its number, from 0 on, or -1: *fault is static text then. The
 * bytes are untrusted. Folds that use the set keep working.
 */
int lg_declared_add(struct lg_declared *declared, const unsigned char *bytes, size_t size,
		    const char **fault);

struct lg_declared_metric {
	const char *name;
	lg_u32 kind; /* LG_KIND_* */
	size_t key_size; /* bytes */
	bool by_class; /* truer where births of threads are seen */
};

lg_u32 lg_declared_metrics(const struct lg_declared *declared);
/* False beyond the last. */
bool lg_declared_metric(const struct lg_declared *declared, lg_u32 metric,
			struct lg_declared_metric *out);

/* An event, and the fields that are read of it. */
struct lg_declared_event {
	char system[LG_SPANS_TEXT + 1], name[LG_SPANS_TEXT + 1];
	lg_u32 field_count;
	char fields[LG_SPANS_EVENT_FIELDS][LG_SPANS_TEXT + 1];
	lg_u32 texts; /* bit n: field n is text, not a number; at most one is */
};

lg_u32 lg_declared_events(const struct lg_declared *declared);
/* NULL beyond the last. */
const struct lg_declared_event *lg_declared_event(const struct lg_declared *declared, lg_u32 event);

/*
 * `present` says of each event by its number what there is: 0, or
 * LG_DECLARED_PRESENT with bit n for each field n that it has. A metric can be
 * folded when every span that is not optional, and at least one, has both its
 * events and what it reads of them.
 */
enum { LG_DECLARED_PRESENT = 1 << 8 };
bool lg_declared_possible(const struct lg_declared *declared, lg_u32 metric, const lg_u32 *present);
/*
 * Whether a metric is made from an event: with `present`, as part of a span
 * that is whole; with NULL, of any.
 */
bool lg_declared_uses(const struct lg_declared *declared, lg_u32 metric, lg_u32 event,
		      const lg_u32 *present);
/* A field that a metric reads of an event and that is not present; NULL: none. */
const char *lg_declared_lacking(const struct lg_declared *declared, lg_u32 metric, lg_u32 event,
				lg_u32 present);

#endif
