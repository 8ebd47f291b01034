/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Frames between the host and the agent (driven mode), on the agent's stdin
 * and stdout. Host and agent are one release: any mismatch of
 * LG_PROTOCOL_VERSION ends the session at once.
 *
 * Everything is little-endian. A frame is a 12-byte header and `length` bytes
 * of payload. Payloads are attributes {u16 type, u16 zero, u32 length, bytes,
 * zero padding to 4}, except for LG_MSG_BLOB, whose payload is raw. Readers
 * skip attribute types they do not know and refuse lengths that leave the
 * payload. Requests carry a sequence number; every frame of the answer repeats
 * it, and the answer ends with LG_MSG_DONE or LG_MSG_ERROR.
 */
#ifndef LATGATE_AGENT_PROTOCOL_H
#define LATGATE_AGENT_PROTOCOL_H

enum {
	LG_PROTOCOL_VERSION = 3,
	LG_FRAME_HEADER_SIZE = 12, /* u32 length, u16 type, u16 flags, u32 sequence */
	LG_FRAME_MAX = 1 << 20, /* payload bytes; a longer frame ends the session */
	LG_ATTR_HEADER_SIZE = 8,
	LG_BLOB_CHUNK = 64 << 10,
	LG_OUTPUT_LIMIT = 64 << 10, /* bytes kept of a step's stdout, and of its stderr */
};

/* Host to agent unless said otherwise. */
enum {
	/* VERSION, HOST_VERSION, SILENCE_MS -> FACTS, DONE */
	LG_MSG_HELLO = 1,
	/* empty -> DONE; keeps the watchdog quiet */
	LG_MSG_PING = 2,
	/* PROBE, OBJECT_SIZE, METRIC*, SITES*, [BTF_PATH], or of an object of another tool PROBE,
	 * OBJECT_SIZE, PROGRAM*, [BTF_PATH] (HOOK then has its programs, RUNG their sections), then BLOB frames -> HOOK*, DONE | ERROR */
	LG_MSG_LOAD = 3,
	LG_MSG_BLOB = 4,
	/* empty -> DONE | ERROR; all loaded probes */
	LG_MSG_ATTACH = 5,
	LG_MSG_DETACH = 6,
	/* PROBE -> DONE */
	LG_MSG_UNLOAD = 7,
	/* STEP -> STEP_RESULT, DONE; outside any window */
	LG_MSG_EXEC = 8,
	/* PHASE, PREROLL_NS, DRAIN_NS, STEP* -> STEP_RESULT*, (HISTOGRAM | COUNT | ROWS | STACK)*,
	 * COUNTERS*, WINDOW, DONE.
	 * Nothing is sent between receiving it and the end of the read. */
	LG_MSG_PHASE = 9,
	/* PHASE, PREROLL_NS -> DONE once open; for steps that the host itself makes */
	LG_MSG_WINDOW_OPEN = 10,
	/* DRAIN_NS -> as PHASE */
	LG_MSG_WINDOW_CLOSE = 11,
	/* ENABLE (u32 0 | 1) -> PROGRAM* on disable, DONE */
	LG_MSG_STATS = 12,
	/* PATH* PATTERN* -> FILE*, DONE; a missing PATH has no DATA, a PATTERN gives what exists; also
	 * while a window is open that the host opened */
	LG_MSG_READ_FILES = 13,
	/* empty -> DONE, then the agent exits 0 */
	LG_MSG_BYE = 14,
	/* PROBE, METRIC*, [PIN_DIRECTORY], [PIN_MANIFEST] -> HOOK*, DONE | ERROR: takes a probe that the
	 * firmware pinned at boot; afterwards it is like a loaded one */
	LG_MSG_LOAD_PINNED = 15,
	/* PROBE, METRIC* (METRIC_ID, METRIC_NAME | SPANS) -> HOOK*, DONE | ERROR; from trace events,
	 * no BPF */
	LG_MSG_LOAD_TRACE = 16,
	/* empty -> DONE | ERROR; loads a program that does nothing. HELLO loads none, so that the
	 * host can note first what it is about to try */
	LG_MSG_CANARY = 20,
	/* SCOPE_COMM | SCOPE_PID | SCOPE_CGROUP -> DONE | ERROR; whose operations the probes measure
	 * that are loaded afterwards. Without it, everyone's */
	LG_MSG_SCOPE = 21,
	/* empty -> (HISTOGRAM | COUNT | ROWS | STACK)*, COUNTERS*, WINDOW, DONE: what the probes of the open
	 * window have so far; programs go on meanwhile, so that it is a look and no evidence. Tracing
	 * (LOAD_TRACE) is not looked at */
	LG_MSG_SNAPSHOT = 22,
	/* PROBE, MAP -> ENTRY*, DONE | ERROR: a map of an object of another tool, as it is now; also
	 * while a window is open that the host opened */
	LG_MSG_READ_MAP = 23,
	/* empty -> PROGRAM*, MAPS, DONE: what the probes cost so far, of programs since STATS was
	 * enabled; also while a window is open that the host opened */
	LG_MSG_COSTS = 24,

