import Catalogs
import Devices

/// What a name of the command line means, for every command alike: a device file (`FILE`), its
/// device at another address (`FILE@ADDRESS`), or an address.
package struct NamedDevice: Sendable {
  /// Nil for an address without a file.
  package var definition: DeviceDefinition?
  /// `local` for a virtual device, which has none; `.server("")` for the only one that adb sees.
  package var address: DeviceAddress

  /// Nothing is asked of the device.
  /// - Throws: ``DeviceNameError``, `UnknownNameError` for a file that is not there.
  package init(_ name: String, in catalog: Catalog) throws {
    try catalog.requireSoundDevice(name)
    if let known = catalog.devices[name] {
      definition = known
      address = known.ownAddress ?? (known.kind.hasAddress ? .server(serial: "") : .local)
      return
    }
    address = DeviceAddress(name)
    // Addresses of their own may hold the sign as well: ssh:root@board.
    guard case .server = address else { return }
    try Self.requireSerial(name, of: name)
    guard let at = name.firstIndex(of: "@") else { return }
    let file = String(name[..<at])
    let rest = String(name[name.index(after: at)...])
    let place = DeviceAddress(rest)
    if case .server = place { try Self.requireSerial(rest, of: name) }
    try catalog.requireSoundDevice(file)
    guard let known = catalog.devices[file] else {
      // A serial number may hold the sign, but not an address after it.
      if case .server = place { return }
      throw UnknownNameError(kind: "device file", name: file, known: Array(catalog.devices.keys))
    }
    guard known.kind.hasAddress else {
      throw DeviceNameError(
        name: name, problem: "a device of kind \(known.kind.word) has no address",
        remedy: "name it '\(file)'")
    }
    if case .server("") = place {
      throw DeviceNameError(
        name: name, problem: "there is no address after the '@'",
        remedy: "name it '\(file)', or '\(file)@tcp:HOST:PORT', '\(file)@usb:SERIAL', "
          + "'\(file)@SERIAL'")
    }
    definition = known
    address = place
  }

  /// Refuses what no adb server can list: nothing that comes back would be found under it.
  /// - Throws: ``DeviceNameError``.
  private static func requireSerial(_ text: String, of name: String) throws {
    if text.hasPrefix("tcp:") || text.hasPrefix("ssh:") {
      throw DeviceNameError(
        name: name, problem: "'\(text)' is no address",
        remedy: "write tcp:HOST[:PORT] or ssh:[USER@]HOST[:PORT], with a port of 1 to 65535")
    }
    if text.contains("/") || text.hasSuffix(".yaml") {
      throw DeviceNameError(
        name: name, problem: "this is a path, no name of a device",
        remedy:
          "put the device file into targets/devices of your configuration directory, and give "
          + "the name after its 'device:'")
    }
  }
}

/// A name that can mean no device, whatever is connected: a usage error (64).
package struct DeviceNameError: Error, Sendable, Equatable {
  package var name: String
  package var problem: String
  /// What to do about it, without a full stop.
  package var remedy: String

  package init(name: String, problem: String, remedy: String) {
    self.name = name
    self.problem = problem
    self.remedy = remedy
  }
}

extension DeviceNameError: CustomStringConvertible {
  package var description: String { "device '\(name)': \(problem); \(remedy)" }
}

extension DeviceDefinition.Kind {
  /// Whether its devices are identified by where they are reached.
  package var hasAddress: Bool {
    switch self {
    case .adb, .ssh: true
    case .virtual, .local: false
    }
  }

  /// As a device file says it.
  fileprivate var word: String {
    switch self {
    case .virtual: "virtual"
    case .adb: "adb"
    case .local: "local"
    case .ssh: "ssh"
    }
  }
}
