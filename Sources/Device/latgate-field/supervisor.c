/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "supervisor.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include "clock.h"
#include "exchange.h"
#include "exit_codes.h"
#include "measure.h"
#include "power.h"

#define POWER_DIRECTORY "/sys/class/power_supply"
/* Somebody at the device wants it quiet: while the file is there, nothing is polled or measured. */
#define STOP_NAME "stop"

enum {
	POLL_MOST_S = 900, /* an exchange, with a spool to send */
	/* What a window may take beside its own time; its report waits while a poll has the spool. */
	WINDOW_OVER_S = POLL_MOST_S + 600,
	AGAIN_S = 60,
	CPU_SLACK_S = 4, /* the kernel counts a process's limit in seconds */
	MEMORY_SLACK = 24 << 20, /* stacks of threads, which are not used up */
};

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LG_SANITIZED 1
#endif
#endif
#ifndef LG_SANITIZED
#define LG_SANITIZED 0
#endif

struct child {
	pid_t process; /* 0 = none */
	lg_u64 deadline_ns; /* CLOCK_MONOTONIC: in suspend nobody takes too long */
	bool ending; /* to end */
};

struct supervisor {
	const struct lg_config *config;
	struct lg_directories directories;
	struct lg_field_state state;
	struct lg_lease lease;
	struct lg_polled campaign; /* what the last trusted poll said */
	bool active; /* there is one, and it may be measured while the lease lasts */
	uint8_t incarnation[8];
	uint32_t sequence;
	uint64_t known_s;
	unsigned failures;
	lg_u64 poll_at, window_at; /* CLOCK_BOOTTIME ns; a window_at of 0 = none */
	uint64_t counted_ns; /* up to when taken_s is counted */
	struct child exchange, measure;
	bool reporting; /* the process of `measure` makes the report that is owed */
	struct lg_polled *answer; /* of the exchange, which writes it */
	int signals, timer;
};

static lg_u64 now_ns(void)
{
	return lg_clock_ns(CLOCK_BOOTTIME);
}

static uint64_t time_s(const struct supervisor *self)
{
	uint64_t clock = lg_clock_ns(CLOCK_REALTIME) / LG_NS_PER_S;

	return clock > self->known_s ? clock : self->known_s;
}

static uint64_t random_below(uint64_t bound)
{
	uint64_t value;

	randombytes_buf(&value, sizeof(value));
	return bound ? value % bound : 0;
}

static void count_time(struct supervisor *self)
{
	uint64_t passed_s = lg_whole_seconds(&self->counted_ns, now_ns());

	if (*self->state.taken && self->active)
		self->state.taken_s += passed_s;
}

static bool save(struct supervisor *self)
{
	int rc = lg_field_state_save(&self->state, &lg_posix_disk, self->directories.state);

	if (rc)
		fprintf(stderr, "latgate-field: the state cannot be kept: %s\n", strerror(-rc));
	return !rc;
}

/* When a window is tried again that could not open now. */
static lg_u64 again_at(const struct supervisor *self)
{
	uint64_t wait = self->campaign.every_s < AGAIN_S ? self->campaign.every_s : AGAIN_S;

	return now_ns() + wait * LG_NS_PER_S;
}

/* ---- processes below */

static pid_t start(struct supervisor *self, struct child *child, uint64_t most_s)
{
	pid_t process = fork();

	if (process > 0) {
		*child = (struct child){.process = process,
					.deadline_ns = lg_monotonic_ns() + most_s * LG_NS_PER_S};
	} else if (!process) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		close(self->signals);
		close(self->timer);
	}
	return process;
}

static void end_child(struct child *child)
{
	if (child->process && !child->ending)
		kill(child->process, SIGTERM);
	child->ending = true;
}

static void start_exchange(struct supervisor *self)
{
	self->poll_at = now_ns() + self->config->poll_s * LG_NS_PER_S;
	if (self->exchange.process)
		return;
	*self->answer = (struct lg_polled){0};
	if (start(self, &self->exchange, POLL_MOST_S))
		return;
	lg_exchange(self->answer, self->config, &self->directories, &self->state, time_s(self));
	_exit(0);
}

