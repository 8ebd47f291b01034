/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Rows of events: an array on each CPU, filled from its beginning (bpf/include/event.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "engine_internal.h"

struct table {
	const struct lg_probe *probe;
	const struct lg_metric *metric;
	int cpus;
	lg_u64 *used; /* rows of each CPU */
	unsigned char *values; /* one row of each CPU */
	unsigned char *rows; /* of each CPU, max_entries of them */
	lg_u32 row_size, room;
};

static bool count_rows(struct table *t)
{
	lg_u32 index = t->metric->counters_index;

	if (bpf_map_lookup_elem(t->probe->rows->fd, &index, t->used))
		return false;
	for (int cpu = 0; cpu < t->cpus; cpu++) {
		if (t->used[cpu] > t->metric->map->max_entries)
			t->used[cpu] = t->metric->map->max_entries;
		if (t->used[cpu] > t->room)
			t->room = (lg_u32)t->used[cpu];
	}
	return true;
}

/* Of as many rows as the fullest CPU has, each is read for all CPUs at once. */
static bool gather(struct table *t)
{
	for (lg_u32 index = 0; index < t->room; index++) {
		if (bpf_map_lookup_elem(t->metric->map->fd, &index, t->values))
			return false;
		for (int cpu = 0; cpu < t->cpus; cpu++)
			memcpy(t->rows + ((size_t)cpu * t->room + index) * t->row_size,
			       t->values + (size_t)cpu * t->row_size, t->row_size);
	}
	return true;
}

static long hand_over(const struct table *t, const struct lg_reader *reader, struct lg_error *err)
{
	long total = 0;

	for (int cpu = 0; cpu < t->cpus; cpu++) {
		if (t->used[cpu] && reader->rows(reader->arg, t->metric->id,
						 t->rows + (size_t)cpu * t->room * t->row_size,
						 t->row_size, t->used[cpu]))
			return lg_fail(err, LG_ERR_INTERNAL, "reading was stopped by its receiver");
		total += (long)t->used[cpu];
	}
	return total;
}

long lg_rows_read(const struct lg_probe *probe, const struct lg_metric *metric, int possible_cpus,
		  const struct lg_reader *reader, struct lg_error *err)
{
	struct table t = {.probe = probe,
			  .metric = metric,
			  .cpus = possible_cpus,
			  .row_size = metric->map->value_size};
	long total = -1;

	t.used = calloc(possible_cpus, sizeof(*t.used));
	t.values = calloc(possible_cpus, t.row_size);
	if (!t.used || !t.values) {
		lg_fail(err, LG_ERR_INTERNAL, "out of memory");
	} else if (!count_rows(&t)) {
		lg_fail(err, LG_ERR_INTERNAL, "probe %s: cannot read map " LG_MAP_ROWS ": %s",
			probe->name, strerror(errno));
	} else if (!(t.rows = calloc((size_t)possible_cpus * t.room + 1, t.row_size))) {
		lg_fail(err, LG_ERR_INTERNAL, "out of memory");
	} else if (!gather(&t)) {
		lg_fail(err, LG_ERR_INTERNAL, "probe %s: cannot read map %s: %s", probe->name,
			metric->map->name, strerror(errno));
	} else {
		total = hand_over(&t, reader, err);
	}
	free(t.rows);
	free(t.values);
	free(t.used);
	return total;
}
