/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What tracefs and kallsyms say about events and functions. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ladder_internal.h"

static bool event_exists(const char *tracefs, const char *category, const char *event)
{
	char path[4096];

	if (snprintf(path, sizeof(path), "%s/events/%s/%s/id", tracefs, category, event) >=
	    (int)sizeof(path))
		return false;
	return !access(path, F_OK);
}

enum lg_known lg_tracefs_has_event(const struct lg_ladder *ladder, const char *category,
				   const char *event)
{
	const char *tracefs = ladder->sources.tracefs;
	enum lg_known known = LG_NO;
	struct dirent *entry;
	char path[4096];
	DIR *dir;

	if (!tracefs || snprintf(path, sizeof(path), "%s/events", tracefs) >= (int)sizeof(path))
		return LG_UNKNOWN;
	dir = opendir(path);
	if (!dir)
		return LG_UNKNOWN;
	if (category) {
		known = event_exists(tracefs, category, event) ? LG_YES : LG_NO;
	} else {
		while (known == LG_NO && (entry = readdir(dir))) {
			if (entry->d_name[0] != '.' && event_exists(tracefs, entry->d_name, event))
				known = LG_YES;
		}
	}
	closedir(dir);
	return known;
}

/* A line is "address type name[\t[module]]"; `types` are the letters accepted. */
static enum lg_known kallsyms_find(const char *path, const char *name, const char *types)
{
	enum lg_known known = LG_NO;
	char line[1024];
	FILE *file;

	if (!path)
		return LG_UNKNOWN;
	file = fopen(path, "re");
	if (!file)
		return LG_UNKNOWN;
	/* An empty file is a kernel that shows its symbols to nobody. */
	if (!fgets(line, sizeof(line), file)) {
		fclose(file);
		return LG_UNKNOWN;
	}
	do {
		char *type = strchr(line, ' ');
		size_t len = strlen(name);

		if (!type || !type[1] || type[2] != ' ' || !strchr(types, type[1]))
			continue;
		if (!strncmp(type + 3, name, len) && strchr(" \t\n", type[3 + len]))
			known = LG_YES;
	} while (known == LG_NO && fgets(line, sizeof(line), file));
	fclose(file);
	return known;
}

enum lg_known lg_kallsyms_has_function(const struct lg_ladder *ladder, const char *name)
{
	return kallsyms_find(ladder->sources.kallsyms, name, "tTwW");
}

enum lg_known lg_kallsyms_has_tracepoint(const struct lg_ladder *ladder, const char *name)
{
	char symbol[LG_LADDER_NAME + 24];

	/* What raw_tp programs are attached through; data symbols need KALLSYMS_ALL. */
	snprintf(symbol, sizeof(symbol), "__bpf_trace_%s", name);
	return kallsyms_find(ladder->sources.kallsyms, symbol, "tT");
}
