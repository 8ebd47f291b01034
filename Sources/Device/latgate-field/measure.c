/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "measure.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "allow.h"
#include "attribute.h"
#include "clock.h"
#include "durable.h"
#include "histograms.h"
#include "map_bytes.h"
#include "object_rules.h"
#include "probe_session.h"
#include "report.h"
#include "version.h"

#define PREROLL_NS LG_NS_PER_S
#define DRAIN_NS (2 * LG_NS_PER_S)
/* How often a window's costs are looked at: programs that cost too much cost it for no longer. */
#define WATCH_NS (5 * LG_NS_PER_S)

enum { ASK_S = 120, SILENCE_OVER_S = 300 };

/* What the kernel spends for the probes, beside the processes here. */
struct costs {
	uint64_t program_ns, map_bytes;
};

struct run {
	const struct lg_measure *measure;
	struct lg_campaign campaign;
	struct lg_buffer manifest, bundle;
	struct lg_bundle requests;
	struct lg_probe_session session;
	struct lg_histograms histograms;
	struct costs costs;
	uint64_t began_s, uptime_s, open_ms;
	uint32_t flags;
	enum lg_reason reason;
	bool busy;
	char why[LG_WHY];
};

static bool stop(struct run *run, enum lg_reason reason)
{
	run->reason = reason;
	return false;
}

static bool read_campaign(struct run *run)
{
	int state = run->measure->directories->state;

	if (lg_durable_read(&lg_posix_disk, state, LG_MANIFEST_NAME, LG_MANIFEST_MOST,
			    &run->manifest))
		return lg_refuse(run->why, "the manifest cannot be read");
	return lg_campaign_read(&run->campaign, run->manifest.data, run->manifest.size, LATGATE_ABI,
				run->why) &&
	       (!strcmp(run->campaign.id, run->measure->id) ||
		lg_refuse(run->why, "the manifest is that of another campaign"));
}

/* Over its budget a map is not even made. */
static bool check_objects(struct run *run)
{
	uint64_t sum = 0, bytes;

	for (size_t i = 0; i < run->requests.count; i++) {
		if (run->requests.requests[i].type != LG_MSG_LOAD)
			continue;
		if (!lg_allow_object(&run->requests.requests[i], &bytes, run->why))
			return stop(run, LG_DISALLOWED);
		sum = lg_add_bytes(sum, bytes);
	}
	if (sum <= run->campaign.memory_bytes)
		return true;
	lg_refuse(run->why, "its maps take up to %" PRIu64 " KiB: the budget is %" PRIu64 " KiB",
		  sum / 1024, run->campaign.memory_bytes / 1024);
	return stop(run, LG_OVER_MEMORY);
}

static bool read_bundle(struct run *run)
{
	const struct lg_config *config = run->measure->config;

	if (!run->campaign.has_bundle) {
		lg_refuse(run->why, "no bundle for " LATGATE_ABI);
		return stop(run, LG_NO_BUNDLE);
	}
	if (lg_durable_read(&lg_posix_disk, run->measure->directories->state, LG_BUNDLE_NAME,
			    LG_BUNDLE_MOST, &run->bundle) ||
	    !lg_meta_file_is(&run->campaign.bundle, run->bundle.data, run->bundle.size)) {
		lg_refuse(run->why, "the bundle is not the one that the manifest names");
		return stop(run, LG_BUNDLE_UNUSABLE);
	}
	switch (lg_bundle_read(&run->requests, run->bundle.data, run->bundle.size, &run->campaign,
			       config->code, run->why)) {
	case LG_BUNDLE_GOOD:
		break;
	case LG_BUNDLE_BROKEN:
		return stop(run, LG_BUNDLE_UNUSABLE);
	case LG_BUNDLE_DISALLOWED:
		return stop(run, LG_DISALLOWED);
	}
	return check_objects(run);
}

/* ---- the session */

