// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Processes: fork to exec, and fork to exit. */
#define LG_METRICS 2
#include "probe.h"
#include "compat_task.h"

enum {
	METRIC_EXEC = 0,
	METRIC_LIFE = 1,
	MAX_PROCESSES = 16384,
	CLASSES = 3,
};

LG_HIST_ARRAY(h_process_exec, CLASSES);
LG_HIST_ARRAY(h_process_life, CLASSES);

struct process {
	struct lg_stamp exec;
	struct lg_stamp life;
};

/* By process id; threads are no processes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_PROCESSES);
	__type(key, u32);
	__type(value, struct process);
} s_process SEC(".maps");

static __always_inline int forked(struct task_struct *child, bool direct)
{
	u32 word = lg_window_now(), pid = lg_read(child, tgid, direct);
	struct lg_counters *c = lg_metric(METRIC_LIFE), *exec = lg_metric(METRIC_EXEC);
	struct process *process, fresh = {};
	u32 class_;
	u64 now;

	if (!word || !c || !exec || pid != (u32)lg_read(child, pid, direct))
		return 0;
	process = bpf_map_lookup_elem(&s_process, &pid);
	if (!process) {
		if (bpf_map_update_elem(&s_process, &pid, &fresh, BPF_NOEXIST)) {
			if (lg_judged(word)) {
				c->map_full++;
				exec->map_full++;
			}
			return 0;
		}
		process = bpf_map_lookup_elem(&s_process, &pid);
		if (!process)
			return 0;
	}
	now = bpf_ktime_get_ns();
	/* The child is in its parent's session still. */
	class_ = lg_class_current();
	lg_start(&process->exec, word, now, class_, exec);
	lg_start(&process->life, word, now, class_, c);
	return 0;
}

static __always_inline int execed(struct task_struct *task, bool direct)
{
	u32 word = lg_window_now(), pid = lg_read(task, tgid, direct);
	struct lg_counters *c = lg_metric(METRIC_EXEC);
	struct process *process;
	struct lg_span span;

	if (!word || !c)
		return 0;
	process = bpf_map_lookup_elem(&s_process, &pid);
	/* It was there before the window, or calls exec a second time. */
	if (!process || !process->exec.word)
		return 0;
	if (lg_end(&process->exec, word, bpf_ktime_get_ns(), c, &span))
		lg_record(lg_hist_at(&h_process_exec, span.class_), &span, c);
	return 0;
}

static __always_inline int exited(struct task_struct *task, bool direct)
{
	u32 word = lg_window_now(), pid = lg_read(task, pid, direct);
	struct lg_counters *c = lg_metric(METRIC_LIFE);
	struct process *process;
	struct lg_span span;

	if (!word || !c)
		return 0;
	process = bpf_map_lookup_elem(&s_process, &pid);
	if (!process)
		return 0;
	lg_cancel(&process->exec, word, lg_metric(METRIC_EXEC));
	if (lg_end(&process->life, word, bpf_ktime_get_ns(), c, &span))
		lg_record(lg_hist_at(&h_process_life, span.class_), &span, c);
	bpf_map_delete_elem(&s_process, &pid);
	return 0;
}

LG_TRACEPOINT(sched_process_fork, forked(child, direct), struct task_struct *parent,
	      struct task_struct *child)
LG_TRACEPOINT(sched_process_exec, execed(task, direct), struct task_struct *task)
LG_TRACEPOINT(sched_process_exit, exited(task, direct), struct task_struct *task)
