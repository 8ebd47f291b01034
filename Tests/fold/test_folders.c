/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Each folder on events in [arm 100, open 200, drain 10000, close 20000). */
#include <string.h>

#include "check.h"

static lg_u32 class_by_number(void *arg, lg_u32 tid)
{
	(void)arg;
	if (tid >= 1000)
		return LG_CLASS_KERNEL;
	if (tid >= 900)
		return LG_CLASS_SELF;
	return tid >= 500 ? LG_CLASS_WORKLOAD : LG_CLASS_USER;
}

static struct lg_fold *fold_with(struct lg_fold_options options)
{
	struct lg_fold *fold;

	options.class_of = class_by_number;
	fold = lg_fold_new(&options);
	lg_fold_arm(fold, 100);
	lg_fold_open(fold, 200);
	lg_fold_drain(fold, 10000);
	lg_fold_close(fold, 20000);
	return fold;
}

static struct lg_fold *new_fold(lg_u32 metrics)
{
	return fold_with(fold_options(metrics, 0));
}

static lg_u64 words(lg_u32 first, lg_u32 second)
{
	return (lg_u64)second << 32 | first;
}

/* Count of a label's histogram; *sum, when asked, gets its sum. */
static lg_u64 count_of(struct lg_fold *fold, lg_u32 metric, lg_u64 key, lg_u64 *sum)
{
	struct lg_fold_label label;
	unsigned char bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(key >> 8 * i);
	for (size_t i = 0; lg_fold_label(fold, metric, i, &label); i++) {
		if (memcmp(label.key, bytes, label.key_size))
			continue;
		if (sum)
			*sum = label.hist->sum;
		return label.hist->count;
	}
	return 0;
}

static struct lg_counters counters_of(struct lg_fold *fold, lg_u32 metric)
{
	struct lg_fold_result result = {0};

	lg_fold_result(fold, metric, &result);
	return result.counters;
}

static void switch_to(struct lg_fold *fold, lg_u64 ns, lg_u32 cpu, lg_u32 prev, lg_u32 sleep,
		      lg_u32 next)
{
	struct lg_trace_event event = {
		.kind = LG_EVENT_SCHED_SWITCH,
		.time_ns = ns,
		.cpu = cpu,
		.sched_switch = {.prev_tid = prev, .next_tid = next, .sleep = sleep},
	};

	lg_fold_event(fold, &event);
}

static void wake(struct lg_fold *fold, lg_u64 ns, lg_u32 tid)
{
	struct lg_trace_event event = {
		.kind = LG_EVENT_SCHED_WAKEUP, .time_ns = ns, .wakeup = {tid}};

	lg_fold_event(fold, &event);
}

