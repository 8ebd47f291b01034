/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Loading and unloading of probes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "engine_internal.h"
#include "kernel_types.h"

/* Room for any log: kernels before 6.4 fail the load when it does not fit. Touched only if used. */
enum { LOG_SIZE = 8 << 20 };

/* The ladder of the running kernel, with the BTF of the request where one is given. */
static int open_ladder(struct lg_ladder **ladder, const struct bpf_object *object,
		       const char *btf_path, struct lg_error *err)
{
	char why[LG_LADDER_WHY] = "";
	bool own = !access(LG_KERNEL_TYPES "/vmlinux", R_OK);
	struct btf *types = own && !btf_path ? lg_types_cut(LG_KERNEL_TYPES, object) : NULL;
	struct lg_ladder_sources sources = {
		.btf_path = btf_path ? btf_path
			    : own    ? LG_KERNEL_TYPES "/vmlinux"
				     : NULL,
		.module_btf_dir = own && !btf_path ? LG_KERNEL_TYPES : NULL,
		.btf_in_kernel = own ? LG_YES : LG_NO,
		.tracefs = lg_tracefs_path(),
		.kallsyms = "/proc/kallsyms",
		.kprobes = lg_kprobes_known(),
		.uprobes = lg_uprobes_known(),
		.types = types,
	};

	if (lg_ladder_open(ladder, &sources, why, sizeof(why))) {
		btf__free(types);
		return lg_fail(err, LG_ERR_OBJECT, "%.400s", why);
	}
	return 0;
}

/* The kernel's own error number, which the C library does not know. */
enum { KERNEL_ENOTSUPP = 524 };

int lg_load_failed(const char *probe, int errno_value, const char *log, struct lg_error *err)
{
	/* After the verifier: some JITs lack instructions, and where the interpreter is built out
	 * nothing is left to run the program. */
	if (errno_value == KERNEL_ENOTSUPP) {
		lg_log_tail(err, lg_warnings());
		return lg_fail(err, LG_ERR_UNSUPPORTED,
			       "probe %s: the kernel's BPF JIT cannot translate a program, and the "
			       "kernel has no interpreter (CONFIG_BPF_JIT_ALWAYS_ON)",
			       probe);
	}
	if (errno_value == EPERM || errno_value == EACCES) {
		/* The verifier, too, answers EACCES; it always says why. */
		if (!log[0])
			return lg_fail(err, LG_ERR_REFUSED,
				       "probe %s: the kernel refused bpf(): %s: run the agent as "
				       "root, or see the SELinux denials",
				       probe, strerror(errno_value));
	}
	if (log[0]) {
		lg_log_tail(err, log);
		return lg_fail(err, LG_ERR_VERIFIER,
			       "probe %s: the kernel's verifier rejected a program: %s", probe,
			       strerror(errno_value));
	}
	lg_log_tail(err, lg_warnings());
	return lg_fail(err, errno_value == ENOMEM ? LG_ERR_INTERNAL : LG_ERR_OBJECT,
		       "probe %s: cannot load its object: %s", probe, strerror(errno_value));
}

/* libbpf's initial value serves where .bss cannot be mapped. */
static int take_over(struct lg_probe *probe, struct lg_error *err)
{
	struct bpf_map *bss = bpf_object__find_map_by_name(probe->object, probe->bss.map->name);
	size_t size = 0;
	const void *initial = bss ? bpf_map__initial_value(bss, &size) : NULL;

	lg_object_adopt(probe);
	if (lg_bss_map(probe, size == probe->bss.map->value_size ? initial : NULL, err))
		return -1;
	lg_bss_store_u32(&probe->bss, probe->bss.self, (lg_u32)getpid());
	return 0;
}

static int open_and_load(const struct lg_engine *engine, struct lg_probe *probe, const void *object,
			 size_t size, char *log, const struct lg_metric_def *metrics,
			 size_t metric_count, const char *btf_path, lg_hook_fn hook_fn, void *arg,
			 struct lg_error *err)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "latgate",
		    .btf_custom_path = btf_path, .kernel_log_buf = log,
		    .kernel_log_size = LOG_SIZE);
	struct lg_ladder *ladder = NULL;
	int rc;

	if (!lg_trial_parse(object, size))
		return lg_fail(err, LG_ERR_OBJECT,
			       "probe %s: the object is damaged: parsing it crashes", probe->name);
	lg_warnings_clear();
	probe->object = bpf_object__open_mem(object, size, &opts);
	if (!probe->object) {
		rc = errno;
		lg_log_tail(err, lg_warnings());
		return lg_fail(err, LG_ERR_OBJECT, "probe %s: %zu bytes are no BPF object: %s",
			       probe->name, size, strerror(rc));
	}
	if (lg_object_maps(probe, err) || lg_probe_bind(probe, metrics, metric_count, err) ||
	    open_ladder(&ladder, probe->object, btf_path, err))
		return -1;
	if (lg_probe_choose(probe, ladder, &engine->scope, hook_fn, arg, err) ||
	    lg_uprobes_find(probe, engine->sites, engine->site_count, err)) {
		lg_ladder_free(ladder);
		return -1;
	}
	lg_types_lend(lg_ladder_take_types(ladder));
	lg_ladder_free(ladder);
	lg_warnings_clear();
	rc = bpf_object__load(probe->object);
	lg_types_lend_end();
	if (rc)
		return lg_load_failed(probe->name, -rc, log, err);
	return take_over(probe, err);
}

