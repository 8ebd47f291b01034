/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Pinning a loaded probe at boot, for an agent that may not load. */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "engine_internal.h"

enum { PIN_MODE = 0660, PROGRAM_MODE = 0440, DIRECTORY_MODE = 0750 };

static const char window_pin[] = "bss";

struct pinning {
	const struct lg_probe *probe;
	const struct lg_pin_rules *rules;
	char directory[256];
	struct lg_error *err;
};

static int pin_failed(const struct pinning *p, const char *what)
{
	int rc = errno;

	return lg_fail(p->err, lg_code_of(rc, LG_ERR_INTERNAL), "probe %s: cannot pin %s in %s: %s",
		       p->probe->name, what, p->directory, strerror(rc));
}

static int pin_path(const struct pinning *p, const char *path, int fd, mode_t mode)
{
	if (bpf_obj_pin(fd, path) || chown(path, 0, p->rules->group) || chmod(path, mode))
		return pin_failed(p, strrchr(path, '/') + 1);
	return 0;
}

static int pin(const struct pinning *p, const char *kind, const char *name, int fd, mode_t mode)
{
	char path[512];

	if (!lg_pin_path(path, sizeof(path), p->directory, kind, p->probe->name, name)) {
		errno = ENAMETOOLONG;
		return pin_failed(p, name);
	}
	return pin_path(p, path, fd, mode);
}

/* Its kernel name holds a dot, which a bpf file system does not take. */
static const char *pin_name(const struct lg_probe *probe, const struct lg_map *map)
{
	if (map == probe->bss.map)
		return window_pin;
	return strchr(map->name, '.') ? NULL : map->name;
}

static void add(char *text, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, LG_MANIFEST_MAX - used, format, args);
	va_end(args);
}

static const struct lg_attached *program_named(const struct lg_probe *probe, const char *name)
{
	for (size_t i = 0; i < probe->program_count; i++) {
		if (!strcmp(probe->programs[i].name, name))
			return &probe->programs[i];
	}
	return NULL;
}

/* The agent may have no access to tracefs: it is given the event's id. */
static lg_u32 event_of(const char *section)
{
	static const char kind[] = "tracepoint/";

	if (strncmp(section, kind, sizeof(kind) - 1))
		return 0;
	return lg_event_id(section + sizeof(kind) - 1);
}

static void add_hook(const struct pinning *p, char *text, const struct lg_hook_report *hook)
{
	const struct lg_attached *program = program_named(p->probe, hook->program);
	char why[LG_LADDER_WHY];

	snprintf(why, sizeof(why), "%s", hook->why);
	for (char *at = why; *at; at++) {
		if (*at == '\t' || *at == '\n')
			*at = ' ';
	}
	add(text, "hook\t%s\t%s\t%s\t%s\t%u\t%s\n", hook->hook, program ? hook->rung : "",
	    program ? program->name : "", program ? program->section : "",
	    program ? event_of(program->section) : 0, why);
}

static char *compose(const struct pinning *p, const struct lg_hook_report *hooks, size_t count)
{
	const struct lg_bss *bss = &p->probe->bss;
	char *text = calloc(1, LG_MANIFEST_MAX);
	struct utsname kernel = {0};

	if (!text)
		return NULL;
	uname(&kernel);
	add(text, "latgate-pins\t1\t%zu\t%zu\n", sizeof(struct lg_hist),
	    sizeof(struct lg_counters));
	add(text, "probe\t%s\nkernel\t%s\t%s\n", p->probe->name, kernel.release,
	    p->rules->build_id ? p->rules->build_id : "");
	add(text, "window\t%s\t%zu\t%zu\t%zu\t%zu\t%zu\n", window_pin, bss->window, bss->opened,
	    bss->session, bss->self, bss->epoch);
	for (size_t i = 0; i < p->probe->map_count; i++) {
		const struct lg_map *map = &p->probe->maps[i];

		if (map->fd >= 0 && pin_name(p->probe, map))
			add(text, "map\t%s\n", pin_name(p->probe, map));
	}
	for (size_t i = 0; i < count; i++)
		add_hook(p, text, &hooks[i]);
	return text;
}

