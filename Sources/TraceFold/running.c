/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Which thread runs on which CPU, as the switches tell. */
#include "fold_internal.h"

static void left(struct lg_fold *fold, lg_u32 cpu, lg_u32 tid)
{
	struct lg_slot *slot = lg_table_find(&fold->on_cpu, 0, tid);

	if (slot && slot->value == cpu)
		lg_table_remove(&fold->on_cpu, slot);
}

void lg_fold_running(struct lg_fold *fold, const struct lg_trace_event *event)
{
	struct lg_slot *cpu = lg_table_make(&fold->running, 0, event->cpu);
	struct lg_slot *task;

	if (!cpu)
		return;
	/* prev is what ran here, unless switches were lost. */
	left(fold, event->cpu, cpu->value);
	left(fold, event->cpu, event->sched_switch.prev_tid);
	cpu->value = event->sched_switch.next_tid;
	if (!cpu->value)
		return;
	task = lg_table_make(&fold->on_cpu, 0, cpu->value);
	if (task)
		task->value = event->cpu;
}

bool lg_fold_is_running(const struct lg_fold *fold, lg_u32 tid)
{
	return lg_table_find(&fold->on_cpu, 0, tid) != NULL;
}
