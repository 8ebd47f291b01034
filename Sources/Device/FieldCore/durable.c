/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { READ_STEP = 4096 };

static int write_all(const struct lg_disk *disk, int fd, const uint8_t *bytes, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = disk->write(disk->arg, fd, bytes + done, size - done, (off_t)done);

		if (n <= 0)
			return n ? (int)n : -ENOSPC;
		done += (size_t)n;
	}
	return 0;
}

/* A write may be reported as late as by close(). */
static int write_file(const struct lg_disk *disk, int directory, const char *name,
		      const void *bytes, size_t size)
{
	int fd = disk->open(disk->arg, directory, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int rc, closed;

	if (fd < 0)
		return fd;
	rc = write_all(disk, fd, bytes, size);
	if (!rc)
		rc = disk->sync(disk->arg, fd);
	closed = disk->close(disk->arg, fd);
	return rc ? rc : closed;
}

int lg_durable_replace(const struct lg_disk *disk, int directory, const char *name,
		       const void *bytes, size_t size)
{
	char unfinished[LG_NAME_MAX + sizeof(LG_UNFINISHED)];
	int rc;

	snprintf(unfinished, sizeof(unfinished), "%s" LG_UNFINISHED, name);
	rc = write_file(disk, directory, unfinished, bytes, size);
	if (!rc)
		rc = disk->rename(disk->arg, directory, unfinished, name);
	if (rc) {
		disk->unlink(disk->arg, directory, unfinished);
		return rc;
	}
	return disk->sync(disk->arg, directory);
}

int lg_durable_remove(const struct lg_disk *disk, int directory, const char *name)
{
	int rc = disk->unlink(disk->arg, directory, name);

	if (rc == -ENOENT)
		return 0;
	return rc ? rc : disk->sync(disk->arg, directory);
}

static int read_open(const struct lg_disk *disk, int fd, size_t most, struct lg_buffer *out)
{
	for (;;) {
		uint8_t step[READ_STEP];
		ssize_t n = disk->read(disk->arg, fd, step, sizeof(step), (off_t)out->size);

		if (n <= 0)
			return (int)n;
		if (out->size + (size_t)n > most)
			return -EFBIG;
		lg_buffer_append(out, step, (size_t)n);
		if (out->failed)
			return -ENOMEM;
	}
}

int lg_durable_read(const struct lg_disk *disk, int directory, const char *name, size_t most,
		    struct lg_buffer *out)
{
	int fd = disk->open(disk->arg, directory, name, O_RDONLY | O_NONBLOCK, 0);
	int rc;

	lg_buffer_reset(out);
	if (fd < 0)
		return fd;
	rc = read_open(disk, fd, most, out);
	disk->close(disk->arg, fd);
	return rc;
}

uint32_t lg_crc32(uint32_t crc, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	crc = ~crc;
	while (size--) {
		crc ^= *at++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320U & -(crc & 1));
	}
	return ~crc;
}

#define SEAL_FORMAT "crc %08x\n"
enum { SEAL_SIZE = 13 };

void lg_seal(struct lg_buffer *text)
{
	char line[SEAL_SIZE + 1];

	snprintf(line, sizeof(line), SEAL_FORMAT, lg_crc32(0, text->data, text->size));
	lg_buffer_append(text, line, SEAL_SIZE);
}

int lg_unseal(struct lg_buffer *text)
{
	char line[SEAL_SIZE + 1];
	size_t size = text->size - SEAL_SIZE;

	if (text->size < SEAL_SIZE)
		return -EBADMSG;
	snprintf(line, sizeof(line), SEAL_FORMAT, lg_crc32(0, text->data, size));
	if (memcmp(text->data + size, line, SEAL_SIZE))
		return -EBADMSG;
	text->size = size;
	return 0;
}
