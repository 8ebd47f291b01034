/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* TraceFold by itself: bytes and events in, histograms out. Prints one line per check. */
#include <stdio.h>

#include "check.h"

int main(int argc, char **argv)
{
	struct lg_declared *tables;

	if (argc != 3) {
		fprintf(stderr, "usage: fold-test FIXTURES SPANS\n");
		return 2;
	}
	tables = shipped_tables(argv[2]);
	test_format(argv[1]);
	test_page();
	test_merge();
	test_decode(argv[1]);
	test_window();
	test_folders();
	test_classes();
	test_declared(argv[1], argv[2]);
	lg_declared_free(tables);
	return 0;
}
