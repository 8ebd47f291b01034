import Glibc
import POSIXSupport

/// TCP ports of the host's loopback interface.
enum LoopbackPort {
  /// Ports that adb servers scan for emulators: a device there would be found by strangers.
  static let scannedByADB: ClosedRange<UInt16> = 5555...5585

  /// - Throws: ``VirtualDeviceError/invalidArgument(name:value:reason:)`` and
  ///   ``VirtualDeviceError/portInUse(port:)``.
  static func check(_ port: UInt16) throws {
    if port < 1024 {
      throw VirtualDeviceError.invalidArgument(
        name: "port", value: "\(port)", reason: "must be from 1024 to 65535")
    }
    if scannedByADB.contains(port) {
      throw VirtualDeviceError.invalidArgument(
        name: "port", value: "\(port)",
        reason: "adb servers scan 5555 to 5585; choose a port outside")
    }
    if try bind(port) == nil { throw VirtualDeviceError.portInUse(port: port) }
  }

  /// A port that is free now. Another program may take it before QEMU does.
  static func anyFree() throws -> UInt16 {
    // The kernel's own range may have been configured to include the scanned one.
    for _ in 0..<64 {
      if let port = try bind(0), !scannedByADB.contains(port) { return port }
    }
    throw SystemCallError(call: "bind", code: EADDRINUSE, subject: "127.0.0.1")
  }

  /// Binds and lets go again.
  /// - Returns: the port, or nil when it is taken.
  private static func bind(_ port: UInt16) throws(SystemCallError) -> UInt16? {
    let raw = try systemCall("socket") {
      socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }
    let owned = OwnedDescriptor(adopting: raw)
    // As QEMU does: connections of an earlier device that linger do not count.
    var on: Int32 = 1
    _ = setsockopt(raw, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.bind(owned.rawValue, $0, length)
      }
    }
    if status != 0 {
      let code = errno
      if code == EADDRINUSE { return nil }
      throw SystemCallError(call: "bind", code: code, subject: "127.0.0.1:\(port)")
    }
    _ = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(owned.rawValue, $0, &length)
      }
    }
    return UInt16(bigEndian: address.sin_port)
  }
}
