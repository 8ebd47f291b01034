/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The names that an object asks the kernel's types for. */
#ifndef LATGATE_TYPE_NAMES_H
#define LATGATE_TYPE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "probe_abi.h"

struct bpf_object;
struct lg_type_names;

enum { LG_TYPE_NAME = 256 }; /* bytes that are looked at, with the NUL */

/*
 * Of the object's own types, members and enumerators, up to "___", which its programs add; of the
 * tracepoints and functions in its sections, and what the ladder asks for. NULL without memory.
 */
struct lg_type_names *lg_type_names_of(const struct bpf_object *object);
void lg_type_names_free(struct lg_type_names *names);

/* Notes where the kernel's list of names has one: 1 if it is wanted, 0 if not, -1 without memory. */
int lg_type_names_place(struct lg_type_names *names, const char *text, lg_u32 place);
/* After the last place. */
void lg_type_names_sort(struct lg_type_names *names);

/* Whether a type is wanted by its name, which is then not missing. */
bool lg_type_names_found(struct lg_type_names *names, lg_u32 place);
/* Whether a type of that name is wanted and was not found. */
bool lg_type_names_missing_at(const struct lg_type_names *names, lg_u32 place);
bool lg_type_names_missing(const struct lg_type_names *names, const char *text, size_t most);

/* The place of a name among those that are kept: "?" of one that is not wanted, "" of none. */
lg_u32 lg_type_names_kept(const struct lg_type_names *names, lg_u32 place);
/* Bytes of those, and what they are. */
size_t lg_type_names_size(const struct lg_type_names *names);
void lg_type_names_write(const struct lg_type_names *names, char *out);

#endif
