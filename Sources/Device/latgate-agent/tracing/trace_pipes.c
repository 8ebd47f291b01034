/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "trace_pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "tracefs.h"

enum { NICE = 10, CAPACITY_UNKNOWN = 1024 };
#define LOOK_NS (100 * LG_NS_PER_MS)

struct pipe {
	lg_u32 cpu;
	int fd;
	lg_u64 lost_before;
	size_t size; /* bytes of the CPU's buffer */
};

struct lg_pipes {
	const char *root;
	struct lg_merge *merge;
	struct pipe *all;
	size_t count;
	unsigned char *page;
	size_t page_size;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t woken;
	bool running, stop;
};

/* A number of per_cpu/cpuN/stats, such as "overrun: 0"; 0 where there is no such line. */
static lg_u64 number_of(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, length) && line[length] == ':')
			return strtoull(line + length + 1, NULL, 10);
	}
	return 0;
}

struct fill {
	lg_u64 lost, bytes;
};

static struct fill fill_of(const char *root, lg_u32 cpu)
{
	char file[64], text[512];

	snprintf(file, sizeof(file), "per_cpu/cpu%u/stats", cpu);
	if (lg_tracefs_read(root, file, text, sizeof(text)) < 0)
		return (struct fill){0};
	return (struct fill){
		.lost = number_of(text, "overrun") + number_of(text, "commit overrun") +
			number_of(text, "dropped events"),
		.bytes = number_of(text, "bytes"),
	};
}

static int open_pipe(struct lg_pipes *pipes, lg_u32 cpu)
{
	struct pipe *pipe = &pipes->all[pipes->count];
	char file[64], text[64] = "";
	int fd;

	snprintf(file, sizeof(file), "per_cpu/cpu%u/trace_pipe_raw", cpu);
	fd = lg_tracefs_open(pipes->root, file, O_RDONLY | O_NONBLOCK);
	/* A CPU that never came up has no directory. */
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	snprintf(file, sizeof(file), "per_cpu/cpu%u/buffer_size_kb", cpu);
	lg_tracefs_line(pipes->root, file, text, sizeof(text));
	*pipe = (struct pipe){.cpu = cpu,
			      .fd = fd,
			      .lost_before = fill_of(pipes->root, cpu).lost,
			      .size = strtoul(text, NULL, 10) << 10};
	pipes->count++;
	return 0;
}

int lg_pipes_open(struct lg_pipes **out, const char *root, const struct lg_page_layout *layout,
		  struct lg_merge *merge)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	struct lg_pipes *pipes = calloc(1, sizeof(*pipes));
	pthread_condattr_t monotonic;
	int rc = 0;

	if (!pipes || cpus <= 0)
		goto no_memory;
	pipes->root = root;
	pipes->merge = merge;
	pipes->page_size = layout->data_offset + layout->data_size;
	pipes->page = malloc(pipes->page_size);
	pipes->all = calloc((size_t)cpus, sizeof(*pipes->all));
	if (!pipes->page || !pipes->all)
		goto no_memory;
	pthread_mutex_init(&pipes->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&pipes->woken, &monotonic);
	pthread_condattr_destroy(&monotonic);
	for (lg_u32 cpu = 0; cpu < (lg_u32)cpus && !rc; cpu++)
		rc = open_pipe(pipes, cpu);
	if (!rc && !pipes->count)
		rc = -ENOENT;
	if (rc) {
		lg_pipes_close(pipes);
		return rc;
	}
	*out = pipes;
	return 0;

no_memory:
	if (pipes) {
		free(pipes->page);
		free(pipes->all);
	}
	free(pipes);
	return -ENOMEM;
}

