import Devices
import Foundation
import PerfettoTraces

/// A device's perfetto as a service: whether it is there, and what it records now.
package enum PerfettoService {
  /// A command of a shell that ends with 0 where the program is in the shell's path.
  static let isPresent = "command -v perfetto >/dev/null"

  /// Longest wait for the service's answer.
  private static let limit = Duration.seconds(60)

  /// Asks the service, without recording anything.
  /// - Throws: ``PerfettoError``, `DeviceError`.
  static func state(of device: any Device) async throws -> ServiceState {
    let made = try await device.exec(
      "\(isPresent) || exit 127; exec perfetto --query-raw", timeout: limit)
    if made.exitCode == 127 { throw PerfettoError.absent }
    let said = String(decoding: made.standardError, as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    guard made.exitCode == 0 else { throw PerfettoError.notStarted(said) }
    do {
      return try ServiceState(made.standardOutput)
    } catch {
      throw PerfettoError.notStarted("its service's answer cannot be read")
    }
  }

  /// Whether the service answers.
  /// - Throws: `DeviceError`.
  package static func answers(on device: any Device) async throws -> Bool {
    do {
      _ = try await state(of: device)
      return true
    } catch is PerfettoError {
      return false
    }
  }
}
