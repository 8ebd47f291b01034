/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* One poll: what the repository says, and reports to the collector. */
#ifndef LATGATE_FIELD_EXCHANGE_H
#define LATGATE_FIELD_EXCHANGE_H

#include "field_state.h"
#include "directories.h"
#include "rules.h"

/* What a poll found, for the process that goes on. */
struct lg_polled {
	bool trusted; /* metadata was verified and is fresh: everything else counts */
	bool listed; /* a campaign is for this device; its manifest and bundle are kept */
	bool paused;
	bool uploaded; /* whatever was to be sent was sent, or may not be */
	char id[LG_CAMPAIGN_ID];
	uint32_t arm;
	enum lg_reason refused; /* of that campaign, before anything was tried */
	uint64_t battery_floor_percent, duration_s, every_s, lease_s, window_s, starts_s, ends_s;
	uint64_t cpu_ppm, memory_bytes, upload_bytes_per_day;
	uint64_t sent_bytes, retry_after_s;
	uint64_t known_s; /* the latest time that is known from what was verified, Unix time */
	char revoked
		[LG_CAMPAIGN_ID]; /* the campaign that this device has, when it was revoked; "" */
};

/* `state` is read only. */
void lg_exchange(struct lg_polled *out, const struct lg_config *config,
		 const struct lg_directories *directories, const struct lg_field_state *state,
		 uint64_t now_s);

#endif
