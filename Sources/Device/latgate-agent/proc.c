/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "proc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	return n > 0;
}

/* pid (comm) state ppid pgrp session tty tpgid flags …; num_threads is the 20th. */
bool lg_proc_stat(const char *path, struct lg_proc_stat *stat)
{
	char text[512];
	const char *after;

	if (!read_text(path, text, sizeof(text)))
		return false;
	/* comm may hold spaces and brackets. */
	after = strrchr(text, ')');
	return after && sscanf(after + 1,
			       " %c %d %*d %d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
			       "%*d %u",
			       &stat->state, &stat->parent, &stat->session, &stat->flags,
			       &stat->threads) == 5;
}

lg_u64 lg_proc_number(const char *path, const char *field)
{
	char text[1025];
	size_t length = strlen(field);

	if (!read_text(path, text, sizeof(text)))
		return 0;
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, field, length) && line[length] == ':')
			return strtoull(line + length + 1, NULL, 10);
	}
	return 0;
}
