// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* How long a runnable task waited for a CPU: from wakeup or preemption to running. */
#define LG_METRICS 1
#include "probe.h"
#include "compat_task.h"

enum { METRIC_WAIT = 0, CLASSES = 3, MAX_TASKS = 32768 };

const volatile bool lg_task_storage;
const volatile u32 lg_args_sched_switch;

LG_HIST_ARRAY(h_runqueue_wait, CLASSES);

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct lg_stamp);
} s_runqueue_task SEC(".maps");

/* Where tasks have no storage (before 5.11) or are no BTF pointers (raw_tp). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TASKS);
	__type(key, u32);
	__type(value, struct lg_stamp);
} s_runqueue_hash SEC(".maps");

static __always_inline u32 pid_of(struct task_struct *task, bool direct)
{
	return lg_read(task, pid, direct);
}

/*
 * Whose wait it is is asked at its end, when the task's fields are at hand
 * anyway. A scope is asked at the start: a wait outside it must not be in flight.
 */
static __always_inline u32 class_at_start(const struct lg_stamp *stamp, struct task_struct *task,
					  bool direct)
{
#ifdef LG_SCOPED
	return lg_class_of(task, direct);
#else
	return lg_stamp_class(stamp);
#endif
}

static __always_inline u32 class_at_end(struct lg_stamp *stamp, const struct lg_span *span,
					u32 word, struct task_struct *task, bool direct)
{
#ifdef LG_SCOPED
	return span->class_;
#else
	return lg_class_cached(stamp, word, task, direct);
#endif
}

/* NULL when the task has no stamp. */
static __always_inline struct lg_stamp *find_stamp(struct task_struct *task, u32 pid, bool direct)
{
	if (direct && lg_task_storage)
		return bpf_task_storage_get(&s_runqueue_task, task, NULL, 0);
	return bpf_map_lookup_elem(&s_runqueue_hash, &pid);
}

/* NULL when there is no room for one; counted if the start would have been judged. */
static __always_inline struct lg_stamp *make_stamp(struct task_struct *task, u32 pid, u32 word,
						   bool direct, struct lg_counters *c)
{
	struct lg_stamp *stamp, fresh = {};

	if (direct && lg_task_storage) {
		stamp = bpf_task_storage_get(&s_runqueue_task, task, NULL,
					     BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (!stamp && lg_judged(word))
			c->null_storage++;
		return stamp;
	}
	stamp = bpf_map_lookup_elem(&s_runqueue_hash, &pid);
	if (stamp)
		return stamp;
	if (bpf_map_update_elem(&s_runqueue_hash, &pid, &fresh, BPF_NOEXIST) && lg_judged(word))
		c->map_full++;
	return bpf_map_lookup_elem(&s_runqueue_hash, &pid);
}

static __always_inline int wakeup(struct task_struct *task, bool direct)
{
	u32 word = lg_window_now(), pid;
	struct lg_counters *c;
	struct lg_stamp *stamp;

	if (!word)
		return 0;
	/* A wakeup of a running task (it was about to sleep) queues nothing. */
	if (lg_read(task, on_cpu, direct))
		return 0;
	pid = pid_of(task, direct);
	c = lg_metric(METRIC_WAIT);
	if (!c || !pid)
		return 0;
	stamp = make_stamp(task, pid, word, direct, c);
	if (!stamp)
		return 0;
	/* Preempted on its way to sleep and woken: it has been waiting since then. */
	if (stamp->word && lg_stamp_current(stamp, word))
		return 0;
	lg_start(stamp, word, bpf_ktime_get_ns(), class_at_start(stamp, task, direct), c);
	return 0;
}

static __always_inline bool still_runnable(bool preempt, u32 state)
{
#ifdef LG_MUTATE_PREEMPT
	return preempt;
#else
	/* Preempted on return to user space: preempt is false, the state RUNNING. */
	return preempt || state == LG_TASK_RUNNING;
#endif
}

static __always_inline void record(u32 class_, const struct lg_span *span, struct lg_counters *c)
{
	if (class_ == LG_CLASS_SELF)
		lg_exclude(span, c);
	else
		lg_record(lg_hist_at(&h_runqueue_wait, class_), span, c);
}

static __always_inline int switched(bool preempt, struct task_struct *prev,
				    struct task_struct *next, u64 *ctx, bool direct)
{
	u32 word = lg_window_now(), prev_pid, next_pid;
	struct lg_counters *c;
	struct lg_stamp *stamp;
	struct lg_span span;
	u64 now = 0;

	if (!word)
		return 0;
	c = lg_metric(METRIC_WAIT);
	if (!c)
		return 0;
	/* The clock is read only where a wait begins or ends, once. */
	prev_pid = pid_of(prev, direct);
	if (prev_pid) {
		/* The argument, where there is one: the field may have changed since. */
		u32 state = lg_args_sched_switch > 3 ? (u32)ctx[3] : lg_task_state(prev, direct);

		if (still_runnable(preempt, state)) {
			stamp = make_stamp(prev, prev_pid, word, direct, c);
			if (stamp) {
				now = bpf_ktime_get_ns();
				lg_start(stamp, word, now, class_at_start(stamp, prev, direct), c);
			}
		} else {
			/* Going to sleep: whatever stamp it has can have no end. */
			stamp = find_stamp(prev, prev_pid, direct);
			if (stamp && stamp->word)
				lg_cancel(stamp, word, c);
		}
	}
	next_pid = pid_of(next, direct);
	if (next_pid) {
		stamp = find_stamp(next, next_pid, direct);
		if (stamp && stamp->word && !now)
			now = bpf_ktime_get_ns();
		if (lg_end(stamp, word, now, c, &span))
			record(class_at_end(stamp, &span, word, next, direct), &span, c);
	}
	return 0;
}

LG_TRACEPOINT(sched_wakeup, wakeup(task, direct), struct task_struct *task)
LG_TRACEPOINT(sched_wakeup_new, wakeup(task, direct), struct task_struct *task)
LG_TRACEPOINT(sched_switch, switched(preempt, prev, next, ctx, direct), bool preempt,
	      struct task_struct *prev, struct task_struct *next)
