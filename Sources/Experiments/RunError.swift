import Catalogs

/// Why a run has no record, or none that counts.
package enum RunError: Error, Sendable, Equatable {
  /// A step of the workload failed: its exit code or signal, and the end of what it said.
  case stepFailed(device: String, place: String, step: String, outcome: String, output: String)
  /// The device did not become quiet within the suite's limit.
  case notSettled(device: String, limit: Duration, reason: String)
  /// Not one probe of the suite can be attached.
  case noProbe(device: String, reasons: [String])
  /// The device forbids loading programs.
  case refused(device: String, reason: String)
  /// An object is broken or of another release.
  case badObject(probe: String, path: String, reason: String)
  /// A histogram key does not fit its manifest.
  case badKey(probe: String, metric: String, bytes: Int, expected: Int)
  /// The slot failed as often as it may.
  case gaveUp(slot: RunSlot, attempts: Int)
  /// The experiment ended before anything was judged.
  case noVerdict
  /// The suite names no firmware for this arm and none was given.
  case noFirmware(suite: String, arm: String)
  /// The device file has no firmware of this name.
  case unknownFirmware(name: String, device: String, known: [String])
  /// A hook of the device file failed.
  case hookFailed(device: String, hook: String, exitCode: Int32, output: String)
}
