import Catalogs
import RecordStore

/// Why a run has no record, or none that counts.
package enum RunError: Error, Sendable, Equatable {
  /// A step of the workload failed: its exit code or signal, and the end of what it said.
  case stepFailed(device: String, place: String, step: String, outcome: String, output: String)
  /// The device did not become quiet within the suite's limit.
  case notSettled(device: String, limit: Duration, reason: String)
  /// Nothing on the device can be of the scope.
  case noScope(device: String, scope: String, reason: String)
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
  /// Two firmwares are asked for, and nothing of the device file changes the firmware.
  case fixedFirmware(device: String, file: String)
  /// The device file's command for the build's id failed, or printed nothing.
  case noBuildID(device: String, command: String, exitCode: Int32, output: String)
  /// A command of the device file failed; `output` is the end of what it said, `log` has all of it.
  case commandFailed(device: String, command: String, exitCode: Int32, output: String, log: String)
  /// A command of the device file did not end in its time; it was ended with all that it started.
  case commandTimedOut(device: String, command: String, limit: Duration, log: String)
  /// The device went away in the middle of a run and could not be brought back.
  case deviceLost(device: String, cause: String, outcome: String)
  /// The agent of a session that was cut off does not end.
  case agentStays(device: String)
  /// The device came back with other software than the run had begun with.
  case otherFirmware(device: String, before: String, after: String)
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
    case .noScope(let device, let scope, let reason):
      "\(device): scope \(scope): \(reason)"
    case .noProbe(let device, let reasons):
      "\(device): not one probe of the suite can be attached:\n  "
        + reasons.joined(separator: "\n").replacing("\n", with: "\n  ")
    case .crashed(let device, let event):
      """
      \(device) did not survive loading probe \(event.subject.probe): \(event.sentence)
      The next run continues without it. Restart the device if it does not answer.
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
      """
      device '\(device)' has no firmware '\(name)' \
      (\(UnknownNameError(kind: "firmware", name: name, known: known).remedy))
      """
    case .fixedFirmware(let device, let file):
      """
      device '\(device)' cannot run two firmwares: \(file) has no command that installs or selects one
      add 'flash' or 'switch' to its commands, or declare one firmware in both arms with --aa
      """
    case .noBuildID(let device, let command, let exitCode, let output):
      """
      \(device): build_id of its file, '\(command)', printed nothing and ended with exit code \
      \(exitCode)
      """ + (output.isEmpty ? "" : "; it said:\n  \(output.replacing("\n", with: "\n  "))")
    case .commandFailed(let device, let command, let exitCode, let output, let log):
      "\(device): command '\(command)' ended with exit code \(exitCode); all it said is in \(log)"
        + (output.isEmpty ? "" : ", at the end:\n  \(output.replacing("\n", with: "\n  "))")
    case .commandTimedOut(let device, let command, let limit, let log):
      """
      \(device): command '\(command)' did not end within \(limit.components.seconds) s and was killed; \
      what it said is in \(log); give it more time in the device file if it needs it
      """
    case .deviceLost(let device, let cause, let outcome):
      """
      \(device) was lost in the middle of a run, and \(outcome); check cable and power
      it began with: \(cause)
      """
    case .agentStays(let device):
      """
      \(device): the agent of a session that was cut off still runs; end the processes below \
      /data/local/tmp/latgate-*, or restart the device
      """
    case .otherFirmware(let device, let before, let after):
      """
      \(device) came back with '\(after)' where it ran '\(before)'; what fell back to another \
      firmware cannot be measured
      """
    }
  }
}
