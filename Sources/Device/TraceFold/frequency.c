/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * How fast the CPUs ran, weighted by time, over the open part of the window.
 * Time before a CPU's frequency is known is left out, not guessed.
 */
#include "fold_internal.h"

void lg_fold_clock_reset(struct lg_fold *fold)
{
	for (lg_u32 cpu = 0; cpu < fold->cpus; cpu++) {
		struct lg_cpu_clock *clock = &fold->clocks[cpu];

		clock->known_ns = clock->changes = 0;
		clock->khz_ns = 0;
		clock->min_khz = clock->max_khz = 0;
	}
}

/* Adds the time up to ns at the frequency there was, as far as it is in the window. */
static void accrue(const struct lg_fold *fold, struct lg_cpu_clock *clock, lg_u64 ns)
{
	lg_u64 from = clock->since_ns, to = ns;

	clock->since_ns = ns;
	if (fold->open_ns == LG_NEVER)
		return;
	if (from < fold->open_ns)
		from = fold->open_ns;
	if (to > fold->drain_ns)
		to = fold->drain_ns;
	if (!clock->khz || to <= from)
		return;
	clock->known_ns += to - from;
	clock->khz_ns += (double)clock->khz * (double)(to - from);
	if (!clock->min_khz || clock->khz < clock->min_khz)
		clock->min_khz = clock->khz;
	if (clock->khz > clock->max_khz)
		clock->max_khz = clock->khz;
}

static void set(struct lg_fold *fold, lg_u64 ns, lg_u32 cpu, lg_u32 khz)
{
	struct lg_cpu_clock *clock;

	if (cpu >= fold->cpus)
		return;
	clock = &fold->clocks[cpu];
	accrue(fold, clock, ns);
	/* Drivers also report the frequency there already is. */
	if (clock->khz && clock->khz != khz && lg_fold_state(fold, ns) == LG_WINDOW_OPEN)
		clock->changes++;
	clock->khz = khz;
	clock->heard = true;
}

void lg_fold_clock_event(struct lg_fold *fold, const struct lg_trace_event *event)
{
	set(fold, event->time_ns, event->frequency.cpu, event->frequency.khz);
}

void lg_fold_frequency_seed(struct lg_fold *fold, lg_u64 ns, lg_u32 cpu, lg_u32 khz)
{
	set(fold, ns, cpu, khz);
}

bool lg_fold_frequency(const struct lg_fold *fold, lg_u32 cpu, struct lg_fold_frequency *out)
{
	struct lg_cpu_clock clock;

	if (cpu >= fold->cpus || !fold->clocks[cpu].heard)
		return false;
	clock = fold->clocks[cpu];
	accrue(fold, &clock, fold->drain_ns == LG_NEVER ? fold->last_ns : fold->drain_ns);
	out->known_ns = clock.known_ns;
	out->changes = clock.changes;
	out->mean_khz = 0;
	if (clock.known_ns)
		out->mean_khz = (lg_u32)(clock.khz_ns / (double)clock.known_ns + 0.5);
	out->min_khz = clock.min_khz;
	out->max_khz = clock.max_khz;
	return true;
}
