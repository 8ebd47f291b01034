/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "options.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { NUMBER, TEXT, FLAG, CPUS };

static const struct description {
	enum lg_option option;
	const char *name;
	enum kind kind;
	size_t offset;
	lg_u64 least, most;
	const char *help;
} descriptions[] = {
#define FIELD(name) offsetof(struct lg_options, name)
	{LG_OPT_OPS, "ops", NUMBER, FIELD(ops), 1, 1000000000, "operations to measure, in all"},
	{LG_OPT_RATE, "rate", NUMBER, FIELD(rate), 1, 1000000000,
	 "open loop: start so many per second; latency counts from the intended start"},
	{LG_OPT_WARMUP, "warmup", NUMBER, FIELD(warmup), 0, 1000000000,
	 "operations before the measured ones"},
	{LG_OPT_CPUS, "cpus", CPUS, 0, 0, 0, "CPUs to pin to, in turn: 0,1"},
	{LG_OPT_FIFO, "fifo", NUMBER, FIELD(fifo), 1, 99,
	 "run by the real-time policy SCHED_FIFO, with this priority"},
	{LG_OPT_THREADS, "threads", NUMBER, FIELD(threads), 1, LG_THREADS_MAX,
	 "threads that share the operations"},
	{LG_OPT_WORK, "work", NUMBER, FIELD(work), 0, 1ULL << 40,
	 "iterations of the busy loop in each operation"},
	{LG_OPT_PATH, "path", TEXT, FIELD(path), 0, 0,
	 "directory or new file to work in; what is created is removed"},
	{LG_OPT_SIZE, "size", NUMBER, FIELD(size), 1, 1ULL << 40, "bytes (k, m, g allowed)"},
	{LG_OPT_BLOCK, "block", NUMBER, FIELD(block), 512, 16 << 20, "bytes of each transfer"},
	{LG_OPT_MIB, "mib", NUMBER, FIELD(mib), 1, 1 << 20, "MiB of memory"},
	{LG_OPT_NS, "ns", NUMBER, FIELD(ns), 0, 3600000000000ULL,
	 "time of each sleep, or for each CPU, in ns"},
	{LG_OPT_DEV, "dev", TEXT, FIELD(dev), 0, 0, "binder device"},
	{LG_OPT_VIA, "via", TEXT, FIELD(via), 0, 0, "pipe or futex"},
	{LG_OPT_WRITE, "write", FLAG, FIELD(write), 0, 0, "write instead of reading"},
	{LG_OPT_OVERWRITE, "overwrite", FLAG, FIELD(overwrite), 0, 0,
	 "allow writing into a file or device that exists: DESTROYS ITS DATA"},
#undef FIELD
};

enum { DESCRIPTIONS = sizeof(descriptions) / sizeof(descriptions[0]) };

static int usage_error(const char *format, const char *name, const char *value)
{
	fputs("latgate-load: ", stderr);
	fprintf(stderr, format, name, value);
	fputs("; see latgate-load --help\n", stderr);
	return LG_LOAD_USAGE;
}

/* A decimal number with an optional k, m or g (1024 to the power of 1, 2, 3). */
static bool read_number(const char *text, lg_u64 *out)
{
	int shift = 0;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	if (*end == 'k' || *end == 'm' || *end == 'g')
		shift = *end == 'k' ? 10 : *end == 'm' ? 20 : 30;
	if (shift)
		end++;
	if (errno || *end || *out << shift >> shift != *out)
		return false;
	*out <<= shift;
	return true;
}

static bool read_cpus(struct lg_options *options, const char *text)
{
	options->cpu_count = 0;
	for (;;) {
		char *end;
		unsigned long cpu = strtoul(text, &end, 10);

		if (*text < '0' || *text > '9' || cpu >= CPU_SETSIZE ||
		    options->cpu_count == LG_CPUS_MAX)
			return false;
		options->cpus[options->cpu_count++] = (int)cpu;
		if (!*end)
			return true;
		if (*end != ',')
			return false;
		text = end + 1;
	}
}

static int set(struct lg_options *options, const struct description *d, const char *value)
{
	char *field = (char *)options + d->offset;
	lg_u64 number;

	switch (d->kind) {
	case NUMBER:
		if (!read_number(value, &number) || number < d->least || number > d->most)
			return usage_error("--%s does not take '%s'", d->name, value);
		memcpy(field, &number, sizeof(number));
		return 0;
	case TEXT:
		memcpy(field, &value, sizeof(value));
		return 0;
	case CPUS:
		return read_cpus(options, value)
			       ? 0
			       : usage_error("--%s does not take '%s'", d->name, value);
	case FLAG:
		*(bool *)field = true;
		return 0;
	}
	return 0;
}

static const struct description *find(const char *argument, unsigned allowed, const char **value)
{
	size_t length;

	if (strncmp(argument, "--", 2))
		return NULL;
	argument += 2;
	length = strcspn(argument, "=");
	*value = argument[length] ? argument + length + 1 : NULL;
	for (size_t i = 0; i < DESCRIPTIONS; i++) {
		const struct description *d = &descriptions[i];

		if ((allowed & d->option) && strlen(d->name) == length &&
		    !strncmp(d->name, argument, length))
			return d;
	}
	return NULL;
}

int lg_options_read(struct lg_options *options, unsigned allowed, int count, char **arguments)
{
	for (int i = 0; i < count; i++) {
		const char *value;
		const struct description *d = find(arguments[i], allowed, &value);
		int code;

		if (!d)
			return usage_error("this command does not take '%s'%s", arguments[i], "");
		if (d->kind == FLAG && value)
			return usage_error("--%s takes no value ('%s')", d->name, value);
		if (d->kind != FLAG && !value) {
			if (i + 1 == count)
				return usage_error("--%s needs a value%s", d->name, "");
			value = arguments[++i];
		}
		code = set(options, d, value);
		if (code)
			return code;
	}
	return 0;
}

void lg_options_help(unsigned allowed)
{
	for (size_t i = 0; i < DESCRIPTIONS; i++) {
		if (allowed & descriptions[i].option)
			printf("  --%-10s %s\n", descriptions[i].name, descriptions[i].help);
	}
}

static int pin(const struct lg_options *options, unsigned index)
{
	cpu_set_t set;
	int cpu;

	if (!options->cpu_count)
		return 0;
	cpu = options->cpus[index % (unsigned)options->cpu_count];
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (!sched_setaffinity(0, sizeof(set), &set))
		return 0;
	fprintf(stderr, "latgate-load: cannot run on CPU %d: %s\n", cpu, strerror(errno));
	return LG_LOAD_UNAVAILABLE;
}

int lg_options_place(const struct lg_options *options, unsigned index)
{
	struct sched_param fifo = {.sched_priority = (int)options->fifo};
	int code = pin(options, index);

	if (code || !options->fifo || !sched_setscheduler(0, SCHED_FIFO, &fifo))
		return code;
	fprintf(stderr, "latgate-load: cannot run by SCHED_FIFO with priority %d: %s\n",
		fifo.sched_priority, strerror(errno));
	return LG_LOAD_UNAVAILABLE;
}
