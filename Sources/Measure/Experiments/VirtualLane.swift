import ADB
import Catalogs
import Devices
import ProbeBuild
import VirtualDevices

/// Virtual machines booted afresh for every run: a firmware is never measured in another's boot.
package actor VirtualLane: DeviceLane {
  package nonisolated let transport = "virtual"
  private let name: String
  private let definition: DeviceDefinition
  private let server: ADBServer
  private let catalog: Catalog
  private let share: ShareRoot
  private let progress: @Sendable (String) -> Void
  private var machine: VirtualMachine?

  /// A lane whose machines are called `name`; no two lanes may share one. `catalog` and `share` have
  /// what firmware kits are built from; `progress` gets lines for people about images and boots.
  package init(
    name: String, definition: DeviceDefinition, server: ADBServer, catalog: Catalog,
    share: ShareRoot,
    progress: @escaping @Sendable (String) -> Void
  ) {
    self.name = name
    self.definition = definition
    self.server = server
    self.catalog = catalog
    self.share = share
    self.progress = progress
  }

  package func start(firmware: String) async throws -> StartedFirmware {
    await finish()
    let machine = try await VirtualMachine.boot(
      firmware: try definition.machine(firmware: firmware),
      files: try await definition.ownFiles(
        firmware: firmware, catalog: catalog, share: share, progress: progress),
      definition: definition.name, name: name, lifetime: .owned,
      progress: progress)
    self.machine = machine
    let device = ADBDevice(serial: machine.serial, server: server)
    try await device.waitUntilReady(timeout: .seconds(60))
    return StartedFirmware(
      device: device, firmwareID: machine.state.firmwareID, typesPath: types(of: machine))
  }

  /// A device file that names its BTF itself, or a tier that needs none, is no failure here.
  private func types(of machine: VirtualMachine) -> String? {
    do {
      return try machine.types()
    } catch {
      if definition.btf == .device { progress("\(name): \(error)") }
      return nil
    }
  }

  package func current() async throws -> any Device {
    guard let machine else { throw VirtualDeviceError.notRunning(name: name) }
    return ADBDevice(serial: machine.serial, server: server)
  }

  package func recover() async throws -> Bool {
    guard let machine else { return false }
    try await machine.powerCycle(timeout: .seconds(120))
    return true
  }

  package func finish() async {
    guard let machine else { return }
    self.machine = nil
    let server = server
    // Detached: a cancelled experiment must still stop its machines.
    await Task.detached {
      try? await server.disconnect(machine.serial)
      try? await machine.stop()
    }.value
  }
}

extension DeviceDefinition {
  /// The virtual machine of one of the device file's firmwares.
  /// - Throws: ``RunError/unknownFirmware(name:device:known:)``, `VirtualDeviceError` for values
  ///   that no virtual device has.
  package func machine(firmware name: String) throws -> VirtualFirmware {
    guard case .virtual(let firmware) = firmwares[name] else {
      throw RunError.unknownFirmware(
        name: name, device: self.name, known: firmwares.keys.sorted())
    }
    guard let kernel = VirtualKernel(rawValue: firmware.kernel) else {
      throw VirtualDeviceError.invalidValue(
        field: "\(file): firmwares.\(name).kernel", value: firmware.kernel,
        reason: "must be one of "
          + VirtualKernel.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return VirtualFirmware(
      kernel: kernel, commandLine: firmware.commandLine, cpus: firmware.cpus,
      memoryMiB: Int(firmware.memory.bytes >> 20), data: DiskLimits(firmware.ext4),
      f2fs: DiskLimits(firmware.f2fs),
      scheduler: firmware.scheduler.flatMap { DiskScheduler(rawValue: $0.rawValue) },
      privilege: privilege == .shell ? .shell : .root,
      timing: VirtualTiming(rawValue: firmware.timing.rawValue) ?? .counted)
  }
}

extension DiskLimits {
  fileprivate init(_ limit: VirtualFirmwareDefinition.DiskLimit) {
    self.init(iops: limit.iops, bytesPerSecond: limit.bandwidth.map { Int(clamping: $0.bytes) })
  }
}
