/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* AgentCore by itself: bytes in, bytes out. Prints one line per check. */
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attribute.h"
#include "build_id.h"
#include "frame.h"
#include "map_bytes.h"
#include "phase_request.h"
#include "session_state.h"
#include "sparse_buckets.h"
#include "watchdog.h"

static void check(const char *name, bool good)
{
	printf("%s core: %s\n", good ? "ok" : "FAILED", name);
}

static bool bytes_are(const struct lg_buffer *buffer, const void *bytes, size_t size)
{
	return !buffer->failed && buffer->size == size && !memcmp(buffer->data, bytes, size);
}

static void test_writer(void)
{
	static const char frame[] = "\x14\0\0\0\x41\0\0\0\x04\x03\x02\x01"
				    "\x21\0\0\0\x04\0\0\0\x07\0\0\0"
				    "\x1f\0\0\0\0\0\0\0";
	static const char padded[] = "\x1f\0\0\0\x05\0\0\0hello\0\0\0";
	struct lg_buffer buffer = {0};
	size_t begun = lg_frame_begin(&buffer, LG_MSG_ERROR, 0x01020304);

	lg_put_u32(&buffer, LG_ATTR_CODE, LG_ERR_STEP);
	lg_put_text(&buffer, LG_ATTR_TEXT, "");
	lg_frame_end(&buffer, begun);
	check("a frame's bytes", bytes_are(&buffer, frame, sizeof(frame) - 1));
	lg_buffer_reset(&buffer);
	lg_put_text(&buffer, LG_ATTR_TEXT, "hello");
	check("an attribute is padded to 4", bytes_are(&buffer, padded, sizeof(padded) - 1));
	lg_buffer_reset(&buffer);
	begun = lg_frame_begin(&buffer, LG_MSG_FILE, 1);
	lg_buffer_append(&buffer, NULL, LG_FRAME_MAX + 1);
	lg_frame_end(&buffer, begun);
	check("a frame over the limit is never sent", buffer.failed);
	lg_buffer_free(&buffer);
}

static void test_buckets(void)
{
	static const char wire[] = "\x03\x01\xc5\x01\xac\x02\xc7\x02\xff\xff\xff\xff\xff\xff\xff"
				   "\xff\xff\x01";
	uint64_t buckets[528] = {[3] = 1, [200] = 300, [527] = UINT64_MAX};
	struct lg_buffer buffer = {0};

	lg_append_buckets(&buffer, buckets, 528);
	check("buckets as LEB128 pairs", bytes_are(&buffer, wire, sizeof(wire) - 1));
	lg_buffer_free(&buffer);
	lg_append_buckets(&buffer, (uint64_t[4]){0}, 4);
	check("an empty histogram has no bytes", !buffer.size);
	lg_buffer_reset(&buffer);
	lg_append_buckets(&buffer, (uint64_t[1]){128}, 1);
	check("the first bucket has index step 0", bytes_are(&buffer, "\0\x80\x01", 3));
	lg_buffer_free(&buffer);
}

static enum lg_attr_state parse(const char *bytes, size_t size)
{
	/* On the heap and of the exact size, so that the sanitizer sees one byte too many. */
	uint8_t *copy = malloc(size);
	struct lg_cursor cursor = {copy, size};
	enum lg_attr_state state;
	struct lg_attr attr;

	memcpy(copy, bytes, size);
	while ((state = lg_attr_next(&cursor, &attr)) == LG_ATTR_FOUND)
		continue;
	free(copy);
	return state;
}

static void test_reader(void)
{
	check("a good attribute", parse("\1\0\0\0\4\0\0\0abcd", 12) == LG_ATTR_ABSENT);
	check("a length that leaves the payload",
	      parse("\1\0\0\0\5\0\0\0abcd", 12) == LG_ATTR_MALFORMED);
	check("a length near 2^32", parse("\1\0\0\0\xff\xff\xff\xff"
					  "abcd",
					  12) == LG_ATTR_MALFORMED);
	check("a cut header", parse("\1\0\0\0\4\0\0", 7) == LG_ATTR_MALFORMED);
	check("missing padding", parse("\1\0\0\0\3\0\0\0abc", 11) == LG_ATTR_MALFORMED);
	check("padding that is not zero", parse("\1\0\0\0\3\0\0\0abcd", 12) == LG_ATTR_MALFORMED);
	check("reserved bits set", parse("\1\0\1\0\4\0\0\0abcd", 12) == LG_ATTR_MALFORMED);
}

static enum lg_inbox_state feed(const char *bytes, size_t size, size_t step)
{
	enum lg_inbox_state state = LG_INBOX_MORE;
	struct lg_inbox inbox = {0};
	struct lg_frame frame = {0};

