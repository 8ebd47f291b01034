// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Signals that kill: who sends them to whom. */
#define LG_METRICS 1
#define LG_ROWS
#include "probe.h"

enum {
	METRIC_KILL = 0,
	ROWS = 256,
	NUMBER_KILL = 9,
	BY_KERNEL = 1, /* SEND_SIG_PRIV of include/linux/sched/signal.h: in place of a pointer */
};

struct row {
	u64 time_ns;
	u64 pid;
	char comm[LG_COMM_LEN];
	u64 class_;
	u64 victim;
	char victim_comm[LG_COMM_LEN];
	u64 by;
};

LG_ROW_ARRAY(e_oomkill_kill, struct row, ROWS);

static __always_inline int sent(int number, u64 info, struct task_struct *victim)
{
	u32 word = lg_window_now(), class_;
	struct lg_counters *c = lg_metric(METRIC_KILL);
	struct row *row;

	if (!word || number != NUMBER_KILL)
		return 0;
	class_ = lg_class_current();
	if (!lg_happens(word, class_, c))
		return 0;
	row = lg_record_row(&e_oomkill_kill, METRIC_KILL, c);
	if (!row)
		return 0;
	row->time_ns = bpf_ktime_get_ns() - lg_window_opened_ns;
	row->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(row->comm, sizeof(row->comm));
	row->class_ = class_;
	row->victim = (u32)lg_read(victim, tgid, false);
	bpf_probe_read_kernel(row->victim_comm, sizeof(row->victim_comm), &victim->comm);
	row->by = info == BY_KERNEL;
	return 0;
}

LG_TRACEPOINT(signal_generate, sent(sig, ctx[1], task), int sig, void *info,
	      struct task_struct *task)
