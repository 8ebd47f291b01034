/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static const char modern[] =
	"name: sched_switch\nID: 372\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
	"\tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
	"\tfield:pid_t prev_pid;\toffset:24;\tsize:4;\tsigned:1;\n"
	"\tfield:long prev_state;\toffset:32;\tsize:8;\tsigned:1;\n"
	"\tfield:pid_t next_pid;\toffset:56;\tsize:4;\tsigned:1;\n\n"
	"print fmt: \"%s%s\", (REC->prev_state & ((((0x0 | 0x1 | 0x2 | 0x4 | "
	"0x8 | 0x10 | 0x20 | 0x40) + 1) << 1) - 1)) ? "
	"__print_flags(REC->prev_state & ((((0x0 | 0x1 | 0x2 | 0x4 | 0x8 | "
	"0x10 | 0x20 | 0x40) + 1) << 1) - 1), \"|\", { 0x01, \"S\" }, "
	"{ 0x02, \"D\" }, { 0x80, \"I\" }) : \"R\", REC->prev_state & (((0x0 | "
	"0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x20 | 0x40) + 1) << 1) ? \"+\" : "
	"\"\"\n";

/* As 4.9 has it. */
static const char old[] =
	"name: sched_switch\nID: 7\nformat:\n"
	"\tfield:long prev_state;\toffset:32;\tsize:4;\tsigned:1;\n"
	"print fmt: \"%s%s\", REC->prev_state & (4096-1) ? "
	"__print_flags(REC->prev_state & (4096-1), \"|\", { 1, \"S\"} , { 2, "
	"\"D\" }, { 128, \"K\" }, { 1024, \"N\" }) : \"R\", REC->prev_state & 4096 "
	"? \"+\" : \"\"\n";

static bool parse(struct lg_trace_format *out, const char *text, struct lg_trace_fault *fault)
{
	return lg_trace_format_parse(out, text, strlen(text), fault);
}

static void test_states(void)
{
	struct lg_trace_format format;
	struct lg_trace_fault fault;

	check("a format of today", parse(&format, modern, &fault));
	check_number("its preempted bit", format.states.preempted, 0x100);
	check_number("its sleeping bits", format.states.asleep, 0x83);
	check("today's states",
	      lg_trace_sleep(0x100, &format.states) == LG_SLEEP_NONE &&
		      lg_trace_sleep(0, &format.states) == LG_SLEEP_NONE &&
		      lg_trace_sleep(2, &format.states) == LG_SLEEP_UNINTERRUPTIBLE &&
		      lg_trace_sleep(0x80, &format.states) == LG_SLEEP_OTHER &&
		      lg_trace_sleep(1, &format.states) == LG_SLEEP_OTHER);
	check("a format of 4.9", parse(&format, old, &fault));
	check("4.9's states",
	      lg_trace_sleep(4096, &format.states) == LG_SLEEP_NONE &&
		      lg_trace_sleep(0x402, &format.states) == LG_SLEEP_OTHER &&
		      lg_trace_sleep(0x82, &format.states) == LG_SLEEP_UNINTERRUPTIBLE &&
		      lg_trace_sleep(2, &format.states) == LG_SLEEP_UNINTERRUPTIBLE);
	check("states that are not known",
	      lg_trace_sleep(0x100, NULL) == LG_SLEEP_NONE &&
		      lg_trace_sleep(2, NULL) == LG_SLEEP_UNINTERRUPTIBLE &&
		      lg_trace_sleep(0x80, NULL) == LG_SLEEP_OTHER);
}