static void test_runqueue(void)
{
	struct lg_fold *fold = new_fold(LG_FOLD_BIT(LG_FOLD_RUNQUEUE_WAIT));
	struct lg_counters c;
	lg_u64 sum = 0;

	wake(fold, 210, 500);
	switch_to(fold, 240, 0, 0, LG_SLEEP_NONE, 500);
	check("a wait after a wakeup",
	      count_of(fold, LG_FOLD_RUNQUEUE_WAIT, 0, &sum) == 1 && sum == 30);
	switch_to(fold, 300, 0, 500, LG_SLEEP_NONE, 7);
	switch_to(fold, 350, 0, 7, LG_SLEEP_OTHER, 500);
	check("a wait after a preemption",
	      count_of(fold, LG_FOLD_RUNQUEUE_WAIT, 0, &sum) == 2 && sum == 80);
	c = counters_of(fold, LG_FOLD_RUNQUEUE_WAIT);
	check_number("whoever ran first had no start", c.no_start, 1);
	wake(fold, 360, 500);
	switch_to(fold, 370, 0, 500, LG_SLEEP_OTHER, 0);
	c = counters_of(fold, LG_FOLD_RUNQUEUE_WAIT);
	check("a wakeup of a running task queues nothing", c.started == 2 && c.cancelled == 0);
	wake(fold, 400, 8);
	switch_to(fold, 410, 1, 8, LG_SLEEP_OTHER, 0);
	c = counters_of(fold, LG_FOLD_RUNQUEUE_WAIT);
	check("asleep before it ran: cancelled", c.cancelled == 1 && c.started == 3);
	switch_to(fold, 500, 1, 0, LG_SLEEP_NONE, 9);
	switch_to(fold, 600, 1, 9, LG_SLEEP_NONE, 0);
	wake(fold, 650, 9);
	switch_to(fold, 700, 1, 0, LG_SLEEP_NONE, 9);
	check("woken while it waits: since the preemption",
	      count_of(fold, LG_FOLD_RUNQUEUE_WAIT, LG_CLASS_USER, &sum) == 1 && sum == 100);
	wake(fold, 800, 1001);
	switch_to(fold, 805, 1, 9, LG_SLEEP_OTHER, 1001);
	check("by class",
	      count_of(fold, LG_FOLD_RUNQUEUE_WAIT, LG_CLASS_KERNEL, &sum) == 1 && sum == 5);
	wake(fold, 900, 901);
	switch_to(fold, 905, 0, 0, LG_SLEEP_NONE, 901);
	switch_to(fold, 910, 0, 901, LG_SLEEP_NONE, 0);
	switch_to(fold, 915, 0, 0, LG_SLEEP_NONE, 901);
	c = counters_of(fold, LG_FOLD_RUNQUEUE_WAIT);
	check_number("the agent's own is left out", c.excluded, 2);
	wake(fold, 1000, 10);
	switch_to(fold, 1010, 0, 10, LG_SLEEP_OTHER, 0);
	c = counters_of(fold, LG_FOLD_RUNQUEUE_WAIT);
	check("a switch that the trace left out is a loss", c.overwritten == 1 && c.cancelled == 2);
	check_number("and balances", c.started - c.recorded - c.overwritten - c.cancelled, 0);
	lg_fold_free(fold);
}

static void test_sleep(void)
{
	struct lg_fold *fold = new_fold(LG_FOLD_BIT(LG_FOLD_SLEEP_UNINTERRUPTIBLE));
	struct lg_trace_event reason = {
		.kind = LG_EVENT_SCHED_BLOCKED_REASON,
		.time_ns = 290,
		.blocked = {.tid = 500, .io_wait = 1},
	};
	lg_u64 sum = 0;

	switch_to(fold, 210, 0, 500, LG_SLEEP_UNINTERRUPTIBLE, 0);
	lg_fold_event(fold, &reason);
	wake(fold, 300, 500);
	check("a sleep for I/O", count_of(fold, LG_FOLD_SLEEP_UNINTERRUPTIBLE,
					  words(LG_CLASS_WORKLOAD, LG_FOLD_CAUSE_IO), &sum) == 1 &&
					 sum == 90);
	switch_to(fold, 400, 0, 7, LG_SLEEP_UNINTERRUPTIBLE, 0);
	wake(fold, 450, 7);
	check("a sleep without a reason",
	      count_of(fold, LG_FOLD_SLEEP_UNINTERRUPTIBLE,
		       words(LG_CLASS_USER, LG_FOLD_CAUSE_UNKNOWN), NULL) == 1);
	switch_to(fold, 500, 0, 7, LG_SLEEP_OTHER, 0);
	wake(fold, 550, 7);
	check_number("other sleeps do not count",
		     counters_of(fold, LG_FOLD_SLEEP_UNINTERRUPTIBLE).started, 2);
	switch_to(fold, 600, 0, 7, LG_SLEEP_UNINTERRUPTIBLE, 0);
	switch_to(fold, 700, 0, 0, LG_SLEEP_NONE, 7);
	check_number("a wakeup not seen cancels",
		     counters_of(fold, LG_FOLD_SLEEP_UNINTERRUPTIBLE).cancelled, 1);
	lg_fold_free(fold);
}

