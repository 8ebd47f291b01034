/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* From the ladder's decision to what libbpf is asked to load. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "engine_internal.h"

static int collect(const struct bpf_object *object, struct lg_candidate **out)
{
	struct lg_candidate *candidates;
	struct bpf_program *program;
	size_t count = 0;

	bpf_object__for_each_program(program, object) count++;
	candidates = calloc(count ? count : 1, sizeof(*candidates));
	if (!candidates)
		return -ENOMEM;
	count = 0;
	bpf_object__for_each_program(program, object)
	{
		candidates[count].program = bpf_program__name(program);
		candidates[count].section = bpf_program__section_name(program);
		count++;
	}
	*out = candidates;
	return (int)count;
}

/* The initial value of .rodata, to be written before load; NULL without one. */
static unsigned char *rodata(const struct bpf_object *object, size_t *size)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		const char *name = bpf_map__name(map);
		size_t len = strlen(name);

		if (bpf_map__is_internal(map) && len >= 7 && !strcmp(name + len - 7, ".rodata"))
			return (unsigned char *)bpf_map__initial_value(map, size);
	}
	return NULL;
}

/*
 * One kind of stamp map for all programs of the object: a stamp made by one
 * must be found by the other. The map that is not used is not created.
 */
static void use_task_storage(struct lg_probe *probe, unsigned char *data, size_t size, bool use)
{
	long offset = lg_variable(probe->object, ".rodata", "lg_task_storage", 1);
	struct bpf_map *map, *fallback;

	if (!data || offset < 0 || (size_t)offset >= size)
		use = false;
	else
		data[offset] = use;
	bpf_object__for_each_map(map, probe->object)
	{
		const char *name = bpf_map__name(map);
		size_t stem = strlen(name);
		char other[64];

		if (bpf_map__type(map) != BPF_MAP_TYPE_TASK_STORAGE)
			continue;
		if (!use) {
			bpf_map__set_autocreate(map, false);
			continue;
		}
		stem = stem > 5 && !strcmp(name + stem - 5, "_task") ? stem - 5 : stem;
		snprintf(other, sizeof(other), "%.*s_hash", (int)stem, name);
		fallback = bpf_object__find_map_by_name(probe->object, other);
		if (fallback)
			bpf_map__set_autocreate(fallback, false);
	}
}

/* Fills every rodata variable lg_args_<tracepoint>. */
static void set_args(const struct bpf_object *object, struct lg_ladder *ladder, unsigned char *data,
		     size_t size)
{
	static const char prefix[] = "lg_args_";
	const struct btf *btf = bpf_object__btf(object);
	int id = btf ? btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC) : -1;
	const struct btf_var_secinfo *at;
	const struct btf_type *type;

	if (id < 0 || !data)
		return;
	type = btf__type_by_id(btf, id);
	at = btf_var_secinfos(type);
	for (int i = 0; i < btf_vlen(type); i++, at++) {
		const struct btf_type *variable = btf__type_by_id(btf, at->type);
		const char *name = variable ? btf__name_by_offset(btf, variable->name_off) : NULL;
		lg_u32 args;

		if (!name || strncmp(name, prefix, sizeof(prefix) - 1) ||
		    at->size != sizeof(args) || at->offset > size ||
		    size - at->offset < sizeof(args))
			continue;
		args = lg_ladder_args(ladder, name + sizeof(prefix) - 1);
		memcpy(data + at->offset, &args, sizeof(args));
	}
}

/* An object measures either everyone or a scope, as it was built. */
static int set_scope(const struct lg_probe *probe, const struct lg_scope *scope,
		     unsigned char *data, size_t size, struct lg_error *err)
{
	long offset = lg_variable(probe->object, ".rodata", LG_VAR_SCOPE, sizeof(*scope));
	bool has_one = data && offset >= 0 && (size_t)offset < size &&
		       size - (size_t)offset >= sizeof(*scope);

	if (has_one && scope->kind)
		memcpy(data + offset, scope, sizeof(*scope));
	else if (has_one || scope->kind)
		return lg_fail(err, LG_ERR_OBJECT, "probe %s: its object was %sbuilt for a scope",
			       probe->name, has_one ? "" : "not ");
	return 0;
}

/* Every hook may be absent, but not all at once: the probe would show an empty histogram. */
static void none_fits(const struct lg_probe *probe, const struct lg_choice *choices, int hooks,
		      struct lg_error *err)
{
	char names[256];
	size_t used = 0;

