import Foundation
import Synchronization
import VirtualDevices

/// What runs while a trial lasts, so that it is ended however the trial ends.
final class TrialStage: Sendable {
  private struct State {
    var machines: [String: VirtualMachine] = [:]
    var collector: TrialCollector?
  }

  private let state = Mutex(State())
  /// Directory for what devices said on their consoles.
  private let logs: String

  init(logs: String) { self.logs = logs }

  func add(_ machine: VirtualMachine, as role: String) {
    state.withLock { $0.machines[role] = machine }
  }

  func add(_ collector: TrialCollector) { state.withLock { $0.collector = collector } }

  /// What a device said last.
  func console(_ role: String) -> String {
    guard let machine = state.withLock({ $0.machines[role] }) else { return "" }
    return (try? String(contentsOfFile: machine.logPath, encoding: .utf8)) ?? ""
  }

  /// Ends a device and keeps what it said; does nothing when there is none.
  func stop(_ role: String) async throws {
    guard let machine = state.withLock({ $0.machines.removeValue(forKey: role) }) else { return }
    // A log that cannot be kept is no reason to leave the device running.
    try? FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
    try? FileManager.default.copyItem(
      atPath: machine.logPath, toPath: "\(logs)/\(machine.name).log")
    try await machine.stop()
  }

  /// Ends everything, as well as it goes, also after a cancellation: every wait would be cut short
  /// then.
  func clear() async {
    await Task.detached { [self] in
      for role in state.withLock({ $0.machines.keys.sorted() }) { try? await stop(role) }
      let collector = state.withLock { state in
        defer { state.collector = nil }
        return state.collector
      }
      await collector?.stop()
    }.value
  }
}
