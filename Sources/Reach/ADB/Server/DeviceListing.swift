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

  /// The states that are one word of the server's, without those that carry a text.
  static let plain: [DeviceState] = [
    .device, .unauthorized, .authorizing, .connecting, .offline, .bootloader, .recovery, .sideload,
    .rescue,
  ]

  /// Words of the server that no case stands for.
  private static let others: Set<String> = ["detached", "host", "unknown", "any", "sideload-auto"]

  /// A state that this version knows.
  init?(known word: String) {
    if let state = Self.plain.first(where: { $0.word == word }) {
      self = state
    } else if Self.others.contains(word) {
      self = .other(word)
    } else {
      return nil
    }
  }

  init(word: String) {
    self = Self(known: word) ?? .other(word)
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

  /// Its name and state, for messages.
  package var title: String { "\(serial.isEmpty ? path : serial) (\(state.word))" }

  private static let noSerial = "(no serial number)"
  private static let noPermissions = "no permissions"
  /// The server's keys, in its order; all but the model may hold blanks.
  private static let keys = ["product:", "model:", "device:", "transport_id:"]
  /// The long list pads serial numbers to this width.
  private static let serialWidth = 22

  /// Reads the answer of `host:devices-l`, or the output of `adb devices -l` with its chatter.
  /// Lines that describe no device are passed over.
  package static func parse(list: String) -> [ListedDevice] {
    // A CR-LF pair is one Character.
    list.split { $0.isNewline }.compactMap { parse(line: String($0)) }
  }

  /// Reads a line from its end, where the server's own words are: a serial number may hold blanks,
  /// and begin with one.
  private static func parse(line: String) -> ListedDevice? {
    if line.hasPrefix("*") || line.hasPrefix("List of devices") || line.hasPrefix("adb server") {
      return nil
    }
    var found = ListedDevice(serial: "", state: .device)
    var rest = Substring(line)
    for key in keys.reversed() {
      // A value ends where the next key begins, which is taken off already.
      guard let place = rest.ranges(of: " " + key).last else { continue }
      found.take(key, String(rest[place.upperBound...]).trimmed)
      rest = rest[..<place.lowerBound]
    }
    guard let serial = found.takeState(from: rest.trimmingBlanksAtEnd) else { return nil }
    found.serial = serial == noSerial ? "" : serial
    return found
  }

  private mutating func take(_ key: String, _ value: String) {
    switch key {
    case "product:": product = value
    case "model:": model = value
    case "device:": device = value
    default: transportID = UInt64(value) ?? 0
    }
  }

  /// Takes the state and the path off a text's end.
  /// - Returns: what is before them, the serial number; nil when there is no state.
  private mutating func takeState(from text: Substring) -> String? {
    // The short list: the serial number ends at a tab.
    if let tab = text.lastIndex(of: "\t") {
      let word = String(text[text.index(after: tab)...]).trimmed
      let detail =
        word.hasPrefix(Self.noPermissions) ? word.dropFirst(Self.noPermissions.count) : nil
      state = detail.map { .noPermissions(String($0).trimmed) } ?? DeviceState(word: word)
      return word.isEmpty ? nil : String(text[..<tab].trimmingBlanksAtEnd)
    }
    if let place = text.ranges(of: " " + Self.noPermissions).last {
      var detail = text[place.upperBound...]
      if let (before, last) = detail.splittingLastWord, Self.isPath(last) {
        path = String(last)
        detail = before
      }
      state = .noPermissions(String(detail).trimmed)
      return Self.serial(text[..<place.lowerBound])
    }
    guard let (before, last) = text.splittingLastWord else { return nil }
    if let known = DeviceState(known: String(last)) {
      state = known
      return Self.serial(before)
    }
    if let (serial, word) = before.splittingLastWord,
      let known = DeviceState(known: String(word))
        ?? (Self.isPath(last) ? .other(String(word)) : nil)
    {
      state = known
      path = String(last)
      return Self.serial(serial)
    }
    state = .other(String(last))
    return Self.serial(before)
  }

  private static func isPath(_ word: Substring) -> Bool {
    word.hasPrefix("usb:") || word.wholeMatch(of: /\d+-\d+(\.\d+)*/) != nil
  }

  /// Without the blanks that fill a short one up; a long one has none after it.
  private static func serial(_ text: Substring) -> String? {
    let serial = text.count > serialWidth ? text : text.trimmingBlanksAtEnd
    return serial.isEmpty ? nil : String(serial)
  }
}

extension String {
  fileprivate var trimmed: String {
    String(Substring(self).trimmingBlanksAtEnd.drop(while: \.isWhitespace))
  }
}

extension Substring {
  fileprivate var trimmingBlanksAtEnd: Substring {
    guard let last = lastIndex(where: { !$0.isWhitespace }) else { return self[..<startIndex] }
    return self[...last]
  }

  /// The last word, and what is before the one blank in front of it; nil without a blank.
  fileprivate var splittingLastWord: (before: Substring, word: Substring)? {
    guard let blank = lastIndex(of: " ") else { return nil }
    return (self[..<blank], self[index(after: blank)...])
  }
}