static void block(struct lg_fold *fold, lg_u32 kind, lg_u64 ns, lg_u64 sector, lg_u32 sectors,
		  lg_u32 op)
{
	struct lg_trace_event event = {
		.kind = kind,
		.time_ns = ns,
		.block = {.dev = 8 << 20, .sector = sector, .sectors = sectors, .op = op},
	};

	lg_fold_event(fold, &event);
}

static void test_block(void)
{
	enum { ISSUE = LG_EVENT_BLOCK_ISSUE, DONE = LG_EVENT_BLOCK_COMPLETE };
	struct lg_fold *fold = new_fold(LG_FOLD_BIT(LG_FOLD_BLOCK_DEVICE));
	lg_u64 none = ~0ull, sum = 0, flush = words(8 << 20, LG_TRACE_OP_FLUSH);
	struct lg_counters c;

	block(fold, ISSUE, 210, 64, 8, LG_TRACE_OP_READ);
	block(fold, DONE, 260, 64, 8, LG_TRACE_OP_READ);
	check("a read", count_of(fold, LG_FOLD_BLOCK_DEVICE, 8 << 20, &sum) == 1 && sum == 50);
	block(fold, ISSUE, 300, 100, 16, LG_TRACE_OP_WRITE);
	block(fold, DONE, 310, 100, 4, LG_TRACE_OP_WRITE);
	block(fold, DONE, 320, 104, 4, LG_TRACE_OP_WRITE);
	c = counters_of(fold, LG_FOLD_BLOCK_DEVICE);
	check("parts do not end a request", c.recorded == 1 && !c.no_start);
	block(fold, DONE, 340, 108, 8, LG_TRACE_OP_WRITE);
	block(fold, DONE, 341, 116, 0, LG_TRACE_OP_WRITE);
	check("the last part does",
	      count_of(fold, LG_FOLD_BLOCK_DEVICE, words(8 << 20, LG_TRACE_OP_WRITE), &sum) == 1 &&
		      sum == 40);
	c = counters_of(fold, LG_FOLD_BLOCK_DEVICE);
	check_number("the empty completion of a flushed write is none", c.no_start, 0);
	block(fold, ISSUE, 400, 0, 0, LG_TRACE_OP_FLUSH);
	block(fold, ISSUE, 410, 0, 0, LG_TRACE_OP_FLUSH);
	block(fold, DONE, 420, none, 0, LG_TRACE_OP_FLUSH);
	block(fold, DONE, 440, none, 0, LG_TRACE_OP_FLUSH);
	check("two flushes at once",
	      count_of(fold, LG_FOLD_BLOCK_DEVICE, flush, &sum) == 2 && sum == 10 + 40);
	block(fold, DONE, 450, none, 0, LG_TRACE_OP_FLUSH);
	check_number("a flush that nobody issued", counters_of(fold, LG_FOLD_BLOCK_DEVICE).no_start,
		     1);
	block(fold, ISSUE, 500, 64, 8, LG_TRACE_OP_READ);
	block(fold, ISSUE, 510, 64, 8, LG_TRACE_OP_READ);
	block(fold, DONE, 520, 64, 8, LG_TRACE_OP_READ);
	check_number("issued again", counters_of(fold, LG_FOLD_BLOCK_DEVICE).overwritten, 1);
	block(fold, ISSUE, 600, 64, 8, LG_TRACE_OP_READ);
	block(fold, LG_EVENT_BLOCK_REQUEUE, 610, 64, 8, LG_TRACE_OP_READ);
	check_number("given back", counters_of(fold, LG_FOLD_BLOCK_DEVICE).cancelled, 1);
	block(fold, ISSUE, 700, 0, 8, LG_TRACE_OP_READ);
	block(fold, ISSUE, 701, 0, 0, LG_TRACE_OP_OTHER);
	block(fold, DONE, 702, none, 4, LG_TRACE_OP_OTHER);
	block(fold, DONE, 710, 0, 8, LG_TRACE_OP_READ);
	check("the first sector is a sector",
	      count_of(fold, LG_FOLD_BLOCK_DEVICE, 8 << 20, &sum) == 3 && sum == 50 + 10 + 10);
	check_number("all balances", lg_fold_in_flight(fold), 0);
	lg_fold_free(fold);
}

