/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "engine_internal.h"

/* Kernels before 5.5 cannot map an array: the whole section is replaced; programs never write it. */
static void push(const struct lg_bss *bss)
{
	lg_u32 zero = 0;

	if (!bss->mapped)
		bpf_map_update_elem(bpf_map__fd(bss->map), &zero, bss->bytes, BPF_ANY);
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
