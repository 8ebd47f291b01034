import Devices
import Foundation

/// What became of a device whose session broke off.
enum Aftermath: Sendable, Equatable {
  /// Still in the same boot: the kernel is not to blame.
  case survived
  /// Another boot; `evidence` is what the device kept of the last one.
  case restarted(evidence: String)
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
        if !now.isEmpty { return .restarted(evidence: await evidence(on: device)) }
      } catch {
        if Task.isCancelled { return .gone }
      }
      try? await Task.sleep(for: .milliseconds(200))
    }
    return .gone
  }

  /// What pstore and Android's properties kept of the boot before: empty on most devices.
  private static func evidence(on device: any Device) async -> String {
    let question = """
      for name in ro.boot.bootreason sys.boot.reason; do
      value=$(getprop $name 2> /dev/null); [ -n "$value" ] && echo "$name: $value"
      done
      for file in /sys/fs/pstore/*; do
      [ -r "$file" ] && [ -f "$file" ] && echo "$file:" && tail -c 2000 "$file"
      done
      true
      """
    return (try? await device.exec(question, timeout: .seconds(20)).text) ?? ""
  }

  /// Whether what a device kept speaks of a panic.
  static func tellsPanic(_ evidence: String) -> Bool {
    evidence.contains("Kernel panic") || evidence.contains("kernel_panic")
      || evidence.contains("Oops")
  }
}
