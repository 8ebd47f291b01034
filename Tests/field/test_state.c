/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the field agent remembers, and what clocks do to it. */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "durable.h"
#include "field_check.h"
#include "field_state.h"
#include "rules.h"

static void test_kept(int directory)
{
	char id[LG_CAMPAIGN_ID];
	struct lg_field_state state = {.taken = "a-1",
				       .taken_s = 99,
				       .arm = 1,
				       .attempt = "b",
				       .owed = "c20",
				       .owed_reason = LG_OVER_CPU},
			      again;
	struct lg_buffer file = {0};
	size_t taken = 0;

	check("state", "none yet",
	      !lg_field_state_load(&again, &lg_posix_disk, directory) && !*again.taken);
	for (int i = 0; i < LG_BARRED_MOST + 3; i++) {
		snprintf(id, sizeof(id), "c%d", i);
		lg_field_bar(&state, id, LG_REVOKED);
	}
	lg_field_bar(&state, "c20", LG_CRASHED);
	check("state", "the oldest bars are forgotten, the others stay",
	      !lg_field_barred(&state, "c2") && lg_field_barred(&state, "c3") == LG_REVOKED &&
		      lg_field_barred(&state, "c20") == LG_REVOKED &&
		      state.barred_count == LG_BARRED_MOST);
	state.upload_day = 20000;
	state.upload_bytes = 5;
	check("state", "is there again",
	      !lg_field_state_save(&state, &lg_posix_disk, directory) &&
		      !lg_field_state_load(&again, &lg_posix_disk, directory) &&
		      !memcmp(&state, &again, sizeof(state)));
	lg_durable_read(&lg_posix_disk, directory, "state", 1 << 20, &file);
	for (size_t at = 0; at < file.size; at += 7) {
		file.data[at] ^= 1;
		lg_durable_replace(&lg_posix_disk, directory, "state", file.data, file.size);
		file.data[at] ^= 1;
		taken += lg_field_state_load(&again, &lg_posix_disk, directory) == 0 ||
			 again.barred_count;
	}
	check("state", "a changed file is not believed", file.size > 500 && !taken);
	lg_buffer_free(&file);
}

static void test_uploads(void)
{
	const uint64_t day = 86400, noon = 20000 * day + day / 2;
	struct lg_field_state state = {0};

	lg_field_count(&state, noon, 100);
	lg_field_count(&state, noon + day / 2 - 1, 50);
	check("state", "bytes of one day", lg_field_sent(&state, noon) == 150);
	check("state", "the next begins anew", lg_field_sent(&state, noon + day / 2) == 0);
	lg_field_count(&state, noon - 40 * day, 10);
	check("state", "a clock that goes back gives nothing again",
	      lg_field_sent(&state, noon - 40 * day) == 160 && lg_field_sent(&state, 0) == 160);
	check("state", "and is no longer in the way than a day",
	      lg_field_sent(&state, noon - 39 * day) == 0);
}

void test_state(void)
{
	char path[] = "/tmp/latgate-state-XXXXXX";
	int directory;

	if (!mkdtemp(path))
		abort();
	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	test_kept(directory);
	test_uploads();
	unlinkat(directory, "state", 0);
	close(directory);
	rmdir(path);
}
