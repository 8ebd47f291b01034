// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Where a CPU was when a task's timer expired, weighed by how late the task ran
 * then: the stack under the timer interrupt, and the task that was interrupted.
 * What alarm.bpf.c measures, with stacks.
 */
#define LG_METRICS 1
#include "probe.h"
#include "alarm_timer.h"

enum {
	METRIC_LATENESS = 0,
	MAX_TASKS = 4096,
	MAX_PLACES = 16384,
	MAX_KERNEL_TRACES = 16384, /* 9 MiB */
	MAX_USER_TRACES = 1024, /* 2 MiB */
};

struct place {
	struct lg_stack_ids ids;
	u32 class_;
	u32 octave; /* base-2 logarithm of the lateness in us: the longest have one of their own */
	char comm[LG_COMM_LEN];
};

LG_COUNT_LABELS(k_alarmprofile_lateness, struct place, MAX_PLACES);
LG_KERNEL_TRACES(t_alarmprofile_lateness_kernel, MAX_KERNEL_TRACES);
LG_USER_TRACES(t_alarmprofile_lateness_user, MAX_USER_TRACES);

struct late {
	struct lg_stamp stamp;
	struct place place;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TASKS);
	__type(key, u32);
	__type(value, struct late);
} s_alarmprofile SEC(".maps");

static __always_inline int waking(struct task_struct *task, u64 *ctx, bool direct)
{
	u32 word = lg_window_now(), pid;
	struct lg_counters *c = lg_metric(METRIC_LATENESS);
	struct late *late, fresh = {};
	struct lg_alarm *alarm;

	if (!word || !c)
		return 0;
	alarm = lg_alarm_now(word);
	if (!alarm)
		return 0;
	pid = lg_read(task, pid, direct);
	/* It had not left its CPU yet: nothing kept it. */
	if (pid == (u32)bpf_get_current_pid_tgid())
		return 0;
	late = bpf_map_lookup_elem(&s_alarmprofile, &pid);
	if (!late) {
		if (bpf_map_update_elem(&s_alarmprofile, &pid, &fresh, BPF_NOEXIST) &&
		    lg_judged(word))
			c->map_full++;
		late = bpf_map_lookup_elem(&s_alarmprofile, &pid);
		if (!late)
			return 0;
	}
	lg_start(&late->stamp, word, alarm->due_ns, lg_class_of(task, direct), c);
	if (!lg_judged(word))
		return 0;
	bpf_get_current_comm(late->place.comm, sizeof(late->place.comm));
	late->place.ids.kernel = bpf_get_stackid(ctx, &t_alarmprofile_lateness_kernel, 0);
	late->place.ids.user =
		bpf_get_stackid(ctx, &t_alarmprofile_lateness_user, BPF_F_USER_STACK);
	return 0;
}

static __always_inline int switched(struct task_struct *prev, struct task_struct *next, bool direct)
{
	u32 word = lg_window_now(), pid;
	struct lg_counters *c = lg_metric(METRIC_LATENESS);
	struct lg_span span;
	struct place place;
	struct late *late;

	if (!word || !c)
		return 0;
	/* Woken while it ran on another CPU: it never waited, or its wait is not known. */
	pid = lg_read(prev, pid, direct);
	lg_cancel_key(&s_alarmprofile, &pid, word, c);
	pid = lg_read(next, pid, direct);
	late = bpf_map_lookup_elem(&s_alarmprofile, &pid);
	if (!late)
		return 0;
	place = late->place;
	if (!lg_end_key(&s_alarmprofile, &pid, word, bpf_ktime_get_ns(), c, &span))
		return 0;
	place.class_ = span.class_;
	place.octave = lg_msb(span.duration_ns / 1000);
	lg_record_span_count(lg_count_of(&k_alarmprofile_lateness, &place), &span, c);
	return 0;
}

/* Not by tp_btf, which 5.10 gives no pointers to what is neither a struct nor void, such as `at`. */
SEC("raw_tp/hrtimer_expire_entry")
int BPF_PROG(hrtimer_expire_entry__raw_tp, struct hrtimer *timer, s64 *at)
{
	return lg_alarm_begins(timer, at);
}

LG_TRACEPOINT(hrtimer_expire_exit, lg_alarm_ends(), void *timer)
LG_TRACEPOINT(sched_waking, waking(task, ctx, direct), struct task_struct *task)
LG_TRACEPOINT(sched_switch, switched(prev, next, direct), bool preempt, struct task_struct *prev,
	      struct task_struct *next)
