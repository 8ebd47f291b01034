/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "latency.h"

#define NS_PER_S 1000000000ULL

struct worker {
	const struct lg_loop *loop;
	const struct lg_options *options;
	pthread_barrier_t *barrier;
	pthread_t thread;
	void *arg;
	lg_u64 index, ops, warmup;
	struct lg_hist latency;
	lg_u64 started_ns, ended_ns;
	lg_u64 errors;
	int first_error;
	int place_code;
};

lg_u64 lg_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (lg_u64)now.tv_sec * NS_PER_S + (lg_u64)now.tv_nsec;
}

int lg_unavailable(const char *what, int error)
{
	fprintf(stderr, "latgate-load: %s%s%s\n", what, error ? ": " : "",
		error ? strerror(error) : "");
	return LG_LOAD_UNAVAILABLE;
}

/* Operation n of this thread is due at start + (n * threads + thread) / rate. */
static lg_u64 due_ns(const struct worker *worker, lg_u64 n)
{
	lg_u64 nth = n * worker->options->threads + worker->index;
	lg_u64 rate = worker->options->rate;

	return worker->started_ns + nth / rate * NS_PER_S + nth % rate * NS_PER_S / rate;
}

static void wait_until(lg_u64 ns)
{
	struct timespec until = {.tv_sec = (time_t)(ns / NS_PER_S),
				 .tv_nsec = (long)(ns % NS_PER_S)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		continue;
}

static void run_one(struct worker *worker, lg_u64 index, lg_u64 due)
{
	const struct lg_loop *loop = worker->loop;
	lg_u64 from;
	int error;

	if (loop->before)
		loop->before(worker->arg, index);
	from = lg_now_ns();
	if (due && from < due)
		wait_until(due);
	error = loop->op(worker->arg, index);
	if (index < worker->warmup)
		return;
	lg_latency_record(&worker->latency, lg_now_ns() - (due ? due : from));
	if (!error)
		return;
	worker->errors++;
	if (!worker->first_error)
		worker->first_error = error;
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	lg_u64 i;

	worker->place_code = lg_options_place(worker->options, (unsigned)worker->index);
	for (i = 0; i < worker->warmup; i++)
		run_one(worker, i, 0);
	pthread_barrier_wait(worker->barrier);
	worker->started_ns = lg_now_ns();
	for (i = 0; i < worker->ops; i++)
		run_one(worker, worker->warmup + i, worker->options->rate ? due_ns(worker, i) : 0);
	worker->ended_ns = lg_now_ns();
	return NULL;
}

static lg_u64 share(lg_u64 total, lg_u64 parts, lg_u64 index)
{
	return total / parts + (index < total % parts);
}

static int report(const struct worker *workers, lg_u64 threads)
{
	lg_u64 started = ~0ULL, ended = 0, errors = 0, elapsed;
	struct lg_hist all = {0};
	int first_error = 0, place_code = 0;

	for (lg_u64 i = 0; i < threads; i++) {
		lg_latency_merge(&all, &workers[i].latency);
		errors += workers[i].errors;
		started = workers[i].started_ns < started ? workers[i].started_ns : started;
		ended = workers[i].ended_ns > ended ? workers[i].ended_ns : ended;
		first_error = first_error ? first_error : workers[i].first_error;
		place_code = place_code ? place_code : workers[i].place_code;
	}
	if (place_code)
		return place_code;
	elapsed = ended > started ? ended - started : 1;
	printf("ops: %llu\nerrors: %llu\nelapsed_ns: %llu\nrate_per_s: %.1f\n",
	       (unsigned long long)all.count, (unsigned long long)errors,
	       (unsigned long long)elapsed, (double)all.count * NS_PER_S / (double)elapsed);
	printf("mean_ns: %llu\np50_ns: %llu\np90_ns: %llu\np99_ns: %llu\nmax_ns: %llu\n",
	       (unsigned long long)(all.sum / all.count),
	       (unsigned long long)lg_latency_quantile(&all, 500),
	       (unsigned long long)lg_latency_quantile(&all, 900),
	       (unsigned long long)lg_latency_quantile(&all, 990), (unsigned long long)all.max);
	if (!errors)
		return LG_LOAD_OK;
	fprintf(stderr, "latgate-load: %llu operations failed, the first with: %s\n",
		(unsigned long long)errors, strerror(first_error));
	return LG_LOAD_FAILED_OP;
}

int lg_loop_run(const struct lg_loop *loop, const struct lg_options *options)
{
	lg_u64 threads = options->threads, i;
	struct worker *workers = calloc(threads, sizeof(*workers));
	pthread_barrier_t barrier;
	int code;

	if (!workers || pthread_barrier_init(&barrier, NULL, (unsigned)threads)) {
		free(workers);
		return lg_unavailable("no memory for the threads", 0);
	}
	for (i = 0; i < threads; i++) {
		workers[i] = (struct worker){.loop = loop,
					     .options = options,
					     .barrier = &barrier,
					     .arg = (char *)loop->arg + i * loop->arg_stride,
					     .index = i,
					     .ops = share(options->ops, threads, i),
					     .warmup = share(options->warmup, threads, i)};
		/* The first worker is this thread: a single one needs no other. */
		code = i ? pthread_create(&workers[i].thread, NULL, work, &workers[i]) : 0;
		if (code)
			exit(lg_unavailable("a thread could not be started", code));
	}
	work(&workers[0]);
	for (i = 1; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	code = report(workers, threads);
	pthread_barrier_destroy(&barrier);
	free(workers);
	return code;
}
