/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "directories.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "durable.h"
#include "report.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

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

/* The boot's random id, as far as a number holds it; its dashes are left out. */
static uint64_t boot_number(void)
{
	char text[48], digits[17];
	int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	size_t count = 0;

	if (fd >= 0)
		close(fd);
	for (ssize_t i = 0; i < n && count < sizeof(digits) - 1; i++) {
		if (strchr("0123456789abcdef", text[i]))
			digits[count++] = text[i];
	}
	digits[count] = 0;
	return strtoull(digits, NULL, 16);
}

int lg_spool_enter(struct lg_spool *spool, const struct lg_directories *directories,
		   const struct lg_config *config)
{
	const struct lg_spool_caps caps = {.bytes = config->spool_bytes,
					   .age_s = config->spool_age_s,
					   .report = LG_REPORT_MOST};
	/* A lock belongs to what was opened, which children share: this process opens its own. */
	int fd = openat(directories->spool, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;
	struct lg_moment now = {.boot = boot_number()};

	*spool = (struct lg_spool){.directory = -1, .ledger.fd = -1};
	if (fd < 0)
		return -errno;
	do
		rc = flock(fd, LOCK_EX) ? -errno : 0;
	while (rc == -EINTR);
	if (rc) {
		close(fd);
		return rc;
	}
	/* Once the other process is out: time goes on while it is waited for. */
	now.s = lg_clock_ns(CLOCK_BOOTTIME) / LG_NS_PER_S;
	return lg_spool_open(spool, &lg_posix_disk, fd, &caps, &now);
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
