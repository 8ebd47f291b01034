/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* softirq.raise and softirq.run: as bpf/softirq.bpf.c. */
#include "fold_internal.h"

enum {
	VECTORS = 10, /* stamps of those raised again stand above */
	NO_CLASS = LG_CLASS_KERNEL,
	/* What a CPU is at: the vector entered last, whether it runs, and from there the batch. */
	LAST = 0xf,
	RUNNING = 0x10,
	BATCH_SHIFT = 5,
	UNSURE_BATCHES = 2,
};

/* Of a raise that nobody can place (bpf/softirq.bpf.c): `value` is the batch of the entry before. */
static struct lg_slot *unsure_of(const struct lg_fold *fold, const struct lg_trace_event *event)
{
	return lg_table_find(&fold->softirqs, 1 + event->softirq.vector, event->cpu);
}

static void forget_unsure(struct lg_fold *fold, const struct lg_trace_event *event)
{
	struct lg_slot *unsure = unsure_of(fold, event);

	if (unsure)
		lg_table_remove(&fold->softirqs, unsure);
}

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

static void raised(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	const struct lg_table *stamps = &fold->metrics[LG_FOLD_SOFTIRQ_RAISE].stamps;
	struct lg_slot *cpu = lg_table_make(&fold->softirqs, 0, event->cpu), *first;
	lg_u32 vector = event->softirq.vector, batch = 0;

	if (!cpu)
		return;
	if (cpu->value & RUNNING)
		batch = cpu->value >> BATCH_SHIFT;
	else
		cpu->value |= LAST; /* above all vectors: the next one is of a new batch */
	if (lg_table_find(stamps, event->cpu, VECTORS + vector))
		return;
	first = lg_table_find(stamps, event->cpu, vector);
	if (!first) {
		first = lg_fold_start_key(fold, LG_FOLD_SOFTIRQ_RAISE, event->cpu, vector, state,
					  event->time_ns, NO_CLASS);
		if (first)
			first->value = batch;
		forget_unsure(fold, event);
	} else if (!batch) {
		struct lg_slot *unsure = lg_table_make(&fold->softirqs, 1 + vector, event->cpu);

		if (!unsure)
			return;
		unsure->stamp.start_ns = event->time_ns;
		unsure->stamp.word = state;
		unsure->value = 0;
	} else if (first->value != batch) {
		lg_fold_start_key(fold, LG_FOLD_SOFTIRQ_RAISE, event->cpu, VECTORS + vector, state,
				  event->time_ns, NO_CLASS);
	}
}

/* The stamp of a vector that was raised again is its only one from now on. */
static void raise_again(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 batch)
{
	struct lg_table *stamps = &fold->metrics[LG_FOLD_SOFTIRQ_RAISE].stamps;
	lg_u32 vector = event->softirq.vector;
	struct lg_slot *slot = lg_table_find(stamps, event->cpu, VECTORS + vector);
	struct lg_stamp stamp;

	if (!slot)
		return;
	stamp = slot->stamp;
	lg_table_remove(stamps, slot);
	/* There is room: one was removed. */
	slot = lg_table_make(stamps, event->cpu, vector);
	if (!slot)
		return;
	slot->stamp = stamp;
	slot->value = batch;
	forget_unsure(fold, event);
}

/* A vector that is entered: what is unsure of it waits for the next entry, or was this one's raise. */
static void place_unsure(struct lg_fold *fold, const struct lg_trace_event *event, bool is_raised,
			 lg_u32 batch)
{
	struct lg_slot *unsure = unsure_of(fold, event);
	struct lg_stamp stamp;

	if (!unsure)
		return;
	if (is_raised) {
		unsure->value = batch;
		return;
	}
	stamp = unsure->stamp;
	if (unsure->value && batch - unsure->value <= UNSURE_BATCHES)
		lg_fold_start_key(fold, LG_FOLD_SOFTIRQ_RAISE, event->cpu, event->softirq.vector,
				  stamp.word, stamp.start_ns, NO_CLASS);
	forget_unsure(fold, event);
}

static void entered(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	const struct lg_table *stamps = &fold->metrics[LG_FOLD_SOFTIRQ_RAISE].stamps;
	struct lg_slot *cpu = lg_table_make(&fold->softirqs, 0, event->cpu), *first;
	lg_u32 vector = event->softirq.vector, batch;

	if (!cpu)
		return;
	batch = cpu->value >> BATCH_SHIFT;
	first = lg_table_find(stamps, event->cpu, vector);
	if (!batch || vector <= (cpu->value & LAST) || (first && first->value == batch))
		batch++;
	cpu->value = batch << BATCH_SHIFT | vector;
	/* Without exits nobody knows how long it runs. */
	if (lg_fold_wants(fold, LG_FOLD_SOFTIRQ_RUN))
		cpu->value |= RUNNING;
	place_unsure(fold, event, first, batch);
	end_vector(fold, LG_FOLD_SOFTIRQ_RAISE, event, state);
	raise_again(fold, event, batch);
	start_vector(fold, LG_FOLD_SOFTIRQ_RUN, event, state);
}

static void left(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	struct lg_slot *cpu = lg_table_find(&fold->softirqs, 0, event->cpu);

	if (cpu)
		cpu->value &= ~(lg_u32)RUNNING;
	end_vector(fold, LG_FOLD_SOFTIRQ_RUN, event, state);
}

void lg_fold_softirq(struct lg_fold *fold, const struct lg_trace_event *event, lg_u32 state)
{
	if (event->softirq.vector >= VECTORS)
		return;
	switch (event->kind) {
	case LG_EVENT_SOFTIRQ_RAISE:
		raised(fold, event, state);
		break;
	case LG_EVENT_SOFTIRQ_ENTRY:
		entered(fold, event, state);
		break;
	default:
		left(fold, event, state);
		break;
	}
}
