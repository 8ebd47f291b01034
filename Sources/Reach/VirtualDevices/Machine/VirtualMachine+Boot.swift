import Foundation
import HostTools
import POSIXSupport

extension VirtualMachine {
  /// Boots a firmware and returns when adbd answers; builds the image first where it is missing.
  /// - Parameters:
  ///   - firmware: what to boot.
  ///   - files: what the firmware has beyond the image; scripts `etc/init.d/S*` are started.
  ///   - definition: name of the device file that lists the firmware, for those who find the device
  ///     by its name; nil = none does.
  ///   - name: 1 to 40 letters, digits and `-`; one running device per name.
  ///   - port: port on 127.0.0.1 for adb, outside 5555-5585; nil takes a free one.
  ///   - lifetime: whether the device ends with this process.
  ///   - cache: directory of the tool's cache; nil is the user's own.
  ///   - timeout: for the boot alone, without the image's building.
  ///   - progress: called with one line for people at a time.
  /// - Returns: the running device, its ``VirtualMachine/bootDuration`` set.
  /// - Throws: ``VirtualDeviceError``, `DebianRootError`, `SystemCallError`, `CancellationError`;
  ///   nothing is left running then.
  package static func boot(
    firmware: VirtualFirmware, files: [GuestFile] = [], definition: String? = nil, name: String,
    port: UInt16? = nil, lifetime: MachineLifetime = .owned, cache: String? = nil,
    timeout: Duration = .seconds(120),
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> VirtualMachine {
    var firmware = firmware
    firmware.addition = files.digest
    try firmware.validate()
    let directory = try RunDirectory(name: name, cache: cache)
    if let port { try LoopbackPort.check(port) }
    try HostTool.qemu(firmware.kernel.architecture).requirePresence()
    let image = try await VirtualImage.prepare(
      kernel: firmware.kernel, cache: cache, progress: progress)
    let launch = MachineLaunch(
      firmware: firmware, firmwareID: try firmware.identifier(kernelBuild: image.kernelBuild),
      image: image, files: files, definition: definition, name: name, directory: directory,
      lifetime: lifetime)
    let begin = ContinuousClock.now
    let machine = try await launch.run(port: port)
    do {
      try await machine.waitUntilADB(timeout: timeout)
      let duration = begin.duration(to: .now)
      let tenths = Int((duration / .milliseconds(100)).rounded())
      progress("\(name): adbd answers on \(machine.serial) after \(tenths / 10).\(tenths % 10) s")
      return try machine.recording(bootDuration: duration)
    } catch {
      // In a task of its own: after a cancellation every wait in stop() would be cut short.
      // The first error says more than one of stopping could.
      try? await Task.detached { try await machine.stop() }.value
      throw error
    }
  }
}
