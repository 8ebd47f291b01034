// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Frequencies of CPUs: how long each lasts, and how often they change. */
#define LG_METRICS 2
#define LG_NEST_LEVELS 4 /* drivers change it from tasks and interrupts */
#include "probe.h"

enum {
	METRIC_RESIDENCY = 0,
	METRIC_CHANGE = 1,
	MAX_CPUS = 512,
	MAX_FREQUENCIES = 128,
};

LG_HIST_LABELS(h_cpufreq_residency, u32, MAX_FREQUENCIES);
LG_COUNT_LABELS(c_cpufreq_change, u32, MAX_CPUS);

struct state {
	struct lg_stamp stamp;
	u32 khz, pad;
};

/* By CPU: one may change another's. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_CPUS);
	__type(key, u32);
	__type(value, struct state);
} s_cpufreq SEC(".maps");

static __always_inline void changes(u32 khz, u32 cpu, u32 word, u64 now)
{
	struct state *state = bpf_map_lookup_elem(&s_cpufreq, &cpu);
	struct lg_counters *c = lg_metric(METRIC_RESIDENCY);
	struct lg_span span;
	u32 before;

	/* The same again: drivers say it of each CPU of a policy. */
	if (!state || !c || (lg_in_flight(&state->stamp, word) && state->khz == khz))
		return;
	before = state->khz;
	/* How long the first lasted before is not known. */
	if (state->stamp.word && lg_end(&state->stamp, word, now, c, &span))
		lg_record(lg_hist_of(&h_cpufreq_residency, &before), &span, c);
	state->khz = khz;
	lg_start(&state->stamp, word, now, LG_CLASS_KERNEL, c);
	c = lg_metric(METRIC_CHANGE);
	if (lg_happens(word, LG_CLASS_KERNEL, c))
		lg_record_count(lg_count_of(&c_cpufreq_change, &cpu), 1, c);
}

static __always_inline int on_frequency(u32 khz, u32 cpu)
{
	return LG_NESTED_END(changes(khz, cpu, word, now));
}

LG_TRACEPOINT(cpu_frequency, on_frequency(khz, cpu), unsigned int khz, unsigned int cpu)
