import AgentSession
import Catalogs
import Devices
import Foundation

/// Waits until a device that has just booted is quiet enough to be measured.
struct SettleWait: Sendable {
  let session: AgentClient
  /// Of the device, for messages.
  let device: String
  let limits: SuiteDefinition.Settle

  private static let interval = Duration.milliseconds(500)

  /// - Returns: the device as it was last looked at.
  /// - Throws: ``RunError/notSettled(device:limit:reason:)``.
  func run(waiting: (String) -> Void) async throws -> SettledState {
    var gate = SettleGate(
      limits: SettleGate.Limits(
        cpuBusy: limits.cpuBusyMax.fraction, pressure: limits.cpuPressureMax.fraction * 100,
        quietSamples: max(1, Int((limits.quiet / Self.interval).rounded(.up))),
        uptime: limits.uptimeMin / .seconds(1),
        maxSamples: max(2, Int((limits.limit / Self.interval).rounded(.up)))))
    // What is quiet is asked when it has settled: it has to be in any case, and asking takes some
    // 0.2 s under emulation.
    var unrest: String?
    var isAsked = false
    var previous: CPUTicks?
    while true {
      let files = try await session.texts(of: SettleGate.Sample.paths)
      guard var sample = SettleGate.Sample(files: files) else {
        throw RunError.notSettled(
          device: device, limit: limits.limit, reason: "/proc/stat cannot be read")
      }
      sample.unrest = unrest
      let background = previous.flatMap { sample.ticks.busyShare(since: $0) }
      previous = sample.ticks
      switch gate.handle(sample) {
      case .settled:
        // Asking all the time would itself disturb the device.
        unrest = try await bootWork()
        isAsked = true
        if unrest == nil { return SettledState(uptime: sample.uptime, background: background) }
      case .gaveUp(let reason):
        throw RunError.notSettled(device: device, limit: limits.limit, reason: reason)
      case .wait(let reason):
        waiting(reason)
        try await Task.sleep(for: Self.interval)
        // It may be the reason why the device is busy.
        if unrest != nil || (!isAsked && background != nil && !gate.isQuiet) {
          unrest = try await bootWork()
          isAsked = true
        }
      }
    }
  }

  /// What the device says it still does; nil when it cannot be asked.
  private func bootWork() async throws -> String? {
    do {
      let made = try await session.exec(
        .run(argv: ["sh", "-c", BootWork.script], timeout: .seconds(20)))
      return BootWork.unrest(String(decoding: made.standardOutput, as: UTF8.self))
    } catch AgentSessionError.refused {
      return nil
    }
  }
}
