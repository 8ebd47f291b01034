import Foundation
import Glibc
import POSIXSupport

/// Hands out leases of devices, and waits for those that others hold.
///
/// Their files are in `leases` of the user's cache, or in the folder that `LATGATE_LEASES` names:
/// jobs of several users that share a rack need one that all of them may write to.
package struct LeaseDesk: Sendable {
  private let folder: String
  /// Of the files: everybody's in a folder that was named.
  private let mode: UInt32
  /// How long a device that is in use is waited for.
  private let wait: Duration
  private let command: String
  private let report: @Sendable (String) -> Void

  /// How often a wait says that it still goes on.
  private static let reminder: Duration = .seconds(60)

  /// - Parameters:
  ///   - environment: of the process; tells the folder.
  ///   - wait: zero fails at once.
  ///   - command: what others are told that this process does.
  ///   - report: gets lines for people while a device is waited for.
  /// - Throws: `SystemCallError` when the environment names no folder.
  package init(
    environment: [String: String], wait: Duration, command: String,
    report: @escaping @Sendable (String) -> Void
  ) throws {
    if let shared = environment["LATGATE_LEASES"], !shared.isEmpty {
      folder = shared
      mode = 0o666
    } else if let cache = UserFolders.cachePath(environment: environment) {
      folder = "\(cache)/leases"
      mode = 0o600
    } else {
      throw SystemCallError(call: "find the cache folder", code: ENOENT, subject: "$HOME")
    }
    self.wait = wait
    self.command = command
    self.report = report
  }

  /// Takes a device under all its names.
  /// - Parameters:
  ///   - keys: of ``LeaseKeys``; none gives a lease of nothing.
  ///   - device: what the user calls it.
  /// - Returns: the lease; it ends with its last reference, or this process.
  /// - Throws: ``DeviceError/inUse(device:holder:)``, `SystemCallError`, `CancellationError`.
  package func take(_ keys: [String], device: String) async throws -> DeviceLease {
    try UserFolders.makeFolder(folder, mode: mode == 0o600 ? 0o700 : 0o777)
    // In one order for everybody, so that nobody waits for somebody who waits for them.
    let paths = Set(keys).map { "\(folder)/\(LeaseKeys.fileName($0))" }.sorted()
    let note = try LeaseHolder(command: command).text()
    let begun = ContinuousClock.now
    var told: (holder: LeaseHolder?, at: ContinuousClock.Instant)?
    while true {
      switch try DeviceLease.take(paths, mode: mode, note: note) {
      case .made(let lease): return lease
      case .taken(let path):
        let holder = LeaseHolder.read(path)
        let isOurs = holder?.processID == getpid()
        let words = holder?.sentence ?? "another latgate process"
        let now = ContinuousClock.now
        guard now - begun < wait, !isOurs else {
          throw DeviceError.inUse(device: device, holder: words)
        }
        if told == nil || told?.holder != holder || now - (told?.at ?? now) >= Self.reminder {
          let rest = (wait - (now - begun)).components.seconds
          report("waiting up to \(rest) s more for device \(device), in use by \(words)")
          told = (holder, now)
        }
        try await Task.sleep(for: .milliseconds(100))
      }
    }
  }
}
