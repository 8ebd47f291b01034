/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What a campaign may make this device do. The list is compiled in: nothing
 * that is fetched widens it.
 */
#ifndef LATGATE_FIELD_ALLOW_H
#define LATGATE_FIELD_ALLOW_H

#include "campaign.h"

/* Programs observe, and write to their maps only; kinds and helpers are numbers of bpf.h. */
bool lg_allow_program(const char *section, uint32_t type, const void *instructions, size_t count,
		      char why[LG_WHY]);
/* Maps keep what was counted: none streams out, calls on, or holds other programs. */
bool lg_allow_map(const char *name, uint32_t type, char why[LG_WHY]);
/* A metric of trace events as data (span_declaration.h): which events, and which labels. */
bool lg_allow_spans(const void *spans, size_t size, char why[LG_WHY]);

/* Requests of a bundle, as a host would send them. */
enum { LG_BUNDLE_REQUESTS = 32 };

struct lg_bundle {
	struct lg_bundle_request {
		uint16_t type; /* LG_MSG_LOAD, LG_MSG_LOAD_PINNED or LG_MSG_LOAD_TRACE */
		const uint8_t *frames; /* as they are sent, with the BLOBs of a LOAD */
		size_t size;
		uint32_t sequence;
		uint32_t metrics[LG_CAMPAIGN_METRICS], metric_count; /* their ids */
		const uint8_t *object; /* of a LOAD: the first of its BLOB frames */
	} requests[LG_BUNDLE_REQUESTS];
	size_t count;
};

enum lg_bundle_state {
	LG_BUNDLE_GOOD,
	LG_BUNDLE_BROKEN, /* not of this agent's protocol, or malformed */
	LG_BUNDLE_DISALLOWED,
};

/*
 * Reads a bundle and holds every request against the list. Code (LOAD) is
 * refused unless `code`, which is the device owner's choice and no bundle's.
 */
enum lg_bundle_state lg_bundle_read(struct lg_bundle *out, const void *bytes, size_t size,
				    const struct lg_campaign *campaign, bool code,
				    char why[LG_WHY]);

#endif
