/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Probes that were pinned at boot. What the agent needs of the kernel here is
 * to open pins, to change maps and to attach; never to load.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "engine_internal.h"

static int open_pin(const char *directory, const char *kind, const char *probe, const char *name,
		    lg_u32 flags)
{
	LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = flags);
	char path[512];

	if (!lg_pin_path(path, sizeof(path), directory, kind, probe, name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return bpf_obj_get_opts(path, &opts);
}

static int cannot_open(const struct lg_probe *probe, const char *directory, const char *what,
		       struct lg_error *err)
{
	int rc = errno;

	return lg_fail(err, lg_code_of(rc, LG_ERR_OBJECT),
		       "probe %s: cannot open the pin of %s in %s: %s%s", probe->name, what,
		       directory, strerror(rc),
		       rc == EPERM ? ": this kernel keeps bpf() from unprivileged processes; pin "
				     "with --unprivileged-bpf, or see the SELinux denials"
		       : rc == EACCES ? ": the agent is not in the pins' group"
				      : "");
}

static int take_map(struct lg_probe *probe, const char *directory, const char *name,
		    struct lg_error *err)
{
	struct lg_map *map = &probe->maps[probe->map_count];
	struct bpf_map_info info = {0};
	lg_u32 size = sizeof(info);

	snprintf(map->name, sizeof(map->name), "%s", name);
	map->fd = open_pin(directory, "map", probe->name, name, 0);
	if (map->fd < 0)
		return cannot_open(probe, directory, name, err);
	probe->map_count++;
	if (bpf_obj_get_info_by_fd(map->fd, &info, &size))
		return cannot_open(probe, directory, name, err);
	map->type = info.type;
	map->key_size = info.key_size;
	map->value_size = info.value_size;
	map->max_entries = info.max_entries;
	map->flags = info.map_flags;
	return 0;
}

static int take_window(struct lg_probe *probe, const struct lg_manifest *manifest,
		       struct lg_error *err)
{
	struct lg_bss *bss = &probe->bss;
	const struct lg_map *map = lg_find_map(probe, manifest->window_map);
	const struct {
		lg_u32 offset, size;
		size_t *to;
	} variables[] = {
		{manifest->window, sizeof(lg_u32), &bss->window},
		{manifest->opened, sizeof(lg_u64), &bss->opened},
		{manifest->session, sizeof(lg_u32), &bss->session},
		{manifest->self, sizeof(lg_u32), &bss->self},
		{manifest->epoch, sizeof(lg_u32), &bss->epoch},
	};

	if (!map || map->type != BPF_MAP_TYPE_ARRAY || map->key_size != sizeof(lg_u32) ||
	    map->max_entries != 1)
		return lg_fail(err, LG_ERR_OBJECT, "probe %s: its pinned window map is missing",
			       probe->name);
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		if (variables[i].offset % variables[i].size ||
		    variables[i].offset >= map->value_size ||
		    map->value_size - variables[i].offset < variables[i].size)
			return lg_fail(err, LG_ERR_OBJECT,
				       "probe %s: its manifest does not fit its window map",
				       probe->name);
		*variables[i].to = variables[i].offset;
	}
	bss->map = map;
	return lg_bss_map(probe, NULL, err);
}

static int take_program(struct lg_probe *probe, const char *directory,
			const struct lg_pin_hook *hook, struct lg_error *err)
{
	struct lg_attached *attached = &probe->programs[probe->program_count++];

	attached->name = strdup(hook->program);
	attached->section = strdup(hook->section);
	attached->event = hook->event;
	/* bpfloader lets programs be read only. */
	attached->fd = open_pin(directory, "prog", probe->name, hook->program, BPF_F_RDONLY);
	if (attached->fd < 0)
		return cannot_open(probe, directory, hook->program, err);
	return attached->name && attached->section ? 0
						   : lg_fail(err, LG_ERR_INTERNAL, "out of memory");
}

/*
 * Two agents would turn the same window word. The lock is on the directory and
 * ends with the process; probes of one directory share it.
 */
static int lock_pins(const struct lg_engine *engine, struct lg_probe *probe, const char *directory,
		     struct lg_error *err)
{
	struct stat own, other;

