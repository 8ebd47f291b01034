/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * A device that polls a repository once: usage: trust-driver STATE FILES, directories.
 * It brings FILES/1.root.json. Prints "updated" with the paths of targets,
 * "refused WHY" or "unreachable WHY".
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#include <sodium.h>

#include "durable.h"
#include "trust.h"

static enum lg_fetched fetch(void *arg, const char *path, size_t most, struct lg_buffer *out)
{
	switch (lg_durable_read(&lg_posix_disk, *(int *)arg, path, most, out)) {
	case 0:
		return LG_FETCHED;
	case -ENOENT:
		return LG_FETCH_ABSENT;
	case -EFBIG:
		return LG_FETCH_OVERSIZE;
	default:
		return LG_FETCH_FAILED;
	}
}

static bool print_path(void *arg, const char *path, const struct lg_meta_file *file)
{
	(void)arg;
	(void)file;
	printf(" %s", path);
	return true;
}

int main(int argc, char **argv)
{
	static const char *const words[] = {"updated", "refused", "unreachable", "unkept"};
	struct lg_buffer anchor = {0};
	struct lg_trust trust;
	char why[LG_WHY] = "";
	bool damaged;
	int state, files;
	enum lg_update how;

	if (argc != 3 || sodium_init() < 0)
		return 64;
	state = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	files = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lg_durable_read(&lg_posix_disk, files, "1.root.json", LG_ROOT_MOST, &anchor) ||
	    !lg_trust_open(&trust, &lg_posix_disk, state, anchor.data, anchor.size, &damaged,
			   why)) {
		fprintf(stderr, "trust-driver: %s\n", why);
		return 70;
	}
	how = lg_trust_update(&trust, &(struct lg_fetcher){&files, fetch}, &lg_posix_disk, state,
			      (uint64_t)time(NULL), why);
	printf("%s %s", words[how], how == LG_UPDATED ? "" : why);
	if (how == LG_UPDATED)
		lg_trust_targets(&trust, print_path, NULL);
	putchar('\n');
	lg_trust_free(&trust);
	lg_buffer_free(&anchor);
	return 0;
}
