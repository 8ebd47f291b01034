/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * A metric of spans or of single events as data: what the host compiles from a manifest's table and
 * TraceFold interprets, in the agent (LG_ATTR_SPANS) and on the host.
 *
 * Little-endian, without gaps. A text is a u8 length, not 0, and so many bytes;
 * names of events and fields have letters, digits and '_' only.
 *
 *	u16 version              LG_SPANS_VERSION
 *	u8  kind                 LG_KIND_… (probe_abi.h)
 *	u8  flags                LG_SPANS_BY_…, _CLASS, _KEEP_…, _UNMATCHED_IGNORED, _SINGLE
 *	u32 stamps               operations in flight; LG_SPANS_BY_CPU: on each CPU
 *	u32 labels
 *	text metric              as in the manifest, such as fsync.latency
 *	u8  fields, each         text name, u8 LG_SPANS_FIELD_… flags
 *	u8  by, each             u8 field: with the flags, what ties an end to its start
 *	u8  name                 u8 field of the starts that names a label, or LG_SPANS_NONE
 *	u8  conditions, each     u8 field, u8 place, u8 count, u64 values: one of them; place is
 *	                         LG_SPANS_BOTH, or 2 * span, and 1 more for its end
 *	u8  value                u8 field of a single event that is recorded or added up, or LG_SPANS_NONE:
 *	                         the span's duration, or 1
 *	u32 rows                 of LG_KIND_EVENTS, on each CPU; else 0
 *	u64 threshold            ns: of spans as long a row is made; else 0
 *	u8  columns, each        u8 source: a field of the end, or LG_SPANS_FROM_…
 *	u8  key                  labels, 4 bytes each; LG_KIND_HISTOGRAM has some, LG_KIND_EVENTS none
 *	u8  spans, each          text system, text event of the start (not with LG_SPANS_SINGLE), the
 *	                         same of the end, u8 LG_SPANS_OPTIONAL or 0, and for each label of the
 *	                         key u8 source (a field of the end, or LG_SPANS_…), u32 constant
 *
 * Fields are those of the events' own formats, by name.
 */
#ifndef LATGATE_SPAN_DECLARATION_H
#define LATGATE_SPAN_DECLARATION_H

enum {
	LG_SPANS_VERSION = 3,

	LG_SPANS_BY_THREAD = 1, /* the thread that the events are of */
	LG_SPANS_BY_CPU = 2,
	LG_SPANS_CLASS = 4, /* whose thread began an operation matters */
	LG_SPANS_KEEP_FIRST = 8, /* a start while in flight continues the operation */
	LG_SPANS_KEEP_LAST = 32, /* a start while in flight begins anew, without a loss */
	LG_SPANS_UNMATCHED_IGNORED = 16, /* an end without a start is nothing */
	LG_SPANS_SINGLE = 64, /* events of their own: each ends when it begins */

	LG_SPANS_FIELD_WIDE = 1, /* 8 bytes count; else the lower 4 */
	LG_SPANS_FIELD_TEXT = 2,

	LG_SPANS_OPTIONAL = 1, /* a kernel without the events is fine */

	LG_SPANS_BOTH = 0xff, /* place: both events of every span */
	LG_SPANS_NONE = 0xff, /* for `name`: no field */
	LG_SPANS_FROM_CLASS = 0xfe, /* source: the start's class */
	LG_SPANS_FROM_CONSTANT = 0xfd, /* source: the constant */
	/* Sources of columns. A field that is text has LG_NAME_LEN bytes in the row. */
	LG_SPANS_FROM_DURATION = 0xfc, /* ns, of spans */
	LG_SPANS_FROM_THREAD = 0xfb, /* its number */
	LG_SPANS_FROM_CPU = 0xfa,

	/* The most there may be of each. */
	LG_SPANS_BYTES = 16 << 10,
	LG_SPANS_TEXT = 47, /* bytes of a name of the kernel */
	LG_SPANS_METRIC = 127, /* bytes of the metric's name */
	LG_SPANS_FIELDS = 24,
	LG_SPANS_BY_FIELDS = 3,
	LG_SPANS_CONDITIONS = 8,
	LG_SPANS_VALUES = 64, /* of all conditions together */
	LG_SPANS_LABELS = 6,
	LG_SPANS_COLUMNS = 12,
	LG_SPANS_SPANS = 16,
	LG_SPANS_EVENT_FIELDS = 8, /* that are read of one event */
	LG_SPANS_ENTRIES = 1 << 16, /* stamps, and labels */
};

#endif
