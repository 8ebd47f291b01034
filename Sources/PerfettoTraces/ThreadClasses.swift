import TraceFold

/// Whose thread is whose, by the trace's process tree.
final class ThreadClasses {
  private let processes: [UInt32: TracedProcess]
  private let processOfThread: [UInt32: UInt32]
  /// Names of processes that are the workload.
  private let workload: Set<String>

  init(_ index: TraceIndex, workload: Set<String>) {
    processes = index.processes
    processOfThread = index.processOfThread
    self.workload = workload
  }

  /// `LG_CLASS_*`; a thread that the tree does not know is "gone".
  func classOf(_ tid: UInt32) -> UInt32 {
    guard let process = processes[processOfThread[tid] ?? tid] else { return UInt32.max }
    if process.isKernel { return UInt32(LG_CLASS_KERNEL) }
    return UInt32(workload.contains(process.name) ? LG_CLASS_WORKLOAD : LG_CLASS_USER)
  }
}