	for (int i = 0; i < hooks && used < sizeof(names); i++)
		used += snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "",
				 choices[i].hook);
	lg_fail(err, LG_ERR_UNSUPPORTED, "probe %s: this kernel has none of its hooks (%s): %.200s",
		probe->name, names, choices[0].why);
}

static bool add_program(struct lg_probe *probe, struct bpf_program *program)
{
	struct lg_attached *attached = &probe->programs[probe->program_count++];

	attached->program = program;
	attached->fd = -1;
	attached->name = strdup(bpf_program__name(program));
	attached->section = strdup(bpf_program__section_name(program));
	return attached->name && attached->section;
}

/* Marks the chosen programs for load. False when a hook that is needed has none. */
static bool take(struct lg_probe *probe, const struct lg_candidate *candidates,
		 const struct lg_choice *choices, int hooks, struct lg_error *err)
{
	struct bpf_program *program;
	bool all = true;

	bpf_object__for_each_program(program, probe->object)
		bpf_program__set_autoload(program, false);
	for (int i = 0; i < hooks; i++) {
		if (choices[i].candidate < 0) {
			if (choices[i].optional || !all)
				continue;
			all = false;
			lg_fail(err, LG_ERR_UNSUPPORTED, "probe %s, hook %s: %.400s", probe->name,
				choices[i].hook, choices[i].why);
			continue;
		}
		program = bpf_object__find_program_by_name(
			probe->object, candidates[choices[i].candidate].program);
		bpf_program__set_autoload(program, true);
		if (!add_program(probe, program))
			return lg_fail(err, LG_ERR_INTERNAL, "out of memory") == 0;
	}
	if (all && !probe->program_count) {
		none_fits(probe, choices, hooks, err);
		return false;
	}
	return all;
}

static bool all_tp_btf(const struct lg_choice *choices, int hooks)
{
	for (int i = 0; i < hooks; i++) {
		if (choices[i].candidate >= 0 && strcmp(choices[i].rung, "tp_btf"))
			return false;
	}
	return true;
}

static int apply(struct lg_probe *probe, struct lg_ladder *ladder, const struct lg_scope *scope,
		 const struct lg_candidate *candidates, const struct lg_choice *choices, int hooks,
		 lg_hook_fn hook_fn, void *arg, struct lg_error *err)
{
	size_t size = 0;
	unsigned char *data;

	for (int i = 0; i < hooks && hook_fn; i++) {
		struct lg_hook_report report = {
			.hook = choices[i].hook,
			.rung = choices[i].rung,
			.program = choices[i].candidate < 0
					   ? ""
					   : candidates[choices[i].candidate].program,
			.why = choices[i].why,
		};

		hook_fn(arg, &report);
	}
	if (!take(probe, candidates, choices, hooks, err))
		return -1;
	data = rodata(probe->object, &size);
	if (set_scope(probe, scope, data, size, err))
		return -1;
	set_args(probe->object, ladder, data, size);
	use_task_storage(probe, data, size,
			 all_tp_btf(choices, hooks) && lg_ladder_task_storage(ladder));
	return 0;
}

int lg_probe_choose(struct lg_probe *probe, struct lg_ladder *ladder, const struct lg_scope *scope,
		    lg_hook_fn hook_fn, void *arg, struct lg_error *err)
{
	struct lg_choice *choices = calloc(LG_MAX_HOOKS, sizeof(*choices));
	struct lg_candidate *candidates = NULL;
	char why[LG_LADDER_WHY] = "";
	int count, hooks = -ENOMEM, rc = -1;

	probe->programs = calloc(LG_MAX_HOOKS, sizeof(*probe->programs));
	count = collect(probe->object, &candidates);
	if (choices && probe->programs && count >= 0)
		hooks = lg_ladder_choose(ladder, candidates, count, choices, LG_MAX_HOOKS, why,
					 sizeof(why));
	if (hooks == -ENOMEM)
		lg_fail(err, LG_ERR_INTERNAL, "out of memory");
	else if (hooks < 0)
		lg_fail(err, LG_ERR_OBJECT, "probe %s: %.400s", probe->name, why);
	else if (hooks == 0)
		lg_fail(err, LG_ERR_OBJECT, "probe %s: the object has no programs", probe->name);
	else
		rc = apply(probe, ladder, scope, candidates, choices, hooks, hook_fn, arg, err);
	free(candidates);
	free(choices);
	return rc;
}
