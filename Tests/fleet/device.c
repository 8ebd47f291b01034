/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * One life of a simulated device: the field agent's own spool and upload, on a
 * disk with one fault, driven by lines on stdin.
 *
 * usage: device CONFIG FAULT CALL SEED
 *
 *	put HEX		spools a report:	"put RC"
 *	poll NOW	sends what waits:	"answer ID STATUS" each, then "poll UPLOADED"
 *	counts		the ledger:		"counts WAITING WRITTEN SENT EVICTED UNWRITTEN DAMAGED REJECTED"
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "exchange.h"
#include "faulty_disk.h"
#include "report.h"
#include "transport.h"

enum { LINE = 2 * LG_REPORT_MOST + 64 };

int __real_lg_transport_ask(struct lg_transport *transport, const struct lg_url *url,
			    const char *path, const struct lg_buffer *body, size_t most,
			    struct lg_buffer *out, bool *oversize, uint64_t *retry_after_s,
			    char why[LG_WHY]);
int __wrap_lg_transport_ask(struct lg_transport *transport, const struct lg_url *url,
			    const char *path, const struct lg_buffer *body, size_t most,
			    struct lg_buffer *out, bool *oversize, uint64_t *retry_after_s,
			    char why[LG_WHY]);

/* The oracle hears of an answer before the agent acts on it. */
int __wrap_lg_transport_ask(struct lg_transport *transport, const struct lg_url *url,
			    const char *path, const struct lg_buffer *body, size_t most,
			    struct lg_buffer *out, bool *oversize, uint64_t *retry_after_s,
			    char why[LG_WHY])
{
	int status = __real_lg_transport_ask(transport, url, path, body, most, out, oversize,
					     retry_after_s, why);

	if (body)
		printf("answer %s %d\n", strrchr(path, '/') + 1, status);
	return status;
}

static int put(const struct lg_config *config, const struct lg_directories *directories,
	       const char *hex)
{
	static uint8_t bytes[LG_REPORT_MOST];
	struct lg_buffer report = {.data = bytes};
	uint8_t id[LG_REPORT_ID];
	struct lg_spool spool;
	int rc;

	if (sodium_hex2bin(bytes, sizeof(bytes), hex, strlen(hex), NULL, &report.size, NULL))
		return -1;
	lg_report_id(&report, id);
	rc = lg_spool_enter(&spool, directories, config);
	if (!rc)
		rc = lg_spool_put(&spool, id, report.data, report.size);
	lg_spool_leave(&spool);
	return rc;
}

static void counts(const struct lg_config *config, const struct lg_directories *directories)
{
	struct lg_spool spool;

	if (!lg_spool_enter(&spool, directories, config)) {
		const struct lg_ledger_counts *c = &spool.ledger.counts;

		printf("counts %zu %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
		       " %" PRIu64 "\n",
		       spool.count, c->written, c->sent, c->evicted_by_size + c->evicted_by_age,
		       c->unwritten, c->damaged, c->rejected);
	}
	lg_spool_leave(&spool);
}

static void obey(const struct lg_config *config, const struct lg_directories *directories,
		 char *line)
{
	static const struct lg_field_state state;
	static char hex[LINE];
	struct lg_polled polled;
	uint64_t now;

	if (sscanf(line, "put %s", hex) == 1) {
		printf("put %d\n", put(config, directories, hex));
	} else if (sscanf(line, "poll %" SCNu64, &now) == 1) {
		lg_exchange(&polled, config, directories, &state, now);
		printf("poll %d\n", polled.uploaded);
	} else if (!strcmp(line, "counts\n")) {
		counts(config, directories);
	} else {
		printf("what? %s", line);
	}
}

int main(int argc, char **argv)
{
	static struct lg_config config;
	static char line[LINE];
	struct lg_directories directories;
	char why[LG_WHY];

	if (argc != 5 || sodium_init() < 0) {
		fprintf(stderr, "usage: device CONFIG FAULT CALL SEED\n");
		return 64;
	}
	setlinebuf(stdout);
	if (!lg_config_read(&config, argv[1], why) ||
	    !lg_directories_open(&directories, &config, why)) {
		fprintf(stderr, "device: %s\n", why);
		return 70;
	}
	faulty_disk(fault_kind(argv[2]), atol(argv[3]), (unsigned)strtoul(argv[4], NULL, 10));
	while (fgets(line, sizeof(line), stdin))
		obey(&config, &directories, line);
	printf("calls %ld\n", faulty_disk_calls());
	return 0;
}
