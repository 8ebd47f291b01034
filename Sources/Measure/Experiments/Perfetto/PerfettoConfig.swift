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
}
