/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Whose threads are whose, by births and by the caller's answers. */
#include "check.h"

struct answers {
	lg_u32 asked;
	lg_u32 last;
};

/* 1 the agent, 2 a user, 3 a step, 4 kthreadd; all others are gone. */
static lg_u32 answer(void *arg, lg_u32 tid)
{
	static const lg_u32 known[] = {LG_CLASS_UNKNOWN, LG_CLASS_SELF, LG_CLASS_USER,
				       LG_CLASS_WORKLOAD, LG_CLASS_KERNEL};
	struct answers *answers = arg;

	answers->asked++;
	answers->last = tid;
	return tid < 5 ? known[tid] : LG_CLASS_UNKNOWN;
}

static void fork_event(struct lg_fold *fold, lg_u32 kind, lg_u32 parent, lg_u32 child,
		       lg_u32 thread)
{
	struct lg_trace_event event = {
		.kind = kind, .time_ns = 150, .fork = {parent, child, thread}};

	lg_fold_event(fold, &event);
}

static void newtask(struct lg_fold *fold, lg_u32 parent, lg_u32 child, lg_u32 thread)
{
	fork_event(fold, LG_EVENT_TASK_NEWTASK, parent, child, thread);
}

static void born(struct lg_fold *fold, lg_u32 tid)
{
	struct lg_trace_event event = {
		.kind = LG_EVENT_SCHED_WAKEUP_NEW, .time_ns = 150, .wakeup = {tid}};

	lg_fold_event(fold, &event);
}

/* The class that a thread's operation is recorded under; LG_CLASS_SELF when it is left out. */
static lg_u32 class_of(struct lg_fold *fold, lg_u32 tid)
{
	struct lg_trace_event event = {
		.kind = LG_EVENT_KINDS, .declared = RECLAIM_BEGIN, .time_ns = 200, .tid = tid};
	struct lg_fold_result before, after;
	struct lg_fold_label label;
	lg_u64 counts[3] = {0};

	lg_fold_result(fold, RECLAIM_DIRECT, &before);
	for (size_t i = 0; lg_fold_label(fold, RECLAIM_DIRECT, i, &label); i++)
		counts[label.key[0]] = label.hist->count;
	lg_fold_event(fold, &event);
	event.declared = RECLAIM_END;
	lg_fold_event(fold, &event);
	lg_fold_result(fold, RECLAIM_DIRECT, &after);
	if (after.counters.excluded > before.counters.excluded)
		return LG_CLASS_SELF;
	for (size_t i = 0; lg_fold_label(fold, RECLAIM_DIRECT, i, &label); i++) {
		if (label.hist->count > counts[label.key[0]])
			return label.key[0];
	}
	return LG_CLASS_UNKNOWN;
}

static struct lg_fold *new_fold(lg_u32 (*class_of)(void *arg, lg_u32 tid), struct answers *answers,
				enum lg_fold_scope scope)
{
	struct lg_fold_options options = fold_options(0, RECLAIM_DIRECT);
	struct lg_fold *fold;

	options.class_of = class_of;
	options.arg = answers;
	options.scope = scope;
	fold = lg_fold_new(&options);
	lg_fold_arm(fold, 100);
	lg_fold_open(fold, 200);
	lg_fold_drain(fold, 300);
	lg_fold_close(fold, 400);
	return fold;
}

/* 1 the agent, 2 of the scope, 3 outside it; all others are gone. */
static lg_u32 scoped_answer(void *arg, lg_u32 tid)
{
	static const lg_u32 known[] = {LG_CLASS_UNKNOWN, LG_CLASS_SELF, LG_CLASS_USER,
				       LG_CLASS_OUTSIDE};

	(void)arg;
	return tid < 4 ? known[tid] : LG_CLASS_UNKNOWN;
}

static lg_u64 losses(struct lg_fold *fold)
{
	struct lg_fold_result result;

	lg_fold_result(fold, RECLAIM_DIRECT, &result);
	return result.counters.map_full;
}

/* class_of() says LG_CLASS_SELF for all that is excluded. */
static void scope_of_a_process(void)
{
	struct lg_fold *fold = new_fold(scoped_answer, NULL, LG_FOLD_PROCESS);

	check_number("of the scope", class_of(fold, 2), LG_CLASS_USER);
	check_number("outside the scope", class_of(fold, 3), LG_CLASS_SELF);
	newtask(fold, 2, 20, 1);
	check_number("a thread of the scope's, gone", class_of(fold, 20), LG_CLASS_USER);
	newtask(fold, 2, 21, 0);
	check_number("a process that it started", class_of(fold, 21), LG_CLASS_SELF);
	newtask(fold, 3, 22, 1);
	check_number("a thread of another's, gone", class_of(fold, 22), LG_CLASS_SELF);
	check_number("none of them is a loss", losses(fold), 0);
	check_number("unheard of and gone", class_of(fold, 77), LG_CLASS_UNKNOWN);
	check_number("is a loss", losses(fold), 1);
	fork_event(fold, LG_EVENT_SCHED_PROCESS_FORK, 2, 23, LG_FORK_UNKNOWN);
	class_of(fold, 23);
	check_number("so is what may be a thread of its", losses(fold), 2);
	lg_fold_free(fold);
}

static void scope_of_a_thread(void)
{
	struct lg_fold *fold = new_fold(scoped_answer, NULL, LG_FOLD_THREAD);

	check_number("the thread of the scope", class_of(fold, 2), LG_CLASS_USER);
	newtask(fold, 2, 20, 1);
	check_number("a thread that it started", class_of(fold, 20), LG_CLASS_SELF);
	lg_fold_free(fold);
}

void test_classes(void)
{
	struct answers answers = {0};
	struct lg_fold *fold = new_fold(answer, &answers, LG_FOLD_EVERYONE);

	check_number("asked", class_of(fold, 3), LG_CLASS_WORKLOAD);
	class_of(fold, 3);
	check_number("once", answers.asked, 1);
	check_number("gone: a user's", class_of(fold, 77), LG_CLASS_USER);
	newtask(fold, 3, 10, 0);
	newtask(fold, 10, 11, 1);
	answers.asked = 0;
	check_number("a child's child of the step", class_of(fold, 11), LG_CLASS_WORKLOAD);
	check_number("is not asked about", answers.asked, 0);
	newtask(fold, 1, 12, 0);
	check_number("a process of the agent, gone: a step", class_of(fold, 12), LG_CLASS_WORKLOAD);
	newtask(fold, 1, 13, 1);
	check_number("a thread of the agent", class_of(fold, 13), LG_CLASS_SELF);
	fork_event(fold, LG_EVENT_SCHED_PROCESS_FORK, 2, 14, LG_FORK_UNKNOWN);
	check_number("by the other event", class_of(fold, 14), LG_CLASS_USER);
	newtask(fold, 1, 15, 1);
	fork_event(fold, LG_EVENT_SCHED_PROCESS_FORK, 1, 15, LG_FORK_UNKNOWN);
	check_number("the first of two events counts", class_of(fold, 15), LG_CLASS_SELF);
	newtask(fold, 4, 16, 0);
	answers.asked = 0;
	class_of(fold, 16);
	check_number("a kernel thread's child is asked about", answers.asked, 1);
	born(fold, 10);
	check_number("its first wakeup changes nothing", class_of(fold, 10), LG_CLASS_WORKLOAD);
	born(fold, 10);
	check_number("a second life is asked about", class_of(fold, 10), LG_CLASS_USER);
	lg_fold_free(fold);
	scope_of_a_process();
	scope_of_a_thread();
}
