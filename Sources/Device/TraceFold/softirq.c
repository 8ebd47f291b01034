/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* softirq.raise and softirq.run: as bpf/softirq.bpf.c. */
#include "fold_internal.h"

enum {
	VECTORS = 10,
	NO_CLASS = LG_CLASS_KERNEL,
};

static void end_vector(struct lg_fold *fold, lg_u32 metric, const struct lg_trace_event *event,
		       lg_u32 state)
{
	struct lg_fold_span span;

	if (lg_fold_end_key(fold, metric, event->cpu, event->softirq.vector, state, event->time_ns,
			    &span))
		lg_fold_record(fold, metric, event->softirq.vector, &span);
}

static void start_vector(struct lg_fold *fold, lg_u32 metric, const struct lg_trace_event *event,
			 lg_u32 state)
{
	lg_fold_start_key(fold, metric, event->cpu, event->softirq.vector, state, event->time_ns,
			  NO_CLASS);
}

void lg_fold_softirq(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	if (event->softirq.vector >= VECTORS)
		return;
	switch (event->kind) {
	case LG_EVENT_SOFTIRQ_RAISE:
		/* Raised again before it is entered: it has been waiting since the first time. */
		if (!lg_table_find(&fold->metrics[LG_FOLD_SOFTIRQ_RAISE].stamps, event->cpu,
				   event->softirq.vector))
			start_vector(fold, LG_FOLD_SOFTIRQ_RAISE, event, state);
		break;
	case LG_EVENT_SOFTIRQ_ENTRY:
		end_vector(fold, LG_FOLD_SOFTIRQ_RAISE, event, state);
		start_vector(fold, LG_FOLD_SOFTIRQ_RUN, event, state);
		break;
	default:
		end_vector(fold, LG_FOLD_SOFTIRQ_RUN, event, state);
		break;
	}
}
