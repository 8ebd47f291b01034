/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * An engine without BPF for the agent's tests. It writes every call into
 * $LATGATE_FAKE_TRACE and misbehaves as $LATGATE_FAKE_FAULT says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent_protocol.h"
#include "engine.h"

struct lg_engine {
	FILE *trace;
	const char *fault;
	lg_u64 in_flight;
	char probe[64];
};

static void trace(struct lg_engine *engine, const char *line)
{
	if (engine->trace)
		fprintf(engine->trace, "%s\n", line);
}

static int failed(struct lg_engine *engine, const char *fault, lg_u32 code, const char *text,
		  struct lg_error *err)
{
	if (strcmp(engine->fault, fault))
		return 0;
	err->code = code;
	snprintf(err->text, sizeof(err->text), "%s", text);
	return -1;
}

static lg_u64 now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (lg_u64)time.tv_sec * 1000000000 + (lg_u64)time.tv_nsec;
}

int lg_engine_new(struct lg_engine **out, struct lg_error *err)
{
	struct lg_engine *engine = calloc(1, sizeof(*engine));
	const char *path = getenv("LATGATE_FAKE_TRACE");
	const char *fault = getenv("LATGATE_FAKE_FAULT");

	engine->fault = fault ? fault : "";
	if (failed(engine, "new", LG_ERR_REFUSED, "bpf() is not permitted", err)) {
		free(engine);
		return -1;
	}
	engine->trace = path ? fopen(path, "ae") : NULL;
	if (engine->trace)
		setvbuf(engine->trace, NULL, _IOLBF, 0);
	*out = engine;
	return 0;
}

void lg_engine_free(struct lg_engine *engine)
{
	trace(engine, "free");
	if (engine->trace)
		fclose(engine->trace);
	free(engine);
}

const char *lg_tracefs_path(void)
{
	return getenv("LATGATE_FAKE_TRACEFS");
}

int lg_engine_canary(struct lg_engine *engine, struct lg_error *err)
{
	trace(engine, "canary");
	return failed(engine, "canary", LG_ERR_REFUSED, "bpf() is not permitted", err);
}

void lg_engine_features(struct lg_engine *engine, void (*fn)(void *arg, const char *line),
			void *arg)
{
	(void)engine;
	fn(arg, "bpf=yes");
	fn(arg, "kprobe=no: not built in");
}

void lg_engine_restrict(struct lg_engine *engine, const struct lg_scope *scope)
{
	char line[256];

	snprintf(line, sizeof(line), "restrict kind %u pid %u comm %.16s", scope->kind, scope->pid,
		 (const char *)scope->comm);
	trace(engine, line);
}

void lg_engine_place(struct lg_engine *engine, const struct lg_sites *sites, size_t count)
{
	char line[256];

	if (!count)
		return;
	snprintf(line, sizeof(line),
		 "place %s of %s at %zu id %zu first 0x%llx %02x semaphore 0x%llx", sites[0].hook,
		 sites[0].path, sites[0].count, sites[0].id_size,
		 (unsigned long long)sites[0].sites[0].offset, sites[0].sites[0].code[0],
		 (unsigned long long)sites[0].sites[0].semaphore);
	trace(engine, line);
}

int lg_engine_load(struct lg_engine *engine, const char *probe, const void *object, size_t size,
		   const struct lg_metric_def *metrics, size_t metric_count, const char *btf_path,
		   lg_hook_fn hook_fn, void *arg, struct lg_error *err)
{
	struct lg_hook_report report = {"sched_switch", "raw_tp", "on_switch", "tp_btf: no BTF"};
	char line[256];

	snprintf(line, sizeof(line), "load %s size %zu last %u metrics %zu map %s index %u btf %s",
		 probe, size, ((const unsigned char *)object)[size - 1], metric_count,
		 metric_count ? metrics[0].map : "-", metric_count ? metrics[0].counters_index : 0,
		 btf_path ? btf_path : "-");
	trace(engine, line);
	hook_fn(arg, &report);
	if (failed(engine, "load", LG_ERR_VERIFIER, "program on_switch\nwas rejected", err)) {
		snprintf(err->log, sizeof(err->log), "R1 invalid mem access");
		return -1;
	}
	snprintf(engine->probe, sizeof(engine->probe), "%s", probe);
	return 0;
}

