import ADB
import Catalogs
import Devices
import Foundation
import ProbeBuild
import VirtualDevices

/// Finds the device that a user means by a name, and the way firmwares get onto it.
///
/// A name is looked up among running virtual devices, then device files, then adb serials;
/// `FILE@ADDRESS` is a device file's device at another address than the file's own.
package struct LaneFactory: Sendable {
  private let catalog: Catalog
  private let server: ADBServer
  private let share: ShareRoot
  private let leases: LeaseDesk
  private let commandLog: String?
  private let progress: @Sendable (String) -> Void

  /// `leases` keep other jobs off the devices that are found; `commandLog` is the file for what
  /// commands say, nil = one of the user's cache; `progress` gets lines for people.
  package init(
    catalog: Catalog, server: ADBServer, share: ShareRoot, leases: LeaseDesk,
    commandLog: String? = nil, progress: @escaping @Sendable (String) -> Void
  ) {
    self.catalog = catalog
    self.server = server
    self.share = share
    self.leases = leases
    self.commandLog = commandLog
    self.progress = progress
  }

  /// A device and its file; it is leased until ``release()``.
  package struct Target: Sendable {
    package var lanes: [any DeviceLane]
    package var definition: DeviceDefinition
    /// Empty for machines that no other job can know yet.
    var leases: [DeviceLease] = []

    /// This device and another one of its model, as a crossover needs them.
    ///
    /// The other one is released when it does not fit.
    /// - Throws: `DeviceError`.
    package func joined(with other: Target) async throws -> Target {
      do {
        guard let lane = lanes.first, let second = other.lanes.first else { return self }
        // A virtual one has no model before it boots: both are of their file.
        if definition.kind != .virtual || other.definition.kind != .virtual {
          let own = try await lane.current().identify()
          let device = try await second.current()
          let found = try await device.identify()
          guard (own.model, own.abi) == (found.model, found.abi) else {
            throw DeviceError.unsupported(
              device: device.name,
              detail: "it is a \(found.model) (\(found.abi)), the other one a \(own.model) "
                + "(\(own.abi))",
              remedy: "a crossover takes two devices of one model")
          }
        }
        return Target(
          lanes: lanes + other.lanes, definition: definition, leases: leases + other.leases)
      } catch {
        other.release()
        throw error
      }
    }

    /// Gives the device back. Safe to repeat.
    package func release() {
      for lease in leases { lease.release() }
    }
  }

  /// Lanes for an experiment, which brings its firmwares up itself.
  /// - Parameters:
  ///   - name: of a device file, or an address, or both as `FILE@ADDRESS`.
  ///   - fallback: device file of an address without one, if it is of the same kind.
  ///   - id: distinguishes the experiment's machines from those of others.
  ///   - lanes: devices side by side; only virtual devices have more than one.
  /// - Returns: one lane or more.
  /// - Throws: `UnknownNameError`, `DeviceError`.
  package func experiment(
    device name: String, fallback: String? = nil, id: String, lanes: Int
  ) async throws -> Target {
    let (definition, address) = try Self.find(name, in: catalog, fallback: fallback)
    try await requireListed(name, address)
    switch definition.kind {
    case .virtual:
      let made = (1...max(1, lanes)).map { number in
        VirtualLane(
          name: "\(id)-\(number)", definition: definition, server: server, catalog: catalog,
          share: share, progress: progress)
      }
      return Target(lanes: made, definition: definition)
    case .local:
      let lease = try await leases.take(LeaseKeys.address(.local), device: name)
      return Target(lanes: [LocalLane()], definition: definition, leases: [lease])
    case .adb, .ssh:
      let found = try await lease(address, definition)
      let commands = HostCommandRunner(
        device: found.device.name, definition: definition, usbPath: found.place.usbPath,
        log: try commandLog ?? HostCommandRunner.defaultLog(device: found.device.name))
      let lane = HostCommandLane(
        device: found.device, definition: definition, transport: address.transport,
        commands: commands,
        progress: progress)
      return Target(lanes: [lane], definition: definition, leases: found.leases)
    }
  }

  /// A lane for one run on a device as it stands; a device file of a virtual device boots one.
  package func single(device name: String, id: String) async throws -> Target {
    if let machine = try? VirtualMachine.find(name) {
      let lease = try await leases.take(
        LeaseKeys.virtual(port: machine.state.port), device: name)
      let device = ADBDevice(serial: machine.serial, server: server)
      let identity = try await device.identifyWhenReady(timeout: .seconds(30))
      return Target(
        lanes: [
          RunningLane(
            device: device, identity: identity, firmwareID: machine.state.firmwareID,
            typesPath: types(of: machine), transport: "virtual", machine: machine)
        ],
        definition: try definition(of: machine), leases: [lease])
    }
    let (definition, address) = try Self.find(name, in: catalog, fallback: nil)
    guard definition.kind.hasAddress else {
      return try await experiment(device: name, id: id, lanes: 1)
    }
    try await requireListed(name, address)
    let found = try await lease(address, definition)
    // Asks once: waiting does not bring a missing device.
    let identity = try await found.device.identify()
    let commands = HostCommandRunner(
      device: found.device.name, definition: definition, usbPath: found.place.usbPath,
      log: try commandLog ?? HostCommandRunner.defaultLog(device: found.device.name))
    let lane = RunningLane(
      device: found.device, identity: identity, firmwareID: nil, transport: address.transport,
      commands: commands)
    return Target(lanes: [lane], definition: definition, leases: found.leases)
  }

  /// The device file that a name means; nothing is asked of the device.
  /// - Throws: `UnknownNameError`, `DeviceError`.
  package static func definition(
    of name: String, in catalog: Catalog, fallback: String?
  ) throws -> DeviceDefinition {
    try find(name, in: catalog, fallback: fallback).0
  }

  /// The device file that a name means, and the device's address.
  private static func find(
    _ name: String, in catalog: Catalog, fallback: String?
  ) throws -> (DeviceDefinition, DeviceAddress) {
    if let fallback { try catalog.requireSoundDevice(fallback) }
    let named = try NamedDevice(name, in: catalog)
    let address = named.address
    if let definition = named.definition { return (definition, address) }
    if let fallback = fallback.flatMap({ catalog.devices[$0] }), fallback.kind.hasAddress {
      return (fallback, address)
    }
    // The file only lends its bounds; who may be root is found out.
    var definition = try definition(like: name, in: catalog, where: \.hasAddress)
    definition.privilege = .auto
    return (definition, address)
  }

  /// A serial number of the command line that the adb server does not list may be mistyped. That of
  /// a device file is not: its commands may bring the device up.
  /// - Throws: `UnknownNameError` for a slip, `DeviceError` for a device that is away.
  private func requireListed(_ name: String, _ address: DeviceAddress) async throws {
    guard address == .server(serial: name), let listed = try? await server.devices(),
      !listed.contains(where: ServerSelector(name).fits)
    else { return }
    throw NameSlip(catalog: catalog).explaining(
      DeviceError.notFound(device: name, known: listed.map(\.title)), name: name)
  }

  /// A device with an address, leased from now on.
  private func lease(
    _ given: DeviceAddress, _ definition: DeviceDefinition
  ) async throws -> (device: any Device, place: DevicePlace, leases: [DeviceLease]) {
    var address = given
    if case .server("") = given { address = .server(serial: try await onlySerial()) }
    let device = try device(at: address, definition.privilegeWish)
    let place = await DevicePlace.find(address, server: server)
    if let name = definition.lease {
      let lease = try await leases.take(LeaseKeys.named(name), device: device.name)
      return (device, place, [lease])
    }
    // The address first: the device is asked for its identity only once it is leased.
    let first = try await leases.take(place.keys, device: device.name)
    guard place.usbPath == nil else { return (device, place, [first]) }
    let learnt = Set(await DevicePlace.learnt(from: device)).subtracting(place.keys)
    let second = try await leases.take(Array(learnt), device: device.name)
    return (device, place, [first, second])
  }

  /// The device file that a running machine was booted from; its bounds and types are the
  /// machine's.
  private func definition(of machine: VirtualMachine) throws -> DeviceDefinition {
    if let name = machine.state.definition {
      if let own = catalog.devices[name] { return own }
      progress("\(machine.name): its device file '\(name)' is not there any more")
    }
    return try Self.definition(like: machine.name, in: catalog) { $0 == .virtual }
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
  private static func definition(
    like name: String, in catalog: Catalog, where fits: (DeviceDefinition.Kind) -> Bool
  ) throws -> DeviceDefinition {
    let ordered = catalog.devices.sorted { $0.key < $1.key }.map(\.value)
    return try ordered.first { fits($0.kind) } ?? catalog.device(name)
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
  /// What it said of itself as it was looked for.
  let identity: DeviceIdentity
  let firmwareID: String?
  var typesPath: String?
  let transport: String
  /// Nil for a device that is no virtual one.
  var machine: VirtualMachine?
  /// Nil for a virtual device.
  var commands: HostCommandRunner?

  func start(firmware: String) async throws -> StartedFirmware {
    var started = StartedFirmware(device: device, firmwareID: firmwareID, typesPath: typesPath)
    started.identity = identity
    return started
  }

  func current() async throws -> any Device { device }

  func recover() async throws -> Bool {
    if let commands { return try await commands.recover(device) }
    guard let machine else { return false }
    try await machine.powerCycle(timeout: .seconds(120))
    return true
  }

  func finish() async {}
}
