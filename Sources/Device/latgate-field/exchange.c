/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "exchange.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "durable.h"
#include "report.h"
#include "transport.h"
#include "trust.h"
#include "version.h"

#define CAMPAIGNS "campaigns/"
#define PAUSED "x-latgate-paused"
#define REVOKED "x-latgate-revoked"

enum { PATH = 256, ANSWER_MOST = 1024 };

struct exchange {
	struct lg_polled *out;
	const struct lg_config *config;
	const struct lg_directories *directories;
	const struct lg_field_state *state;
	uint64_t now_s;
	struct lg_transport *transport;
	struct lg_trust trust;
	char why[LG_WHY];
};

/* A line for whoever looks at the device: the agent has no other place for it. */
static void note(const struct exchange *exchange, const char *what)
{
	fprintf(stderr, "latgate-field: %s: %s\n", what, exchange->why);
}

/* ---- the repository */

static enum lg_fetched fetch(void *arg, const char *path, size_t most, struct lg_buffer *out)
{
	struct exchange *exchange = arg;
	bool oversize;
	uint64_t retry = 0;
	int status = lg_transport_ask(exchange->transport, &exchange->config->repository, path,
				      NULL, most, out, &oversize, &retry, exchange->why);

	if (retry > exchange->out->retry_after_s)
		exchange->out->retry_after_s = retry;
	if (status == 200)
		return oversize ? LG_FETCH_OVERSIZE : LG_FETCHED;
	return status == 404 || status == 410 ? LG_FETCH_ABSENT : LG_FETCH_FAILED;
}

static bool open_trust(struct exchange *exchange)
{
	struct lg_buffer root = {0};
	bool damaged = false, good;

	good = lg_read_whole(exchange->config->root, LG_ROOT_MOST, &root, exchange->why) &&
	       lg_trust_open(&exchange->trust, &lg_posix_disk, exchange->directories->state,
			     root.data, root.size, &damaged, exchange->why);
	lg_buffer_free(&root);
	if (damaged)
		fprintf(stderr, "latgate-field: what was known of the repository is damaged; it "
				"begins again with the firmware's root\n");
	return good;
}

static bool update(struct exchange *exchange)
{
	struct lg_fetcher fetcher = {exchange, fetch};
	char why[LG_WHY];

	switch (lg_trust_update(&exchange->trust, &fetcher, &lg_posix_disk,
				exchange->directories->state, exchange->now_s, why)) {
	case LG_UPDATED:
		exchange->out->trusted = true;
		exchange->out->known_s = exchange->trust.seen_s;
		return true;
	case LG_UPDATE_UNREACHABLE:
		fprintf(stderr, "latgate-field: no poll: %s; %s\n", why, exchange->why);
		return false;
	case LG_UPDATE_REFUSED:
	case LG_UPDATE_UNKEPT:
		break;
	}
	fprintf(stderr, "latgate-field: refused: %s\n", why);
	return false;
}

/* ---- campaigns */

/* A file of a known hash: the one that was kept, or the server's, which is then kept. */
static bool obtain(struct exchange *exchange, const char *name, const char *path,
		   const struct lg_meta_file *file, size_t most, struct lg_buffer *out)
{
	int state = exchange->directories->state;

	if (file->hashed && !lg_durable_read(&lg_posix_disk, state, name, most, out) &&
	    lg_meta_file_is(file, out->data, out->size))
		return true;
	lg_buffer_reset(out);
	if (file->length < most)
		most = (size_t)file->length;
	if (!file->hashed || fetch(exchange, path, most, out) != LG_FETCHED)
		return lg_refuse(exchange->why, "%.100s could not be fetched", path);
	if (!lg_meta_file_is(file, out->data, out->size))
		return lg_refuse(exchange->why, "%.100s is not the file that was signed for", path);
	return !lg_durable_replace(&lg_posix_disk, state, name, out->data, out->size) ||
	       lg_refuse(exchange->why, "%s cannot be kept", name);
}

static void describe(struct lg_polled *out, const struct lg_campaign *campaign)
{
	strcpy(out->id, campaign->id);
	out->battery_floor_percent = campaign->battery_floor_percent;
	out->duration_s = campaign->duration_s;
	out->every_s = campaign->every_s;
	out->lease_s = campaign->lease_s;
	out->window_s = campaign->window_s;
	out->starts_s = campaign->starts_s;
	out->ends_s = campaign->ends_s;
	out->cpu_ppm = campaign->cpu_ppm;
	out->memory_bytes = campaign->memory_bytes;
	out->upload_bytes_per_day = campaign->upload_bytes_per_day;
}

