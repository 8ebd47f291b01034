// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Suspend and resume: the kernel's phases, and each device's callbacks in them.
 * The clock stands still while the system sleeps.
 */
#define LG_METRICS 2
#include "probe.h"

enum {
	METRIC_PHASE = 0,
	METRIC_DEVICE = 1,
	MAX_PHASES = 64,
	MAX_DEVICES = 512,
	NO_CLASS = LG_CLASS_KERNEL,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kobject {
	const char *name;
};

struct device {
	struct kobject kobj;
};

#pragma clang attribute pop

struct text {
	char text[LG_NAME_LEN];
};

/* By the address of what is named. */
LG_HIST_LABELS(h_suspend_phase, u64, MAX_PHASES);
LG_HIST_LABELS(h_suspend_device, u64, MAX_DEVICES);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_PHASES);
	__type(key, u64);
	__type(value, struct text);
} n_suspend_phase SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_DEVICES);
	__type(key, u64);
	__type(value, struct text);
} n_suspend_device SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_PHASES);
	__type(key, u64);
	__type(value, struct lg_stamp);
} s_suspend_phase SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_DEVICES);
	__type(key, u64);
	__type(value, struct lg_stamp);
} s_suspend_device SEC(".maps");

static __always_inline void name(void *names, u64 key, const char *of)
{
	struct text text = {};

	if (bpf_map_lookup_elem(names, &key))
		return;
	bpf_probe_read_kernel_str(text.text, sizeof(text.text), of);
	bpf_map_update_elem(names, &key, &text, BPF_ANY);
}

static __always_inline void ended(void *stamps, void *hist, u64 key, u32 word, u64 now, u32 metric)
{
	struct lg_counters *c = lg_metric(metric);
	struct lg_span span;

	if (c && lg_end_key(stamps, &key, word, now, c, &span))
		lg_record(lg_hist_of(hist, &key), &span, c);
}

static __always_inline int phase(const char *action, bool begins)
{
	u32 word = lg_window_now();
	u64 key = (u64)action;

	if (!word)
		return 0;
	if (begins) {
		name(&n_suspend_phase, key, action);
		lg_start_key(&s_suspend_phase, &key, word, bpf_ktime_get_ns(), NO_CLASS,
			     lg_metric(METRIC_PHASE));
	} else {
		ended(&s_suspend_phase, &h_suspend_phase, key, word, bpf_ktime_get_ns(),
		      METRIC_PHASE);
	}
	return 0;
}

static __always_inline int device_begins(struct device *device, bool direct)
{
	u32 word = lg_window_now();
	u64 key = (u64)device;

	if (!word)
		return 0;
	name(&n_suspend_device, key, lg_read_pointer(device, kobj.name));
	lg_start_key(&s_suspend_device, &key, word, bpf_ktime_get_ns(), NO_CLASS,
		     lg_metric(METRIC_DEVICE));
	return 0;
}

static __always_inline int device_ends(struct device *device)
{
	u32 word = lg_window_now();

	if (!word)
		return 0;
	ended(&s_suspend_device, &h_suspend_device, (u64)device, word, bpf_ktime_get_ns(),
	      METRIC_DEVICE);
	return 0;
}

LG_TRACEPOINT(suspend_resume, phase(action, begins), const char *action, int value, bool begins)
LG_TRACEPOINT(device_pm_callback_start, device_begins(device, direct), struct device *device)
LG_TRACEPOINT(device_pm_callback_end, device_ends(device), struct device *device)
