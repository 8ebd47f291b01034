/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 1024 };

static const struct {
	const char *name;
	size_t at, size;
	bool needed;
} texts[] = {
	{"address", offsetof(struct lg_config, address), LG_CONFIG_TEXT, false},
	{"authority", offsetof(struct lg_config, authority), LG_CONFIG_TEXT, true},
	{"certificate", offsetof(struct lg_config, certificate), LG_CONFIG_TEXT, true},
	{"key", offsetof(struct lg_config, key), LG_CONFIG_TEXT, true},
	{"root", offsetof(struct lg_config, root), LG_CONFIG_TEXT, true},
	{"state", offsetof(struct lg_config, state), LG_CONFIG_TEXT, true},
	{"model", offsetof(struct lg_config, model), LG_MODEL_TEXT, false},
	{"build", offsetof(struct lg_config, build), LG_BUILD_TEXT, true},
};

static const struct {
	const char *name;
	size_t at;
	uint64_t least, most, otherwise;
} numbers[] = {
	{"poll-seconds", offsetof(struct lg_config, poll_s), 1, 86400, 3600},
	{"settle-seconds", offsetof(struct lg_config, settle_s), 0, 86400, 300},
	{"spool-bytes", offsetof(struct lg_config, spool_bytes), 8192, 64 << 20, 256 << 10},
	{"spool-age-seconds", offsetof(struct lg_config, spool_age_s), 60, 30 * 86400, 72 * 3600},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char *trimmed(char *text)
{
	size_t size;

	text += strspn(text, " \t");
	for (size = strlen(text); size && strchr(" \t\r\n", text[size - 1]);)
		text[--size] = 0;
	return text;
}

/* What is wrong with it, or NULL. */
static const char *set(struct lg_config *out, const char *name, const char *value)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		if (strcmp(name, texts[i].name))
			continue;
		if (!*value || strlen(value) >= texts[i].size)
			return "its value is empty or too long";
		strcpy((char *)out + texts[i].at, value);
		return NULL;
	}
	for (size_t i = 0; i < COUNT(numbers); i++) {
		char *end;
		unsigned long long number = strtoull(value, &end, 10);

		if (strcmp(name, numbers[i].name))
			continue;
		if (*value < '0' || *value > '9' || *end || number < numbers[i].least ||
		    number > numbers[i].most)
			return "its value is out of range";
		*(uint64_t *)((char *)out + numbers[i].at) = number;
		return NULL;
	}
	if (!strcmp(name, "server"))
		return lg_url_read(value, &out->server) ? NULL : "it is no https URL";
	if (!strcmp(name, "repository"))
		return lg_url_read(value, &out->repository) ? NULL : "it is no https URL";
	if (!strcmp(name, "code")) {
		out->code = !strcmp(value, "yes");
		return out->code || !strcmp(value, "no") ? NULL : "it is yes or no";
	}
	return "it is not known";
}

static bool check(const struct lg_config *out, const char *path, char why[LG_WHY])
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		if (texts[i].needed && !*((const char *)out + texts[i].at))
			return lg_refuse(why, "%s: %s is missing", path, texts[i].name);
	}
	return *out->server.host || lg_refuse(why, "%s: server is missing", path);
}

bool lg_config_read(struct lg_config *out, const char *path, char why[LG_WHY])
{
	char line[LINE];
	FILE *file = fopen(path, "re");
	bool good = true;

	*out = (struct lg_config){0};
	for (size_t i = 0; i < COUNT(numbers); i++)
		*(uint64_t *)((char *)out + numbers[i].at) = numbers[i].otherwise;
	if (!file)
		return lg_refuse(why, "%s: %s", path, strerror(errno));
	for (int number = 1; good && fgets(line, sizeof(line), file); number++) {
		char *name = trimmed(line), *value = strchr(name, '=');
		const char *wrong = "it is no \"name = value\"";

		if (!*name || *name == '#')
			continue;
		if (value) {
			*value++ = 0;
			name = trimmed(name);
			wrong = set(out, name, trimmed(value));
		}
		if (wrong)
			good = lg_refuse(why, "%s:%d: %.40s: %s", path, number, name, wrong);
	}
	fclose(file);
	if (good && !*out->repository.host)
		out->repository = out->server;
	return good && check(out, path, why);
}
