/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What a spool says of itself; spool_test.py has what becomes of its files. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "field_check.h"
#include "spool.h"

static bool refuses_writes;

static ssize_t write_or_not(void *arg, int fd, const void *bytes, size_t size, off_t at)
{
	return refuses_writes ? -EIO : lg_posix_disk.write(arg, fd, bytes, size, at);
}

/* A report of which a byte is another, on a disk that then takes no writes. */
static void test_damaged(int directory, const struct lg_disk *disk)
{
	static const struct lg_spool_caps caps = {.bytes = 8192, .report = 1024};
	static const uint8_t id[LG_REPORT_ID] = {1};
	struct lg_buffer report = {0};
	struct lg_spool spool;
	int rc = lg_spool_open(&spool, disk, directory, &caps), file;

	if (!rc)
		rc = lg_spool_put(&spool, id, "a report", 8, 1);
	file = openat(directory, "r0000000000000001", O_WRONLY | O_CLOEXEC);
	check("spool", "a report is in its file",
	      !rc && spool.count == 1 && pwrite(file, "b", 1, LG_SPOOL_HEADER) == 1);
	close(file);
	refuses_writes = true;
	rc = lg_spool_read(&spool, 0, &report);
	check("spool", "a damaged one that cannot be set aside stays, and is not said to be gone",
	      rc && rc != -EBADMSG && spool.count == 1 && !spool.ledger.counts.damaged);
	refuses_writes = false;
	rc = lg_spool_read(&spool, 0, &report);
	check("spool", "and is gone once it can",
	      rc == -EBADMSG && !spool.count && spool.ledger.counts.damaged == 1);
	lg_buffer_free(&report);
	lg_spool_close(&spool);
}

void test_spool(void)
{
	char path[] = "/tmp/latgate-spool-XXXXXX";
	struct lg_disk disk = lg_posix_disk;
	int directory;

	if (!mkdtemp(path))
		abort();
	disk.write = write_or_not;
	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	test_damaged(directory, &disk);
	unlinkat(directory, "x0000000000000001", 0);
	unlinkat(directory, "ledger", 0);
	close(directory);
	rmdir(path);
}
