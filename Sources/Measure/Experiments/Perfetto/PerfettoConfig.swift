/// What perfetto is asked to record: a TraceConfig
/// (protos/perfetto/config/trace_config.proto) as text.
struct PerfettoConfig: Sendable, Equatable {
  /// As `group/name`.
  var events: [String]
  /// The service ends the recording then, also when latgate is gone.
  var limit: Duration
  /// Memory of the device that is free, KiB; 0 = not known.
  var freeKiB: Int

  /// Perfetto's own buffer, KiB. It holds the trace until the end: nothing is written to storage
  /// that is being measured.
  var bufferKiB: Int { min(max(freeKiB / 8, 8 << 10), 64 << 10) }

  /// The kernel's buffer of each CPU, KiB, for half a second between two readings. Another session
  /// may have chosen a smaller one: events lost are reported.
  private var kernelBufferKiB: Int { freeKiB > 512 << 10 ? 8 << 10 : 2 << 10 }

  var text: String {
    let wanted = events.map { "    ftrace_events: \"\($0)\"\n" }.joined()
    return """
      buffers { size_kb: \(bufferKiB) fill_policy: DISCARD }
      data_sources { config { name: "linux.ftrace" ftrace_config {
      \(wanted)    buffer_size_kb: \(kernelBufferKiB)
          drain_period_ms: 500
          compact_sched { enabled: false }
      } } }
      data_sources { config { name: "linux.process_stats" process_stats_config {
          scan_all_processes_on_start: true
      } } }
      duration_ms: \(milliseconds)

      """
  }

  private var milliseconds: Int64 {
    min(max(limit.components.seconds, 1), 24 * 3600) * 1000
  }

  /// What people look at, beside whatever the probes measure.
  static func forPeople(limit: Duration, freeKiB: Int) -> PerfettoConfig {
    PerfettoConfig(events: forPeople, limit: limit, freeKiB: freeKiB)
  }

  /// Who runs, who wakes whom, what interrupts, what storage does, and at which frequency. Events that a
  /// kernel lacks perfetto leaves out.
  private static let forPeople = [
    "sched/sched_switch", "sched/sched_waking", "sched/sched_wakeup", "sched/sched_blocked_reason",
    "irq/irq_handler_entry",
    "irq/irq_handler_exit", "irq/softirq_entry", "irq/softirq_exit", "block/block_rq_issue",
    "block/block_rq_complete", "ext4/ext4_sync_file_enter", "ext4/ext4_sync_file_exit",
    "f2fs/f2fs_sync_file_enter", "f2fs/f2fs_sync_file_exit", "binder/binder_transaction",
    "binder/binder_transaction_received", "power/cpu_frequency", "power/cpu_idle",
    "vmscan/mm_vmscan_direct_reclaim_begin", "vmscan/mm_vmscan_direct_reclaim_end",
  ]
}
