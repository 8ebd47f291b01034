import Foundation
import Synchronization

/// Whom the collector listens to: to no device that was shut out, and to none of them by too many
/// connections or requests.
///
/// Reports have a smaller quota of their own besides, in ``ReportIntake``.
package final class DeviceGate: Sendable {
  private struct State {
    var quota: DeviceQuota
    /// Connections by name.
    var connections: [String: Int] = [:]
    var denied: Set<String> = []
  }

  /// Bytes of an answer that count as a request.
  static let requestBytes = 65_536

  private let connections: Int
  private let state: Mutex<State>

  /// - Parameters:
  ///   - perDay: requests that one device may make a day, and at once.
  ///   - connections: that one device may have at a time.
  package init(perDay: Int, connections: Int) {
    self.connections = connections
    state = Mutex(State(quota: DeviceQuota(burst: perDay, perDay: perDay)))
  }

  /// Shuts out these devices and no others, from their next request on.
  package func deny(_ names: Set<String>) {
    state.withLock { $0.denied = names }
  }

  func opened(_ name: String) {
    state.withLock { $0.connections[name, default: 0] += 1 }
  }

  func closed(_ name: String) {
    state.withLock { state in
      let left = (state.connections[name] ?? 0) - 1
      state.connections[name] = left > 0 ? left : nil
    }
  }

  /// Counts a request of a device at a time in milliseconds.
  /// - Returns: nil when it may go on; else what it hears, after which its connection is closed.
  func refusal(of name: String, now: UInt64) -> IntakeAnswer? {
    state.withLock { state in
      if state.denied.contains(name) { return IntakeAnswer(403, "this device is shut out") }
      if (state.connections[name] ?? 0) > connections {
        return IntakeAnswer(429, "this device has too many connections", retryAfter: 60)
      }
      return state.quota.take(name, now: now).map {
        IntakeAnswer(429, "this device asked too much", retryAfter: $0)
      }
    }
  }

  /// Counts a long answer as the requests that it is worth.
  func charge(_ name: String, bytes: Int) {
    state.withLock { $0.quota.charge(name, tokens: Double(bytes / Self.requestBytes)) }
  }
}

/// Devices that are shut out, as a file names them.
package enum DeniedDevices {
  /// The common names in a file, one on each line; lines that begin with `#` are remarks.
  /// - Throws: what reading a file throws.
  package static func read(_ path: String) throws -> Set<String> {
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    return Set(lines.filter { !$0.isEmpty && !$0.hasPrefix("#") })
  }
}
