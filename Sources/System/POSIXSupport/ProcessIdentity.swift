import Foundation
import Glibc

/// One process of this host, distinct from a later one with the same number.
package struct ProcessIdentity: Sendable, Hashable, Codable {
  package var processID: Int32
  /// Start of the process in clock ticks after the host's boot, field 22 of `/proc/PID/stat`.
  package var startTicks: UInt64
  /// The host's boot.
  package var hostBootID: String

  package init(processID: Int32, startTicks: UInt64, hostBootID: String) {
    self.processID = processID
    self.startTicks = startTicks
    self.hostBootID = hostBootID
  }

  /// The running process with this number; nil when there is none.
  package static func current(of processID: Int32) -> ProcessIdentity? {
    guard let ticks = startTicks(of: processID), let bootID = hostBoot() else { return nil }
    return ProcessIdentity(processID: processID, startTicks: ticks, hostBootID: bootID)
  }

  /// False once the process has ended, also while its exit status is not collected.
  package var isRunning: Bool { ProcessIdentity.current(of: processID) == self }

  /// Sends a signal unless the process is gone or its number belongs to another one.
  package func signal(_ number: Int32) {
    if isRunning { _ = kill(processID, number) }
  }

  /// Waits for the end of a process that need not be a child.
  /// - Returns: false when it still runs after `limit`.
  package func waitForEnd(limit: Duration) async throws -> Bool {
    let deadline = ContinuousClock.now + limit
    while isRunning {
      if ContinuousClock.now >= deadline { return false }
      try await Task.sleep(for: .milliseconds(20))
    }
    return true
  }

  private static func hostBoot() -> String? {
    (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))?
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static func startTicks(of processID: Int32) -> UInt64? {
    let path = "/proc/\(processID)/stat"
    let bytes = try? OwnedDescriptor.open(path, flags: O_RDONLY).read(upTo: 4096, subject: path)
    guard let bytes else { return nil }
    // The name may be cut inside a letter of several bytes.
    return startTicks(inStat: String(decoding: bytes, as: UTF8.self))
  }

  /// Field 22 of a line of proc_pid_stat(5); nil for a process that has ended.
  package static func startTicks(inStat line: String) -> UInt64? {
    // The second field is a name that may hold spaces and brackets itself.
    guard let bracket = line.lastIndex(of: ")") else { return nil }
    let fields = line[line.index(after: bracket)...].split(separator: " ")
    guard fields.count >= 20, !["Z", "X"].contains(fields[0]) else { return nil }
    return UInt64(fields[19])
  }
}
