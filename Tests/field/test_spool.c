/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What a spool says of itself; spool_test.py has what becomes of its files. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attribute.h"
#include "durable.h"
#include "field_check.h"
#include "spool.h"
#include "spool_file.h"

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
	int rc = lg_spool_open(&spool, disk, directory, &caps, &(struct lg_moment){0}), file;

	if (!rc)
		rc = lg_spool_put(&spool, id, "a report", 8);
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

/* ---- ages */

static const struct lg_spool_caps aging = {.bytes = 8192, .age_s = 1000, .report = 1024};

/* Opens the spool then, expires what is old, and says how many are left; with a report, puts it first. */
static size_t left_at(int directory, uint64_t boot, uint64_t s, const char *report)
{
	static const uint8_t id[LG_REPORT_ID] = {1};
	const struct lg_moment now = {boot, s};
	struct lg_spool spool;
	size_t left = 0;

	if (!lg_spool_open(&spool, &lg_posix_disk, directory, &aging, &now) &&
	    (!report || !lg_spool_put(&spool, id, report, strlen(report))) &&
	    !lg_spool_expire(&spool))
		left = spool.count;
	lg_spool_close(&spool);
	return left;
}

static void empty(int directory)
{
	static const char *const names[] = {"r0000000000000001", "r0000000000000002",
					    "r0000000000000003", "x0000000000000001", "ledger"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlinkat(directory, names[i], 0);
}

static void test_ages(int directory)
{
	check("spool", "a report is as old as the device was on since",
	      left_at(directory, 1, 50000, "a report") == 1 &&
		      left_at(directory, 1, 51000, NULL) == 1 &&
		      left_at(directory, 1, 51001, NULL) == 0);
	empty(directory);
	/* 10 s are seen of the first boot, 200 of the second, 791 of the third. */
	check("spool", "over all boots, as far as they were seen",
	      left_at(directory, 1, 50000, "a report") == 1 &&
		      left_at(directory, 1, 50010, NULL) == 1 &&
		      left_at(directory, 2, 200, NULL) == 1 &&
		      left_at(directory, 3, 790, NULL) == 1 &&
		      left_at(directory, 3, 791, NULL) == 0);
	empty(directory);
	check("spool", "a boot whose number is not known makes none older than it is",
	      left_at(directory, 0, 50000, "a report") == 1 &&
		      left_at(directory, 0, 900, NULL) == 1 &&
		      left_at(directory, 0, 1000, NULL) == 1 &&
		      left_at(directory, 0, 1001, NULL) == 0);
	empty(directory);
	left_at(directory, 1, 900, "a report");
	left_at(directory, 2, 900, "another");
	unlinkat(directory, "ledger", 0);
	check("spool", "without a ledger ages begin with the youngest's",
	      left_at(directory, 3, 10, NULL) == 2 && left_at(directory, 3, 110, NULL) == 2 &&
		      left_at(directory, 3, 111, NULL) == 1);
	empty(directory);
}

/* What the agent before this one left: files dated by the clock of the wall, a ledger without a time. */
static void test_earlier(int directory)
{
	enum { UNTIMED = 104, COUNTED = 16, BLOCK = 4096 };
	const struct lg_spool_entry entry = {.number = 1, .created_s = 86400, .size = 8};
	uint8_t slot[BLOCK] = {'L', 'L', 'G', '1', [8] = 7, [COUNTED] = 5};
	struct lg_buffer file = {0};
	struct lg_spool spool;

	lg_spool_file_write(&file, &entry, "a report");
	file.data[4] = 1;
	lg_store_le(file.data + LG_SPOOL_HEADER - 4,
		    lg_crc32(lg_crc32(0, file.data, LG_SPOOL_HEADER - 4),
			     file.data + LG_SPOOL_HEADER, 8),
		    4);
	lg_store_le(slot + 4, lg_crc32(0, slot + 8, UNTIMED - 8), 4);
	lg_durable_replace(&lg_posix_disk, directory, "r0000000000000001", file.data, file.size);
	lg_durable_replace(&lg_posix_disk, directory, "ledger", slot, sizeof(slot));
	lg_buffer_free(&file);
	check("spool", "an earlier agent's report never grows old",
	      left_at(directory, 1, 1, NULL) == 1 && left_at(directory, 1, 9000000, NULL) == 1);
	check("spool", "and its counts go on",
	      !lg_spool_open(&spool, &lg_posix_disk, directory, &aging,
			     &(struct lg_moment){1, 9000001}) &&
		      spool.ledger.counts.written == 5 && spool.ledger.generation > 7 &&
		      spool.ledger.on_s == 9000001);
	lg_spool_close(&spool);
	empty(directory);
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
	empty(directory);
	test_ages(directory);
	test_earlier(directory);
	close(directory);
	rmdir(path);
}
