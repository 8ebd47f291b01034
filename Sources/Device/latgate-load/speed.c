/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * How fast the CPUs are: the same work again and again on each of them.
 *
 * The fastest round says what the CPU can do, whatever else runs; the mean says what it gave, so
 * that a CPU which is stopped now and then does not look like a whole one. Rounds continue for a
 * while, because a frequency governor needs some milliseconds of load to give all it has.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <sched.h>
#include <stdio.h>

#include "busy.h"
#include "commands.h"
#include "loop.h"

enum { LEAST_ROUNDS = 5 };

/* False when the CPU is not to be had: it went offline, or the cpuset forbids it. */
static bool measure(int cpu, const struct lg_options *options)
{
	lg_u64 begun, fastest = ~0ULL, rounds = 0, now;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return false;
	begun = now = lg_now_ns();
	while (rounds < LEAST_ROUNDS || now - begun < options->ns) {
		lg_u64 before = now;

		lg_busy(options->work);
		now = lg_now_ns();
		if (now - before < fastest)
			fastest = now - before;
		rounds++;
	}
	printf("cpu%d_fastest_ns: %llu\n", cpu, (unsigned long long)fastest);
	printf("cpu%d_mean_ns: %llu\n", cpu, (unsigned long long)((now - begun) / rounds));
	return true;
}

static int run(const struct lg_options *options)
{
	cpu_set_t allowed;
	int found = 0;

	CPU_ZERO(&allowed);
	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return lg_unavailable("the CPUs cannot be asked for", errno);
	printf("work: %llu\n", (unsigned long long)options->work);
	for (int i = 0; i < options->cpu_count; i++) {
		if (!measure(options->cpus[i], options))
			return lg_options_place(options, (unsigned)i);
		found++;
	}
	for (int cpu = 0; !options->cpu_count && cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &allowed) && measure(cpu, options))
			found++;
	}
	return found ? LG_LOAD_OK : lg_unavailable("no CPU can be chosen", 0);
}

const struct lg_command lg_command_speed = {
	.name = "speed",
	.summary = "How fast each CPU is: ns for --work loops, the fastest round and the mean",
	.operation = "--work (100000) iterations of an empty loop, for --ns (20 ms) on each CPU",
	.options = LG_OPT_WORK | LG_OPT_NS | LG_OPT_CPUS,
	.is_alone = true,
	.defaults = {.work = 100000, .ns = 20000000},
	.run = run,
};
