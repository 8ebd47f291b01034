/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "object_rules.h"

#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "agent_protocol.h"
#include "cursor.h"

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

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

bool lg_allow_object(const struct lg_bundle_request *request, char why[LG_WHY])
{
	size_t size;
	uint8_t *bytes = join(request, &size);
	struct bpf_object *object;
	bool good;

	libbpf_set_print(silent);
	object = bytes ? bpf_object__open_mem(bytes, size, NULL) : NULL;
	if (!object || libbpf_get_error(object)) {
		free(bytes);
		return lg_refuse(why, "an object cannot be read");
	}
	good = allowed(object, why);
	bpf_object__close(object);
	free(bytes);
	return good;
}
