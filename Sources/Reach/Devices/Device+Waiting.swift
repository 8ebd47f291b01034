import POSIXSupport

/// A device that is restarted by a command of its shell.
protocol RestartsByCommand: Device {
  func restart(by run: (String) async throws -> ExecResult) async throws
}

extension Device {
  /// Which boot this is.
  func bootID(timeout: Duration = .seconds(10)) async throws -> String {
    try await exec(
      titled("the question for its boot", "cat /proc/sys/kernel/random/boot_id"), timeout: timeout
    ).text
  }

  /// Returns when the device does not answer any more, or answers from another boot.
  func waitUntilGone(bootID: String, limit: Duration = .seconds(60)) async throws {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
      do {
        if try await self.bootID(timeout: .seconds(5)) != bootID { return }
      } catch is DeviceError {
        return
      }
      try await Task.sleep(for: .milliseconds(200))
    }
    throw DeviceError.timedOut(device: name, operation: "restart", after: limit)
  }

  /// What a shell that does not work says.
  private static func words(of answer: ExecResult) -> String {
    for bytes in [answer.standardOutput, answer.standardError] {
      let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
      if let first = lines.first { return "“\(first.prefix(60))”" }
    }
    return "nothing, and exit code \(answer.exitCode)"
  }

  /// Tries a command until it succeeds; `prepare` goes before every attempt.
  func waitUntilAnswering(timeout: Duration, prepare: () async throws -> Void) async throws {
    let deadline = ContinuousClock.now + timeout
    var last: DeviceError?
    while true {
      do {
        try await prepare()
        let rest = min(ContinuousClock.now.duration(to: deadline), .seconds(10))
        if rest > .zero {
          let answer = try await exec("echo ready", timeout: rest)
          if answer.text.hasPrefix("ready") { return }
          last = .malformedAnswer(
            device: name, operation: "`echo ready`", detail: Self.words(of: answer))
        }
      } catch let error as DeviceError {
        // A device on its way up passes through most kinds of failure.
        if ContinuousClock.now >= deadline || !error.mayPass { throw error }
        last = error
      }
      if ContinuousClock.now >= deadline {
        throw last ?? DeviceError.timedOut(device: name, operation: "start", after: timeout)
      }
      try await Task.sleep(for: .milliseconds(250))
    }
  }
}
