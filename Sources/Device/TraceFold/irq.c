/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* hardirq.run, softirq.raise and softirq.run: as bpf/hardirq.yaml and bpf/softirq.bpf.c. */
#include <string.h>

#include "fold_internal.h"

enum {
	VECTORS = 10,
	NO_CLASS = LG_CLASS_KERNEL,
	MAX_NAMES = 256,
};

/* Of handlers that share a number, the first seen names it. */
static void name(struct lg_fold *fold, const struct lg_trace_event *event)
{
	size_t index = fold->names.count;
	struct lg_slot *slot;

	if (!event->irq.name[0] || index >= MAX_NAMES ||
	    lg_table_find(&fold->names, 0, event->irq.number))
		return;
	slot = lg_table_make(&fold->names, 0, event->irq.number);
	if (!slot)
		return;
	slot->value = (lg_u32)index;
	memcpy(fold->irq_names[index], event->irq.name, LG_NAME_LEN);
	fold->irq_names[index][LG_NAME_LEN - 1] = 0;
}

const char *lg_fold_irq_name(const struct lg_fold *fold, lg_u32 irq)
{
	const struct lg_slot *slot = lg_table_find(&fold->names, 0, irq);

	return slot ? fold->irq_names[slot->value] : NULL;
}

void lg_fold_hardirq(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	struct lg_fold_span span;

	if (event->kind == LG_EVENT_IRQ_ENTRY) {
		name(fold, event);
		lg_fold_start_key(fold, LG_FOLD_HARDIRQ_RUN, event->cpu, event->irq.number, state,
				  event->time_ns, NO_CLASS);
		return;
	}
	if (lg_fold_end_key(fold, LG_FOLD_HARDIRQ_RUN, event->cpu, event->irq.number, state,
			    event->time_ns, &span))
		lg_fold_record(fold, LG_FOLD_HARDIRQ_RUN, event->irq.number, &span);
}

static void end_vector(struct lg_fold *fold, lg_u32 metric, const struct lg_trace_event *event,
		       lg_u32 state)
{
	struct lg_fold_span span;

	if (lg_fold_end_key(fold, metric, event->cpu, event->irq.number, state, event->time_ns,
			    &span))
		lg_fold_record(fold, metric, event->irq.number, &span);
}

static void start_vector(struct lg_fold *fold, lg_u32 metric, const struct lg_trace_event *event,
			 lg_u32 state)
{
	lg_fold_start_key(fold, metric, event->cpu, event->irq.number, state, event->time_ns,
			  NO_CLASS);
}

void lg_fold_softirq(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	if (event->irq.number >= VECTORS)
		return;
	switch (event->kind) {
	case LG_EVENT_SOFTIRQ_RAISE:
		/* Raised again before it is entered: it has been waiting since the first time. */
		if (!lg_table_find(&fold->metrics[LG_FOLD_SOFTIRQ_RAISE].stamps, event->cpu,
				   event->irq.number))
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
