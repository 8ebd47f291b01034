// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Calls that open files: path and result. */
#define LG_METRICS 1
#define LG_ROWS
#include "probe.h"
#include "compat_task.h"

enum { METRIC_OPEN = 0, MAX_CALLS = 8192, PATH = 128, ROWS = 1024, NOWHERE = -1 };

struct row {
	u64 time_ns;
	u64 duration;
	u64 pid;
	char comm[LG_COMM_LEN];
	u64 class_;
	s64 ret;
	char path[PATH];
};

LG_ROW_ARRAY(e_opensnoop_open, struct row, ROWS);

struct call {
	struct lg_stamp stamp;
	u64 path;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_CALLS);
	__type(key, u32);
	__type(value, struct call);
} s_opensnoop SEC(".maps");

/* Which argument is the path of a call; NOWHERE: it opens nothing. */
static __always_inline int path_argument(long nr, bool compat)
{
#if defined(__TARGET_ARCH_x86)
	/* The arguments of the 32-bit table are in other registers: those calls are left out. */
	if (compat)
		return NOWHERE;
	switch (nr) {
	case 2: /* open */
	case 85: /* creat */
		return 0;
	case 257: /* openat */
	case 437: /* openat2 */
		return 1;
	}
#else
#if defined(__TARGET_ARCH_arm64)
	if (!compat)
		return nr == 56 || nr == 437 ? 1 : NOWHERE;
#endif
	switch (nr) {
	case 5:
	case 8:
		return 0;
	case 322:
	case 437:
		return 1;
	}
#endif
	return NOWHERE;
}

static __always_inline u64 argument(struct pt_regs *regs, int n)
{
	/* Of a call the first is where a function's first one is on these architectures. */
#if defined(__TARGET_ARCH_arm64)
	/* The result may be in the first register already. */
	return n ? lg_read(regs, user_regs.regs[1], false) : lg_read(regs, orig_x0, false);
#elif defined(__TARGET_ARCH_arm)
	return n ? lg_read(regs, uregs[1], false) : lg_read(regs, uregs[0], false);
#elif defined(__TARGET_ARCH_x86)
	return n ? lg_read(regs, si, false) : lg_read(regs, di, false);
#else
	return 0;
#endif
}

static __always_inline int entered(struct pt_regs *regs, long nr)
{
	u32 word = lg_window_now(), tid = bpf_get_current_pid_tgid();
	struct lg_counters *c = lg_metric(METRIC_OPEN);
	struct call *call, fresh = {};
	int place;

	if (!word || !c)
		return 0;
	place = path_argument(nr,
			      lg_task_compat((struct task_struct *)bpf_get_current_task(), false));
	if (place < 0)
		return 0;
	call = bpf_map_lookup_elem(&s_opensnoop, &tid);
	if (!call) {
		if (bpf_map_update_elem(&s_opensnoop, &tid, &fresh, BPF_NOEXIST) && lg_judged(word))
			c->map_full++;
		call = bpf_map_lookup_elem(&s_opensnoop, &tid);
		if (!call)
			return 0;
	}
	call->path = argument(regs, place);
	lg_start(&call->stamp, word, bpf_ktime_get_ns(), lg_class_current(), c);
	return 0;
}

static __always_inline void fill(struct row *row, const struct lg_span *span, u64 path, long ret)
{
	row->time_ns = span->start_offset_ns + span->duration_ns;
	row->duration = span->duration_ns;
	row->pid = bpf_get_current_pid_tgid() >> 32;
	row->class_ = span->class_;
	row->ret = ret;
	bpf_get_current_comm(row->comm, sizeof(row->comm));
	/* The call has just read it: it is in memory. */
	if (bpf_probe_read_user_str(row->path, sizeof(row->path), (void *)path) < 0)
		row->path[0] = 0;
}

static __always_inline int left(long ret)
{
	u32 word = lg_window_now(), tid = bpf_get_current_pid_tgid();
	struct lg_counters *c = lg_metric(METRIC_OPEN);
	u64 now = bpf_ktime_get_ns();
	struct lg_span span;
	struct call *call;
	struct row *row;

	if (!word || !c)
		return 0;
	call = bpf_map_lookup_elem(&s_opensnoop, &tid);
	/* Every other call ends here, too. */
	if (!call)
		return 0;
	if (lg_end(&call->stamp, word, now, c, &span)) {
		row = lg_record_span_row(&e_opensnoop_open, METRIC_OPEN, &span, 0, c);
		if (row)
			fill(row, &span, call->path, ret);
	}
	bpf_map_delete_elem(&s_opensnoop, &tid);
	return 0;
}

/* A task that is killed in the call does not leave it. */
static __always_inline int gone(void)
{
	u32 word = lg_window_now(), tid = bpf_get_current_pid_tgid();
	struct call *call;

	if (!word)
		return 0;
	call = bpf_map_lookup_elem(&s_opensnoop, &tid);
	if (!call)
		return 0;
	lg_cancel(&call->stamp, word, lg_metric(METRIC_OPEN));
	bpf_map_delete_elem(&s_opensnoop, &tid);
	return 0;
}

LG_TRACEPOINT(sys_enter, entered(regs, nr), struct pt_regs *regs, long nr)
LG_TRACEPOINT(sys_exit, left(ret), struct pt_regs *regs, long ret)
LG_TRACEPOINT(sched_process_exit, gone())
