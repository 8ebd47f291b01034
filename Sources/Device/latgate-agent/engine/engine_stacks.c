/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Stacks (bpf/include/stack.h): ids of a count's key, resolved to the traces that were kept. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>

#include "engine_internal.h"

static const struct lg_map *traces(const struct lg_probe *probe, const struct lg_metric *metric,
				   const char *side, size_t frame)
{
	char name[sizeof(metric->map->name) + 16];
	const struct lg_map *map;

	snprintf(name, sizeof(name), LG_MAP_TRACES "%s_%s", metric->map->name + 2, side);
	map = lg_find_map(probe, name);
	if (!map || map->type != BPF_MAP_TYPE_STACK_TRACE || map->key_size != sizeof(lg_u32) ||
	    map->value_size != LG_STACK_DEPTH * frame)
		return NULL;
	return map;
}

int lg_traces_bind(const struct lg_probe *probe, struct lg_metric *metric, struct lg_error *err)
{
	metric->kernel_traces = traces(probe, metric, "kernel", sizeof(lg_u64));
	metric->user_traces = traces(probe, metric, "user", sizeof(struct bpf_stack_build_id));
	if (metric->map->key_size < sizeof(struct lg_stack_ids) ||
	    (!metric->kernel_traces && !metric->user_traces))
		return lg_fail(err, LG_ERR_OBJECT,
			       "probe %s: map %s has no maps of traces: declare them with "
			       "LG_KERNEL_TRACES or LG_USER_TRACES",
			       probe->name, metric->map->name);
	return 0;
}

/* How many frames there are; -1: the trace was lost. A task may have none of a side. */
static int resolve(const struct lg_map *map, int id, void *frames, size_t frame_size)
{
	static const unsigned char none[sizeof(struct bpf_stack_build_id)];
	lg_u32 key = (lg_u32)id;
	int count = 0;

	if (!map || id == -EFAULT)
		return 0;
	if (id < 0 || bpf_map_lookup_elem(map->fd, &key, frames))
		return -1;
	/* An address, or a status, of 0 is behind the end. */
	while (count < LG_STACK_DEPTH &&
	       memcmp((const char *)frames + (size_t)count * frame_size, none, frame_size))
		count++;
	return count;
}

int lg_stack_read(const struct lg_metric *metric, const void *key, const struct lg_count *count,
		  const struct lg_reader *reader)
{
	lg_u64 kernel[LG_STACK_DEPTH] = {0};
	struct bpf_stack_build_id user[LG_STACK_DEPTH] = {0};
	struct lg_stack_ids ids;
	struct lg_stack stack = {.key = (const char *)key + sizeof(ids),
				 .key_size = metric->map->key_size - sizeof(ids),
				 .count = *count,
				 .kernel = kernel,
				 .user = user};
	int in_kernel, in_user;

	memcpy(&ids, key, sizeof(ids));
	in_kernel = resolve(metric->kernel_traces, ids.kernel, kernel, sizeof(kernel[0]));
	in_user = resolve(metric->user_traces, ids.user, user, sizeof(user[0]));
	stack.kernel_frames = in_kernel < 0 ? 0 : (size_t)in_kernel;
	stack.user_frames = in_user < 0 ? 0 : (size_t)in_user;
	stack.lost = in_kernel < 0 || in_user < 0;
	return reader->stack(reader->arg, metric->id, &stack);
}
