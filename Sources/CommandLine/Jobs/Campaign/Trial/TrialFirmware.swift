import FleetAnalysis
import VirtualDevices

/// A firmware that a trial offers to the canary.
package enum TrialFirmware: String, Sendable, CaseIterable {
  /// Its disk does half of the operations that the control's does.
  case slow
  /// It is the control's under another name.
  case unchanged

  /// Disk operations a second: limits that bind on every host, so that they are what is measured.
  private static let usualOperations = 60
  private static let slowOperations = 30

  /// Build id of the control.
  package static let controlBuild = "B1"

  /// What devices of the control run.
  static var control: VirtualFirmware { machine(operations: usualOperations) }

  private static func machine(operations: Int) -> VirtualFirmware {
    VirtualFirmware(data: DiskLimits(iops: operations))
  }

  package var build: String {
    switch self {
    case .slow: "B2"
    case .unchanged: "B3"
    }
  }

  package var campaign: String { "trial-\(rawValue)" }

  var machine: VirtualFirmware {
    Self.machine(operations: self == .slow ? Self.slowOperations : Self.usualOperations)
  }

  /// What it is, in a sentence.
  var about: String {
    switch self {
    case .slow:
      "\(build) has a disk of \(Self.slowOperations) operations a second; that of the control "
        + "(\(Self.controlBuild)) does \(Self.usualOperations)"
    case .unchanged: "\(build) is the control's firmware (\(Self.controlBuild)) under another name"
    }
  }

  /// What a gate has to say of it.
  package var expected: FleetVerdict.Outcome { self == .slow ? .stop : .promote }
}
