/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The naming convention of programs, see bpf/include/probe.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ladder_internal.h"

static const char *const rung_names[LG_RUNGS] = {
	[LG_RUNG_TP_BTF] = "tp_btf",	     [LG_RUNG_RAW_TP] = "raw_tp",
	[LG_RUNG_TRACEPOINT] = "tracepoint", [LG_RUNG_KPROBE] = "kprobe",
	[LG_RUNG_UPROBE] = "uprobe",	     [LG_RUNG_PERF_EVENT] = "perf_event",
};

const char *lg_rung_name(enum lg_rung rung)
{
	return rung_names[rung];
}

/* Length of the section's prefix with its slash, 0 when it is not of this rung. */
static size_t section_prefix(const char *section, enum lg_rung rung)
{
	size_t len = strlen(rung_names[rung]);

	if (!strncmp(section, rung_names[rung], len) && section[len] == '/')
		return len + 1;
	if ((rung == LG_RUNG_KPROBE && !strncmp(section, "kretprobe/", 10)) ||
	    (rung == LG_RUNG_UPROBE && !strncmp(section, "uretprobe/", 10)))
		return 10;
	return 0;
}

/* "tp_btf" or "tp_btf_3": the rung and its order. */
static bool parse_suffix(struct lg_program *out, const char *suffix)
{
	for (int rung = 0; rung < LG_RUNGS; rung++) {
		size_t len = strlen(rung_names[rung]);
		char *end;
		long order;

		if (strncmp(suffix, rung_names[rung], len))
			continue;
		out->rung = rung;
		out->order = 0;
		if (!suffix[len])
			return true;
		if (suffix[len] != '_' || suffix[len + 1] < '0' || suffix[len + 1] > '9')
			continue;
		order = strtol(suffix + len + 1, &end, 10);
		if (*end || order > 1000)
			continue;
		out->order = (int)order;
		return true;
	}
	return false;
}

/*
 * What follows "opt_", or "opt3_" and "opt3_12_" of a hook in groups; the name
 * itself where it has no such prefix, NULL where a number is too large.
 */
static const char *parse_groups(struct lg_program *out, const char *name)
{
	const char *at = name + 3;
	char *end;

	if (strncmp(name, "opt", 3))
		return name;
	if (*at == '_') {
		out->optional = true;
		return at + 1;
	}
	while (*at >= '0' && *at <= '9') {
		unsigned long group = strtoul(at, &end, 10);

		if (*end != '_')
			break;
		if (group >= LG_LADDER_GROUPS)
			return NULL;
		out->groups |= 1ull << group;
		at = end + 1;
	}
	if (!out->groups)
		return name;
	out->optional = true;
	return at;
}

bool lg_program_parse(struct lg_program *out, const struct lg_candidate *candidate)
{
	const char *name, *split = NULL, *slash;
	const char *section = candidate->section;
	size_t prefix;

	memset(out, 0, sizeof(*out));
	name = parse_groups(out, candidate->program);
	if (!name)
		return false;
	for (const char *at = strstr(name, "__"); at; at = strstr(at + 1, "__"))
		split = at;
	if (!split || split == name || (size_t)(split - name) >= sizeof(out->hook) ||
	    !parse_suffix(out, split + 2))
		return false;
	memcpy(out->hook, name, split - name);
	if (*section == '?')
		section++;
	/* libbpf knows this section by its whole name; what is sampled is the agent's matter. */
	if (out->rung == LG_RUNG_PERF_EVENT) {
		out->target = section;
		return !strcmp(section, rung_names[LG_RUNG_PERF_EVENT]);
	}
	prefix = section_prefix(section, out->rung);
	if (!prefix)
		return false;
	out->target = section + prefix;
	if (out->rung == LG_RUNG_TRACEPOINT) {
		slash = strchr(out->target, '/');
		if (!slash || slash == out->target ||
		    (size_t)(slash - out->target) >= sizeof(out->category))
			return false;
		memcpy(out->category, out->target, slash - out->target);
		out->target = slash + 1;
	}
	return *out->target && !strchr(out->target, '/');
}
