/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* A report's file: names and bytes. */
#ifndef LATGATE_FIELD_SPOOL_FILE_H
#define LATGATE_FIELD_SPOOL_FILE_H

#include <stdbool.h>

#include "durable.h"
#include "spool.h"

enum lg_spool_name {
	LG_SPOOL_OTHER, /* not the spool's own */
	LG_SPOOL_REPORT, /* r and the number in 16 hexadecimal digits */
	LG_SPOOL_SET_ASIDE, /* x and the number */
	LG_SPOOL_UNFINISHED,
};

enum lg_spool_name lg_spool_name_read(const char *name, uint64_t *number);
void lg_spool_name_write(char name[LG_NAME_MAX], enum lg_spool_name kind, uint64_t number);

void lg_spool_file_write(struct lg_buffer *file, const struct lg_spool_entry *entry,
			 const void *report);
/* False when it is torn or changed, or not of this number. */
bool lg_spool_file_read(const struct lg_buffer *file, uint64_t number, struct lg_spool_entry *out);

#endif
