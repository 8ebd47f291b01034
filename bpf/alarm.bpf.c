// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* How late timers expire that wake a task, and how late the task runs. */
#define LG_METRICS 2
#include "probe.h"
#include "alarm_timer.h"

enum {
	METRIC_EXPIRY = 0,
	METRIC_RUN = 1,
	MAX_LABELS = 32,
	MAX_TASKS = 4096,
};

struct label_key {
	u32 class_;
	char comm[LG_COMM_LEN]; /* of the task that is woken */
};

LG_HIST_LABELS(h_alarm_expiry, struct label_key, MAX_LABELS);
LG_HIST_LABELS(h_alarm_run, struct label_key, MAX_LABELS);

/* Tasks that were woken and do not run yet. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TASKS);
	__type(key, u32);
	__type(value, struct lg_stamp);
} s_alarm SEC(".maps");

static __always_inline void read_comm(struct label_key *label, struct task_struct *task)
{
	/* Up to the NUL, whatever room the kernel has for it. */
	bpf_probe_read_kernel_str(label->comm, sizeof(label->comm), &task->comm);
}

/* A lateness that is known at once. */
static __always_inline void record(void *map, u32 metric, u64 lateness, u32 word,
				   const struct label_key *label)
{
	struct lg_counters *c = lg_metric(metric);

	if (lg_happens(word, label->class_, c))
		lg_record_value(lg_hist_of(map, label), lateness, c);
}

static __always_inline int waking(struct task_struct *task, bool direct)
{
	u32 word = lg_window_now(), pid;
	struct label_key label = {};
	struct lg_alarm *alarm;
	u64 due;

	if (!word)
		return 0;
	alarm = lg_alarm_now(word);
	if (!alarm)
		return 0;
	due = alarm->due_ns;
	label.class_ = lg_class_of(task, direct);
	read_comm(&label, task);
	record(&h_alarm_expiry, METRIC_EXPIRY, alarm->begun_ns - due, word, &label);
	pid = lg_read(task, pid, direct);
	/* On its way to sleep: it runs on when the interrupt returns. */
	if (pid == (u32)bpf_get_current_pid_tgid())
		record(&h_alarm_run, METRIC_RUN, bpf_ktime_get_ns() - due, word, &label);
	else
		lg_start_key(&s_alarm, &pid, word, due, label.class_, lg_metric(METRIC_RUN));
	return 0;
}

static __always_inline int switched(struct task_struct *prev, struct task_struct *next, bool direct)
{
	u32 word = lg_window_now(), pid;
	struct lg_counters *c = lg_metric(METRIC_RUN);
	struct label_key label = {};
	struct lg_span span;

	if (!word || !c)
		return 0;
	/* Woken while it ran on another CPU: it never waited, or its wait is not known. */
	pid = lg_read(prev, pid, direct);
	lg_cancel_key(&s_alarm, &pid, word, c);
	pid = lg_read(next, pid, direct);
	if (!bpf_map_lookup_elem(&s_alarm, &pid))
		return 0;
	if (!lg_end_key(&s_alarm, &pid, word, bpf_ktime_get_ns(), c, &span))
		return 0;
	label.class_ = span.class_;
	read_comm(&label, next);
	lg_record(lg_hist_of(&h_alarm_run, &label), &span, c);
	return 0;
}

/* Not by tp_btf, which 5.10 gives no pointers to what is neither a struct nor void, such as `at`. */
SEC("raw_tp/hrtimer_expire_entry")
int BPF_PROG(hrtimer_expire_entry__raw_tp, struct hrtimer *timer, s64 *at)
{
	return lg_alarm_begins(timer, at);
}

LG_TRACEPOINT(hrtimer_expire_exit, lg_alarm_ends(), void *timer)
LG_TRACEPOINT(sched_waking, waking(task, direct), struct task_struct *task)
LG_TRACEPOINT(sched_switch, switched(prev, next, direct), bool preempt, struct task_struct *prev,
	      struct task_struct *next)
