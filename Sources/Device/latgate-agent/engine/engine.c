/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The engine's life, and attaching. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <bpf/libbpf.h>

#include "engine_internal.h"

int lg_engine_new(struct lg_engine **out, struct lg_error *err)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	struct lg_engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return lg_fail(err, LG_ERR_INTERNAL, "out of memory");
	engine->canary = LG_UNKNOWN;
	engine->stats_fd = -1;
	lg_warnings_capture();
	engine->possible_cpus = libbpf_num_possible_cpus();
	if (engine->possible_cpus <= 0) {
		free(engine);
		return lg_fail(err, LG_ERR_INTERNAL,
			       "cannot read /sys/devices/system/cpu/possible");
	}
	/*
	 * Kernels before 5.11 charge maps to this limit. Raising it may be
	 * refused; then a load that needs more says so itself.
	 */
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	*out = engine;
	return 0;
}

void lg_engine_free(struct lg_engine *engine)
{
	struct lg_error ignored;

	if (!engine)
		return;
	lg_engine_stats_enable(engine, false, &ignored);
	while (engine->probes) {
		struct lg_probe *next = engine->probes->next;

		lg_probe_free(engine->probes);
		engine->probes = next;
	}
	lg_foreign_free(engine);
	free(engine);
}

int lg_engine_attach(struct lg_engine *engine, struct lg_error *err)
{
	err->log[0] = 0;
	if (engine->state != LG_WINDOW_CLOSED)
		return lg_fail(err, LG_ERR_STATE, "close the window before attaching");
	for (struct lg_probe *probe = engine->probes; probe; probe = probe->next) {
		for (size_t i = 0; i < probe->program_count; i++) {
			struct lg_attached *attached = &probe->programs[i];
			int rc;

			if (attached->link)
				continue;
			lg_warnings_clear();
			if (!lg_attach(attached))
				continue;
			rc = errno;
			lg_engine_detach(engine);
			lg_log_tail(err, lg_warnings());
			return lg_fail(err, lg_code_of(rc, LG_ERR_UNSUPPORTED),
				       "probe %s: cannot attach %s to %s: %s", probe->name,
				       attached->name, attached->section, strerror(rc));
		}
	}
	if (!lg_foreign_attach(engine, err))
		return 0;
	lg_engine_detach(engine);
	return -1;
}

void lg_engine_detach(struct lg_engine *engine)
{
	for (struct lg_probe *probe = engine->probes; probe; probe = probe->next) {
		for (size_t i = 0; i < probe->program_count; i++)
			lg_detach(&probe->programs[i]);
	}
	lg_foreign_detach(engine);
}
