/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness.h"

static int passed, failed;

void report(bool ok, const char *name, const char *detail_format, ...)
{
	va_list args;

	if (ok)
		passed++;
	else
		failed++;
	printf("%sok %d - %s\n", ok ? "" : "not ", passed + failed, name);
	if (!ok) {
		printf("# ");
		va_start(args, detail_format);
		vprintf(detail_format, args);
		va_end(args);
		printf("\n");
	}
	fflush(stdout);
}

int checks_failed(void)
{
	return failed;
}

int checks_passed(void)
{
	return passed;
}

static void give_up(const char *what, const char *detail)
{
	printf("Bail out! %s: %s\n", what, detail);
	exit(2);
}

void *object_bytes(const char *name, size_t *size)
{
	const char *dir = getenv("LG_TEST_OBJECTS");
	char path[4096];
	FILE *file;
	void *bytes;
	long end;

	snprintf(path, sizeof(path), "%s/%s.o", dir ? dir : ".", name);
	file = fopen(path, "rb");
	if (!file)
		give_up("cannot open", path);
	fseek(file, 0, SEEK_END);
	end = ftell(file);
	rewind(file);
	bytes = malloc((size_t)end);
	if (!bytes || fread(bytes, 1, (size_t)end, file) != (size_t)end)
		give_up("cannot read", path);
	fclose(file);
	*size = (size_t)end;
	return bytes;
}

struct lg_engine *engine_or_exit(void)
{
	struct lg_engine *engine = NULL;
	struct lg_error err = {0};

	if (lg_engine_new(&engine, &err))
		give_up("engine", err.text);
	return engine;
}

static void note_hook(void *arg, const struct lg_hook_report *report)
{
	struct hooks *hooks = arg;
	size_t used = strlen(hooks->text);

	snprintf(hooks->text + used, sizeof(hooks->text) - used, "%s=%s(%s) ", report->hook,
		 report->rung, report->why);
}

int load(struct lg_engine *engine, const char *name, const char *map, const char *names_map,
	 lg_u32 id, struct hooks *hooks, struct lg_error *err)
{
	struct lg_metric_def metric = {.id = id, .map = map, .names_map = names_map};
	struct hooks unused = {""};
	size_t size;
	void *bytes = object_bytes(name, &size);
	int rc;

	memset(err, 0, sizeof(*err));
	rc = lg_engine_load(engine, name, bytes, size, &metric, 1, NULL, note_hook,
			    hooks ? hooks : &unused, err);
	/* The object was copied where needed: nothing may refer to these bytes. */
	memset(bytes, 0xa5, size);
	free(bytes);
	return rc;
}

struct lg_engine *engine_with(const char *name, const char *map, const char *names_map)
{
	struct lg_engine *engine = engine_or_exit();
	struct lg_error err;

	if (load(engine, name, map, names_map, 1, NULL, &err) || lg_engine_attach(engine, &err)) {
		printf("# %s\n# %s\n", err.text, err.log);
		give_up("load", name);
	}
	return engine;
}

struct wanted {
	lg_u32 id;
	struct result *out;
};

static int keep_histogram(void *arg, lg_u32 id, const void *key, size_t key_size, const char *name,
			  const struct lg_hist_sum *hist)
{
	struct wanted *wanted = arg;
	struct result *out = wanted->out;

	if (id != wanted->id)
		return 0;
	if (key_size != sizeof(lg_u32) || out->keys == MAX_KEYS)
		return -1;
	memcpy(&out->key[out->keys], key, key_size);
	snprintf(out->name[out->keys], LG_NAME_LEN, "%s", name ? name : "");
	out->hist[out->keys++] = *hist;
	return 0;
}

static int keep_counters(void *arg, lg_u32 id, const struct lg_counters *sum, lg_u64 censored,
			 lg_u64 censored_age_ns)
{
	struct wanted *wanted = arg;

	if (id != wanted->id)
		return 0;
	wanted->out->counters = *sum;
	wanted->out->censored = censored;
	wanted->out->censored_age_ns = censored_age_ns;
	return 0;
}

int try_read(struct lg_engine *engine, lg_u32 id, struct result *out, struct lg_error *err)
{
	struct wanted wanted = {id, out};
	const struct lg_reader reader = {
		.arg = &wanted, .histogram = keep_histogram, .counters = keep_counters};

	memset(out, 0, sizeof(*out));
	memset(err, 0, sizeof(*err));
	return lg_engine_read(engine, &reader, err);
}

void read_result(struct lg_engine *engine, lg_u32 id, struct result *out)
{
	struct lg_error err;

	if (try_read(engine, id, out, &err))
		give_up("read", err.text);
}

bool balanced(const struct result *result)
{
	const struct lg_counters *c = &result->counters;
	lg_u64 in_keys = 0;

	for (size_t i = 0; i < result->keys; i++) {
		lg_u64 in_buckets = 0;

		for (int bucket = 0; bucket < LG_HIST_BUCKETS; bucket++)
			in_buckets += result->hist[i].buckets[bucket];
		if (in_buckets != result->hist[i].count)
			return false;
		in_keys += in_buckets;
	}
	return in_keys == c->recorded &&
	       c->started == c->recorded + c->overwritten + c->cancelled + result->censored;
}

lg_u64 count_of(const struct result *result, lg_u32 key)
{
	for (size_t i = 0; i < result->keys; i++) {
		if (result->key[i] == key)
			return result->hist[i].count;
	}
	return 0;
}

lg_u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (lg_u64)now.tv_sec * 1000000000ULL + (lg_u64)now.tv_nsec;
}

void pass_ms(long ms)
{
	struct timespec span = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&span, NULL);
}
