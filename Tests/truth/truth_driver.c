// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Drives the agent's engine on this kernel around one command and prints what
 * the probes saw, as tab-separated lines that ci/truth reads:
 *
 *   hook      PROBE HOOK RUNG PROGRAM WHY
 *   window    OPENED_NS CLOSED_NS DRAINED_NS
 *   hist      MAP KEY(u32 words, comma) LABEL COUNT SUM_NS MAX_NS LOWER_NS:COUNT,...
 *   counters  MAP NAME=VALUE ...
 *   program   PROBE PROGRAM RUNS NS            (with --stats)
 *   command   EXIT_STATUS
 *   held      PID                              (with --hold)
 *
 * truth_driver [--preroll-ms N] [--drain-ms N] [--stats] [--hold] [--btf FILE] PROBE=OBJECT,MAP:COUNTERS[:NAMES],... -- COMMAND ...
 *
 * The command runs in a session of its own, which is the scope "workload", and
 * starts only after the window is open. With --hold its process id is printed,
 * and nothing continues until a line arrives on stdin: time to start another tool.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../Sources/Device/latgate-agent/engine/engine.h"

enum { MAX_METRICS = 16 };

struct probe_arg {
	const char *name;
	const char *path;
	size_t metrics;
	struct lg_metric_def metric[MAX_METRICS];
};

static const char *metric_maps[256];
static size_t metric_maps_used;

static void die(const char *what, const struct lg_error *err)
{
	if (err && err->code)
		fprintf(stderr, "truth_driver: %s: %s\n%s\n", what, err->text, err->log);
	else
		fprintf(stderr, "truth_driver: %s\n", what);
	exit(2);
}

static void nap(unsigned int ms)
{
	struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000L};

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/* PROBE=OBJECT,MAP:COUNTERS[:NAMES],... ; the text is cut up in place. */
static void parse_probe(char *text, struct probe_arg *out)
{
	char *save, *part = strchr(text, '=');

	if (!part)
		die("a probe is written NAME=OBJECT,MAP:COUNTERS[:NAMES],...", NULL);
	*part++ = 0;
	out->name = text;
	out->path = strtok_r(part, ",", &save);
	while ((part = strtok_r(NULL, ",", &save))) {
		char *index = strchr(part, ':');
		char *names = index ? strchr(index + 1, ':') : NULL;

		if (!index || out->metrics == MAX_METRICS || metric_maps_used == 256)
			die("a metric is written MAP:COUNTERS[:NAMES], at most 16 of a probe",
			    NULL);
		*index++ = 0;
		if (names)
			*names++ = 0;
		out->metric[out->metrics++] = (struct lg_metric_def){
			.id = metric_maps_used,
			.map = part,
			.counters_index = strtoul(index, NULL, 10),
			.names_map = names,
		};
		metric_maps[metric_maps_used++] = part;
	}
	if (!out->path || !out->metrics)
		die("a probe needs an object and at least one metric", NULL);
}

static void *read_object(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	struct stat st;
	void *data;

	if (!file || fstat(fileno(file), &st))
		die(path, NULL);
	*size = st.st_size;
	data = malloc(*size);
	if (!data || fread(data, 1, *size, file) != *size)
		die(path, NULL);
	fclose(file);
	return data;
}

static void print_hook(void *arg, const struct lg_hook_report *report)
{
	printf("hook\t%s\t%s\t%s\t%s\t%s\n", (const char *)arg, report->hook, report->rung,
	       report->program ? report->program : "", report->why ? report->why : "");
}

static lg_u64 bucket_lower_ns(lg_u32 index)
{
	lg_u32 shift = index < 32 ? 0 : (index >> LG_HIST_SUB_BITS) - 1;

	return (lg_u64)(index - (shift << LG_HIST_SUB_BITS)) << shift;
}

static int print_histogram(void *arg, lg_u32 metric_id, const void *key, size_t key_size,
			   const char *label_name, const struct lg_hist_sum *hist)
{
	const char *comma = "";

	(void)arg;
	printf("hist\t%s\t", metric_maps[metric_id]);
	for (size_t i = 0; i + 4 <= key_size; i += 4) {
		lg_u32 word;

		memcpy(&word, (const char *)key + i, 4);
		printf("%s%u", i ? "," : "", word);
	}
	printf("\t%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t", label_name ? label_name : "",
	       hist->count, hist->sum, hist->max);
	for (lg_u32 i = 0; i < LG_HIST_BUCKETS; i++) {
		if (!hist->buckets[i])
			continue;
		printf("%s%" PRIu64 ":%" PRIu64, comma, bucket_lower_ns(i), hist->buckets[i]);
		comma = ",";
	}
	printf("\n");
	return 0;
}

