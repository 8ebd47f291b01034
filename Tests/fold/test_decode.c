/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static void add(struct lg_decoder *decoder, const char *fixtures, const char *name)
{
	struct lg_trace_format format;
	struct lg_trace_fault fault;
	const char *field = "";
	char path[512];
	size_t size;
	char *text;

	snprintf(path, sizeof(path), "%s/%s.format", fixtures, name);
	text = read_whole(path, &size);
	check(name, lg_trace_format_parse(&format, text, size, &fault) &&
			    lg_decoder_add(decoder, &format, &field) == LG_DECODER_ADDED);
	free(text);
}

static lg_u32 id_of(const struct lg_decoder *decoder, lg_u32 kind)
{
	for (lg_u32 i = 0; i < decoder->count; i++) {
		if (decoder->entries[i].kind == kind)
			return decoder->entries[i].id;
	}
	return 0;
}

static void test_block(const struct lg_decoder *decoder)
{
	unsigned char bytes[64] = {0};
	struct lg_trace_record record = {.time_ns = 9, .data = bytes, .size = sizeof(bytes)};
	struct lg_trace_event event;
	lg_u32 id = id_of(decoder, LG_EVENT_BLOCK_ISSUE);

	bytes[0] = (unsigned char)id;
	bytes[1] = (unsigned char)(id >> 8);
	bytes[4] = 42;
	bytes[10] = 0xe0; /* dev 254:0 = 0x0fe00000 */
	bytes[11] = 0x0f;
	bytes[16] = 0x10;
	bytes[24] = 8;
	memcpy(bytes + 34, "FWS", 4);
	check("a record is decoded", lg_decode(decoder, 3, &record, &event) == LG_DECODED);
	check("its fields", event.kind == LG_EVENT_BLOCK_ISSUE && event.cpu == 3 &&
				    event.tid == 42 && event.time_ns == 9 &&
				    event.block.dev == 254 << 20 && event.block.sector == 16 &&
				    event.block.sectors == 8 &&
				    event.block.op == LG_TRACE_OP_WRITE);
	record.size = 40;
	check("a short record", lg_decode(decoder, 3, &record, &event) == LG_DECODE_SHORT);
	record.size = 1;
	check("a record without its type",
	      lg_decode(decoder, 3, &record, &event) == LG_DECODE_SHORT);
	bytes[0] = bytes[1] = 0xff;
	record.size = sizeof(bytes);
	check("another event", lg_decode(decoder, 3, &record, &event) == LG_DECODE_OTHER);
}

static void test_ops(void)
{
	static const struct {
		const char *rwbs;
		lg_u32 op;
	} cases[] = {
		{"R", LG_TRACE_OP_READ},     {"RA", LG_TRACE_OP_READ},
		{"RSM", LG_TRACE_OP_READ},   {"W", LG_TRACE_OP_WRITE},
		{"WFS", LG_TRACE_OP_WRITE},  {"FWFS", LG_TRACE_OP_WRITE},
		{"F", LG_TRACE_OP_FLUSH},    {"FF", LG_TRACE_OP_FLUSH},
		{"FS", LG_TRACE_OP_FLUSH},   {"D", LG_TRACE_OP_DISCARD},
		{"DS", LG_TRACE_OP_DISCARD}, {"DE", LG_TRACE_OP_OTHER},
		{"N", LG_TRACE_OP_OTHER},    {"FN", LG_TRACE_OP_OTHER},
		{"", LG_TRACE_OP_OTHER},     {"FDS", LG_TRACE_OP_DISCARD},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[40];

		snprintf(name, sizeof(name), "operation of '%s'", cases[i].rwbs);
		check_number(name, lg_trace_op(cases[i].rwbs, strlen(cases[i].rwbs)), cases[i].op);
	}
}

void test_decode(const char *fixtures)
{
	static const char text[] = "name: sched_wakeup\nID: 5\n"
				   "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\n"
				   "\tfield:int common_pid;\toffset:4;\tsize:4;\n";
	struct lg_trace_format format;
	struct lg_trace_fault fault;
	struct lg_decoder decoder;
	const char *field = "";

	lg_decoder_init(&decoder);
	add(&decoder, fixtures, "sched_switch");
	add(&decoder, fixtures, "sched_wakeup");
	add(&decoder, fixtures, "sched_wakeup_new");
	add(&decoder, fixtures, "task_newtask");
	add(&decoder, fixtures, "block_rq_issue");
	add(&decoder, fixtures, "block_rq_complete");
	check_number("kinds it knows", decoder.count, 6);
	test_block(&decoder);
	test_ops();
	lg_trace_format_parse(&format, text, sizeof(text) - 1, &fault);
	check("a field that is gone is named",
	      lg_decoder_add(&decoder, &format, &field) == LG_DECODER_MISSING &&
		      !strcmp(field, "pid"));
	strcpy(format.name, "sched_pi_setprio");
	check("an event that nobody wants",
	      lg_decoder_add(&decoder, &format, &field) == LG_DECODER_UNKNOWN);
}
