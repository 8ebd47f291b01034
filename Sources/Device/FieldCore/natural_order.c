/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <stdbool.h>
#include <string.h>

#include "campaign.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t digits(const char *at)
{
	return strspn(at, "0123456789");
}

int lg_natural_order(const char *a, const char *b)
{
	while (*a && *b) {
		size_t na, nb;
		int order;

		if (!is_digit(*a) || !is_digit(*b)) {
			if (*a != *b)
				return (unsigned char)*a - (unsigned char)*b;
			a++;
			b++;
			continue;
		}
		a += strspn(a, "0");
		b += strspn(b, "0");
		na = digits(a);
		nb = digits(b);
		if (na != nb)
			return na < nb ? -1 : 1;
		order = memcmp(a, b, na);
		if (order)
			return order;
		a += na;
		b += nb;
	}
	return (unsigned char)*a - (unsigned char)*b;
}