static void binder(struct lg_fold *fold, lg_u64 ns, lg_u32 tid, lg_u32 id, lg_u32 reply_to,
		   lg_u32 one_way)
{
	struct lg_trace_event event = {
		.kind = LG_EVENT_BINDER_TRANSACTION,
		.time_ns = ns,
		.tid = tid,
		.binder = {id, reply_to, reply_to != 0, one_way},
	};

	lg_fold_event(fold, &event);
}

static void received(struct lg_fold *fold, lg_u64 ns, lg_u32 tid, lg_u32 id)
{
	struct lg_trace_event event = {
		.kind = LG_EVENT_BINDER_RECEIVED,
		.time_ns = ns,
		.tid = tid,
		.binder = {.id = id},
	};

	lg_fold_event(fold, &event);
}

static void test_binder(void)
{
	struct lg_fold *fold =
		new_fold(LG_FOLD_BIT(LG_FOLD_BINDER_CALL) | LG_FOLD_BIT(LG_FOLD_BINDER_ROUNDTRIP));
	lg_u64 sum = 0;

	binder(fold, 210, 500, 1, 0, 0);
	received(fold, 220, 10, 1);
	binder(fold, 230, 10, 2, 0, 0); /* asks back while it serves */
	received(fold, 235, 500, 2);
	binder(fold, 240, 500, 3, 10, 0);
	received(fold, 245, 10, 3);
	binder(fold, 250, 10, 4, 500, 0);
	received(fold, 260, 500, 4);
	check("a call",
	      count_of(fold, LG_FOLD_BINDER_CALL, LG_CLASS_WORKLOAD, &sum) == 1 && sum == 10);
	check("a nested call",
	      count_of(fold, LG_FOLD_BINDER_CALL, LG_CLASS_USER, &sum) == 1 && sum == 5);
	check("round trips",
	      count_of(fold, LG_FOLD_BINDER_ROUNDTRIP, LG_CLASS_WORKLOAD, &sum) == 1 && sum == 50 &&
		      count_of(fold, LG_FOLD_BINDER_ROUNDTRIP, LG_CLASS_USER, &sum) == 1 &&
		      sum == 15);
	binder(fold, 300, 500, 5, 0, 1);
	received(fold, 310, 10, 5);
	check_number("one-way is left out", counters_of(fold, LG_FOLD_BINDER_CALL).started, 2);
	binder(fold, 400, 11, 6, 501, 0);
	check_number("a reply to a call from before",
		     counters_of(fold, LG_FOLD_BINDER_ROUNDTRIP).no_start, 1);
	check_number("all balances", lg_fold_in_flight(fold), 0);
	lg_fold_free(fold);
}

static void irq(struct lg_fold *fold, lg_u32 number, lg_u64 ns, lg_u32 cpu, lg_u32 irq,
		const char *name)
{
	struct lg_trace_event event = {
		.kind = LG_EVENT_KINDS, .declared = number, .time_ns = ns, .cpu = cpu};

	/* In the order of the declaration's fields. */
	event.values[0] = irq;
	strncpy(event.text, name, LG_NAME_LEN - 1);
	lg_fold_event(fold, &event);
}