	probe->lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (probe->lock < 0 || fstat(probe->lock, &own))
		return lg_fail(err, lg_code_of(errno, LG_ERR_UNSUPPORTED), "probe %s: %s: %s",
			       probe->name, directory, strerror(errno));
	for (const struct lg_probe *at = engine->probes; at; at = at->next) {
		if (at->lock < 0 || fstat(at->lock, &other) || other.st_dev != own.st_dev ||
		    other.st_ino != own.st_ino)
			continue;
		close(probe->lock);
		probe->lock = fcntl(at->lock, F_DUPFD_CLOEXEC, 0);
		return probe->lock < 0 ? lg_fail(err, LG_ERR_INTERNAL, "%s", strerror(errno)) : 0;
	}
	if (flock(probe->lock, LOCK_EX | LOCK_NB))
		return lg_fail(err, LG_ERR_BUSY,
			       "probe %s: another agent uses the pins in %s: wait for its end",
			       probe->name, directory);
	return 0;
}

/*
 * Attaching may need rights that opening does not. Asked by doing it, while
 * the window is closed, so that a probe that cannot work is reported at once.
 */
static int try_attaching(struct lg_probe *probe, struct lg_error *err)
{
	for (size_t i = 0; i < probe->program_count; i++) {
		struct lg_attached *attached = &probe->programs[i];
		int rc;

		if (!lg_attach(attached)) {
			lg_detach(attached);
			continue;
		}
		rc = errno;
		return lg_fail(err, lg_code_of(rc, LG_ERR_UNSUPPORTED),
			       "probe %s: cannot attach the pinned %s to %s: %s%s", probe->name,
			       attached->name, attached->section, strerror(rc),
			       rc == EACCES || rc == EPERM
				       ? ": the agent needs CAP_PERFMON, or "
					 "kernel.perf_event_paranoid to be lower"
				       : "");
	}
	return 0;
}

static int take_all(struct lg_engine *engine, struct lg_probe *probe, const char *directory,
		    const struct lg_manifest *manifest, struct lg_error *err)
{
	lg_u32 epoch;

	probe->maps = calloc(manifest->map_count, sizeof(*probe->maps));
	probe->programs = calloc(LG_MAX_HOOKS, sizeof(*probe->programs));
	if (!probe->maps || !probe->programs)
		return lg_fail(err, LG_ERR_INTERNAL, "out of memory");
	if (lock_pins(engine, probe, directory, err))
		return -1;
	for (size_t i = 0; i < manifest->map_count; i++) {
		if (take_map(probe, directory, manifest->maps[i], err))
			return -1;
	}
	for (size_t i = 0; i < manifest->hook_count; i++) {
		if (*manifest->hooks[i].rung &&
		    take_program(probe, directory, &manifest->hooks[i], err))
			return -1;
	}
	if (take_window(probe, manifest, err))
		return -1;
	/* An agent that was killed may have left it open, and stamps of its epochs. */
	lg_bss_store_u32(&probe->bss, probe->bss.window, 0);
	epoch = lg_bss_u32(&probe->bss, probe->bss.epoch);
	if (epoch > engine->epoch && epoch <= LG_WINDOW_EPOCH_MAX)
		engine->epoch = epoch;
	lg_bss_store_u32(&probe->bss, probe->bss.session, 0);
	lg_bss_store_u32(&probe->bss, probe->bss.self, (lg_u32)getpid());
	return try_attaching(probe, err);
}

static void report(const struct lg_manifest *manifest, lg_hook_fn hook_fn, void *arg)
{
	for (size_t i = 0; i < manifest->hook_count && hook_fn; i++) {
		const struct lg_pin_hook *hook = &manifest->hooks[i];
		const struct lg_hook_report said = {hook->hook, hook->rung, hook->program,
						    hook->why};

		hook_fn(arg, &said);
	}
}

/* The directory's own manifest, or the file beside what bpfloader pinned. */
static char *find_manifest(const char *probe, const char **directory, const char *file, char *place,
			   size_t size)
{
	char path[512], *text;

	if (*directory)
		return lg_manifest_text(*directory, file);
	snprintf(place, size, "%s/%s", LG_PIN_ROOT, probe);
	*directory = place;
	text = lg_manifest_text(place, file);
	if (text || file || errno != ENOENT)
		return text;
	snprintf(path, sizeof(path), "%s/%s.pins", LG_PIN_FILES, probe);
	snprintf(place, size, "%s", LG_PIN_ROOT);
	return lg_manifest_text(place, path);
}

static int no_manifest(const char *probe, const char *directory, struct lg_error *err)
{
	int rc = errno;

	if (rc == ENOENT)
		return lg_fail(err, LG_ERR_UNSUPPORTED, "probe %s: is not pinned in %s", probe,
			       directory);
	return lg_fail(err, lg_code_of(rc, LG_ERR_OBJECT),
		       "probe %s: cannot read the manifest of the pins in %s: %s", probe, directory,
		       strerror(rc));
}

