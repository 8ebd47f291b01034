/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Stacks: a count per pair of traces and label, and the traces in maps of their
 * own. User traces keep the build-id of the file that is mapped where they
 * lead, so that they mean something when the process is gone.
 */
#ifndef LATGATE_STACK_H
#define LATGATE_STACK_H

/* struct bpf_stack_build_id of include/uapi/linux/bpf.h. */
struct lg_user_frame {
	int status;
	unsigned char build_id[20];
	lg_u64 offset;
};

#define LG_KERNEL_TRACES(name, n)                                                                  \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_STACK_TRACE);                                            \
		__uint(max_entries, n);                                                            \
		__uint(key_size, sizeof(lg_u32));                                                  \
		__uint(value_size, LG_STACK_DEPTH * sizeof(lg_u64));                               \
	} name SEC(".maps")

#define LG_USER_TRACES(name, n)                                                                    \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_STACK_TRACE);                                            \
		__uint(map_flags, BPF_F_STACK_BUILD_ID);                                           \
		__uint(max_entries, n);                                                            \
		__uint(key_size, sizeof(lg_u32));                                                  \
		__uint(value_size, LG_STACK_DEPTH * sizeof(struct lg_user_frame));                 \
	} name SEC(".maps")

/* As lg_record_count(), of a span that lg_end() gave: its duration is what it weighs. */
static __always_inline void lg_record_span_count(struct lg_count *count, const struct lg_span *span,
						 struct lg_counters *c)
{
	c->end_offset_sum += span->start_offset_ns;
	lg_record_count(count, span->duration_ns, c);
}

#endif
