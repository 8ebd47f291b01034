/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "field_state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "durable.h"

#define NAME "state"
#define ID_FORMAT "%63[a-z0-9-]"

enum { MOST = 16 << 10, LINE = 160, DAY = 86400 };

static void put(struct lg_buffer *out, const char *format, ...)
{
	char line[LINE];
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	lg_buffer_append(out, line, (size_t)size);
}

int lg_field_state_save(const struct lg_field_state *state, const struct lg_disk *disk,
			int directory)
{
	struct lg_buffer out = {0};
	int rc = -ENOMEM;

	if (*state->taken)
		put(&out, "taken %s %" PRIu64 " %" PRIu64 "\n", state->taken, state->taken_s,
		    state->arm);
	if (*state->attempt)
		put(&out, "attempt %s\n", state->attempt);
	if (*state->owed)
		put(&out, "owed %s %" PRIu64 "\n", state->owed, state->owed_reason);
	put(&out, "upload %" PRIu64 " %" PRIu64 "\n", state->upload_day, state->upload_bytes);
	for (size_t i = 0; i < state->barred_count; i++)
		put(&out, "barred %s %" PRIu64 "\n", state->barred[i].id, state->barred[i].reason);
	lg_seal(&out);
	if (!out.failed)
		rc = lg_durable_replace(disk, directory, NAME, out.data, out.size);
	lg_buffer_free(&out);
	return rc;
}

static void read_line(struct lg_field_state *state, const char *line)
{
	char id[LG_CAMPAIGN_ID];
	uint64_t number;

	if (sscanf(line, "barred " ID_FORMAT " %" SCNu64, id, &number) == 2)
		lg_field_bar(state, id, number);
	else if (sscanf(line, "taken " ID_FORMAT " %" SCNu64 " %" SCNu64, state->taken,
			&state->taken_s, &state->arm) != 3 &&
		 sscanf(line, "attempt " ID_FORMAT, state->attempt) != 1 &&
		 sscanf(line, "owed " ID_FORMAT " %" SCNu64, state->owed, &state->owed_reason) != 2)
		sscanf(line, "upload %" SCNu64 " %" SCNu64, &state->upload_day,
		       &state->upload_bytes);
}

int lg_field_state_load(struct lg_field_state *state, const struct lg_disk *disk, int directory)
{
	struct lg_buffer file = {0};
	int rc = lg_durable_read(disk, directory, NAME, MOST, &file);
	char *rest;

	*state = (struct lg_field_state){0};
	if (!rc)
		rc = lg_unseal(&file);
	lg_buffer_append(&file, "", 1);
	if (!rc && file.failed)
		rc = -ENOMEM;
	for (rest = (char *)file.data; !rc && *rest;) {
		size_t size = strcspn(rest, "\n");

		rest[size] = 0;
		read_line(state, rest);
		rest += size + 1;
	}
	lg_buffer_free(&file);
	return rc == -ENOENT ? 0 : rc;
}

uint64_t lg_field_sent(const struct lg_field_state *state, uint64_t now_s)
{
	return now_s / DAY > state->upload_day ? 0 : state->upload_bytes;
}

void lg_field_count(struct lg_field_state *state, uint64_t now_s, uint64_t bytes)
{
	state->upload_bytes = lg_field_sent(state, now_s) + bytes;
	state->upload_day = now_s / DAY;
}

uint64_t lg_field_barred(const struct lg_field_state *state, const char *id)
{
	for (size_t i = 0; i < state->barred_count; i++) {
		if (!strcmp(state->barred[i].id, id))
			return state->barred[i].reason;
	}
	return 0;
}

void lg_field_bar(struct lg_field_state *state, const char *id, uint64_t reason)
{
	struct lg_barred *at;

	if (lg_field_barred(state, id))
		return;
	if (state->barred_count == LG_BARRED_MOST) {
		state->barred_count--;
		memmove(state->barred, state->barred + 1,
			state->barred_count * sizeof(state->barred[0]));
	}
	at = &state->barred[state->barred_count++];
	snprintf(at->id, sizeof(at->id), "%s", id);
	at->reason = reason;
}
