/// How a request names its device to the adb server.
package enum ServerSelector: Sendable, Equatable {
  /// A serial number, `HOST:PORT`, or a USB path as listed.
  case serial(String)
  /// The number of one connection, which distinguishes devices of one serial number. It is another
  /// after every reconnect.
  case transportID(UInt64)

  /// What a user writes for a transport id, before the number.
  package static let idPrefix = "transport-id:"

  /// `transport-id:7` is an id, everything else a serial number.
  package init(_ name: String) {
    let number = name.hasPrefix(Self.idPrefix) ? UInt64(name.dropFirst(Self.idPrefix.count)) : nil
    self = number.map(Self.transportID) ?? .serial(name)
  }

  /// The request that ties a connection to the device.
  package var transportRequest: String {
    switch self {
    case .serial(let serial): "host:transport:\(serial)"
    case .transportID(let number): "host:transport-id:\(number)"
    }
  }

  /// A request about the device.
  package func request(_ text: String) -> String {
    switch self {
    case .serial(let serial): "host-serial:\(serial):\(text)"
    case .transportID(let number): "host-transport-id:\(number):\(text)"
    }
  }

  /// Whether an entry of the server's list is meant.
  package func fits(_ device: ListedDevice) -> Bool {
    switch self {
    case .serial(let serial):
      device.serial == serial || (!device.path.isEmpty && device.path == serial)
    case .transportID(let number): device.transportID == number
    }
  }
}
