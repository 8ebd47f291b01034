import POSIXSupport

extension ChildProcess {
  /// Most that a pipe holds, with its size raised to the usual limit.
  private static let pipeCapacity = 1 << 20

  private enum Part: Sendable {
    case output([UInt8])
    case error([UInt8])
    case status(ExitStatus)
  }

  /// Waits for the end of the child and collects what it wrote.
  ///
  /// A process that the child left in the background may keep the pipes open for ever; what
  /// the child itself wrote is in them when it ends, so the wait is for the child alone.
  /// - Throws: ``TimeoutError``, ``ExcessiveOutputError``, `CancellationError`; the child then still
  ///   runs.
  func collect(
    deadline: Deadline, limit: Int = CollectedOutput.limit
  ) async throws -> ExecResult {
    try await withThrowingTaskGroup(of: Part.self) { group in
      group.addTask { .output(try await Self.drain(self.standardOutput, limit)) }
      group.addTask { .error(try await Self.drain(self.standardError, limit)) }
      group.addTask { .status(try await self.waitForExit(deadline: deadline)) }
      var result = ExecResult(exitCode: 0, standardOutput: [], standardError: [])
      while let part = try await group.next() {
        switch part {
        case .output(let bytes): result.standardOutput = bytes
        case .error(let bytes): result.standardError = bytes
        case .status(let status):
          result.exitCode = status.shellCode
          group.cancelAll()
        }
      }
      return result
    }
  }

  /// Reads to the end, or, once cancelled, what is in the pipe already.
  private static func drain(_ pipe: AsyncDescriptor, _ limit: Int) async throws -> [UInt8] {
    var collected = CollectedOutput(limit: limit)
    do {
      while !Task.isCancelled {
        let next = try await pipe.read()
        if next.isEmpty { return collected.bytes }
        try collected.append(next)
      }
    } catch is CancellationError {
      // Fall through to what is left.
    }
    let end = collected.bytes.count + pipeCapacity
    while collected.bytes.count < end, let next = try pipe.readNow(), !next.isEmpty {
      try collected.append(next)
    }
    return collected.bytes
  }
}
