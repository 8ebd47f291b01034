/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Checks that print a line each. */
#ifndef LATGATE_FIELD_CHECK_H
#define LATGATE_FIELD_CHECK_H

#include <stdbool.h>
#include <stdio.h>

static inline void check(const char *part, const char *name, bool good)
{
	printf("%s %s: %s\n", good ? "ok" : "FAILED", part, name);
}

void test_json(void);
void test_trust(void);
void test_campaign(void);
void test_allow(const char *spans);
void test_rules(void);
void test_state(void);
void test_spool(void);
void test_report(void);
void test_http(void);
void test_device(void);

#endif
