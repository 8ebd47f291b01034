// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* How long system calls took, by number and process class, waiting included. */
#define LG_METRICS 1
#include "probe.h"
#include "compat_task.h"

enum {
	METRIC_LATENCY = 0,
	MAX_LABELS = 256,
	MAX_TASKS = 32768,
};

/* In the number of a call through the 32-bit table of a 64-bit kernel. */
#define NR_COMPAT 0x80000000u

const volatile bool lg_task_storage;

struct syscall_key {
	u32 nr;
	u32 class_;
};

LG_HIST_LABELS(h_syscall_latency, struct syscall_key, MAX_LABELS);

struct call {
	struct lg_stamp stamp;
	u32 nr;
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct call);
} s_syscall_task SEC(".maps");

/* By thread, where tasks have no storage (before 5.11) or the rung is raw_tp. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TASKS);
	__type(key, u32);
	__type(value, struct call);
} s_syscall_hash SEC(".maps");

/* `stored` is a constant: the task came from bpf_get_current_task_btf(). */
static __always_inline struct call *find_call(struct task_struct *task, bool stored)
{
	u32 tid = bpf_get_current_pid_tgid();

	if (stored)
		return bpf_task_storage_get(&s_syscall_task, task, NULL, 0);
	return bpf_map_lookup_elem(&s_syscall_hash, &tid);
}

/* NULL when there is no room; counted if the start would have been judged. */
static __always_inline struct call *make_call(struct task_struct *task, u32 word,
					      struct lg_counters *c, bool stored)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct call *call, fresh = {};

	if (stored) {
		call = bpf_task_storage_get(&s_syscall_task, task, NULL,
					    BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (!call && lg_judged(word))
			c->null_storage++;
		return call;
	}
	call = bpf_map_lookup_elem(&s_syscall_hash, &tid);
	if (call)
		return call;
	if (bpf_map_update_elem(&s_syscall_hash, &tid, &fresh, BPF_NOEXIST) && lg_judged(word))
		c->map_full++;
	return bpf_map_lookup_elem(&s_syscall_hash, &tid);
}

static __always_inline void entered(struct task_struct *task, s32 nr, u32 word, bool stored)
{
	struct lg_counters *c = lg_metric(METRIC_LATENCY);
	struct call *call;
	u32 class_;

	/* A tracer or a seccomp filter turned the call down. */
	if (!c || nr < 0)
		return;
	call = make_call(task, word, c, stored);
	if (!call)
		return;
	class_ = lg_class_cached(&call->stamp, word, task, stored);
	call->nr = nr | (lg_task_compat(task, stored) ? NR_COMPAT : 0);
	lg_start(&call->stamp, word, bpf_ktime_get_ns(), class_, c);
}

static __always_inline void left(struct task_struct *task, u32 word, u64 now, bool stored)
{
	struct lg_counters *c = lg_metric(METRIC_LATENCY);
	struct call *call = find_call(task, stored);
	struct syscall_key key;
	struct lg_span span;

	if (!c)
		return;
	/* On its way out of the fork that made it, a task leaves a call it never entered. */
	if ((!call || !call->stamp.word) && lg_task_start_ns(task) >= lg_window_opened_ns)
		return;
	if (!lg_end(call ? &call->stamp : NULL, word, now, c, &span) || !call)
		return;
	key.nr = call->nr;
	key.class_ = span.class_;
	lg_record(lg_hist_of(&h_syscall_latency, &key), &span, c);
}

/* exit() does not return, and a killed task leaves its call unfinished. */
static __always_inline void gone(struct task_struct *task, u32 word, bool stored)
{
	struct call *call = find_call(task, stored);
	u32 tid = bpf_get_current_pid_tgid();

	if (call)
		lg_cancel(&call->stamp, word, lg_metric(METRIC_LATENCY));
	if (!stored)
		bpf_map_delete_elem(&s_syscall_hash, &tid);
}

static __always_inline struct task_struct *current(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

static __always_inline int on_enter(long nr, bool direct)
{
	u32 word = lg_window_now();

	if (!word)
		return 0;
	if (direct && lg_task_storage)
		entered(bpf_get_current_task_btf(), nr, word, true);
	else
		entered(current(), nr, word, false);
	return 0;
}

static __always_inline int on_exit(bool direct)
{
	u32 word = lg_window_now();
	u64 now;

	if (!word)
		return 0;
	now = bpf_ktime_get_ns();
	if (direct && lg_task_storage)
		left(bpf_get_current_task_btf(), word, now, true);
	else
		left(current(), word, now, false);
	return 0;
}

static __always_inline int on_gone(bool direct)
{
	u32 word = lg_window_now();

	if (!word)
		return 0;
	if (direct && lg_task_storage)
		gone(bpf_get_current_task_btf(), word, true);
	else
		gone(current(), word, false);
	return 0;
}

LG_TRACEPOINT(sys_enter, on_enter(nr, direct), struct pt_regs *regs, long nr)
LG_TRACEPOINT(sys_exit, on_exit(direct))
LG_TRACEPOINT(sched_process_exit, on_gone(direct))
