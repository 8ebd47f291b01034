/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The variables that the agent writes for the programs. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "engine_internal.h"

static size_t mapped_size(const struct lg_bss *bss)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bss->map->value_size + page - 1) / page * page;
}

/*
 * libbpf maps .bss into its map only for skeletons (and from 1.4 on always),
 * so it is mapped here.
 */
int lg_bss_map(struct lg_probe *probe, const void *initial, struct lg_error *err)
{
	struct lg_bss *bss = &probe->bss;
	void *shared = MAP_FAILED;
	lg_u32 zero = 0;

	if (bss->map->flags & BPF_F_MMAPABLE)
		shared = mmap(NULL, mapped_size(bss), PROT_READ | PROT_WRITE, MAP_SHARED,
			      bss->map->fd, 0);
	bss->mapped = shared != MAP_FAILED;
	bss->bytes = bss->mapped ? shared : calloc(1, bss->map->value_size);
	if (!bss->bytes)
		return lg_fail(err, LG_ERR_INTERNAL, "out of memory");
	if (bss->mapped)
		return 0;
	if (initial)
		memcpy(bss->bytes, initial, bss->map->value_size);
	else
		bpf_map_lookup_elem(bss->map->fd, &zero, bss->bytes);
	return 0;
}

void lg_bss_free(struct lg_bss *bss)
{
	if (bss->mapped)
		munmap(bss->bytes, mapped_size(bss));
	else
		free(bss->bytes);
	bss->bytes = NULL;
}

lg_u32 lg_bss_u32(const struct lg_bss *bss, size_t offset)
{
	return __atomic_load_n((const lg_u32 *)(const void *)(bss->bytes + offset),
			       __ATOMIC_SEQ_CST);
}

/* Kernels before 5.5 cannot map an array: the whole section is replaced; programs never write it. */
static void push(const struct lg_bss *bss)
{
	lg_u32 zero = 0;

	if (!bss->mapped)
		bpf_map_update_elem(bss->map->fd, &zero, bss->bytes, BPF_ANY);
}

void lg_bss_store_u32(struct lg_bss *bss, size_t offset, lg_u32 value)
{
	__atomic_store_n((lg_u32 *)(void *)(bss->bytes + offset), value, __ATOMIC_SEQ_CST);
	push(bss);
}

/*
 * No single instruction on armv7, and none is needed: programs read these
 * only under a word that is stored afterwards.
 */
void lg_bss_store_u64(struct lg_bss *bss, size_t offset, lg_u64 value)
{
	memcpy(bss->bytes + offset, &value, sizeof(value));
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	push(bss);
}