int lg_engine_load_pinned(struct lg_engine *engine, const char *name, const char *directory,
			  const char *manifest_file, const struct lg_metric_def *metrics,
			  size_t metric_count, lg_hook_fn hook_fn, void *arg, struct lg_error *err)
{
	char place[256], why[256] = "", *text;
	struct lg_manifest manifest;
	struct lg_probe *probe;
	int rc;

	err->log[0] = 0;
	if (engine->state != LG_WINDOW_CLOSED)
		return lg_fail(err, LG_ERR_STATE, "close the window before loading %s", name);
	if (lg_is_loaded(engine, name))
		return lg_fail(err, LG_ERR_STATE, "probe %s is loaded already", name);
	if (!*name || strlen(name) >= LG_PIN_NAME || strchr(name, '/'))
		return lg_fail(err, LG_ERR_OBJECT, "'%.100s' is no name of a probe", name);
	if (engine->scope.kind)
		return lg_fail(err, LG_ERR_UNSUPPORTED,
			       "probe %s: a pinned probe measures everyone: a scope is set as a "
			       "probe is loaded",
			       name);
	text = find_manifest(name, &directory, manifest_file, place, sizeof(place));
	if (!text)
		return no_manifest(name, directory, err);
	probe = calloc(1, sizeof(*probe));
	if (probe)
		probe->lock = -1;
	rc = lg_manifest_parse(&manifest, text, why, sizeof(why));
	if (rc || strcmp(manifest.probe, name))
		rc = lg_fail(err, LG_ERR_UNSUPPORTED, "probe %s: %s", name,
			     rc ? why : "the manifest is another probe's");
	else if (!probe || !(probe->name = strdup(name)))
		rc = lg_fail(err, LG_ERR_INTERNAL, "out of memory");
	else
		rc = take_all(engine, probe, directory, &manifest, err);
	if (!rc)
		rc = lg_probe_bind(probe, metrics, metric_count, err);
	if (!rc) {
		report(&manifest, hook_fn, arg);
		lg_probe_add(engine, probe);
	} else if (probe) {
		lg_probe_free(probe);
	}
	lg_manifest_free(&manifest);
	return rc;
}

typedef void (*lg_pins_fn)(void *arg, const char *probe, const char *directory);

/* Directories of our own loader. `why` is left alone when one was found. */
static const char *own_pins(lg_pins_fn fn, void *arg)
{
	const char *why = "nothing is pinned in " LG_PIN_ROOT;
	DIR *root = opendir(LG_PIN_ROOT);
	struct dirent *entry;

	if (!root)
		return errno == ENOENT ? "no " LG_PIN_ROOT " on this firmware"
				       : LG_PIN_ROOT " may not be read by this user";
	while ((entry = readdir(root))) {
		char directory[512], *text;

		if (entry->d_name[0] == '.' || strchr(entry->d_name, '_') == entry->d_name)
			continue;
		snprintf(directory, sizeof(directory), "%s/%s", LG_PIN_ROOT, entry->d_name);
		text = lg_manifest_text(directory, NULL);
		if (text) {
			fn(arg, entry->d_name, directory);
			why = NULL;
		} else if (why && errno == EPERM) {
			why = "pins are there, but this kernel keeps bpf() from this user";
		} else if (why && errno == EACCES) {
			why = "pins are there, but may not be opened by this user";
		}
		free(text);
	}
	closedir(root);
	return why;
}

/* Those that bpfloader pinned: their manifests are files. */
static bool loader_pins(lg_pins_fn fn, void *arg)
{
	DIR *files = opendir(LG_PIN_FILES);
	struct dirent *entry;
	bool any = false;

	while (files && (entry = readdir(files))) {
		size_t length = strlen(entry->d_name);
		char name[LG_PIN_NAME], path[512];

		if (length < 6 || length >= sizeof(name) || !lg_name_ends(entry->d_name, ".pins"))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)length - 5, entry->d_name);
		if (!lg_pin_path(path, sizeof(path), LG_PIN_ROOT, "map", name, LG_MAP_WINDOW) ||
		    access(path, R_OK | W_OK))
			continue;
		fn(arg, name, LG_PIN_ROOT);
		any = true;
	}
	if (files)
		closedir(files);
	return any;
}

const char *lg_engine_pins(lg_pins_fn fn, void *arg)
{
	const char *why = own_pins(fn, arg);

	return loader_pins(fn, arg) ? NULL : why;
}
