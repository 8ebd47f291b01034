/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "event_specs.h"

static const struct lg_event_spec specs[LG_EVENT_KINDS] = {
	[LG_EVENT_SCHED_SWITCH] = {"sched", "sched_switch", {"prev_pid", "next_pid", "prev_state"}},
	[LG_EVENT_SCHED_WAKEUP] = {"sched", "sched_wakeup", {"pid"}},
	[LG_EVENT_SCHED_WAKEUP_NEW] = {"sched", "sched_wakeup_new", {"pid"}},
	/* Android's kernels only. */
	[LG_EVENT_SCHED_BLOCKED_REASON] = {"sched", "sched_blocked_reason", {"pid", "io_wait"}},
	[LG_EVENT_TASK_NEWTASK] = {"task", "task_newtask", {"pid", "clone_flags"}},
	[LG_EVENT_SCHED_PROCESS_FORK] = {"sched",
					 "sched_process_fork",
					 {"parent_pid", "child_pid"}},
	[LG_EVENT_BLOCK_ISSUE] = {"block",
				  "block_rq_issue",
				  {"dev", "sector", "nr_sector", "rwbs"},
				  .texts = 1 << 3},
	[LG_EVENT_BLOCK_COMPLETE] = {"block",
				     "block_rq_complete",
				     {"dev", "sector", "nr_sector", "rwbs"},
				     .texts = 1 << 3},
	[LG_EVENT_BLOCK_REQUEUE] = {"block",
				    "block_rq_requeue",
				    {"dev", "sector", "nr_sector", "rwbs"},
				    .texts = 1 << 3},
	[LG_EVENT_EXT4_FSYNC_ENTER] = {"ext4", "ext4_sync_file_enter", {NULL}},
	[LG_EVENT_EXT4_FSYNC_EXIT] = {"ext4", "ext4_sync_file_exit", {NULL}},
	[LG_EVENT_F2FS_FSYNC_ENTER] = {"f2fs", "f2fs_sync_file_enter", {NULL}},
	[LG_EVENT_F2FS_FSYNC_EXIT] = {"f2fs", "f2fs_sync_file_exit", {NULL}},
	[LG_EVENT_BINDER_TRANSACTION] = {"binder",
					 "binder_transaction",
					 {"debug_id", "to_thread", "reply", "flags"}},
	[LG_EVENT_BINDER_RECEIVED] = {"binder", "binder_transaction_received", {"debug_id"}},
	[LG_EVENT_IRQ_ENTRY] = {"irq",
				"irq_handler_entry",
				{"irq", "name"},
				.texts = 1 << 1,
				.optional = 1 << 1},
	[LG_EVENT_IRQ_EXIT] = {"irq", "irq_handler_exit", {"irq"}},
	[LG_EVENT_SOFTIRQ_RAISE] = {"irq", "softirq_raise", {"vec"}},
	[LG_EVENT_SOFTIRQ_ENTRY] = {"irq", "softirq_entry", {"vec"}},
	[LG_EVENT_SOFTIRQ_EXIT] = {"irq", "softirq_exit", {"vec"}},
	[LG_EVENT_RECLAIM_BEGIN] = {"vmscan", "mm_vmscan_direct_reclaim_begin", {NULL}},
	[LG_EVENT_RECLAIM_END] = {"vmscan", "mm_vmscan_direct_reclaim_end", {NULL}},
	[LG_EVENT_CPU_FREQUENCY] = {"power", "cpu_frequency", {"cpu_id", "state"}},
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
