/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include <stdlib.h>
#include <string.h>

#include "campaign.h"
#include "field_check.h"
#include "rules.h"

#define SALT "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HASH "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"

static const char manifest[] =
	"{\"arms\":[{\"from\":0,\"name\":\"control\",\"to\":5000},{\"from\":5000,\"name\":"
	"\"canary\",\"to\":10000}],\"budgets\":{\"battery_floor_percent\":30,\"cpu_ppm\":10000,"
	"\"memory_bytes\":16777216,\"upload_bytes_per_day\":65536},\"bundles\":{\"arm64\":{"
	"\"length\":12345,\"sha256\":\"" HASH "\"}},\"format\":\"latgate-campaign-1\",\"id\":"
	"\"slow-fsync\",\"metrics\":[{\"id\":1,\"name\":\"fsync.latency\",\"probe\":\"fsync\"},{"
	"\"id\":7,\"name\":\"x\",\"probe\":\"y\"}],\"privacy\":{\"keys\":false},\"salt\":\"" SALT
	"\",\"schedule\":{\"duration_seconds\":604800,\"ends\":\"2027-03-01T00:00:00Z\","
	"\"every_seconds\":86400,\"lease_seconds\":7200,\"starts\":\"2027-01-01T00:00:00Z\","
	"\"window_seconds\":600},\"targeting\":{\"builds\":[{\"from\":\"1.9\",\"to\":\"1.10.2\"}],"
	"\"models\":[\"board\",\"box\"]}}";

static const char *read_manifest(struct lg_campaign *out, const char *text, const char *abi)
{
	static char why[LG_WHY];

	return lg_campaign_read(out, text, strlen(text), abi, why) ? NULL : why;
}

static void test_reading(void)
{
	struct lg_campaign c;

	check("campaign", "a manifest",
	      !read_manifest(&c, manifest, "arm64") && !strcmp(c.id, "slow-fsync") &&
		      c.has_bundle && c.bundle.length == 12345 && c.window_s == 600 &&
		      c.ends_s == 1803859200 && c.metric_count == 2 && c.metrics[1] == 7 &&
		      !c.keys && c.salt[1] == 0x11);
	check("campaign", "no bundle for this ABI",
	      !read_manifest(&c, manifest, "armv7") && !c.has_bundle);
}

/* The manifest with `from` in place of `to`. */
static const char *changed(struct lg_campaign *out, const char *from, const char *to)
{
	static char text[2048];
	const char *at = strstr(manifest, from);

	if (!at)
		abort();
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - manifest), manifest, to,
		 at + strlen(from));
	return read_manifest(out, text, "arm64");
}

static void test_refusals(void)
{
	static const char *const wrong[][3] = {
		{"campaign-1", "campaign-2", "format"},
		{"slow-fsync", "Slow", "id"},
		{"slow-fsync", "../x", "id"},
		{"\"cpu_ppm\":10000", "\"cpu_ppm\":0", "budget"},
		{"\"memory_bytes\":16777216,", "", "budget"},
		{":600}", ":90000}", "schedule"},
		{"2027-03-01", "2027-3-1", "schedule"},
		{"\"id\":7", "\"id\":1", "metrics"},
		{"\"id\":7", "\"id\":65536", "metrics"},
		{":12345", ":5000000", "bundles.arm64"},
		{"\"keys\":false", "", "privacy"},
		{SALT, "00", "salt"},
	};
	struct lg_campaign c;
	size_t good = 0, count = sizeof(wrong) / sizeof(wrong[0]);

	for (size_t i = 0; i < count; i++) {
		const char *why = changed(&c, wrong[i][0], wrong[i][1]);

		if (why && strstr(why, wrong[i][2]))
			good++;
		else
			printf("note campaign: %s: %s\n", wrong[i][0], why ? why : "taken");
	}
	check("campaign", "12 faults are refused by name", good == count);
	check("campaign", "a budget over the agent's own is cut",
	      !changed(&c, "\"cpu_ppm\":10000", "\"cpu_ppm\":900000") &&
		      c.cpu_ppm == LG_MOST_CPU_PPM && !changed(&c, "65536", "99999999") &&
		      c.upload_bytes_per_day == LG_MOST_UPLOAD);
}

static void test_fit(void)
{
	struct lg_device_facts device = {.id = "device-1", .model = "box", .build = "1.10.1"};
	struct lg_campaign c;
	uint32_t arm = 9, arms[2] = {0}, outside = 0;

	read_manifest(&c, manifest, "arm64");
	/* SHA-256 of salt and "device-1" begins with a number that is 9850 modulo 10000; computed with
	 * another program. */
	check("campaign", "the arm of a device",
	      lg_campaign_fit(&c, &device, &arm) == LG_FITS && arm == 1);
	device.model = "boxes";
	check("campaign", "another model", lg_campaign_fit(&c, &device, &arm) == LG_OTHER_MODEL);
	device.model = "board";
	device.build = "1.8";
	check("campaign", "an older build", lg_campaign_fit(&c, &device, &arm) == LG_OTHER_BUILD);
	device.build = "1.10.3";
	check("campaign", "a newer build", lg_campaign_fit(&c, &device, &arm) == LG_OTHER_BUILD);
	device.build = "1.9";
	for (int i = 0; i < 2000; i++) {
		char id[16];

		snprintf(id, sizeof(id), "d%d", i);
		device.id = id;
		if (lg_campaign_fit(&c, &device, &arm) == LG_FITS)
			arms[arm]++;
	}
	check("campaign", "2000 devices are halved",
	      arms[0] + arms[1] == 2000 && arms[0] > 900 && arms[1] > 900);
	changed(&c, "\"to\":5000}", "\"to\":10}");
	for (int i = 0; i < 2000; i++) {
		char id[16];

		snprintf(id, sizeof(id), "d%d", i);
		device.id = id;
		outside += lg_campaign_fit(&c, &device, &arm) == LG_IN_NO_ARM;
	}
	check("campaign", "devices outside all arms take no part", outside > 900);
}