/* True when a read gave all there was. */
static bool empty_one(struct lg_pipes *pipes, const struct pipe *pipe)
{
	for (;;) {
		ssize_t n = read(pipe->fd, pipes->page, pipes->page_size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 || errno == EAGAIN;
		if (lg_merge_page(pipes->merge, pipe->cpu, pipes->page, (size_t)n) == -ENOMEM)
			return false;
	}
}

bool lg_pipes_empty(struct lg_pipes *pipes)
{
	bool all = true;

	for (size_t i = 0; i < pipes->count; i++)
		all = empty_one(pipes, &pipes->all[i]) && all;
	return all;
}

lg_u64 lg_pipes_lost(const struct lg_pipes *pipes)
{
	lg_u64 lost = 0;

	for (size_t i = 0; i < pipes->count; i++) {
		const struct pipe *pipe = &pipes->all[i];
		lg_u64 now = fill_of(pipes->root, pipe->cpu).lost;

		if (now > pipe->lost_before)
			lost += now - pipe->lost_before;
	}
	return lost;
}

static unsigned long capacity_of(lg_u32 cpu)
{
	char file[48], text[32];

	snprintf(file, sizeof(file), "cpu%u/cpu_capacity", cpu);
	if (lg_tracefs_line("/sys/devices/system/cpu", file, text, sizeof(text)))
		return CAPACITY_UNKNOWN;
	return strtoul(text, NULL, 10);
}

/* Beside the measured work: on the slowest CPUs, where a device has slow and fast ones. */
static void step_aside(const struct lg_pipes *pipes)
{
	unsigned long slowest = ~0ul;
	cpu_set_t set;

	CPU_ZERO(&set);
	for (size_t i = 0; i < pipes->count; i++) {
		unsigned long capacity = capacity_of(pipes->all[i].cpu);

		if (pipes->all[i].cpu >= CPU_SETSIZE || capacity > slowest)
			continue;
		if (capacity < slowest)
			CPU_ZERO(&set);
		slowest = capacity;
		CPU_SET(pipes->all[i].cpu, &set);
	}
	/* May be refused, by a cpuset say; then it stays where it is. */
	sched_setaffinity(0, sizeof(set), &set);
	setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
}

static void look(struct lg_pipes *pipes)
{
	for (size_t i = 0; i < pipes->count; i++) {
		const struct pipe *pipe = &pipes->all[i];

		if (fill_of(pipes->root, pipe->cpu).bytes > pipe->size / 4)
			empty_one(pipes, pipe);
	}
}

static void *watch(void *arg)
{
	struct lg_pipes *pipes = arg;

	step_aside(pipes);
	pthread_mutex_lock(&pipes->lock);
	while (!pipes->stop) {
		struct timespec until = lg_timespec(lg_monotonic_ns() + LOOK_NS);

		if (pthread_cond_timedwait(&pipes->woken, &pipes->lock, &until) == ETIMEDOUT)
			look(pipes);
	}
	pthread_mutex_unlock(&pipes->lock);
	return NULL;
}

int lg_pipes_start(struct lg_pipes *pipes)
{
	pipes->stop = false;
	/* Signals are blocked in the agent already, and so in its threads. */
	if (pthread_create(&pipes->thread, NULL, watch, pipes))
		return -EAGAIN;
	pipes->running = true;
	return 0;
}

void lg_pipes_stop(struct lg_pipes *pipes)
{
	if (!pipes->running)
		return;
	pthread_mutex_lock(&pipes->lock);
	pipes->stop = true;
	pthread_cond_signal(&pipes->woken);
	pthread_mutex_unlock(&pipes->lock);
	pthread_join(pipes->thread, NULL);
	pipes->running = false;
}

void lg_pipes_close(struct lg_pipes *pipes)
{
	if (!pipes)
		return;
	lg_pipes_stop(pipes);
	for (size_t i = 0; i < pipes->count; i++)
		close(pipes->all[i].fd);
	pthread_cond_destroy(&pipes->woken);
	pthread_mutex_destroy(&pipes->lock);
	free(pipes->all);
	free(pipes->page);
	free(pipes);
}
