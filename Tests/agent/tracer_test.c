/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The tracer against a directory of plain files that looks like tracefs: what it
 * changes, and that every way to end puts it back. tracer_test DIRECTORY SPANS
 * prints one line per check; SPANS is the declaration of hardirq.run.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent_protocol.h"
#include "clock.h"
#include "proc.h"
#include "trace_journal.h"
#include "tracefs.h"
#include "tracer_internal.h"

static const char *root;
/* hardirq.run, as the host declares it. */
static struct lg_trace_metric hardirq = {.id = 7};

static void check(const char *name, bool good)
{
	printf("%s tracer: %s\n", good ? "ok" : "FAILED", name);
	fflush(stdout);
}

static void put(const char *file, const char *text)
{
	char path[256];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", root, file);
	for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = 0;
		mkdir(path, 0755);
		*slash = '/';
	}
	out = fopen(path, "w");
	if (!out || fputs(text, out) < 0 || fclose(out)) {
		perror(path);
		exit(2);
	}
}

static bool holds(const char *file, const char *text)
{
	char found[256];

	return !lg_tracefs_line(root, file, found, sizeof(found)) && !strcmp(found, text);
}

static const char common[] = "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
			     "\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
			     "\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;"
			     "\tsigned:0;\n"
			     "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n";

static void put_event(const char *event, int id, const char *fields)
{
	char file[128], text[2048];

	snprintf(text, sizeof(text), "name: %s\nID: %d\nformat:\n%s%s\nprint fmt: \"\"\n",
		 strchr(event, '/') + 1, id, common, fields);
	snprintf(file, sizeof(file), "events/%s/format", event);
	put(file, text);
	snprintf(file, sizeof(file), "events/%s/enable", event);
	put(file, "0\n");
}

static void put_tracefs(void)
{
	put("tracing_on", "0\n");
	put("current_tracer", "nop\n");
	put("trace_clock", "[local] global counter uptime perf mono mono_raw boot\n");
	put("buffer_size_kb", "7 (expanded: 1408)\n");
	put("trace", "");
	put("events/enable", "0\n");
	put("events/header_page", "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				  "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
				  "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
				  "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n");
	put("per_cpu/cpu0/trace_pipe_raw", "");
	put("per_cpu/cpu0/buffer_size_kb", "1408\n");
	put("per_cpu/cpu0/stats", "entries: 0\noverrun: 0\ncommit overrun: 0\nbytes: 0\n"
				  "dropped events: 0\nread events: 0\n");
	put_event("irq/irq_handler_entry", 11,
		  "\tfield:int irq;\toffset:8;\tsize:4;\tsigned:1;\n"
		  "\tfield:__data_loc char[] name;\toffset:12;\tsize:4;\tsigned:0;\n");
	put_event("irq/irq_handler_exit", 12,
		  "\tfield:int irq;\toffset:8;\tsize:4;\tsigned:1;\n"
		  "\tfield:int ret;\toffset:12;\tsize:4;\tsigned:1;\n");
}

static void test_proc(void)
{
	struct lg_proc_stat stat = {0};

	check("a process is read of its stat file",
	      lg_proc_stat("/proc/self/stat", &stat) && stat.state == 'R' &&
		      stat.parent == getppid() && stat.session == getsid(0) && stat.threads >= 1);
	check("none is there without the file", !lg_proc_stat("/proc/0/stat", &stat));
	check("a number is found by its whole name",
	      lg_proc_number("/proc/self/status", "Tgid") == (lg_u64)getpid() &&
		      !lg_proc_number("/proc/self/status", "gid") &&
		      !lg_proc_number("/proc/self/status", "Tgi"));
	check("none without the file", !lg_proc_number("/proc/0/status", "Tgid"));
}

