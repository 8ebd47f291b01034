/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Files that are there whole or not at all, whatever ends the process or the
 * power: written under another name, fsynced, renamed, and the directory fsynced.
 */
#ifndef LATGATE_FIELD_DURABLE_H
#define LATGATE_FIELD_DURABLE_H

#include "buffer.h"
#include "disk.h"

/* Ends the names of files that are being written. */
#define LG_UNFINISHED ".tmp"

enum { LG_NAME_MAX = 96 }; /* bytes of a name, with the NUL */

/* 0, or -errno: then the old file is as it was, unless only the directory could not be synced. */
int lg_durable_replace(const struct lg_disk *disk, int directory, const char *name,
		       const void *bytes, size_t size);
/* Removes a name for good; 0 also when there is none. */
int lg_durable_remove(const struct lg_disk *disk, int directory, const char *name);
/* A whole file of at most `most` bytes; 0, -ENOENT, -EFBIG or another -errno. */
int lg_durable_read(const struct lg_disk *disk, int directory, const char *name, size_t most,
		    struct lg_buffer *out);

/* CRC-32 (ISO-HDLC, as in zlib) of bytes, continued from `crc`; begin with 0. */
uint32_t lg_crc32(uint32_t crc, const void *bytes, size_t size);

/*
 * A small file of lines that ends with the line "crc" and the CRC of what is
 * above it in 8 hexadecimal digits. Reading gives -EBADMSG when it does not.
 */
void lg_seal(struct lg_buffer *text);
int lg_unseal(struct lg_buffer *text);

#endif
