/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What tracefs says about events. */
#include <dirent.h>
#include <stdio.h>
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
