/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* One window of a campaign, from its bundle to a report in the spool. */
#ifndef LATGATE_FIELD_MEASURE_H
#define LATGATE_FIELD_MEASURE_H

#include "directories.h"
#include "rules.h"

struct lg_measure {
	const struct lg_config *config;
	const struct lg_directories *directories;
	uint8_t incarnation[8];
	uint32_t sequence, arm;
	const char *id; /* of the campaign */
	uint64_t now_s; /* Unix time, as far as known */
	bool charging;
};

/*
 * Exit codes of the process that measures: 0 a report was spooled, 1 another
 * agent has the device, 2 the spool failed; 16 + n: lg_reason n, also spooled.
 */
enum { LG_MEASURED = 0, LG_MEASURE_BUSY = 1, LG_MEASURE_UNSPOOLED = 2, LG_MEASURE_STOPPED = 16 };

/* Runs the campaign whose manifest and bundle are in the state's directory. SIGTERM ends it early. */
int lg_measure_window(const struct lg_measure *measure);
/* Spools a report that says why the campaign was stopped here. */
int lg_measure_refuse(const struct lg_measure *measure, enum lg_reason reason);

#endif
