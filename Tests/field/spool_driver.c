/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * A spool that does what its stdin says, line by line, and answers each line
 * with one. What it claims is held against the files by spool_test.py.
 *
 *	now BOOT SECONDS  -> done 0: what follows is then
 *	put ID SIZE       -> put RC NUMBER
 *	read              -> none | bad | report ID HEX: the oldest
 *	sent | rejected   -> none | done RC, of the oldest
 *	expire            -> done RC
 *	counts            -> counts waiting written sent evicted_by_size evicted_by_age unwritten
 *	                     damaged rejected unfinished
 */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faulty_disk.h"
#include "spool.h"

enum { LINE = 256, REPORT_MOST = 4096 };

static void put(struct lg_spool *spool, const char *id_text, size_t size)
{
	uint8_t id[LG_REPORT_ID], report[REPORT_MOST + 1];
	int rc;

	memset(id, 0, sizeof(id));
	memcpy(id, id_text, strnlen(id_text, sizeof(id)));
	for (size_t i = 0; i < size && i < sizeof(report); i++)
		report[i] = (uint8_t)(id[i % sizeof(id)] + i / sizeof(id));
	rc = lg_spool_put(spool, id, report, size);
	printf("put %d %" PRIu64 "\n", rc, spool->last);
}

static void read_oldest(struct lg_spool *spool)
{
	struct lg_buffer report = {0};
	char id[LG_REPORT_ID + 1] = "";

	if (!spool->count) {
		puts("none");
		return;
	}
	memcpy(id, spool->entries[0].id, LG_REPORT_ID);
	if (lg_spool_read(spool, 0, &report)) {
		puts("bad");
	} else {
		printf("report %s ", id);
		for (size_t i = 0; i < report.size; i++)
			printf("%02x", report.data[i]);
		putchar('\n');
	}
	lg_buffer_free(&report);
}

static void counts(const struct lg_spool *spool)
{
	const struct lg_ledger_counts *c = &spool->ledger.counts;

	printf("counts %zu %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
	       " %" PRIu64 " %" PRIu64 "\n",
	       spool->count, c->written, c->sent, c->evicted_by_size, c->evicted_by_age,
	       c->unwritten, c->damaged, c->rejected, c->unfinished);
}

static void see(struct lg_spool *spool, const char *line)
{
	struct lg_moment now = {0};

	sscanf(line, "now %" SCNu64 " %" SCNu64, &now.boot, &now.s);
	lg_ledger_see(&spool->ledger, &now);
	puts("done 0");
}

static void obey(struct lg_spool *spool, const char *line)
{
	char id[LG_REPORT_ID + 1];
	size_t size;

	if (sscanf(line, "put %16s %zu", id, &size) == 2)
		put(spool, id, size);
	else if (!strncmp(line, "now ", 4))
		see(spool, line);
	else if (!strcmp(line, "read\n"))
		read_oldest(spool);
	else if (!spool->count && (!strcmp(line, "sent\n") || !strcmp(line, "rejected\n")))
		puts("none");
	else if (!strcmp(line, "sent\n"))
		printf("done %d\n", lg_spool_sent(spool, 0));
	else if (!strcmp(line, "rejected\n"))
		printf("done %d\n", lg_spool_rejected(spool, 0));
	else if (!strcmp(line, "expire\n"))
		printf("done %d\n", lg_spool_expire(spool));
	else if (!strcmp(line, "counts\n"))
		counts(spool);
	else
		printf("what? %s", line);
}

int main(int argc, char **argv)
{
	static const struct lg_spool_caps caps = {
		.bytes = 12000, .age_s = 1000, .report = REPORT_MOST};
	struct lg_moment now = {0};
	struct lg_spool spool;
	char line[LINE];
	int directory, rc;

	if (argc != 5 && argc != 7) {
		fprintf(stderr, "usage: spool-driver DIRECTORY FAULT CALL SEED [BOOT SECONDS]\n");
		return 64;
	}
	setlinebuf(stdout);
	if (argc == 7)
		now = (struct lg_moment){strtoull(argv[5], NULL, 10), strtoull(argv[6], NULL, 10)};
	directory = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = lg_spool_open(&spool,
			   faulty_disk(fault_kind(argv[2]), atol(argv[3]),
				       (unsigned)strtoul(argv[4], NULL, 10)),
			   directory, &caps, &now);
	printf("open %d\n", rc);
	while (!rc && fgets(line, sizeof(line), stdin))
		obey(&spool, line);
	lg_spool_close(&spool);
	printf("calls %ld\n", faulty_disk_calls());
	return 0;
}
