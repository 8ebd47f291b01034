/// protos/perfetto/trace/trace_packet.proto and what it is made of, as of perfetto 0.59.
extension TraceMessage {
  /// Every message that the decoder reads field by field.
  static let all = [
    packet, bundle, compactSched, ftraceStats, cpuStats, traceStats, bufferStats, clockSnapshot,
    clock, processTree, process, thread, serviceEvent,
  ]

  static let packet = TraceMessage(
    "TracePacket",
    used: [
      1: "ftrace_events", 2: "process_tree", 6: "clock_snapshot", 8: "timestamp",
      10: "trusted_packet_sequence_id", 13: "sequence_flags", 33: "trace_config",
      34: "ftrace_stats", 35: "trace_stats", 41: "incremental_state_cleared",
      42: "previous_packet_dropped", 45: "system_info", 50: "compressed_packets",
      58: "timestamp_clock_id", 59: "trace_packet_defaults", 69: "service_event",
      87: "first_packet_on_sequence", 98: "machine_id", 124: "trace_provenance",
      133: "zstd_compressed_packets", 138: "recovered_trace_info",
    ],
    harmless: [
      // Who wrote it. Only perfetto's own daemon may write kernel events into a trace.
      3: "trusted_uid", 79: "trusted_pid",
      // Names that events of other sources refer to; of the kernel's, symbols only.
      12: "interned_data",
      // Data of other sources.
      4: "inode_file_map", 5: "chrome_events", 7: "sys_stats", 9: "process_stats",
      11: "track_event", 36: "synchronization_marker", 37: "profile_packet", 38: "battery",
      39: "android_log", 40: "power_rails", 43: "process_descriptor", 44: "thread_descriptor",
      46: "trigger", 47: "packages_list", 48: "chrome_benchmark_metadata",
      49: "perfetto_metatrace", 51: "chrome_metadata", 52: "gpu_counter_event",
      53: "gpu_render_stage_event", 54: "streaming_profile_packet", 57: "graphics_frame_event",
      60: "track_descriptor", 61: "module_symbols", 62: "vulkan_memory_event", 63: "gpu_log",
      64: "deobfuscation_mapping", 65: "vulkan_api_event", 66: "perf_sample", 67: "cpu_info",
      68: "smaps_packet", 70: "initial_display_state", 71: "gpu_mem_total_event",
      72: "extension_descriptor", 73: "memory_tracker_snapshot", 74: "streaming_allocation",
      75: "streaming_free", 77: "android_energy_estimation_breakdown", 78: "ui_state",
      82: "translation_table", 83: "android_game_intervention_list", 84: "statsd_atom",
      86: "android_system_property", 89: "trace_uuid", 90: "track_event_range_of_interest",
      91: "entity_state_residency", 95: "etw_events", 99: "v8_js_code", 100: "v8_internal_code",
      101: "v8_wasm_code", 102: "v8_reg_exp_code", 103: "v8_code_move",
      // Clocks of other machines, whose events are left out.
      107: "remote_clock_sync",
      109: "chrome_trigger", 110: "pixel_modem_events", 111: "pixel_modem_token_database",
      113: "clone_snapshot_trigger", 115: "kernel_wakelock_data",
      // Kernels that are not Linux.
      117: "generic_kernel_task_state_event", 118: "generic_kernel_cpu_freq_event",
      120: "generic_kernel_task_rename_event", 122: "generic_kernel_process_tree",
      119: "cpu_per_uid_data", 123: "user_list", 126: "trace_attributes", 127: "android_aflags",
      128: "gpu_info", 129: "generic_gpu_frequency_event", 130: "interrupt_info",
      131: "art_process_metadata", 132: "journald_event", 134: "concurrent_session_event",
      135: "stack_sample", 139: "source_file", 140: "module_disassembly", 900: "for_testing",
    ],
    refusing: [
      // Programs that make packets out of others.
      125: "protovms"
    ],
    // Withdrawn ones, and Android's own and other parties' data.
    foreign: [
      55...56, 76...76, 80...81, 88...88, 92...94, 96...97, 104...106, 112...112, 114...114,
      116...116, 121...121, 1000...1999,
    ])

  static let bundle = TraceMessage(
    "FtraceEventBundle",
    used: [
      1: "cpu", 2: "event", 3: "lost_events", 4: "compact_sched", 5: "ftrace_clock", 8: "error",
      9: "last_read_event_timestamp", 10: "previous_bundle_end_timestamp",
      512: "broken_abi_trace_page",
    ],
    harmless: [
      // Another clock at one moment: the events' own is enough for how long something took.
      6: "ftrace_timestamp", 7: "boot_timestamp",
      // Fields of events that perfetto has no definition of.
      11: "generic_event_descriptors",
    ])

