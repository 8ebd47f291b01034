import POSIXSupport

/// Hands out leases of devices, and waits for those that others hold.
///
/// Their files are in `/run/lock/latgate` (where not all may write to `/run/lock`, in
/// `/tmp/latgate`), or in the directory that `LATGATE_LEASES` names. All users of a machine meet
/// there; containers do when it is mounted into them.
package struct LeaseDesk: Sendable {
  private let directory: LeaseDirectory
  /// How long a device that is in use is waited for.
  private let wait: Duration
  private let command: String
  private let report: @Sendable (String) -> Void

  /// How often a wait reports that it still waits.
  private static let reminder: Duration = .seconds(60)

  /// - Parameters:
  ///   - environment: of the process; names the directory.
  ///   - wait: zero fails at once.
  ///   - command: what this process does, as others will read it.
  ///   - report: gets lines for people while a device is waited for.
  /// - Throws: ``DeviceError/hostFile(path:detail:)`` when the directory cannot serve everybody.
  package init(
    environment: [String: String], wait: Duration, command: String,
    report: @escaping @Sendable (String) -> Void
  ) throws(DeviceError) {
    directory = LeaseDirectory(environment: environment)
    try directory.prepare()
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
    // In one order for all jobs, so that no two wait for each other.
    let paths = Set(keys).map { "\(directory.path)/\(LeaseKeys.fileName($0))" }.sorted()
    let note = try LeaseHolder(command: command).text()
    let begun = ContinuousClock.now
    var reported: (holder: LeaseHolder?, at: ContinuousClock.Instant)?
    while true {
      switch try DeviceLease.take(paths, note: note) {
      case .made(let lease): return lease
      case .taken(let path):
        let holder = LeaseHolder.read(path)
        let isOurs = holder?.isThisProcess == true
        let words = holder?.sentence ?? "another latgate process"
        let now = ContinuousClock.now
        guard now - begun < wait, !isOurs else {
          throw DeviceError.inUse(device: device, holder: words)
        }
        if reported == nil || reported?.holder != holder
          || now - (reported?.at ?? now) >= Self.reminder
        {
          let rest = (wait - (now - begun)).components.seconds
          report("waiting up to \(rest) s more for device \(device), in use by \(words)")
          reported = (holder, now)
        }
        try await Task.sleep(for: .milliseconds(100))
      }
    }
  }
}
