/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "kernel_types.h"
#include "probe_abi.h"
#include "type_names.h"

enum {
	CHUNK = 65536, /* bytes of the file that are read at a time, from beginning to end */
	PAGE = 4096, /* and here and there */
	TYPES_MOST = 1 << 22,
	FILE_MOST = 64 << 20, /* bytes; kernels have 3 to 6 MB */
	NAMELESS = 1, /* offset of "?" among the names of what is cut */
};

/* Of a file that is read piece by piece. */
struct source {
	int fd;
	unsigned char *bytes;
	size_t room, step, at, have;
	size_t types, types_end, names, names_end; /* places in the file */
};

struct cut {
	struct source file;
	struct lg_type_names *names;
	lg_u32 *places; /* of types by id, from source.types; 0 is void */
	lg_u32 count; /* of ids */
	lg_u8 *kept; /* a bit by id */
	lg_u8 *begins,
		*wanted; /* a bit by byte of the names: where one begins, and one that is wanted */
	lg_u32 *waiting; /* ids whose own types are not followed yet */
	size_t waits, waiting_room;
	size_t more; /* bytes of the kept types beyond those of a declaration each */
	bool failed; /* no memory, or the file is not as expected */
};

static bool bit(const lg_u8 *bits, size_t at)
{
	return bits[at / 8] >> at % 8 & 1;
}

static void set_bit(lg_u8 *bits, size_t at)
{
	bits[at / 8] |= (lg_u8)(1 << at % 8);
}

/* So many bytes at a place, until the next call; NULL at the end or without memory. */
static const void *look(struct source *file, size_t place, size_t length)
{
	size_t most;
	ssize_t n;

	if (place >= file->at && place + length <= file->at + file->have)
		return file->bytes + (place - file->at);
	if (length > file->room) {
		unsigned char *bytes = realloc(file->bytes, length);

		if (!bytes)
			return NULL;
		file->bytes = bytes;
		file->room = length;
	}
	file->at = place;
	file->have = 0;
	most = length > file->step ? length : file->step;
	/* The kernel gives a page at a time. */
	while (file->have < most) {
		n = pread(file->fd, file->bytes + file->have, most - file->have,
			  (off_t)(place + file->have));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		file->have += (size_t)n;
	}
	return length <= file->have ? file->bytes : NULL;
}

static bool open_source(struct source *file, const char *path)
{
	const struct btf_header *header;
	lg_u64 types, types_end, names, names_end;
	struct stat st;

	file->fd = open(path, O_RDONLY | O_CLOEXEC);
	file->bytes = malloc(CHUNK);
	file->room = file->step = CHUNK;
	if (file->fd < 0 || !file->bytes || fstat(file->fd, &st))
		return false;
	header = look(file, 0, sizeof(*header));
	if (!header || header->magic != BTF_MAGIC || header->version != BTF_VERSION)
		return false;
	types = (lg_u64)header->hdr_len + header->type_off;
	types_end = types + header->type_len;
	names = (lg_u64)header->hdr_len + header->str_off;
	names_end = names + header->str_len;
	/* Types are read where they stand, as words. */
	if (header->hdr_len < sizeof(*header) || types % sizeof(lg_u32) || types_end > names ||
	    names_end > (lg_u64)st.st_size || names_end > FILE_MOST)
		return false;
	file->types = (size_t)types;
	file->types_end = (size_t)types_end;
	file->names = (size_t)names;
	file->names_end = (size_t)names_end;
	return true;
}

static void close_source(struct source *file)
{
	if (file->fd >= 0)
		close(file->fd);
	free(file->bytes);
}

/* Bytes of a type; 0: of a kind that is not known here. */
static size_t size_of(const struct btf_type *type)
{
	const size_t count = btf_vlen(type);

	switch (btf_kind(type)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return sizeof(*type) + sizeof(lg_u32);
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return sizeof(*type);
	case BTF_KIND_ARRAY:
		return sizeof(*type) + sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return sizeof(*type) + count * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return sizeof(*type) + count * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return sizeof(*type) + count * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return sizeof(*type) + count * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return sizeof(*type) + count * sizeof(struct btf_var_secinfo);
	default:
		return 0;
	}
}

/* Whether it is a type that a program may name. */
static bool is_named(const struct btf_type *type)
{
	switch (btf_kind(type)) {
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_FWD:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_FUNC:
		return type->name_off;
	default:
		return false;
	}
}

/* Finds the wanted names among the kernel's, and where names begin. */
static bool find_names(struct cut *cut)
{
	struct source *file = &cut->file;
	size_t length = file->names_end - file->names;

	cut->begins = calloc(1, length / 8 + 1);
	cut->wanted = calloc(1, length / 8 + 1);
	if (!cut->begins || !cut->wanted)
		return false;
	for (size_t at = 0; at < length;) {
		size_t left = length - at, most = left < LG_TYPE_NAME ? left : LG_TYPE_NAME, size;
		const char *text = look(file, file->names + at, most);

		if (!text)
			return false;
		set_bit(cut->begins, at);
		size = strnlen(text, most);
		if (size < most) {
			int found = lg_type_names_place(cut->names, text, (lg_u32)at);

			if (found < 0)
				return false;
			if (found)
				set_bit(cut->wanted, at);
		}
		/* A longer one is not wanted. */
		while (size == most && at + size < length) {
			at += size;
			left = length - at;
			most = left < LG_TYPE_NAME ? left : LG_TYPE_NAME;
			text = look(file, file->names + at, most);
			if (!text)
				return false;
			size = strnlen(text, most);
		}
		at += size + 1;
	}
	lg_type_names_sort(cut->names);
	return true;
}

