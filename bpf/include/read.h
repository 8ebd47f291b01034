/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Reading fields of the kernel. What a field's declaration here says of its
 * size and sign is what most kernels have; the kernel at hand may keep it
 * narrower, wider, or as a bit-field. A plain CO-RE read follows the field's
 * place alone: by helper it takes neighbours for a part of the value, and
 * nothing reports it. So no probe reads a field in another way than these.
 *
 * `direct` is a constant: true where the struct came from a tp_btf argument
 * and the verifier lets its fields be loaded, false where they are read by
 * helper.
 */
#ifndef LATGATE_READ_H
#define LATGATE_READ_H

/* What is left of 64 bits by a field of the declared size, as relocations count them. */
#define lg_rest_bits(src, field) (64 - 8 * sizeof((src)->field))

/*
 * A load. Where the kernel's field is as declared it is one instruction, since
 * the condition is a constant once relocations are answered and the verifier
 * removes the other way.
 */
#define lg_load(src, field)                                                                        \
	({                                                                                         \
		u64 value_;                                                                        \
		if (__CORE_RELO(src, field, RSHIFT_U64) == lg_rest_bits(src, field))               \
			value_ = (src)->field;                                                     \
		else                                                                               \
			value_ = BPF_CORE_READ_BITFIELD(src, field);                               \
		value_;                                                                            \
	})

/*
 * The same by helper. libbpf refuses a load that does not fit the kernel's
 * field, which it cannot do here: a bit-field as wide as the declaration is
 * known by where it begins.
 */
#define lg_probe(src, field)                                                                       \
	({                                                                                         \
		typeof((src)->field) field_;                                                       \
		u64 value_;                                                                        \
		if (__CORE_RELO(src, field, LSHIFT_U64) == lg_rest_bits(src, field) &&             \
		    __CORE_RELO(src, field, RSHIFT_U64) == lg_rest_bits(src, field)) {             \
			bpf_core_read(&field_, sizeof(field_), &(src)->field);                     \
			value_ = field_;                                                           \
		} else {                                                                           \
			value_ = BPF_CORE_READ_BITFIELD_PROBED(src, field);                        \
		}                                                                                  \
		value_;                                                                            \
	})

/* An integer or an enumeration. */
#define lg_read(src, field, direct) ((direct) ? lg_load(src, field) : lg_probe(src, field))

/*
 * The same of a struct of which only the member's name is known, declared twice
 * by whoever includes this: <type>___span has it as a number, <type>___named as
 * an enumeration. Relocations take neither for the other; which the kernel has
 * is a constant.
 */
typedef enum { LG_NAMED } lg_named; /* without a tag, which would have to be the kernel's */

#define lg_read_number(type, src, field, direct)                                                   \
	({                                                                                         \
		struct type##___span *number_ = (void *)(src);                                     \
		struct type##___named *named_ = (void *)number_;                                   \
		bpf_core_field_exists(number_->field) ? lg_read(number_, field, direct)            \
						      : lg_read(named_, field, direct);            \
	})

/* The same, where the declaration is a bit-field. */
#define lg_read_bits(src, field, direct)                                                           \
	((direct) ? BPF_CORE_READ_BITFIELD(src, field) : BPF_CORE_READ_BITFIELD_PROBED(src, field))

/*
 * A pointer, by helper. It is 8 bytes to BPF and 4 on a 32-bit kernel:
 * BPF_CORE_READ() takes its neighbour for the upper half, which the kernel
 * ignores when it follows it and a test for NULL does not.
 */
#define lg_read_pointer(src, field)                                                                \
	({                                                                                         \
		typeof(src) from_ = (src);                                                         \
		void *pointer_ = NULL;                                                             \
		bpf_core_read(&pointer_, bpf_core_field_size(from_->field), &from_->field);        \
		pointer_;                                                                          \
	})

#endif
