// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* As other tools write theirs: nothing of latgate's own. A call of the test's is counted by who makes it. */
typedef unsigned int __u32;
typedef unsigned long long __u64;
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int(*name)[val]
#define __type(name, val) typeof(val) *name

static void *(*lookup)(void *map, const void *key) = (void *)1;
static long (*update)(void *map, const void *key, const void *value, __u64 flags) = (void *)2;
static __u64 (*current)(void) = (void *)14;

char LICENSE[] SEC("license") = "GPL";

struct hist {
	__u32 slots[8];
};

struct {
	__uint(type, 5); /* BPF_MAP_TYPE_PERCPU_HASH */
	__uint(max_entries, 64);
	__uint(pinning, 1); /* LIBBPF_PIN_BY_NAME, which is not to be done */
	__type(key, __u32);
	__type(value, struct hist);
} hists SEC(".maps");

/* More than can be read. */
struct {
	__uint(type, 2); /* BPF_MAP_TYPE_ARRAY */
	__uint(max_entries, 70000);
	__type(key, __u32);
	__type(value, __u32);
} many SEC(".maps");

/* The other tool says how many. */
struct {
	__uint(type, 1); /* BPF_MAP_TYPE_HASH */
	__type(key, __u32);
	__type(value, char[65536]);
} lg_open SEC(".maps");

const volatile __u32 wanted = LG_TEST_OP;
struct hist all = {};

static inline __attribute__((always_inline)) int count(long nr)
{
	__u32 process = current() >> 32;
	struct hist fresh = {}, *hist;

	if (nr != wanted)
		return 0;
	all.slots[3]++;
	hist = lookup(&hists, &process);
	if (!hist) {
		update(&hists, &process, &fresh, 1);
		hist = lookup(&hists, &process);
	}
	if (hist)
		hist->slots[5]++;
	return 0;
}

SEC("raw_tp/sys_enter") int counted(__u64 *ctx)
{
	return count(ctx[1]);
}

/* Of another kernel: not to be loaded. */
SEC("raw_tp/lg_absent") int absent(__u64 *ctx)
{
	return count(ctx[1]);
}