static void keep(struct cut *cut, lg_u32 id)
{
	if (!id || cut->failed || id >= cut->count) {
		cut->failed |= id >= cut->count;
		return;
	}
	if (bit(cut->kept, id))
		return;
	if (cut->waits == cut->waiting_room) {
		size_t room = cut->waiting_room ? 2 * cut->waiting_room : 256;
		lg_u32 *waiting = realloc(cut->waiting, room * sizeof(*waiting));

		cut->failed |= !waiting;
		if (!waiting)
			return;
		cut->waiting = waiting;
		cut->waiting_room = room;
	}
	set_bit(cut->kept, id);
	cut->waiting[cut->waits++] = id;
}

/* Lists all types, and keeps those that have a wanted name. */
static bool find_types(struct cut *cut)
{
	struct source *file = &cut->file;
	size_t most = (file->types_end - file->types) / sizeof(struct btf_type) + 1;

	if (most > TYPES_MOST)
		return false;
	cut->places = malloc(most * sizeof(*cut->places));
	cut->kept = calloc(1, most / 8 + 1);
	if (!cut->places || !cut->kept)
		return false;
	cut->places[0] = 0;
	cut->count = (lg_u32)most; /* until it is known */
	most = 1;
	for (size_t at = file->types; at < file->types_end; most++) {
		const struct btf_type *type = look(file, at, sizeof(*type));
		size_t size = type ? size_of(type) : 0;

		if (!size || at + size > file->types_end ||
		    type->name_off >= file->names_end - file->names ||
		    !bit(cut->begins, type->name_off))
			return false;
		cut->places[most] = (lg_u32)(at - file->types);
		if (bit(cut->wanted, type->name_off) && is_named(type) &&
		    lg_type_names_found(cut->names, type->name_off))
			keep(cut, (lg_u32)most);
		at += size;
	}
	cut->count = (lg_u32)most;
	free(cut->begins);
	free(cut->wanted);
	cut->begins = cut->wanted = NULL;
	return !cut->failed;
}

static const struct btf_type *type_at(struct cut *cut, lg_u32 id)
{
	size_t place = cut->file.types + cut->places[id];
	const struct btf_type *type = look(&cut->file, place, sizeof(*type));

	return type ? look(&cut->file, place, size_of(type)) : NULL;
}

/* Keeps what a kept type leads to, by members that have a wanted name or none. */
static void follow(struct cut *cut, const struct btf_type *type)
{
	const lg_u32 count = btf_vlen(type);

	switch (btf_kind(type)) {
	case BTF_KIND_PTR:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		keep(cut, type->type);
		break;
	case BTF_KIND_ARRAY:
		keep(cut, btf_array(type)->type);
		keep(cut, btf_array(type)->index_type);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		for (lg_u32 i = 0; i < count; i++) {
			const struct btf_member *member = btf_members(type) + i;

			if (!member->name_off ||
			    lg_type_names_kept(cut->names, member->name_off) != NAMELESS)
				keep(cut, member->type);
		}
		break;
	case BTF_KIND_FUNC_PROTO:
		keep(cut, type->type);
		for (lg_u32 i = 0; i < count; i++)
			keep(cut, btf_params(type)[i].type);
		break;
	}
}

static bool follow_all(struct cut *cut)
{
	cut->file.step = PAGE;
	while (cut->waits && !cut->failed) {
		const struct btf_type *type = type_at(cut, cut->waiting[--cut->waits]);

		if (!type)
			return false;
		cut->more += size_of(type) - sizeof(*type);
		follow(cut, type);
	}
	return !cut->failed;
}

/* Gives the names in a copy of a type their places in what is cut. */
static void rename_all(const struct cut *cut, struct btf_type *type)
{
	const lg_u32 count = btf_vlen(type);
	size_t stride = 0;
	unsigned char *at = (unsigned char *)(type + 1);

	type->name_off = lg_type_names_kept(cut->names, type->name_off);
	switch (btf_kind(type)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		stride = sizeof(struct btf_member);
		break;
	case BTF_KIND_ENUM:
		stride = sizeof(struct btf_enum);
		break;
	case BTF_KIND_ENUM64:
		stride = sizeof(struct btf_enum64);
		break;
	case BTF_KIND_FUNC_PROTO:
		stride = sizeof(struct btf_param);
		break;
	}
	/* Each begins with its name. */
	for (lg_u32 i = 0; stride && i < count; i++, at += stride) {
		lg_u32 name;

		memcpy(&name, at, sizeof(name));
		name = lg_type_names_kept(cut->names, name);
		memcpy(at, &name, sizeof(name));
	}
}

