/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * One metadata file of The Update Framework (specification 1.0), as read and
 * as signed. Signatures are Ed25519 over the bytes of "signed" as they stand,
 * which canonical JSON makes the canonical ones.
 */
#ifndef LATGATE_FIELD_META_H
#define LATGATE_FIELD_META_H

#include "field_json.h"

enum {
	LG_META_SIGNATURES = 32, /* that are looked at in a file */
	LG_META_KEYS = 16, /* of a role */
	LG_KEY_ID = 32, /* bytes: SHA-256 of the key's canonical JSON */
	LG_WHY = 192, /* bytes of a text that says why something was refused */
};

struct lg_meta {
	struct lg_json signatures, body; /* "signed" */
	uint64_t version, expires_s; /* Unix time */
};

/*
 * Reads a file of this "_type". False with `why`. The bytes have to outlive
 * *out. Nothing says yet that it is genuine.
 */
bool lg_meta_read(struct lg_meta *out, const char *type, const void *bytes, size_t size,
		  char why[LG_WHY]);

/* Whether as many different keys of `role` as root demands signed it. */
bool lg_meta_signed(const struct lg_meta *meta, const struct lg_meta *root, const char *role,
		    char why[LG_WHY]);

/* What a file says of another: "meta" of timestamp and snapshot, "targets" of targets. */
struct lg_meta_file {
	uint64_t version; /* 0 = not said */
	uint64_t length; /* bytes; UINT64_MAX = not said */
	bool hashed;
	uint8_t sha256[32];
};

/* False when `name` is not there, or malformed. */
bool lg_meta_file(struct lg_json files, const char *name, struct lg_meta_file *out);
/* Whether the bytes have the length and hash that were said. */
bool lg_meta_file_is(const struct lg_meta_file *file, const void *bytes, size_t size);

/* Notes why, as printf does; returns false. */
bool lg_refuse(char why[LG_WHY], const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