static void test_journal(void)
{
	struct lg_journal *journal = lg_journal_new(root);

	put("a", "one\n");
	put("b", "x\n");
	check("a setting is written",
	      !lg_journal_set(journal, "a", "two", "one") && holds("a", "two"));
	check("and named as changed", !strcmp(lg_journal_changed(journal), "a"));
	check("written again it keeps its first value",
	      !lg_journal_set(journal, "a", "three", "two") &&
		      !lg_journal_set(journal, "b", "y", "x") && !lg_journal_restore_all(journal) &&
		      holds("a", "one") && holds("b", "x"));
	check("nothing is left in the journal", !lg_journal_changed(journal));
	put("a", "somebody else's\n");
	check("what is restored is not touched again",
	      !lg_journal_restore_all(journal) && holds("a", "somebody else's"));
	check("restored and changed once more, the new value counts",
	      !lg_journal_set(journal, "a", "mine", "somebody else's") &&
		      !lg_journal_restore(journal, "a") && holds("a", "somebody else's"));
	check("a missing setting is an error, and not restored",
	      lg_journal_set(journal, "none", "1", "0") == -ENOENT && !lg_journal_changed(journal));
	check("an overlong value is an error",
	      lg_journal_set(journal, "a", "1", "0123456789012345678901234567890123456789") ==
		      -ENOSPC);
	lg_journal_free(journal);
}

/* Ends a process that changed a setting, and waits for its guard, which becomes our child. */
static void end_changer(int signal_number, const char *name)
{
	int report[2], output[2];
	pid_t child, guard = 0;
	char byte;

	put("a", "before\n");
	if (pipe(report) || pipe(output))
		exit(2);
	child = fork();
	if (!child) {
		struct lg_journal *journal = lg_journal_new(root);

		signal(signal_number, SIG_DFL);
		dup2(output[1], STDOUT_FILENO);
		close(output[0]);
		close(output[1]);
		if (lg_journal_guard(journal) || lg_journal_set(journal, "a", "during", "before"))
			_exit(1);
		guard = lg_journal_guard_pid(journal);
		if (write(report[1], &guard, sizeof(guard)) != sizeof(guard))
			_exit(1);
		pause();
		_exit(0);
	}
	close(output[1]);
	close(report[1]);
	if (read(report[0], &guard, sizeof(guard)) != sizeof(guard))
		exit(2);
	check("the change is there meanwhile", holds("a", "during"));
	kill(child, signal_number);
	waitpid(child, NULL, 0);
	/* Ends only when the guard, too, has let go of it. */
	check("nobody keeps the output open", read(output[0], &byte, 1) == 0);
	check("the guard ends by itself", waitpid(guard, NULL, 0) == guard);
	check(name, holds("a", "before"));
	close(output[0]);
	close(report[0]);
}

static void test_guard(void)
{
	struct lg_journal *journal = lg_journal_new(root);
	pid_t guard = 0;

	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	end_changer(SIGKILL, "restored after kill -9");
	end_changer(SIGSEGV, "restored after a crash");
	put("a", "before\n");
	check("a guard is started once",
	      !lg_journal_guard(journal) && (guard = lg_journal_guard_pid(journal)) &&
		      !lg_journal_guard(journal) && lg_journal_guard_pid(journal) == guard);
	lg_journal_set(journal, "a", "during", "before");
	lg_journal_free(journal);
	check("freeing restores", holds("a", "before"));
	check("and takes the guard along", kill(guard, 0) && errno == ESRCH);
}

static void count_hook(void *arg, const struct lg_hook_report *report)
{
	if (!strcmp(report->rung, "ftrace"))
		++*(int *)arg;
}

static struct lg_tracer *loaded(void)
{
	struct lg_tracer *tracer = lg_tracer_new(root, root);
	struct lg_error err = {0};
	int hooks = 0;

	check("a probe of two events is loaded",
	      !lg_tracer_load(tracer, "hardirq", &hardirq, 1, count_hook, &hooks, &err) &&
		      hooks == 2 && !err.code);
	return tracer;
}

static bool is_untouched(void)
{
	/* 7 (expanded: 1408) becomes 1408 by any use of tracing, and plain files show no more. */
	return holds("tracing_on", "0") && holds("trace_clock", "local") &&
	       holds("buffer_size_kb", "1408") &&
	       holds("events/irq/irq_handler_entry/enable", "0") &&
	       holds("events/irq/irq_handler_exit/enable", "0");
}

