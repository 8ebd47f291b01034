/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "window.h"

#include <string.h>

#include "attribute.h"
#include "clock.h"
#include "facts.h"
#include "sparse_buckets.h"

#define DRAIN_LOOK_NS LG_NS_PER_MS

enum {
	ROWS_BYTES = 256 << 10, /* of a frame */
	USER_FRAME = 32, /* bytes of struct bpf_stack_build_id */
};

static void scope(struct lg_agent *agent, pid_t session)
{
	lg_engine_scope(agent->engine, session);
	lg_tracer_scope(agent->tracer, session);
}

static lg_u64 in_flight(struct lg_agent *agent)
{
	return lg_engine_in_flight(agent->engine) + lg_tracer_in_flight(agent->tracer);
}

int lg_window_arm(struct lg_agent *agent, const struct lg_phase_request *request, pid_t session,
		  struct lg_error *err)
{
	struct lg_window *window = &agent->window;
	enum lg_wake wake;

	*window = (struct lg_window){.phase = request->phase};
	lg_online_cpus(window->online_before);
	window->boot_offset_before_ns = lg_boot_offset_ns();
	scope(agent, session);
	/* The tracer first: it takes milliseconds, which belong to neither pre-roll. */
	if (lg_tracer_arm(agent->tracer, err) ||
	    lg_engine_arm(agent->engine, request->phase, err)) {
		lg_tracer_close(agent->tracer, lg_monotonic_ns());
		scope(agent, 0);
		return LG_GO_ON;
	}
	wake = lg_control_wait(&agent->control, -1, 0, lg_monotonic_ns() + request->preroll_ns);
	return wake == LG_WAKE_DEADLINE ? LG_GO_ON : lg_control_exit_code(&agent->control, wake);
}

void lg_window_open(struct lg_agent *agent)
{
	agent->window.opened_ns = lg_engine_open(agent->engine);
	lg_tracer_open(agent->tracer, agent->window.opened_ns);
}

int lg_window_close(struct lg_agent *agent, lg_u64 drain_ns)
{
	struct lg_window *window = &agent->window;
	enum lg_wake wake = LG_WAKE_DEADLINE;

	window->closed_ns = lg_engine_drain(agent->engine);
	lg_tracer_drain(agent->tracer, window->closed_ns);
	while (in_flight(agent) && wake == LG_WAKE_DEADLINE) {
		lg_u64 now = lg_monotonic_ns();
		lg_u64 end = window->closed_ns + drain_ns;

		if (now >= end)
			break;
		wake = lg_control_wait(&agent->control, -1, 0,
				       end - now < DRAIN_LOOK_NS ? end : now + DRAIN_LOOK_NS);
	}
	window->drained_ns = lg_engine_close(agent->engine);
	lg_tracer_close(agent->tracer, window->drained_ns);
	scope(agent, 0);
	window->boot_offset_after_ns = lg_boot_offset_ns();
	lg_online_cpus(window->online_after);
	return wake == LG_WAKE_DEADLINE ? LG_GO_ON : lg_control_exit_code(&agent->control, wake);
}

struct reading {
	struct lg_buffer *frames;
	lg_u32 sequence;
};

static int put_histogram(void *arg, lg_u32 metric_id, const void *key, size_t key_size,
			 const char *label_name, const struct lg_hist_sum *hist)
{
	const struct reading *reading = arg;
	struct lg_buffer *frames = reading->frames;
	size_t begun = lg_frame_begin(frames, LG_MSG_HISTOGRAM, reading->sequence);
	size_t buckets;

	lg_put_u32(frames, LG_ATTR_METRIC_ID, metric_id);
	lg_put(frames, LG_ATTR_KEY, key, key_size);
	lg_put_u64(frames, LG_ATTR_COUNT, hist->count);
	lg_put_u64(frames, LG_ATTR_SUM, hist->sum);
	lg_put_u64(frames, LG_ATTR_MAX, hist->max);
	buckets = lg_put_begin(frames, LG_ATTR_BUCKETS);
	lg_append_buckets(frames, hist->buckets, LG_HIST_BUCKETS);
	lg_put_end(frames, buckets);
	if (label_name)
		lg_put_text(frames, LG_ATTR_LABEL_NAME, label_name);
	lg_frame_end(frames, begun);
	return frames->failed ? -1 : 0;
}

