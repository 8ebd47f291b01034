import ArgumentParser
import Catalogs

/// The devices of a command that can use several.
struct PoolOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The device; given several times, all are measured side by side.",
      discussion: """
        A device file, an address (tcp:HOST:PORT, usb:SERIAL, an adb serial), or FILE@ADDRESS. \
        Default: the suite's.
        """), completion: .devices)
  var device: [String] = []

  @Option(
    help: ArgumentHelp(
      "A pool of devices, which are measured side by side.",
      discussion: """
        Of targets/pools, here or in latgate of the user's configuration directory. Every device has \
        a directory of its own below --output and makes the whole experiment; one that fails does \
        not stop the others. Exit code: the gravest of 130, 1, 70, 65, 64, 3, 69, 2, 0.
        """), completion: .pools)
  var pool: String?

  @Option(
    help: ArgumentHelp(
      "Virtual devices of a pool that are measured at one time.",
      discussion: "Default: the pool file's, or half of this machine's CPUs."))
  var jobs: Int?

  func validate() throws {
    if pool != nil, !device.isEmpty { throw ValidationError("--pool goes without --device") }
    if let jobs, jobs < 1 { throw ValidationError("--jobs must be 1 or more") }
    guard jobs == nil || pool != nil || device.count > 1 else {
      throw ValidationError("--jobs goes with --pool, or with several --device")
    }
  }

  /// The pool that is meant; nil for a single device.
  /// - Throws: `UnknownNameError`.
  func pool(_ catalog: Catalog) throws -> PoolDefinition? {
    var made: PoolDefinition
    if let pool {
      made = try catalog.pool(pool)
    } else if device.count > 1 {
      made = PoolDefinition(devices: device)
    } else {
      return nil
    }
    made.jobs = jobs ?? made.jobs
    return made
  }
}