static int print_counters(void *arg, lg_u32 metric_id, const struct lg_counters *c, lg_u64 censored,
			  lg_u64 age)
{
	(void)arg;
	printf("counters\t%s\tstarted=%" PRIu64 " recorded=%" PRIu64 " overwritten=%" PRIu64
	       " cancelled=%" PRIu64 " before_window=%" PRIu64 " after_window=%" PRIu64
	       " no_start=%" PRIu64 " stale=%" PRIu64 " null_storage=%" PRIu64 " map_full=%" PRIu64
	       " clamped=%" PRIu64 " excluded=%" PRIu64 " negative=%" PRIu64 " censored=%" PRIu64
	       " censored_age=%" PRIu64 "\n",
	       metric_maps[metric_id], c->started, c->recorded, c->overwritten, c->cancelled,
	       c->before_window, c->after_window, c->no_start, c->stale, c->null_storage,
	       c->map_full, c->clamped, c->excluded, c->negative, censored, age);
	return 0;
}

static void print_program(void *arg, const char *probe, const char *program, lg_u64 runs, lg_u64 ns,
			  lg_u64 misses)
{
	(void)arg;
	(void)misses;
	printf("program\t%s\t%s\t%" PRIu64 "\t%" PRIu64 "\n", probe, program, runs, ns);
}

/* A child in its own session that waits for a byte before it becomes the command. */
static pid_t start_held(char **argv, int *release_fd)
{
	int gate[2];
	pid_t pid;
	char byte;

	if (pipe(gate))
		die("pipe", NULL);
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork", NULL);
	if (!pid) {
		close(gate[1]);
		setsid();
		dup2(STDERR_FILENO, STDOUT_FILENO);
		if (read(gate[0], &byte, 1) != 1)
			_exit(126);
		close(gate[0]);
		execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	close(gate[0]);
	*release_fd = gate[1];
	return pid;
}

int main(int argc, char **argv)
{
	static struct probe_arg probes[16];
	unsigned int preroll_ms = 200, drain_ms = 500, waited = 0;
	struct lg_reader reader = {.histogram = print_histogram, .counters = print_counters};
	struct lg_error err = {0};
	struct lg_engine *engine;
	lg_u64 opened, closed, drained;
	bool stats = false, hold = false;
	const char *btf = NULL;
	size_t used = 0;
	int i, status, release;
	pid_t child;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (!strcmp(argv[i], "--stats"))
			stats = true;
		else if (!strcmp(argv[i], "--hold"))
			hold = true;
		else if (!strcmp(argv[i], "--btf") && i + 1 < argc)
			btf = argv[++i];
		else if (!strcmp(argv[i], "--preroll-ms") && i + 1 < argc)
			preroll_ms = atoi(argv[++i]);
		else if (!strcmp(argv[i], "--drain-ms") && i + 1 < argc)
			drain_ms = atoi(argv[++i]);
		else if (used < 16)
			parse_probe(argv[i], &probes[used++]);
	}
	if (!used || i + 1 >= argc)
		die("usage: truth_driver [options] PROBE=OBJECT,MAP:COUNTERS[:NAMES] ... -- "
		    "COMMAND ...",
		    NULL);
	argv += i + 1;

	if (lg_engine_new(&engine, &err))
		die("engine", &err);
	for (size_t p = 0; p < used; p++) {
		size_t size;
		void *object = read_object(probes[p].path, &size);

		if (lg_engine_load(engine, probes[p].name, object, size, probes[p].metric,
				   probes[p].metrics, btf, print_hook, (void *)probes[p].name,
				   &err))
			die(probes[p].name, &err);
		free(object);
	}
	if (lg_engine_attach(engine, &err))
		die("attach", &err);
	if (stats && lg_engine_stats_enable(engine, true, &err))
		die("bpf_stats", &err);

	child = start_held(argv, &release);
	if (hold) {
		printf("held\t%d\n", child);
		fflush(stdout);
		while ((i = getchar()) != '\n' && i != EOF)
			;
	}
	lg_engine_scope(engine, child);
	if (lg_engine_arm(engine, 1, &err))
		die("arm", &err);
	nap(preroll_ms);
	opened = lg_engine_open(engine);
	if (write(release, "", 1) != 1)
		die("the command did not start", NULL);
	if (waitpid(child, &status, 0) != child)
		die("waitpid", NULL);
	closed = lg_engine_drain(engine);
	for (waited = 0; waited < drain_ms && lg_engine_in_flight(engine); waited += 10)
		nap(10);
	drained = lg_engine_close(engine);

	printf("window\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\n", opened, closed, drained);
	if (lg_engine_read(engine, &reader, &err))
		die("read", &err);
	if (stats) {
		lg_engine_stats(engine, print_program, NULL);
		lg_engine_stats_enable(engine, false, &err);
	}
	printf("command\t%d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	lg_engine_free(engine);
	return 0;
}
