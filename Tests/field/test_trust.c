/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* A repository in memory, with keys of its own, and attacks on it. */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "durable.h"
#include "field_check.h"
#include "trust.h"

#define NOW 1800000000ULL /* 2027-01-15 */
#define LATER "2027-06-01T00:00:00Z"
#define PAST "2026-12-31T00:00:00Z"

/* ---- keys: 0-2 root, 3 timestamp, 4 snapshot, 5 targets, 6 and 7 for whoever wants one */

enum { KEYS = 8 };

static struct key {
	unsigned char public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
	char json[160], id[65];
} keys[KEYS];

static void make_keys(void)
{
	for (int i = 0; i < KEYS; i++) {
		unsigned char seed[crypto_sign_SEEDBYTES] = {(unsigned char)(i + 1)}, hash[32];
		char hex[65];

		crypto_sign_seed_keypair(keys[i].public, keys[i].secret, seed);
		sodium_bin2hex(hex, sizeof(hex), keys[i].public, sizeof(keys[i].public));
		snprintf(keys[i].json, sizeof(keys[i].json),
			 "{\"keytype\":\"ed25519\",\"keyval\":{\"public\":\"%s\"},\"scheme\":"
			 "\"ed25519\"}",
			 hex);
		crypto_hash_sha256(hash, (unsigned char *)keys[i].json, strlen(keys[i].json));
		sodium_bin2hex(keys[i].id, sizeof(keys[i].id), hash, sizeof(hash));
	}
}

static int by_id(const void *a, const void *b)
{
	return strcmp(keys[*(const int *)a].id, keys[*(const int *)b].id);
}

/* ---- files */

struct server {
	struct {
		char path[48];
		const char *bytes; /* a literal, or of format() */
	} files[24];
	size_t count;
	int fetched;
	bool unreachable;
};

/* What format() made, until the tests are over. */
static char **texts;
static size_t text_count;

static void free_texts(void)
{
	while (text_count)
		free(texts[--text_count]);
	free(texts);
	texts = NULL;
}

static char *format(const char *text, ...)
{
	va_list args;
	char *out = NULL;

	va_start(args, text);
	if (vasprintf(&out, text, args) < 0)
		abort();
	va_end(args);
	texts = realloc(texts, (text_count + 1) * sizeof(*texts));
	if (!texts)
		abort();
	return texts[text_count++] = out;
}

/* "signed" with signatures of the keys whose digits are in `by`. */
static char *sign(const char *body, const char *by)
{
	char *list = format("%s", "");

	for (; *by; by++) {
		const struct key *key = &keys[*by - '0'];
		unsigned char sig[crypto_sign_BYTES];
		char hex[2 * sizeof(sig) + 1];

		crypto_sign_detached(sig, NULL, (const unsigned char *)body, strlen(body),
				     key->secret);
		sodium_bin2hex(hex, sizeof(hex), sig, sizeof(sig));
		list = format("%s%s{\"keyid\":\"%s\",\"sig\":\"%s\"}", list, *list ? "," : "",
			      key->id, hex);
	}
	return format("{\"signatures\":[%s],\"signed\":%s}", list, body);
}

static void serve(struct server *server, const char *path, const char *bytes)
{
	size_t at = 0;

	while (at < server->count && strcmp(server->files[at].path, path))
		at++;
	if (at == server->count)
		server->count++;
	snprintf(server->files[at].path, sizeof(server->files[at].path), "%s", path);
	server->files[at].bytes = bytes;
}

static const char *served(const struct server *server, const char *path)
{
	for (size_t i = 0; i < server->count; i++) {
		if (!strcmp(server->files[i].path, path))
			return server->files[i].bytes;
	}
	return NULL;
}

static enum lg_fetched fetch(void *arg, const char *path, size_t most, struct lg_buffer *out)
{
	struct server *server = arg;
	const char *bytes = served(server, path);

	server->fetched++;
	if (server->unreachable)
		return LG_FETCH_FAILED;
	if (!bytes)
		return LG_FETCH_ABSENT;
	if (strlen(bytes) > most)
		return LG_FETCH_OVERSIZE;
	lg_buffer_append(out, bytes, strlen(bytes));
	return LG_FETCHED;
}

/* ---- metadata */

