/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The configuration file, which the firmware brings: what no campaign can change. */
#ifndef LATGATE_FIELD_CONFIG_H
#define LATGATE_FIELD_CONFIG_H

#include "campaign.h"
#include "http.h"

enum { LG_CONFIG_TEXT = 256 };

struct lg_config {
	struct lg_url server,
		repository; /* reports and campaigns; the latter is the former's by default */
	char address
		[LG_CONFIG_TEXT]; /* to connect to in place of looking the names up; "" = look up */
	char authority[LG_CONFIG_TEXT], certificate[LG_CONFIG_TEXT],
		key[LG_CONFIG_TEXT]; /* PEM files */
	char root[LG_CONFIG_TEXT]; /* first root metadata */
	char state[LG_CONFIG_TEXT]; /* directory that survives a boot */
	char model[LG_MODEL_TEXT], build[LG_BUILD_TEXT];
	uint64_t poll_s, settle_s, spool_bytes, spool_age_s;
	bool code; /* campaigns may bring programs: fleets of engineers, never users' devices */
};

/* Reads "name = value" lines. False with `why`, which names the line. */
bool lg_config_read(struct lg_config *out, const char *path, char why[LG_WHY]);

#endif
