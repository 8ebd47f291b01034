/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "event_specs.h"

/* Name, and the fields in the order of decode.c. */
#define EVENT(system_, name_, ...) .system = system_, .name = name_, .fields = {__VA_ARGS__}
#define BLOCK_FIELDS "dev", "sector", "nr_sector", "rwbs"

static const struct lg_event_spec specs[LG_EVENT_KINDS] = {
	[LG_EVENT_SCHED_SWITCH] = {EVENT("sched", "sched_switch", "prev_pid", "next_pid",
					 "prev_state")},
	[LG_EVENT_SCHED_WAKEUP] = {EVENT("sched", "sched_wakeup", "pid")},
	[LG_EVENT_SCHED_WAKEUP_NEW] = {EVENT("sched", "sched_wakeup_new", "pid")},
	/* Android's kernels only. */
	[LG_EVENT_SCHED_BLOCKED_REASON] = {EVENT("sched", "sched_blocked_reason", "pid",
						 "io_wait")},
	[LG_EVENT_TASK_NEWTASK] = {EVENT("task", "task_newtask", "pid", "clone_flags")},
	[LG_EVENT_SCHED_PROCESS_FORK] = {EVENT("sched", "sched_process_fork", "parent_pid",
					       "child_pid")},
	[LG_EVENT_BLOCK_ISSUE] = {EVENT("block", "block_rq_issue", BLOCK_FIELDS), .texts = 1 << 3},
	[LG_EVENT_BLOCK_COMPLETE] = {EVENT("block", "block_rq_complete", BLOCK_FIELDS),
				     .texts = 1 << 3},
	[LG_EVENT_BLOCK_REQUEUE] = {EVENT("block", "block_rq_requeue", BLOCK_FIELDS),
				    .texts = 1 << 3},
	[LG_EVENT_BINDER_TRANSACTION] = {EVENT("binder", "binder_transaction", "debug_id",
					       "to_thread", "reply", "flags")},
	[LG_EVENT_BINDER_RECEIVED] = {EVENT("binder", "binder_transaction_received", "debug_id")},
	[LG_EVENT_SOFTIRQ_RAISE] = {EVENT("irq", "softirq_raise", "vec")},
	[LG_EVENT_SOFTIRQ_ENTRY] = {EVENT("irq", "softirq_entry", "vec")},
	[LG_EVENT_SOFTIRQ_EXIT] = {EVENT("irq", "softirq_exit", "vec")},
	[LG_EVENT_CPU_FREQUENCY] = {EVENT("power", "cpu_frequency", "cpu_id", "state")},
};

const struct lg_event_spec *lg_event_spec(lg_u32 kind)
{
	return kind < LG_EVENT_KINDS ? &specs[kind] : NULL;
}

const char *lg_event_system(lg_u32 kind)
{
	return kind < LG_EVENT_KINDS ? specs[kind].system : NULL;
}

const char *lg_event_name(lg_u32 kind)
{
	return kind < LG_EVENT_KINDS ? specs[kind].name : NULL;
}
