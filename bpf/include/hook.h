/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The programs of a hook, one for each rung, over one call. */
#ifndef LATGATE_HOOK_H
#define LATGATE_HOOK_H

/*
 * Android's bpfloader hands every program of an object to the kernel, and one
 * that is refused takes the object with it. An object for it, which is one with
 * LG_WINDOW_MAP, loads of each hook the best rung that is looked up when
 * attaching: raw_tp, else tracepoint, else kprobe, never tp_btf. The others are
 * written with this in place of SEC(): a '?' keeps libbpf's loaders from them.
 */
#ifdef LG_WINDOW_MAP
#define LG_SEC_UNLESS_PINNED(section) SEC("?" section)
#else
#define LG_SEC_UNLESS_PINNED(section) SEC(section)
#endif

/* Tests take the rung away: no kernel has such a tracepoint. */
#ifdef LG_MUTATE_TP_BTF
#define LG_TP_BTF "tp_btf/lg_absent_"
#else
#define LG_TP_BTF "tp_btf/"
#endif

/*
 * A tracepoint by tp_btf, else raw_tp. `call` is an expression over its
 * arguments (declared behind it), `ctx` and `direct` (see read.h), such as
 *
 *	LG_TRACEPOINT(sched_wakeup, woken(task, direct), struct task_struct *task)
 */
#define LG_TRACEPOINT(hook, call, args...) LG_TRACEPOINT_PROGRAMS(hook, hook, call, ##args)

/* The same where the hook's absence is fine. */
#define LG_OPT_TRACEPOINT(hook, call, args...)                                                     \
	LG_TRACEPOINT_PROGRAMS(hook, opt_##hook, call, ##args)

#define LG_TRACEPOINT_PROGRAMS(hook, program, call, args...)                                       \
	LG_SEC_UNLESS_PINNED(LG_TP_BTF #hook)                                                      \
	int BPF_PROG(program##__tp_btf, ##args)                                                    \
	{                                                                                          \
		const bool direct = true;                                                          \
                                                                                                   \
		(void)direct;                                                                      \
		return call;                                                                       \
	}                                                                                          \
                                                                                                   \
	SEC("raw_tp/" #hook)                                                                       \
	int BPF_PROG(program##__raw_tp, ##args)                                                    \
	{                                                                                          \
		const bool direct = false;                                                         \
                                                                                                   \
		(void)direct;                                                                      \
		return call;                                                                       \
	}

#endif