/* The kernel ends what uses far more than a window's share; what is below that is counted after it. */
static void limit(const struct lg_polled *campaign)
{
	uint64_t cpu_s = campaign->window_s * campaign->cpu_ppm / 1000000 + CPU_SLACK_S;
	uint64_t memory = campaign->memory_bytes + MEMORY_SLACK;

	setrlimit(RLIMIT_CPU, &(struct rlimit){cpu_s, cpu_s + CPU_SLACK_S});
	/* A sanitizer's shadow is not the agent's memory. */
	if (!LG_SANITIZED)
		setrlimit(RLIMIT_DATA, &(struct rlimit){memory, memory});
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

/* With a reason only a report of it is made. False when there is no process for it. */
static bool start_measure(struct supervisor *self, enum lg_reason reason, const char *id)
{
	pid_t process;

	struct lg_condition_now now = {0};
	struct lg_measure measure = {.config = self->config,
				     .directories = &self->directories,
				     .sequence = self->sequence++,
				     .arm = (uint32_t)self->state.arm,
				     .id = id,
				     .now_s = time_s(self)};

	memcpy(measure.incarnation, self->incarnation, sizeof(measure.incarnation));
	lg_power_look(&now, POWER_DIRECTORY);
	measure.charging = now.charging;
	process = start(self, &self->measure, self->campaign.window_s + WINDOW_OVER_S);
	if (process)
		return process > 0;
	if (!reason)
		limit(&self->campaign);
	_exit(reason ? lg_measure_refuse(&measure, reason) : lg_measure_window(&measure));
}

/* The campaign never runs here again. */
static void bar(struct supervisor *self, const char *id, enum lg_reason reason)
{
	fprintf(stderr, "latgate-field: campaign %s is over here, reason %d\n", id, (int)reason);
	lg_field_bar(&self->state, id, reason);
	self->state.attempt[0] = 0;
	self->active = false;
	self->lease.until_ns = 0;
	self->window_at = 0;
	save(self);
}

/* And the collector learns why. */
static void bar_and_report(struct supervisor *self, const char *id, enum lg_reason reason)
{
	strcpy(self->state.owed, id);
	self->state.owed_reason = reason;
	bar(self, id, reason);
}

/* ---- a poll's answer */

static void rest(struct supervisor *self)
{
	count_time(self);
	self->active = false;
	self->lease.until_ns = 0;
	end_child(&self->measure);
}

static void take_campaign(struct supervisor *self, const struct lg_polled *polled)
{
	if (strcmp(self->state.taken, polled->id)) {
		strcpy(self->state.taken, polled->id);
		self->state.taken_s = 0;
		self->window_at = 0;
		end_child(&self->measure);
	}
	self->campaign = *polled;
	self->state.arm = polled->arm;
	if (polled->refused) {
		bar_and_report(self, polled->id, polled->refused);
		return;
	}
	self->active = true;
	lg_lease_give(&self->lease, now_ns(), polled->lease_s, self->config->poll_s);
	/* Devices that take a campaign at once do not measure at once. */
	if (!self->window_at)
		self->window_at = now_ns() + random_below(polled->every_s - polled->window_s + 1) *
						     LG_NS_PER_S;
}

static void polled(struct supervisor *self, const struct lg_polled *polled)
{
	uint64_t wait = self->config->poll_s;

	if (polled->known_s > self->known_s)
		self->known_s = polled->known_s;
	lg_field_count(&self->state, time_s(self), polled->sent_bytes);
	count_time(self);
	if (polled->trusted && polled->listed)
		take_campaign(self, polled);
	else if (polled->trusted)
		rest(self);
	if (*polled->revoked)
		bar_and_report(self, polled->revoked, LG_REVOKED);
	save(self);
	self->failures = polled->trusted && polled->uploaded ? 0 : self->failures + 1;
	if (self->failures) {
		uint64_t first = self->config->poll_s < LG_BACKOFF_FIRST_S ? self->config->poll_s
									   : LG_BACKOFF_FIRST_S;
		uint64_t again = lg_backoff_s(first, self->failures - 1, random_below(UINT64_MAX),
					      polled->retry_after_s);

		wait = again ? again : 1;
	} else {
		wait += random_below(wait / 10 + 1);
	}
	self->poll_at = now_ns() + wait * LG_NS_PER_S;
}

static void exchange_ended(struct supervisor *self, int status)
{
	struct lg_polled said = *self->answer;

	self->exchange.process = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "latgate-field: the process of a poll did not end as it should\n");
		/* What it sent is spent all the same. */
		said = (struct lg_polled){.sent_bytes = said.sent_bytes};
	}
	polled(self, &said);
}

