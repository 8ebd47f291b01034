/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The moments of a window, given in turn. */
#include <errno.h>
#include <string.h>

#include "fold_internal.h"

lg_u32 lg_fold_state(const struct lg_fold *fold, lg_u64 ns)
{
	if (fold->arm_ns == LG_NEVER || ns < fold->arm_ns || ns >= fold->close_ns)
		return LG_WINDOW_CLOSED;
	if (ns >= fold->drain_ns)
		return LG_WINDOW_DRAIN;
	return ns >= fold->open_ns ? LG_WINDOW_OPEN : LG_WINDOW_ARMED;
}

/* Everything that is of one window. Who runs where, and how fast, stays known. */
static void forget(struct lg_fold *fold)
{
	for (lg_u32 i = 0; i < fold->metric_count; i++) {
		memset(&fold->metrics[i].counters, 0, sizeof(fold->metrics[i].counters));
		lg_labels_free(&fold->metrics[i].labels);
		lg_rows_clear(&fold->metrics[i].rows);
		lg_table_clear(&fold->metrics[i].stamps);
	}
	lg_table_clear(&fold->classes);
	lg_table_clear(&fold->served);
	lg_table_clear(&fold->replies);
	lg_table_clear(&fold->softirqs);
	lg_fold_clock_reset(fold);
}

int lg_fold_arm(struct lg_fold *fold, lg_u64 ns)
{
	if (ns == LG_NEVER || ns < fold->last_ns)
		return -EINVAL;
	forget(fold);
	fold->arm_ns = ns;
	fold->open_ns = fold->drain_ns = fold->close_ns = LG_NEVER;
	return 0;
}

/* Sets `moment`, which must not be set yet, after `before`, which must be. */
static int set_moment(const struct lg_fold *fold, lg_u64 before, lg_u64 *moment, lg_u64 ns)
{
	if (before == LG_NEVER || *moment != LG_NEVER || ns == LG_NEVER || ns < before ||
	    ns < fold->last_ns)
		return -EINVAL;
	*moment = ns;
	return 0;
}

int lg_fold_open(struct lg_fold *fold, lg_u64 ns)
{
	return set_moment(fold, fold->arm_ns, &fold->open_ns, ns);
}

int lg_fold_drain(struct lg_fold *fold, lg_u64 ns)
{
	return set_moment(fold, fold->open_ns, &fold->drain_ns, ns);
}

int lg_fold_close(struct lg_fold *fold, lg_u64 ns)
{
	return set_moment(fold, fold->drain_ns, &fold->close_ns, ns);
}
