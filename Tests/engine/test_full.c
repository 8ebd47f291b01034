/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Maps of stamps without room: each metric that loses by it counts that, once. */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "engine_internal.h"
#include "harness.h"

enum { ACTS = 8 };

struct probe {
	const char *name, *stamps;
	struct lg_metric_def metrics[2]; /* 0 and 1, as their counters */
	size_t count;
	bool (*act)(void);
};

struct seen {
	lg_u64 full[2], counted;
};

static int see_histogram(void *arg, lg_u32 id, const void *key, size_t key_size, const char *name,
			 const struct lg_hist_sum *hist)
{
	(void)arg, (void)id, (void)key, (void)key_size, (void)name, (void)hist;
	return 0;
}

static int see_count(void *arg, lg_u32 id, const void *key, size_t key_size, const char *name,
		     const struct lg_count *count)
{
	(void)id, (void)key, (void)key_size, (void)name;
	((struct seen *)arg)->counted += count->count;
	return 0;
}

static int see_rows(void *arg, lg_u32 id, const void *rows, size_t row_size, size_t count)
{
	(void)arg, (void)id, (void)rows, (void)row_size, (void)count;
	return 0;
}

static int see_counters(void *arg, lg_u32 id, const struct lg_counters *sum, lg_u64 censored,
			lg_u64 age)
{
	(void)censored, (void)age;
	((struct seen *)arg)->full[id] = sum->map_full;
	return 0;
}

/* Processes that live at once: where there is room for one, there is none for all. */
static bool fork_some(void)
{
	pid_t children[ACTS];

	for (int i = 0; i < ACTS; i++) {
		children[i] = fork();
		if (!children[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
	}
	for (int i = 0; i < ACTS; i++) {
		if (children[i] < 0)
			return false;
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
	}
	return true;
}

static bool connect_some(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), clients[ACTS];
	socklen_t size = sizeof(at);
	bool good = server >= 0 && !bind(server, (struct sockaddr *)&at, size) &&
		    !listen(server, ACTS) && !getsockname(server, (struct sockaddr *)&at, &size);

	for (int i = 0; i < ACTS; i++) {
		clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		good = good && !connect(clients[i], (struct sockaddr *)&at, size);
	}
	for (int i = 0; i < ACTS; i++)
		close(clients[i]);
	close(server);
	return good;
}

/* By a process of its own: the agent's operations are left out. */
static bool read_some(void)
{
	pid_t child = fork();
	char byte;
	int fd;

	if (!child) {
		fd = open("/bin/sh", O_RDONLY | O_CLOEXEC);
		_exit(pread(fd, &byte, 1, 0) != 1);
	}
	return child > 0 && waitpid(child, &fd, 0) == child && !fd;
}

/* No process, socket or thread has such a number. */
static void fill(const struct lg_engine *engine, const char *stamps)
{
	const struct lg_map *map = lg_find_map(engine->probes, stamps);
	void *value = map ? calloc(1, map->value_size) : NULL;

	for (lg_u32 i = 0; value && i < map->max_entries; i++) {
		lg_u64 key = 1u << 30 | i;

		if (bpf_map_update_elem(map->fd, &key, value, BPF_NOEXIST))
			break;
	}
	free(value);
}

/* False where this machine has nothing for the probe to see. */
static bool window(struct lg_engine *engine, const struct probe *probe, bool full,
		   struct seen *seen)
{
	const struct lg_reader reader = {.arg = seen,
					 .histogram = see_histogram,
					 .count = see_count,
					 .rows = see_rows,
					 .counters = see_counters};
	struct lg_error err = {0};
	bool acted;

	memset(seen, 0, sizeof(*seen));
	lg_engine_arm(engine, 1, &err);
	if (full)
		fill(engine, probe->stamps);
	lg_engine_open(engine);
	acted = probe->act();
	lg_engine_drain(engine);
	lg_engine_close(engine);
	check(!lg_engine_read(engine, &reader, &err), "it can be read", "%s", err.text);
	return acted;
}

static struct lg_engine *loaded(const struct probe *probe)
{
	struct lg_engine *engine = engine_or_exit();
	struct lg_error err = {0};
	size_t size;
	void *object = object_bytes(probe->name, &size);
	bool good = !lg_engine_load(engine, probe->name, object, size, probe->metrics, probe->count,
				    NULL, NULL, NULL, &err) &&
		    !lg_engine_attach(engine, &err);

	free(object);
	if (good)
		return engine;
	printf("# not on this kernel: %s\n", err.text);
	lg_engine_free(engine);
	return NULL;
}

static void test_two(const struct probe *probe)
{
	struct lg_engine *engine = loaded(probe);
	struct seen seen;

	printf("# full, %s\n", probe->name);
	if (engine && window(engine, probe, true, &seen))
		check(seen.full[0] && seen.full[0] == seen.full[1],
		      "starts without room are losses of both metrics", "%llu and %llu",
		      (unsigned long long)seen.full[0], (unsigned long long)seen.full[1]);
	lg_engine_free(engine);
}

static void test_reads(const struct probe *probe)
{
	struct lg_engine *engine = loaded(probe);
	struct seen seen;

	printf("# full, %s\n", probe->name);
	/* Not every file system reads by the page cache's own function. */
	if (engine && window(engine, probe, false, &seen) && seen.counted) {
		window(engine, probe, true, &seen);
		check(seen.full[0], "a read without room is a loss", "%llu",
		      (unsigned long long)seen.full[0]);
	}
	lg_engine_free(engine);
}

void test_full(void)
{
	static const struct probe process = {
		.name = "process",
		.stamps = "s_process",
		.metrics = {{.id = 0, .map = "h_process_exec"},
			    {.id = 1, .map = "h_process_life", .counters_index = 1}},
		.count = 2,
		.act = fork_some};
	static const struct probe tcplife = {
		.name = "tcplife",
		.stamps = "s_tcplife",
		.metrics = {{.id = 0, .map = "e_tcplife_connection", .kind = LG_KIND_EVENTS},
			    {.id = 1, .map = "h_tcplife_time", .counters_index = 1}},
		.count = 2,
		.act = connect_some};
	static const struct probe cachestat = {
		.name = "cachestat",
		.stamps = "s_cachestat",
		.metrics = {{.id = 0, .map = "c_cachestat_read", .kind = LG_KIND_COUNTER}},
		.count = 1,
		.act = read_some};

	test_two(&process);
	test_two(&tcplife);
	test_reads(&cachestat);
}
