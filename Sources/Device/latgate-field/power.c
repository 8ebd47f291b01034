/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "power.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE = 64 };

static bool line_of(int directory, const char *supply, const char *file, char line[LINE])
{
	char path[256 + LINE];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", supply, file);
	fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, line, LINE - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	line[n] = 0;
	line[strcspn(line, "\n")] = 0;
	return true;
}

/* Batteries of mice and pens are of scope "Device". */
static void look_at(struct lg_condition_now *now, int directory, const char *supply)
{
	char line[LINE];
	uint32_t percent;

	if (!line_of(directory, supply, "type", line))
		return;
	if (strcmp(line, "Battery")) {
		now->charging |= line_of(directory, supply, "online", line) && *line == '1';
		return;
	}
	if ((line_of(directory, supply, "scope", line) && !strcmp(line, "Device")) ||
	    !line_of(directory, supply, "capacity", line))
		return;
	percent = (uint32_t)strtoul(line, NULL, 10);
	if (!now->has_battery || percent < now->battery_percent)
		now->battery_percent = percent;
	now->has_battery = true;
	now->charging |= line_of(directory, supply, "status", line) &&
			 (!strcmp(line, "Charging") || !strcmp(line, "Full"));
}

void lg_power_look(struct lg_condition_now *now, const char *directory)
{
	DIR *supplies = opendir(directory);
	int fd = supplies ? dirfd(supplies) : -1;
	struct dirent *entry;

	if (!supplies)
		return;
	while (fd >= 0 && (entry = readdir(supplies))) {
		if (*entry->d_name != '.')
			look_at(now, fd, entry->d_name);
	}
	closedir(supplies);
}
