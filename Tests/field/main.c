/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The cores of the field agent by themselves. Prints a line per check. */
#include <sodium.h>
#include <stdio.h>

#include "field_check.h"

int main(int argc, char **argv)
{
	if (argc != 2 || sodium_init() < 0)
		return 64;
	setlinebuf(stdout);
	test_json();
	test_trust();
	test_campaign();
	test_allow(argv[1]);
	test_rules();
	test_state();
	test_spool();
	test_report();
	test_http();
	test_device();
	return 0;
}
