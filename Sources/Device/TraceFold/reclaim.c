/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* reclaim.direct: a task that wants memory frees some first, begin to end by thread. */
#include "fold_internal.h"

enum { METRIC = LG_FOLD_RECLAIM_DIRECT };

void lg_fold_reclaim(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	struct lg_fold_span span;

	if (event->kind == LG_EVENT_RECLAIM_BEGIN)
		lg_fold_start_key(fold, METRIC, 0, event->tid, state, event->time_ns,
				  lg_fold_class(fold, event->tid));
	else if (lg_fold_end_key(fold, METRIC, 0, event->tid, state, event->time_ns, &span))
		lg_fold_record(fold, METRIC, span.class_, &span);
}
