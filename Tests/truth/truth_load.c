// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Loads of one process whose events a tracing tool can filter by process id.
 *
 *   truth_load pingpong N      N round trips of a byte between two threads
 *   truth_load spin MS T CPUS  T threads busy for MS ms, held on CPUS processors
 *   truth_load udp N           N datagrams over loopback, each answered
 *   truth_load tcp N           N connections over loopback, each answered
 *   truth_load contend N T     T threads that take one lock N times each, and hold it for a while
 *   truth_load sleep N US      N sleeps of US microseconds
 *   truth_load fsync N PATH    N times a byte is written to PATH and made durable
 *   truth_load compat N        N getpid() through the 32-bit table (x86-64; elsewhere it exits 3)
 *   truth_load numbers         prints the system call numbers of sleep, fsync, 32-bit getpid
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct pair {
	int near, far;
	long rounds;
};

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* Answers every byte or datagram with the same. */
static void *echo(void *arg)
{
	struct pair *pair = arg;
	char byte;

	for (long i = 0; i < pair->rounds; i++) {
		if (recv(pair->far, &byte, 1, 0) != 1 || send(pair->far, &byte, 1, 0) != 1)
			fail("echo");
	}
	return NULL;
}

static void bounce(struct pair *pair)
{
	pthread_t thread;
	char byte = 1;

	if (pthread_create(&thread, NULL, echo, pair))
		fail("pthread_create");
	for (long i = 0; i < pair->rounds; i++) {
		if (send(pair->near, &byte, 1, 0) != 1 || recv(pair->near, &byte, 1, 0) != 1)
			fail("bounce");
	}
	pthread_join(thread, NULL);
}

static void pingpong(long rounds)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		fail("socketpair");
	bounce(&(struct pair){ends[0], ends[1], rounds});
}

static int udp_socket(struct sockaddr_in *own)
{
	socklen_t size = sizeof(*own);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	*own = (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (fd < 0 || bind(fd, (void *)own, size) || getsockname(fd, (void *)own, &size))
		fail("udp socket");
	return fd;
}

static void udp(long rounds)
{
	struct sockaddr_in near_address, far_address;
	int near = udp_socket(&near_address), far = udp_socket(&far_address);

	if (connect(near, (void *)&far_address, sizeof(far_address)) ||
	    connect(far, (void *)&near_address, sizeof(near_address)))
		fail("connect");
	bounce(&(struct pair){near, far, rounds});
}

static void *serve(void *arg)
{
	struct pair *pair = arg;
	char byte;

	for (long i = 0; i < pair->rounds; i++) {
		int fd = accept(pair->far, NULL, NULL);

		if (fd < 0 || recv(fd, &byte, 1, 0) != 1 || send(fd, &byte, 1, 0) != 1)
			fail("serve");
		close(fd);
	}
	return NULL;
}

static void tcp(long rounds)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct pair pair = {.far = listener, .rounds = rounds};
	pthread_t thread;
	char byte = 1;

	if (listener < 0 || bind(listener, (void *)&address, size) || listen(listener, 16) ||
	    getsockname(listener, (void *)&address, &size))
		fail("listen");
	if (pthread_create(&thread, NULL, serve, &pair))
		fail("pthread_create");
	for (long i = 0; i < rounds; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (fd < 0 || connect(fd, (void *)&address, size) || send(fd, &byte, 1, 0) != 1 ||
		    recv(fd, &byte, 1, 0) != 1)
			fail("connect");
		close(fd);
	}
	pthread_join(thread, NULL);
}

static pthread_mutex_t contended = PTHREAD_MUTEX_INITIALIZER;

static void *contender(void *arg)
{
	for (long i = 0; i < *(long *)arg; i++) {
		pthread_mutex_lock(&contended);
		for (volatile int work = 0; work < 20000; work++)
			;
		pthread_mutex_unlock(&contended);
	}
	return NULL;
}

static void contend(long rounds, int threads)
{
	pthread_t thread[16];

	if (threads > 16)
		fail("at most 16 threads");
	for (int i = 0; i < threads; i++) {
		if (pthread_create(&thread[i], NULL, contender, &rounds))
			fail("pthread_create");
	}
	for (int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
}

static long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void *busy(void *arg)
{
	long long end = now_ns() + *(long *)arg * 1000000LL;

	while (now_ns() < end)
		;
	return NULL;
}

static void spin(long ms, int threads, int cpus)
{
	pthread_t thread[64];
	cpu_set_t set;

	if (threads > 64)
		threads = 64;
	CPU_ZERO(&set);
	for (int i = 0; i < cpus; i++)
		CPU_SET(i, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("sched_setaffinity");
	for (int i = 0; i < threads; i++) {
		if (pthread_create(&thread[i], NULL, busy, &ms))
			fail("pthread_create");
	}
	for (int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
}

static void doze(long times, long us)
{
	struct timespec ts = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

	for (long i = 0; i < times; i++)
		syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &ts, NULL);
}

static void durable(long times, const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	if (fd < 0)
		fail(path);
	for (long i = 0; i < times; i++) {
		if (pwrite(fd, "", 1, i) != 1 || fsync(fd))
			fail(path);
	}
	close(fd);
}

enum { COMPAT_GETPID = 20 };

static int compat(long times)
{
#ifdef __x86_64__
	for (long i = 0; i < times; i++) {
		long result = COMPAT_GETPID;

		__asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
		if (result != getpid())
			fail("32-bit getpid");
	}
	return 0;
#else
	(void)times;
	return 3;
#endif
}

static long number(char **argv, int argc, int at)
{
	return at < argc ? strtol(argv[at], NULL, 10) : 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	long first = number(argv, argc, 2);

	if (!strcmp(mode, "pingpong"))
		pingpong(first);
	else if (!strcmp(mode, "udp"))
		udp(first);
	else if (!strcmp(mode, "spin"))
		spin(first, (int)number(argv, argc, 3), (int)number(argv, argc, 4));
	else if (!strcmp(mode, "sleep"))
		doze(first, number(argv, argc, 3));
	else if (!strcmp(mode, "fsync"))
		durable(first, argc > 3 ? argv[3] : "");
	else if (!strcmp(mode, "tcp"))
		tcp(first);
	else if (!strcmp(mode, "contend"))
		contend(first, (int)number(argv, argc, 3));
	else if (!strcmp(mode, "compat"))
		return compat(first);
	else if (!strcmp(mode, "numbers"))
		printf("%d %d %d\n", SYS_clock_nanosleep, SYS_fsync, COMPAT_GETPID);
	else
		return 64;
	return 0;
}
