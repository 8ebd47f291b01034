// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * A binder service and its client: known numbers of calls of a known length.
 *
 *   truth_binder DEVICE CALLS ONEWAY US
 *
 * makes CALLS synchronous calls that the service answers after US microseconds
 * and ONEWAY calls without an answer.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/android/binder.h>

enum { BUFFER_SIZE = 128 << 10 };

struct __attribute__((packed)) command {
	uint32_t code;
	struct binder_transaction_data data;
};

struct __attribute__((packed)) free_command {
	uint32_t code;
	binder_uintptr_t buffer;
};

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int open_device(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0 || mmap(NULL, BUFFER_SIZE, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		fail(path);
	return fd;
}

static size_t exchange(int fd, void *out, size_t out_size, void *in, size_t in_size)
{
	struct binder_write_read bwr = {
		.write_size = out_size,
		.write_buffer = (binder_uintptr_t)(uintptr_t)out,
		.read_size = in_size,
		.read_buffer = (binder_uintptr_t)(uintptr_t)in,
	};

	if (ioctl(fd, BINDER_WRITE_READ, &bwr))
		fail("BINDER_WRITE_READ");
	return bwr.read_consumed;
}

/* Reads until a return code of interest arrives; its data follow in *data. */
static uint32_t await(int fd, const uint32_t *wanted, struct binder_transaction_data *data)
{
	unsigned char in[512];

	for (;;) {
		size_t size = exchange(fd, NULL, 0, in, sizeof(in));

		for (size_t at = 0; at + 4 <= size;) {
			uint32_t code;

			memcpy(&code, in + at, 4);
			at += 4;
			for (const uint32_t *want = wanted; *want; want++) {
				if (code != *want)
					continue;
				if (_IOC_SIZE(code) == sizeof(*data) && at + sizeof(*data) <= size)
					memcpy(data, in + at, sizeof(*data));
				return code;
			}
			at += _IOC_SIZE(code);
		}
	}
}

static void free_buffer(int fd, const struct binder_transaction_data *data)
{
	struct free_command command = {BC_FREE_BUFFER, data->data.ptr.buffer};

	exchange(fd, &command, sizeof(command), NULL, 0);
}

static void serve(int fd, long us, int ready)
{
	struct timespec pause = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
	const uint32_t wanted[] = {BR_TRANSACTION, 0};
	uint32_t looper = BC_ENTER_LOOPER;

	exchange(fd, &looper, sizeof(looper), NULL, 0);
	if (write(ready, "", 1) != 1)
		fail("ready");
	for (;;) {
		struct command reply = {.code = BC_REPLY};
		struct binder_transaction_data data;

		await(fd, wanted, &data);
		if (!(data.flags & TF_ONE_WAY)) {
			clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
			exchange(fd, &reply, sizeof(reply), NULL, 0);
		}
		free_buffer(fd, &data);
	}
}

static void call(int fd, long times, uint32_t flags)
{
	const uint32_t answers[] = {BR_REPLY, BR_DEAD_REPLY, BR_FAILED_REPLY, 0};
	const uint32_t accepted[] = {BR_TRANSACTION_COMPLETE, BR_DEAD_REPLY, BR_FAILED_REPLY, 0};

	for (long i = 0; i < times; i++) {
		struct command request = {.code = BC_TRANSACTION, .data.flags = flags};
		struct binder_transaction_data data;
		uint32_t answer;

		exchange(fd, &request, sizeof(request), NULL, 0);
		answer = await(fd, flags & TF_ONE_WAY ? accepted : answers, &data);
		if (answer == BR_DEAD_REPLY || answer == BR_FAILED_REPLY) {
			fprintf(stderr, "truth_binder: call %ld failed\n", i);
			exit(1);
		}
		if (answer == BR_REPLY)
			free_buffer(fd, &data);
	}
}

int main(int argc, char **argv)
{
	int ready[2], fd;
	pid_t service;
	char byte;

	if (argc != 5 || pipe(ready))
		return 64;
	service = fork();
	if (!service) {
		fd = open_device(argv[1]);
		if (ioctl(fd, BINDER_SET_CONTEXT_MGR, 0))
			fail("BINDER_SET_CONTEXT_MGR");
		serve(fd, strtol(argv[4], NULL, 10), ready[1]);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		return 1;
	fd = open_device(argv[1]);
	call(fd, strtol(argv[2], NULL, 10), 0);
	call(fd, strtol(argv[3], NULL, 10), TF_ONE_WAY);
	kill(service, SIGKILL);
	waitpid(service, NULL, 0);
	return 0;
}