  static let compactSched = TraceMessage(
    "CompactSched",
    used: [
      1: "switch_timestamp", 2: "switch_prev_state", 3: "switch_next_pid", 7: "waking_timestamp",
      8: "waking_pid",
    ],
    harmless: [
      4: "switch_next_prio", 5: "intern_table", 6: "switch_next_comm_index",
      9: "waking_target_cpu", 10: "waking_prio", 11: "waking_comm_index",
      12: "waking_common_flags",
    ])

  static let ftraceStats = TraceMessage(
    "FtraceStats",
    used: [
      1: "phase", 2: "cpu_stats", 6: "unknown_ftrace_events", 7: "failed_ftrace_events",
      8: "preserve_ftrace_buffer", 9: "ftrace_parse_errors",
    ],
    harmless: [
      3: "kernel_symbols_parsed", 4: "kernel_symbols_mem_kb",
      // Categories of programs; the kernel's events have fields of their own.
      5: "atrace_errors",
      10: "kprobe_stats", 11: "cpu_buffer_size_pages", 12: "cached_cpu_buffer_size_pages",
    ],
    refusing: [13: "exclusive_feature_error"])

  static let cpuStats = TraceMessage(
    "FtraceCpuStats",
    used: [1: "cpu", 3: "overrun", 4: "commit_overrun", 8: "dropped_events"],
    harmless: [
      2: "entries", 5: "bytes_read", 6: "oldest_event_ts", 7: "now_ts", 9: "read_events",
    ])

  /// Statistics of perfetto's own buffers. A missing packet of a sequence is known from the
  /// packet after it, and the last one of the kernel's events is `ftrace_stats`: counters decide only
  /// where that cannot be seen.
  static let traceStats = TraceMessage(
    "TraceStats",
    used: [
      1: "buffer_stats", 8: "chunks_discarded", 9: "patches_discarded", 10: "invalid_packets",
      11: "filter_stats", 18: "writer_stats",
    ],
    harmless: [
      2: "producers_connected", 3: "producers_seen", 4: "data_sources_registered",
      5: "data_sources_seen", 6: "tracing_sessions", 7: "total_buffers",
      // Whether the kernel's events were flushed is known from their end statistics.
      12: "flushes_requested", 13: "flushes_succeeded", 14: "flushes_failed",
      15: "final_flush_outcome", 17: "chunk_payload_histogram_def",
    ])

  static let bufferStats = TraceMessage(
    "BufferStats",
    used: [
      3: "chunks_overwritten", 6: "patches_failed", 9: "abi_violations", 18: "chunks_discarded",
      19: "trace_writer_packet_loss", 22: "oversized_packets_dropped",
    ],
    harmless: [
      1: "bytes_written", 2: "chunks_written", 4: "write_wrap_count", 5: "patches_succeeded",
      7: "readaheads_succeeded", 8: "readaheads_failed", 10: "chunks_rewritten",
      11: "chunks_committed_out_of_order", 12: "buffer_size", 13: "bytes_overwritten",
      14: "bytes_read", 15: "padding_bytes_written", 16: "padding_bytes_cleared",
      17: "chunks_read", 20: "chunks_relocated", 21: "shadow_buffer_stats", 23: "compactions",
      24: "compactions_skipped",
    ])

  static let clockSnapshot = TraceMessage(
    "ClockSnapshot", used: [1: "clocks"],
    // Of timestamps of packets; the kernel's events have their own.
    harmless: [2: "primary_trace_clock"])

  static let clock = TraceMessage(
    "Clock",
    used: [1: "clock_id", 2: "timestamp", 3: "is_incremental", 4: "unit_multiplier_ns"])

  static let processTree = TraceMessage(
    "ProcessTree", used: [1: "processes", 2: "threads"], harmless: [3: "collection_end_timestamp"])

  static let process = TraceMessage(
    "Process", used: [1: "pid", 2: "ppid", 3: "cmdline", 8: "is_kthread"],
    harmless: [5: "uid", 6: "nspid", 7: "process_start_from_boot", 9: "cmdline_is_comm"])

  static let thread = TraceMessage(
    "Thread", used: [1: "tid", 3: "tgid"], harmless: [2: "name", 4: "nstid"])

  static let serviceEvent = TraceMessage(
    "TracingServiceEvent", used: [1: "all_data_sources_started", 5: "tracing_disabled"],
    harmless: [
      2: "tracing_started", 3: "all_data_sources_flushed", 4: "read_tracing_buffers_completed",
      6: "seized_for_bugreport", 7: "slow_starting_data_sources",
      8: "last_flush_slow_data_sources", 9: "flush_started", 10: "clone_started",
      11: "buffer_cloned",
    ])
}
