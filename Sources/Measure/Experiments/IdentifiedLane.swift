import Catalogs
import Devices
import KernelTypes
import RunRecords

/// A lane that holds every firmware it starts against what the experiment's arms were seen to run,
/// before anything is measured.
package struct IdentifiedLane: DeviceLane {
  private let base: any DeviceLane
  private let definition: DeviceDefinition
  private let identities: ArmIdentities
  /// Whether this lane runs both arms, so that it can be asked for the other one.
  private let runsBoth: Bool

  package init(
    _ base: any DeviceLane, definition: DeviceDefinition, identities: ArmIdentities,
    runsBoth: Bool
  ) {
    self.base = base
    self.definition = definition
    self.identities = identities
    self.runsBoth = runsBoth
  }

  package var transport: String { base.transport }

  package func start(firmware: String) async throws -> StartedFirmware {
    try await start(firmware: firmware, installs: true)
  }

  package func start(firmware: String, installs: Bool) async throws -> StartedFirmware {
    guard runsBoth, let other = identities.unproven(than: firmware), !areExpected(firmware, other)
    else { return try await admitted(firmware, installs: installs) }
    let before = try? await marks(try await base.current()).marks
    let started = try await admitted(firmware, installs: installs)
    guard let before, let now = started.marks, before.isSame(as: now) else { return started }
    // The device had this firmware already, or nothing was installed: the other one decides.
    _ = try await admitted(other, installs: installs)
    return try await admitted(firmware, installs: installs)
  }

  /// What the device file expects is held against every boot, and distinguishes the arms.
  private func areExpected(_ one: String, _ two: String) -> Bool {
    guard let one = definition.expectation(ofFirmware: one),
      let two = definition.expectation(ofFirmware: two)
    else { return false }
    return one != two
  }

  private func admitted(_ firmware: String, installs: Bool) async throws -> StartedFirmware {
    var started = try await base.start(firmware: firmware, installs: installs)
    let (identity, marks) = try await marks(started.device)
    if let expected = definition.expectation(ofFirmware: firmware), !marks.contains(expected) {
      throw ArmError.unexpected(
        device: started.device.name, firmware: firmware, expected: expected, found: marks.text)
    }
    try identities.admit(marks, as: firmware, on: started.device.name)
    started.identity = identity
    started.marks = marks
    return started
  }

  private func marks(
    _ device: any Device
  ) async throws -> (identity: DeviceIdentity, marks: FirmwareMarks) {
    let identity = try await device.identify()
    let answer = try await device.exec(FirmwareReading.command, timeout: .seconds(60))
    let reading = FirmwareReading(parsing: answer.text)
    return (
      identity,
      FirmwareMarks([
        .reportedID: try await reportedID(device), .fingerprint: identity.fingerprint,
        .kernelRelease: identity.kernelRelease, .kernelVersion: identity.kernelVersion,
        .kernelBuildID: BuildIDNote.find(inNotes: reading.kernelNotes), .slot: reading.slot,
      ])
    )
  }

  private func reportedID(_ device: any Device) async throws -> String? {
    guard let command = definition.buildID else { return nil }
    let answer = try await device.exec(command, timeout: .seconds(60))
    let text = answer.text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    guard answer.exitCode == 0, !text.isEmpty else {
      throw RunError.noBuildID(
        device: device.name, command: command, exitCode: answer.exitCode,
        output: String(decoding: answer.standardError.suffix(500), as: UTF8.self))
    }
    return text
  }

  package func current() async throws -> any Device { try await base.current() }

  package func recover() async throws -> Bool { try await base.recover() }

  package func finish() async { await base.finish() }
}
