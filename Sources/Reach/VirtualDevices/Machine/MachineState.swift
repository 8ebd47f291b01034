import Foundation
import Glibc
import POSIXSupport

/// What is kept of a running virtual device, so that other processes find it by its name.
package struct MachineState: Sendable, Equatable, Codable {
  /// Form of the file; others are refused.
  static let currentVersion = 1

  package var version = Self.currentVersion
  package var name: String
  package var process: ProcessIdentity
  /// Port on 127.0.0.1 that leads to adbd.
  package var port: UInt16
  /// Name of the device file that listed the firmware; nil when none did.
  package var definition: String?
  package var firmware: VirtualFirmware
  package var firmwareID: String
  /// `uname -r`.
  package var kernelRelease: String
  /// Where the types of a kernel that carries none are kept, once they are; see
  /// ``VirtualImage/typesPath``.
  package var typesPath: String?
  package var lifetime: MachineLifetime
  package var startedAt: Date
  /// From the start of QEMU to adbd's answer, in seconds; nil while booting.
  package var bootSeconds: Double?

  /// Bytes of a state's file that are read.
  private static let largest = 1 << 20

  /// - Throws: ``VirtualDeviceError/badState(path:reason:)``.
  static func read(_ path: String) throws(VirtualDeviceError) -> MachineState {
    guard let state = try readIfThere(path) else {
      throw .badState(path: path, reason: "no such file")
    }
    return state
  }

  /// - Returns: nil where there is no file: its device may just have ended.
  /// - Throws: as ``read(_:)``.
  static func readIfThere(_ path: String) throws(VirtualDeviceError) -> MachineState? {
    let bytes: [UInt8]
    do {
      bytes = try OwnedDescriptor.open(path, flags: O_RDONLY).read(upTo: largest, subject: path)
    } catch {
      if [ENOENT, ENOTDIR].contains(error.code) { return nil }
      throw .badState(path: path, reason: error.reason)
    }
    let state: MachineState
    do {
      let decoder = JSONDecoder()
      decoder.dateDecodingStrategy = .iso8601
      state = try decoder.decode(MachineState.self, from: Data(bytes))
    } catch {
      throw .badState(path: path, reason: "\(error)")
    }
    guard state.version == currentVersion else {
      throw .badState(path: path, reason: "version \(state.version) is not \(currentVersion)")
    }
    return state
  }

  func write(_ path: String) throws {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    try AtomicFile.write(try encoder.encode(self), to: path, mode: 0o600, durable: false)
  }
}

/// Whether a virtual device outlives the process that booted it.
package enum MachineLifetime: String, Sendable, Hashable, Codable {
  /// Ends with the process that booted it, however that one ends.
  case owned
  /// Runs until it is stopped.
  case detached
}
