/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What an opened object has, before it reaches the kernel. */
#include <stdio.h>
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
		{LG_VAR_EPOCH, sizeof(lg_u32), &bss->epoch},
	};

	for (size_t i = 0; i < probe->map_count; i++) {
		if (lg_name_ends(probe->maps[i].name, ".bss"))
			bss->map = &probe->maps[i];
	}
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		long offset =
			lg_variable(probe->object, ".bss", variables[i].name, variables[i].size);

		if (!bss->map || offset < 0 || (size_t)offset % variables[i].size ||
		    (size_t)offset + variables[i].size > bss->map->value_size)
			return lg_fail(err, LG_ERR_OBJECT,
				       "probe %s: no variable %s of %zu bytes in .bss: build it "
				       "with this release's bpf/include",
				       probe->name, variables[i].name, variables[i].size);
		*variables[i].offset = (size_t)offset;
	}
	return 0;
}

static void describe(struct lg_map *out, const struct bpf_map *map)
{
	snprintf(out->name, sizeof(out->name), "%s", bpf_map__name(map));
	out->fd = -1;
	out->type = bpf_map__type(map);
	out->key_size = bpf_map__key_size(map);
	out->value_size = bpf_map__value_size(map);
	out->max_entries = bpf_map__max_entries(map);
	out->flags = bpf_map__map_flags(map);
}

void lg_object_unpin(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) bpf_map__set_pin_path(map, NULL);
}

int lg_object_maps(struct lg_probe *probe, struct lg_error *err)
{
	const struct bpf_map *map;
	size_t count = 0;

	lg_object_unpin(probe->object);
	bpf_object__for_each_map(map, probe->object) count++;
	probe->maps = calloc(count ? count : 1, sizeof(*probe->maps));
	if (!probe->maps)
		return lg_fail(err, LG_ERR_INTERNAL, "out of memory");
	bpf_object__for_each_map(map, probe->object)
	{
		if (strlen(bpf_map__name(map)) >= sizeof(probe->maps->name))
			return lg_fail(err, LG_ERR_OBJECT,
				       "probe %s: the name of map %s is longer than %zu",
				       probe->name, bpf_map__name(map),
				       sizeof(probe->maps->name) - 1);
		describe(&probe->maps[probe->map_count++], map);
	}
	return bind_bss(probe, err);
}

void lg_object_adopt(struct lg_probe *probe)
{
	for (size_t i = 0; i < probe->map_count; i++) {
		struct lg_map *own = &probe->maps[i];
		const struct bpf_map *map = bpf_object__find_map_by_name(probe->object, own->name);

		/* A map that is not used was not made: no loop over the maps may touch it. */
		if (map && bpf_map__autocreate(map))
			own->fd = bpf_map__fd(map);
		else
			own->type = BPF_MAP_TYPE_UNSPEC;
	}
	for (size_t i = 0; i < probe->program_count; i++)
		probe->programs[i].fd = bpf_program__fd(probe->programs[i].program);
}
