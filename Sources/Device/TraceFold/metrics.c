/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What each metric is called and made from. */
#include "fold_internal.h"

#define BIT(event) LG_EVENT_BIT(LG_EVENT_##event)

#define WAKEUPS (BIT(SCHED_SWITCH) | BIT(SCHED_WAKEUP) | BIT(SCHED_WAKEUP_NEW))
/* Metrics by class are truer where births are seen. */
#define BIRTHS (BIT(TASK_NEWTASK) | BIT(SCHED_WAKEUP_NEW))

static const struct lg_fold_metric_info infos[LG_FOLD_METRICS] = {
	[LG_FOLD_RUNQUEUE_WAIT] = {"runqueue.wait", 4, WAKEUPS, {0}, BIRTHS},
	[LG_FOLD_BLOCK_DEVICE] = {"block.device",
				  8,
				  BIT(BLOCK_ISSUE) | BIT(BLOCK_COMPLETE),
				  {0},
				  BIT(BLOCK_REQUEUE)},
	[LG_FOLD_FSYNC_LATENCY] = {"fsync.latency",
				   8,
				   0,
				   {BIT(EXT4_FSYNC_ENTER) | BIT(EXT4_FSYNC_EXIT),
				    BIT(F2FS_FSYNC_ENTER) | BIT(F2FS_FSYNC_EXIT)},
				   BIRTHS},
	[LG_FOLD_BINDER_CALL] =
		{"binder.call", 4, BIT(BINDER_TRANSACTION) | BIT(BINDER_RECEIVED), {0}, BIRTHS},
	[LG_FOLD_BINDER_ROUNDTRIP] = {"binder.roundtrip",
				      4,
				      BIT(BINDER_TRANSACTION) | BIT(BINDER_RECEIVED),
				      {0},
				      BIRTHS},
	[LG_FOLD_HARDIRQ_RUN] = {"hardirq.run", 4, BIT(IRQ_ENTRY) | BIT(IRQ_EXIT), {0}, 0},
	[LG_FOLD_SOFTIRQ_RAISE] =
		{"softirq.raise", 4, BIT(SOFTIRQ_RAISE) | BIT(SOFTIRQ_ENTRY), {0}, 0},
	[LG_FOLD_SOFTIRQ_RUN] = {"softirq.run", 4, BIT(SOFTIRQ_ENTRY) | BIT(SOFTIRQ_EXIT), {0}, 0},
	[LG_FOLD_RECLAIM_DIRECT] =
		{"reclaim.direct", 4, BIT(RECLAIM_BEGIN) | BIT(RECLAIM_END), {0}, BIRTHS},
	[LG_FOLD_SLEEP_UNINTERRUPTIBLE] =
		{"sleep.uninterruptible", 8, WAKEUPS, {0}, BIRTHS | BIT(SCHED_BLOCKED_REASON)},
};

const struct lg_fold_metric_info *lg_fold_metric_info(lg_u32 metric)
{
	return metric < LG_FOLD_METRICS ? &infos[metric] : NULL;
}

lg_u64 lg_fold_events(lg_u32 metrics)
{
	lg_u64 events = 0;

	for (lg_u32 i = 0; i < LG_FOLD_METRICS; i++) {
		if (metrics & LG_FOLD_BIT(i))
			events |= infos[i].needs | infos[i].needs_one[0] | infos[i].needs_one[1] |
				  infos[i].uses;
	}
	return events;
}

static bool possible(const struct lg_fold_metric_info *info, lg_u64 events)
{
	if ((events & info->needs) != info->needs)
		return false;
	if (!info->needs_one[0])
		return true;
	return (events & info->needs_one[0]) == info->needs_one[0] ||
	       (events & info->needs_one[1]) == info->needs_one[1];
}

lg_u32 lg_fold_possible(lg_u32 metrics, lg_u64 events)
{
	lg_u32 result = 0;

	for (lg_u32 i = 0; i < LG_FOLD_METRICS; i++) {
		if (metrics & LG_FOLD_BIT(i) && possible(&infos[i], events))
			result |= LG_FOLD_BIT(i);
	}
	return result;
}
