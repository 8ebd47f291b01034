/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Whatever a server may send: the first byte says as what it is read. */
#include <string.h>

#include "allow.h"
#include "field_json.h"
#include "http.h"
#include "trust.h"

static void walk(struct lg_json value, int depth)
{
	struct lg_json_walk items = lg_json_begin(value);
	struct lg_json item;
	char text[16];
	uint64_t number;

	lg_json_text(value, text, sizeof(text));
	lg_json_u64(value, UINT64_MAX, &number);
	while (depth < LG_JSON_DEPTH && lg_json_next(&items, &item))
		walk(item, depth + 1);
}

static void answer(const uint8_t *bytes, size_t size)
{
	struct lg_buffer body = {0};
	struct lg_http_answer answer = {.most = 64, .body = &body};
	size_t first = size / 3;

	if (lg_http_take(&answer, bytes, first) == LG_HTTP_MORE)
		lg_http_take(&answer, bytes + first, size - first);
	lg_buffer_free(&answer.head);
	lg_buffer_free(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const struct lg_campaign campaign = {.metrics = {1}, .metric_count = 1};
	static struct lg_bundle bundle;
	struct lg_campaign manifest;
	struct lg_meta meta;
	struct lg_json json;
	uint32_t arm;
	char why[LG_WHY];
	struct lg_device_facts device = {.id = "d", .model = "m", .build = "1"};

	if (!size)
		return 0;
	switch (*bytes++ & 3) {
	case 0:
		if (!lg_json_read(&json, bytes, --size))
			walk(json, 0);
		if (lg_campaign_read(&manifest, bytes, size, "arm64", why))
			lg_campaign_fit(&manifest, &device, &arm);
		break;
	case 1:
		if (lg_meta_read(&meta, "root", bytes, size - 1, why))
			lg_meta_signed(&meta, &meta, "root", why);
		break;
	case 2:
		lg_bundle_read(&bundle, bytes, size - 1, &campaign, true, why);
		break;
	case 3:
		answer(bytes, size - 1);
		break;
	}
	return 0;
}