struct version {
	int root, timestamp, snapshot, targets;
	const char *root_keys; /* that may sign a root */
	int timestamp_key;
	const char *expires[4]; /* NULL = later */
	const char *signers[4]; /* NULL = those that may */
	const char *campaigns; /* members of targets */
	const char *revoked;
	int root_threshold;
};

static const char *expires(const struct version *v, int role)
{
	return v->expires[role] ? v->expires[role] : LATER;
}

static char *make_root(const struct version *v)
{
	int order[KEYS];
	char *all = format("%s", ""), *roots = format("%s", ""), *body;

	for (int i = 0; i < KEYS; i++)
		order[i] = i;
	qsort(order, KEYS, sizeof(order[0]), by_id);
	for (int i = 0; i < KEYS; i++)
		all = format("%s%s\"%s\":%s", all, *all ? "," : "", keys[order[i]].id,
			     keys[order[i]].json);
	for (const char *k = v->root_keys; *k; k++)
		roots = format("%s%s\"%s\"", roots, *roots ? "," : "", keys[*k - '0'].id);
	body = format(
		"{\"_type\":\"root\",\"consistent_snapshot\":true,\"expires\":\"%s\","
		"\"keys\":{%s},\"roles\":{\"root\":{\"keyids\":[%s],\"threshold\":%d},"
		"\"snapshot\":{\"keyids\":[\"%s\"],\"threshold\":1},\"targets\":{\"keyids\":"
		"[\"%s\"],\"threshold\":1},\"timestamp\":{\"keyids\":[\"%s\"],\"threshold\":1}"
		"},\"spec_version\":\"1.0.31\",\"version\":%d}",
		expires(v, 0), all, roots, v->root_threshold ? v->root_threshold : 2, keys[4].id,
		keys[5].id, keys[v->timestamp_key].id, v->root);
	return sign(body, v->signers[0] ? v->signers[0] : "01");
}

static char *meta_entry(const char *name, const char *bytes, int version)
{
	unsigned char hash[32];
	char hex[65];

	crypto_hash_sha256(hash, (const unsigned char *)bytes, strlen(bytes));
	sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	return format("{\"%s\":{\"hashes\":{\"sha256\":\"%s\"},\"length\":%zu,\"version\":%d}}",
		      name, hex, strlen(bytes), version);
}

static char *make_file(const struct version *v, int role, const char *type, int version,
		       const char *key, const char *value, const char *extra)
{
	static const char *const usual[] = {"01", NULL, "4", "5"};
	char timestamp_key[2] = {(char)('0' + v->timestamp_key), 0};
	char *body = format("{\"_type\":\"%s\",\"expires\":\"%s\",%s\"spec_version\":\"1.0.31\","
			    "%s\"version\":%d%s}",
			    type, expires(v, role), strcmp(key, "meta") ? "" : value,
			    strcmp(key, "meta") ? value : "", version, extra);
	const char *by = v->signers[role];

	if (!by)
		by = role == 1 ? timestamp_key : usual[role];
	return sign(body, by);
}

static void publish(struct server *server, const struct version *v)
{
	char path[48], *targets, *snapshot, *timestamp;

	targets = make_file(v, 3, "targets", v->targets, "targets",
			    format("\"targets\":{%s},", v->campaigns ? v->campaigns : ""), "");
	snapshot = make_file(
		v, 2, "snapshot", v->snapshot, "meta",
		format("\"meta\":%s,", meta_entry("targets.json", targets, v->targets)), "");
	timestamp = make_file(
		v, 1, "timestamp", v->timestamp, "meta",
		format("\"meta\":%s,", meta_entry("snapshot.json", snapshot, v->snapshot)),
		format(",\"x-latgate-paused\":[],\"x-latgate-revoked\":[%s]",
		       v->revoked ? v->revoked : ""));
	snprintf(path, sizeof(path), "%d.root.json", v->root);
	serve(server, path, make_root(v));
	snprintf(path, sizeof(path), "%d.targets.json", v->targets);
	serve(server, path, targets);
	snprintf(path, sizeof(path), "%d.snapshot.json", v->snapshot);
	serve(server, path, snapshot);
	serve(server, "timestamp.json", timestamp);
}

/* ---- a device */

