/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "campaign.h"

#include <string.h>

#include <sodium.h>

#include "utc.h"

#define FORMAT "latgate-campaign-1"

enum {
	DAY = 86400,
	YEAR = 366 * DAY,
	TIME_TEXT = 32,
	LABEL_TEXT = 128,
};

static bool good_id(const char *id)
{
	return *id && *id != '-' && !id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-")];
}

static bool read_time(struct lg_json value, uint64_t *out)
{
	char text[TIME_TEXT];

	return lg_json_text(value, text, sizeof(text)) && lg_utc_read(text, out);
}

static bool within(struct lg_json object, const char *key, uint64_t least, uint64_t most,
		   uint64_t *out)
{
	return lg_json_u64(lg_json_member(object, key), most, out) && *out >= least;
}

static uint64_t at_most(uint64_t value, uint64_t most)
{
	return value < most ? value : most;
}

static bool read_budgets(struct lg_campaign *out)
{
	struct lg_json budgets = lg_json_member(out->body, "budgets");

	if (!within(budgets, "battery_floor_percent", 0, 100, &out->battery_floor_percent) ||
	    !within(budgets, "cpu_ppm", 1, UINT32_MAX, &out->cpu_ppm) ||
	    !within(budgets, "memory_bytes", 1, UINT32_MAX, &out->memory_bytes) ||
	    !within(budgets, "upload_bytes_per_day", 1, UINT32_MAX, &out->upload_bytes_per_day))
		return false;
	out->cpu_ppm = at_most(out->cpu_ppm, LG_MOST_CPU_PPM);
	out->memory_bytes = at_most(out->memory_bytes, LG_MOST_MEMORY);
	out->upload_bytes_per_day = at_most(out->upload_bytes_per_day, LG_MOST_UPLOAD);
	return true;
}

static bool read_schedule(struct lg_campaign *out)
{
	struct lg_json schedule = lg_json_member(out->body, "schedule");

	return within(schedule, "duration_seconds", 1, YEAR, &out->duration_s) &&
	       within(schedule, "every_seconds", 1, YEAR, &out->every_s) &&
	       within(schedule, "lease_seconds", 1, 7 * DAY, &out->lease_s) &&
	       within(schedule, "window_seconds", 1, at_most(DAY, out->every_s), &out->window_s) &&
	       read_time(lg_json_member(schedule, "starts"), &out->starts_s) &&
	       read_time(lg_json_member(schedule, "ends"), &out->ends_s);
}

static bool read_metrics(struct lg_campaign *out)
{
	struct lg_json_walk walk = lg_json_begin(lg_json_member(out->body, "metrics"));
	struct lg_json metric;
	uint64_t id;

	while (lg_json_next(&walk, &metric)) {
		if (out->metric_count == LG_CAMPAIGN_METRICS ||
		    !within(metric, "id", 0, UINT16_MAX, &id))
			return false;
		for (uint32_t i = 0; i < out->metric_count; i++) {
			if (out->metrics[i] == id)
				return false;
		}
		out->metrics[out->metric_count++] = (uint32_t)id;
	}
	return out->metric_count;
}

static bool read_bundle(struct lg_campaign *out, const char *abi)
{
	struct lg_json bundle = lg_json_member(lg_json_member(out->body, "bundles"), abi);

	out->has_bundle = bundle.size;
	out->bundle.hashed = true;
	return !bundle.size || (within(bundle, "length", 1, LG_BUNDLE_MOST, &out->bundle.length) &&
				lg_json_hex(lg_json_member(bundle, "sha256"), out->bundle.sha256,
					    sizeof(out->bundle.sha256)));
}

