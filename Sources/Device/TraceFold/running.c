/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Which thread runs on which CPU, by the switches. */
#include "fold_internal.h"

static void left(struct lg_fold *fold, lg_u32 cpu, lg_u32 tid)
{
	struct lg_slot *slot = lg_table_find(&fold->on_cpu, 0, tid);

	if (slot && slot->value == cpu)
		lg_table_remove(&fold->on_cpu, slot);
}

static void set_running(struct lg_fold *fold, lg_u32 cpu, lg_u32 tid)
{
	struct lg_slot *slot = lg_table_make(&fold->running, 0, cpu);

	if (!slot || slot->value == tid)
		return;
	left(fold, cpu, slot->value);
	slot->value = tid;
	if (!tid)
		return;
	slot = lg_table_make(&fold->on_cpu, 0, tid);
	if (slot)
		slot->value = cpu;
}

bool lg_fold_switch_missed(const struct lg_fold *fold, const struct lg_trace_event *event)
{
	const struct lg_slot *slot = lg_table_find(&fold->switched, 0, event->cpu);

	return slot && slot->value != event->sched_switch.prev_tid;
}

/* Whoever writes an event runs: that helps where a switch is missing, as at the beginning. */
void lg_fold_running(struct lg_fold *fold, const struct lg_trace_event *event)
{
	struct lg_slot *slot;

	if (event->kind == LG_EVENT_SCHED_SWITCH) {
		set_running(fold, event->cpu, event->sched_switch.next_tid);
		slot = lg_table_make(&fold->switched, 0, event->cpu);
		if (slot)
			slot->value = event->sched_switch.next_tid;
	} else if (event->tid) {
		set_running(fold, event->cpu, event->tid);
	}
}

bool lg_fold_is_running(const struct lg_fold *fold, lg_u32 tid)
{
	return lg_table_find(&fold->on_cpu, 0, tid) != NULL;
}