static void test_window(void)
{
	struct lg_tracer *tracer;
	struct lg_error err = {0};

	put_tracefs();
	tracer = loaded();
	check("loading changes nothing",
	      holds("buffer_size_kb", "7 (expanded: 1408)") && holds("tracing_on", "0"));
	check("attaching sets clock and buffer",
	      !lg_tracer_attach(tracer, &err) && holds("trace_clock", "mono") &&
		      !holds("buffer_size_kb", "7 (expanded: 1408)"));
	put("trace_clock", "local [mono]\n");
	check("and enables nothing", holds("events/irq/irq_handler_entry/enable", "0"));
	check("a window enables its events",
	      !lg_tracer_arm(tracer, &err) && holds("tracing_on", "1") &&
		      holds("events/irq/irq_handler_entry/enable", "1") &&
		      holds("events/irq/irq_handler_exit/enable", "1"));
	lg_tracer_open(tracer, lg_monotonic_ns());
	lg_tracer_drain(tracer, lg_monotonic_ns());
	check("nothing is in flight", !lg_tracer_in_flight(tracer));
	lg_tracer_close(tracer, lg_monotonic_ns());
	check("closed, they are disabled",
	      holds("tracing_on", "0") && holds("events/irq/irq_handler_entry/enable", "0") &&
		      holds("events/irq/irq_handler_exit/enable", "0"));
	check("an empty trace is whole", !lg_tracer_fault(tracer)[0]);

	check("a second window", !lg_tracer_arm(tracer, &err) && holds("tracing_on", "1"));
	lg_tracer_open(tracer, lg_monotonic_ns());
	put("tracing_on", "0\n");
	put("per_cpu/cpu0/stats", "overrun: 3\n");
	lg_tracer_drain(tracer, lg_monotonic_ns());
	lg_tracer_close(tracer, lg_monotonic_ns());
	check("another tool's switch is a fault",
	      strstr(lg_tracer_fault(tracer), "another tool") != NULL);
	check("a third window", !lg_tracer_arm(tracer, &err));
	lg_tracer_open(tracer, lg_monotonic_ns());
	put("per_cpu/cpu0/stats", "overrun: 5\n");
	lg_tracer_drain(tracer, lg_monotonic_ns());
	lg_tracer_close(tracer, lg_monotonic_ns());
	check("overwritten events are a fault",
	      strstr(lg_tracer_fault(tracer), "2 events overwritten") != NULL);

	put("tracing_on", "1\n");
	check("a tracer that came between two windows is not disturbed",
	      lg_tracer_arm(tracer, &err) && err.code == LG_ERR_BUSY &&
		      holds("events/irq/irq_handler_entry/enable", "0"));
	put("tracing_on", "0\n");
	err = (struct lg_error){0};
	check("armed again", !lg_tracer_arm(tracer, &err));
	lg_tracer_detach(tracer);
	check("detaching in a window restores all", is_untouched());
	put_tracefs();
	check("attached and armed once more",
	      !lg_tracer_attach(tracer, &err) && !lg_tracer_arm(tracer, &err));
	lg_tracer_free(tracer);
	check("freeing in a window restores all", is_untouched());
}

static void test_unload(void)
{
	static const struct lg_trace_metric softirq = {.id = 8, .name = "softirq.run"};
	static const char vector[] = "\tfield:unsigned int vec;\toffset:8;\tsize:4;\tsigned:0;\n";
	struct lg_tracer *tracer;
	struct lg_error err = {0};
	int hooks = 0;

	put_tracefs();
	put_event("irq/softirq_entry", 14, vector);
	put_event("irq/softirq_exit", 15, vector);
	tracer = loaded();
	check("a second probe is loaded",
	      !lg_tracer_load(tracer, "softirq", &softirq, 1, count_hook, &hooks, &err) &&
		      hooks == 2);
	check("both are attached", !lg_tracer_attach(tracer, &err));
	put("trace_clock", "local [mono]\n");
	check("a window enables the events of both",
	      !lg_tracer_arm(tracer, &err) && holds("events/irq/softirq_entry/enable", "1") &&
		      holds("events/irq/irq_handler_entry/enable", "1"));
	lg_tracer_close(tracer, lg_monotonic_ns());
	check("one is unloaded", !lg_tracer_unload(tracer, "softirq"));
	check("its events are not enabled any more",
	      !lg_tracer_arm(tracer, &err) && holds("events/irq/softirq_entry/enable", "0") &&
		      holds("events/irq/softirq_exit/enable", "0") &&
		      holds("events/irq/irq_handler_entry/enable", "1"));
	lg_tracer_free(tracer);
}

