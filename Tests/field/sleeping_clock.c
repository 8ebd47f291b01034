/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * A device that has slept: as many seconds as the file says that LATGATE_SLEPT
 * names, by which CLOCK_BOOTTIME and CLOCK_REALTIME are ahead. With LATGATE_NO_RTC
 * the latter begins with the boot; LATGATE_WALL names a file of seconds by which it
 * alone is ahead. Linked with --wrap.
 */
#define _GNU_SOURCE 1
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>

int __real_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);
int __real_timerfd_settime(int fd, int flags, const struct itimerspec *at,
			   struct itimerspec *before);
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *at,
			   struct itimerspec *before);

static time_t seconds_of(const char *variable)
{
	const char *path = getenv(variable);
	FILE *file = path ? fopen(path, "re") : NULL;
	long seconds = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%ld", &seconds) != 1)
		seconds = 0;
	fclose(file);
	return seconds;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
	bool no_rtc = clock == CLOCK_REALTIME && getenv("LATGATE_NO_RTC");
	int rc = __real_clock_gettime(no_rtc ? CLOCK_BOOTTIME : clock, out);

	if (!rc && (clock == CLOCK_BOOTTIME || clock == CLOCK_REALTIME))
		out->tv_sec += seconds_of("LATGATE_SLEPT");
	if (!rc && clock == CLOCK_REALTIME)
		out->tv_sec += seconds_of("LATGATE_WALL");
	return rc;
}

/* The kernel's timer does not know: a test wakes the program once it has slept. */
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *at,
			   struct itimerspec *before)
{
	struct itimerspec real = *at;

	real.it_value.tv_sec -= seconds_of("LATGATE_SLEPT");
	if (real.it_value.tv_sec < 0)
		real.it_value = (struct timespec){.tv_nsec = 1};
	return __real_timerfd_settime(fd, flags, &real, before);
}
