/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Histogram buckets on the wire: LEB128 pairs of index step and count, empty buckets left out. */
#ifndef LATGATE_SPARSE_BUCKETS_H
#define LATGATE_SPARSE_BUCKETS_H

#include "buffer.h"

/* Unsigned LEB128: seven bits a byte, lowest first, the top bit set on all but the last. */
void lg_append_leb128(struct lg_buffer *buffer, uint64_t value);
/* The content of LG_ATTR_BUCKETS. The first pair has the index itself. */
void lg_append_buckets(struct lg_buffer *buffer, const uint64_t *buckets, size_t count);

#endif
