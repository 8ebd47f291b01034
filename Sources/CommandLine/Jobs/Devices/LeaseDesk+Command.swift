import Devices
import Foundation

extension LeaseDesk {
  /// Leases that name the command line of this process to those who wait for a device.
  /// - Parameters:
  ///   - wait: how long another job's device is waited for; zero = not at all.
  ///   - report: gets a line when the waiting begins, and now and then.
  /// - Returns: a desk.
  /// - Throws: `DeviceError` when leases cannot be kept on this machine.
  package static func ofThisCommand(
    wait: Duration = .zero, _ report: @escaping @Sendable (String) -> Void
  ) throws -> LeaseDesk {
    try LeaseDesk(
      environment: ProcessInfo.processInfo.environment, wait: wait,
      command: (["latgate"] + CommandLine.arguments.dropFirst()).joined(separator: " "),
      report: report)
  }
}
