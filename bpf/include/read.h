/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Reading kernel memory where a plain CO-RE read would be wrong. */
#ifndef LATGATE_READ_H
#define LATGATE_READ_H

/*
 * A pointer field, read by helper. A pointer is 8 bytes to BPF and 4 on a
 * 32-bit kernel: BPF_CORE_READ() would take its neighbour for the upper half.
 */
#define lg_read_pointer(src, field)                                                                \
	({                                                                                         \
		void *pointer_ = NULL;                                                             \
		bpf_core_read(&pointer_, bpf_core_field_size((src)->field), &(src)->field);        \
		pointer_;                                                                          \
	})

#endif