static enum lg_asked ask(struct run *run, uint16_t type, const uint16_t *attributes,
			 const uint64_t *values, size_t count,
			 void (*fn)(void *arg, const struct lg_frame *frame), void *arg,
			 uint32_t *code)
{
	struct lg_probe_session *session = &run->session;
	struct lg_buffer frame = {0};
	size_t begun = lg_frame_begin(&frame, type, ++session->sequence);
	enum lg_asked asked = LG_ASKED_LOST;

	for (size_t i = 0; i < count; i++) {
		if (attributes[i] == LG_ATTR_PHASE || attributes[i] == LG_ATTR_ENABLE)
			lg_put_u32(&frame, attributes[i], (uint32_t)values[i]);
		else
			lg_put_u64(&frame, attributes[i], values[i]);
	}
	lg_frame_end(&frame, begun);
	if (!frame.failed)
		asked = lg_probe_session_ask(session, frame.data, frame.size, session->sequence,
					     ASK_S, fn, arg, code, run->why);
	lg_buffer_free(&frame);
	return asked;
}

/* What this kernel or firmware lacks is left out; the report shows what was there. */
static bool load(struct run *run)
{
	size_t loaded = 0;

	for (size_t i = 0; i < run->requests.count; i++) {
		const struct lg_bundle_request *request = &run->requests.requests[i];
		uint32_t code = 0;
		enum lg_asked asked;

		lg_histograms_begin(&run->histograms, request);
		asked = lg_probe_session_ask(&run->session, request->frames, request->size,
					     request->sequence, ASK_S, lg_histograms_hook,
					     &run->histograms, &code, run->why);
		run->session.sequence = request->sequence;
		if (asked == LG_ASKED_LOST)
			return stop(run, LG_INTERNAL);
		if (asked == LG_ASKED_ERROR && code == LG_ERR_BUSY) {
			run->busy = true;
			return false;
		}
		if (asked == LG_ASKED_ERROR)
			lg_histograms_drop(&run->histograms);
		loaded += asked == LG_ASKED;
	}
	return loaded || stop(run, LG_NOT_SUPPORTED);
}

/* False when it was ended early. */
static bool sleep_until(lg_u64 deadline_ns)
{
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	for (;;) {
		lg_u64 now = lg_clock_ns(CLOCK_BOOTTIME);
		struct timespec left = lg_timespec(deadline_ns > now ? deadline_ns - now : 0);

		if (now >= deadline_ns)
			return true;
		if (sigtimedwait(&ending, NULL, &left) == SIGTERM)
			return false;
	}
}

/* ---- what it costs */

