/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Reading a closed window, and looking at an open one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "engine_internal.h"

struct reading {
	const struct lg_engine *engine;
	const struct lg_probe *probe;
	const struct lg_metric *metric;
	const struct lg_map *map; /* one of the metric's */
	const struct lg_reader *reader;
	struct lg_error *err;
	bool looks; /* programs go on: nothing has to balance */
	unsigned char *values; /* of one key, all CPUs */
	size_t stride; /* bytes of one CPU's value */
	struct lg_hist_sum *sum;
	lg_u64 total; /* counts of all keys */
};

/* Adds one slot; its own buckets must make up its count. */
static bool add_slot(struct lg_hist_sum *sum, const struct lg_hist *slot)
{
	lg_u64 in_buckets = 0;

	for (int i = 0; i < LG_HIST_BUCKETS; i++) {
		in_buckets += slot->buckets[i];
		sum->buckets[i] += slot->buckets[i];
	}
	/* Of a slot that is being written, the buckets are what is believed. */
	sum->count += in_buckets;
	sum->sum += slot->sum;
	if (slot->max > sum->max)
		sum->max = slot->max;
	return in_buckets == slot->count;
}

static void name_of(const struct reading *r, const void *key, char name[LG_NAME_LEN])
{
	if (!r->metric->names || bpf_map_lookup_elem(r->metric->names->fd, key, name))
		name[0] = 0;
	name[LG_NAME_LEN - 1] = 0;
}

static int read_histogram(struct reading *r, const void *key)
{
	const struct lg_metric *metric = r->metric;
	size_t levels = r->map->value_size / sizeof(struct lg_hist);
	char name[LG_NAME_LEN] = "";

	memset(r->sum, 0, sizeof(*r->sum));
	for (int cpu = 0; cpu < r->engine->possible_cpus; cpu++) {
		const unsigned char *value = r->values + (size_t)cpu * r->stride;

		for (size_t level = 0; level < levels; level++) {
			const struct lg_hist *slot =
				(const void *)(value + level * sizeof(struct lg_hist));

			if (!add_slot(r->sum, slot) && !r->looks)
				return lg_fail(r->err, LG_ERR_INCONSISTENT,
					       "probe %s, map %s, CPU %d: the buckets do not sum "
					       "up to the count of %llu",
					       r->probe->name, r->map->name, cpu,
					       (unsigned long long)slot->count);
		}
	}
	r->total += r->sum->count;
	if (!r->sum->count)
		return 0;
	name_of(r, key, name);
	if (r->reader->histogram(r->reader->arg, metric->id, key, metric->map->key_size,
				 name[0] ? name : NULL, r->sum))
		return lg_fail(r->err, LG_ERR_INTERNAL, "reading was stopped by its receiver");
	return 0;
}

static int read_count(struct reading *r, const void *key)
{
	const struct lg_metric *metric = r->metric;
	size_t levels = r->map->value_size / sizeof(struct lg_count);
	struct lg_count sum = {0};
	char name[LG_NAME_LEN] = "";

	for (int cpu = 0; cpu < r->engine->possible_cpus; cpu++) {
		const struct lg_count *slots = (const void *)(r->values + (size_t)cpu * r->stride);

		for (size_t level = 0; level < levels; level++) {
			sum.count += slots[level].count;
			sum.sum += slots[level].sum;
		}
	}
	r->total += sum.count;
	if (!sum.count)
		return 0;
	if (metric->kind == LG_KIND_STACKS) {
		if (lg_stack_read(metric, key, &sum, r->reader))
			return lg_fail(r->err, LG_ERR_INTERNAL,
				       "reading was stopped by its receiver");
		return 0;
	}
	name_of(r, key, name);
	if (r->reader->count(r->reader->arg, metric->id, key, metric->map->key_size,
			     name[0] ? name : NULL, &sum))
		return lg_fail(r->err, LG_ERR_INTERNAL, "reading was stopped by its receiver");
	return 0;
}

static int read_key(struct reading *r, const void *key)
{
	if (bpf_map_lookup_elem(r->map->fd, key, r->values))
		return lg_fail(r->err, LG_ERR_INTERNAL, "probe %s: cannot read map %s: %s",
			       r->probe->name, r->map->name, strerror(errno));
	return r->metric->kind == LG_KIND_HISTOGRAM ? read_histogram(r, key) : read_count(r, key);
}

