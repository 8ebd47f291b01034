import ADB
import Catalogs
import Devices
import Experiments
import Foundation
import Reporting
import RunRecords
import VirtualDevices

/// Looks for devices everywhere, and asks each what it is, all at the same time.
package struct DeviceScan: Sendable {
  /// A device that may be there.
  package struct Candidate: Sendable {
    package var row: DeviceListing.Row
    /// How to reach it; nil when its state says that it cannot be.
    package var device: (any Device)?
    package var wish = PrivilegeWish.auto
    /// Whether the kernel's types are on this machine.
    package var bringsTypes = false
    /// What to do about a state that is in the way.
    package var remedy = ""

    /// Takes over what its file says.
    package mutating func take(_ definition: DeviceDefinition) {
      wish = definition.privilegeWish
      bringsTypes = bringsTypes || definition.btf != .device
    }
  }

  /// A device and what it said.
  package struct Found: Sendable {
    package var row: DeviceListing.Row
    /// Nil when it did not answer.
    package var checkup: DeviceCheckup?
    /// Why it did not.
    package var fault: DeviceError?
    /// Whether it is there, and would not answer.
    package var isSilent: Bool { checkup == nil }
  }

  /// Value of `--share`, if given.
  private let share: String?
  private let console: Console
  /// For each device, so that a silent one does not keep the others waiting.
  package var limit: Duration = .seconds(10)
  /// Whether what was found out about root's rights before is good enough.
  package var remembers = true

  package init(share: String? = nil, console: Console = Console()) {
    self.share = share
    self.console = console
  }

  private var environment: [String: String] { ProcessInfo.processInfo.environment }

  /// Device files; none without a share directory. Read when they are needed, as that takes longer
  /// than a command on a device does.
  private func catalog() -> Catalog {
    (try? Workbench(share: share, console: console).catalog) ?? Catalog()
  }

  /// Everything that can be found; this machine last.
  package func all() async throws -> [Candidate] {
    var found = try VirtualMachine.list().map { try candidate($0) }
    let served = await servedByADB(except: Set(found.map(\.row.serial)))
    found += served
    let serials = Set(served.map(\.row.serial))
    found += onUSB().filter { $0.row.serial.isEmpty || !serials.contains($0.row.serial) }
    found += inFiles()
    found.append(local())
    return found
  }

  /// Uses the one device that a name means, which has to be up.
  /// - Throws: `DeviceError.offline` among others; `UnknownNameError` for a mistyped name.
  package func using<Value>(
    _ name: String, _ body: (_ device: any Device, _ wish: PrivilegeWish) async throws -> Value
  ) async throws -> Value {
    let candidate = try await one(name)
    guard let device = candidate.device else {
      throw DeviceError.offline(device: name, state: candidate.row.state)
    }
    return try await explainingSlips(name) {
      if candidate.row.transport == "virtual" {
        try await device.waitUntilReady(timeout: .seconds(30))
      }
      return try await body(device, candidate.wish)
    }
  }

  /// The one device that a name means, in whatever state it is.
  package func device(_ name: String) async throws -> any Device {
    let candidate = try await one(name)
    if let device = candidate.device { return device }
    return try DeviceAddress(candidate.row.name).device(environment: environment)
  }

  /// Runs what may not find a device because its name is mistyped.
  package func explainingSlips<Value>(
    _ name: String, _ body: () async throws -> Value
  ) async throws -> Value {
    do {
      return try await body()
    } catch let error as DeviceError {
      throw NameSlip(catalog: catalog()).explaining(error, name: name)
    }
  }

  /// The one device that a name means.
  package func one(_ name: String) async throws -> Candidate {
    let address = DeviceAddress(name)
    // An address of its own is no name of a virtual device or of a file.
    guard case .server = address else {
      return try candidate(named: name, at: address, wish: .auto)
    }
    if let machine = try? VirtualMachine.find(name) { return try candidate(machine) }
    let named = try NamedDevice(name, in: catalog())
    guard let definition = named.definition else {
      return try candidate(named: name, at: named.address, wish: .auto)
    }
    if case .server("") = named.address {
      var served = await servedByADB(except: [])
      guard served.count == 1 else {
        throw served.isEmpty
          ? DeviceError.notFound(device: name, known: []) : DeviceError.ambiguous(device: name)
      }
      served[0].take(definition)
      return served[0]
    }
    guard definition.kind != .virtual else {
      throw DeviceNameError(
        name: name,
        problem: "the device file of a virtual device, and none of this name is running",
        remedy: "boot one by `latgate device boot NAME --device \(name)`, and name that")
    }
    var found = try candidate(
      named: name, at: named.address, wish: definition.privilegeWish)
    found.take(definition)
    return found
  }

  /// Asks all of them at once.
  package func ask(_ candidates: [Candidate]) async -> [Found] {
    await withTaskGroup(of: (Int, Found).self) { group in
      for (index, candidate) in candidates.enumerated() {
        group.addTask { (index, await ask(candidate)) }
      }
      var found: [(Int, Found)] = []
      for await one in group { found.append(one) }
      return found.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  private func ask(_ candidate: Candidate) async -> Found {
    var found = Found(row: candidate.row)
    guard let device = candidate.device else {
      found.row.detail = [found.row.detail, candidate.remedy].filter { !$0.isEmpty }
        .joined(separator: "; ")
      return found
    }
    do {
      let checkup = try await within(limit, device.name) {
        try await DeviceCheckup.look(
          at: device, wish: candidate.wish, timeout: limit, cache: remembers ? .ofUser() : nil,
          bringsTypes: candidate.bringsTypes)
      }
      found.checkup = checkup
      found.row.model = checkup.identity.model
      found.row.build = checkup.identity.fingerprint
      found.row.kernel = checkup.identity.kernelRelease
      found.row.tier = checkup.likelyTier?.rawValue ?? "-"
      found.row.privilege = checkup.privilege.rawValue
    } catch let error as DeviceError {
      found.fault = error
      let message = error.message
      if case .timedOut = error {
        found.row.state = "silent"
      } else {
        found.row.state = "unreachable"
      }
      if case .unauthorized = error { found.row.state = "unauthorized" }
      found.row.detail = "\(message.what); \(message.remedy)"
    } catch {
      found.row.state = "unreachable"
      found.row.detail = "\(error)"
    }
    return found
  }

  /// Gives up waiting after a limit, whatever `body` does with its cancellation.
  func within<Value: Sendable>(
    _ limit: Duration, _ name: String, _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let (answers, answer) = AsyncThrowingStream<Value, any Error>.makeStream()
    let work = Task {
      do {
        answer.yield(try await body())
      } catch {
        answer.finish(throwing: error)
      }
    }
    let clock = Task {
      try await Task.sleep(for: limit)
      answer.finish(
        throwing: DeviceError.timedOut(device: name, operation: "its answer", after: limit))
    }
    defer {
      work.cancel()
      clock.cancel()
    }
    for try await value in answers { return value }
    throw CancellationError()
  }

  private func servedByADB(except machines: Set<String>) async -> [Candidate] {
    do {
      let server = try ADBServer(environment: environment)
      return try await server.devices().filter { !machines.contains($0.serial) }.map { listed in
        let name = listed.serial.isEmpty ? listed.path : listed.serial
        var row = DeviceListing.Row(
          name: name, transport: "adb", state: listed.state.word, serial: listed.serial)
        row.model = listed.model
        let isUp = listed.state == .device || listed.state == .recovery
        return Candidate(
          row: row, device: isUp ? ADBDevice(serial: name, server: server) : nil,
          remedy: isUp ? "" : remedy(listed, name))
      }
    } catch {
      // Other devices are worth listing without an adb server.
      let known = (error as? ADBError).map {
        "\(DeviceError($0, device: "adb", operation: "listing"))"
      }
      console.note("adb: \(known ?? "\(error)")")
      return []
    }
  }

  private func remedy(_ device: ListedDevice, _ name: String) -> String {
    let error: ADBError =
      switch device.state {
      case .unauthorized: .unauthorized(serial: name)
      case .noPermissions(let detail): .noPermissions(serial: name, detail: detail)
      default: .offline(serial: name, state: device.state.word)
      }
    let message = DeviceError(error, device: name, operation: "listing").message
    return "\(message.what); \(message.remedy)"
  }

  /// What latgate can open by itself.
  private func onUSB() -> [Candidate] {
    do {
      let devices = try USBDevice.list()
      return try devices.map { usb in
        // A serial number that two devices carry names neither.
        let isUnique = devices.filter { $0.serial == usb.serial }.count == 1
        let name = "usb:\(isUnique && !usb.serial.isEmpty ? usb.serial : usb.path)"
        var row = DeviceListing.Row(
          name: name, transport: "usb", state: usb.obstacle ?? "device", serial: usb.serial)
        row.detail = "\(usb.product), path \(usb.path)"
        let device = try DeviceAddress(name).device(environment: environment)
        return Candidate(row: row, device: usb.obstacle == nil ? device : nil)
      }
    } catch {
      console.note("usb: \(error)")
      return []
    }
  }

  /// Devices known only by their files: boards behind ssh, daemons on the network.
  private func inFiles() -> [Candidate] {
    let files = catalog().devices.sorted { $0.key < $1.key }.map(\.value)
    return files.compactMap { definition in
      guard let address = definition.ownAddress, address.isOfItself else { return nil }
      var found = try? candidate(
        named: definition.name, at: address, wish: definition.privilegeWish)
      found?.take(definition)
      return found
    }
  }

  private func candidate(_ machine: VirtualMachine) throws -> Candidate {
    var row = DeviceListing.Row(
      name: machine.name, transport: "virtual", state: "device", serial: machine.serial)
    row.detail = "firmware \(machine.state.firmwareID), kernel \(machine.state.kernelRelease)"
    row.processID = machine.processID
    return Candidate(
      row: row,
      device: try DeviceAddress("tcp:\(machine.serial)").device(environment: environment),
      bringsTypes: (try? machine.types()) != nil)
  }

  private func local() -> Candidate {
    Candidate(
      row: DeviceListing.Row(name: "local", transport: "local", state: "device", serial: ""),
      device: LocalDevice(), wish: .shell)
  }

  private func candidate(
    named name: String, at address: DeviceAddress, wish: PrivilegeWish
  ) throws -> Candidate {
    if case .local = address { return local() }
    return Candidate(
      row: DeviceListing.Row(
        name: name, transport: address.transport, state: "device", serial: ""),
      device: try address.device(environment: environment), wish: wish)
  }
}

extension DeviceAddress {
  /// Whether it is known only by a device file.
  fileprivate var isOfItself: Bool {
    switch self {
    case .tcp, .ssh: true
    case .local, .usb, .server: false
    }
  }
}