static void test_hardirq(void)
{
	struct lg_fold *fold = fold_with(fold_options(0, HARDIRQ_RUN));
	struct lg_fold_label label;
	lg_u64 sum = 0;

	irq(fold, IRQ_ENTRY, 210, 0, 5, "expander");
	irq(fold, IRQ_ENTRY, 212, 0, 6, "input");
	irq(fold, IRQ_ENTRY, 213, 1, 5, "other");
	irq(fold, IRQ_EXIT, 215, 0, 6, "");
	irq(fold, IRQ_EXIT, 220, 0, 5, "");
	irq(fold, IRQ_EXIT, 223, 1, 5, "");
	check("handlers inside handlers", count_of(fold, HARDIRQ_RUN, 6, &sum) == 1 && sum == 3);
	check("and on two CPUs", count_of(fold, HARDIRQ_RUN, 5, &sum) == 2 && sum == 20);
	lg_fold_label(fold, HARDIRQ_RUN, 0, &label);
	check("named", label.name && !strcmp(label.name, "input"));
	lg_fold_label(fold, HARDIRQ_RUN, 1, &label);
	check("by the first text seen", label.name && !strcmp(label.name, "expander"));
	lg_fold_free(fold);
}

static void softirq(struct lg_fold *fold, lg_u32 kind, lg_u64 ns, lg_u32 vector)
{
	struct lg_trace_event event = {.kind = kind, .time_ns = ns, .softirq = {vector}};

	lg_fold_event(fold, &event);
}

static void test_softirq(void)
{
	struct lg_fold *fold =
		new_fold(LG_FOLD_BIT(LG_FOLD_SOFTIRQ_RAISE) | LG_FOLD_BIT(LG_FOLD_SOFTIRQ_RUN));
	lg_u64 sum = 0;

	softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 300, 3);
	softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 310, 3);
	softirq(fold, LG_EVENT_SOFTIRQ_ENTRY, 320, 3);
	softirq(fold, LG_EVENT_SOFTIRQ_EXIT, 350, 3);
	check("a vector waits since its first raise",
	      count_of(fold, LG_FOLD_SOFTIRQ_RAISE, 3, &sum) == 1 && sum == 20);
	check("and runs", count_of(fold, LG_FOLD_SOFTIRQ_RUN, 3, &sum) == 1 && sum == 30);
	softirq(fold, LG_EVENT_SOFTIRQ_ENTRY, 400, 10);
	check_number("no such vector", counters_of(fold, LG_FOLD_SOFTIRQ_RUN).started, 1);
	lg_fold_free(fold);
}

