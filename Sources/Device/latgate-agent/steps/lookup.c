/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "lookup.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* For a shell that gives none: Android's directories, then everyone else's. */
static const char default_path[] = "/system/bin:/system/xbin:/vendor/bin:"
				   "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

static char *executable(const char *directory, int length, const char *name)
{
	struct stat status;
	char *path;

	if (asprintf(&path, "%.*s%s%s", length, directory, length ? "/" : "", name) < 0)
		return NULL;
	if (!stat(path, &status) && S_ISREG(status.st_mode) && !access(path, X_OK))
		return path;
	free(path);
	return NULL;
}

static char *beside_agent(const char *name)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (length <= 0)
		return NULL;
	self[length] = 0;
	slash = strrchr(self, '/');
	return slash ? executable(self, (int)(slash - self), name) : NULL;
}

char *lg_lookup(const char *name)
{
	const char *path = getenv("PATH");
	char *found;

	if (strchr(name, '/'))
		return executable("", 0, name);
	found = beside_agent(name);
	for (path = path && *path ? path : default_path; !found && path;) {
		size_t length = strcspn(path, ":");

		/* An empty element means the working directory. */
		found = length ? executable(path, (int)length, name) : executable(".", 1, name);
		path = path[length] ? path + length + 1 : NULL;
	}
	return found;
}
