/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "meta.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "utc.h"

enum { TEXT = 64 };

bool lg_refuse(char why[LG_WHY], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, LG_WHY, format, args);
	va_end(args);
	return false;
}

bool lg_meta_read(struct lg_meta *out, const char *type, const void *bytes, size_t size,
		  char why[LG_WHY])
{
	struct lg_json file;
	char text[TEXT];
	const char *wrong = lg_json_read(&file, bytes, size);

	*out = (struct lg_meta){0};
	if (wrong)
		return lg_refuse(why, "%s: not canonical JSON: %s", type, wrong);
	out->signatures = lg_json_member(file, "signatures");
	out->body = lg_json_member(file, "signed");
	if (!lg_json_is_array(out->signatures) || !lg_json_is_object(out->body))
		return lg_refuse(why, "%s: signatures or signed is missing", type);
	if (!lg_json_is(lg_json_member(out->body, "_type"), type))
		return lg_refuse(why, "%s: it is metadata of another role", type);
	if (!lg_json_text(lg_json_member(out->body, "spec_version"), text, sizeof(text)) ||
	    strncmp(text, "1.", 2))
		return lg_refuse(why, "%s: spec_version is not 1", type);
	if (!lg_json_u64(lg_json_member(out->body, "version"), UINT32_MAX, &out->version) ||
	    !out->version)
		return lg_refuse(why, "%s: version is not in 1-4294967295", type);
	if (!lg_json_text(lg_json_member(out->body, "expires"), text, sizeof(text)) ||
	    !lg_utc_read(text, &out->expires_s))
		return lg_refuse(why, "%s: expires is no UTC time", type);
	return true;
}

/* ---- signatures */

struct role {
	uint8_t ids[LG_META_KEYS][LG_KEY_ID];
	size_t count;
	uint64_t threshold;
};

static bool read_role(struct role *role, const struct lg_meta *root, const char *name,
		      char why[LG_WHY])
{
	struct lg_json said = lg_json_member(lg_json_member(root->body, "roles"), name), id;
	struct lg_json_walk ids = lg_json_begin(lg_json_member(said, "keyids"));

	role->count = 0;
	if (!lg_json_u64(lg_json_member(said, "threshold"), LG_META_KEYS, &role->threshold) ||
	    !role->threshold)
		return lg_refuse(why, "root: the role %s has no threshold in 1-16", name);
	while (lg_json_next(&ids, &id)) {
		if (role->count == LG_META_KEYS ||
		    !lg_json_hex(id, role->ids[role->count], LG_KEY_ID))
			return lg_refuse(why, "root: keyids of %s are no key ids, or over 16",
					 name);
		for (size_t i = 0; i < role->count; i++) {
			if (!memcmp(role->ids[i], role->ids[role->count], LG_KEY_ID))
				return lg_refuse(why, "root: %s has a key id twice", name);
		}
		role->count++;
	}
	if (role->count < role->threshold)
		return lg_refuse(why, "root: %s has fewer keys than its threshold", name);
	return true;
}

/* The key of an id: its id has to be its hash, so that one key has one id. */
static bool public_key(const struct lg_meta *root, const uint8_t id[LG_KEY_ID],
		       uint8_t out[crypto_sign_PUBLICKEYBYTES])
{
	char hex[2 * LG_KEY_ID + 1];
	uint8_t hash[crypto_hash_sha256_BYTES];
	struct lg_json key;

	sodium_bin2hex(hex, sizeof(hex), id, LG_KEY_ID);
	key = lg_json_member(lg_json_member(root->body, "keys"), hex);
	if (!key.size || !lg_json_is(lg_json_member(key, "keytype"), "ed25519") ||
	    !lg_json_is(lg_json_member(key, "scheme"), "ed25519"))
		return false;
	crypto_hash_sha256(hash, (const uint8_t *)key.at, key.size);
	return !memcmp(hash, id, sizeof(hash)) &&
	       lg_json_hex(lg_json_member(lg_json_member(key, "keyval"), "public"), out,
			   crypto_sign_PUBLICKEYBYTES);
}

static bool verifies(const struct lg_meta *meta, const struct lg_meta *root,
		     const uint8_t id[LG_KEY_ID], struct lg_json signature)
{
	uint8_t key[crypto_sign_PUBLICKEYBYTES], bytes[crypto_sign_BYTES];

	return lg_json_hex(signature, bytes, sizeof(bytes)) && public_key(root, id, key) &&
	       !crypto_sign_verify_detached(bytes, (const uint8_t *)meta->body.at, meta->body.size,
					    key);
}

bool lg_meta_signed(const struct lg_meta *meta, const struct lg_meta *root, const char *name,
		    char why[LG_WHY])
{
	struct lg_json_walk walk = lg_json_begin(meta->signatures);
	uint8_t seen[LG_META_SIGNATURES][LG_KEY_ID];
	size_t count = 0, good = 0;
	struct lg_json signature;
	struct role role;

	if (!read_role(&role, root, name, why))
		return false;
	while (lg_json_next(&walk, &signature)) {
		if (count == LG_META_SIGNATURES ||
		    !lg_json_hex(lg_json_member(signature, "keyid"), seen[count], LG_KEY_ID))
			return lg_refuse(why, "%s: over 32 signatures, or one without a key id",
					 name);
		for (size_t i = 0; i < count; i++) {
			if (!memcmp(seen[i], seen[count], LG_KEY_ID))
				return lg_refuse(why, "%s: two signatures of one key", name);
		}
		for (size_t i = 0; i < role.count; i++) {
			if (!memcmp(role.ids[i], seen[count], LG_KEY_ID))
				good += verifies(meta, root, seen[count],
						 lg_json_member(signature, "sig"));
		}
		count++;
	}
	if (good < role.threshold)
		return lg_refuse(why, "%s: signed by %zu of the %llu keys that root demands", name,
				 good, (unsigned long long)role.threshold);
	return true;
}

/* ---- what one file says of another */

bool lg_meta_file(struct lg_json files, const char *name, struct lg_meta_file *out)
{
	struct lg_json said = lg_json_member(files, name);
	struct lg_json version = lg_json_member(said, "version");
	struct lg_json length = lg_json_member(said, "length");
	struct lg_json hash = lg_json_member(lg_json_member(said, "hashes"), "sha256");

	*out = (struct lg_meta_file){.length = UINT64_MAX, .hashed = hash.size};
	return lg_json_is_object(said) &&
	       (!version.size || lg_json_u64(version, UINT32_MAX, &out->version)) &&
	       (!length.size || lg_json_u64(length, UINT32_MAX, &out->length)) &&
	       (!hash.size || lg_json_hex(hash, out->sha256, sizeof(out->sha256)));
}

bool lg_meta_file_is(const struct lg_meta_file *file, const void *bytes, size_t size)
{
	uint8_t hash[crypto_hash_sha256_BYTES];

	if (file->length != UINT64_MAX && file->length != size)
		return false;
	crypto_hash_sha256(hash, bytes, size);
	return !file->hashed || !memcmp(hash, file->sha256, sizeof(hash));
}
