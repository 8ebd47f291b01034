/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "trust_file.h"

#include <errno.h>
#include <string.h>

#include "attribute.h"
#include "durable.h"

#define NAME "trust"

enum {
	MAGIC = 0x5254474c,
	VERSION = 1,
	MOST = LG_ROOT_MOST + LG_TIMESTAMP_MOST + LG_SNAPSHOT_MOST + LG_TARGETS_MOST + 64,
};

static void put_number(struct lg_buffer *out, uint64_t value, size_t bytes)
{
	uint8_t le[8];

	lg_store_le(le, value, bytes);
	lg_buffer_append(out, le, bytes);
}

/* u32 magic, u32 version, u64 seen, four times u32 size and a file, u32 CRC of all before. */
int lg_trust_save(const struct lg_trust *trust, const struct lg_disk *disk, int directory)
{
	const struct lg_buffer *files[] = {&trust->root, &trust->timestamp, &trust->snapshot,
					   &trust->targets};
	struct lg_buffer out = {0};
	int rc = -ENOMEM;

	put_number(&out, MAGIC, 4);
	put_number(&out, VERSION, 4);
	put_number(&out, trust->seen_s, 8);
	for (size_t i = 0; i < 4; i++) {
		out.failed |= files[i]->failed;
		put_number(&out, files[i]->size, 4);
		lg_buffer_append(&out, files[i]->data, files[i]->size);
	}
	put_number(&out, lg_crc32(0, out.data, out.size), 4);
	if (!out.failed)
		rc = lg_durable_replace(disk, directory, NAME, out.data, out.size);
	lg_buffer_free(&out);
	return rc;
}

static bool take_file(struct lg_cursor *in, struct lg_buffer *out)
{
	const uint8_t *bytes;
	uint32_t size;

	if (!lg_cursor_u32(in, &size) || !lg_cursor_take(in, size, &bytes))
		return false;
	lg_buffer_append(out, bytes, size);
	return !out->failed;
}

static bool parse(struct lg_trust *trust, const struct lg_buffer *file)
{
	struct lg_cursor in = {file->data, file->size};
	uint32_t magic, version, crc;

	if (!lg_cursor_u32(&in, &magic) || !lg_cursor_u32(&in, &version) ||
	    !lg_cursor_u64(&in, &trust->seen_s) || magic != MAGIC || version != VERSION ||
	    !take_file(&in, &trust->root) || !take_file(&in, &trust->timestamp) ||
	    !take_file(&in, &trust->snapshot) || !take_file(&in, &trust->targets))
		return false;
	return lg_cursor_u32(&in, &crc) && !in.left &&
	       crc == lg_crc32(0, file->data, file->size - 4) && trust->root.size;
}

static bool use_anchor(struct lg_trust *trust, const void *anchor, size_t size, char why[LG_WHY])
{
	struct lg_meta root;

	lg_trust_free(trust);
	*trust = (struct lg_trust){0};
	if (!lg_meta_read(&root, "root", anchor, size, why) ||
	    !lg_meta_signed(&root, &root, "root", why))
		return false;
	lg_buffer_append(&trust->root, anchor, size);
	return !trust->root.failed || lg_refuse(why, "root: no memory");
}

bool lg_trust_open(struct lg_trust *trust, const struct lg_disk *disk, int directory,
		   const void *anchor, size_t anchor_size, bool *damaged, char why[LG_WHY])
{
	struct lg_buffer file = {0};
	int rc = lg_durable_read(disk, directory, NAME, MOST, &file);
	bool good = !rc;

	*trust = (struct lg_trust){0};
	*damaged = false;
	if (good)
		good = parse(trust, &file);
	lg_buffer_free(&file);
	trust->kept_s = trust->seen_s;
	if (good)
		return true;
	*damaged = rc != -ENOENT;
	return use_anchor(trust, anchor, anchor_size, why);
}
