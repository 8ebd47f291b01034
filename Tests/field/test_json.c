/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "field_check.h"
#include "field_json.h"
#include "utc.h"

/* In memory of its own size, so that a read beyond it is noticed. */
static const char *read_text(const char *text, struct lg_json *out, char **copy)
{
	size_t size = strlen(text);

	*copy = malloc(size ? size : 1);
	memcpy(*copy, text, size);
	return lg_json_read(out, *copy, size);
}

static void test_refusals(void)
{
	static const char *const bad[] = {
		"",
		" {}",
		"{} ",
		"{\"a\": 1}",
		"{\"b\":1,\"a\":1}",
		"{\"a\":1,\"a\":1}",
		"[1,]",
		"[01]",
		"[-0]",
		"[1.5]",
		"[1e3]",
		"[null]",
		"[tru]",
		"[\"a]",
		"[\"\\n\"]",
		"[\"\\u0041\"]",
		"[\"\x01\"]",
		"[\"\xc3\xa9\"]",
		"{\"a\"}",
		"{\"a\":}",
		"{1:2}",
		"[1}",
		"{\"a\":1]",
		"[",
		"{\"",
		"-",
		"{\"\\\"\":1}",
		"[1][",
		"+1",
		"nul",
	};
	char deep[64], *copy;
	struct lg_json json;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (!read_text(bad[i], &json, &copy) || json.size)
			check("json", bad[i], false);
		free(copy);
	}
	memset(deep, '[', 17);
	memset(deep + 17, ']', 17);
	check("json", "30 documents that are not canonical, and 17 levels, are refused",
	      lg_json_read(&json, deep, 34) && !lg_json_read(&json, deep + 1, 32));
}

static void test_values(void)
{
	static const char text[] = "{\"a\":[1,\"x\",{\"k\":\"},]\"},[],true],\"b\":{\"c\":7,\"d\":"
				   "\"q\\\"\\\\\"},\"h\":\"00ff\",\"n\":-3}";
	struct lg_json json, value, items[5] = {0};
	struct lg_json_walk walk;
	char *copy, out[8], tight[4];
	uint8_t hex[2] = {9, 9};
	uint64_t number = 0;
	size_t count = 0;
	bool flag = false;

	check("json", "a document is read", !read_text(text, &json, &copy));
	walk = lg_json_begin(lg_json_member(json, "a"));
	while (count < 5 && lg_json_next(&walk, &items[count]))
		count++;
	check("json", "all items of an array",
	      count == 5 && !lg_json_next(&walk, &value) && lg_json_is(items[1], "x") &&
		      lg_json_is(lg_json_member(items[2], "k"), "},]") && items[3].size == 2 &&
		      lg_json_bool(items[4], &flag) && flag);
	check("json", "a number inside",
	      lg_json_u64(lg_json_member(lg_json_member(json, "b"), "c"), 7, &number) &&
		      number == 7);
	check("json", "a number over its bound",
	      !lg_json_u64(lg_json_member(lg_json_member(json, "b"), "c"), 6, &number));
	check("json", "a negative number is no size",
	      !lg_json_u64(lg_json_member(json, "n"), 9, &number));
	value = lg_json_member(lg_json_member(json, "b"), "d");
	check("json", "escapes are taken out",
	      lg_json_text(value, out, sizeof(out)) && !strcmp(out, "q\"\\"));
	check("json", "a text has to fit",
	      lg_json_text(value, tight, 4) && !lg_json_text(value, tight, 3));
	check("json", "hexadecimal bytes",
	      lg_json_hex(lg_json_member(json, "h"), hex, 2) && hex[0] == 0 && hex[1] == 0xff &&
		      !lg_json_hex(lg_json_member(json, "h"), hex, 1));
	check("json", "no such key",
	      !lg_json_member(json, "c").size &&
		      !lg_json_member(lg_json_member(json, "a"), "k").size);
	free(copy);
	check("json", "a number alone",
	      !read_text("18446744073709551615", &json, &copy) &&
		      lg_json_u64(json, UINT64_MAX, &number) && number == UINT64_MAX);
	free(copy);
	check("json", "a number of 65 bits",
	      !read_text("18446744073709551616", &json, &copy) &&
		      !lg_json_u64(json, UINT64_MAX, &number));
	free(copy);
}

static void test_utc(void)
{
	uint64_t s = 0;

	check("utc", "1970", lg_utc_read("1970-01-01T00:00:00Z", &s) && s == 0);
	check("utc", "a leap day", lg_utc_read("2024-02-29T12:34:56Z", &s) && s == 1709210096);
	check("utc", "after 2100", lg_utc_read("2100-03-01T00:00:00Z", &s) && s == 4107542400);
	check("utc", "no leap day in 2100", !lg_utc_read("2100-02-29T00:00:00Z", &s));
	check("utc", "not another form",
	      !lg_utc_read("2024-02-29 12:34:56Z", &s) && !lg_utc_read("2024-02-29T12:34:56", &s) &&
		      !lg_utc_read("2024-13-01T00:00:00Z", &s) && !lg_utc_read("", &s));
}

void test_json(void)
{
	test_refusals();
	test_values();
	test_utc();
}