static void measure(struct lg_tracer *tracer)
{
	struct lg_error err = {0};

	check("a window is measured", !lg_tracer_arm(tracer, &err));
	lg_tracer_open(tracer, lg_monotonic_ns());
	lg_tracer_drain(tracer, lg_monotonic_ns());
	lg_tracer_close(tracer, lg_monotonic_ns());
}

/* A page of CPU 0's buffer with one event: it changes to khz at ns. */
static void put_change(lg_u64 ns, lg_u32 khz)
{
	struct {
		lg_u64 time_ns, committed;
		/* A record of four words, no time after the page's. */
		lg_u32 header;
		unsigned short type;
		unsigned char flags, preempt_count;
		lg_u32 pid, state, cpu;
	} page = {.time_ns = ns, .committed = 20, .header = 4, .type = 13, .state = khz};
	char path[256];
	FILE *out;

	snprintf(path, sizeof(path), "%s/per_cpu/cpu0/trace_pipe_raw", root);
	out = fopen(path, "w");
	/* The compiler pads the end. */
	if (!out || fwrite(&page, 36, 1, out) != 1 || fclose(out)) {
		perror(path);
		exit(2);
	}
}

static void test_frequency(void)
{
	struct lg_fold_frequency found;
	struct lg_tracer *tracer;
	struct lg_error err = {0};
	lg_u64 opened;

	put_tracefs();
	tracer = loaded();
	check("without tracing nothing is missing", !lg_tracer_frequency_missing(tracer));
	lg_tracer_attach(tracer, &err);
	put("trace_clock", "local [mono]\n");
	measure(tracer);
	check("a kernel without the event reports no frequency",
	      strstr(lg_tracer_frequency_missing(tracer), "no such event") != NULL &&
		      !lg_tracer_frequency(tracer, 0, &found));
	lg_tracer_free(tracer);

	put_tracefs();
	put_event("power/cpu_frequency", 13,
		  "\tfield:u32 state;\toffset:8;\tsize:4;\tsigned:0;\n"
		  "\tfield:u32 cpu_id;\toffset:12;\tsize:4;\tsigned:0;\n");
	tracer = loaded();
	lg_tracer_attach(tracer, &err);
	put("trace_clock", "local [mono]\n");
	measure(tracer);
	check("nor do CPUs without a driver",
	      strstr(lg_tracer_frequency_missing(tracer), "cpufreq driver") != NULL);
	put("cpu0/cpufreq/scaling_cur_freq", "<unknown>\n");
	measure(tracer);
	check("nor one that does not know it", lg_tracer_frequency_missing(tracer) != NULL);
	put("cpu0/cpufreq/scaling_cur_freq", "1804800\n");
	measure(tracer);
	check("a CPU that never changes has the frequency it began with",
	      !lg_tracer_frequency_missing(tracer) && lg_tracer_frequency(tracer, 0, &found) &&
		      found.mean_khz == 1804800 && !found.changes && found.known_ns);
	check("a CPU that is not there has none", !lg_tracer_frequency(tracer, 511, &found));
	check("a window with a change is armed", !lg_tracer_arm(tracer, &err));
	opened = lg_monotonic_ns();
	lg_tracer_open(tracer, opened);
	put_change(opened + 1000, 600000);
	lg_tracer_drain(tracer, opened + 3000);
	lg_tracer_close(tracer, lg_monotonic_ns() + 4000);
	check("a change counts, weighted by time",
	      lg_tracer_frequency(tracer, 0, &found) && found.changes == 1 &&
		      found.known_ns == 3000 && found.mean_khz == (1804800 + 2 * 600000) / 3);
	check("and the trace is whole", !lg_tracer_fault(tracer)[0]);
	put("per_cpu/cpu0/trace_pipe_raw", "");
	lg_tracer_free(tracer);
	check("its event is disabled again", holds("events/power/cpu_frequency/enable", "0"));
}

