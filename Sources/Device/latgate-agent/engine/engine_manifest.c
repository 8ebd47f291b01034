/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The manifest of a pinned probe. Lines, fields between tabs:
 *
 *	latgate-pins	1	<bytes of struct lg_hist>	<bytes of struct lg_counters>
 *	probe	<name>
 *	kernel	<release>	<build-id>
 *	window	<map>	<offsets: window word, opened, session, self, epoch>
 *	map	<name>
 *	hook	<hook>	<rung>	<program>	<section>	<event id>	<why>
 *
 * A hook without a rung was not there when the probe was pinned.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "engine_internal.h"

enum { FIELDS = 7, MAPS_MAX = 64 };

bool lg_pin_path(char *path, size_t size, const char *directory, const char *kind,
		 const char *probe, const char *name)
{
	int length = snprintf(path, size, "%s/%s_%s_%s", directory, kind, probe, name);

	return length > 0 && (size_t)length < size;
}

static int wrong(char *why, size_t why_size, const char *what, int line)
{
	snprintf(why, why_size, "its manifest, line %d: %s", line, what);
	return -1;
}

/* Cuts a line into its fields; missing ones are empty. */
static void split(char *line, char *fields[FIELDS])
{
	for (int i = 0; i < FIELDS; i++)
		fields[i] = line ? strsep(&line, "\t") : "";
}

static bool number(const char *text, lg_u32 *out)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	*out = (lg_u32)value;
	return *text >= '0' && *text <= '9' && !*end && !errno && value <= 0xffffffffUL;
}

/* A name becomes part of a path. */
static bool plain(const char *name)
{
	return *name && strlen(name) < LG_PIN_NAME && !strchr(name, '/') && !strchr(name, '.');
}

static const char *take_hook(struct lg_manifest *out, char *fields[FIELDS])
{
	struct lg_pin_hook *hook = &out->hooks[out->hook_count];

	if (out->hook_count == LG_MAX_HOOKS)
		return "too many hooks";
	if (!plain(fields[1]))
		return "a hook without a name";
	if (*fields[2] && (!plain(fields[3]) || !*fields[4] || !number(fields[5], &hook->event)))
		return "a hook needs rung, program, section and event id";
	hook->hook = fields[1];
	hook->rung = fields[2];
	hook->program = fields[3];
	hook->section = fields[4];
	hook->why = fields[6];
	out->hook_count++;
	return NULL;
}

static const char *take_line(struct lg_manifest *out, char *fields[FIELDS])
{
	if (!strcmp(fields[0], "probe")) {
		out->probe = fields[1];
		return plain(fields[1]) ? NULL : "a probe without a name";
	}
	if (!strcmp(fields[0], "kernel")) {
		out->kernel = fields[1];
		out->build_id = fields[2];
		return NULL;
	}
	if (!strcmp(fields[0], "window")) {
		out->window_map = fields[1];
		if (!plain(fields[1]) || !number(fields[2], &out->window) ||
		    !number(fields[3], &out->opened) || !number(fields[4], &out->session) ||
		    !number(fields[5], &out->self) || !number(fields[6], &out->epoch))
			return "the window needs a map and five offsets";
		return NULL;
	}
	if (!strcmp(fields[0], "map")) {
		if (out->map_count == MAPS_MAX || !plain(fields[1]) ||
		    strlen(fields[1]) >= sizeof(((struct lg_map *)0)->name))
			return "a map without a name, or too many";
		out->maps[out->map_count++] = fields[1];
		return NULL;
	}
	if (!strcmp(fields[0], "hook"))
		return take_hook(out, fields);
	return *fields[0] ? "unknown" : NULL;
}

static const char *take_head(char *fields[FIELDS])
{
	lg_u32 version, hist, counters;

	if (strcmp(fields[0], "latgate-pins") || !number(fields[1], &version) ||
	    !number(fields[2], &hist) || !number(fields[3], &counters))
		return "is no manifest of pins";
	if (version != 1 || hist != sizeof(struct lg_hist) ||
	    counters != sizeof(struct lg_counters))
		return "another release's layout: rebuild the kit with this release";
	return NULL;
}

int lg_manifest_parse(struct lg_manifest *out, char *text, char *why, size_t why_size)
{
	char *fields[FIELDS], *rest = text;
	const char *fault = NULL;
	int line = 1;

	memset(out, 0, sizeof(*out));
	out->text = text;
	out->hooks = calloc(LG_MAX_HOOKS, sizeof(*out->hooks));
	out->maps = calloc(MAPS_MAX, sizeof(*out->maps));
	out->probe = out->kernel = out->build_id = out->window_map = "";
	if (!out->hooks || !out->maps)
		return wrong(why, why_size, "out of memory", 0);
	split(strsep(&rest, "\n"), fields);
	fault = take_head(fields);
	while (!fault && rest) {
		line++;
		split(strsep(&rest, "\n"), fields);
		fault = take_line(out, fields);
	}
	if (fault)
		return wrong(why, why_size, fault, line);
	if (!*out->probe || !*out->window_map || !out->map_count || !out->hook_count)
		return wrong(why, why_size, "ends without probe, window, maps or hooks", line);
	return 0;
}

void lg_manifest_free(struct lg_manifest *manifest)
{
	free(manifest->text);
	free(manifest->hooks);
	free(manifest->maps);
	memset(manifest, 0, sizeof(*manifest));
}

static char *from_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text;
	size_t have = 0;
	ssize_t n = 1;

	if (fd < 0)
		return NULL;
	text = calloc(1, LG_MANIFEST_MAX + 1);
	while (text && n > 0 && have < LG_MANIFEST_MAX) {
		n = read(fd, text + have, LG_MANIFEST_MAX - have);
		if (n > 0)
			have += (size_t)n;
	}
	close(fd);
	return text;
}

static char *from_map(const char *path)
{
	LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = BPF_F_RDONLY);
	struct bpf_map_info info = {0};
	lg_u32 size = sizeof(info), zero = 0;
	int rc, fd = bpf_obj_get_opts(path, &opts);
	char *text = NULL;

	if (fd < 0)
		return NULL;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size)) {
		errno = EINVAL;
		if (info.type == BPF_MAP_TYPE_ARRAY && info.key_size == sizeof(zero) &&
		    info.value_size <= LG_MANIFEST_MAX)
			text = calloc(1, info.value_size + 1);
		if (text && bpf_map_lookup_elem(fd, &zero, text)) {
			rc = errno;
			free(text);
			text = NULL;
			errno = rc;
		}
	}
	rc = errno;
	close(fd);
	errno = rc;
	return text;
}

char *lg_manifest_text(const char *directory, const char *file)
{
	char path[256];

	if (file)
		return from_file(file);
	if (snprintf(path, sizeof(path), "%s/manifest", directory) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return from_map(path);
}