/* ---- a window's end */

static void measured(struct supervisor *self, int code)
{
	enum lg_reason reason = (enum lg_reason)(code - LG_MEASURE_STOPPED);

	if (code == LG_MEASURE_BUSY) {
		self->window_at = again_at(self);
		return;
	}
	/* Those pass; the others would be the same the next time. */
	if (code <= LG_MEASURE_STOPPED || reason == LG_LEASE_ENDED || reason == LG_INTERNAL)
		return;
	/* Its process has reported it. */
	bar(self, self->state.taken, reason);
}

static void measure_ended(struct supervisor *self, int status)
{
	bool attempted = *self->state.attempt, killed = self->measure.ending;

	self->measure.process = 0;
	count_time(self);
	self->state.attempt[0] = 0;
	/* What it could not spool is counted there, and would not be spooled the next time. */
	if (self->reporting && !killed)
		self->state.owed[0] = 0;
	self->reporting = false;
	save(self);
	if (!attempted)
		return; /* it has only reported */
	/* One that was ended on purpose says nothing about its campaign. */
	if (killed)
		return;
	if (WIFEXITED(status))
		measured(self, WEXITSTATUS(status));
	else
		bar_and_report(self, self->state.taken,
			       WTERMSIG(status) == SIGXCPU ? LG_OVER_CPU : LG_CRASHED);
}

static void reap(struct supervisor *self)
{
	int status;
	pid_t process;

	while ((process = waitpid(-1, &status, WNOHANG)) > 0) {
		if (process == self->exchange.process)
			exchange_ended(self, status);
		else if (process == self->measure.process)
			measure_ended(self, status);
	}
}

/* ---- what is due */

static void open_window(struct supervisor *self, lg_u64 now)
{
	struct lg_campaign campaign = {.ends_s = self->campaign.ends_s,
				       .starts_s = self->campaign.starts_s,
				       .duration_s = self->campaign.duration_s,
				       .battery_floor_percent =
					       self->campaign.battery_floor_percent};
	struct lg_condition_now condition = {.now_s = time_s(self), .uptime_s = now / LG_NS_PER_S};
	enum lg_reason reason;

	count_time(self);
	condition.taken_s = self->state.taken_s;
	lg_power_look(&condition, POWER_DIRECTORY);
	reason = lg_may_open(&campaign, &condition, self->config->settle_s);
	if (reason == LG_OVER) {
		self->active = false;
		self->window_at = 0;
		return;
	}
	if (reason != LG_MAY) {
		self->window_at = again_at(self);
		return;
	}
	self->window_at = now + self->campaign.every_s * LG_NS_PER_S;
	/* On the disk before the kernel is asked for anything: a crash is put down to it. */
	strcpy(self->state.attempt, self->campaign.id);
	if (save(self) && start_measure(self, LG_MAY, self->campaign.id))
		return;
	/* Nothing was asked for: what ends the device now is not the campaign's doing. */
	self->state.attempt[0] = 0;
	save(self);
	self->window_at = again_at(self);
}

static lg_u64 left_ns(const struct child *child)
{
	lg_u64 now = lg_monotonic_ns();

	return child->deadline_ns > now ? child->deadline_ns - now : 0;
}

static bool overdue(const struct child *child)
{
	return child->process && !left_ns(child);
}

static void act(struct supervisor *self)
{
	bool quiet = !faccessat(self->directories.state, STOP_NAME, F_OK, 0);
	lg_u64 now = now_ns();

	if (quiet && self->active)
		rest(self);
	if (overdue(&self->exchange))
		kill(self->exchange.process, SIGKILL);
	if (overdue(&self->measure))
		kill(self->measure.process, SIGKILL);
	if (!lg_lease_left_ns(&self->lease, now) && *self->state.attempt)
		end_child(&self->measure);
	if (*self->state.owed && !self->measure.process)
		self->reporting = start_measure(self, (enum lg_reason)self->state.owed_reason,
						self->state.owed);
	if (now >= self->poll_at) {
		if (quiet)
			self->poll_at = now + self->config->poll_s * LG_NS_PER_S;
		else
			start_exchange(self);
	}
	if (self->active && self->window_at && now >= self->window_at && !self->measure.process &&
	    lg_lease_left_ns(&self->lease, now))
		open_window(self, now);
}

