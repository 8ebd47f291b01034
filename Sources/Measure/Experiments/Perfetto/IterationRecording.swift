import Devices

/// Has the device's own perfetto record each measured iteration, for people to look at. What the probes
/// measure meanwhile says which iteration was the worst, and is no evidence.
package struct IterationRecording: Sendable {
  /// Gets an iteration's number and its trace.
  private let keep: @Sendable (Int, [UInt8]) throws -> Void

  package init(keep: @escaping @Sendable (Int, [UInt8]) throws -> Void) {
    self.keep = keep
  }

  /// Who runs, who wakes whom, what interrupts, what storage does, and at which frequency. Events that a
  /// kernel lacks perfetto leaves out.
  private static let events = [
    "sched/sched_switch", "sched/sched_waking", "sched/sched_blocked_reason",
    "irq/irq_handler_entry",
    "irq/irq_handler_exit", "irq/softirq_entry", "irq/softirq_exit", "block/block_rq_issue",
    "block/block_rq_complete", "ext4/ext4_sync_file_enter", "ext4/ext4_sync_file_exit",
    "f2fs/f2fs_sync_file_enter", "f2fs/f2fs_sync_file_exit", "binder/binder_transaction",
    "binder/binder_transaction_received", "power/cpu_frequency", "power/cpu_idle",
    "vmscan/mm_vmscan_direct_reclaim_begin", "vmscan/mm_vmscan_direct_reclaim_end",
  ]

  /// Begins a recording, which ends by itself after `limit`. `freeKiB` of the device's memory are free.
  /// - Throws: ``PerfettoError``, `DeviceError`, `CancellationError`.
  func start(on device: any Device, limit: Duration, freeKiB: Int) async throws -> PerfettoRecording
  {
    try await PerfettoRecorder(device: device).start(
      PerfettoConfig(events: Self.events, limit: limit, freeKiB: freeKiB))
  }

  func take(_ trace: [UInt8], of iteration: Int) throws { try keep(iteration, trace) }
}