/* Vectors 1, 7 and 9 are raised between batches; a tick raises 7 and 9 again while 1 runs. */
static void test_softirq_raised_again(void)
{
	struct lg_fold *fold =
		new_fold(LG_FOLD_BIT(LG_FOLD_SOFTIRQ_RAISE) | LG_FOLD_BIT(LG_FOLD_SOFTIRQ_RUN));
	lg_u64 sum = 0;

	for (lg_u32 i = 0; i < 3; i++)
		softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 300 + i, (lg_u32[]){1, 7, 9}[i]);
	softirq(fold, LG_EVENT_SOFTIRQ_ENTRY, 310, 1);
	softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 320, 7);
	softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 330, 7); /* has been waiting since 320 */
	softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 340, 2); /* is not due in this batch */
	softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 345, 2);
	softirq(fold, LG_EVENT_SOFTIRQ_EXIT, 350, 1);
	softirq(fold, LG_EVENT_SOFTIRQ_ENTRY, 360, 7);
	softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 365, 9);
	softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 366, 7); /* still since 320 */
	softirq(fold, LG_EVENT_SOFTIRQ_EXIT, 370, 7);
	softirq(fold, LG_EVENT_SOFTIRQ_ENTRY, 380, 9);
	softirq(fold, LG_EVENT_SOFTIRQ_EXIT, 390, 9);
	/* The next batch. */
	softirq(fold, LG_EVENT_SOFTIRQ_ENTRY, 400, 2);
	softirq(fold, LG_EVENT_SOFTIRQ_EXIT, 410, 2);
	softirq(fold, LG_EVENT_SOFTIRQ_ENTRY, 420, 7);
	softirq(fold, LG_EVENT_SOFTIRQ_EXIT, 430, 7);
	softirq(fold, LG_EVENT_SOFTIRQ_ENTRY, 440, 9);
	softirq(fold, LG_EVENT_SOFTIRQ_EXIT, 450, 9);

	/* Raised in a batch: the next one is of these, although its first is above the last one's. */
	softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 460, 1);
	softirq(fold, LG_EVENT_SOFTIRQ_ENTRY, 470, 1);
	softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 480, 7);
	softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 480, 9);
	softirq(fold, LG_EVENT_SOFTIRQ_EXIT, 490, 1);
	softirq(fold, LG_EVENT_SOFTIRQ_ENTRY, 500, 7);
	softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 510, 9);
	softirq(fold, LG_EVENT_SOFTIRQ_EXIT, 520, 7);
	for (lg_u32 i = 0; i < 2; i++) {
		softirq(fold, LG_EVENT_SOFTIRQ_ENTRY, 530 + 10 * i, 9);
		softirq(fold, LG_EVENT_SOFTIRQ_EXIT, 535 + 10 * i, 9);
	}

	check("raised once more while an earlier vector ran",
	      count_of(fold, LG_FOLD_SOFTIRQ_RAISE, 7, &sum) == 3 && sum == 59 + 100 + 20);
	check("while any earlier one ran",
	      count_of(fold, LG_FOLD_SOFTIRQ_RAISE, 9, &sum) == 4 && sum == 78 + 75 + 50 + 30);
	check("raised within the batch before its own",
	      count_of(fold, LG_FOLD_SOFTIRQ_RAISE, 2, &sum) == 1 && sum == 60);
	check_number("every raise that waited was counted",
		     counters_of(fold, LG_FOLD_SOFTIRQ_RAISE).started, 10);
	check_number("no entry was without one", counters_of(fold, LG_FOLD_SOFTIRQ_RAISE).no_start,
		     0);
	check_number("none is in flight", lg_fold_in_flight(fold), 0);
	lg_fold_free(fold);
}

/* Raised in the instant between the kernel's look at what is raised and the first entry. */
static void test_softirq_raised_beside_a_batch(void)
{
	struct lg_fold *fold =
		new_fold(LG_FOLD_BIT(LG_FOLD_SOFTIRQ_RAISE) | LG_FOLD_BIT(LG_FOLD_SOFTIRQ_RUN));
	lg_u64 sum = 0;

	softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 300, 1);
	softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 305, 1); /* is due once more */
	softirq(fold, LG_EVENT_SOFTIRQ_ENTRY, 310, 1);
	softirq(fold, LG_EVENT_SOFTIRQ_EXIT, 320, 1);
	softirq(fold, LG_EVENT_SOFTIRQ_ENTRY, 330, 1);
	softirq(fold, LG_EVENT_SOFTIRQ_EXIT, 340, 1);
	check("raised as a batch begins",
	      count_of(fold, LG_FOLD_SOFTIRQ_RAISE, 1, &sum) == 2 && sum == 10 + 25);

	softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 400, 3);
	softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 401, 9);
	softirq(fold, LG_EVENT_SOFTIRQ_ENTRY, 410, 3);
	softirq(fold, LG_EVENT_SOFTIRQ_EXIT, 420, 3);
	softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 425, 9); /* between two vectors of a batch */
	for (lg_u32 i = 0; i < 2; i++) {
		softirq(fold, LG_EVENT_SOFTIRQ_ENTRY, 430 + 20 * i, 9);
		softirq(fold, LG_EVENT_SOFTIRQ_EXIT, 440 + 20 * i, 9);
	}
	check("raised between two vectors",
	      count_of(fold, LG_FOLD_SOFTIRQ_RAISE, 9, &sum) == 2 && sum == 29 + 25);

	/* It had joined the first, so it is of no entry long after. */
	softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 500, 7);
	softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 505, 7);
	for (lg_u32 i = 0; i < 3; i++) {
		lg_u32 vector = (lg_u32[]){7, 3, 1}[i];

		if (i)
			softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 510 + 20 * i, vector);
		softirq(fold, LG_EVENT_SOFTIRQ_ENTRY, 515 + 20 * i, vector);
		softirq(fold, LG_EVENT_SOFTIRQ_EXIT, 520 + 20 * i, vector);
	}
	softirq(fold, LG_EVENT_SOFTIRQ_RAISE, 570, 1);
	softirq(fold, LG_EVENT_SOFTIRQ_ENTRY, 575, 1);
	softirq(fold, LG_EVENT_SOFTIRQ_EXIT, 580, 1);
	softirq(fold, LG_EVENT_SOFTIRQ_ENTRY, 590, 7);
	softirq(fold, LG_EVENT_SOFTIRQ_EXIT, 595, 7);
	check("a raise that nobody saw is none of before",
	      count_of(fold, LG_FOLD_SOFTIRQ_RAISE, 7, &sum) == 1 && sum == 15);
	check_number("and its entry is said", counters_of(fold, LG_FOLD_SOFTIRQ_RAISE).no_start, 1);
	check_number("nothing is in flight", lg_fold_in_flight(fold), 0);
	lg_fold_free(fold);
}

