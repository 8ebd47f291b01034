/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "harness.h"

int main(void)
{
	if (geteuid()) {
		printf("Bail out! these tests load BPF programs: run them as root\n");
		return 2;
	}
	test_bucket();
	test_ladder();
	test_load();
	test_window("operation");
	test_window("operation_raw");
	test_window("operation_nest");
	test_balance("operation");
	test_balance("operation_raw");
	test_balance("operation_nest");
	test_nest();
	test_extremes();
	test_mutants();
	test_fallback();
	test_runqueue();
	test_pinned();
	test_results();
	test_profile();
	test_full();
	test_types();
	test_uprobe();
	test_foreign();
	test_scope("operation_scoped");
	test_scope("operation_scoped_raw");
	printf("1..%d\n%d passed, %d failed\n", checks_passed() + checks_failed(), checks_passed(),
	       checks_failed());
	return checks_failed() != 0;
}
