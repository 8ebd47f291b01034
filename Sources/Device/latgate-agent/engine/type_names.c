/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "type_names.h"

enum { TABLE_SIZE = 4096 }; /* chains of the hash table */

struct name {
	char *text; /* up to "___" */
	struct name *next;
	bool of_type; /* else of a member or an enumerator */
	bool found; /* a type of that name was */
};

/* Where the kernel has a wanted name, with what stands behind "___" there. */
struct place {
	lg_u32 at; /* in the kernel's list */
	lg_u32 kept; /* in ours */
	char *text;
	struct name *name;
};

struct lg_type_names {
	struct name *table[TABLE_SIZE];
	struct place *places;
	size_t count, room;
	size_t size; /* of the names that are kept */
};

static const char nameless[] = "\0?"; /* what is kept begins with it */

/* What programs put behind it distinguishes declarations of one type. */
static size_t essential_length(const char *text, size_t most)
{
	size_t length = strnlen(text, most);

	for (size_t i = length; i >= 5; i--) {
		if (text[i - 2] == '_' && text[i - 3] == '_' && text[i - 4] == '_' &&
		    text[i - 5] != '_' && text[i - 1] != '_')
			return i - 4;
	}
	return length;
}

static size_t hash(const char *text, size_t length)
{
	lg_u32 value = 2166136261u;

	for (size_t i = 0; i < length; i++)
		value = (value ^ (unsigned char)text[i]) * 16777619u;
	return value % TABLE_SIZE;
}

static struct name *find(const struct lg_type_names *names, const char *text, size_t most)
{
	size_t length = essential_length(text, most);
	struct name *name = names->table[hash(text, length)];

	while (name && (strncmp(name->text, text, length) || name->text[length]))
		name = name->next;
	return name;
}

static bool want(struct lg_type_names *names, const char *text, bool of_type)
{
	struct name *name, **chain;
	size_t length;

	if (!text || !text[0])
		return true;
	name = find(names, text, LG_TYPE_NAME);
	if (name) {
		name->of_type |= of_type;
		return true;
	}
	length = essential_length(text, LG_TYPE_NAME);
	name = calloc(1, sizeof(*name));
	if (!name || !(name->text = strndup(text, length))) {
		free(name);
		return false;
	}
	chain = &names->table[hash(text, length)];
	name->of_type = of_type;
	name->next = *chain;
	*chain = name;
	return true;
}

static bool want_tracepoint(struct lg_type_names *names, const char *tracepoint)
{
	char text[LG_TYPE_NAME];

	snprintf(text, sizeof(text), "btf_trace_%s", tracepoint);
	return want(names, text, true);
}

static bool want_type(struct lg_type_names *names, const struct btf *btf,
		      const struct btf_type *type)
{
	static const char args[] = "lg_args_";
	const char *text = btf__name_by_offset(btf, type->name_off);
	const int count = btf_vlen(type);
	bool good;

	if (btf_is_var(type))
		return !text || strncmp(text, args, sizeof(args) - 1) ||
		       want_tracepoint(names, text + sizeof(args) - 1);
	if (btf_is_datasec(type) || btf_is_func(type))
		return true;
	good = want(names, text, true);
	for (int i = 0; i < count && good; i++) {
		lg_u32 name = 0;

		if (btf_is_composite(type))
			name = btf_members(type)[i].name_off;
		else if (btf_is_enum(type))
			name = btf_enum(type)[i].name_off;
		else if (btf_is_enum64(type))
			name = btf_enum64(type)[i].name_off;
		good = want(names, btf__name_by_offset(btf, name), false);
	}
	return good;
}

/* A tracepoint's type, or a function, that the ladder looks for. */
static bool want_target(struct lg_type_names *names, const char *section)
{
	const char *target = strrchr(section, '/');

	return !target || (want_tracepoint(names, target + 1) && want(names, target + 1, true));
}

struct lg_type_names *lg_type_names_of(const struct bpf_object *object)
{
	struct lg_type_names *names = calloc(1, sizeof(*names));
	const struct btf *btf = object ? bpf_object__btf(object) : NULL;
	struct bpf_program *program = NULL;
	bool good = names && (btf || !object);

	for (lg_u32 id = 1; good && btf && id < btf__type_cnt(btf); id++)
		good = want_type(names, btf, btf__type_by_id(btf, id));
	while (good && object && (program = bpf_object__next_program(object, program)))
		good = want_target(names, bpf_program__section_name(program));
	/* What says that tasks have storage. */
	good = good && want(names, "task_struct", true) && want(names, "bpf_storage", false);
	if (good) {
		names->size = sizeof(nameless);
		return names;
	}
	lg_type_names_free(names);
	return NULL;
}

void lg_type_names_free(struct lg_type_names *names)
{
	for (size_t i = 0; names && i < TABLE_SIZE; i++) {
		while (names->table[i]) {
			struct name *name = names->table[i];

			names->table[i] = name->next;
			free(name->text);
			free(name);
		}
	}
	for (size_t i = 0; names && i < names->count; i++)
		free(names->places[i].text);
	if (names)
		free(names->places);
	free(names);
}

int lg_type_names_place(struct lg_type_names *names, const char *text, lg_u32 place)
{
	struct name *name = text[0] ? find(names, text, LG_TYPE_NAME) : NULL;
	struct place *places = names->places;

	if (!name)
		return 0;
	if (names->count == names->room) {
		size_t room = names->room ? 2 * names->room : 256;

		places = realloc(places, room * sizeof(*places));
		if (!places)
			return -1;
		names->places = places;
		names->room = room;
	}
	places += names->count;
	*places = (struct place){
		.at = place, .kept = (lg_u32)names->size, .text = strdup(text), .name = name};
	if (!places->text)
		return -1;
	names->count++;
	names->size += strlen(text) + 1;
	return 1;
}

static int by_place(const void *one, const void *other)
{
	const struct place *a = one, *b = other;

	return a->at < b->at ? -1 : a->at > b->at;
}

void lg_type_names_sort(struct lg_type_names *names)
{
	if (names->count)
		qsort(names->places, names->count, sizeof(names->places[0]), by_place);
}

static const struct place *at(const struct lg_type_names *names, lg_u32 place)
{
	const struct place key = {.at = place};

	return names->count ? bsearch(&key, names->places, names->count, sizeof(key), by_place)
			    : NULL;
}

bool lg_type_names_found(struct lg_type_names *names, lg_u32 place)
{
	const struct place *found = at(names, place);

	if (!found || !found->name->of_type)
		return false;
	found->name->found = true;
	return true;
}

bool lg_type_names_missing_at(const struct lg_type_names *names, lg_u32 place)
{
	const struct place *found = at(names, place);

	return found && found->name->of_type && !found->name->found;
}

bool lg_type_names_missing(const struct lg_type_names *names, const char *text, size_t most)
{
	const struct name *name = find(names, text, most);

	return name && name->of_type && !name->found;
}

lg_u32 lg_type_names_kept(const struct lg_type_names *names, lg_u32 place)
{
	const struct place *found;

	if (!place)
		return 0;
	found = at(names, place);
	return found ? found->kept : 1;
}

size_t lg_type_names_size(const struct lg_type_names *names)
{
	return names->size;
}

void lg_type_names_write(const struct lg_type_names *names, char *out)
{
	memcpy(out, nameless, sizeof(nameless));
	for (size_t i = 0; i < names->count; i++) {
		const struct place *place = &names->places[i];

		memcpy(out + place->kept, place->text, strlen(place->text) + 1);
	}
}
