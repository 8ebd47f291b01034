// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * A probe whose operations the tests control: one system call (LG_TEST_OP)
 * from entry to exit, labelled by what it returns. Two
 * marker calls make a start without an end and a cancelled start.
 */
#define LG_METRICS 1
#include "probe.h"

/* Added to the clock at ends. */
#ifndef LG_TEST_CLOCK_OFFSET
#define LG_TEST_CLOCK_OFFSET 0
#endif

const volatile bool lg_task_storage;

LG_HIST_LABELS(h_operation, u32, 4);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, char[LG_NAME_LEN]);
} n_operation SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct lg_stamp);
} s_operation_task SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, struct lg_stamp);
} s_operation_hash SEC(".maps");

static __always_inline struct lg_stamp *stamp_of_current(bool storage)
{
	struct lg_stamp fresh = {};
	u32 tid = bpf_get_current_pid_tgid();

	if (storage)
		return bpf_task_storage_get(&s_operation_task, bpf_get_current_task_btf(), NULL,
					    BPF_LOCAL_STORAGE_GET_F_CREATE);
	bpf_map_update_elem(&s_operation_hash, &tid, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&s_operation_hash, &tid);
}

/* Without a scope the tests' own session alone; the scope decides by itself. */
static __always_inline bool wanted(u32 class_)
{
#ifdef LG_SCOPED
	return true;
#else
	return class_ == LG_CLASS_WORKLOAD || class_ == LG_CLASS_SELF;
#endif
}

static __always_inline void enter(long nr, u32 word, bool storage)
{
	struct lg_counters *c = lg_metric(0);
	struct lg_stamp *stamp;
	u32 class_;

	if (nr != LG_TEST_OP && nr != LG_TEST_LONE_START && nr != LG_TEST_CANCEL)
		return;
	class_ = lg_class_current();
	if (!wanted(class_))
		return;
	stamp = stamp_of_current(storage);
	if (!stamp || !c)
		return;
	if (nr == LG_TEST_CANCEL)
		lg_cancel(stamp, word, c);
	else
		lg_start(stamp, word, bpf_ktime_get_ns(), class_, c);
}

static __always_inline void leave(u32 label, u32 word, bool storage)
{
	struct lg_counters *c = lg_metric(0);
	char name[LG_NAME_LEN] = "label";
	struct lg_stamp *stamp;
	struct lg_hist *hist;
	struct lg_span span;
	u32 class_ = lg_class_current();

	if (!wanted(class_))
		return;
	stamp = stamp_of_current(storage);
	if (!c || !lg_end(stamp, word, bpf_ktime_get_ns() + LG_TEST_CLOCK_OFFSET, c, &span))
		return;
	hist = lg_hist_of(&h_operation, &label);
	lg_record(hist, &span, c);
	name[5] = '0' + (label & 7);
	bpf_map_update_elem(&n_operation, &label, name, BPF_ANY);
#ifdef LG_TEST_BREAK_COUNT
	if (hist)
		hist->count++;
#endif
}

static __always_inline void bracket_enter(void)
{
#if LG_NEST_LEVELS > 1
	lg_nest_enter();
#endif
}

static __always_inline void bracket_leave(void)
{
#if LG_NEST_LEVELS > 1
	lg_nest_leave();
#endif
}

static __always_inline int entered(long nr, bool storage)
{
	u32 word = lg_window_now();

	if (!word)
		return 0;
	bracket_enter();
	enter(nr, word, storage);
	bracket_leave();
	return 0;
}

static __always_inline int left(long nr, long ret, bool storage)
{
	u32 word = lg_window_now();

	if (!word || nr != LG_TEST_OP)
		return 0;
	bracket_enter();
	leave(ret, word, storage);
	bracket_leave();
	return 0;
}

/* sys_exit does not carry the number of the call; the registers do (x86). */
static __always_inline long number_of(struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, orig_ax);
}

static __always_inline bool stored(bool direct)
{
	return direct && lg_task_storage;
}

LG_TRACEPOINT(sys_enter, entered(nr, stored(direct)), struct pt_regs *regs, long nr)
LG_TRACEPOINT(sys_exit, left(number_of(regs), ret, stored(direct)), struct pt_regs *regs, long ret)
