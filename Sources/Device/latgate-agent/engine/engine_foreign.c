/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Objects that were written for other tools: loaded and attached as those do it,
 * and their maps handed out as they are. They know no window.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "engine_internal.h"
#include "map_bytes.h"

struct lg_foreign {
	struct lg_foreign *next;
	char *name;
	struct bpf_object *object;
	struct bpf_program **programs;
	struct bpf_link **links; /* NULL = not attached */
	size_t count;
};

static void free_foreign(struct lg_foreign *foreign)
{
	for (size_t i = 0; i < foreign->count && foreign->links; i++)
		bpf_link__destroy(foreign->links[i]);
	bpf_object__close(foreign->object);
	free(foreign->programs);
	free(foreign->links);
	free(foreign->name);
	free(foreign);
}

static struct lg_foreign **place_of(struct lg_engine *engine, const char *name)
{
	struct lg_foreign **at = &engine->foreign;

	while (*at && strcmp((*at)->name, name))
		at = &(*at)->next;
	return at;
}

static bool is_readable(enum bpf_map_type type)
{
	return lg_map_is_per_cpu(type) || type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_HASH ||
	       type == BPF_MAP_TYPE_LRU_HASH;
}

/* Bytes of a value on all CPUs. */
static size_t size_of_value(const struct bpf_map *map, int possible_cpus)
{
	size_t size = bpf_map__value_size(map);

	return lg_map_is_per_cpu(bpf_map__type(map))
		       ? ((size + 7) & ~(size_t)7) * (size_t)possible_cpus
		       : size;
}

/* What the other tool gives maps that its object leaves open, such as one for each thread. */
static void size_maps(const struct lg_foreign *foreign, int possible_cpus)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, foreign->object)
	{
		size_t size = size_of_value(map, possible_cpus) + bpf_map__key_size(map);
		size_t most = LG_MAP_BYTES_MAX / (size ? size : 1);

		if (!is_readable(bpf_map__type(map)) || bpf_map__max_entries(map))
			continue;
		if (most > LG_ENTRIES_MAX)
			most = LG_ENTRIES_MAX;
		bpf_map__set_max_entries(map, most ? (lg_u32)most : 1);
	}
}

/* Those of the list alone are loaded. */
static int choose(struct lg_foreign *foreign, const char *const *names, size_t count,
		  lg_hook_fn hook_fn, void *arg, struct lg_error *err)
{
	struct bpf_program *program;

	foreign->programs = calloc(count, sizeof(*foreign->programs));
	foreign->links = calloc(count, sizeof(*foreign->links));
	if (!foreign->programs || !foreign->links)
		return lg_fail(err, LG_ERR_INTERNAL, "out of memory");
	bpf_object__for_each_program(program, foreign->object)
		bpf_program__set_autoload(program, false);
	for (size_t i = 0; i < count; i++) {
		struct lg_hook_report report = {.hook = names[i], .program = names[i], .why = ""};

		program = bpf_object__find_program_by_name(foreign->object, names[i]);
		if (!program)
			return lg_fail(err, LG_ERR_OBJECT, "probe %s has no program %.100s",
				       foreign->name, names[i]);
		if (bpf_program__autoload(program))
			return lg_fail(err, LG_ERR_OBJECT,
				       "probe %s: program %.100s is asked for twice, and would "
				       "count twice",
				       foreign->name, names[i]);
		bpf_program__set_autoload(program, true);
		foreign->programs[foreign->count++] = program;
		report.rung = bpf_program__section_name(program);
		hook_fn(arg, &report);
	}
	return 0;
}

static int load(struct lg_foreign *foreign, const void *object, size_t size,
		const struct lg_foreign_def *def, int possible_cpus, char *log, size_t log_size,
		lg_hook_fn hook_fn, void *arg, struct lg_error *err)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "latgate",
		    .btf_custom_path = def->btf_path, .kernel_log_buf = log,
		    .kernel_log_size = (lg_u32)log_size);
	int rc;

	if (!lg_trial_parse(object, size))
		return lg_fail(err, LG_ERR_OBJECT,
			       "probe %s: the object is damaged: parsing it crashes",
			       foreign->name);
	lg_warnings_clear();
	foreign->object = bpf_object__open_mem(object, size, &opts);
	if (!foreign->object) {
		rc = errno;
		lg_log_tail(err, lg_warnings());
		return lg_fail(err, LG_ERR_OBJECT, "probe %s: %zu bytes are no BPF object: %s",
			       foreign->name, size, strerror(rc));
	}
	lg_object_unpin(foreign->object);
	size_maps(foreign, possible_cpus);
	if (choose(foreign, def->programs, def->program_count, hook_fn, arg, err))
		return -1;
	lg_warnings_clear();
	rc = bpf_object__load(foreign->object);
	return rc ? lg_load_failed(foreign->name, -rc, log, err) : 0;
}

