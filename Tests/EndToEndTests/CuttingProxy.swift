import Foundation
import Synchronization

/// Stands between the tool and a device's port. While a file is there, the next bytes from the
/// device are cut off in the middle of a frame's header: seven of them go through, then both
/// connections end, and the file is taken away.
final class CuttingProxy: Sendable {
  let port: UInt16
  private let listener: Int32
  private let target: UInt16
  private let trigger: String
  private let cuts = Mutex(0)

  /// How often a connection was cut.
  var count: Int { cuts.withLock { $0 } }

  init(to target: UInt16, trigger: String) throws {
    self.target = target
    self.trigger = trigger
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = Self.loopback(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        bind(listener, raw, length) == 0 && listen(listener, 8) == 0
          && getsockname(listener, raw, &length) == 0
      }
    }
    guard bound else { throw CocoaError(.fileReadUnknown) }
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [self] in
      while true {
        let client = accept(listener, nil, nil)
        if client < 0 { return }
        serve(client)
      }
    }
  }

  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  private func serve(_ client: Int32) {
    let device = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = Self.loopback(target)
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(device, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard connected else {
      close(device)
      close(client)
      return
    }
    Thread.detachNewThread { [self] in pump(from: client, to: device, mayCut: false) }
    Thread.detachNewThread { [self] in
      pump(from: device, to: client, mayCut: true)
      // The other direction has seen the end by now, or will at once.
      shutdown(client, Int32(SHUT_RDWR))
      shutdown(device, Int32(SHUT_RDWR))
    }
  }

  private func pump(from source: Int32, to sink: Int32, mayCut: Bool) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(source, &buffer, buffer.count)
      guard count > 0 else { break }
      if mayCut, unlink(trigger) == 0 {
        _ = send(sink, buffer, min(7, count), Int32(MSG_NOSIGNAL))
        cuts.withLock { $0 += 1 }
        return
      }
      var sent = 0
      while sent < count {
        let part = buffer[sent..<count].withUnsafeBytes {
          send(sink, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard part > 0 else { return }
        sent += part
      }
    }
    shutdown(sink, Int32(SHUT_WR))
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }
}