	/* Agent to host */
	LG_MSG_DONE = 64,
	LG_MSG_ERROR = 65, /* CODE, TEXT, [PROBE], [LOG] */
	LG_MSG_FACTS = 66, /* answer to HELLO */
	LG_MSG_HOOK =
		67, /* PROBE, HOOK, RUNG, PROGRAM, [TEXT: why the rungs above it were passed over] */
	LG_MSG_STEP_RESULT =
		68, /* INDEX, EXIT_CODE | SIGNAL, DURATION_NS, STDOUT, STDERR, TRUNCATED */
	LG_MSG_HISTOGRAM = 69, /* METRIC_ID, KEY, COUNT, SUM, MAX, BUCKETS, [LABEL_NAME] */
	LG_MSG_COUNTERS = 70, /* METRIC_ID, COUNTER_VALUES, CENSORED, CENSORED_AGE_SUM_NS */
	LG_MSG_WINDOW =
		71, /* PHASE, OPENED_NS, CLOSED_NS, DRAINED_NS, BOOT_OFFSET_BEFORE_NS, BOOT_OFFSET_AFTER_NS, ONLINE_BEFORE, ONLINE_AFTER, [TRACE_FAULT], CPU_FREQUENCY*, [FREQUENCY_MISSING] */
	LG_MSG_PROGRAM = 72, /* PROBE, PROGRAM, RUN_COUNT, RUN_NS, RECURSION_MISSES */
	LG_MSG_FILE = 73, /* PATH, [DATA] */
	LG_MSG_COUNT = 74, /* METRIC_ID, KEY, COUNT, SUM, [LABEL_NAME] */
	LG_MSG_ROWS = 75, /* METRIC_ID, ROW_SIZE, DATA: rows of events, whole ones */
	LG_MSG_ENTRY =
		77, /* KEY, DATA: the value, or those of all possible CPUs, each padded to 8 */
	LG_MSG_STACK = 76, /* METRIC_ID, KEY, COUNT, SUM, KERNEL_FRAMES, USER_FRAMES, [TRUNCATED] */
	LG_MSG_MAPS = 78, /* MAP_BYTES */
};

