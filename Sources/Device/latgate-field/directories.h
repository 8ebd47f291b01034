/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What each process of the field agent has of the state's directory. */
#ifndef LATGATE_FIELD_DIRECTORIES_H
#define LATGATE_FIELD_DIRECTORIES_H

#include "config.h"
#include "spool.h"

#define LG_MANIFEST_NAME "manifest"
#define LG_BUNDLE_NAME "bundle"

struct lg_directories {
	int state, spool;
};

/* Makes them where they are missing. False with `why`. */
bool lg_directories_open(struct lg_directories *directories, const struct lg_config *config,
			 char why[LG_WHY]);

/* The spool is one process's at a time: waits for the other. 0 or -errno. */
int lg_spool_enter(struct lg_spool *spool, const struct lg_directories *directories,
		   const struct lg_config *config);
void lg_spool_leave(struct lg_spool *spool);

/* A whole file anywhere, such as the root that the firmware brings. */
bool lg_read_whole(const char *path, size_t most, struct lg_buffer *out, char why[LG_WHY]);

#endif