int lg_engine_load_foreign(struct lg_engine *engine, const char *probe, const void *object,
			   size_t size, const struct lg_foreign_def *def, lg_hook_fn hook_fn,
			   void *arg, struct lg_error *err)
{
	struct lg_hook_report report = {def->programs[0], "kprobe/f", def->programs[0], ""};
	char line[256];

	(void)object;
	snprintf(line, sizeof(line), "load_foreign %s size %zu programs %zu first %s btf %s", probe,
		 size, def->program_count, def->programs[0], def->btf_path ? def->btf_path : "-");
	trace(engine, line);
	hook_fn(arg, &report);
	return failed(engine, "load_foreign", LG_ERR_UNSUPPORTED, "no such place", err);
}

int lg_engine_read_map(struct lg_engine *engine, const char *probe, const char *map, lg_entry_fn fn,
		       void *arg, struct lg_error *err)
{
	char line[256];

	snprintf(line, sizeof(line), "read_map %s of %s", map, probe);
	trace(engine, line);
	if (failed(engine, "read_map", LG_ERR_OBJECT, "no such map", err))
		return -1;
	/* More than is gathered before it is sent. */
	for (lg_u32 i = 0; i < 3; i++) {
		static const unsigned char value[40 << 10] = {7};
		int rc = fn(arg, &i, sizeof(i), value, sizeof(value));

		if (rc)
			return rc;
	}
	return 0;
}

int lg_engine_load_pinned(struct lg_engine *engine, const char *probe, const char *directory,
			  const char *manifest_file, const struct lg_metric_def *metrics,
			  size_t metric_count, lg_hook_fn hook_fn, void *arg, struct lg_error *err)
{
	struct lg_hook_report report = {"sched_switch", "tp_btf", "on_switch", ""};
	char line[256];

	snprintf(line, sizeof(line), "load_pinned %s directory %s manifest %s metrics %zu map %s",
		 probe, directory ? directory : "-", manifest_file ? manifest_file : "-",
		 metric_count, metric_count ? metrics[0].map : "-");
	trace(engine, line);
	hook_fn(arg, &report);
	if (failed(engine, "load_pinned", LG_ERR_BUSY, "another agent uses the pins", err))
		return -1;
	snprintf(engine->probe, sizeof(engine->probe), "%s", probe);
	return 0;
}

const char *lg_engine_pins(void (*fn)(void *arg, const char *probe, const char *directory),
			   void *arg)
{
	(void)fn;
	(void)arg;
	return "nothing is pinned";
}

bool lg_engine_pinned_already(const char *root, const char *probe)
{
	(void)root;
	(void)probe;
	return false;
}

int lg_engine_pin(struct lg_engine *engine, const char *probe, const struct lg_pin_rules *rules,
		  const struct lg_hook_report *hooks, size_t hook_count, struct lg_error *err)
{
	(void)rules;
	(void)hooks;
	(void)hook_count;
	trace(engine, probe);
	return failed(engine, "pin", LG_ERR_INTERNAL, "cannot pin", err);
}

int lg_engine_unload(struct lg_engine *engine, const char *probe)
{
	if (strcmp(engine->probe, probe))
		return -1;
	engine->probe[0] = 0;
	trace(engine, "unload");
	return 0;
}

int lg_engine_attach(struct lg_engine *engine, struct lg_error *err)
{
	trace(engine, "attach");
	return failed(engine, "attach", LG_ERR_REFUSED, "EPERM", err);
}

void lg_engine_detach(struct lg_engine *engine)
{
	trace(engine, "detach");
}

void lg_engine_scope(struct lg_engine *engine, pid_t session)
{
	trace(engine, session ? "scope session" : "scope none");
	if (session && getenv("LATGATE_FAKE_SESSION_FILE")) {
		FILE *file = fopen(getenv("LATGATE_FAKE_SESSION_FILE"), "we");

		fprintf(file, "%d\n", (int)session);
		fclose(file);
	}
}