/* u8..u64 are unsigned little-endian of the length given; text has no NUL. */
enum {
	LG_ATTR_VERSION = 1, /* u32 */
	LG_ATTR_HOST_VERSION = 2, /* text */
	LG_ATTR_AGENT_VERSION = 3, /* text */
	LG_ATTR_SILENCE_MS = 4, /* u32: exit after so long without a frame while no step runs */
	LG_ATTR_ABI = 5, /* text: arm64, armv7, x86_64 */
	LG_ATTR_BOOT_ID = 6, /* text */
	LG_ATTR_KERNEL_RELEASE = 7, /* text */
	LG_ATTR_KERNEL_BUILD_ID = 8, /* text, hex of the GNU build-id note, empty if unreadable */
	LG_ATTR_POSSIBLE_CPUS = 9, /* u32 */
	LG_ATTR_ONLINE_CPUS = 10, /* text as in /sys/devices/system/cpu/online */
	LG_ATTR_UID = 11, /* u32 */
	LG_ATTR_COUNTER_HZ = 12, /* u64: arm generic timer frequency, 0 = not applicable */
	LG_ATTR_FEATURE =
		13, /* text "name=yes|no|unknown[: why]": bpf, btf, tracefs, kprobe, bpf_stats, membarrier,
			* trace, pinned ("yes: probe,probe") */
	LG_ATTR_PROBE = 20, /* text */
	LG_ATTR_OBJECT_SIZE = 21, /* u32 */
	LG_ATTR_METRIC = 22, /* nested: METRIC_ID, MAP, COUNTERS_INDEX, [NAMES_MAP], [KIND] */
	LG_ATTR_METRIC_ID = 23, /* u32, unique in the session */
	LG_ATTR_MAP = 24, /* text: map of what the metric gives, key = label bytes */
	LG_ATTR_COUNTERS_INDEX = 25, /* u32: index in lg_counters */
	LG_ATTR_NAMES_MAP = 26, /* text: map from the same key to char[LG_NAME_LEN] */
	LG_ATTR_BTF_PATH = 27, /* text: external BTF on the device */
	LG_ATTR_HOOK = 28, /* text */
	LG_ATTR_RUNG =
		29, /* text: tp_btf, raw_tp, tracepoint, kprobe, uprobe, ftrace; empty = none */
	LG_ATTR_PROGRAM = 30, /* text */
	LG_ATTR_TEXT = 31, /* text, one line */
	LG_ATTR_LOG = 32, /* text: useful tail of the verifier log */
	LG_ATTR_CODE = 33, /* u32: LG_ERR_* */
	LG_ATTR_STEP = 40, /* nested: ARGV | SLEEP_NS, TIMEOUT_MS */
	LG_ATTR_ARGV = 41, /* strings separated by NUL, no trailing NUL */
	LG_ATTR_SLEEP_NS = 42, /* u64 */
	LG_ATTR_TIMEOUT_MS = 43, /* u32 */
	LG_ATTR_PHASE = 44, /* u32, 1-255 */
	LG_ATTR_PREROLL_NS = 45, /* u64 */
	LG_ATTR_DRAIN_NS = 46, /* u64: longest wait for operations in flight */
	LG_ATTR_INDEX = 47, /* u32: step number in its phase */
	LG_ATTR_EXIT_CODE = 48, /* u32 */
	LG_ATTR_SIGNAL = 49, /* u32 */
	LG_ATTR_DURATION_NS = 50, /* u64 */
	LG_ATTR_STDOUT = 51,
	LG_ATTR_STDERR = 52,
	LG_ATTR_TRUNCATED =
		53, /* u32: 1 when output was cut at LG_OUTPUT_LIMIT, or a trace was lost */
	LG_ATTR_KEY = 60, /* raw bytes of the histogram map's key */
	LG_ATTR_COUNT = 61, /* u64 */
	LG_ATTR_SUM = 62, /* u64, in the metric's unit, as MAX */
	LG_ATTR_MAX = 63, /* u64 */
	LG_ATTR_BUCKETS = 64, /* LEB128 pairs: index minus previous index (first: index), count */
	LG_ATTR_LABEL_NAME = 65, /* text from the names map */
	LG_ATTR_COUNTER_VALUES = 66, /* u64 array: struct lg_counters summed over possible CPUs */
	LG_ATTR_CENSORED = 67, /* u64: judged operations still in flight after the drain */
	LG_ATTR_CENSORED_AGE_SUM_NS =
		68, /* u64: their summed age when the window was closed for good */
	LG_ATTR_OPENED_NS = 70, /* u64 CLOCK_MONOTONIC */
	LG_ATTR_CLOSED_NS = 71, /* u64: OPEN -> DRAIN */
	LG_ATTR_DRAINED_NS = 72, /* u64: DRAIN -> closed */
	LG_ATTR_BOOT_OFFSET_BEFORE_NS = 73, /* u64 BOOTTIME - MONOTONIC */
	LG_ATTR_BOOT_OFFSET_AFTER_NS = 74,
	LG_ATTR_ONLINE_BEFORE = 75, /* text */
	LG_ATTR_ONLINE_AFTER = 76, /* text */
	LG_ATTR_ENABLE = 80, /* u32 */
	LG_ATTR_RUN_COUNT = 81, /* u64 */
	LG_ATTR_RUN_NS = 82, /* u64 */
	LG_ATTR_RECURSION_MISSES = 83, /* u64 */
	LG_ATTR_PATH = 84, /* text */
	LG_ATTR_DATA = 85, /* raw, at most 256 KiB */
	LG_ATTR_PIN_DIRECTORY = 86, /* text: where the pins are; the agent looks for them without */
	LG_ATTR_PIN_MANIFEST = 87, /* text: file with their manifest, in place of the pinned one */
	LG_ATTR_METRIC_NAME = 90, /* text: a metric that TraceFold knows, as in the manifest */
	LG_ATTR_TRACE_FAULT = 91, /* text: why what LOAD_TRACE's probes counted is not valid */
	LG_ATTR_CPU_FREQUENCY = 92, /* nested: INDEX (the CPU), KNOWN_NS, MEAN_KHZ, CHANGES */
	LG_ATTR_KNOWN_NS = 93, /* u64: how much of the window the frequency is known of */
	LG_ATTR_MEAN_KHZ = 94, /* u32: weighted by time */
	LG_ATTR_CHANGES = 95, /* u64 */
	LG_ATTR_FREQUENCY_MISSING =
		96, /* text: why it is known of no CPU, though events are traced */
	LG_ATTR_SPANS = 97, /* raw: a metric as span_declaration.h says */
	LG_ATTR_OTHER_SESSION =
		100, /* text: the agent that has the device already, "process N of user N" */
	LG_ATTR_SCOPE_COMM = 101, /* text, 1-15 bytes: name of a thread or of its process */
	LG_ATTR_SCOPE_PID = 102, /* u32, not 0: a process or a thread */
	LG_ATTR_SCOPE_CGROUP = 103, /* text: its directory on the device, of version 2 */
	LG_ATTR_KIND = 106, /* u32: LG_KIND_* of probe_abi.h; absent = a histogram */
	LG_ATTR_ROW_SIZE = 107, /* u32 bytes */
	LG_ATTR_KERNEL_FRAMES = 108, /* u64 array: return addresses, innermost first */
	LG_ATTR_USER_FRAMES = 109, /* struct bpf_stack_build_id array, likewise */
	LG_ATTR_SITES =
		110, /* nested: HOOK, PATH, [FILE_ID], SITE*: where a hook of the rung uprobe is */
	LG_ATTR_FILE_ID =
		111, /* raw: contents of a note that the file must have, such as its build-id */
	LG_ATTR_SITE = 112, /* nested: SITE_OFFSET, SITE_CODE, [SITE_SEMAPHORE] */
	LG_ATTR_SITE_OFFSET = 113, /* u64: in the file */
	LG_ATTR_SITE_CODE = 114, /* raw, 1-16 bytes: what the file must have there */
	LG_ATTR_SITE_SEMAPHORE =
		115, /* u64, not 0: where in the file the kernel counts who listens */
	LG_ATTR_MAP_BYTES =
		116, /* u64: the kernel's memory of maps that were made, not of pinned ones */
	LG_ATTR_PATTERN = 105, /* text: absolute path with *, ? and [] inside its parts */
};

enum {
	LG_ERR_PROTOCOL = 1, /* malformed frame or version mismatch: the agent exits */
	LG_ERR_STATE = 2, /* request not allowed now */
	LG_ERR_UNSUPPORTED = 3, /* no rung of a hook exists on this kernel: TEXT names it */
	LG_ERR_REFUSED = 4, /* bpf() refused: EPERM and the like */
	LG_ERR_VERIFIER = 5, /* the kernel rejected a program: LOG has the tail */
	LG_ERR_OBJECT = 6, /* not a BPF object, truncated, wrong ABI of its maps */
	LG_ERR_STEP = 7, /* a step could not be started or timed out */
	LG_ERR_INCONSISTENT = 8, /* sum of buckets != count: the data are invalid */
	LG_ERR_INTERNAL = 9,
	LG_ERR_BUSY =
		10, /* another tool traces, or uses the pins: TEXT names it and says what to do */
	LG_ERR_SCOPE = 11, /* the scope is not on this device, or cannot be distinguished there */
};

#endif
