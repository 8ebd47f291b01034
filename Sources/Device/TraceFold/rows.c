/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

void lg_rows_free(struct lg_rows *rows)
{
	free(rows->bytes);
	free(rows->used);
	memset(rows, 0, sizeof(*rows));
}

void lg_rows_clear(struct lg_rows *rows)
{
	free(rows->bytes);
	free(rows->used);
	rows->bytes = NULL;
	rows->used = NULL;
	rows->count = rows->room = 0;
}

unsigned char *lg_rows_add(struct lg_rows *rows, lg_u32 cpu, lg_u32 cpus)
{
	unsigned char *row;

	if (!rows->used)
		rows->used = calloc(cpus, sizeof(*rows->used));
	if (!rows->used || cpu >= cpus || rows->used[cpu] >= rows->limit)
		return NULL;
	if (rows->count == rows->room) {
		size_t room = rows->room ? rows->room * 2 : 16;

		row = realloc(rows->bytes, room * rows->row_size);
		if (!row)
			return NULL;
		rows->bytes = row;
		rows->room = room;
	}
	rows->used[cpu]++;
	row = rows->bytes + rows->count++ * rows->row_size;
	memset(row, 0, rows->row_size);
	return row;
}