static int put_count(void *arg, lg_u32 metric_id, const void *key, size_t key_size,
		     const char *label_name, const struct lg_count *count)
{
	const struct reading *reading = arg;
	struct lg_buffer *frames = reading->frames;
	size_t begun = lg_frame_begin(frames, LG_MSG_COUNT, reading->sequence);

	lg_put_u32(frames, LG_ATTR_METRIC_ID, metric_id);
	lg_put(frames, LG_ATTR_KEY, key, key_size);
	lg_put_u64(frames, LG_ATTR_COUNT, count->count);
	lg_put_u64(frames, LG_ATTR_SUM, count->sum);
	if (label_name)
		lg_put_text(frames, LG_ATTR_LABEL_NAME, label_name);
	lg_frame_end(frames, begun);
	return frames->failed ? -1 : 0;
}

/* Frames of whole rows, none of them long. */
static int put_rows(void *arg, lg_u32 metric_id, const void *rows, size_t row_size, size_t count)
{
	const struct reading *reading = arg;
	struct lg_buffer *frames = reading->frames;
	const size_t most = ROWS_BYTES / row_size;

	for (size_t n; count; count -= n, rows = (const char *)rows + n * row_size) {
		size_t begun = lg_frame_begin(frames, LG_MSG_ROWS, reading->sequence);

		n = count < most ? count : most;
		lg_put_u32(frames, LG_ATTR_METRIC_ID, metric_id);
		lg_put_u32(frames, LG_ATTR_ROW_SIZE, (lg_u32)row_size);
		lg_put(frames, LG_ATTR_DATA, rows, n * row_size);
		lg_frame_end(frames, begun);
	}
	return frames->failed ? -1 : 0;
}

static int put_stack(void *arg, lg_u32 metric_id, const struct lg_stack *stack)
{
	const struct reading *reading = arg;
	struct lg_buffer *frames = reading->frames;
	size_t begun = lg_frame_begin(frames, LG_MSG_STACK, reading->sequence);

	lg_put_u32(frames, LG_ATTR_METRIC_ID, metric_id);
	lg_put(frames, LG_ATTR_KEY, stack->key, stack->key_size);
	lg_put_u64(frames, LG_ATTR_COUNT, stack->count.count);
	lg_put_u64(frames, LG_ATTR_SUM, stack->count.sum);
	lg_put(frames, LG_ATTR_KERNEL_FRAMES, stack->kernel,
	       stack->kernel_frames * sizeof(*stack->kernel));
	lg_put(frames, LG_ATTR_USER_FRAMES, stack->user, stack->user_frames * USER_FRAME);
	if (stack->lost)
		lg_put_u32(frames, LG_ATTR_TRUNCATED, 1);
	lg_frame_end(frames, begun);
	return frames->failed ? -1 : 0;
}

static int put_counters(void *arg, lg_u32 metric_id, const struct lg_counters *sum, lg_u64 censored,
			lg_u64 censored_age_sum_ns)
{
	const struct reading *reading = arg;
	struct lg_buffer *frames = reading->frames;
	size_t begun = lg_frame_begin(frames, LG_MSG_COUNTERS, reading->sequence);
	lg_u64 values[sizeof(*sum) / sizeof(lg_u64)];
	uint8_t bytes[sizeof(values)];

	memcpy(values, sum, sizeof(values));
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		lg_store_le(bytes + 8 * i, values[i], 8);
	lg_put_u32(frames, LG_ATTR_METRIC_ID, metric_id);
	lg_put(frames, LG_ATTR_COUNTER_VALUES, bytes, sizeof(bytes));
	lg_put_u64(frames, LG_ATTR_CENSORED, censored);
	lg_put_u64(frames, LG_ATTR_CENSORED_AGE_SUM_NS, censored_age_sum_ns);
	lg_frame_end(frames, begun);
	return frames->failed ? -1 : 0;
}

