/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "folders.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "durable.h"
#include "report.h"

enum { OWN_S = 60 };

static int open_folder(int parent, const char *name)
{
	if (mkdirat(parent, name, 0700) && errno != EEXIST)
		return -1;
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Processes of an agent that was killed still let go of what they have. */
static bool own(int folder)
{
	const struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};

	for (int tries = 0; tries < OWN_S * 10; tries++) {
		if (!flock(folder, LOCK_EX | LOCK_NB))
			return true;
		if (errno != EWOULDBLOCK)
			return false;
		nanosleep(&pause, NULL);
	}
	return false;
}

bool lg_folders_open(struct lg_folders *folders, const struct lg_config *config, char why[LG_WHY])
{
	folders->state = open_folder(AT_FDCWD, config->state);
	if (folders->state < 0)
		return lg_refuse(why, "%s: %s", config->state, strerror(errno));
	folders->spool = open_folder(folders->state, "spool");
	if (folders->spool < 0)
		return lg_refuse(why, "%s/spool: %s", config->state, strerror(errno));
	/* Names that were just made are to be found after a power cut. */
	if (fsync(folders->state) || !own(folders->state))
		return lg_refuse(why, "%s: %s", config->state,
				 errno == EWOULDBLOCK ? "another field agent uses it"
						      : strerror(errno));
	return true;
}

int lg_spool_enter(struct lg_spool *spool, const struct lg_folders *folders,
		   const struct lg_config *config)
{
	const struct lg_spool_caps caps = {.bytes = config->spool_bytes,
					   .age_s = config->spool_age_s,
					   .report = LG_REPORT_MOST};
	/* A lock belongs to what was opened, which children share: this process opens its own. */
	int fd = openat(folders->spool, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*spool = (struct lg_spool){.folder = -1, .ledger.fd = -1};
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX)) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	return lg_spool_open(spool, &lg_posix_disk, fd, &caps);
}

void lg_spool_leave(struct lg_spool *spool)
{
	int fd = spool->folder;

	lg_spool_close(spool);
	if (fd >= 0)
		close(fd);
}

bool lg_read_whole(const char *path, size_t most, struct lg_buffer *out, char why[LG_WHY])
{
	int rc = lg_durable_read(&lg_posix_disk, AT_FDCWD, path, most, out);

	return !rc || lg_refuse(why, "%s: %s", path, strerror(-rc));
}
