/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* An update, step by step as in section 5 of the specification. */
#include "trust.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "trust_file.h"

enum { PATH = 48, TIME_KEPT_S = 3600 };

struct update {
	struct lg_trust *trust;
	const struct lg_fetcher *fetcher;
	const struct lg_disk *disk;
	int directory;
	uint64_t now_s;
	char *why;
	enum lg_update result;
	struct lg_trust next; /* what is to be kept */
};

static bool end(struct update *update, enum lg_update result)
{
	update->result = result;
	return false;
}

static bool arrived(struct update *update, enum lg_fetched how, const char *path, size_t most,
		    const struct lg_buffer *out)
{
	switch (how) {
	case LG_FETCHED:
		if (!out->failed && out->size <= most)
			return true;
		lg_refuse(update->why, "%s: no memory", path);
		return end(update, LG_UPDATE_UNREACHABLE);
	case LG_FETCH_OVERSIZE:
		lg_refuse(update->why, "%s: over %zu bytes", path, most);
		return end(update, LG_UPDATE_REFUSED);
	case LG_FETCH_ABSENT:
		lg_refuse(update->why, "%s: not there", path);
		return end(update, LG_UPDATE_UNREACHABLE);
	case LG_FETCH_FAILED:
		break;
	}
	lg_refuse(update->why, "%s: could not be fetched", path);
	return end(update, LG_UPDATE_UNREACHABLE);
}

static enum lg_fetched fetch(struct update *update, const char *path, size_t most,
			     struct lg_buffer *out)
{
	lg_buffer_reset(out);
	return update->fetcher->fetch(update->fetcher->arg, path, most, out);
}

static bool read_meta(const struct lg_buffer *file, const char *type, struct lg_meta *out,
		      char why[LG_WHY])
{
	return lg_meta_read(out, type, file->data, file->size, why);
}

static bool fresh(const struct update *update, const struct lg_meta *meta, const char *type)
{
	return meta->expires_s > update->now_s ||
	       lg_refuse(update->why, "%s: version %" PRIu64 " has expired", type, meta->version);
}

static void take(struct lg_buffer *to, struct lg_buffer *from)
{
	lg_buffer_free(to);
	*to = *from;
	*from = (struct lg_buffer){0};
}

static void copy(struct lg_buffer *to, const struct lg_buffer *from)
{
	lg_buffer_reset(to);
	lg_buffer_append(to, from->data, from->size);
}

static bool same(const struct lg_buffer *a, const struct lg_buffer *b)
{
	return a->size == b->size && (!a->size || !memcmp(a->data, b->data, a->size));
}

static bool keep(struct update *update, const struct lg_trust *trust)
{
	int rc = lg_trust_save(trust, update->disk, update->directory);

	if (!rc)
		return true;
	lg_refuse(update->why, "the state could not be kept: %s", strerror(-rc));
	return end(update, LG_UPDATE_UNKEPT);
}

/* ---- 5.3: root */

static bool same_role(const struct lg_meta *a, const struct lg_meta *b, const char *role)
{
	struct lg_json one = lg_json_member(lg_json_member(a->body, "roles"), role);
	struct lg_json other = lg_json_member(lg_json_member(b->body, "roles"), role);

	/* Ids are hashes of keys: the same text means the same keys. */
	return one.size == other.size && !memcmp(one.at, other.at, one.size);
}

static bool root_follows(struct update *update, const struct lg_buffer *file, uint64_t version)
{
	struct lg_meta before, after;
	bool consistent;

	if (!read_meta(&update->trust->root, "root", &before, update->why) ||
	    !read_meta(file, "root", &after, update->why) ||
	    !lg_meta_signed(&after, &before, "root", update->why) ||
	    !lg_meta_signed(&after, &after, "root", update->why))
		return false;
	if (after.version != version)
		return lg_refuse(update->why,
				 "root: version %" PRIu64 " where %" PRIu64 " should be",
				 after.version, version);
	if (!lg_json_bool(lg_json_member(after.body, "consistent_snapshot"), &consistent) ||
	    !consistent)
		return lg_refuse(update->why, "root: without consistent_snapshot");
	copy(&update->next.root, file);
	copy(&update->next.timestamp, &update->trust->timestamp);
	copy(&update->next.snapshot, &update->trust->snapshot);
	copy(&update->next.targets, &update->trust->targets);
	update->next.seen_s = update->trust->seen_s;
	/* Who got hold of a key may have signed versions that none can follow on: they begin anew. */
	if (!same_role(&before, &after, "timestamp") || !same_role(&before, &after, "snapshot")) {
		lg_buffer_free(&update->next.timestamp);
		lg_buffer_free(&update->next.snapshot);
	}
	return true;
}