/* Kept in a map: it is pinned, and gone, with the rest. */
static int pin_manifest(const struct pinning *p, const struct lg_hook_report *hooks, size_t count)
{
	char path[512], *text = compose(p, hooks, count);
	lg_u32 zero = 0;
	int fd, rc;

	if (!text || strlen(text) + 1 >= LG_MANIFEST_MAX) {
		free(text);
		errno = E2BIG;
		return pin_failed(p, "manifest");
	}
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "lg_manifest", sizeof(zero),
			    (lg_u32)strlen(text) + 1, 1, NULL);
	snprintf(path, sizeof(path), "%s/manifest", p->directory);
	if (fd < 0 || bpf_map_update_elem(fd, &zero, text, BPF_ANY) || bpf_map_freeze(fd))
		rc = pin_failed(p, "manifest");
	else
		rc = pin_path(p, path, fd, PROGRAM_MODE);
	if (fd >= 0)
		close(fd);
	free(text);
	return rc;
}

static int pin_all(const struct pinning *p, const struct lg_hook_report *hooks, size_t count)
{
	for (size_t i = 0; i < p->probe->map_count; i++) {
		const struct lg_map *map = &p->probe->maps[i];
		const char *name = pin_name(p->probe, map);

		if (map->fd >= 0 && name && pin(p, "map", name, map->fd, PIN_MODE))
			return -1;
	}
	for (size_t i = 0; i < p->probe->program_count; i++) {
		const struct lg_attached *program = &p->probe->programs[i];

		if (pin(p, "prog", program->name, program->fd, PROGRAM_MODE))
			return -1;
	}
	/* Last: with it, the pins are complete. */
	return pin_manifest(p, hooks, count);
}

static void remove_pins(const char *directory)
{
	DIR *dir = opendir(directory);
	int fd = dir ? dirfd(dir) : -1;
	struct dirent *entry;

	while (fd >= 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			unlinkat(fd, entry->d_name, 0);
	}
	if (dir)
		closedir(dir);
	rmdir(directory);
}

/* The group must be able to pass, and needs to see nothing else there. */
static int make_directory(const struct pinning *p, const char *path)
{
	struct stat made;

	if (mkdir(path, DIRECTORY_MODE) && errno != EEXIST)
		return pin_failed(p, path);
	if (stat(path, &made) || !S_ISDIR(made.st_mode))
		return pin_failed(p, path);
	if (chown(path, 0, p->rules->group) || chmod(path, DIRECTORY_MODE))
		return pin_failed(p, path);
	return 0;
}

bool lg_engine_pinned_already(const char *root, const char *probe)
{
	char path[512];

	return snprintf(path, sizeof(path), "%s/%s/manifest", root, probe) < (int)sizeof(path) &&
	       !access(path, F_OK);
}

static const struct lg_probe *probe_named(const struct lg_engine *engine, const char *name)
{
	for (const struct lg_probe *probe = engine->probes; probe; probe = probe->next) {
		if (!strcmp(probe->name, name))
			return probe;
	}
	return NULL;
}

int lg_engine_pin(struct lg_engine *engine, const char *name, const struct lg_pin_rules *rules,
		  const struct lg_hook_report *hooks, size_t hook_count, struct lg_error *err)
{
	struct pinning p = {.probe = probe_named(engine, name), .rules = rules, .err = err};

	err->log[0] = 0;
	if (!p.probe || !p.probe->object)
		return lg_fail(err, LG_ERR_STATE, "no probe named %s is loaded", name);
	if (lg_engine_pinned_already(rules->root, name))
		return 0;
	if (snprintf(p.directory, sizeof(p.directory), "%s/%s", rules->root, name) >=
	    (int)sizeof(p.directory))
		return lg_fail(err, LG_ERR_OBJECT, "%s/%s is too long a path", rules->root, name);
	/* What a loader left that was stopped half-way has no manifest. */
	remove_pins(p.directory);
	/* No agent runs yet: there is none to leave out, and no operation is judged. */
	lg_bss_store_u32((struct lg_bss *)&p.probe->bss, p.probe->bss.self, 0);
	if (make_directory(&p, rules->root) || make_directory(&p, p.directory) ||
	    pin_all(&p, hooks, hook_count)) {
		remove_pins(p.directory);
		return -1;
	}
	return 0;
}
