/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What a device sends: the bytes of a report, version 1. They name no device,
 * process, user, file or address, and hold neither sums nor largest values.
 */
#ifndef LATGATE_FIELD_REPORT_H
#define LATGATE_FIELD_REPORT_H

#include "buffer.h"
#include "campaign.h"
#include "probe_abi.h"
#include "spool.h"

enum {
	LG_REPORT_MOST = 4096, /* bytes */
	LG_REPORT_LABEL = 65, /* bytes with the NUL */
	LG_REPORT_HISTOGRAMS = 64,
	LG_REPORT_SUB_BITS = 3, /* pairs of the probes' buckets */

	LG_REPORT_MEASURED = 1,
	LG_REPORT_STOPPED = 2,

	LG_REPORT_CUT_SHORT = 1, /* flags */
	LG_REPORT_CLOCK_JUMPED = 2,
	LG_REPORT_CHARGING = 4,
	LG_REPORT_UNCOUNTED = 8, /* the time of programs is not in cpu_ms */
};

struct lg_report_histogram {
	uint32_t metric;
	uint8_t attach; /* tier << 4 | rung */
	char label[LG_REPORT_LABEL]; /* "" = all together */
	uint64_t lost, censored;
	uint64_t buckets[LG_HIST_BUCKETS];
};

struct lg_report {
	const struct lg_campaign *campaign;
	uint8_t incarnation[8];
	uint32_t sequence, arm;
	const char *build, *model;
	uint64_t started_s, uptime_s, window_s; /* started: Unix time, 0 = not trusted */
	uint32_t flags;
	uint64_t lost_reports, cpu_ms, memory_kib;
	uint32_t reason; /* enum lg_reason; not 0: nothing was measured */
	const struct lg_report_histogram *histograms; /* by metric and label */
	size_t histogram_count;
};

/* Into `out`, coarser where LG_REPORT_MOST demands it; false when it does not fit even so. */
bool lg_report_write(struct lg_buffer *out, const struct lg_report *report);
/* With this many buckets per octave, as a power of 2 from 0 to LG_HIST_SUB_BITS, whatever the size. */
void lg_report_write_as(struct lg_buffer *out, const struct lg_report *report, uint8_t sub_bits);
/* The first bytes of the SHA-256 of its bytes. */
void lg_report_id(const struct lg_buffer *report, uint8_t id[LG_REPORT_ID]);

#endif