static lg_u64 earlier(lg_u64 a, lg_u64 b)
{
	return a < b ? a : b;
}

static lg_u64 next_due(const struct supervisor *self)
{
	lg_u64 due = self->poll_at, now = now_ns();

	/* After a suspend it comes too early, and is set again. */
	if (self->exchange.process)
		due = now + left_ns(&self->exchange);
	if (self->measure.process)
		due = earlier(due, now + left_ns(&self->measure));
	if (self->measure.process && *self->state.attempt && !self->measure.ending)
		due = earlier(due, self->lease.until_ns);
	if (self->active && self->window_at && !self->measure.process &&
	    lg_lease_left_ns(&self->lease, now))
		due = earlier(due, self->window_at);
	/* A timer that is set to 0 is off. */
	return due ? due : 1;
}

extern char __executable_start, etext;

/*
 * The program's code and constants are a file's, and the kernel maps more of them than is asked for.
 * What a long sleep does not need is given back; it is found again in the page cache.
 */
static void give_back(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t begun = (uintptr_t)&__executable_start & ~(page - 1);
	uintptr_t end = (uintptr_t)&etext & ~(page - 1);

	madvise((void *)begun, end - begun, MADV_DONTNEED);
}

/* The signal that ends it, or 0. */
static int await(struct supervisor *self)
{
	struct itimerspec at = {.it_value = lg_timespec(next_due(self))};
	struct pollfd fds[2] = {{.fd = self->signals, .events = POLLIN},
				{.fd = self->timer, .events = POLLIN}};
	struct signalfd_siginfo info;
	int ending = 0;

	timerfd_settime(self->timer, TFD_TIMER_ABSTIME, &at, NULL);
	if (!self->exchange.process && !self->measure.process)
		give_back();
	if (poll(fds, 2, -1) < 0 && errno != EINTR)
		return SIGTERM;
	while (read(self->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGCHLD)
			ending = (int)info.ssi_signo;
	}
	reap(self);
	return ending;
}

/* ---- beginning and end */

static bool begin(struct supervisor *self)
{
	char why[LG_WHY];
	sigset_t wanted;
	int rc;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGINT);
	sigaddset(&wanted, SIGHUP);
	sigaddset(&wanted, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &wanted, NULL) || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return false;
	self->signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	self->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	self->answer = mmap(NULL, sizeof(*self->answer), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (self->signals < 0 || self->timer < 0 || self->answer == MAP_FAILED) {
		perror("latgate-field: timers cannot be set up");
		return false;
	}
	if (!lg_directories_open(&self->directories, self->config, why)) {
		fprintf(stderr, "latgate-field: %s\n", why);
		return false;
	}
	rc = lg_field_state_load(&self->state, &lg_posix_disk, self->directories.state);
	if (rc)
		fprintf(stderr, "latgate-field: the state is damaged, and begins anew: %s\n",
			strerror(-rc));
	randombytes_buf(self->incarnation, sizeof(self->incarnation));
	self->counted_ns = now_ns();
	/* A fleet that begins at once does not ask at once. */
	self->poll_at =
		self->counted_ns + random_below(self->config->poll_s / 10 + 1) * LG_NS_PER_S;
	if (*self->state.attempt) {
		char id[LG_CAMPAIGN_ID];

		strcpy(id, self->state.attempt);
		bar_and_report(self, id, LG_CRASHED);
	}
	return true;
}

static void end(struct supervisor *self)
{
	int status;

	count_time(self);
	end_child(&self->exchange);
	end_child(&self->measure);
	/* They take their probes back; what they do not is the kernel's to take. */
	for (int i = 0; i < 2; i++) {
		struct child *child = i ? &self->measure : &self->exchange;

		while (child->process && waitpid(child->process, &status, 0) < 0 && errno == EINTR)
			;
	}
	self->state.attempt[0] = 0;
	save(self);
}

int lg_supervise(const struct lg_config *config)
{
	struct supervisor self = {.config = config};
	int signal = 0;

	if (!begin(&self))
		return LG_EXIT_INTERNAL;
	while (!signal) {
		act(&self);
		signal = await(&self);
	}
	end(&self);
	return LG_EXIT_OK;
}
