/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Fitting a probe's maps, loaded or pinned, to what the host says of its metrics. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "engine_internal.h"

const struct lg_map *lg_find_map(const struct lg_probe *probe, const char *name)
{
	for (size_t i = 0; i < probe->map_count; i++) {
		if (!strcmp(probe->maps[i].name, name))
			return &probe->maps[i];
	}
	return NULL;
}

bool lg_name_ends(const char *name, const char *end)
{
	size_t length = strlen(name), tail = strlen(end);

	return length >= tail && !strcmp(name + length - tail, end);
}

/* What a kind's maps look like, and how they are named. */
static const struct kind {
	const char *prefix, *noun, *macros;
	size_t size; /* bytes that a value is made of */
	bool hashes; /* as well as arrays */
} kinds[LG_KINDS] = {
	[LG_KIND_HISTOGRAM] = {"h_", "histogram", "LG_HIST_ARRAY or LG_HIST_LABELS",
			       sizeof(struct lg_hist), true},
	[LG_KIND_COUNTER] = {"c_", "count", "LG_COUNT_ARRAY or LG_COUNT_LABELS",
			     sizeof(struct lg_count), true},
	[LG_KIND_EVENTS] = {"e_", "row", "LG_ROW_ARRAY", sizeof(lg_u64), false},
	[LG_KIND_STACKS] = {"k_", "stack", "LG_COUNT_LABELS", sizeof(struct lg_count), true},
};

static bool is_map_of(const struct kind *kind, const struct lg_map *map)
{
	if (map->type != BPF_MAP_TYPE_PERCPU_ARRAY &&
	    (!kind->hashes || map->type != BPF_MAP_TYPE_PERCPU_HASH))
		return false;
	return map->value_size && map->value_size % kind->size == 0 && map->key_size <= LG_MAX_KEY;
}

static bool has_prefix(const struct lg_map *map, const struct kind *kind)
{
	return !strncmp(map->name, kind->prefix, strlen(kind->prefix));
}

/* Where small numbers have an array of their own (LG_HIST_LOW), it has the map's name and more. */
static int bind_low(const struct lg_probe *probe, struct lg_metric *metric, struct lg_error *err)
{
	char name[sizeof(metric->map->name) + 8];

	snprintf(name, sizeof(name), "%s" LG_MAP_LOW, metric->map->name);
	metric->low = lg_find_map(probe, name);
	if (metric->low && (metric->low->type != BPF_MAP_TYPE_PERCPU_ARRAY ||
			    metric->map->key_size != sizeof(lg_u32) ||
			    metric->low->value_size != metric->map->value_size))
		return lg_fail(err, LG_ERR_OBJECT,
			       "probe %s: map %s is no array beside %s: build it with this "
			       "release's bpf/include",
			       probe->name, name, metric->map->name);
	return 0;
}