static void refused(struct lg_tracer *tracer, const char *name, const char *text)
{
	struct lg_error err = {0};

	check(name,
	      lg_tracer_attach(tracer, &err) && err.code == LG_ERR_BUSY && strstr(err.text, text));
}

static void test_contention(void)
{
	struct lg_tracer *tracer;
	struct lg_error err = {0};

	put_tracefs();
	tracer = loaded();
	put("current_tracer", "function\n");
	refused(tracer, "another tracer is not disturbed", "'function'");
	put("current_tracer", "nop\n");
	put("tracing_on", "1\n");
	put("events/enable", "X\n");
	refused(tracer, "nor events that are recorded", "being recorded");
	check("and nothing was changed",
	      holds("trace_clock", "[local] global counter uptime perf mono mono_raw boot"));
	put("events/enable", "0\n");
	check("tracing on without events is free", !lg_tracer_attach(tracer, &err));
	lg_tracer_detach(tracer);
	check("and stays on afterwards", holds("tracing_on", "1"));
	lg_tracer_free(tracer);
}

static void test_unsupported(void)
{
	static const struct lg_trace_metric known = {.id = 1, .name = "softirq.run"},
					    unknown = {.id = 1, .name = "block.queue"};
	struct lg_trace_metric cut = hardirq;
	struct lg_tracer *tracer = lg_tracer_new(root, root), *nowhere = lg_tracer_new(NULL, root);
	struct lg_error err = {0};
	char line[256];
	int hooks = 0;

	check("missing events are named",
	      lg_tracer_load(tracer, "softirq", &known, 1, count_hook, &hooks, &err) &&
		      err.code == LG_ERR_UNSUPPORTED && strstr(err.text, "irq:softirq_entry"));
	err = (struct lg_error){0};
	check("an unknown metric is named",
	      lg_tracer_load(tracer, "block", &unknown, 1, count_hook, &hooks, &err) &&
		      err.code == LG_ERR_UNSUPPORTED && strstr(err.text, "block.queue"));
	err = (struct lg_error){0};
	cut.spans_size--;
	check("a declaration that is cut is refused",
	      lg_tracer_load(tracer, "hardirq", &cut, 1, count_hook, &hooks, &err) &&
		      err.code == LG_ERR_UNSUPPORTED && strstr(err.text, "ends early"));
	put_event("irq/irq_handler_exit", 12,
		  "\tfield:char irq[16];\toffset:8;\tsize:16;\tsigned:1;\n");
	err = (struct lg_error){0};
	check("a field of another kind is named",
	      lg_tracer_load(tracer, "hardirq", &hardirq, 1, count_hook, &hooks, &err) &&
		      err.code == LG_ERR_UNSUPPORTED && strstr(err.text, "no field irq"));
	put_tracefs();
	err = (struct lg_error){0};
	check("with its events it is loaded, again and again",
	      !lg_tracer_load(tracer, "hardirq", &hardirq, 1, count_hook, &hooks, &err) &&
		      !lg_tracer_load(tracer, "again", &hardirq, 1, count_hook, &hooks, &err) &&
		      !lg_tracer_unload(tracer, "hardirq") && !lg_tracer_unload(tracer, "again") &&
		      !lg_tracer_load(tracer, "hardirq", &hardirq, 1, count_hook, &hooks, &err));
	lg_tracer_feature(tracer, line, sizeof(line));
	check("the feature is there", !strcmp(line, "trace=yes"));
	lg_tracer_feature(nowhere, line, sizeof(line));
	check("or not, with the reason", !strncmp(line, "trace=no: tracefs", 17));
	lg_tracer_free(tracer);
	lg_tracer_free(nowhere);
}

static void read_declaration(const char *path)
{
	static lg_u8 bytes[LG_SPANS_BYTES];
	FILE *in = fopen(path, "rb");

	hardirq.spans = bytes;
	hardirq.spans_size = in ? fread(bytes, 1, sizeof(bytes), in) : 0;
	if (!hardirq.spans_size || fclose(in)) {
		perror(path);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	root = argv[1];
	read_declaration(argv[2]);
	test_proc();
	test_journal();
	test_guard();
	test_window();
	test_contention();
	test_frequency();
	put_tracefs();
	test_unsupported();
	test_unload();
	return 0;
}
