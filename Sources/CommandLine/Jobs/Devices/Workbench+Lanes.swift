import ADB
import Devices
import Experiments
import Foundation

extension Workbench {
  /// What finds the devices of this command and leases them.
  /// - Parameters:
  ///   - wait: how long another job's device is waited for; zero = not at all.
  ///   - commandLog: the file for what the host's commands print; nil = one of the user's cache.
  ///   - waiting: gets a line when the waiting begins, and now and then.
  ///   - progress: gets lines for what takes its time.
  /// - Returns: a factory whose devices have to be released.
  /// - Throws: `ADBError` for an address of the adb server that is none, `DeviceError` when leases
  ///   cannot be kept on this machine.
  package func laneFactory(
    wait: Duration = .zero, commandLog: String? = nil,
    waiting: @escaping @Sendable (String) -> Void, progress: @escaping @Sendable (String) -> Void
  ) throws -> LaneFactory {
    LaneFactory(
      catalog: catalog, server: try ADBServer(environment: ProcessInfo.processInfo.environment),
      share: share, leases: try .ofThisCommand(wait: wait, waiting), commandLog: commandLog,
      progress: progress)
  }
}
