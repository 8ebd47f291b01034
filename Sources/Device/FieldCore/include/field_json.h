/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Canonical JSON (OLPC) in untrusted bytes: no white space, keys in strictly
 * ascending order, whole numbers only, printable ASCII, and no escapes but \"
 * and \\. What is signed has one spelling, so that a signature is over the
 * bytes as they stand. Nothing is copied: a value is a part of the document.
 */
#ifndef LATGATE_FIELD_JSON_H
#define LATGATE_FIELD_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LG_JSON_DEPTH = 16 };

/* A value, from its first to its last byte; size 0 = none. */
struct lg_json {
	const char *at;
	size_t size;
};

/*
 * Reads the whole document once. NULL, or what is wrong with it (static text).
 * The other functions take values of a document that was found good only.
 */
const char *lg_json_read(struct lg_json *out, const void *bytes, size_t size);

/* The value of a key; size 0 when there is none, or `object` is no object. */
struct lg_json lg_json_member(struct lg_json object, const char *key);

/* Each value of an object or an array in turn; nothing for others. */
struct lg_json_walk {
	struct lg_json left;
	struct lg_json key; /* of an object: with its quotes */
	bool keyed;
};

struct lg_json_walk lg_json_begin(struct lg_json container);
bool lg_json_next(struct lg_json_walk *walk, struct lg_json *value);

/* Each is false when the value is of another kind, or out of range. */
bool lg_json_u64(struct lg_json value, uint64_t most, uint64_t *out);
bool lg_json_bool(struct lg_json value, bool *out);
bool lg_json_is_object(struct lg_json value);
bool lg_json_is_array(struct lg_json value);
/* A NUL-terminated copy without escapes; false when it has `size` bytes or more. */
bool lg_json_text(struct lg_json value, char *out, size_t size);
/* Exactly n bytes, written as 2n lower-case hexadecimal digits. */
bool lg_json_hex(struct lg_json value, uint8_t *out, size_t n);
/* Whether it is this string, which has no escapes. */
bool lg_json_is(struct lg_json value, const char *text);

#endif