int lg_engine_arm(struct lg_engine *engine, lg_u32 phase, struct lg_error *err)
{
	char line[32];
	const char *in_flight = getenv("LATGATE_FAKE_IN_FLIGHT");

	snprintf(line, sizeof(line), "arm %u", phase);
	trace(engine, line);
	engine->in_flight = in_flight ? strtoull(in_flight, NULL, 10) : 0;
	return failed(engine, "arm", LG_ERR_STATE, "nothing is attached", err);
}

lg_u64 lg_engine_open(struct lg_engine *engine)
{
	trace(engine, "open");
	return now();
}

lg_u64 lg_engine_drain(struct lg_engine *engine)
{
	trace(engine, "drain");
	return now();
}

lg_u64 lg_engine_in_flight(struct lg_engine *engine)
{
	trace(engine, "in_flight");
	return engine->in_flight ? engine->in_flight-- : 0;
}

lg_u64 lg_engine_close(struct lg_engine *engine)
{
	trace(engine, "close");
	return now();
}

int lg_engine_read(struct lg_engine *engine, const struct lg_reader *reader, struct lg_error *err)
{
	static const unsigned char key[4] = {2, 0, 0, 0};
	struct lg_counters counters = {.started = 305, .recorded = 302, .negative = 9};
	struct lg_hist_sum hist = {.count = 302, .sum = 1000, .max = 4000};

	hist.buckets[3] = 1;
	hist.buckets[200] = 300;
	hist.buckets[527] = 1;
	trace(engine, "read");
	if (reader->histogram(reader->arg, 7, key, sizeof(key), "kernel", &hist) ||
	    reader->counters(reader->arg, 7, &counters, 3, 42))
		return -1;
	return failed(engine, "read", LG_ERR_INCONSISTENT, "metric 7: buckets do not sum up", err);
}

int lg_engine_look(struct lg_engine *engine, const struct lg_reader *reader, struct lg_error *err)
{
	static const unsigned char key[4] = {1, 0, 0, 0};
	static const lg_u64 rows[4] = {10, 11, 20, 21};
	/* Of a file with a build-id, and of none: see bpf_stack_build_id. */
	static const unsigned char user[2][32] = {{1,  0,  0,  0,  0xab, 1,    2,   3,	4,
						   5,  6,  7,  8,  9,	 10,   11,  12, 13,
						   14, 15, 16, 17, 18,	 0x1f, 0x40},
						  {2, [24] = 0x99}};
	static const lg_u64 kernel[1] = {0xffff000012345678};
	struct lg_count count = {5, 500};
	struct lg_stack stack = {key, sizeof(key), count, kernel, 1, user, 2, true};

	trace(engine, "look");
	if (reader->count(reader->arg, 8, key, sizeof(key), NULL, &count) ||
	    reader->rows(reader->arg, 9, rows, 16, 2) || reader->stack(reader->arg, 10, &stack))
		return -1;
	return failed(engine, "look", LG_ERR_INTERNAL, "nothing to look at", err);
}

int lg_engine_stats_enable(struct lg_engine *engine, bool enable, struct lg_error *err)
{
	trace(engine, enable ? "stats on" : "stats off");
	return failed(engine, "stats", LG_ERR_REFUSED, "no bpf_stats", err);
}

void lg_engine_stats(struct lg_engine *engine,
		     void (*fn)(void *arg, const char *probe, const char *program, lg_u64 runs,
				lg_u64 ns, lg_u64 recursion_misses),
		     void *arg)
{
	const char *ns = getenv("LATGATE_FAKE_RUN_NS");

	trace(engine, "stats");
	fn(arg, "runqueue", "on_switch", 5, ns ? strtoull(ns, NULL, 10) : 600, 7);
}

lg_u64 lg_engine_map_bytes(const struct lg_engine *engine)
{
	const char *bytes = getenv("LATGATE_FAKE_MAP_BYTES");

	(void)engine;
	return bytes ? strtoull(bytes, NULL, 10) : 8192;
}
