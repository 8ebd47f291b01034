import Foundation
import HostTools
import POSIXSupport

/// Everything that is settled before QEMU is started.
struct MachineLaunch: Sendable {
  let firmware: VirtualFirmware
  let firmwareID: String
  let image: VirtualImage
  let files: [GuestFile]
  let definition: String?
  let name: String
  let directory: RunDirectory
  let lifetime: MachineLifetime

  /// How often another free port is tried when one was taken meanwhile.
  private static let portAttempts = 5
  /// How long another process may hold the name while it starts its device.
  private static let lockLimit = Duration.seconds(30)

  /// Starts QEMU; the device has only begun to boot then.
  /// - Parameter port: nil takes a free one.
  /// - Returns: the device, which ends with this process until its boot is recorded.
  /// - Throws: as ``VirtualMachine/boot(firmware:name:port:lifetime:cache:timeout:progress:)``.
  func run(port: UInt16?) async throws -> VirtualMachine {
    let lock = try await directory.take(limit: Self.lockLimit)
    defer { withExtendedLifetime(lock) {} }
    if let state = try? MachineState.read(directory.statePath), state.process.isRunning {
      throw VirtualDeviceError.nameInUse(name: name, processID: state.process.processID)
    }
    directory.clear(keepingLog: false)
    RunDirectory.prune(PathParent.of(directory.path))
    let lifetimeGuard: LifetimeGuard
    do {
      try await copyDisks()
      if !files.isEmpty {
        try files.prepend(
          to: image.initramfsPath, as: "\(directory.path)/\(VirtualImage.extendedInitramfsName)")
      }
      // A detached device needs it too until it is up: half a boot must not stay behind.
      lifetimeGuard = try LifetimeGuard(machine: name, directory: directory)
    } catch {
      // What was copied until the disk was full would keep it full.
      directory.clear(keepingLog: true)
      throw error
    }
    do {
      let (process, port) = try await start(port: port)
      let state = MachineState(
        name: name, process: process, port: port, definition: definition, firmware: firmware,
        firmwareID: firmwareID, kernelRelease: image.facts.kernelRelease,
        typesPath: image.typesPath, lifetime: lifetime, startedAt: Date())
      try state.write(directory.statePath)
      return VirtualMachine(state: state, directory: directory, lifetimeGuard: lifetimeGuard)
    } catch {
      // QEMU may be up already, and nobody would know of it. In a task of its own, as this one may
      // be cancelled.
      await Task.detached { [directory] in await directory.endLaunched() }.value
      lifetimeGuard.dismiss()
      directory.clear(keepingLog: true)
      throw error
    }
  }

  private func copyDisks() async throws {
    // Whole copies: the first write to a block of an overlay would cost more than the next.
    try await HostTool.copy.output([
      "--sparse=always", "--reflink=auto", image.dataDiskPath, image.f2fsDiskPath, directory.path,
    ])
  }

  private func start(port: UInt16?) async throws -> (ProcessIdentity, UInt16) {
    var attempt = 1
    while true {
      let chosen = try port ?? LoopbackPort.anyFree()
      let commandLine = QEMUCommandLine(
        firmware: firmware, firmwareID: firmwareID, kernelPath: image.kernelPath,
        initramfsPath: files.isEmpty ? image.initramfsPath : VirtualImage.extendedInitramfsName,
        name: name, port: chosen)
      let outcome = try await HostTool.qemu(firmware.kernel.architecture)
        .run(commandLine.arguments, in: directory.path)
      if outcome.isSuccess { return (try startedProcess(), chosen) }
      guard outcome.log.contains("Could not set up host forwarding rule") else {
        throw VirtualDeviceError.startFailed(name: name, log: outcome.log)
      }
      if port != nil || attempt >= Self.portAttempts {
        throw VirtualDeviceError.portInUse(port: chosen)
      }
      attempt += 1
    }
  }

  private func startedProcess() throws(VirtualDeviceError) -> ProcessIdentity {
    guard let process = directory.launchedProcess else {
      throw .startFailed(
        name: name, log: "it ended at once; end of the console:\n\(directory.console().tail())")
    }
    return process
  }
}
