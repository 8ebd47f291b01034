/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Objects that were not written for latgate. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "harness.h"

enum { CALLS = 100, SLOTS = 8, OWN_SLOT = 5, ALL_SLOT = 3 };

struct sum {
	lg_u32 process;
	lg_u64 own, all;
	size_t entries, size;
};

static int add(void *arg, const void *key, size_t key_size, const void *value, size_t size)
{
	struct sum *sum = arg;
	const lg_u32 *slots = value;

	sum->entries++;
	sum->size = size;
	if (key_size != sizeof(lg_u32))
		return 1;
	for (size_t cpu = 0; cpu + SLOTS * sizeof(*slots) <= size; cpu += SLOTS * sizeof(*slots)) {
		if (!memcmp(key, &sum->process, key_size))
			sum->own += slots[cpu / sizeof(*slots) + OWN_SLOT];
		sum->all += slots[cpu / sizeof(*slots) + ALL_SLOT];
	}
	return 0;
}

static int stop(void *arg, const void *key, size_t key_size, const void *value, size_t size)
{
	(void)arg;
	(void)key;
	(void)key_size;
	(void)value;
	(void)size;
	return 7;
}

static struct sum sum_of(struct lg_engine *engine, const char *map)
{
	struct sum sum = {.process = (lg_u32)getpid()};
	struct lg_error err = {0};

	if (lg_engine_read_map(engine, "foreign", map, add, &sum, &err))
		check(false, "a map is read", "%s", err.text);
	return sum;
}

/* The operation of LG_TEST_OP. */
static void call(int times)
{
	char byte;

	while (times--)
		recv(-1, &byte, 1, 0);
}

static void ignore(void *arg, const struct lg_hook_report *report)
{
	struct hooks *hooks = arg;

	strncat(hooks->text, report->hook, sizeof(hooks->text) - strlen(hooks->text) - 1);
	strncat(hooks->text, "=", sizeof(hooks->text) - strlen(hooks->text) - 1);
	strncat(hooks->text, report->rung, sizeof(hooks->text) - strlen(hooks->text) - 1);
}

/* How many entries the map of a name has room for, 0 without such a map. */
static lg_u32 room_of(const char *name)
{
	lg_u32 id = 0, room = 0;

	while (!bpf_map_get_next_id(id, &id)) {
		struct bpf_map_info info = {0};
		lg_u32 size = sizeof(info);
		int map = bpf_map_get_fd_by_id(id);

		if (map < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(map, &info, &size) && !strcmp(info.name, name))
			room = info.max_entries;
		close(map);
	}
	return room;
}

void test_foreign(void)
{
	const char *both[] = {"counted", "missing"};
	struct lg_foreign_def def = {.programs = both, .program_count = 1};
	struct lg_engine *engine = engine_or_exit();
	struct hooks hooks = {""};
	struct lg_error err = {0};
	struct sum before, after;
	size_t size;
	void *bytes = object_bytes("foreign", &size);
	int rc = lg_engine_load_foreign(engine, "foreign", bytes, size, &def, ignore, &hooks, &err);

	check(!rc && !lg_engine_attach(engine, &err), "an object of another tool is attached", "%s",
	      err.text);
	check(!strcmp(hooks.text, "counted=raw_tp/sys_enter"), "its programs are hooks", "%s",
	      hooks.text);
	call(CALLS);
	before = sum_of(engine, "hists");
	call(CALLS);
	after = sum_of(engine, "hists");
	check(after.own == 2 * CALLS && before.own == CALLS, "its map is read over all CPUs",
	      "%llu, then %llu", (unsigned long long)before.own, (unsigned long long)after.own);
	after = sum_of(engine, ".bss");
	check(after.entries == 1 && after.all >= 2 * CALLS, "its variables are a map",
	      "%zu entries, %llu", after.entries, (unsigned long long)after.all);
	check(lg_engine_read_map(engine, "foreign", "hists", stop, NULL, &err) == 7,
	      "a reader stops it", "it went on");
	check(lg_engine_read_map(engine, "foreign", "nothing", add, &after, &err) &&
		      err.code == LG_ERR_OBJECT,
	      "a map that is not there is refused", "%s", err.text);
	check(lg_engine_read_map(engine, "foreign", "many", add, &after, &err) &&
		      err.code == LG_ERR_UNSUPPORTED && strstr(err.text, "more than 65536 entries"),
	      "a map that is too large is refused", "%s", err.text);
	check(access("/sys/fs/bpf/hists", F_OK), "nothing is pinned", "hists is");
	check(room_of("lg_open") == LG_MAP_BYTES_MAX / (65536 + 4),
	      "an open map takes no more memory than can be read", "%u entries",
	      room_of("lg_open"));
	check(lg_engine_load_foreign(engine, "foreign", bytes, size, &def, ignore, &hooks, &err) &&
		      err.code == LG_ERR_STATE,
	      "it is loaded once", "%s", err.text);
	def.program_count = 2;
	both[1] = both[0];
	check(lg_engine_load_foreign(engine, "other", bytes, size, &def, ignore, &hooks, &err) &&
		      err.code == LG_ERR_OBJECT && strstr(err.text, "counted is asked for twice"),
	      "a program is loaded once", "%s", err.text);
	both[1] = "missing";
	check(lg_engine_load_foreign(engine, "other", bytes, size, &def, ignore, &hooks, &err) &&
		      err.code == LG_ERR_OBJECT && strstr(err.text, "no program missing"),
	      "a program that is not there is refused", "%s", err.text);
	both[1] = "absent";
	rc = lg_engine_load_foreign(engine, "other", bytes, size, &def, ignore, &hooks, &err);
	check(!rc && lg_engine_attach(engine, &err) && strstr(err.text, "raw_tp/lg_absent"),
	      "a place that is not there fails, with its name", "%s", err.text);
	call(CALLS);
	after = sum_of(engine, "hists");
	check(after.own == 2 * CALLS, "after that nothing is attached", "%llu",
	      (unsigned long long)after.own);
	check(!lg_engine_unload(engine, "foreign") && !lg_engine_unload(engine, "other") &&
		      lg_engine_unload(engine, "other"),
	      "it is unloaded", "it is not");
	free(bytes);
	lg_engine_free(engine);
}
