/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "busy.h"
#include "commands.h"
#include "futex_word.h"
#include "loop.h"

/* The mutex of Drepper's "Futexes are tricky": the kernel is entered only when contended. */
enum { FREE = 0, HELD = 1, CONTENDED = 2 };

struct contention {
	lg_u32 word;
	lg_u64 work;
};

static void lock(lg_u32 *word)
{
	lg_u32 seen = FREE;

	if (__atomic_compare_exchange_n(word, &seen, HELD, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(word, CONTENDED, __ATOMIC_ACQUIRE) != FREE)
		lg_futex_wait(word, CONTENDED);
}

static void unlock(lg_u32 *word)
{
	if (__atomic_exchange_n(word, FREE, __ATOMIC_RELEASE) == CONTENDED)
		lg_futex_wake(word);
}

static int op(void *arg, lg_u64 index)
{
	struct contention *contention = arg;

	(void)index;
	lock(&contention->word);
	lg_busy(contention->work);
	unlock(&contention->word);
	return 0;
}

static int run(const struct lg_options *options)
{
	struct contention contention = {.work = options->work};
	struct lg_loop loop = {.op = op, .arg = &contention};

	return lg_loop_run(&loop, options);
}

const struct lg_command lg_command_futex = {
	.name = "futex",
	.summary = "Threads that contend for one lock",
	.operation = "lock, --work (1000) iterations, unlock",
	.options = LG_OPT_THREADS | LG_OPT_WORK,
	.defaults = {.ops = 100000, .threads = 4, .work = 1000},
	.run = run,
};
