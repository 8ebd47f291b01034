/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "utc.h"

#include <string.h>

static bool number(const char *at, int digits, uint32_t least, uint32_t most, uint32_t *out)
{
	*out = 0;
	while (digits--) {
		if (*at < '0' || *at > '9')
			return false;
		*out = *out * 10 + (uint32_t)(*at++ - '0');
	}
	return *out >= least && *out <= most;
}

static uint32_t days_in(uint32_t year, uint32_t month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

bool lg_utc_read(const char *text, uint64_t *out)
{
	uint32_t year, month, day, hour, minute, second;
	uint64_t days;

	if (strlen(text) != 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
	    text[13] != ':' || text[16] != ':' || text[19] != 'Z' ||
	    !number(text, 4, 1970, 9999, &year) || !number(text + 5, 2, 1, 12, &month) ||
	    !number(text + 8, 2, 1, days_in(year, month), &day) ||
	    !number(text + 11, 2, 0, 23, &hour) || !number(text + 14, 2, 0, 59, &minute) ||
	    !number(text + 17, 2, 0, 60, &second))
		return false;
	/* Leap years before `year`, since 1970. */
	days = (uint64_t)(year - 1970) * 365 + ((year - 1) / 4 - 1969 / 4) -
	       ((year - 1) / 100 - 1969 / 100) + ((year - 1) / 400 - 1969 / 400) + day - 1;
	while (--month)
		days += days_in(year, month);
	*out = ((days * 24 + hour) * 60 + minute) * 60 + second;
	return true;
}