static int bind_metric(struct lg_probe *probe, struct lg_metric *metric,
		       const struct lg_metric_def *def, struct lg_error *err)
{
	const struct kind *kind;

	if (def->kind >= LG_KINDS)
		return lg_fail(err, LG_ERR_PROTOCOL, "probe %s: metric %u is of no known kind",
			       probe->name, def->id);
	kind = &kinds[def->kind];
	metric->id = def->id;
	metric->kind = def->kind;
	metric->counters_index = def->counters_index;
	metric->map = lg_find_map(probe, def->map);
	if (!metric->map)
		return lg_fail(err, LG_ERR_OBJECT,
			       "probe %s: no map %s for metric %u in the object: compare the "
			       "manifest's `map`",
			       probe->name, def->map, def->id);
	if (!has_prefix(metric->map, kind) || !is_map_of(kind, metric->map))
		return lg_fail(err, LG_ERR_OBJECT,
			       "probe %s: map %s is no %s map: declare it with %s as %s<name>",
			       probe->name, def->map, kind->noun, kind->macros, kind->prefix);
	if (def->kind == LG_KIND_EVENTS &&
	    (!probe->rows || metric->map->key_size != sizeof(lg_u32) ||
	     metric->map->value_size > LG_ROW_MAX || metric->map->max_entries > LG_ROWS_MAX ||
	     def->counters_index >= probe->rows->max_entries))
		return lg_fail(err, LG_ERR_OBJECT,
			       "probe %s: the rows of map %s are of another layout: build it with "
			       "this release's bpf/include and LG_ROWS",
			       probe->name, def->map);
	if (def->counters_index >= probe->counters->max_entries)
		return lg_fail(err, LG_ERR_OBJECT,
			       "probe %s: metric %u uses counters %u, the object has %u",
			       probe->name, def->id, def->counters_index,
			       probe->counters->max_entries);
	if (def->kind == LG_KIND_STACKS && lg_traces_bind(probe, metric, err))
		return -1;
	if (bind_low(probe, metric, err))
		return -1;
	if (!def->names_map || !def->names_map[0])
		return 0;
	metric->names = lg_find_map(probe, def->names_map);
	if (!metric->names || metric->names->type != BPF_MAP_TYPE_HASH ||
	    metric->names->key_size != metric->map->key_size ||
	    metric->names->value_size != LG_NAME_LEN)
		return lg_fail(err, LG_ERR_OBJECT,
			       "probe %s: %s is no map from the key of %s to a name of %d bytes",
			       probe->name, def->names_map, def->map, LG_NAME_LEN);
	return 0;
}

/* Stamps are emptied key by key, so their keys must fit as well. */
static int check_stamps(const struct lg_probe *probe, struct lg_error *err)
{
	for (size_t i = 0; i < probe->map_count; i++) {
		const struct lg_map *map = &probe->maps[i];

		if (!strncmp(map->name, "s_", 2) && map->key_size > LG_MAX_KEY)
			return lg_fail(err, LG_ERR_OBJECT,
				       "probe %s: the key of map %s is longer than %d bytes",
				       probe->name, map->name, LG_MAX_KEY);
		for (size_t kind = 0; kind < LG_KINDS; kind++) {
			if (has_prefix(map, &kinds[kind]) && !is_map_of(&kinds[kind], map))
				return lg_fail(err, LG_ERR_OBJECT,
					       "probe %s: map %s is named like a %s map but is "
					       "none",
					       probe->name, map->name, kinds[kind].noun);
		}
	}
	return 0;
}

int lg_probe_bind(struct lg_probe *probe, const struct lg_metric_def *metrics, size_t count,
		  struct lg_error *err)
{
	probe->counters = lg_find_map(probe, LG_MAP_COUNTERS);
	if (!probe->counters || probe->counters->type != BPF_MAP_TYPE_PERCPU_ARRAY ||
	    probe->counters->key_size != sizeof(lg_u32) || !probe->counters->value_size ||
	    probe->counters->value_size % sizeof(struct lg_counters))
		return lg_fail(err, LG_ERR_OBJECT,
			       "probe %s: no map " LG_MAP_COUNTERS " of this release's layout: "
			       "build it with this release's bpf/include",
			       probe->name);
	probe->rows = lg_find_map(probe, LG_MAP_ROWS);
	if (probe->rows &&
	    (probe->rows->type != BPF_MAP_TYPE_PERCPU_ARRAY ||
	     probe->rows->key_size != sizeof(lg_u32) || probe->rows->value_size != sizeof(lg_u64)))
		return lg_fail(err, LG_ERR_OBJECT,
			       "probe %s: its map " LG_MAP_ROWS " is of another layout: build it "
			       "with this release's bpf/include",
			       probe->name);
	probe->metrics = calloc(count ? count : 1, sizeof(*probe->metrics));
	if (!probe->metrics)
		return lg_fail(err, LG_ERR_INTERNAL, "out of memory");
	probe->metric_count = count;
	for (size_t i = 0; i < count; i++) {
		if (bind_metric(probe, &probe->metrics[i], &metrics[i], err))
			return -1;
	}
	return check_stamps(probe, err);
}