static void test_fields(void)
{
	struct lg_trace_format format;
	struct lg_trace_fault fault;
	const struct lg_trace_field *field;

	parse(&format,
	      "name: x\nID: 1\nformat:\n"
	      "\tfield:__data_loc char[] name;\toffset:12;\tsize:4;\tsigned:0;\n"
	      "\tfield:__rel_loc char[] rel;\toffset:16;\tsize:4;\tsigned:0;\n"
	      "\tfield:unsigned long args[6];\toffset:20;\tsize:48;\tsigned:0;\n",
	      &fault);
	field = lg_trace_format_field(&format, "name");
	check("a dynamic field", field && field->kind == LG_FIELD_DATA_LOC && field->offset == 12);
	field = lg_trace_format_field(&format, "rel");
	check("a relative field", field && field->kind == LG_FIELD_REL_LOC);
	field = lg_trace_format_field(&format, "args");
	check("an array's name", field && field->size == 48 && !field->is_signed);
	check("no such field", !lg_trace_format_field(&format, "missing"));
}

static void test_refused(void)
{
	static const struct {
		const char *text, *what;
		lg_u32 line;
	} cases[] = {
		{"", "no name", 0},
		{"name: x\n", "no ID", 0},
		{"name: x\nID: 0\n", "an ID that is no event's", 2},
		{"name: x\nID: 65536\n", "an ID that is no event's", 2},
		{"name: x\nID: 1\n", "no fields", 0},
		{"name: x\nID: 1\n\tfield:int ;\toffset:1;\tsize:4;\n", "a field without a name",
		 3},
		{"name: x\nID: 1\n\tfield:int a;\tsize:4;\n", "a field without offset or size", 3},
		{"name: x\nID: 1\n\tfield:int a;\toffset:70000;\tsize:4;\n",
		 "a field beyond any record", 3},
		{"name: x\nID: 1\n\tfield:int a;\toffset:4;\tsize:99999999999999999999;\n",
		 "a field without offset or size", 3},
	};
	struct lg_trace_format format;
	struct lg_trace_fault fault;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool parsed = parse(&format, cases[i].text, &fault);

		check(cases[i].what,
		      !parsed && !strcmp(fault.what, cases[i].what) && fault.line == cases[i].line);
	}
}

static void test_layout(void)
{
	static const char wide[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				   "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
				   "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
				   "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n";
	static const char narrow[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				     "\tfield: local_t commit;\toffset:8;\tsize:4;\tsigned:1;\n"
				     "\tfield: char data;\toffset:12;\tsize:4084;\tsigned:0;\n";
	static const char overlap[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				      "\tfield: local_t commit;\toffset:12;\tsize:8;\tsigned:1;\n"
				      "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n";
	struct lg_page_layout layout;
	struct lg_trace_fault fault;

	check("a 64-bit page", lg_page_layout_parse(&layout, wide, strlen(wide), &fault) &&
				       !memcmp(&layout, &layout_64, sizeof(layout)));
	check("a 32-bit page", lg_page_layout_parse(&layout, narrow, strlen(narrow), &fault) &&
				       !memcmp(&layout, &layout_32, sizeof(layout)));
	check("a header that overlaps its data",
	      !lg_page_layout_parse(&layout, overlap, strlen(overlap), &fault) &&
		      !strcmp(fault.what, "data overlap the header"));
	check("no header at all", !lg_page_layout_parse(&layout, "\n", 1, &fault));
}

/* Every cut of a real file is read or refused, and nothing else happens. */
static void test_cuts(const char *fixtures)
{
	struct lg_trace_format format;
	struct lg_trace_fault fault;
	char path[512];
	size_t size;
	char *text;

	snprintf(path, sizeof(path), "%s/sched_switch.format", fixtures);
	text = read_whole(path, &size);
	check("a real format", lg_trace_format_parse(&format, text, size, &fault) &&
				       format.states.preempted == 0x100 &&
				       format.states.asleep == 0xff);
	for (size_t cut = 0; cut < size; cut++) {
		char *exact = malloc(cut ? cut : 1);

		memcpy(exact, text, cut);
		lg_trace_format_parse(&format, exact, cut, &fault);
		free(exact);
	}
	check("every cut of it is survived", true);
	free(text);
}

void test_format(const char *fixtures)
{
	test_states();
	test_fields();
	test_refused();
	test_layout();
	test_cuts(fixtures);
}
