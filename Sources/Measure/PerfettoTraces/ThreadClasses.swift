import TraceFold

/// Whose thread is whose, by the trace's process tree.
final class ThreadClasses {
  private let processes: [UInt32: TracedProcess]
  private let processOfThread: [UInt32: UInt32]
  /// Names of processes that are the workload.
  private let workload: Set<String>

  /// Of the agent that recorded; nil in a trace that latgate did not record.
  private let agent: UInt32?

  init(_ index: TraceIndex, workload: Set<String> = [], agent: UInt32? = nil) {
    processes = index.processes
    processOfThread = index.processOfThread
    self.workload = workload
    self.agent = agent
  }

  /// `LG_CLASS_*`; a thread that the tree does not know is "gone".
  func classOf(_ tid: UInt32) -> UInt32 {
    let pid = processOfThread[tid] ?? tid
    guard let process = processes[pid] else { return UInt32.max }
    if process.isKernel { return UInt32(LG_CLASS_KERNEL) }
    if let agent {
      if pid == agent { return UInt32(LG_CLASS_SELF) }
      // Its birth in the trace shows whether it is of a step or was left by the set-up.
      if descends(process, from: agent) { return UInt32.max }
    }
    return UInt32(workload.contains(process.name) ? LG_CLASS_WORKLOAD : LG_CLASS_USER)
  }

  private func descends(_ process: TracedProcess, from ancestor: UInt32) -> Bool {
    var process = process
    // Numbers may be used again, so a tree of one moment may hold circles.
    for _ in 0..<64 {
      if process.parent == ancestor { return true }
      guard process.parent > 1, let parent = processes[process.parent] else { return false }
      process = parent
    }
    return false
  }
}
