// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Where tasks were when they left their CPU: the stack of each switch, which weighs
 * the time until the task is switched in again. What offcpu.bpf.c measures, with stacks.
 */
#define LG_METRICS 1
#include "probe.h"
#include "absence.h"

enum {
	METRIC_TIME = 0,
	MAX_TASKS = 32768,
	MAX_PLACES = 16384,
	MAX_KERNEL_TRACES = 16384, /* 9 MiB */
	MAX_USER_TRACES = 8192, /* 17 MiB */
};

struct place {
	struct lg_stack_ids ids;
	u32 class_;
	u32 cause;
	char comm[LG_COMM_LEN];
};

LG_COUNT_LABELS(k_offprofile_time, struct place, MAX_PLACES);
LG_KERNEL_TRACES(t_offprofile_time_kernel, MAX_KERNEL_TRACES);
LG_USER_TRACES(t_offprofile_time_user, MAX_USER_TRACES);

struct absence {
	struct lg_stamp stamp;
	struct place place;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TASKS);
	__type(key, u32);
	__type(value, struct absence);
} s_offprofile_hash SEC(".maps");

/* The task that leaves is the current one. */
static __always_inline void leaves(bool preempt, struct task_struct *prev, u32 pid, u32 word,
				   u64 now, u64 *ctx, bool direct)
{
	struct lg_counters *c = lg_metric(METRIC_TIME);
	u32 state = lg_absence_state(prev, ctx, direct), class_;
	struct absence *absence, fresh = {};

	/* It does not come back. */
	if (!c || (!preempt && state & STATE_DEAD))
		return;
	absence = bpf_map_lookup_elem(&s_offprofile_hash, &pid);
	if (!absence) {
		if (bpf_map_update_elem(&s_offprofile_hash, &pid, &fresh, BPF_NOEXIST) &&
		    lg_judged(word))
			c->map_full++;
		absence = bpf_map_lookup_elem(&s_offprofile_hash, &pid);
		if (!absence)
			return;
	}
	class_ = lg_class_of(prev, direct);
	lg_start(&absence->stamp, word, now, class_, c);
	if (!lg_judged(word) || !lg_class_measured(class_))
		return;
	absence->place.class_ = class_;
	absence->place.cause = lg_absence_cause(preempt, state, prev, direct);
	bpf_get_current_comm(absence->place.comm, sizeof(absence->place.comm));
	absence->place.ids.kernel = bpf_get_stackid(ctx, &t_offprofile_time_kernel, 0);
	absence->place.ids.user = bpf_get_stackid(ctx, &t_offprofile_time_user, BPF_F_USER_STACK);
}

static __always_inline void returns(u32 pid, u32 word, u64 now)
{
	struct absence *absence = bpf_map_lookup_elem(&s_offprofile_hash, &pid);
	struct lg_counters *c = lg_metric(METRIC_TIME);
	struct place place;
	struct lg_span span;

	/* Away since before the window, or new. */
	if (!c || !absence || !absence->stamp.word)
		return;
	if (!lg_end(&absence->stamp, word, now, c, &span))
		return;
	place = absence->place;
	lg_record_span_count(lg_count_of(&k_offprofile_time, &place), &span, c);
}

static __always_inline int switched(bool preempt, struct task_struct *prev,
				    struct task_struct *next, u64 *ctx, bool direct)
{
	u32 word = lg_window_now(), pid;
	u64 now;

	if (!word)
		return 0;
	now = bpf_ktime_get_ns();
	pid = lg_read(prev, pid, direct);
	if (pid)
		leaves(preempt, prev, pid, word, now, ctx, direct);
	pid = lg_read(next, pid, direct);
	if (pid)
		returns(pid, word, now);
	return 0;
}

LG_TRACEPOINT(sched_switch, switched(preempt, prev, next, ctx, direct), bool preempt,
	      struct task_struct *prev, struct task_struct *next)