	while (size && state <= LG_INBOX_FRAME) {
		size_t room;
		uint8_t *at = lg_inbox_space(&inbox, &room);
		size_t n = room < size ? room : size;

		n = n < step ? n : step;
		memcpy(at, bytes, n);
		state = lg_inbox_took(&inbox, n, &frame);
		bytes += n;
		size -= n;
	}
	if (state == LG_INBOX_FRAME && (frame.type != LG_MSG_BLOB || frame.sequence != 9 ||
					frame.payload.left != 2 || frame.payload.at[1] != 'b'))
		state = LG_INBOX_MORE;
	lg_inbox_free(&inbox);
	return state;
}

static void test_inbox(void)
{
	static const char two[] = "\0\0\0\0\2\0\0\0\1\0\0\0"
				  "\2\0\0\0\4\0\0\0\x09\0\0\0ab";

	check("frames at once", feed(two, sizeof(two) - 1, 4096) == LG_INBOX_FRAME);
	check("frames byte by byte", feed(two, sizeof(two) - 1, 1) == LG_INBOX_FRAME);
	check("a cut frame", feed(two, sizeof(two) - 2, 4096) == LG_INBOX_MORE);
	check("an over-long frame",
	      feed("\1\0\x10\0\4\0\0\0\0\0\0\0", 12, 12) == LG_INBOX_TOO_LONG);
	check("unknown flags", feed("\0\0\0\0\4\0\1\0\0\0\0\0", 12, 12) == LG_INBOX_FLAGS);
}

static void test_session(void)
{
	struct lg_session_state state = {0};

	check("before HELLO all else is an error",
	      lg_session_frame(&state, LG_MSG_PING, 0) == LG_ACTION_PROTOCOL_ERROR);
	check("HELLO first", lg_session_frame(&state, LG_MSG_HELLO, 0) == LG_ACTION_HANDLE);
	lg_session_greeted(&state);
	check("HELLO once", lg_session_frame(&state, LG_MSG_HELLO, 0) == LG_ACTION_REFUSE);
	check("no close without a window",
	      lg_session_frame(&state, LG_MSG_WINDOW_CLOSE, 0) == LG_ACTION_REFUSE);
	check("no blob without a load",
	      lg_session_frame(&state, LG_MSG_BLOB, 4) == LG_ACTION_PROTOCOL_ERROR);
	check("an answer is no request",
	      lg_session_frame(&state, LG_MSG_DONE, 0) == LG_ACTION_PROTOCOL_ERROR);
	check("an empty object is refused", !lg_session_load(&state, 0));
	check("a huge object is refused", !lg_session_load(&state, LG_OBJECT_MAX + 1));
	lg_session_load(&state, 10);
	check("a blob part", lg_session_frame(&state, LG_MSG_BLOB, 4) == LG_ACTION_BLOB_PART);
	check("a blob too long",
	      lg_session_frame(&state, LG_MSG_BLOB, 7) == LG_ACTION_PROTOCOL_ERROR);
	check("the last blob", lg_session_frame(&state, LG_MSG_BLOB, 6) == LG_ACTION_BLOB_LAST);
	lg_session_window(&state, true);
	check("no exec in a window", lg_session_frame(&state, LG_MSG_EXEC, 0) == LG_ACTION_REFUSE);
	check("files in a window",
	      lg_session_frame(&state, LG_MSG_READ_FILES, 8) == LG_ACTION_HANDLE);
	check("costs in a window", lg_session_frame(&state, LG_MSG_COSTS, 0) == LG_ACTION_HANDLE);
	check("no statistics are switched there",
	      lg_session_frame(&state, LG_MSG_STATS, 12) == LG_ACTION_REFUSE);
	check("close in a window",
	      lg_session_frame(&state, LG_MSG_WINDOW_CLOSE, 0) == LG_ACTION_HANDLE);
	lg_session_window(&state, false);
	check("BYE", lg_session_frame(&state, LG_MSG_BYE, 0) == LG_ACTION_HANDLE);
	check("nothing after BYE",
	      lg_session_frame(&state, LG_MSG_PING, 0) == LG_ACTION_PROTOCOL_ERROR);
}