static void get_bundle(struct exchange *exchange, const struct lg_campaign *campaign)
{
	char hex[65], path[PATH];
	struct lg_buffer bundle = {0};

	if (!campaign->has_bundle) {
		exchange->out->refused = LG_NO_BUNDLE;
		return;
	}
	sodium_bin2hex(hex, sizeof(hex), campaign->bundle.sha256, sizeof(campaign->bundle.sha256));
	snprintf(path, sizeof(path), "bundles/%s", hex);
	if (!obtain(exchange, LG_BUNDLE_NAME, path, &campaign->bundle, LG_BUNDLE_MOST, &bundle)) {
		note(exchange, campaign->id);
		exchange->out->listed = false;
	}
	lg_buffer_free(&bundle);
}

/* Whether the campaign is this device's; "campaigns/ID.json" is "targets/campaigns/HASH.ID.json". */
static bool consider(struct exchange *exchange, const char *id, const struct lg_meta_file *file)
{
	struct lg_device_facts device = {.id = lg_transport_device(exchange->transport),
					 .model = exchange->config->model,
					 .build = exchange->config->build};
	struct lg_buffer manifest = {0};
	struct lg_campaign campaign;
	char hex[65], path[PATH];
	bool good;

	sodium_bin2hex(hex, sizeof(hex), file->sha256, sizeof(file->sha256));
	snprintf(path, sizeof(path), "targets/" CAMPAIGNS "%s.%s.json", hex, id);
	good = obtain(exchange, LG_MANIFEST_NAME, path, file, LG_MANIFEST_MOST, &manifest) &&
	       lg_campaign_read(&campaign, manifest.data, manifest.size, LATGATE_ABI,
				exchange->why);
	if (good && strcmp(campaign.id, id))
		good = lg_refuse(exchange->why, "its manifest is that of %s", campaign.id);
	if (!good)
		note(exchange, id);
	if (good && exchange->now_s < campaign.ends_s &&
	    lg_campaign_fit(&campaign, &device, &exchange->out->arm) == LG_FITS) {
		exchange->out->listed = true;
		describe(exchange->out, &campaign);
		get_bundle(exchange, &campaign);
	}
	lg_buffer_free(&manifest);
	return exchange->out->listed;
}

/* The id in a path of targets; false when it is no campaign's. */
static bool id_of(const char *path, char id[LG_CAMPAIGN_ID])
{
	static const char end[] = ".json";
	size_t size = strlen(path), begun = sizeof(CAMPAIGNS) - 1;

	if (strncmp(path, CAMPAIGNS, begun) || size < begun + sizeof(end) ||
	    strcmp(path + size - sizeof(end) + 1, end))
		return false;
	size -= begun + sizeof(end) - 1;
	if (size >= LG_CAMPAIGN_ID)
		return false;
	memcpy(id, path + begun, size);
	id[size] = 0;
	return !id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-")];
}

/* The one that the device has comes before those that it might take. */
struct choice {
	struct exchange *exchange;
	bool taken; /* look at the one it has, or at the others */
};

static bool try_campaign(void *arg, const char *path, const struct lg_meta_file *file)
{
	const struct choice *choice = arg;
	struct exchange *exchange = choice->exchange;
	char id[LG_CAMPAIGN_ID];

	if (!id_of(path, id) || !strcmp(id, exchange->state->taken) != choice->taken ||
	    lg_field_barred(exchange->state, id) || lg_trust_lists(&exchange->trust, REVOKED, id))
		return true;
	if (lg_trust_lists(&exchange->trust, PAUSED, id)) {
		/* It may go on later: no other one takes its place. */
		exchange->out->paused = choice->taken;
		return !choice->taken;
	}
	return !consider(exchange, id, file);
}

