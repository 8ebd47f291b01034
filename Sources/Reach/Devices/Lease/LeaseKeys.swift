import Foundation

/// The names under which a device is leased. Nothing is asked of the device.
///
/// One device has several: its place on USB, its serial number, an address. A job takes all that
/// it knows, so that two jobs that reach the device by different ways still meet.
package enum LeaseKeys {
  /// Serial numbers that vendors leave in place: they distinguish no devices.
  private static let meaningless: Set<String> = [
    "", "unknown", "null", "none", "0", "0123456789ABCDEF", "0123456789abcdef", "1234567890ABCDEF",
    "1234567890", "123456789",
  ]

  /// A name of the user's own, from the device file.
  package static func named(_ name: String) -> [String] { ["named-\(name)"] }

  /// A virtual device. Users may have devices of one name, but not of one port.
  package static func virtual(port: UInt16) -> [String] { [endpoint("127.0.0.1", "\(port)")] }

  /// A device that is plugged in. Two may carry one serial number, so it counts only where
  /// `isUnique` says that no other has it; `path` may have the adb server's `usb:` before it.
  package static func usb(path: String, serial: String, isUnique: Bool) -> [String] {
    let place = path.hasPrefix("usb:") ? String(path.dropFirst("usb:".count)) : path
    return (place.isEmpty ? [] : ["usb-\(place)"])
      + (isUnique || place.isEmpty ? self.serial(serial) : [])
  }

  /// A serial number, or nothing where it is meaningless. Blanks inside belong to it; those
  /// around it do not survive every way to the device.
  package static func serial(_ serial: String) -> [String] {
    let own = serial.trimmingCharacters(in: .whitespacesAndNewlines)
    return meaningless.contains(own) ? [] : ["serial-\(own)"]
  }

  /// What an address says by itself.
  package static func address(_ address: DeviceAddress) -> [String] {
    switch address {
    case .local: ["local"]
    case .tcp(let host, let port): [endpoint(host, "\(port)")]
    case .usb: []
    // An alias of the ssh configuration is a name like any other.
    case .ssh(let target): [endpoint(target.host, target.port.map { "\($0)" } ?? "ssh")]
    case .server(let serial):
      if let colon = serial.lastIndex(of: ":"), let port = UInt16(serial[colon...].dropFirst()) {
        [endpoint(String(serial[..<colon]), "\(port)")]
      } else {
        self.serial(serial)
      }
    }
  }

  /// The file of a key: no character that is special in a path, and not too long.
  package static func fileName(_ key: String) -> String {
    var name = ""
    for byte in key.utf8 {
      let character = Character(UnicodeScalar(byte))
      let isPlain =
        byte < 0x80 && (character.isLetter || character.isNumber || "-_".contains(character))
        || (character == "." && !name.isEmpty)
      name += isPlain ? String(character) : "%" + String(byte, radix: 16)
    }
    return String(name.prefix(200)) + ".lock"
  }

  private static func endpoint(_ host: String, _ port: String) -> String {
    let isHere = ["localhost", "::1", "127.0.0.1", "[::1]"].contains(host.lowercased())
    return "tcp-\(isHere ? ownNetwork : host.lowercased())-\(port)"
  }

  /// The loopback interface, of which each container has its own.
  private static let ownNetwork: String = {
    let space = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/net")
    return "127.0.0.1" + (space.map { "@" + $0.filter(\.isNumber) } ?? "")
  }()
}
