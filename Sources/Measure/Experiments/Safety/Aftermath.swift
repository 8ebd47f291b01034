import Devices
import Foundation

/// The state of a device after its session broke off.
enum Aftermath: Sendable, Equatable {
  /// Still in the same boot: the kernel has not failed.
  case survived
  /// Another boot.
  case restarted
  /// No answer within the limit.
  case gone

  /// Asks until the device answers, or `limit` has passed.
  static func learn(of device: any Device, bootID: String, limit: Duration) async -> Aftermath {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
      do {
        try await device.waitUntilReady(timeout: deadline - ContinuousClock.now)
        let now = try await device.exec("cat \(KernelHealth.bootIDPath)", timeout: .seconds(10))
          .text.trimmingCharacters(in: .whitespacesAndNewlines)
        if now == bootID { return .survived }
        if !now.isEmpty { return .restarted }
      } catch {
        if Task.isCancelled { return .gone }
      }
      try? await Task.sleep(for: .milliseconds(200))
    }
    return .gone
  }
}
