import Foundation

extension VirtualMachine {
  /// The virtual devices of this user that are running, whoever booted them, by name.
  /// - Throws: ``VirtualDeviceError/badState(path:reason:)``.
  package static func list(cache: String? = nil) throws -> [VirtualMachine] {
    let parent = try RunDirectory.parent(cache: cache)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    // What bears another name is no device's.
    return try names.sorted().filter(RunDirectory.isName).compactMap {
      try running($0, cache: cache)
    }
  }

  /// The running virtual device with this name.
  /// - Throws: ``VirtualDeviceError/notRunning(name:)`` and as ``list(cache:)``.
  package static func find(_ name: String, cache: String? = nil) throws -> VirtualMachine {
    guard let machine = try running(name, cache: cache) else {
      throw VirtualDeviceError.notRunning(name: name)
    }
    return machine
  }

  private static func running(_ name: String, cache: String?) throws -> VirtualMachine? {
    let directory = try RunDirectory(name: name, cache: cache)
    let state = try MachineState.readIfThere(directory.statePath)
    guard let state, state.process.isRunning else { return nil }
    return VirtualMachine(state: state, directory: directory, lifetimeGuard: nil)
  }
}
