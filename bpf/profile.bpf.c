// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * What CPUs do: a sample of each LG_SAMPLE_HZ times a second, which weighs the time
 * to the next. An idle CPU does nothing and is left out.
 */
#define LG_METRICS 1
#include "probe.h"

enum {
	METRIC_CPU = 0,
	MAX_PLACES = 16384,
	MAX_KERNEL_TRACES = 16384, /* 9 MiB */
	MAX_USER_TRACES = 8192, /* 17 MiB */
	NS_PER_SECOND = 1000000000,
};

struct place {
	struct lg_stack_ids ids;
	u32 class_;
	char comm[LG_COMM_LEN];
};

LG_COUNT_LABELS(k_profile_cpu, struct place, MAX_PLACES);
LG_KERNEL_TRACES(t_profile_cpu_kernel, MAX_KERNEL_TRACES);
LG_USER_TRACES(t_profile_cpu_user, MAX_USER_TRACES);

static __always_inline void sampled(void *ctx, u32 word)
{
	struct lg_counters *c = lg_metric(METRIC_CPU);
	struct place place = {.class_ = lg_class_current()};

	if (!lg_happens(word, place.class_, c))
		return;
	bpf_get_current_comm(place.comm, sizeof(place.comm));
	place.ids.kernel = bpf_get_stackid(ctx, &t_profile_cpu_kernel, 0);
	place.ids.user = bpf_get_stackid(ctx, &t_profile_cpu_user, BPF_F_USER_STACK);
	lg_record_count(lg_count_of(&k_profile_cpu, &place), NS_PER_SECOND / LG_SAMPLE_HZ, c);
}

SEC("perf_event")
int clock__perf_event(void *ctx)
{
	u32 word = lg_window_now();

	/* The idle task is number 0 of every CPU. */
	if (word && (u32)bpf_get_current_pid_tgid())
		sampled(ctx, word);
	return 0;
}
