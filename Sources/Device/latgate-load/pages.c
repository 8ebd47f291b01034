/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "pages.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "loop.h"

int lg_pages_map(struct lg_pages *pages, lg_u64 mib)
{
	void *start;

	pages->page = (lg_u64)sysconf(_SC_PAGESIZE);
	pages->bytes = mib << 20;
	pages->count = pages->bytes / pages->page;
	if (pages->bytes > SIZE_MAX / 2)
		return lg_unavailable("--mib is more than this process can address", 0);
	start = mmap(NULL, (size_t)pages->bytes, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (start == MAP_FAILED)
		return lg_unavailable("the memory of --mib cannot be mapped", errno);
	/* Fails on kernels without huge pages, which is as good. */
	madvise(start, (size_t)pages->bytes, MADV_NOHUGEPAGE);
	pages->start = start;
	return 0;
}

void lg_pages_drop(struct lg_pages *pages)
{
	madvise((void *)pages->start, (size_t)pages->bytes, MADV_DONTNEED);
}
