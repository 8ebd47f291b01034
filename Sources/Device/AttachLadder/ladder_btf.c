/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What BTF says about tracepoints, functions and features. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include <bpf/btf.h>

#include "ladder_internal.h"

/* Number of arguments by the typedef btf_trace_<tp>, -1 when this BTF has none. */
static int tracepoint_args(const struct btf *btf, const char *tracepoint)
{
	char name[LG_LADDER_NAME + 16];
	const struct btf_type *type;
	int id;

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	id = btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return -1;
	type = btf__type_by_id(btf, id);
	type = type ? btf__type_by_id(btf, type->type) : NULL;
	if (!type || !btf_is_ptr(type))
		return -1;
	type = btf__type_by_id(btf, type->type);
	if (!type || !btf_is_func_proto(type))
		return -1;
	/* The first parameter is the tracepoint's private data. */
	return btf_vlen(type) ? btf_vlen(type) - 1 : 0;
}

static int module_tracepoint_args(const struct lg_ladder *ladder, const char *tracepoint)
{
	DIR *dir = opendir(ladder->sources.module_btf_dir);
	struct dirent *entry;
	int args = -1;

	if (!dir)
		return -1;
	while (args < 0 && (entry = readdir(dir))) {
		char path[4096];
		struct btf *btf;

		if (entry->d_name[0] == '.' || !strcmp(entry->d_name, "vmlinux"))
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", ladder->sources.module_btf_dir,
			     entry->d_name) >= (int)sizeof(path))
			continue;
		btf = btf__parse_split(path, ladder->btf);
		if (!btf)
			continue;
		args = tracepoint_args(btf, tracepoint);
		btf__free(btf);
	}
	closedir(dir);
	return args;
}

int lg_btf_tracepoint_args(struct lg_ladder *ladder, const char *tracepoint)
{
	int args;

	if (!ladder->btf)
		return -1;
	args = tracepoint_args(ladder->btf, tracepoint);
	if (args < 0 && ladder->sources.module_btf_dir && !ladder->sources.types)
		args = module_tracepoint_args(ladder, tracepoint);
	return args;
}

unsigned int lg_ladder_args(struct lg_ladder *ladder, const char *tracepoint)
{
	int args = lg_btf_tracepoint_args(ladder, tracepoint);

	return args > 0 ? (unsigned int)args : 0;
}

bool lg_btf_has_function(const struct lg_ladder *ladder, const char *name)
{
	return ladder->btf && btf__find_by_name_kind(ladder->btf, name, BTF_KIND_FUNC) > 0;
}

/*
 * The map type exists since 5.11, but tracing programs may use it only since
 * the storage pointer moved from the LSM's blob into task_struct.
 */
bool lg_ladder_task_storage(struct lg_ladder *ladder)
{
	const struct btf_member *member;
	const struct btf_type *type;
	int id;

	if (!ladder->btf || ladder->sources.btf_in_kernel != LG_YES)
		return false;
	id = btf__find_by_name_kind(ladder->btf, "task_struct", BTF_KIND_STRUCT);
	if (id < 0)
		return false;
	type = btf__type_by_id(ladder->btf, id);
	member = btf_members(type);
	for (int i = 0; i < btf_vlen(type); i++) {
		const char *name = btf__name_by_offset(ladder->btf, member[i].name_off);

		if (name && !strcmp(name, "bpf_storage"))
			return true;
	}
	return false;
}