static void test_watchdog(void)
{
	struct lg_watchdog dog;

	lg_watchdog_set(&dog, 2);
	lg_watchdog_heard(&dog, 1000);
	check("all time left", lg_watchdog_left_ns(&dog, 1000) == 2000000);
	check("one ns left", lg_watchdog_left_ns(&dog, 2000999) == 1);
	check("expired", lg_watchdog_left_ns(&dog, 2001000) == 0);
	check("clock backwards", lg_watchdog_left_ns(&dog, 1) == 2000000);
	lg_watchdog_set(&dog, 0);
	check("0 is the default", dog.silence_ns == 30000000000);
	lg_watchdog_set(&dog, UINT32_MAX);
	check("the longest does not wrap", dog.silence_ns == 4294967295000000);
}

static bool build_id_is(const char *notes, size_t size, const char *expected)
{
	char *copy = malloc(size), text[LG_BUILD_ID_TEXT];
	bool found;

	memcpy(copy, notes, size);
	found = lg_build_id(copy, size, text);
	free(copy);
	return found == (*expected != 0) && !strcmp(text, expected);
}

static void test_build_id(void)
{
	static const char notes[] = "\6\0\0\0\1\0\0\0\0\1\0\0Linux\0\0\0x\0\0\0"
				    "\4\0\0\0\3\0\0\0\3\0\0\0GNU\0\xab\x01\xff\0";

	check("build-id after another note", build_id_is(notes, sizeof(notes) - 1, "ab01ff"));
	check("build-id without last padding", build_id_is(notes, sizeof(notes) - 2, "ab01ff"));
	check("build-id cut", build_id_is(notes, sizeof(notes) - 3, ""));
	check("no build-id", build_id_is(notes, 24, ""));
	check("build-id too long", build_id_is("\4\0\0\0\xff\xff\xff\xff\3\0\0\0GNU\0", 16, ""));
}

static void test_phase(void)
{
	static const char argv[] = "\x28\0\0\0\x18\0\0\0"
				   "\x29\0\0\0\4\0\0\0a\0\0b"
				   "\x2b\0\0\0\4\0\0\0\5\0\0\0";
	static const char both[] = "\x28\0\0\0\x1c\0\0\0"
				   "\x29\0\0\0\1\0\0\0a\0\0\0"
				   "\x2a\0\0\0\x08\0\0\0\1\0\0\0\0\0\0\0";
	struct lg_phase_request request;

	check("a step is read",
	      !lg_phase_request_read(&request,
				     (struct lg_cursor){(const uint8_t *)argv, sizeof(argv) - 1}) &&
		      request.step_count == 1 && request.steps[0].timeout_ms == 5 &&
		      !strcmp(request.steps[0].argv[0], "a") &&
		      !strcmp(request.steps[0].argv[1], "") &&
		      !strcmp(request.steps[0].argv[2], "b") && !request.steps[0].argv[3]);
	lg_phase_request_free(&request);
	check("a step that sleeps and runs is refused",
	      lg_phase_request_read(&request, (struct lg_cursor){(const uint8_t *)both,
								 sizeof(both) - 1}) != NULL);
	lg_phase_request_free(&request);
}

static void test_map_bytes(void)
{
	/* What kernels 5.11 to 6.3 say of the same: whole pages of all keys and values, at the least. */
	static const struct {
		struct lg_map_shape shape;
		uint64_t least, most;
	} maps[] = {
		{{BPF_MAP_TYPE_ARRAY, 4, 2136, 1}, 4096, 4096},
		{{BPF_MAP_TYPE_ARRAY, 4, 3, 1024}, 8192, 8192},
		{{BPF_MAP_TYPE_PERCPU_ARRAY, 4, 2136, 3}, 3 * 2136 * 8, 57344},
		{{BPF_MAP_TYPE_HASH, 8, 16, 16384}, 16384 * 24, 16384 * (24 + 48 + 16)},
		{{BPF_MAP_TYPE_PERCPU_HASH, 16, 8544, 513}, 513 * (16 + 8 * 8544), 36 << 20},
		{{BPF_MAP_TYPE_TASK_STORAGE, 4, 64, 0}, 0, 0},
	};
	const struct lg_map_shape most = {BPF_MAP_TYPE_PERCPU_HASH, 8, UINT32_MAX, UINT32_MAX};

	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		uint64_t bytes = lg_map_bytes(&maps[i].shape, 8);

		check("bytes of a map",
		      bytes % 4096 == 0 && bytes >= maps[i].least && bytes <= maps[i].most);
	}
	check("bytes that are no number", lg_map_bytes(&most, 4096) == UINT64_MAX &&
						  lg_add_bytes(UINT64_MAX, 1) == UINT64_MAX &&
						  lg_add_bytes(1, 2) == 3);
}

int main(void)
{
	test_writer();
	test_buckets();
	test_reader();
	test_inbox();
	test_session();
	test_watchdog();
	test_build_id();
	test_phase();
	test_map_bytes();
	return 0;
}
