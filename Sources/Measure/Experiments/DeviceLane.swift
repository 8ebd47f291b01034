import Catalogs
import Devices
import RunRecords

/// A place where runs are made one after the other: a device, and the way a firmware gets onto it.
package protocol DeviceLane: Sendable {
  /// `virtual`, `adb` or `local`, for the record.
  var transport: String { get }

  /// Brings the firmware up in a fresh boot and returns the device once it answers.
  func start(firmware: String) async throws -> StartedFirmware

  /// As ``start(firmware:)``; where `installs` is false, a firmware that this lane has installed
  /// already is booted again and not installed anew.
  func start(firmware: String, installs: Bool) async throws -> StartedFirmware

  /// The device as it stands; a lane that makes its devices has none before ``start(firmware:)``.
  func current() async throws -> any Device

  /// Brings a device that does not answer any more back up with the same firmware.
  /// - Returns: false where the lane has no means to.
  func recover() async throws -> Bool

  /// Ends what ``start(firmware:)`` began. Safe to call when nothing was begun.
  func finish() async
}

extension DeviceLane {
  /// For lanes that install nothing.
  package func start(firmware: String, installs: Bool) async throws -> StartedFirmware {
    try await start(firmware: firmware)
  }
}

/// A firmware that is up.
package struct StartedFirmware: Sendable {
  package var device: any Device
  /// Build id where the lane knows it; nil = what the device says of itself.
  package var firmwareID: String?
  /// BTF on the host where the lane knows it; nil = what the device file says.
  package var typesPath: String?
  /// Which installation it is; nil where the lane installed nothing.
  package var flash: FlashFacts?
  /// What it took to bring it up beyond the usual.
  package var interruptions: [InterruptionRecord]
  /// What the device says of itself in this boot; nil = not asked.
  package var identity: DeviceIdentity?
  /// What shows which firmware it is; nil = not asked.
  package var marks: FirmwareMarks?

  package init(
    device: any Device, firmwareID: String?, typesPath: String? = nil, flash: FlashFacts? = nil,
    interruptions: [InterruptionRecord] = []
  ) {
    self.device = device
    self.firmwareID = firmwareID
    self.typesPath = typesPath
    self.flash = flash
    self.interruptions = interruptions
  }
}

extension StartedFirmware {
  /// Where the kernel's types come from, by the device file or, where that has nothing, the lane.
  package func btf(of definition: DeviceDefinition) -> DeviceDefinition.BTFSource {
    types(else: definition.placedBTF)
  }

  func types(else btf: DeviceDefinition.BTFSource) -> DeviceDefinition.BTFSource {
    guard case .device = btf, let typesPath else { return btf }
    return .file(path: typesPath, buildID: nil)
  }
}
