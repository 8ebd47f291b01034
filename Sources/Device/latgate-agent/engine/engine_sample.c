/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Sampling: an event of the kernel's own timer on every CPU, which needs no
 * hardware counter and works in virtual machines. Idle CPUs are sampled too.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "engine_internal.h"

struct lg_samples {
	int count;
	int fds[]; /* -1 = that CPU is offline */
};

bool lg_is_sampled(const struct lg_attached *attached)
{
	return !strcmp(attached->section, "perf_event");
}

static int sample_cpu(int cpu, int program)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_freq = LG_SAMPLE_HZ,
		.freq = 1,
	};

	return lg_open_event(&attr, cpu, program);
}

struct lg_samples *lg_sample(int program)
{
	int cpus = libbpf_num_possible_cpus(), sampled = 0, rc = ENODEV;
	struct lg_samples *samples;

	if (cpus <= 0) {
		errno = ENODEV;
		return NULL;
	}
	samples = malloc(sizeof(*samples) + (size_t)cpus * sizeof(samples->fds[0]));
	if (!samples)
		return NULL;
	samples->count = cpus;
	for (int cpu = 0; cpu < cpus; cpu++) {
		samples->fds[cpu] = sample_cpu(cpu, program);
		if (samples->fds[cpu] >= 0)
			sampled++;
		else if (errno != ENODEV)
			rc = errno;
	}
	/* Only what is offline may be left out. */
	if (sampled && rc == ENODEV)
		return samples;
	lg_sample_stop(samples);
	errno = rc;
	return NULL;
}

void lg_sample_stop(struct lg_samples *samples)
{
	for (int cpu = 0; samples && cpu < samples->count; cpu++) {
		if (samples->fds[cpu] >= 0)
			close(samples->fds[cpu]);
	}
	free(samples);
}