static void adopt(struct update *update)
{
	take(&update->trust->root, &update->next.root);
	take(&update->trust->timestamp, &update->next.timestamp);
	take(&update->trust->snapshot, &update->next.snapshot);
	take(&update->trust->targets, &update->next.targets);
	update->trust->seen_s = update->next.seen_s;
}

static bool update_roots(struct update *update)
{
	struct lg_buffer file = {0};
	bool good = true;

	for (int i = 0; i < LG_ROOTS_AT_ONCE && good; i++) {
		enum lg_fetched how;
		struct lg_meta root;
		char path[PATH];

		if (!read_meta(&update->trust->root, "root", &root, update->why)) {
			good = end(update, LG_UPDATE_REFUSED);
			break;
		}
		snprintf(path, sizeof(path), "%" PRIu64 ".root.json", root.version + 1);
		how = fetch(update, path, LG_ROOT_MOST, &file);
		if (how == LG_FETCH_ABSENT)
			break;
		if (!arrived(update, how, path, LG_ROOT_MOST, &file))
			good = false;
		else if (!root_follows(update, &file, root.version + 1))
			good = end(update, LG_UPDATE_REFUSED);
		else
			good = keep(update, &update->next);
		if (good)
			adopt(update);
	}
	lg_buffer_free(&file);
	return good;
}

/* ---- 5.4 to 5.6 */

/* A file of which is said what it is; the one that was kept will do when it is that. */
static bool get(struct update *update, const char *role, const struct lg_meta_file *said,
		size_t most, const struct lg_buffer *kept, struct lg_buffer *out)
{
	struct lg_meta old;
	char path[PATH], ignored[LG_WHY];

	if (kept->size && read_meta(kept, role, &old, ignored) && old.version == said->version &&
	    lg_meta_file_is(said, kept->data, kept->size)) {
		copy(out, kept);
		return true;
	}
	snprintf(path, sizeof(path), "%" PRIu64 ".%s.json", said->version, role);
	if (said->length < most)
		most = (size_t)said->length;
	return arrived(update, fetch(update, path, most, out), path, most, out);
}

static bool follows(struct update *update, const struct lg_meta *root, const char *role,
		    const struct lg_meta_file *said, const struct lg_buffer *file,
		    struct lg_meta *meta)
{
	if (!lg_meta_file_is(said, file->data, file->size))
		return lg_refuse(update->why, "%s: not the file that was signed for", role);
	if (!read_meta(file, role, meta, update->why) ||
	    !lg_meta_signed(meta, root, role, update->why))
		return false;
	if (meta->version != said->version)
		return lg_refuse(update->why,
				 "%s: version %" PRIu64 " where %" PRIu64 " was signed for", role,
				 meta->version, said->version);
	return fresh(update, meta, role);
}

/* What `file` says of `name`; its version may not be below the one that was kept. */
static bool names(struct update *update, const struct lg_meta *meta, const struct lg_buffer *kept,
		  const char *type, const char *name, struct lg_meta_file *said)
{
	struct lg_meta_file before;
	struct lg_meta old;
	char ignored[LG_WHY];

	if (!lg_meta_file(lg_json_member(meta->body, "meta"), name, said) || !said->version)
		return lg_refuse(update->why, "%s: does not say the version of %s", type, name);
	if (kept->size && read_meta(kept, type, &old, ignored) &&
	    lg_meta_file(lg_json_member(old.body, "meta"), name, &before) &&
	    said->version < before.version)
		return lg_refuse(update->why, "%s: rolls %s back to version %" PRIu64, type, name,
				 said->version);
	return true;
}

static bool update_timestamp(struct update *update, const struct lg_meta *root,
			     struct lg_meta *meta, struct lg_meta_file *snapshot)
{
	struct lg_meta old;
	char ignored[LG_WHY];
	enum lg_fetched how =
		fetch(update, "timestamp.json", LG_TIMESTAMP_MOST, &update->next.timestamp);

