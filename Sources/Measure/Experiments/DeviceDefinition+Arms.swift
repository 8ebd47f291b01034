import Catalogs
import Foundation

extension DeviceDefinition {
  /// Refuses firmwares that the device cannot run, or cannot run both of, before anything starts.
  ///
  /// `reference` is nil where stored runs stand in for it; with `isAA` both are meant to be one.
  /// - Throws: ``RunError``, ``ArmError``.
  package func requireArms(reference: String?, candidate: String, isAA: Bool) throws {
    for name in [reference, candidate].compactMap(\.self) { try requireFirmware(name) }
    guard let reference, reference != candidate else { return }
    if kind == .virtual {
      let isSame = firmwares[reference] == firmwares[candidate]
      if isSame, !isAA {
        throw ArmError.same(
          device: self.name, reference: reference, candidate: candidate,
          marks: "the same settings in \(file)")
      }
      if !isSame, isAA {
        throw ArmError.different(
          device: self.name, reference: reference, candidate: candidate,
          marks: ["their settings in \(file)"])
      }
    } else if !changesFirmware, !isAA {
      throw RunError.fixedFirmware(device: self.name, file: file)
    }
  }

  /// A name that the file does not have is mistyped, unless commands take files and this is one.
  private func requireFirmware(_ name: String) throws {
    guard kind == .virtual || !firmwares.isEmpty, firmwares[name] == nil else { return }
    if kind != .virtual, changesFirmware, FileManager.default.fileExists(atPath: name) { return }
    throw RunError.unknownFirmware(
      name: name, device: self.name, known: firmwares.keys.sorted())
  }

  /// Whether anything of the file can bring another firmware onto the device.
  private var changesFirmware: Bool {
    kind != .local && (commands?[.flash] != nil || commands?[.switchTo] != nil)
  }
}