void lg_engine_restrict(struct lg_engine *engine, const struct lg_scope *scope)
{
	engine->scope = scope ? *scope : (struct lg_scope){0};
}

void lg_engine_place(struct lg_engine *engine, const struct lg_sites *sites, size_t count)
{
	engine->sites = sites;
	engine->site_count = count;
}

bool lg_is_loaded(const struct lg_engine *engine, const char *name)
{
	for (const struct lg_probe *probe = engine->probes; probe; probe = probe->next) {
		if (!strcmp(probe->name, name))
			return true;
	}
	return false;
}

void lg_probe_add(struct lg_engine *engine, struct lg_probe *probe)
{
	struct lg_probe **end = &engine->probes;

	while (*end)
		end = &(*end)->next;
	*end = probe;
}

/* An object closes its own descriptors; those of pins are ours. */
void lg_probe_free(struct lg_probe *probe)
{
	for (size_t i = 0; i < probe->program_count; i++) {
		struct lg_attached *attached = &probe->programs[i];

		lg_detach(attached);
		if (!probe->object && attached->fd >= 0)
			close(attached->fd);
		lg_places_free(attached->places);
		free(attached->name);
		free(attached->section);
	}
	if (probe->bss.bytes)
		lg_bss_free(&probe->bss);
	for (size_t i = 0; i < probe->map_count && !probe->object; i++) {
		if (probe->maps[i].fd >= 0)
			close(probe->maps[i].fd);
	}
	bpf_object__close(probe->object);
	if (probe->lock >= 0)
		close(probe->lock);
	free(probe->maps);
	free(probe->metrics);
	free(probe->programs);
	free(probe->name);
	free(probe);
}

static int load(struct lg_engine *engine, const char *name, const void *object, size_t size,
		const struct lg_metric_def *metrics, size_t metric_count, const char *btf_path,
		lg_hook_fn hook_fn, void *arg, struct lg_error *err)
{
	struct lg_probe *probe;
	char *log;
	int rc = -1;

	err->log[0] = 0;
	if (engine->state != LG_WINDOW_CLOSED)
		return lg_fail(err, LG_ERR_STATE, "close the window before loading %s", name);
	if (lg_is_loaded(engine, name))
		return lg_fail(err, LG_ERR_STATE, "probe %s is loaded already", name);
	if (lg_engine_canary(engine, err))
		return -1;
	probe = calloc(1, sizeof(*probe));
	log = calloc(1, LOG_SIZE);
	if (probe)
		probe->lock = -1;
	if (probe && log && (probe->name = strdup(name))) {
		rc = open_and_load(engine, probe, object, size, log, metrics, metric_count,
				   btf_path && btf_path[0] ? btf_path : NULL, hook_fn, arg, err);
	} else {
		lg_fail(err, LG_ERR_INTERNAL, "out of memory");
	}
	free(log);
	if (rc) {
		if (probe)
			lg_probe_free(probe);
		return -1;
	}
	lg_probe_add(engine, probe);
	return 0;
}

int lg_engine_load(struct lg_engine *engine, const char *name, const void *object, size_t size,
		   const struct lg_metric_def *metrics, size_t metric_count, const char *btf_path,
		   lg_hook_fn hook_fn, void *arg, struct lg_error *err)
{
	int rc = load(engine, name, object, size, metrics, metric_count, btf_path, hook_fn, arg,
		      err);

	/* They are the request's, and end with it. */
	lg_engine_place(engine, NULL, 0);
	return rc;
}

int lg_engine_unload(struct lg_engine *engine, const char *name)
{
	for (struct lg_probe **at = &engine->probes; *at; at = &(*at)->next) {
		struct lg_probe *probe = *at;

		if (strcmp(probe->name, name))
			continue;
		*at = probe->next;
		lg_probe_free(probe);
		return 0;
	}
	return lg_foreign_unload(engine, name);
}