int lg_engine_load_foreign(struct lg_engine *engine, const char *name, const void *object,
			   size_t size, const struct lg_foreign_def *def, lg_hook_fn hook_fn,
			   void *arg, struct lg_error *err)
{
	enum { LOG_SIZE = 8 << 20 };
	struct lg_foreign *foreign;
	char *log;
	int rc = -1;

	err->log[0] = 0;
	/* Its programs say themselves where they are. */
	lg_engine_place(engine, NULL, 0);
	if (engine->state != LG_WINDOW_CLOSED)
		return lg_fail(err, LG_ERR_STATE, "close the window before loading %s", name);
	if (lg_is_loaded(engine, name) || *place_of(engine, name))
		return lg_fail(err, LG_ERR_STATE, "probe %s is loaded already", name);
	if (lg_engine_canary(engine, err))
		return -1;
	foreign = calloc(1, sizeof(*foreign));
	log = calloc(1, LOG_SIZE);
	if (foreign && log && (foreign->name = strdup(name)))
		rc = load(foreign, object, size, def, engine->possible_cpus, log, LOG_SIZE, hook_fn,
			  arg, err);
	else
		lg_fail(err, LG_ERR_INTERNAL, "out of memory");
	free(log);
	if (rc) {
		if (foreign)
			free_foreign(foreign);
		return -1;
	}
	*place_of(engine, name) = foreign;
	return 0;
}

int lg_foreign_attach(struct lg_engine *engine, struct lg_error *err)
{
	for (struct lg_foreign *foreign = engine->foreign; foreign; foreign = foreign->next) {
		for (size_t i = 0; i < foreign->count; i++) {
			int rc;

			if (foreign->links[i])
				continue;
			lg_warnings_clear();
			foreign->links[i] = bpf_program__attach(foreign->programs[i]);
			if (foreign->links[i])
				continue;
			rc = errno;
			lg_log_tail(err, lg_warnings());
			return lg_fail(err, lg_code_of(rc, LG_ERR_UNSUPPORTED),
				       "probe %s: cannot attach %s to %s: %s", foreign->name,
				       bpf_program__name(foreign->programs[i]),
				       bpf_program__section_name(foreign->programs[i]),
				       strerror(rc));
		}
	}
	return 0;
}

void lg_foreign_detach(struct lg_engine *engine)
{
	for (struct lg_foreign *foreign = engine->foreign; foreign; foreign = foreign->next) {
		for (size_t i = 0; i < foreign->count; i++) {
			bpf_link__destroy(foreign->links[i]);
			foreign->links[i] = NULL;
		}
	}
}

int lg_foreign_unload(struct lg_engine *engine, const char *name)
{
	struct lg_foreign **at = place_of(engine, name), *foreign = *at;

	if (!foreign)
		return -1;
	*at = foreign->next;
	free_foreign(foreign);
	return 0;
}

void lg_foreign_free(struct lg_engine *engine)
{
	while (engine->foreign) {
		struct lg_foreign *next = engine->foreign->next;

		free_foreign(engine->foreign);
		engine->foreign = next;
	}
}

/*
 * An entry that goes away between its key and its value is left out. Where the key of the last one
 * went away, the kernel begins again: entries come twice then.
 */
static int read_entries(const struct bpf_map *map, void *key, void *next, void *value, size_t size,
			lg_entry_fn fn, void *arg, struct lg_error *err)
{
	const size_t key_size = bpf_map__key_size(map);
	const int fd = bpf_map__fd(map);
	bool first = true;

	for (size_t i = 0, bytes = 0;; i++, bytes += key_size + size) {
		int rc;

		if (bpf_map_get_next_key(fd, first ? NULL : key, next)) {
			if (errno == ENOENT)
				return 0;
			return lg_fail(err, LG_ERR_INTERNAL, "map %.100s cannot be read: %s",
				       bpf_map__name(map), strerror(errno));
		}
		if (i == LG_ENTRIES_MAX || bytes + key_size + size > LG_MAP_BYTES_MAX)
			return lg_fail(err, LG_ERR_UNSUPPORTED,
				       "map %.100s has more than %d entries or %d MiB, or changes "
				       "faster than it can be read: ask the object for fewer keys",
				       bpf_map__name(map), LG_ENTRIES_MAX, LG_MAP_BYTES_MAX >> 20);
		memcpy(key, next, key_size);
		first = false;
		if (bpf_map_lookup_elem(fd, key, value))
			continue;
		rc = fn(arg, key, key_size, value, size);
		if (rc)
			return rc;
	}
}

int lg_engine_read_map(struct lg_engine *engine, const char *probe, const char *name,
		       lg_entry_fn fn, void *arg, struct lg_error *err)
{
	const struct lg_foreign *foreign = *place_of(engine, probe);
	const struct bpf_map *map =
		foreign ? bpf_object__find_map_by_name(foreign->object, name) : NULL;
	void *key, *next, *value;
	size_t key_size, size;
	int rc = -1;

	if (!map || bpf_map__fd(map) < 0 || !is_readable(bpf_map__type(map)))
		return lg_fail(err, LG_ERR_OBJECT, "probe %s has no map %.100s to be read", probe,
			       name);
	key_size = bpf_map__key_size(map);
	size = size_of_value(map, engine->possible_cpus);
	if (size > LG_VALUE_MAX)
		return lg_fail(
			err, LG_ERR_UNSUPPORTED,
			"values of map %.100s have %zu bytes on all CPUs, and %d can be read", name,
			size, LG_VALUE_MAX);
	key = malloc(key_size);
	next = malloc(key_size);
	value = malloc(size);
	if (key && next && value)
		rc = read_entries(map, key, next, value, size, fn, arg, err);
	else
		lg_fail(err, LG_ERR_INTERNAL, "out of memory");
	free(key);
	free(next);
	free(value);
	return rc;
}
