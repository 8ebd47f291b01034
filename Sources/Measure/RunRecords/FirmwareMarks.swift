/// What shows which firmware a device runs, as far as it is known.
///
/// A given name shows nothing: a firmware that was never installed has one as well.
package struct FirmwareMarks: Sendable, Equatable {
  package enum Mark: String, Sendable, CaseIterable {
    /// Over all that a virtual device's firmware is made of.
    case digest
    case reportedID = "build id"
    case fingerprint
    case kernelRelease = "kernel"
    case kernelVersion = "kernel version"
    case kernelBuildID = "kernel build-id"
    case slot
  }

  private var values: [Mark: String]

  /// Empty values are unknown ones.
  package init(_ values: [Mark: String?]) {
    self.values = values.compactMapValues { $0?.isEmpty == false ? $0 : nil }
  }

  package subscript(_ mark: Mark) -> String? { values[mark] }

  /// Marks that are known of both and are not the same.
  package func differences(from other: Self) -> [Mark] {
    Mark.allCases.filter { mark in
      guard let own = values[mark], let others = other.values[mark] else { return false }
      return own != others
    }
  }

  /// Whether they are one firmware as far as anything shows; false where nothing is known of both.
  package func isSame(as other: Self) -> Bool {
    values.keys.contains { other.values[$0] != nil } && differences(from: other).isEmpty
  }

  /// Whether a mark has this value.
  package func contains(_ value: String) -> Bool { values.values.contains(value) }

  /// Without the slot, which an installation of one and the same firmware may change.
  package var ofBuild: Self {
    var marks = self
    marks.values[.slot] = nil
    return marks
  }

  /// Such as `fingerprint 'a/b:13', kernel '6.1.0'`.
  package var text: String {
    Mark.allCases.compactMap { mark in values[mark].map { "\(mark.rawValue) '\($0)'" } }
      .joined(separator: ", ")
  }
}

extension RunRecord {
  /// What the run's device showed of its firmware.
  package var firmwareMarks: FirmwareMarks {
    FirmwareMarks([
      // Of other devices it is a name that was given to the build.
      .digest: device.transport == "virtual" ? firmware.id : nil,
      .reportedID: firmware.reportedID, .fingerprint: firmware.fingerprint,
      .kernelRelease: firmware.kernelRelease, .kernelVersion: firmware.kernelVersion,
      .kernelBuildID: firmware.kernelBuildID, .slot: firmware.slot,
    ])
  }
}
