/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "sparse_buckets.h"

void lg_append_leb128(struct lg_buffer *buffer, uint64_t value)
{
	uint8_t bytes[10];
	size_t n = 0;

	do {
		bytes[n] = value & 0x7f;
		value >>= 7;
		if (value)
			bytes[n] |= 0x80;
		n++;
	} while (value);
	lg_buffer_append(buffer, bytes, n);
}

void lg_append_buckets(struct lg_buffer *buffer, const uint64_t *buckets, size_t count)
{
	size_t previous = 0;

	for (size_t i = 0; i < count; i++) {
		if (!buckets[i])
			continue;
		lg_append_leb128(buffer, i - previous);
		lg_append_leb128(buffer, buckets[i]);
		previous = i;
	}
}