/* What is kept, and declarations in place of the others. */
static struct btf *write_types(struct cut *cut)
{
	static const struct btf_type nothing = {.name_off = NAMELESS, .info = BTF_KIND_FWD << 24};
	struct btf_header header = {
		.magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(header)};
	size_t size = (cut->count - 1) * sizeof(nothing) + cut->more, at = sizeof(header);
	struct btf *types = NULL;
	unsigned char *bytes;

	header.type_len = header.str_off = (lg_u32)size;
	header.str_len = (lg_u32)lg_type_names_size(cut->names);
	bytes = malloc(sizeof(header) + size + header.str_len);
	if (!bytes)
		return NULL;
	memcpy(bytes, &header, sizeof(header));
	for (lg_u32 id = 1; id < cut->count; id++) {
		const struct btf_type *type = bit(cut->kept, id) ? type_at(cut, id) : &nothing;
		size_t length = type ? size_of(type) : 0;

		if (!length || at + length > sizeof(header) + size) {
			free(bytes);
			return NULL;
		}
		memcpy(bytes + at, type, length);
		if (type != &nothing)
			rename_all(cut, (struct btf_type *)(bytes + at));
		at += length;
	}
	lg_type_names_write(cut->names, (char *)bytes + at);
	/* What libbpf needs memory for now is not needed here. */
	free(cut->places);
	cut->places = NULL;
	types = btf__new(bytes, (lg_u32)(at + header.str_len));
	free(bytes);
	return types;
}

/* Whether a module defines a type of a wanted name that the kernel itself has not. */
static bool defines(const struct lg_type_names *names, const char *path, size_t base)
{
	struct source file = {.fd = -1};
	bool found = !open_source(&file, path);

	for (size_t at = file.types; !found && at < file.types_end;) {
		const struct btf_type *type = look(&file, at, sizeof(*type));
		size_t size = type ? size_of(type) : 0;
		lg_u32 name = type ? type->name_off : 0;
		bool named = type && is_named(type);

		if (!size) {
			found = true;
		} else if (named && name < base) {
			found = lg_type_names_missing_at(names, name);
		} else if (named) {
			size_t place = file.names + (name - base);
			size_t left = place < file.names_end ? file.names_end - place : 0;
			size_t most = left < LG_TYPE_NAME ? left : LG_TYPE_NAME;
			const char *text = most ? look(&file, place, most) : NULL;

			found = !text || lg_type_names_missing(names, text, most);
		}
		at += size;
	}
	close_source(&file);
	return found;
}

/* In doubt one does. */
static bool module_defines(const struct cut *cut, const char *directory)
{
	size_t base = cut->file.names_end - cut->file.names;
	DIR *dir = opendir(directory);
	struct dirent *entry;
	bool found = !dir;

	while (!found && (entry = readdir(dir))) {
		char path[4096];

		if (entry->d_name[0] == '.' || !strcmp(entry->d_name, "vmlinux"))
			continue;
		found = snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name) >=
				(int)sizeof(path) ||
			defines(cut->names, path, base);
	}
	if (dir)
		closedir(dir);
	return found;
}

struct btf *lg_types_cut(const char *directory, const struct bpf_object *object)
{
	struct cut cut = {.file.fd = -1};
	struct btf *types = NULL;
	char path[4096];

	snprintf(path, sizeof(path), "%s/vmlinux", directory);
	cut.names = lg_type_names_of(object);
	if (cut.names && open_source(&cut.file, path) && find_names(&cut) && find_types(&cut) &&
	    !module_defines(&cut, directory) && follow_all(&cut))
		types = write_types(&cut);
	close_source(&cut.file);
	lg_type_names_free(cut.names);
	free(cut.places);
	free(cut.kept);
	free(cut.begins);
	free(cut.wanted);
	free(cut.waiting);
	return types;
}

static struct btf *lent; /* until libbpf has asked */
static bool lending;

void lg_types_lend(struct btf *types)
{
	lent = types;
	lending = types;
}

void lg_types_lend_end(void)
{
	btf__free(lent);
	lent = NULL;
	lending = false;
}

/*
 * libbpf's own calls of these two lead here, where the linker is asked to wrap them. Elsewhere
 * nothing calls them.
 */
__attribute__((weak)) struct btf *__real_btf__load_vmlinux_btf(void);
__attribute__((weak)) int __real_bpf_btf_get_next_id(lg_u32 start_id, lg_u32 *next_id);
struct btf *__wrap_btf__load_vmlinux_btf(void);
int __wrap_bpf_btf_get_next_id(lg_u32 start_id, lg_u32 *next_id);

struct btf *__wrap_btf__load_vmlinux_btf(void)
{
	struct btf *types = lent;

	if (!types)
		return __real_btf__load_vmlinux_btf();
	lent = NULL;
	return types;
}

/* Types of modules build on all of the kernel's; none is wanted where types are lent. */
int __wrap_bpf_btf_get_next_id(lg_u32 start_id, lg_u32 *next_id)
{
	if (!lending)
		return __real_bpf_btf_get_next_id(start_id, next_id);
	errno = ENOENT;
	return -ENOENT;
}
