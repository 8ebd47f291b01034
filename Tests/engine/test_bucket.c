/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The bucket function is the same in the kernel and here. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "harness.h"

static int in_kernel(int fd, lg_u64 value)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &value, .ctx_size_in = sizeof(value));

	return bpf_prog_test_run_opts(fd, &opts) ? -errno : (int)opts.retval;
}

static void compare(int fd, lg_u64 value, int *compared, lg_u64 *differs)
{
	(*compared)++;
	if (in_kernel(fd, value) != (int)lg_bucket(value))
		*differs = value;
}

void test_bucket(void)
{
	struct bpf_program *program;
	struct bpf_object *object;
	lg_u64 differs = ~0ULL, spread = 1;
	int compared = 0, fd;
	size_t size;
	void *bytes = object_bytes("bucket", &size);

	printf("# bucket\n");
	object = bpf_object__open_mem(bytes, size, NULL);
	if (!object || bpf_object__load(object)) {
		check(false, "load", "bucket.o");
		return;
	}
	program = bpf_object__next_program(object, NULL);
	fd = bpf_program__fd(program);
	for (int bit = 0; bit < 64; bit++) {
		for (int delta = -1; delta <= 1; delta++)
			compare(fd, (1ULL << bit) + (lg_u64)(lg_u64)delta, &compared, &differs);
	}
	for (int i = 0; i < 2000; i++) {
		spread = spread * 6364136223846793005ULL + 1442695040888963407ULL;
		compare(fd, spread >> (i % 60), &compared, &differs);
	}
	check(compared == 2192 && differs == ~0ULL, "BPF and C agree on the bucket",
	      "of %llu: %d, not %u", (unsigned long long)differs, in_kernel(fd, differs),
	      lg_bucket(differs));
	check(lg_bucket(31) == 31 && lg_bucket(32) == 32 && lg_bucket(33) == 32 &&
		      lg_bucket(LG_HIST_MAX_VALUE) == LG_HIST_BUCKETS - 1 &&
		      lg_bucket(~0ULL) == LG_HIST_BUCKETS - 1,
	      "edges of the layout", "%u", lg_bucket(33));
	bpf_object__close(object);
	free(bytes);
}