	if (!arrived(update, how, "timestamp.json", LG_TIMESTAMP_MOST, &update->next.timestamp))
		return false;
	if (!read_meta(&update->next.timestamp, "timestamp", meta, update->why) ||
	    !lg_meta_signed(meta, root, "timestamp", update->why))
		return end(update, LG_UPDATE_REFUSED);
	if (update->trust->timestamp.size &&
	    read_meta(&update->trust->timestamp, "timestamp", &old, ignored)) {
		if (meta->version < old.version) {
			lg_refuse(update->why, "timestamp: rolls back to version %" PRIu64,
				  meta->version);
			return end(update, LG_UPDATE_REFUSED);
		}
		/* One version has one content, the first that was seen. */
		if (meta->version == old.version) {
			copy(&update->next.timestamp, &update->trust->timestamp);
			if (!read_meta(&update->next.timestamp, "timestamp", meta, update->why))
				return end(update, LG_UPDATE_REFUSED);
		}
	}
	if (!names(update, meta, &update->trust->timestamp, "timestamp", "snapshot.json",
		   snapshot) ||
	    !fresh(update, meta, "timestamp"))
		return end(update, LG_UPDATE_REFUSED);
	return true;
}

static bool update_rest(struct update *update)
{
	struct lg_meta root = {0}, timestamp = {0}, snapshot = {0}, targets = {0};
	struct lg_meta_file said;

	if (!read_meta(&update->trust->root, "root", &root, update->why) ||
	    !fresh(update, &root, "root"))
		return end(update, LG_UPDATE_REFUSED);
	if (!update_timestamp(update, &root, &timestamp, &said) ||
	    !get(update, "snapshot", &said, LG_SNAPSHOT_MOST, &update->trust->snapshot,
		 &update->next.snapshot))
		return false;
	if (!follows(update, &root, "snapshot", &said, &update->next.snapshot, &snapshot) ||
	    !names(update, &snapshot, &update->trust->snapshot, "snapshot", "targets.json", &said))
		return end(update, LG_UPDATE_REFUSED);
	if (!get(update, "targets", &said, LG_TARGETS_MOST, &update->trust->targets,
		 &update->next.targets))
		return false;
	if (!follows(update, &root, "targets", &said, &update->next.targets, &targets))
		return end(update, LG_UPDATE_REFUSED);
	copy(&update->next.root, &update->trust->root);
	update->next.seen_s = update->now_s;
	/* The time alone is not worth a write at every poll. */
	if (!(same(&update->next.timestamp, &update->trust->timestamp) &&
	      same(&update->next.snapshot, &update->trust->snapshot) &&
	      same(&update->next.targets, &update->trust->targets) &&
	      update->now_s < update->trust->kept_s + TIME_KEPT_S)) {
		if (!keep(update, &update->next))
			return false;
		update->trust->kept_s = update->now_s;
	}
	adopt(update);
	return true;
}

enum lg_update lg_trust_update(struct lg_trust *trust, const struct lg_fetcher *fetcher,
			       const struct lg_disk *disk, int directory, uint64_t now_s,
			       char why[LG_WHY])
{
	struct update update = {.trust = trust,
				.fetcher = fetcher,
				.disk = disk,
				.directory = directory,
				.now_s = now_s > trust->seen_s ? now_s : trust->seen_s,
				.why = why,
				.result = LG_UPDATED};

	*why = 0;
	if (update_roots(&update))
		update_rest(&update);
	lg_trust_free(&update.next);
	return update.result;
}

void lg_trust_free(struct lg_trust *trust)
{
	lg_buffer_free(&trust->root);
	lg_buffer_free(&trust->timestamp);
	lg_buffer_free(&trust->snapshot);
	lg_buffer_free(&trust->targets);
}

/* ---- what it says */

void lg_trust_targets(const struct lg_trust *trust,
		      bool (*fn)(void *arg, const char *path, const struct lg_meta_file *file),
		      void *arg)
{
	char why[LG_WHY], path[128];
	struct lg_json files, value;
	struct lg_json_walk walk;
	struct lg_meta targets;

	if (!trust->targets.size || !read_meta(&trust->targets, "targets", &targets, why))
		return;
	files = lg_json_member(targets.body, "targets");
	walk = lg_json_begin(files);
	while (walk.keyed && lg_json_next(&walk, &value)) {
		struct lg_meta_file file;

		if (lg_json_text(walk.key, path, sizeof(path)) &&
		    lg_meta_file(files, path, &file) && !fn(arg, path, &file))
			return;
	}
}

bool lg_trust_lists(const struct lg_trust *trust, const char *list, const char *id)
{
	struct lg_json value;
	struct lg_json_walk walk;
	struct lg_meta timestamp;
	char why[LG_WHY];

	if (!trust->timestamp.size || !read_meta(&trust->timestamp, "timestamp", &timestamp, why))
		return false;
	walk = lg_json_begin(lg_json_member(timestamp.body, list));
	while (lg_json_next(&walk, &value)) {
		if (lg_json_is(value, id))
			return true;
	}
	return false;
}
