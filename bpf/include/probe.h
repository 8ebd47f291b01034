/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The one header a probe includes (beside kernel_<subsystem>.h).
 *
 * Programs. One program per hook and rung, named `<hook>__<rung>`, where rung
 * is tp_btf, raw_tp, tracepoint or kprobe and the section says what it attaches
 * to: tp_btf/<tp>, raw_tp/<tp>, tracepoint/<category>/<tp>, kprobe/<function>.
 * The agent tries the rungs in that order and loads one program per hook; with
 * several targets on a rung, `<hook>__<rung>_<n>` in order of n. A hook whose
 * absence is fine (an event not every kernel raises) is named
 * `opt_<hook>__<rung>` and reported as <hook>. In place of opt_, opt<n>_ or
 * opt<n>_<n>_ puts it into groups of hooks that are of use together only: it is
 * attached where all hooks of one of its groups are. No fentry, no syscalls:*.
 * LG_TRACEPOINT (hook.h) writes the programs of a tracepoint.
 *
 * Maps are distinguished by the start of their names:
 *   h_  histograms, made with LG_HIST_ARRAY or LG_HIST_LABELS; zeroed on arm
 *   c_  counts, made with LG_COUNT_ARRAY or LG_COUNT_LABELS; zeroed on arm
 *   e_  rows of events, made with LG_ROW_ARRAY, in objects with LG_ROWS; emptied on arm
 *   k_  counts of stacks: LG_COUNT_LABELS whose key begins with struct lg_stack_ids;
 *       zeroed on arm
 *   t_  their traces, t_<metric>_kernel and t_<metric>_user (stack.h); emptied on arm
 *   n_  label names, same key, value char[LG_NAME_LEN]; kept
 *   s_  start stamps; hash maps are emptied on arm. A task-storage map
 *       `s_<x>_task` has a hash fallback `s_<x>_hash`, and the agent creates
 *       the one that lg_task_storage names.
 *
 * Rodata that the agent sets before load, when the object has it:
 *   lg_task_storage   bool, tp_btf rung everywhere and the kernel has task storage
 *   lg_args_<tp>      u32, number of arguments of that tracepoint; 0 = unknown
 *   lg_scope          whose operations count, in objects built with LG_SCOPED (scope.h)
 * Programs never write .bss: the agent may replace it as a whole.
 *
 * A program looks like this:
 *
 *	u32 word = lg_window_now();
 *
 *	if (!word)
 *		return 0;
 *	...find or make the stamp...
 *	lg_start(stamp, word, now, class_, lg_metric(METRIC));   at the start
 *
 *	struct lg_span span;
 *	struct lg_counters *c = lg_metric(METRIC);
 *
 *	if (c && lg_end(stamp, word, now, c, &span))
 *		lg_record(lg_hist_of(&h_map, &key), &span, c);   at the end
 *
 * A single event is counted so, and likewise into histograms and rows (event.h):
 *
 *	if (lg_happens(word, class_, c))
 *		lg_record_count(lg_count_of(&c_map, &key), 1, c);
 *
 * Take `now` after the word, or an operation could start before the window
 * that it is judged in.
 *
 * Context. The additions to counters and histograms are plain. Where programs
 * of one metric can interrupt each other on a CPU (block completion in a
 * hardirq over one in a softirq), define LG_NEST_LEVELS 4 before including
 * this file and bracket each program's work with lg_nest_enter() and
 * lg_nest_leave(): every level of nesting then adds to its own slot, which the
 * agent sums. sched_* hooks run with interrupts off and raw_syscalls only in
 * tasks with preemption off: they need none of that.
 */
#ifndef LATGATE_PROBE_H
#define LATGATE_PROBE_H

#include "kernel_types.h"

/* BPF_PROG hands ctx to every program, used or not. */
#pragma clang diagnostic ignored "-Wunused-parameter"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "probe_abi.h"

#include "read.h"
#include "window.h"
#include "histogram.h"
#include "scope.h"
#include "stamp.h"
#include "event.h"
#include "stack.h"
#include "hook.h"

char LICENSE[] SEC("license") = "GPL";

#endif
