/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "match.h"

#include <dirent.h>
#include <fnmatch.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

enum { MATCHES_MAX = 1024, LOOKS_MAX = 16384, PARTS_MAX = 16 };

struct match {
	int (*found)(void *arg, const char *path);
	void *arg;
	int left; /* matches */
	int looks; /* names held against the pattern */
	char path[PATH_MAX];
};

static int walk(struct match *match, size_t length, const char *rest, int parts);

/* Continues below `name`, when the path has room for it. */
static int enter(struct match *match, size_t length, const char *name, size_t size,
		 const char *rest, int parts)
{
	int code;

	if (length + size + 2 > sizeof(match->path))
		return LG_GO_ON;
	match->path[length] = '/';
	memcpy(match->path + length + 1, name, size);
	match->path[length + 1 + size] = 0;
	code = walk(match, length + 1 + size, rest, parts - 1);
	match->path[length] = 0;
	return code;
}

static int list(struct match *match, size_t length, const char *part, const char *rest, int parts)
{
	DIR *directory = opendir(length ? match->path : "/");
	struct dirent *entry;
	int code = LG_GO_ON;

	while (directory && code == LG_GO_ON && match->left > 0 && match->looks-- > 0 &&
	       (entry = readdir(directory))) {
		if (!fnmatch(part, entry->d_name, FNM_PERIOD))
			code = enter(match, length, entry->d_name, strlen(entry->d_name), rest,
				     parts);
	}
	if (directory)
		closedir(directory);
	return code;
}

/* `rest` is empty or starts with a slash. */
static int walk(struct match *match, size_t length, const char *rest, int parts)
{
	char part[NAME_MAX + 1];
	size_t size;

	while (*rest == '/')
		rest++;
	if (!*rest) {
		if (match->left <= 0 || access(match->path, F_OK))
			return LG_GO_ON;
		match->left--;
		return match->found(match->arg, match->path);
	}
	size = strcspn(rest, "/");
	if (!parts || size >= sizeof(part))
		return LG_GO_ON;
	memcpy(part, rest, size);
	part[size] = 0;
	if (strpbrk(part, "*?["))
		return list(match, length, part, rest + size, parts);
	return enter(match, length, part, size, rest + size, parts);
}

int lg_match(const char *pattern, int (*found)(void *arg, const char *path), void *arg)
{
	struct match match = {.found = found, .arg = arg, .left = MATCHES_MAX, .looks = LOOKS_MAX};

	return *pattern == '/' ? walk(&match, 0, pattern, PARTS_MAX) : LG_GO_ON;
}