static void resources(const struct run *run, uint64_t *cpu_ms, uint64_t *memory_kib)
{
	static const int whose[] = {RUSAGE_SELF, RUSAGE_CHILDREN};

	*cpu_ms = run->costs.program_ns / LG_NS_PER_MS;
	*memory_kib = 0;
	for (int i = 0; i < 2; i++) {
		struct rusage usage;

		getrusage(whose[i], &usage);
		*cpu_ms += (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
			   (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
		/* That of the largest: the agent's, whose process is below. */
		if ((uint64_t)usage.ru_maxrss > *memory_kib)
			*memory_kib = (uint64_t)usage.ru_maxrss;
	}
	*memory_kib += run->costs.map_bytes / 1024;
}

/* Whether it is within the budgets of a window that is open for so long. */
static bool affordable(struct run *run, uint64_t open_ms)
{
	uint64_t cpu_ms, memory_kib;
	enum lg_reason reason;

	resources(run, &cpu_ms, &memory_kib);
	reason = lg_within_budget(&run->campaign, cpu_ms, open_ms, memory_kib * 1024);
	if (!reason)
		return true;
	lg_refuse(run->why,
		  "%" PRIu64 " ms of CPU and %" PRIu64 " KiB of memory in %" PRIu64
		  " s are over the budget",
		  cpu_ms, memory_kib, open_ms / 1000);
	return stop(run, reason);
}

/* Where the kernel does not count for this process, the report says so. */
static bool count_programs(struct run *run, uint32_t *code)
{
	static const uint16_t with[] = {LG_ATTR_ENABLE};
	static const uint64_t values[] = {1};
	enum lg_asked asked = ask(run, LG_MSG_STATS, with, values, 1, NULL, NULL, code);

	if (asked == LG_ASKED_ERROR)
		run->flags |= LG_REPORT_UNCOUNTED;
	return asked != LG_ASKED_LOST || stop(run, LG_INTERNAL);
}

static void add_cost(void *arg, const struct lg_frame *frame)
{
	struct lg_cursor payload = frame->payload;
	struct costs *costs = arg;
	struct lg_attr attr;
	uint64_t value;

	while (lg_attr_next(&payload, &attr) == LG_ATTR_FOUND) {
		if (attr.type == LG_ATTR_RUN_NS && lg_attr_u64(&attr, &value))
			costs->program_ns += value;
		if (attr.type == LG_ATTR_MAP_BYTES && lg_attr_u64(&attr, &value))
			costs->map_bytes += value;
	}
}

static bool look_at_costs(struct run *run)
{
	struct costs now = {0};
	uint32_t code;

	if (ask(run, LG_MSG_COSTS, NULL, NULL, 0, add_cost, &now, &code) != LG_ASKED)
		return stop(run, LG_INTERNAL);
	if (!(run->flags & LG_REPORT_UNCOUNTED))
		run->costs.program_ns = now.program_ns;
	if (now.map_bytes > run->costs.map_bytes)
		run->costs.map_bytes = now.map_bytes;
	return true;
}

/* ---- the window */

static bool open_window(struct run *run, uint32_t *code)
{
	static const uint16_t with[] = {LG_ATTR_PHASE, LG_ATTR_PREROLL_NS};
	static const uint64_t values[] = {1, PREROLL_NS};
	enum lg_asked asked = ask(run, LG_MSG_ATTACH, NULL, NULL, 0, NULL, NULL, code);

	if (asked == LG_ASKED && !count_programs(run, code))
		return false;
	if (asked == LG_ASKED)
		asked = ask(run, LG_MSG_WINDOW_OPEN, with, values, 2, NULL, NULL, code);
	if (asked == LG_ASKED)
		return true;
	run->busy = asked == LG_ASKED_ERROR && *code == LG_ERR_BUSY;
	return stop(run, asked == LG_ASKED_ERROR && *code == LG_ERR_REFUSED ? LG_NOT_SUPPORTED
									    : LG_INTERNAL);
}

/* Trace events are read by a process, whose limits the kernel keeps: there is nothing to look at. */
static bool has_programs(const struct run *run)
{
	for (size_t i = 0; i < run->requests.count; i++) {
		if (run->requests.requests[i].type != LG_MSG_LOAD_TRACE)
			return true;
	}
	return false;
}

/* The budget is the whole window's: what takes it up early ends the window early. */
static bool watch(struct run *run, lg_u64 end)
{
	lg_u64 step = has_programs(run) ? WATCH_NS : end;

	for (lg_u64 now = lg_clock_ns(CLOCK_BOOTTIME); now < end;
	     now = lg_clock_ns(CLOCK_BOOTTIME)) {
		if (!sleep_until(end - now > step ? now + step : end)) {
			/* The lease ended, or the campaign did: what was counted is nobody's. */
			lg_refuse(run->why, "its window was ended early");
			return stop(run, LG_LEASE_ENDED);
		}
		if (!look_at_costs(run) || !affordable(run, run->campaign.window_s * 1000))
			return false;
	}
	return true;
}

static bool window(struct run *run)
{
	static const uint16_t with[] = {LG_ATTR_DRAIN_NS};
	static const uint64_t values[] = {DRAIN_NS};
	uint32_t code = 0;
	lg_u64 opened, closed, awake, jump;

	if (!open_window(run, &code))
		return false;
	opened = lg_clock_ns(CLOCK_BOOTTIME);
	awake = lg_monotonic_ns();
	jump = lg_clock_ns(CLOCK_REALTIME) - opened;
	if (!watch(run, opened + run->campaign.window_s * LG_NS_PER_S))
		return false;
	closed = lg_clock_ns(CLOCK_BOOTTIME);
	/* What a suspended device did not do is no time that its budget grows by. */
	run->open_ms = (lg_monotonic_ns() - awake) / LG_NS_PER_MS;
	jump = lg_clock_ns(CLOCK_REALTIME) - closed - jump;
	if (jump > LG_NS_PER_S && -jump > LG_NS_PER_S)
		run->flags |= LG_REPORT_CLOCK_JUMPED;
	if (ask(run, LG_MSG_WINDOW_CLOSE, with, values, 1, lg_histograms_read, &run->histograms,
		&code) != LG_ASKED)
		return stop(run, LG_INTERNAL);
	return look_at_costs(run);
}

/* ---- the report */

static int put(struct lg_spool *spool, struct lg_report *report)
{
	uint64_t lost = lg_ledger_lost(&spool->ledger.counts);
	struct lg_buffer bytes = {0};
	uint8_t id[LG_REPORT_ID];
	int rc = -EFBIG;

	report->lost_reports = lost - spool->ledger.counts.reported;
	if (lg_report_write(&bytes, report)) {
		lg_report_id(&bytes, id);
		rc = lg_spool_put(spool, id, bytes.data, bytes.size);
	}
	lg_buffer_free(&bytes);
	/* Only now: what a crash comes before is said twice, and never left out. */
	if (!rc) {
		spool->ledger.counts.reported = lost;
		lg_ledger_save(&spool->ledger);
	}
	return rc;
}

static int spool_report(struct run *run)
{
	const struct lg_measure *measure = run->measure;
	bool good = !run->reason && affordable(run, run->open_ms);
	struct lg_report report = {
		.campaign = &run->campaign,
		.sequence = measure->sequence,
		.arm = measure->arm,
		.build = measure->config->build,
		.model = measure->config->model,
		/* Before it began none has a campaign: that clock is not set. */
		.started_s = run->began_s < run->campaign.starts_s ? 0 : run->began_s,
		.uptime_s = run->uptime_s,
		.window_s = run->reason ? 0 : run->open_ms / 1000,
		.flags = run->flags | (measure->charging ? LG_REPORT_CHARGING : 0),
		.reason = run->reason};
	struct lg_spool spool;
	int rc;

	memcpy(report.incarnation, measure->incarnation, sizeof(report.incarnation));
	resources(run, &report.cpu_ms, &report.memory_kib);
	if (good)
		report.histogram_count = lg_histograms_list(&run->histograms, &report.histograms);
	if (run->histograms.damaged)
		report.flags |= LG_REPORT_CUT_SHORT;
	rc = lg_spool_enter(&spool, measure->directories, measure->config);
	if (!rc)
		rc = put(&spool, &report);
	lg_spool_leave(&spool);
	if (rc) {
		fprintf(stderr, "latgate-field: report not spooled: %s\n", strerror(-rc));
		return LG_MEASURE_UNSPOOLED;
	}
	return run->reason ? LG_MEASURE_STOPPED + (int)run->reason : LG_MEASURED;
}

static void begin(struct run *run, const struct lg_measure *measure)
{
	*run = (struct run){.measure = measure, .session.fd = -1};
	run->began_s = measure->now_s;
	run->uptime_s = lg_clock_ns(CLOCK_BOOTTIME) / LG_NS_PER_S;
}

static void end(struct run *run)
{
	lg_probe_session_end(&run->session);
	lg_histograms_free(&run->histograms);
	lg_buffer_free(&run->manifest);
	lg_buffer_free(&run->bundle);
}

int lg_measure_refuse(const struct lg_measure *measure, enum lg_reason reason)
{
	int code = LG_MEASURE_UNSPOOLED;
	struct run run;

	begin(&run, measure);
	run.reason = reason;
	if (read_campaign(&run))
		code = spool_report(&run);
	end(&run);
	return code;
}

static void measure_campaign(struct run *run)
{
	if (!read_bundle(run))
		return;
	if (!lg_histograms_new(&run->histograms, &run->campaign) ||
	    !lg_probe_session_start(
		    &run->session,
		    /* The session counts suspend as silence, which only the lease bounds. */
		    run->campaign.window_s + run->campaign.lease_s + SILENCE_OVER_S, &run->busy,
		    run->why))
		stop(run, LG_INTERNAL);
	else if (!run->busy && load(run))
		window(run);
	/* First: what it took is known when it is over. */
	lg_probe_session_end(&run->session);
}

int lg_measure_window(const struct lg_measure *measure)
{
	int code = LG_MEASURE_UNSPOOLED;
	struct run run;
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigprocmask(SIG_BLOCK, &ending, NULL);
	begin(&run, measure);
	if (read_campaign(&run)) {
		measure_campaign(&run);
		code = run.busy ? LG_MEASURE_BUSY : spool_report(&run);
	}
	if (run.reason || code == LG_MEASURE_UNSPOOLED)
		fprintf(stderr, "latgate-field: campaign %s: %s\n", run.campaign.id, run.why);
	end(&run);
	return code;
}
