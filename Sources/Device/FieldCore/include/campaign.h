/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* A campaign's manifest, which metadata vouched for: what to run, for how long, on which devices. */
#ifndef LATGATE_FIELD_CAMPAIGN_H
#define LATGATE_FIELD_CAMPAIGN_H

#include "meta.h"

enum {
	LG_MANIFEST_MOST = 256 << 10, /* bytes */
	LG_BUNDLE_MOST = 4 << 20,
	LG_CAMPAIGN_ID = 64, /* bytes with the NUL */
	LG_CAMPAIGN_METRICS = 64,
	LG_ARM_BUCKETS = 10000,
	LG_MODEL_TEXT = 49, /* bytes with the NUL, as reports have it */
	LG_BUILD_TEXT = 97,
};

/* The most that this agent gives any campaign; a manifest that asks for more gets this much. */
enum {
	LG_MOST_CPU_PPM = 50000,
	LG_MOST_MEMORY = 64 << 20, /* bytes, of the agent and of maps that are made for it */
	LG_MOST_UPLOAD = 1 << 20, /* bytes a day */
};

struct lg_campaign {
	char id[LG_CAMPAIGN_ID];
	uint8_t sha256[32]; /* of the manifest */
	uint8_t salt[32];
	uint64_t battery_floor_percent, cpu_ppm, memory_bytes, upload_bytes_per_day;
	uint64_t duration_s, every_s, lease_s, window_s;
	uint64_t starts_s, ends_s; /* Unix time */
	bool keys; /* labels may leave the device */
	bool has_bundle; /* for this ABI */
	struct lg_meta_file bundle;
	uint32_t metrics[LG_CAMPAIGN_METRICS], metric_count;
	struct lg_json body; /* of the bytes that were read */
};

/* False with `why`. The bytes have to outlive *out. */
bool lg_campaign_read(struct lg_campaign *out, const void *bytes, size_t size, const char *abi,
		      char why[LG_WHY]);

struct lg_device_facts {
	const char *id; /* common name of its certificate */
	const char *model, *build;
};

enum lg_fit { LG_FITS, LG_OTHER_MODEL, LG_OTHER_BUILD, LG_IN_NO_ARM };

/* Whether the campaign is for this device, and the number of its arm. */
enum lg_fit lg_campaign_fit(const struct lg_campaign *campaign,
			    const struct lg_device_facts *device, uint32_t *arm);

/* <0, 0, >0: runs of digits compare as numbers, other bytes as bytes. */
int lg_natural_order(const char *a, const char *b);

#endif
