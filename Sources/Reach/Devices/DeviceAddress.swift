import ADB
import Foundation

/// What a user writes for a device that has no file and is no virtual one.
///
///     local                   this machine
///     tcp:HOST[:PORT]         adb spoken directly to a daemon; port 5555 unless given
///     usb:[SERIAL|PATH]       adb spoken directly over USB; the only device unless named
///     ssh:[USER@]HOST[:PORT]  a board behind ssh; what is left out is the ssh configuration's
///     anything else           a serial number, or HOST:PORT of the adb server's list
package enum DeviceAddress: Sendable, Equatable {
  case local
  case tcp(host: String, port: UInt16)
  case usb(selector: String)
  case ssh(SSHTarget)
  case server(serial: String)

  /// Every text means something; `tcp:` or `ssh:` with an unusable port names a device of the adb
  /// server.
  package init(_ text: String) {
    if text == "local" {
      self = .local
    } else if let (host, port) = Self.endpoint(text) {
      self = .tcp(host: host, port: port)
    } else if text.hasPrefix("ssh:"), let target = SSHTarget(String(text.dropFirst(4))) {
      self = .ssh(target)
    } else if text.hasPrefix("usb:") {
      self = .usb(selector: String(text.dropFirst("usb:".count)))
    } else {
      self = .server(serial: text)
    }
  }

  /// The way to the device, as a run record says it.
  package var transport: String {
    switch self {
    case .local: "local"
    case .tcp, .server: "adb"
    case .usb: "usb"
    case .ssh: "ssh"
    }
  }

  /// The device itself; nothing is asked of it yet.
  /// - Throws: `ADBError` when the environment names no usable adb server.
  package func device(environment: [String: String]) throws -> any Device {
    switch self {
    case .local: return LocalDevice()
    case .tcp(let host, let port):
      return ADBDevice(
        transport: DirectTransport(
          host: host, port: port, keys: ADBKeyStore(environment: environment)))
    case .usb(let selector):
      return ADBDevice(
        transport: DirectTransport(usb: selector, keys: ADBKeyStore(environment: environment)))
    case .ssh(let target): return SSHDevice(target: target)
    case .server(let serial):
      return ADBDevice(serial: serial, server: try ADBServer(environment: environment))
    }
  }

  private static func endpoint(_ text: String) -> (host: String, port: UInt16)? {
    guard text.hasPrefix("tcp:") else { return nil }
    let rest = text.dropFirst("tcp:".count)
    // An IPv6 address has its own colons, so it stands in brackets when a port follows.
    if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
      let host = String(rest[rest.index(after: rest.startIndex)..<end])
      let tail = rest[rest.index(after: end)...]
      if tail.isEmpty { return (host, 5555) }
      guard tail.hasPrefix(":"), let port = UInt16(tail.dropFirst()), port > 0 else { return nil }
      return (host, port)
    }
    let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
    if parts.count == 1, !parts[0].isEmpty { return (String(parts[0]), 5555) }
    guard parts.count == 2, !parts[0].isEmpty, let port = UInt16(parts[1]), port > 0 else {
      return nil
    }
    return (String(parts[0]), port)
  }
}