static void put_frequencies(const struct lg_tracer *tracer, struct lg_buffer *frames)
{
	const char *missing = lg_tracer_frequency_missing(tracer);
	struct lg_fold_frequency found;

	for (lg_u32 cpu = 0; cpu < LG_FOLD_MAX_CPUS; cpu++) {
		size_t begun;

		if (!lg_tracer_frequency(tracer, cpu, &found))
			continue;
		begun = lg_put_begin(frames, LG_ATTR_CPU_FREQUENCY);
		lg_put_u32(frames, LG_ATTR_INDEX, cpu);
		lg_put_u64(frames, LG_ATTR_KNOWN_NS, found.known_ns);
		lg_put_u32(frames, LG_ATTR_MEAN_KHZ, found.mean_khz);
		lg_put_u64(frames, LG_ATTR_CHANGES, found.changes);
		lg_put_end(frames, begun);
	}
	if (missing)
		lg_put_text(frames, LG_ATTR_FREQUENCY_MISSING, missing);
}

static void put_window(const struct lg_window *window, const struct lg_tracer *tracer,
		       struct lg_buffer *frames, lg_u32 sequence)
{
	const char *trace_fault = lg_tracer_fault(tracer);
	size_t begun = lg_frame_begin(frames, LG_MSG_WINDOW, sequence);

	lg_put_u32(frames, LG_ATTR_PHASE, window->phase);
	lg_put_u64(frames, LG_ATTR_OPENED_NS, window->opened_ns);
	lg_put_u64(frames, LG_ATTR_CLOSED_NS, window->closed_ns);
	lg_put_u64(frames, LG_ATTR_DRAINED_NS, window->drained_ns);
	lg_put_u64(frames, LG_ATTR_BOOT_OFFSET_BEFORE_NS, window->boot_offset_before_ns);
	lg_put_u64(frames, LG_ATTR_BOOT_OFFSET_AFTER_NS, window->boot_offset_after_ns);
	lg_put_text(frames, LG_ATTR_ONLINE_BEFORE, window->online_before);
	lg_put_text(frames, LG_ATTR_ONLINE_AFTER, window->online_after);
	if (trace_fault[0])
		lg_put_text(frames, LG_ATTR_TRACE_FAULT, trace_fault);
	put_frequencies(tracer, frames);
	lg_frame_end(frames, begun);
}

void lg_window_read(struct lg_agent *agent, lg_u32 sequence, struct lg_error *err)
{
	struct reading reading = {&agent->output.frames, sequence};
	struct lg_reader reader = {&reading, put_histogram, put_count,
				   put_rows, put_stack,	    put_counters};

	if (!lg_engine_read(agent->engine, &reader, err) &&
	    !lg_tracer_read(agent->tracer, &reader, err)) {
		put_window(&agent->window, agent->tracer, reading.frames, sequence);
		return;
	}
	lg_buffer_reset(reading.frames);
	if (!err->code)
		lg_fault(err, LG_ERR_INTERNAL, "the histograms could not be read");
}

void lg_window_look(struct lg_agent *agent, lg_u32 sequence, struct lg_error *err)
{
	struct reading reading = {&agent->output.frames, sequence};
	struct lg_reader reader = {&reading, put_histogram, put_count,
				   put_rows, put_stack,	    put_counters};
	struct lg_window window = agent->window;

	window.closed_ns = window.drained_ns = lg_monotonic_ns();
	window.boot_offset_after_ns = window.boot_offset_before_ns;
	if (!lg_engine_look(agent->engine, &reader, err)) {
		put_window(&window, agent->tracer, reading.frames, sequence);
		return;
	}
	lg_buffer_reset(reading.frames);
	if (!err->code)
		lg_fault(err, LG_ERR_INTERNAL, "the open window could not be read");
}
