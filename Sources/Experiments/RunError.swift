import Catalogs
import RecordStore

/// Why a run has no record, or none that counts.
package enum RunError: Error, Sendable, Equatable {
  /// A step of the workload failed: its exit code or signal, and the end of what it said.
  case stepFailed(device: String, place: String, step: String, outcome: String, output: String)
  /// The device did not become quiet within the suite's limit.
  case notSettled(device: String, limit: Duration, reason: String)
  /// Not one probe of the suite can be attached.
  case noProbe(device: String, reasons: [String])
  /// The device did not survive loading a probe, which is quarantined now.
  case crashed(device: String, event: CrashEvent)
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

extension RunError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .stepFailed(let device, let place, let step, let outcome, let output):
      "\(device): \(place): '\(step)' failed with \(outcome)"
        + (output.isEmpty ? "" : "; it said:\n  \(output.replacing("\n", with: "\n  "))")
    case .notSettled(let device, let limit, let reason):
      """
      \(device) did not become quiet within \(limit.components.seconds) s (\(reason)); wait for \
      its background work to end, or raise settle.limit of the suite
      """
    case .noProbe(let device, let reasons):
      "\(device): not one probe of the suite can be attached:\n  "
        + reasons.joined(separator: "\n").replacing("\n", with: "\n  ")
    case .crashed(let device, let event):
      """
      \(device) did not survive loading probe \(event.subject.probe): \(event.sentence)
      The next run goes on without it. Restart the device if it does not answer.
      """
    case .badObject(let probe, let path, let reason):
      "probe \(probe): \(path): \(reason); build it again with 'latgate build'"
    case .badKey(let probe, let metric, let bytes, let expected):
      """
      probe \(probe): metric \(metric): its keys have \(bytes) bytes, the manifest says \
      \(expected); let bpf/\(probe).yaml and bpf/\(probe).bpf.c agree
      """
    case .gaveUp(let slot, let attempts):
      "run \(slot.order) (\(slot.arm.rawValue)) failed in all \(attempts) attempts"
    case .noVerdict:
      "the experiment ended before anything was judged"
    case .noFirmware(let suite, let arm):
      "suite '\(suite)' names no \(arm) firmware; give one with --\(arm)"
    case .unknownFirmware(let name, let device, let known):
      "device '\(device)' has no firmware '\(name)'; there are: \(known.joined(separator: ", "))"
    case .hookFailed(let device, let hook, let exitCode, let output):
      "\(device): hook '\(hook)' ended with exit code \(exitCode); it said:\n  \(output)"
    }
  }
}
