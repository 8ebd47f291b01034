/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Timers that wake a task. Which timer is a task's is known by what its handler
 * does: a task that is woken on a CPU while a handler runs in its timer
 * interrupt was woken by that timer. Nothing interrupts such a handler, so there
 * is one at a time. Handlers in softirqs may be interrupted by others that wake
 * tasks: theirs are left out.
 *
 * Times count from what was asked for, so a delay that is always the same is in
 * them.
 */
#ifndef LATGATE_ALARM_TIMER_H
#define LATGATE_ALARM_TIMER_H

#include "kernel_timer.h"

enum { LG_MONOTONIC = 1 /* CLOCK_MONOTONIC, the clock of bpf_ktime_get_ns() */ };

/* A CPU's handler of a timer in its timer interrupt. */
struct lg_alarm {
	u64 due_ns; /* CLOCK_MONOTONIC, as all times here */
	u64 begun_ns;
	u32 word; /* window word at its start; 0 = none runs */
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct lg_alarm);
} lg_alarms SEC(".maps");

static __always_inline struct lg_alarm *lg_alarm_slot(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&lg_alarms, &zero);
}

/* Probes have their programs in their own files, where the catalogue reads their hooks. */
static __always_inline int lg_alarm_begins(struct hrtimer *timer, const s64 *at)
{
	u32 word = lg_window_now();
	struct hrtimer_clock_base *base;
	struct lg_alarm *alarm;
	s64 base_now = 0, due;
	u64 now;

	if (!word)
		return 0;
	alarm = lg_alarm_slot();
	if (!alarm || lg_read(timer, is_soft, false))
		return 0;
	now = bpf_ktime_get_ns();
	due = bpf_core_field_exists(timer->_softexpires) ? lg_read(timer, _softexpires, false)
							 : lg_read(timer, node.expires, false);
	base = lg_read_pointer(timer, base);
	if (lg_read(base, clockid, false) != LG_MONOTONIC) {
		bpf_probe_read_kernel(&base_now, sizeof(base_now), at);
		due += now - base_now;
	}
	alarm->due_ns = due;
	alarm->begun_ns = now;
	alarm->word = word;
	return 0;
}

/* Also between windows, so that no handler looks as if it ran on. */
static __always_inline int lg_alarm_ends(void)
{
	struct lg_alarm *alarm = lg_alarm_slot();

	if (alarm)
		alarm->word = 0;
	return 0;
}

/* The timer whose handler wakes a task here and now; NULL: no handler does. */
static __always_inline struct lg_alarm *lg_alarm_now(u32 word)
{
	struct lg_alarm *alarm = lg_alarm_slot();

	if (!alarm || !alarm->word || lg_window_epoch(alarm->word) != lg_window_epoch(word))
		return NULL;
	return alarm;
}

#endif
