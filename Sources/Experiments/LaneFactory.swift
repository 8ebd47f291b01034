import ADB
import Catalogs
import Devices
import Foundation
import ProbeBuild
import VirtualDevices

/// Finds the device that a user means by a name, and the way firmwares get onto it.
///
/// A name is looked up among running virtual devices, then device files, then adb serials.
package struct LaneFactory: Sendable {
  private let catalog: Catalog
  private let server: ADBServer
  private let share: ShareRoot
  private let progress: @Sendable (String) -> Void

  package init(
    catalog: Catalog, server: ADBServer, share: ShareRoot,
    progress: @escaping @Sendable (String) -> Void
  ) {
    self.catalog = catalog
    self.server = server
    self.share = share
    self.progress = progress
  }

  /// A device and its file.
  package struct Target: Sendable {
    package var lanes: [any DeviceLane]
    package var definition: DeviceDefinition
  }

  /// Lanes for an experiment, which brings its firmwares up itself.
  /// - Parameters:
  ///   - name: of a device file.
  ///   - id: tells the experiment's machines from those of others.
  ///   - lanes: devices side by side; only virtual devices have more than one.
  /// - Returns: one lane or more.
  /// - Throws: `UnknownName`.
  package func experiment(device name: String, id: String, lanes: Int) throws -> Target {
    let definition = try catalog.device(name)
    switch definition.kind {
    case .virtual:
      let made = (1...max(1, lanes)).map { number in
        VirtualLane(
          name: "\(id)-\(number)", definition: definition, server: server, share: share,
          progress: progress)
      }
      return Target(lanes: made, definition: definition)
    case .local:
      return Target(lanes: [LocalLane()], definition: definition)
    case .adb, .ssh:
      let address = definition.ownAddress ?? DeviceAddress("")
      let lane = HookedLane(
        device: try device(at: address, definition.privilegeWish), definition: definition,
        transport: address.transport)
      return Target(lanes: [lane], definition: definition)
    }
  }

  /// A lane for one run on a device as it stands; a device file of a virtual device boots one.
  package func single(device name: String, id: String) async throws -> Target {
    if let machine = try? VirtualMachine.find(name) {
      let device = ADBDevice(serial: machine.serial, server: server)
      try await device.waitUntilReady(timeout: .seconds(30))
      return Target(
        lanes: [
          RunningLane(
            device: device, firmwareID: machine.state.firmwareID, typesPath: types(of: machine),
            transport: "virtual", machine: machine)
        ],
        definition: try definition(like: name) { $0 == .virtual })
    }
    if let definition = catalog.devices[name] {
      switch definition.kind {
      case .virtual, .local: return try experiment(device: name, id: id, lanes: 1)
      case .adb, .ssh:
        return Target(
          lanes: [try await running(definition.ownAddress, definition.privilegeWish)],
          definition: definition)
      }
    }
    // The file only lends its bounds; who may be root is found out.
    let lane = try await running(DeviceAddress(name), .auto)
    return Target(lanes: [lane], definition: try definition(like: name, where: \.isADB))
  }

  private func types(of machine: VirtualMachine) -> String? {
    do {
      return try machine.types()
    } catch {
      progress("\(machine.name): \(error)")
      return nil
    }
  }

  /// The first device file of a kind, for a device that has no file of its own.
  private func definition(
    like name: String, where fits: (DeviceDefinition.Kind) -> Bool
  ) throws -> DeviceDefinition {
    let ordered = catalog.devices.sorted { $0.key < $1.key }.map(\.value)
    return try ordered.first { fits($0.kind) } ?? catalog.device(name)
  }

  private func running(
    _ given: DeviceAddress?, _ wish: PrivilegeWish
  ) async throws -> RunningLane {
    let address = if let given { given } else { DeviceAddress(try await onlySerial()) }
    let device = try device(at: address, wish)
    // Asks once: a device that is not there will not come by waiting.
    _ = try await device.exec("true", timeout: .seconds(20))
    return RunningLane(device: device, firmwareID: nil, transport: address.transport)
  }

  private func device(at address: DeviceAddress, _ wish: PrivilegeWish) throws -> any Device {
    switch address {
    case .local: LocalDevice()
    case .server(let serial):
      PrivilegedDevice(ADBDevice(serial: serial, server: server), wish: wish)
    case .tcp, .usb, .ssh:
      PrivilegedDevice(
        try address.device(environment: ProcessInfo.processInfo.environment), wish: wish)
    }
  }

  /// The serial of the only device that adb sees.
  private func onlySerial() async throws -> String {
    let listed = try await server.devices()
    guard let only = listed.first else { throw DeviceError.notFound(device: "adb", known: []) }
    guard listed.count == 1 else { throw DeviceError.ambiguous(device: "adb") }
    return only.serial
  }
}

/// A device that is up and stays as it is.
struct RunningLane: DeviceLane {
  let device: any Device
  let firmwareID: String?
  var typesPath: String?
  let transport: String
  /// Nil for a device whose power nobody here controls.
  var machine: VirtualMachine?

  func start(firmware: String) async throws -> StartedFirmware {
    StartedFirmware(device: device, firmwareID: firmwareID, typesPath: typesPath)
  }

  func current() async throws -> any Device { device }

  func recover() async throws -> Bool {
    guard let machine else { return false }
    try await machine.powerCycle(timeout: .seconds(120))
    return true
  }

  func finish() async {}
}

extension DeviceDefinition.Kind {
  fileprivate var isADB: Bool {
    if case .adb = self { return true }
    return false
  }
}
