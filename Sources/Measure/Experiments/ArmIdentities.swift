import RunRecords
import Synchronization

/// What the arms of an experiment were seen to run: two firmwares, or one where that is declared.
///
/// Both arms under one firmware would give a green verdict on a build that was never installed.
package final class ArmIdentities: Sendable {
  /// Names of firmwares.
  private let reference: String
  private let candidate: String
  private let isAA: Bool
  /// Builds that stand in for the reference, by name; empty = the reference is run.
  private let stored: [(name: String, marks: FirmwareMarks)]
  /// By the firmware's name.
  private let seen: Mutex<[String: FirmwareMarks]>

  package init(
    reference: String, candidate: String, isAA: Bool, made: [RunRecord] = [],
    stored: [RunRecord] = []
  ) {
    self.reference = reference
    self.candidate = candidate
    self.isAA = isAA
    self.stored = stored.map { ($0.firmware.name, $0.firmwareMarks) }
    let first = made.sorted { ($0.experiment?.order ?? 0) < ($1.experiment?.order ?? 0) }
    seen = Mutex(
      Dictionary(
        first.map { ($0.firmware.name, $0.firmwareMarks) }, uniquingKeysWith: { one, _ in one }))
  }

  /// Takes note of what a device shows with a firmware on it.
  /// - Throws: ``ArmError``.
  package func admit(_ marks: FirmwareMarks, as firmware: String, on device: String) throws {
    try seen.withLock { seen in
      if let before = seen[firmware] {
        guard before.ofBuild.differences(from: marks.ofBuild).isEmpty else {
          throw ArmError.changed(
            device: device, firmware: firmware, before: before.text, now: marks.text)
        }
      } else {
        seen[firmware] = marks
      }
      if let other = other(than: firmware), let others = seen[other] {
        try require(others, marks, on: device)
      }
    }
    guard firmware == candidate, !isAA else { return }
    if let one = stored.first(where: { $0.name != candidate && $0.marks.isSame(as: marks) }) {
      throw ArmError.same(
        device: device, reference: one.name, candidate: candidate, marks: marks.text)
    }
  }

  private func require(_ one: FirmwareMarks, _ two: FirmwareMarks, on device: String) throws {
    if isAA {
      let differences = one.ofBuild.differences(from: two.ofBuild)
      guard differences.isEmpty else {
        throw ArmError.different(
          device: device, reference: reference, candidate: candidate,
          marks: differences.map(\.rawValue))
      }
    } else if one.isSame(as: two) {
      throw ArmError.same(
        device: device, reference: reference, candidate: candidate, marks: two.text)
    }
  }

  /// The other arm's firmware, while nothing was seen of either arm and both are to be run;
  /// starting it is the only way to learn whether anything is installed at all.
  package func unproven(than firmware: String) -> String? {
    guard !isAA, stored.isEmpty, seen.withLock(\.isEmpty) else { return nil }
    return other(than: firmware)
  }

  private func other(than firmware: String) -> String? {
    guard stored.isEmpty, reference != candidate else { return nil }
    return firmware == reference ? candidate : reference
  }
}

/// Arms that do not run the intended firmware; nothing of them may be judged.
package enum ArmError: Error, Sendable, Equatable {
  /// Two firmwares are to be compared, and both are the same. `device` is empty for kept records.
  case same(device: String, reference: String, candidate: String, marks: String)
  /// An A/A check is declared, and the arms are not the same.
  case different(device: String, reference: String, candidate: String, marks: [String])
  /// A firmware's device showed another one before.
  case changed(device: String, firmware: String, before: String, now: String)
  /// The device file says what the device is to show, and it does not.
  case unexpected(device: String, firmware: String, expected: String, found: String)
}

extension ArmError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .same(let device, let reference, let candidate, let marks):
      """
      \(device.isEmpty ? "" : "\(device): ")nothing shows that candidate '\(candidate)' is another \
      firmware than reference '\(reference)': both have \(marks)
      what installs it may have done nothing (its output is in commands.log of the results)
      where the builds differ in what is not listed here, let the device file's build_id read it
      for one firmware in both arms, declare it with --aa, or with 'aa: true' in the suite
      """
    case .different(let device, let reference, let candidate, let marks):
      """
      \(device.isEmpty ? "" : "\(device): ")an A/A check is declared, but '\(reference)' and \
      '\(candidate)' differ in \(marks.joined(separator: ", ")); leave out --aa to compare them
      """
    case .changed(let device, let firmware, let before, let now):
      """
      \(device): firmware '\(firmware)' is not what it was in an earlier run: it had \(before), \
      now \(now)
      what installs it did something else this time (its output is in commands.log of the results)
      """
    case .unexpected(let device, let firmware, let expected, let found):
      """
      \(device): with firmware '\(firmware)' it should show '\(expected)', as its file expects, but \
      it has \(found)
      """
    }
  }
}
