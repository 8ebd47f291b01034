/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "object_rules.h"

#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "agent_protocol.h"
#include "cursor.h"
#include "map_bytes.h"

/* An object is the payloads of its BLOB frames, which were read before. */
static uint8_t *join(const struct lg_bundle_request *request, size_t *size)
{
	struct lg_cursor in = {request->object,
			       request->size - (size_t)(request->object - request->frames)};
	uint8_t *object = malloc(in.left);

	*size = 0;
	while (object && in.left) {
		const uint8_t *header, *payload;
		struct lg_cursor length;
		uint32_t n;

		if (!lg_cursor_take(&in, LG_FRAME_HEADER_SIZE, &header))
			break;
		length = (struct lg_cursor){header, LG_FRAME_HEADER_SIZE};
		if (!lg_cursor_u32(&length, &n) || !lg_cursor_take(&in, n, &payload))
			break;
		memcpy(object + *size, payload, n);
		*size += n;
	}
	return object;
}

static bool allowed(const struct bpf_object *object, char why[LG_WHY])
{
	struct bpf_program *program;
	struct bpf_map *map;

	bpf_object__for_each_program(program, object)
	{
		if (!lg_allow_program(bpf_program__section_name(program),
				      bpf_program__type(program), bpf_program__insns(program),
				      bpf_program__insn_cnt(program), why))
			return false;
	}
	bpf_object__for_each_map(map, object)
	{
		if (!lg_allow_map(bpf_map__name(map), bpf_map__type(map), why))
			return false;
	}
	return true;
}

/* With the maps of rungs that are not taken here: which ones are is known when it is loaded. */
static uint64_t map_bytes(const struct bpf_object *object)
{
	int cpus = libbpf_num_possible_cpus();
	struct bpf_map *map;
	uint64_t sum = 0;

	bpf_object__for_each_map(map, object)
	{
		const struct lg_map_shape shape = {bpf_map__type(map), bpf_map__key_size(map),
						   bpf_map__value_size(map),
						   bpf_map__max_entries(map)};

		sum = lg_add_bytes(sum, lg_map_bytes(&shape, cpus > 0 ? (uint32_t)cpus : 1));
	}
	return sum;
}

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

bool lg_allow_object(const struct lg_bundle_request *request, uint64_t *bytes_of_maps,
		     char why[LG_WHY])
{
	size_t size;
	uint8_t *bytes = join(request, &size);
	struct bpf_object *object;
	bool good;

	*bytes_of_maps = 0;
	libbpf_set_print(silent);
	object = bytes ? bpf_object__open_mem(bytes, size, NULL) : NULL;
	if (!object || libbpf_get_error(object)) {
		free(bytes);
		return lg_refuse(why, "an object cannot be read");
	}
	good = allowed(object, why);
	*bytes_of_maps = map_bytes(object);
	bpf_object__close(object);
	free(bytes);
	return good;
}
