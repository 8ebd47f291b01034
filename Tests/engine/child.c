/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <linux/sockios.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

/* One operation that finds nothing to receive. */
static void *thread_main(void *orders)
{
	char byte;

	prctl(PR_SET_NAME, "another");
	syscall(SYS_recvfrom, *(int *)orders, &byte, 1, MSG_DONTWAIT, NULL, NULL);
	return NULL;
}

static void child_main(int orders)
{
	char message[64];
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	while (syscall(SYS_recvfrom, orders, message, sizeof(message), 0, NULL, NULL) > 0) {
		if (message[0] == ORDER_LONE_START || message[0] == ORDER_CANCELLED)
			syscall(SYS_getppid);
		if (message[0] == ORDER_CANCELLED)
			syscall(SYS_getuid);
		if (message[0] == ORDER_NAMED)
			prctl(PR_SET_NAME, CHILD_NAME);
		if (message[0] == ORDER_THREAD) {
			pthread_create(&thread, NULL, thread_main, &orders);
			pthread_join(thread, NULL);
		}
	}
	_exit(0);
}

/* True while the child is blocked in recvfrom with nothing left to receive. */
static bool waits(const struct child *child)
{
	char path[64], line[64] = "";
	long nr = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/syscall", child->pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fgets(line, sizeof(line), file) && line[0] != 'r')
		nr = strtol(line, NULL, 10);
	fclose(file);
	return nr == SYS_recvfrom;
}

/* An order is received when the socket's queue is empty; then the child comes to wait again. */
static void await(const struct child *child)
{
	for (int tries = 0; tries < 5000; tries++) {
		int unread = 0;

		/* SIOCOUTQ: bytes of ours that the peer has not taken. */
		if (!ioctl(child->orders, SIOCOUTQ, &unread) && !unread && waits(child))
			return;
		pass_ms(1);
	}
	printf("Bail out! the child does not take orders\n");
	exit(2);
}

struct child child_start(void)
{
	struct child child;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		exit(2);
	child.orders = pair[0];
	child.pid = fork();
	if (!child.pid) {
		close(pair[0]);
		child_main(pair[1]);
	}
	close(pair[1]);
	await(&child);
	return child;
}

void child_order(const struct child *child, int order, int bytes)
{
	char message[64] = {(char)order};

	if (send(child->orders, message, (size_t)bytes, MSG_NOSIGNAL) != bytes)
		exit(2);
	await(child);
}

void child_stop(const struct child *child)
{
	close(child->orders);
	waitpid(child->pid, NULL, 0);
}
