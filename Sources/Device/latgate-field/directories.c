/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "directories.h"

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

static int open_directory(int parent, const char *name)
{
	if (mkdirat(parent, name, 0700) && errno != EEXIST)
		return -1;
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Processes of an agent that was killed still let go of what they have. */
static bool own(int directory)
{
	const struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};

	for (int tries = 0; tries < OWN_S * 10; tries++) {
		if (!flock(directory, LOCK_EX | LOCK_NB))
			return true;
		if (errno != EWOULDBLOCK)
			return false;
		nanosleep(&pause, NULL);
	}
	return false;
}

bool lg_directories_open(struct lg_directories *directories, const struct lg_config *config,
			 char why[LG_WHY])
{
	directories->state = open_directory(AT_FDCWD, config->state);
	if (directories->state < 0)
		return lg_refuse(why, "%s: %s", config->state, strerror(errno));
	directories->spool = open_directory(directories->state, "spool");
	if (directories->spool < 0)
		return lg_refuse(why, "%s/spool: %s", config->state, strerror(errno));
	/* Names that were just made are to be found after a power cut. */
	if (fsync(directories->state) || !own(directories->state))
		return lg_refuse(why, "%s: %s", config->state,
				 errno == EWOULDBLOCK ? "another field agent uses it"
						      : strerror(errno));
	return true;
}

int lg_spool_enter(struct lg_spool *spool, const struct lg_directories *directories,
		   const struct lg_config *config)
{
	const struct lg_spool_caps caps = {.bytes = config->spool_bytes,
					   .age_s = config->spool_age_s,
					   .report = LG_REPORT_MOST};
	/* A lock belongs to what was opened, which children share: this process opens its own. */
	int fd = openat(directories->spool, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*spool = (struct lg_spool){.directory = -1, .ledger.fd = -1};
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
	int fd = spool->directory;

	lg_spool_close(spool);
	if (fd >= 0)
		close(fd);
}

bool lg_read_whole(const char *path, size_t most, struct lg_buffer *out, char why[LG_WHY])
{
	int rc = lg_durable_read(&lg_posix_disk, AT_FDCWD, path, most, out);

	return !rc || lg_refuse(why, "%s: %s", path, strerror(-rc));
}
