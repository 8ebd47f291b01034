/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Waiting until no program runs that began before a store to the window word. */
#define _GNU_SOURCE
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "engine_internal.h"

lg_u64 lg_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (lg_u64)now.tv_sec * 1000000000ULL + (lg_u64)now.tv_nsec;
}

static int membarrier(int command)
{
	return (int)syscall(__NR_membarrier, command, 0, 0);
}

bool lg_membarrier_works(void)
{
	int commands = membarrier(MEMBARRIER_CMD_QUERY);

	return commands > 0 && (commands & MEMBARRIER_CMD_GLOBAL);
}

/*
 * Programs run with preemption off, so once this thread has run on a CPU,
 * programs that ran there before have ended. A CPU outside the thread's
 * cpuset cannot be visited; false then.
 */
static bool visit_every_cpu(void)
{
	long count = sysconf(_SC_NPROCESSORS_CONF);
	cpu_set_t before, one;
	bool all = true;

	if (sched_getaffinity(0, sizeof(before), &before))
		return false;
	for (long cpu = 0; cpu < count && cpu < CPU_SETSIZE; cpu++) {
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one))
			all = false;
	}
	sched_setaffinity(0, sizeof(before), &before);
	return all;
}

void lg_quiesce(void)
{
	/* Far longer than any program may run. */
	struct timespec patience = {.tv_nsec = 50 * 1000 * 1000};

	/* The global command waits for a grace period of RCU, under which programs run. */
	if (!membarrier(MEMBARRIER_CMD_GLOBAL))
		return;
	if (!visit_every_cpu())
		nanosleep(&patience, NULL);
}