static void test_order(void)
{
	static const char *const ascending[] = {"",	 "1",	 "1.2", "1.9", "1.10", "1.10.1",
						"1.10a", "2",	 "10",	"AB",  "a1",   "a02",
						"a10",	 "a10b", "a11", "b"};
	size_t count = sizeof(ascending) / sizeof(ascending[0]), good = 0;

	for (size_t i = 0; i + 1 < count; i++)
		good += lg_natural_order(ascending[i], ascending[i + 1]) < 0 &&
			lg_natural_order(ascending[i + 1], ascending[i]) > 0;
	check("campaign", "builds in natural order",
	      good == count - 1 && !lg_natural_order("1.02", "1.2"));
}

void test_campaign(void)
{
	test_reading();
	test_refusals();
	test_fit();
	test_order();
}

/* ---- rules */

void test_rules(void)
{
	const uint64_t second = 1000000000, hour = 3600 * second;
	uint64_t counted_ns = 0, counted_s = 0;
	struct lg_lease lease = {0};
	struct lg_condition_now now = {.now_s = 1802000000, .uptime_s = 400};
	struct lg_campaign c;
	bool bounded = true, spread[2] = {false};

	read_manifest(&c, manifest, "arm64");
	check("rules", "no lease before a poll", !lg_lease_left_ns(&lease, 0));
	lg_lease_give(&lease, hour, 7200, 3600);
	check("rules", "a lease ends",
	      lg_lease_left_ns(&lease, 2 * hour) == hour && !lg_lease_left_ns(&lease, 3 * hour));
	lg_lease_give(&lease, 0, 86400, 3600);
	check("rules", "a lease is no longer than two polls",
	      lg_lease_left_ns(&lease, 0) == 2 * hour);

	for (unsigned failures = 0; failures < 100; failures++) {
		uint64_t random = failures * 0x9e3779b97f4a7c15ULL;

		bounded &= lg_backoff_s(30, failures, random, 0) <= 6 * 3600;
		spread[lg_backoff_s(30, 9, random, 0) > 5000] = true;
	}
	check("rules", "waits are spread, and at most 6 h", bounded && spread[0] && spread[1]);
	check("rules", "the first waits are short",
	      lg_backoff_s(30, 0, 30, 0) == 30 && lg_backoff_s(30, 1, 61, 0) == 0 &&
		      lg_backoff_s(30, 0, 31, 0) == 0);
	check("rules", "Retry-After is obeyed, up to a day",
	      lg_backoff_s(30, 0, 0, 100) == 100 && lg_backoff_s(30, 0, 0, 1 << 30) == 86400);
	for (uint64_t now = 0; now <= 1900 * second; now += 19 * second / 10)
		counted_s += lg_whole_seconds(&counted_ns, now);
	check("rules", "parts of a second are counted, too", counted_s == 1900);
	check("rules", "what an answer means",
	      lg_fate_of(200) == LG_FATE_STORED && lg_fate_of(410) == LG_FATE_ENDED &&
		      lg_fate_of(409) == LG_FATE_REFUSED && lg_fate_of(422) == LG_FATE_REFUSED &&
		      lg_fate_of(403) == LG_FATE_LATER && lg_fate_of(500) == LG_FATE_LATER &&
		      lg_fate_of(302) == LG_FATE_LATER && lg_fate_of(0) == LG_FATE_LATER);

	check("rules", "a window may open", lg_may_open(&c, &now, 300) == LG_MAY);
	now.uptime_s = 299;
	check("rules", "not right after a boot", lg_may_open(&c, &now, 300) == LG_TOO_EARLY);
	now = (struct lg_condition_now){.now_s = 1, .uptime_s = 400};
	check("rules", "not before it starts", lg_may_open(&c, &now, 300) == LG_TOO_EARLY);
	now.now_s = c.ends_s;
	check("rules", "not after its end", lg_may_open(&c, &now, 300) == LG_OVER);
	now.now_s = 1802000000;
	now.taken_s = 604800;
	check("rules", "not for longer than it is to last", lg_may_open(&c, &now, 300) == LG_OVER);
	now = (struct lg_condition_now){
		.now_s = 1802000000, .uptime_s = 400, .has_battery = true, .battery_percent = 29};
	check("rules", "not on a low battery", lg_may_open(&c, &now, 300) == LG_BATTERY_LOW);
	now.charging = true;
	check("rules", "a low battery that is charged is fine",
	      lg_may_open(&c, &now, 300) == LG_MAY);
	check("rules", "budgets",
	      lg_within_budget(&c, 2000 + 6000, 600000, 1) == LG_MAY &&
		      lg_within_budget(&c, 2000 + 6001, 600000, 1) == LG_OVER_CPU &&
		      lg_within_budget(&c, 0, 1, 16777217) == LG_OVER_MEMORY);
}
