// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Off-CPU and on-CPU time of tasks. Off: switched out to switched in, by why the
 * task left the CPU; what runqueue.wait counts is a part of it. On: switched in to
 * switched out.
 */
#define LG_METRICS 2
#include "probe.h"
#include "absence.h"

enum {
	METRIC_TIME = 0,
	METRIC_SLICE = 1,
	MAX_TASKS = 32768,
	MAX_LABELS = 15,
	CLASSES = 3,
};

const volatile bool lg_task_storage;

struct label_key {
	u32 class_;
	u32 cause;
};

LG_HIST_LABELS(h_offcpu_time, struct label_key, MAX_LABELS);
LG_HIST_ARRAY(h_offcpu_slice, CLASSES);

struct absence {
	struct lg_stamp stamp;
	u32 cause;
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct absence);
} s_offcpu_task SEC(".maps");

/* Where tasks have no storage (before 5.11) or are no BTF pointers (raw_tp). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TASKS);
	__type(key, u32);
	__type(value, struct absence);
} s_offcpu_hash SEC(".maps");

/* What each CPU runs. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct lg_stamp);
} s_offcpu_slice SEC(".maps");

static __always_inline struct absence *find_absence(struct task_struct *task, u32 pid, bool direct)
{
	if (direct && lg_task_storage)
		return bpf_task_storage_get(&s_offcpu_task, task, NULL, 0);
	return bpf_map_lookup_elem(&s_offcpu_hash, &pid);
}

/* NULL when there is no room for one; counted if the start would have been judged. */
static __always_inline struct absence *make_absence(struct task_struct *task, u32 pid, u32 word,
						    bool direct, struct lg_counters *c)
{
	struct absence *absence, fresh = {};

	if (direct && lg_task_storage) {
		absence = bpf_task_storage_get(&s_offcpu_task, task, NULL,
					       BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (!absence && lg_judged(word))
			c->null_storage++;
		return absence;
	}
	absence = bpf_map_lookup_elem(&s_offcpu_hash, &pid);
	if (absence)
		return absence;
	if (bpf_map_update_elem(&s_offcpu_hash, &pid, &fresh, BPF_NOEXIST) && lg_judged(word))
		c->map_full++;
	return bpf_map_lookup_elem(&s_offcpu_hash, &pid);
}

static __always_inline void leaves(bool preempt, struct task_struct *prev, u32 pid, u32 class_,
				   u32 word, u64 now, u64 *ctx, bool direct)
{
	struct lg_counters *c = lg_metric(METRIC_TIME);
	u32 state = lg_absence_state(prev, ctx, direct);
	struct absence *absence;

	/* It does not come back. */
	if (!c || (!preempt && state & STATE_DEAD))
		return;
	absence = make_absence(prev, pid, word, direct, c);
	if (!absence)
		return;
	absence->cause = lg_absence_cause(preempt, state, prev, direct);
	lg_start(&absence->stamp, word, now, class_, c);
}

static __always_inline void returns(struct task_struct *next, u32 pid, u32 word, u64 now,
				    bool direct)
{
	struct absence *absence = find_absence(next, pid, direct);
	struct lg_counters *c = lg_metric(METRIC_TIME);
	struct label_key label;
	struct lg_span span;

	/* Away since before the window, or new. */
	if (!c || !absence || !absence->stamp.word)
		return;
	if (!lg_end(&absence->stamp, word, now, c, &span))
		return;
	label.class_ = span.class_;
	label.cause = absence->cause;
	lg_record(lg_hist_of(&h_offcpu_time, &label), &span, c);
}

static __always_inline int switched(bool preempt, struct task_struct *prev,
				    struct task_struct *next, u64 *ctx, bool direct)
{
	u32 word = lg_window_now(), pid, zero = 0, class_;
	struct lg_counters *c = lg_metric(METRIC_SLICE);
	struct lg_stamp *slice;
	struct lg_span span;
	u64 now;

	if (!word || !c)
		return 0;
	now = bpf_ktime_get_ns();
	slice = bpf_map_lookup_elem(&s_offcpu_slice, &zero);
	if (!slice)
		return 0;
	pid = lg_read(prev, pid, direct);
	if (pid) {
		if (slice->word && lg_end(slice, word, now, c, &span))
			lg_record(lg_hist_at(&h_offcpu_slice, span.class_), &span, c);
		class_ = lg_class_of(prev, direct);
		leaves(preempt, prev, pid, class_, word, now, ctx, direct);
	}
	pid = lg_read(next, pid, direct);
	if (pid) {
		returns(next, pid, word, now, direct);
		lg_start(slice, word, now, lg_class_of(next, direct), c);
	}
	return 0;
}

LG_TRACEPOINT(sched_switch, switched(preempt, prev, next, ctx, direct), bool preempt,
	      struct task_struct *prev, struct task_struct *next)
