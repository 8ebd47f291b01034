/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What each metric is called and made from. */
#include "fold_internal.h"

#define BIT(event) LG_EVENT_BIT(LG_EVENT_##event)

#define WAKEUPS (BIT(SCHED_SWITCH) | BIT(SCHED_WAKEUP) | BIT(SCHED_WAKEUP_NEW))
#define BINDER (BIT(BINDER_TRANSACTION) | BIT(BINDER_RECEIVED))

static const struct lg_fold_metric_info infos[LG_FOLD_METRICS] = {
	[LG_FOLD_RUNQUEUE_WAIT] = {"runqueue.wait", 4, WAKEUPS, LG_FOLD_BIRTHS},
	[LG_FOLD_BLOCK_DEVICE] = {"block.device", 8, BIT(BLOCK_ISSUE) | BIT(BLOCK_COMPLETE),
				  BIT(BLOCK_REQUEUE)},
	[LG_FOLD_BINDER_CALL] = {"binder.call", 4, BINDER, LG_FOLD_BIRTHS},
	[LG_FOLD_BINDER_ROUNDTRIP] = {"binder.roundtrip", 4, BINDER, LG_FOLD_BIRTHS},
	[LG_FOLD_SOFTIRQ_RAISE] = {"softirq.raise", 4, BIT(SOFTIRQ_RAISE) | BIT(SOFTIRQ_ENTRY), 0},
	[LG_FOLD_SOFTIRQ_RUN] = {"softirq.run", 4, BIT(SOFTIRQ_ENTRY) | BIT(SOFTIRQ_EXIT), 0},
	[LG_FOLD_SLEEP_UNINTERRUPTIBLE] = {"sleep.uninterruptible", 8, WAKEUPS,
					   LG_FOLD_BIRTHS | BIT(SCHED_BLOCKED_REASON)},
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
			events |= infos[i].needs | infos[i].uses;
	}
	return events;
}

lg_u32 lg_fold_possible(lg_u32 metrics, lg_u64 events)
{
	lg_u32 result = 0;

	for (lg_u32 i = 0; i < LG_FOLD_METRICS; i++) {
		if (metrics & LG_FOLD_BIT(i) && (events & infos[i].needs) == infos[i].needs)
			result |= LG_FOLD_BIT(i);
	}
	return result;
}
