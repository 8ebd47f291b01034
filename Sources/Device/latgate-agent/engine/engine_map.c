/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Fitting a probe's maps, loaded or pinned, to what the host says of its metrics. */
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

static bool is_histogram_map(const struct lg_map *map)
{
	return (map->type == BPF_MAP_TYPE_PERCPU_ARRAY || map->type == BPF_MAP_TYPE_PERCPU_HASH) &&
	       map->value_size && map->value_size % sizeof(struct lg_hist) == 0 &&
	       map->key_size <= LG_MAX_KEY;
}

static int bind_metric(struct lg_probe *probe, struct lg_metric *metric,
		       const struct lg_metric_def *def, struct lg_error *err)
{
	metric->id = def->id;
	metric->counters_index = def->counters_index;
	metric->map = lg_find_map(probe, def->map);
	if (!metric->map)
		return lg_fail(err, LG_ERR_OBJECT,
			       "probe %s: no map %s for metric %u in the object: compare the "
			       "manifest's `map`",
			       probe->name, def->map, def->id);
	if (strncmp(def->map, "h_", 2) || !is_histogram_map(metric->map))
		return lg_fail(err, LG_ERR_OBJECT,
			       "probe %s: map %s is no histogram map: declare it with "
			       "LG_HIST_ARRAY or LG_HIST_LABELS as h_<name>",
			       probe->name, def->map);
	if (def->counters_index >= probe->counters->max_entries)
		return lg_fail(err, LG_ERR_OBJECT,
			       "probe %s: metric %u uses counters %u, the object has %u",
			       probe->name, def->id, def->counters_index,
			       probe->counters->max_entries);
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
		if (!strncmp(map->name, "h_", 2) && !is_histogram_map(map))
			return lg_fail(err, LG_ERR_OBJECT,
				       "probe %s: map %s is named like a histogram but is none",
				       probe->name, map->name);
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