struct device {
	struct lg_trust trust;
	int directory;
	char path[64];
	char why[LG_WHY];
	uint64_t now_s;
	struct lg_buffer before;
};

static const struct version first = {.root = 1,
				     .timestamp = 5,
				     .snapshot = 3,
				     .targets = 2,
				     .root_keys = "012",
				     .timestamp_key = 3};

static struct lg_buffer state_of(const struct device *device)
{
	struct lg_buffer out = {0};

	lg_durable_read(&lg_posix_disk, device->directory, "trust", 4 << 20, &out);
	return out;
}

static enum lg_update poll_once(struct device *device, struct server *server)
{
	struct lg_fetcher fetcher = {server, fetch};

	return lg_trust_update(&device->trust, &fetcher, &lg_posix_disk, device->directory,
			       device->now_s, device->why);
}

static void begin(struct device *device, struct server *server)
{
	char *root = make_root(&first), why[LG_WHY];
	bool damaged = true;

	*device = (struct device){.now_s = NOW};
	strcpy(device->path, "/tmp/latgate-trust-XXXXXX");
	if (!mkdtemp(device->path))
		abort();
	device->directory = open(device->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*server = (struct server){0};
	publish(server, &first);
	if (!lg_trust_open(&device->trust, &lg_posix_disk, device->directory, root, strlen(root),
			   &damaged, why) ||
	    damaged)
		check("trust", why, false);
}

static void end(struct device *device)
{
	lg_trust_free(&device->trust);
	lg_buffer_free(&device->before);
	unlinkat(device->directory, "trust", 0);
	close(device->directory);
	rmdir(device->path);
}

/* Refused with these words; neither the file nor what is in memory has changed. */
static void refused(const char *name, struct device *device, struct server *server,
		    const char *words)
{
	struct lg_buffer before = state_of(device), after;
	struct lg_buffer timestamp = {0}, root = {0};
	enum lg_update how;

	lg_buffer_append(&timestamp, device->trust.timestamp.data, device->trust.timestamp.size);
	lg_buffer_append(&root, device->trust.root.data, device->trust.root.size);
	how = poll_once(device, server);
	after = state_of(device);
	if (how != LG_UPDATE_REFUSED || !strstr(device->why, words))
		printf("note trust: %s: %d, %s\n", name, how, device->why);
	check("trust", name,
	      how == LG_UPDATE_REFUSED && strstr(device->why, words) && before.size == after.size &&
		      (!before.size || !memcmp(before.data, after.data, after.size)) &&
		      timestamp.size == device->trust.timestamp.size &&
		      (!timestamp.size ||
		       !memcmp(timestamp.data, device->trust.timestamp.data, timestamp.size)) &&
		      root.size == device->trust.root.size &&
		      !memcmp(root.data, device->trust.root.data, root.size));
	lg_buffer_free(&before);
	lg_buffer_free(&after);
	lg_buffer_free(&timestamp);
	lg_buffer_free(&root);
}

static void attack(const char *name, const struct version *v, const char *words)
{
	struct device device;
	struct server server;

	begin(&device, &server);
	if (poll_once(&device, &server) != LG_UPDATED)
		check("trust", device.why, false);
	publish(&server, v);
	refused(name, &device, &server, words);
	end(&device);
}

static struct version next(void)
{
	struct version v = first;

	v.timestamp++;
	v.snapshot++;
	v.targets++;
	return v;
}

static void test_attacks(void)
{
	struct version v = next();

	v.signers[1] = "6";
	attack("a timestamp of a foreign key", &v, "signed by 0 of the 1");
	v = next();
	v.signers[1] = "5";
	attack("a timestamp of the targets' key", &v, "signed by 0 of the 1");
	v = next();
	v.signers[3] = "3";
	attack("targets of the timestamp's key", &v, "signed by 0 of the 1");
	v = next();
	v.signers[2] = "";
	attack("a snapshot without signatures", &v, "signed by 0 of the 1");
	v = next();
	v.signers[3] = "55";
	attack("two signatures of one key", &v, "two signatures of one key");
	v = first;
	v.timestamp = 4;
	attack("an older timestamp", &v, "rolls back to version 4");
	v = first;
	v.timestamp = 6;
	v.snapshot = 2;
	attack("a newer timestamp of an older snapshot", &v, "rolls snapshot.json back");
	v = next();
	v.targets = 1;
	attack("a newer snapshot of older targets", &v, "rolls targets.json back");
	for (int role = 1; role < 4; role++) {
		v = next();
		v.expires[role] = PAST;
		attack(role == 1   ? "an expired timestamp"
		       : role == 2 ? "an expired snapshot"
				   : "expired targets",
		       &v, "has expired");
	}
	v = next();
	v.root = 2;
	v.signers[0] = "0";
	attack("a root with one of two signatures", &v, "root: signed by 1 of the 2");
	v = next();
	v.root = 2;
	v.root_keys = "067";
	v.signers[0] = "67";
	attack("a root that only its own keys signed", &v, "root: signed by 0 of the 2");
	v.signers[0] = "01";
	attack("a root that only the old keys signed", &v, "root: signed by 1 of the 2");
	v = next();
	v.root = 2;
	v.root_threshold = 4;
	attack("a root with fewer keys than its threshold", &v, "fewer keys");
	v = next();
	v.root = 2;
	v.root_keys = "0012";
	attack("a root with a key twice", &v, "twice");
}

/* What a server may do without any key. */
static void test_server(void)
{
	struct device device;
	struct server server, other = {0};
	struct version v = next();
	char *big;

	begin(&device, &server);
	check("trust", "a first poll", poll_once(&device, &server) == LG_UPDATED);
	publish(&other, &v);
	serve(&server, "timestamp.json", served(&other, "timestamp.json"));
	check("trust", "a timestamp whose snapshot is held back",
	      poll_once(&device, &server) == LG_UPDATE_UNREACHABLE && device.trust.timestamp.size);
	serve(&server, "4.snapshot.json", served(&server, "3.snapshot.json"));
	refused("an old snapshot under a new name", &device, &server, "not the file");
	serve(&server, "4.snapshot.json", served(&other, "4.snapshot.json"));
	serve(&server, "3.targets.json", served(&server, "2.targets.json"));
	refused("old targets under a new name", &device, &server, "not the file");
	big = format("%s%*s", served(&other, "3.targets.json"), 10, "");
	serve(&server, "3.targets.json", big);
	refused("targets that are longer than was signed", &device, &server, "over");
	big = format("%*s", LG_TIMESTAMP_MOST + 1, "");
	serve(&server, "timestamp.json", big);
	refused("a timestamp without end", &device, &server, "over 16384 bytes");
	serve(&server, "timestamp.json", "{\"signatures\":[],\"signed\":{}}");
	refused("a timestamp without anything", &device, &server, "another role");
	serve(&server, "timestamp.json", served(&server, "1.root.json"));
	refused("a root as timestamp", &device, &server, "another role");
	serve(&server, "2.root.json", served(&server, "1.root.json"));
	refused("an old root as a new one", &device, &server, "version 1 where 2 should be");
	server.unreachable = true;
	check("trust", "no server", poll_once(&device, &server) == LG_UPDATE_UNREACHABLE);
	end(&device);
}

static bool collect(void *arg, const char *path, const struct lg_meta_file *file)
{
	char *all = arg;

	(void)file;
	strcat(strcat(all, path), " ");
	return true;
}

static void test_polls(void)
{
	static const char entry[] = "{\"hashes\":{\"sha256\":\"00000000000000000000000000000000"
				    "00000000000000000000000000000000\"},\"length\":9}";
	struct device device;
	struct server server;
	struct version v = next();
	char all[256] = "", why[LG_WHY], *root = make_root(&first);
	struct lg_trust again;
	bool damaged = false;
	int fetched;

	begin(&device, &server);
	v.campaigns = format("\"campaigns/a.json\":%s,\"campaigns/b.json\":%s", entry, entry);
	v.revoked = "\"b\"";
	publish(&server, &v);
	check("trust", "a poll", poll_once(&device, &server) == LG_UPDATED);
	lg_trust_targets(&device.trust, collect, all);
	check("trust", "the campaigns", !strcmp(all, "campaigns/a.json campaigns/b.json "));
	check("trust", "which are revoked",
	      lg_trust_lists(&device.trust, "x-latgate-revoked", "b") &&
		      !lg_trust_lists(&device.trust, "x-latgate-revoked", "a") &&
		      !lg_trust_lists(&device.trust, "x-latgate-paused", "b"));
	fetched = server.fetched;
	check("trust", "a poll without news fetches a root and a timestamp only",
	      poll_once(&device, &server) == LG_UPDATED && server.fetched == fetched + 2);

	check("trust", "what was kept is there again",
	      lg_trust_open(&again, &lg_posix_disk, device.directory, root, strlen(root), &damaged,
			    why) &&
		      !damaged && again.seen_s == NOW &&
		      again.targets.size == device.trust.targets.size &&
		      !memcmp(again.targets.data, device.trust.targets.data, again.targets.size));
	lg_trust_free(&again);

	/* The key of the timestamp was stolen and has signed the last version there can be. */
	v = next();
	v.timestamp = INT32_MAX;
	publish(&server, &v);
	check("trust", "a timestamp far ahead", poll_once(&device, &server) == LG_UPDATED);
	v = next();
	v.root = 2;
	v.timestamp_key = 7;
	publish(&server, &v);
	check("trust", "a root with a new key of the timestamp begins versions anew",
	      poll_once(&device, &server) == LG_UPDATED &&
		      strstr((char *)device.trust.root.data, "\"version\":2"));
	v.timestamp_key = 3;
	v.timestamp = 90;
	v.root = 9;
	publish(&server, &v);
	refused("the key that was replaced", &device, &server, "signed by 0 of the 1");

	/* A new root stays, though what comes after it is refused. */
	v = next();
	v.root = 3;
	v.timestamp_key = 7;
	v.timestamp = 1;
	publish(&server, &v);
	check("trust", "a new root is kept though the timestamp rolls back",
	      poll_once(&device, &server) == LG_UPDATE_REFUSED &&
		      strstr((char *)device.trust.root.data, "\"version\":3") &&
		      device.trust.timestamp.size);
	/* Freeze: the same files again and again, until they expire. */
	v.timestamp = 7;
	publish(&server, &v);
	check("trust", "fresh yet", poll_once(&device, &server) == LG_UPDATED);
	device.now_s = NOW + 180ULL * 86400;
	refused("files that are the same for half a year", &device, &server, "has expired");
	/* A device whose clock begins in 1970 takes the time that it has seen. */
	device.now_s = 0;
	v.timestamp = 8;
	v.expires[1] = PAST;
	publish(&server, &v);
	refused("an expired timestamp, without a clock", &device, &server, "has expired");
	end(&device);
}

static void test_kept(void)
{
	struct device device;
	struct server server;
	struct lg_trust again;
	struct lg_buffer state;
	char *root = make_root(&first), why[LG_WHY];
	bool damaged = false, good;
	size_t survived = 0;

	begin(&device, &server);
	poll_once(&device, &server);
	state = state_of(&device);
	for (size_t at = 0; at < state.size; at += 97) {
		state.data[at] ^= 0x10;
		lg_durable_replace(&lg_posix_disk, device.directory, "trust", state.data,
				   state.size);
		state.data[at] ^= 0x10;
		good = lg_trust_open(&again, &lg_posix_disk, device.directory, root, strlen(root),
				     &damaged, why);
		survived += !good || !damaged || again.timestamp.size;
		lg_trust_free(&again);
	}
	for (size_t size = 0; size < state.size; size += 97) {
		lg_durable_replace(&lg_posix_disk, device.directory, "trust", state.data, size);
		good = lg_trust_open(&again, &lg_posix_disk, device.directory, root, strlen(root),
				     &damaged, why);
		survived += !good || !damaged || again.timestamp.size;
		lg_trust_free(&again);
	}
	check("trust", "a state that is torn or changed is known, and the firmware's root taken",
	      state.size > 1000 && !survived);
	root[strlen(root) / 2] ^= 1;
	check("trust", "a root of the firmware that does not verify",
	      !lg_trust_open(&again, &lg_posix_disk, device.directory, root, strlen(root), &damaged,
			     why));
	lg_trust_free(&again);
	lg_buffer_free(&state);
	end(&device);
}

void test_trust(void)
{
	make_keys();
	test_attacks();
	test_server();
	test_polls();
	test_kept();
	free_texts();
}
