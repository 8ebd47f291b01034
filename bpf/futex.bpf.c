// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* How long threads waited for a futex, which locks and conditions of user space end in. */
#define LG_METRICS 1
#include "probe.h"
#include "compat_task.h"

enum {
	METRIC_WAIT = 0,
	MAX_TASKS = 8192,
	MAX_LABELS = 12,
};

/* Numbers of the call (asm/unistd.h): the ABI's own, and that of its 32-bit table. */
enum {
#if defined(__TARGET_ARCH_x86)
	NR_FUTEX = 202,
#elif defined(__TARGET_ARCH_arm64)
	NR_FUTEX = 98,
#else
	NR_FUTEX = 240,
#endif
	NR_COMPAT_FUTEX = 240, /* i386 and arm alike */
	NR_FUTEX_TIME64 = 422, /* 32-bit tables */
	NR_FUTEX_WAITV = 449,
	NR_FUTEX_WAIT = 455,
};

/* FUTEX_* of linux/futex.h. */
enum {
	OP_MASK = 0x7f,
	OP_WAIT = 0,
	OP_LOCK_PI = 6,
	OP_WAIT_BITSET = 9,
	OP_WAIT_REQUEUE_PI = 11,
	OP_LOCK_PI2 = 13,
};

enum {
	KIND_NONE = -1,
	KIND_WAIT = 0,
	KIND_LOCK_PI = 1,
	KIND_REQUEUE_PI = 2,
	KIND_WAITV = 3,
};

struct futex_key {
	u32 class_;
	u32 op;
};

LG_HIST_LABELS(h_futex_wait, struct futex_key, MAX_LABELS);

struct wait {
	struct lg_stamp stamp;
	u32 op;
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TASKS);
	__type(key, u32);
	__type(value, struct wait);
} s_futex SEC(".maps");

static __always_inline int kind_of_op(u32 op)
{
	switch (op & OP_MASK) {
	case OP_WAIT:
	case OP_WAIT_BITSET:
		return KIND_WAIT;
	case OP_LOCK_PI:
	case OP_LOCK_PI2:
		return KIND_LOCK_PI;
	case OP_WAIT_REQUEUE_PI:
		return KIND_REQUEUE_PI;
	default:
		return KIND_NONE;
	}
}

static __always_inline bool is_narrow(u32 nr)
{
#if defined(__TARGET_ARCH_arm)
	return nr == NR_FUTEX_TIME64;
#else
	return (nr == NR_COMPAT_FUTEX || nr == NR_FUTEX_TIME64) &&
	       lg_task_compat((struct task_struct *)bpf_get_current_task(), false);
#endif
}

/*
 * Second argument of a call. Registers have the width of the ABI, and lg_read()
 * cannot ask for that of an array's element.
 */
static __always_inline u32 operation(struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	return lg_read(regs, si, false);
#elif defined(__TARGET_ARCH_arm64)
	u64 value = 0;

	bpf_core_read(&value, sizeof(value), &regs->user_regs.regs[1]);
	return value;
#else
	u32 value = 0;

	bpf_core_read(&value, sizeof(value), &regs->uregs[1]);
	return value;
#endif
}

static __always_inline u32 narrow_operation(struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	return lg_read(regs, cx, false);
#else
	return operation(regs);
#endif
}

static __always_inline int kind_of(struct pt_regs *regs, u32 nr)
{
	if (nr == NR_FUTEX_WAITV)
		return KIND_WAITV;
	if (nr == NR_FUTEX_WAIT)
		return KIND_WAIT;
	if (is_narrow(nr))
		return kind_of_op(narrow_operation(regs));
	return nr == NR_FUTEX ? kind_of_op(operation(regs)) : KIND_NONE;
}

static __always_inline int entered(struct pt_regs *regs, u32 nr)
{
	u32 word = lg_window_now(), tid = bpf_get_current_pid_tgid();
	struct lg_counters *c = lg_metric(METRIC_WAIT);
	struct wait *wait, fresh = {};
	int kind;

	if (!word || !c)
		return 0;
	kind = kind_of(regs, nr);
	if (kind < 0)
		return 0;
	wait = bpf_map_lookup_elem(&s_futex, &tid);
	if (!wait) {
		if (bpf_map_update_elem(&s_futex, &tid, &fresh, BPF_NOEXIST)) {
			if (lg_judged(word))
				c->map_full++;
			return 0;
		}
		wait = bpf_map_lookup_elem(&s_futex, &tid);
		if (!wait)
			return 0;
	}
	wait->op = kind;
	lg_start(&wait->stamp, word, bpf_ktime_get_ns(), lg_class_current(), c);
	return 0;
}

static __always_inline int left(void)
{
	u32 word = lg_window_now(), tid = bpf_get_current_pid_tgid();
	struct lg_counters *c = lg_metric(METRIC_WAIT);
	struct futex_key label;
	struct lg_span span;
	struct wait *wait;
	bool judged;
	u64 now;

	if (!word || !c)
		return 0;
	now = bpf_ktime_get_ns();
	wait = bpf_map_lookup_elem(&s_futex, &tid);
	/* Another call. */
	if (!wait)
		return 0;
	judged = lg_end(&wait->stamp, word, now, c, &span);
	label.op = wait->op;
	bpf_map_delete_elem(&s_futex, &tid);
	if (!judged)
		return 0;
	label.class_ = span.class_;
	lg_record(lg_hist_of(&h_futex_wait, &label), &span, c);
	return 0;
}

LG_TRACEPOINT(sys_enter, entered(regs, nr), struct pt_regs *regs, long nr)
LG_TRACEPOINT(sys_exit, left())
