/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What the field agent remembers of campaigns: which it has, what it was about
 * to do, and which it never runs again. On the disk before what it speaks of.
 */
#ifndef LATGATE_FIELD_STATE_H
#define LATGATE_FIELD_STATE_H

#include "campaign.h"
#include "disk.h"

enum {
	LG_BARRED_MOST = 64, /* the oldest is forgotten */
};

struct lg_field_state {
	char taken[LG_CAMPAIGN_ID]; /* "" = none */
	uint64_t taken_s; /* how long, without the time that the device was off */
	uint64_t arm; /* of it, that the device is in */
	/* What was being measured; still there when the agent begins, it is what the device, or the
	 * agent, did not survive. */
	char attempt[LG_CAMPAIGN_ID];
	/* A campaign that ended here, while no report in the spool says why; "" = none. */
	char owed[LG_CAMPAIGN_ID];
	uint64_t owed_reason; /* enum lg_reason */
	uint64_t upload_day, upload_bytes; /* days since 1970, and what was sent on the last one */
	struct lg_barred {
		char id[LG_CAMPAIGN_ID];
		uint64_t reason; /* enum lg_reason */
	} barred[LG_BARRED_MOST];
	size_t barred_count;
};

/* A file that is damaged counts as none: -EBADMSG, and an empty state. */
int lg_field_state_load(struct lg_field_state *state, const struct lg_disk *disk, int directory);
int lg_field_state_save(const struct lg_field_state *state, const struct lg_disk *disk,
			int directory);

/*
 * Bytes that were sent on the day of now_s, Unix time. Only a later day begins anew: a clock that
 * went back gives nothing again.
 */
uint64_t lg_field_sent(const struct lg_field_state *state, uint64_t now_s);
void lg_field_count(struct lg_field_state *state, uint64_t now_s, uint64_t bytes);

/* Why a campaign is not to run again; 0 = it may. */
uint64_t lg_field_barred(const struct lg_field_state *state, const char *id);
void lg_field_bar(struct lg_field_state *state, const char *id, uint64_t reason);

#endif
