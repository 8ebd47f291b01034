/// The names under which a device is leased. Pure.
///
/// One device has several: its place on USB, its serial number, an address. A job takes all that
/// it knows, so that two jobs that reach the device by different ways still meet.
package enum LeaseKeys {
  /// Serial numbers that vendors leave in place: they tell no device from another.
  private static let meaningless: Set<String> = [
    "", "unknown", "null", "none", "0", "0123456789ABCDEF", "0123456789abcdef", "1234567890ABCDEF",
    "1234567890", "123456789",
  ]

  /// A name of the user's own, from the device file.
  package static func named(_ name: String) -> [String] { ["named-\(name)"] }

  package static func virtual(name: String, port: UInt16) -> [String] {
    ["virtual-\(name)", endpoint("127.0.0.1", "\(port)")]
  }

  /// A device that is plugged in. Two may carry one serial number, so it counts only where
  /// `isUnique` says that no other has it; `path` may have the adb server's `usb:` before it.
  package static func usb(path: String, serial: String, isUnique: Bool) -> [String] {
    let place = path.hasPrefix("usb:") ? String(path.dropFirst("usb:".count)) : path
    return (place.isEmpty ? [] : ["usb-\(place)"])
      + (isUnique || place.isEmpty ? self.serial(serial) : [])
  }

  /// A serial number, or nothing where it tells nobody apart.
  package static func serial(_ serial: String) -> [String] {
    meaningless.contains(serial) ? [] : ["serial-\(serial)"]
  }

  /// What an address says by itself.
  package static func address(_ address: DeviceAddress) -> [String] {
    switch address {
    case .local: ["local"]
    case .tcp(let host, let port): [endpoint(host, "\(port)")]
    case .usb: []
    case .server(let serial):
      if let colon = serial.lastIndex(of: ":"), let port = UInt16(serial[colon...].dropFirst()) {
        [endpoint(String(serial[..<colon]), "\(port)")]
      } else {
        self.serial(serial)
      }
    }
  }

  /// The file of a key: no character that a folder could mean something by, and not too long.
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
    return "tcp-\(isHere ? "127.0.0.1" : host.lowercased())-\(port)"
  }
}
