/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * How fast the CPUs ran in a window: changes from power:cpu_frequency, and
 * what it began with from cpufreq's files, as a CPU may never change.
 */
#define _GNU_SOURCE 1
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "tracefs.h"
#include "tracer_internal.h"

static lg_u32 cpu_count(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	if (cpus < 1)
		return 1;
	return cpus < LG_FOLD_MAX_CPUS ? (lg_u32)cpus : LG_FOLD_MAX_CPUS;
}

void lg_tracer_frequency_prepare(struct lg_tracer *tracer)
{
	tracer->frequency_why = lg_event_prepare(tracer, LG_EVENT_CPU_FREQUENCY);
	if (!tracer->frequency_why)
		tracer->events |= LG_EVENT_BIT(LG_EVENT_CPU_FREQUENCY);
}

void lg_tracer_frequency_seed(struct lg_tracer *tracer)
{
	for (lg_u32 cpu = 0; !tracer->frequency_why && cpu < cpu_count(); cpu++) {
		char file[48], text[24];
		unsigned long khz;

		snprintf(file, sizeof(file), "cpu%u/cpufreq/scaling_cur_freq", cpu);
		if (lg_tracefs_line(tracer->cpus, file, text, sizeof(text)))
			continue;
		khz = strtoul(text, NULL, 10);
		if (khz && khz <= UINT32_MAX)
			lg_fold_frequency_seed(tracer->fold, lg_monotonic_ns(), cpu, (lg_u32)khz);
	}
}

bool lg_tracer_frequency(const struct lg_tracer *tracer, lg_u32 cpu, struct lg_fold_frequency *out)
{
	return tracer->attached && tracer->fold && !tracer->frequency_why &&
	       lg_fold_frequency(tracer->fold, cpu, out) && out->known_ns;
}

const char *lg_tracer_frequency_missing(const struct lg_tracer *tracer)
{
	struct lg_fold_frequency found;

	if (!tracer->attached)
		return NULL;
	if (tracer->frequency_why)
		return tracer->frequency_why;
	for (lg_u32 cpu = 0; cpu < cpu_count(); cpu++) {
		if (lg_tracer_frequency(tracer, cpu, &found))
			return NULL;
	}
	return "no CPU has a cpufreq driver that reports its frequency";
}