bool lg_campaign_read(struct lg_campaign *out, const void *bytes, size_t size, const char *abi,
		      char why[LG_WHY])
{
	const char *wrong;

	*out = (struct lg_campaign){0};
	wrong = lg_json_read(&out->body, bytes, size);
	if (wrong)
		return lg_refuse(why, "campaign: not canonical JSON: %s", wrong);
	if (!lg_json_is(lg_json_member(out->body, "format"), FORMAT))
		return lg_refuse(why, "campaign: format is not " FORMAT);
	if (!lg_json_text(lg_json_member(out->body, "id"), out->id, sizeof(out->id)) ||
	    !good_id(out->id))
		return lg_refuse(why, "campaign: id is missing or malformed");
	if (!lg_json_hex(lg_json_member(out->body, "salt"), out->salt, sizeof(out->salt)))
		return lg_refuse(why, "campaign %s: salt is missing or malformed", out->id);
	if (!read_budgets(out))
		return lg_refuse(why, "campaign %s: a budget is missing or out of range", out->id);
	if (!read_schedule(out))
		return lg_refuse(why, "campaign %s: schedule is incomplete or out of range",
				 out->id);
	if (!read_metrics(out))
		return lg_refuse(why, "campaign %s: metrics has none, over 64, or an id twice",
				 out->id);
	if (!read_bundle(out, abi))
		return lg_refuse(why, "campaign %s: bundles.%s is malformed", out->id, abi);
	if (!lg_json_bool(lg_json_member(lg_json_member(out->body, "privacy"), "keys"), &out->keys))
		return lg_refuse(why, "campaign %s: privacy.keys is missing", out->id);
	crypto_hash_sha256(out->sha256, bytes, size);
	return true;
}

/* ---- whom it is for */

static bool of_models(struct lg_json models, const char *model)
{
	struct lg_json_walk walk = lg_json_begin(models);
	struct lg_json value;

	if (!walk.left.size)
		return lg_json_is_array(models);
	while (lg_json_next(&walk, &value)) {
		if (lg_json_is(value, model))
			return true;
	}
	return false;
}

static bool of_builds(struct lg_json builds, const char *build)
{
	struct lg_json_walk walk = lg_json_begin(builds);
	char from[LABEL_TEXT], to[LABEL_TEXT];
	struct lg_json range;

	if (!walk.left.size)
		return lg_json_is_array(builds);
	while (lg_json_next(&walk, &range)) {
		if (lg_json_text(lg_json_member(range, "from"), from, sizeof(from)) &&
		    lg_json_text(lg_json_member(range, "to"), to, sizeof(to)) &&
		    (!*from || lg_natural_order(from, build) <= 0) &&
		    (!*to || lg_natural_order(build, to) <= 0))
			return true;
	}
	return false;
}

static uint32_t bucket_of(const struct lg_campaign *campaign, const char *device)
{
	crypto_hash_sha256_state state;
	uint8_t hash[crypto_hash_sha256_BYTES];
	uint64_t first = 0;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, campaign->salt, sizeof(campaign->salt));
	crypto_hash_sha256_update(&state, (const uint8_t *)device, strlen(device));
	crypto_hash_sha256_final(&state, hash);
	for (int i = 0; i < 8; i++)
		first = first << 8 | hash[i];
	return (uint32_t)(first % LG_ARM_BUCKETS);
}

enum lg_fit lg_campaign_fit(const struct lg_campaign *campaign,
			    const struct lg_device_facts *device, uint32_t *arm)
{
	struct lg_json targeting = lg_json_member(campaign->body, "targeting"), range;
	struct lg_json_walk walk = lg_json_begin(lg_json_member(campaign->body, "arms"));
	uint32_t bucket = bucket_of(campaign, device->id);
	uint64_t from, to;

	if (!of_models(lg_json_member(targeting, "models"), device->model))
		return LG_OTHER_MODEL;
	if (!of_builds(lg_json_member(targeting, "builds"), device->build))
		return LG_OTHER_BUILD;
	for (*arm = 0; lg_json_next(&walk, &range) && *arm < 256; ++*arm) {
		if (within(range, "from", 0, LG_ARM_BUCKETS, &from) &&
		    within(range, "to", 0, LG_ARM_BUCKETS, &to) && bucket >= from && bucket < to)
			return LG_FITS;
	}
	return LG_IN_NO_ARM;
}
