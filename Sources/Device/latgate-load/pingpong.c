/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "commands.h"
#include "futex_word.h"
#include "loop.h"
#include "peer.h"

struct pipes {
	int there[2], back[2];
};

static int pipe_op(void *arg, lg_u64 index)
{
	const struct pipes *pipes = arg;
	char byte = 0;

	(void)index;
	if (write(pipes->there[1], &byte, 1) != 1)
		return errno;
	return read(pipes->back[0], &byte, 1) == 1 ? 0 : EPIPE;
}

static int pipe_serve(void *arg)
{
	const struct pipes *pipes = arg;
	char byte;

	/* Or the peer's own copy of the end would keep its input from ending. */
	close(pipes->there[1]);
	while (read(pipes->there[0], &byte, 1) == 1 && write(pipes->back[1], &byte, 1) == 1)
		continue;
	return LG_LOAD_OK;
}

/* Each side waits for its turn in a shared word. */
enum { MINE, THEIRS };

static void hand_over(lg_u32 *word, lg_u32 turn)
{
	__atomic_store_n(word, turn, __ATOMIC_RELEASE);
	lg_futex_wake(word);
}

static void await_turn(lg_u32 *word, lg_u32 turn)
{
	lg_u32 seen;

	while ((seen = __atomic_load_n(word, __ATOMIC_ACQUIRE)) != turn)
		lg_futex_wait(word, seen);
}

static int futex_op(void *arg, lg_u64 index)
{
	(void)index;
	hand_over(arg, THEIRS);
	await_turn(arg, MINE);
	return 0;
}

static _Noreturn int futex_serve(void *arg)
{
	for (;;) {
		await_turn(arg, THEIRS);
		hand_over(arg, MINE);
	}
}

static int play(struct lg_loop *loop, int (*serve)(void *arg), const struct lg_options *options)
{
	pid_t peer = lg_peer_start(options, serve, loop->arg);
	int code;

	if (peer < 0)
		return lg_unavailable("the second process could not be started", errno);
	code = lg_loop_run(loop, options);
	lg_peer_stop(peer);
	return code;
}

static int run(const struct lg_options *options)
{
	struct lg_loop loop = {0};
	struct pipes pipes;

	if (!strcmp(options->via, "pipe")) {
		if (pipe2(pipes.there, O_CLOEXEC) || pipe2(pipes.back, O_CLOEXEC))
			return lg_unavailable("a pipe could not be made", errno);
		loop.op = pipe_op;
		loop.arg = &pipes;
		return play(&loop, pipe_serve, options);
	}
	if (!strcmp(options->via, "futex")) {
		loop.op = futex_op;
		loop.arg = mmap(NULL, sizeof(lg_u32), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (loop.arg == MAP_FAILED)
			return lg_unavailable("no shared memory", errno);
		return play(&loop, futex_serve, options);
	}
	fprintf(stderr, "latgate-load: --via takes pipe or futex, not '%s'\n", options->via);
	return LG_LOAD_USAGE;
}

const struct lg_command lg_command_pingpong = {
	.name = "pingpong",
	.summary = "Two processes that wake each other in turn",
	.operation = "there and back, --via pipe (default) or futex; --cpus 0,1 keeps them apart",
	.options = LG_OPT_VIA,
	.defaults = {.ops = 20000, .warmup = 100, .via = "pipe"},
	.run = run,
};
