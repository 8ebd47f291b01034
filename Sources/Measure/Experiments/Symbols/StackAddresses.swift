import RunRecords

/// The addresses in a run's stacks, each once.
struct StackAddresses: Sendable {
  /// Where a call returns to, rather than where something was interrupted.
  typealias IsReturn = Bool

  /// Of the kernel, hex.
  private(set) var kernel: [String: IsReturn] = [:]
  /// Of files, by build-id; hex.
  private(set) var files: [String: [String: IsReturn]] = [:]
  /// Frames of processes whose file the kernel did not know.
  private(set) var unknownFrames = 0

  var isEmpty: Bool { kernel.isEmpty && files.isEmpty && unknownFrames == 0 }

  init(_ iterations: [IterationRecord]) {
    for stack in iterations.flatMap(\.phases).flatMap(\.stacks).flatMap(\.stacks) {
      for (depth, address) in stack.kernel.enumerated() {
        kernel[address] = (kernel[address] ?? false) || depth > 0
      }
      for (depth, frame) in stack.user.enumerated() {
        guard let id = frame.buildID else {
          unknownFrames += 1
          continue
        }
        let known = files[id, default: [:]][frame.address] ?? false
        files[id, default: [:]][frame.address] = known || depth > 0
      }
    }
  }
}
