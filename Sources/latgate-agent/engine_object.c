/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Fitting an opened object to what the host says of it, before it reaches the kernel. */
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "engine_internal.h"

long lg_variable(const struct bpf_object *object, const char *section, const char *name,
		 size_t size)
{
	const struct btf *btf = bpf_object__btf(object);
	const struct btf_var_secinfo *at;
	const struct btf_type *type;
	int id = btf ? btf__find_by_name_kind(btf, section, BTF_KIND_DATASEC) : -1;

	if (id < 0)
		return -1;
	type = btf__type_by_id(btf, id);
	at = btf_var_secinfos(type);
	for (int i = 0; i < btf_vlen(type); i++, at++) {
		const struct btf_type *variable = btf__type_by_id(btf, at->type);
		const char *text = variable ? btf__name_by_offset(btf, variable->name_off) : NULL;

		if (text && !strcmp(text, name))
			return at->size == size ? (long)at->offset : -1;
	}
	return -1;
}

static int bind_bss(struct lg_probe *probe, struct lg_error *err)
{
	struct lg_bss *bss = &probe->bss;
	const struct {
		const char *name;
		size_t size;
		size_t *offset;
	} variables[] = {
		{LG_VAR_WINDOW, sizeof(lg_u32), &bss->window},
		{LG_VAR_OPENED, sizeof(lg_u64), &bss->opened},
		{LG_VAR_SESSION, sizeof(lg_u32), &bss->session},
		{LG_VAR_SELF, sizeof(lg_u32), &bss->self},
	};
	struct bpf_map *map;

	bpf_object__for_each_map(map, probe->object)
	{
		const char *name = bpf_map__name(map);
		size_t len = strlen(name);

		if (bpf_map__is_internal(map) && len >= 4 && !strcmp(name + len - 4, ".bss"))
			bss->map = map;
	}
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		long offset =
			lg_variable(probe->object, ".bss", variables[i].name, variables[i].size);

		if (!bss->map || offset < 0 || (size_t)offset % variables[i].size ||
		    (size_t)offset + variables[i].size > bpf_map__value_size(bss->map))
			return lg_fail(err, LG_ERR_OBJECT,
				       "probe %s: no variable %s of %zu bytes in .bss: build it "
				       "with this release's bpf/include",
				       probe->name, variables[i].name, variables[i].size);
		*variables[i].offset = (size_t)offset;
	}
	return 0;
}

static bool is_histogram_map(const struct bpf_map *map)
{
	enum bpf_map_type type = bpf_map__type(map);
	size_t size = bpf_map__value_size(map);

	return (type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH) && size &&
	       size % sizeof(struct lg_hist) == 0 && bpf_map__key_size(map) <= LG_MAX_KEY;
}

static int bind_metric(struct lg_probe *probe, struct lg_metric *metric,
		       const struct lg_metric_def *def, struct lg_error *err)
{
	metric->id = def->id;
	metric->counters_index = def->counters_index;
	metric->map = bpf_object__find_map_by_name(probe->object, def->map);
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
	if (def->counters_index >= bpf_map__max_entries(probe->counters))
		return lg_fail(err, LG_ERR_OBJECT,
			       "probe %s: metric %u uses counters %u, the object has %u",
			       probe->name, def->id, def->counters_index,
			       bpf_map__max_entries(probe->counters));
	if (!def->names_map || !def->names_map[0])
		return 0;
	metric->names = bpf_object__find_map_by_name(probe->object, def->names_map);
	if (!metric->names || bpf_map__type(metric->names) != BPF_MAP_TYPE_HASH ||
	    bpf_map__key_size(metric->names) != bpf_map__key_size(metric->map) ||
	    bpf_map__value_size(metric->names) != LG_NAME_LEN)
		return lg_fail(err, LG_ERR_OBJECT,
			       "probe %s: %s is no map from the key of %s to a name of %d bytes",
			       probe->name, def->names_map, def->map, LG_NAME_LEN);
	return 0;
}

/* Stamps are emptied key by key, so their keys must fit as well. */
static int check_stamps(const struct lg_probe *probe, struct lg_error *err)
{
	const struct bpf_map *map;

	bpf_object__for_each_map(map, probe->object)
	{
		if (!strncmp(bpf_map__name(map), "s_", 2) && bpf_map__key_size(map) > LG_MAX_KEY)
			return lg_fail(err, LG_ERR_OBJECT,
				       "probe %s: the key of map %s is longer than %d bytes",
				       probe->name, bpf_map__name(map), LG_MAX_KEY);
		if (!strncmp(bpf_map__name(map), "h_", 2) && !is_histogram_map(map))
			return lg_fail(err, LG_ERR_OBJECT,
				       "probe %s: map %s is named like a histogram but is none",
				       probe->name, bpf_map__name(map));
	}
	return 0;
}

int lg_probe_bind(struct lg_probe *probe, const struct lg_metric_def *metrics, size_t count,
		  struct lg_error *err)
{
	probe->counters = bpf_object__find_map_by_name(probe->object, LG_MAP_COUNTERS);
	if (!probe->counters || bpf_map__type(probe->counters) != BPF_MAP_TYPE_PERCPU_ARRAY ||
	    bpf_map__key_size(probe->counters) != sizeof(lg_u32) ||
	    !bpf_map__value_size(probe->counters) ||
	    bpf_map__value_size(probe->counters) % sizeof(struct lg_counters))
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
	if (check_stamps(probe, err))
		return -1;
	return bind_bss(probe, err);
}