static void choose(struct exchange *exchange)
{
	struct choice choice = {exchange, true};

	if (*exchange->state->taken &&
	    lg_trust_lists(&exchange->trust, REVOKED, exchange->state->taken)) {
		/* Its manifest stays until its end was reported; others can wait for the next poll. */
		strcpy(exchange->out->revoked, exchange->state->taken);
		return;
	}
	lg_trust_targets(&exchange->trust, try_campaign, &choice);
	choice.taken = false;
	if (!exchange->out->listed && !exchange->out->paused)
		lg_trust_targets(&exchange->trust, try_campaign, &choice);
}

/* ---- reports */

/* What a server says becomes a line of a log: it is kept from writing lines, or into terminals. */
static void make_line(struct lg_buffer *text)
{
	for (size_t i = 0; i < text->size; i++) {
		if (text->data[i] < 0x20 || text->data[i] > 0x7e)
			text->data[i] = ' ';
	}
}

/* Whether the next one may be tried now. */
static bool send_report(struct exchange *exchange, struct lg_spool *spool, size_t *at)
{
	char path[PATH], hex[2 * LG_REPORT_ID + 1];
	struct lg_buffer report = {0}, answer = {0};
	uint64_t retry = 0;
	bool oversize;
	int status, rc = lg_spool_read(spool, *at, &report);

	if (rc) {
		/* Set aside, or to be read another time. */
		*at += rc != -EBADMSG;
		lg_buffer_free(&report);
		return true;
	}
	sodium_bin2hex(hex, sizeof(hex), spool->entries[*at].id, LG_REPORT_ID);
	snprintf(path, sizeof(path), "v1/reports/%s", hex);
	/* First: they are spent even if this process does not live to hear the answer. */
	exchange->out->sent_bytes += report.size;
	status = lg_transport_ask(exchange->transport, &exchange->config->server, path, &report,
				  ANSWER_MOST, &answer, &oversize, &retry, exchange->why);
	switch (lg_fate_of(status)) {
	case LG_FATE_STORED:
	case LG_FATE_ENDED:
		lg_spool_sent(spool, *at);
		break;
	case LG_FATE_REFUSED:
		make_line(&answer);
		fprintf(stderr, "latgate-field: report %s: refused with %d: %.*s\n", hex, status,
			(int)answer.size, (const char *)answer.data);
		if (lg_spool_rejected(spool, *at))
			++*at;
		break;
	case LG_FATE_LATER:
		if (!status)
			note(exchange, "reports");
		exchange->out->uploaded = false;
		if (retry > exchange->out->retry_after_s)
			exchange->out->retry_after_s = retry;
		break;
	}
	lg_buffer_free(&report);
	lg_buffer_free(&answer);
	return exchange->out->uploaded;
}

/* The oldest first, so far as the day's bytes go. */
static void upload(struct exchange *exchange)
{
	uint64_t sent_today = lg_field_sent(exchange->state, exchange->now_s);
	uint64_t most =
		exchange->out->listed ? exchange->out->upload_bytes_per_day : LG_MOST_UPLOAD;
	struct lg_spool spool;
	size_t at = 0;
	int rc = lg_spool_enter(&spool, exchange->directories, exchange->config);

	exchange->out->uploaded = true;
	if (!rc)
		rc = lg_spool_expire(&spool);
	if (rc)
		fprintf(stderr, "latgate-field: spool: %s\n", strerror(-rc));
	while (!rc && at < spool.count &&
	       sent_today + exchange->out->sent_bytes + spool.entries[at].size <= most &&
	       send_report(exchange, &spool, &at))
		;
	lg_spool_leave(&spool);
}

void lg_exchange(struct lg_polled *out, const struct lg_config *config,
		 const struct lg_directories *directories, const struct lg_field_state *state,
		 uint64_t now_s)
{
	struct exchange exchange = {.out = out,
				    .config = config,
				    .directories = directories,
				    .state = state,
				    .now_s = now_s};

	*out = (struct lg_polled){0};
	exchange.transport = lg_transport_new(config, exchange.why);
	if (!exchange.transport || !open_trust(&exchange)) {
		note(&exchange, "no poll");
	} else {
		/* A clock that begins anew at each boot says neither what day it is nor what is over. */
		if (exchange.trust.seen_s > exchange.now_s)
			exchange.now_s = exchange.trust.seen_s;
		out->known_s = exchange.trust.seen_s;
		if (update(&exchange))
			choose(&exchange);
		upload(&exchange);
	}
	lg_trust_free(&exchange.trust);
	lg_transport_free(exchange.transport);
}