static void test_reclaim(void)
{
	struct lg_fold *fold = fold_with(fold_options(0, RECLAIM_DIRECT));
	struct lg_trace_event event = {
		.kind = LG_EVENT_KINDS, .declared = RECLAIM_BEGIN, .time_ns = 210, .tid = 500};
	lg_u64 sum = 0;

	lg_fold_event(fold, &event);
	event.declared = RECLAIM_END;
	event.time_ns = 260;
	lg_fold_event(fold, &event);
	check("direct reclaim",
	      count_of(fold, RECLAIM_DIRECT, LG_CLASS_WORKLOAD, &sum) == 1 && sum == 50);
	lg_fold_free(fold);
}

static void frequency(struct lg_fold *fold, lg_u64 ns, lg_u32 cpu, lg_u32 khz)
{
	struct lg_trace_event event = {
		.kind = LG_EVENT_CPU_FREQUENCY, .time_ns = ns, .frequency = {cpu, khz}};

	lg_fold_event(fold, &event);
}

static void test_frequency(void)
{
	struct lg_fold *fold = new_fold(0);
	struct lg_fold_frequency out;

	check("a CPU nobody spoke of", !lg_fold_frequency(fold, 1, &out));
	lg_fold_frequency_seed(fold, 50, 0, 1000);
	frequency(fold, 1180, 0, 2000); /* 980 ns at 1000 */
	frequency(fold, 1200, 0, 2000);
	frequency(fold, 5100, 0, 500); /* 3920 at 2000 */
	frequency(fold, 15000, 0, 9000); /* 4900 at 500 */
	check("a CPU's frequency", lg_fold_frequency(fold, 0, &out) && out.known_ns == 9800 &&
					   out.changes == 2 && out.min_khz == 500 &&
					   out.max_khz == 2000);
	check_number("weighted by time", out.mean_khz, 1150);
	frequency(fold, 16000, 2, 800);
	check("not known in the window",
	      lg_fold_frequency(fold, 2, &out) && out.known_ns == 0 && out.mean_khz == 0);
	lg_fold_free(fold);
}

static void test_needs(void)
{
	check("every metric can be had from its own events",
	      lg_fold_possible((1u << LG_FOLD_METRICS) - 1,
			       lg_fold_events((1u << LG_FOLD_METRICS) - 1)) ==
		      (1u << LG_FOLD_METRICS) - 1);
	check("nothing from nothing", lg_fold_possible((1u << LG_FOLD_METRICS) - 1, 0) == 0);
}

void test_folders(void)
{
	test_runqueue();
	test_sleep();
	test_block();
	test_binder();
	test_hardirq();
	test_softirq();
	test_softirq_raised_again();
	test_softirq_raised_beside_a_batch();
	test_reclaim();
	test_frequency();
	test_needs();
}
