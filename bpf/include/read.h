/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Reading kernel memory where a plain CO-RE read would be wrong. */
#ifndef LATGATE_READ_H
#define LATGATE_READ_H

/*
 * A pointer field, read by helper, that can be compared. A pointer is 8 bytes
 * to BPF and 4 on a 32-bit kernel: BPF_CORE_READ() takes its neighbour for the
 * upper half, which the kernel ignores when it follows it and a test for NULL
 * does not.
 */
#define lg_read_pointer(src, field)                                                                \
	({                                                                                         \
		void *pointer_ = NULL;                                                             \
		bpf_core_read(&pointer_, bpf_core_field_size((src)->field), &(src)->field);        \
		pointer_;                                                                          \
	})

#endif