/* A map that grows meanwhile may give a key again: no more of them than there is room for. */
static int read_keys(struct reading *r)
{
	const struct lg_map *map = r->map;
	unsigned char keys[2][LG_MAX_KEY];
	const void *previous = NULL;
	lg_u32 left = map->max_entries;

	for (int at = 0; left && !bpf_map_get_next_key(map->fd, previous, keys[at]); at = !at) {
		if (read_key(r, keys[at]))
			return -1;
		previous = keys[at];
		left--;
	}
	if (left && errno != ENOENT)
		return lg_fail(r->err, LG_ERR_INTERNAL, "probe %s: cannot list map %s: %s",
			       r->probe->name, map->name, strerror(errno));
	return 0;
}

/*
 * The age of an operation in flight is (close - open) - (start - open), and
 * the counters hold the sum of the latter.
 */
static int read_counters(struct reading *r)
{
	const struct lg_engine *engine = r->engine;
	struct lg_counters sum;
	long long censored;
	lg_u64 age = 0, end = r->looks ? lg_now_ns() : engine->closed_ns;
	bool balanced;
	int rc = lg_counters_sum(r->probe, r->metric->counters_index, engine->possible_cpus, &sum);

	if (rc)
		return lg_fail(r->err, LG_ERR_INTERNAL, "probe %s: cannot read its counters: %s",
			       r->probe->name, strerror(-rc));
	censored = lg_counters_in_flight(&sum);
	if (r->looks && censored < 0)
		censored = 0;
	/* Of events, those without room have no row. */
	balanced = r->metric->kind == LG_KIND_EVENTS ? r->total <= sum.recorded
						     : r->total == sum.recorded;
	if (!r->looks && (censored < 0 || !balanced))
		return lg_fail(
			r->err, LG_ERR_INCONSISTENT,
			"probe %s, metric %u: %llu started, %llu recorded, %llu overwritten, "
			"%llu cancelled, %llu in its maps do not balance",
			r->probe->name, r->metric->id, (unsigned long long)sum.started,
			(unsigned long long)sum.recorded, (unsigned long long)sum.overwritten,
			(unsigned long long)sum.cancelled, (unsigned long long)r->total);
	if (censored)
		age = (lg_u64)censored * (end - engine->opened_ns) -
		      (sum.start_offset_sum - sum.end_offset_sum);
	if (r->reader->counters(r->reader->arg, r->metric->id, &sum, (lg_u64)censored, age))
		return lg_fail(r->err, LG_ERR_INTERNAL, "reading was stopped by its receiver");
	return 0;
}

static int read_metric(struct reading *r)
{
	long rows;
	int rc;

	if (r->metric->kind == LG_KIND_EVENTS) {
		rows = lg_rows_read(r->probe, r->metric, r->engine->possible_cpus, r->reader,
				    r->err);
		r->total = (lg_u64)rows;
		return rows < 0 ? -1 : read_counters(r);
	}
	r->stride = ((size_t)r->metric->map->value_size + 7) / 8 * 8;
	r->total = 0;
	r->values = calloc(r->engine->possible_cpus, r->stride);
	if (!r->values)
		return lg_fail(r->err, LG_ERR_INTERNAL, "out of memory");
	r->map = r->metric->map;
	rc = read_keys(r);
	r->map = r->metric->low;
	if (!rc && r->map)
		rc = read_keys(r);
	if (!rc)
		rc = read_counters(r);
	free(r->values);
	return rc;
}

static int read_all(struct lg_engine *engine, const struct lg_reader *reader, bool looks,
		    struct lg_error *err)
{
	struct reading r = {.engine = engine, .reader = reader, .err = err, .looks = looks};
	int rc = 0;

	r.sum = malloc(sizeof(*r.sum));
	if (!r.sum)
		return lg_fail(err, LG_ERR_INTERNAL, "out of memory");
	for (r.probe = engine->probes; r.probe && !rc; r.probe = r.probe->next) {
		for (size_t i = 0; i < r.probe->metric_count && !rc; i++) {
			r.metric = &r.probe->metrics[i];
			rc = read_metric(&r);
		}
	}
	free(r.sum);
	return rc;
}

int lg_engine_read(struct lg_engine *engine, const struct lg_reader *reader, struct lg_error *err)
{
	if (engine->state != LG_WINDOW_CLOSED)
		return lg_fail(err, LG_ERR_STATE, "close the window before reading it");
	return read_all(engine, reader, false, err);
}

int lg_engine_look(struct lg_engine *engine, const struct lg_reader *reader, struct lg_error *err)
{
	if (engine->state != LG_WINDOW_OPEN)
		return lg_fail(err, LG_ERR_STATE, "no window is open");
	return read_all(engine, reader, true, err);
}
