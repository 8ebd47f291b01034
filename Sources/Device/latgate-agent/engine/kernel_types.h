/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The kernel's types as far as an object asks for them. The whole of them is a
 * file of 3 to 6 MB, which libbpf holds twice while it reads it. Here each type
 * that is not asked for becomes a declaration without a name, so that the
 * others keep the ids by which programs attach to tracepoints.
 */
#ifndef LATGATE_KERNEL_TYPES_H
#define LATGATE_KERNEL_TYPES_H

#include <stdbool.h>
#include <stddef.h>

struct btf;
struct bpf_object;

#define LG_KERNEL_TYPES "/sys/kernel/btf"

/*
 * Cuts the types in the file vmlinux of a directory, in which modules have theirs as well, for an
 * opened object (NULL: for what is asked of tasks alone): those of the names of
 * its own types and of its tracepoints, and what these lead to by members that it names. NULL where
 * the whole is needed: a module has one of the names, or the file is not as expected. Its owner
 * frees it by btf__free().
 */
struct btf *lg_types_cut(const char *directory, const struct bpf_object *object);

/*
 * Lends the types to the libbpf that this program is linked with, for one bpf_object__load(); takes
 * them over. Where libbpf is a shared library it reads the kernel's own.
 */
void lg_types_lend(struct btf *types);
void lg_types_lend_end(void);

#endif
