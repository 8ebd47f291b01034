/// How the adb server sees a device.
package enum DeviceState: Sendable, Equatable {
  /// Answers commands.
  case device
  case unauthorized
  case authorizing
  case connecting
  case offline
  case bootloader
  case recovery
  case sideload
  case rescue
  /// The server may not open the USB device; the text is the server's advice.
  case noPermissions(String)
  /// A state this version does not know, such as `detached`.
  case other(String)

  init(word: String) {
    switch word {
    case "device": self = .device
    case "unauthorized": self = .unauthorized
    case "authorizing": self = .authorizing
    case "connecting": self = .connecting
    case "offline": self = .offline
    case "bootloader": self = .bootloader
    case "recovery": self = .recovery
    case "sideload": self = .sideload
    case "rescue": self = .rescue
    default: self = .other(word)
    }
  }

  /// The server's word.
  package var word: String {
    switch self {
    case .device: "device"
    case .unauthorized: "unauthorized"
    case .authorizing: "authorizing"
    case .connecting: "connecting"
    case .offline: "offline"
    case .bootloader: "bootloader"
    case .recovery: "recovery"
    case .sideload: "sideload"
    case .rescue: "rescue"
    case .noPermissions: "no permissions"
    case .other(let word): word
    }
  }
}

/// One line of the server's device list.
package struct ListedDevice: Sendable, Equatable {
  /// Empty for a device without a serial number.
  package var serial: String
  package var state: DeviceState
  /// `usb:1-2` or, from some servers, `1-2`; empty for TCP.
  package var path: String
  package var product: String
  package var model: String
  package var device: String
  /// Changes at every reconnect; 0 when the server did not say.
  package var transportID: UInt64

  package init(
    serial: String, state: DeviceState, path: String = "", product: String = "",
    model: String = "", device: String = "", transportID: UInt64 = 0
  ) {
    self.serial = serial
    self.state = state
    self.path = path
    self.product = product
    self.model = model
    self.device = device
    self.transportID = transportID
  }

  private static let noSerial = "(no serial number)"
  private static let noPermissions = "no permissions"

  /// Reads the answer of `host:devices-l`, or the output of `adb devices -l` with its chatter.
  /// Lines that describe no device are passed over.
  package static func parse(list: String) -> [ListedDevice] {
    // A CR-LF pair is one Character.
    list.split { $0.isNewline }.compactMap { parse(line: String($0)) }
  }

  private static func parse(line: String) -> ListedDevice? {
    if line.hasPrefix("*") || line.hasPrefix("List of devices") || line.hasPrefix("adb server") {
      return nil
    }
    var rest = Substring(line)
    var serial = ""
    if rest.hasPrefix(noSerial) {
      rest = rest.dropFirst(noSerial.count)
    } else {
      serial = String(rest.prefix { !$0.isWhitespace })
      rest = rest.dropFirst(serial.count)
    }
    var words = rest.split { $0.isWhitespace }
    guard let first = words.first else { return nil }
    var found = ListedDevice(serial: serial, state: DeviceState(word: String(first)))
    if words.joined(separator: " ").hasPrefix(noPermissions) {
      let end = words.firstIndex { isAttribute($0) } ?? words.endIndex
      found.state = .noPermissions(words[2..<end].joined(separator: " "))
      words.removeSubrange(..<end)
    } else {
      words.removeFirst()
    }
    for word in words { found.take(attribute: word) }
    return found
  }

  private static func isAttribute(_ word: Substring) -> Bool {
    ["usb:", "product:", "model:", "device:", "transport_id:"].contains { word.hasPrefix($0) }
  }

  private mutating func take(attribute word: Substring) {
    let parts = word.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    switch (parts.first ?? "", parts.count > 1 ? String(parts[1]) : "") {
    case ("product", let value): product = value
    case ("model", let value): model = value
    case ("device", let value): device = value
    case ("transport_id", let value): transportID = UInt64(value) ?? 0
    default: if path.isEmpty { path = String(word) }
    }
  }
}
