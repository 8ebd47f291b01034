import CLibUSB
import Foundation
import Synchronization

/// One bulk transfer under way, and its buffer.
///
/// libusb owns the transfer from ``submit()`` until its callback, which comes on the event thread
/// in every case, a cancelled or failed transfer included; the object lives at least as long.
final class USBTransfer: Sendable {
  /// How a transfer ended.
  struct Completion: Sendable {
    var status: libusb_transfer_status
    /// Bytes that went over the wire.
    var count: Int
  }

  nonisolated(unsafe) private let raw: UnsafeMutablePointer<libusb_transfer>
  nonisolated(unsafe) private let buffer: UnsafeMutableBufferPointer<UInt8>
  private let completion = Mutex<Completion?>(nil)
  private let ended = DispatchSemaphore(value: 0)

  /// A transfer from the device; `capacity` is a multiple of the endpoint's packet size, because
  /// a device that sends more than asked for overruns it.
  init?(reading capacity: Int, from endpoint: UInt8, of handle: OpaquePointer) {
    guard let made = Self.make(capacity, endpoint, handle) else { return nil }
    (raw, buffer) = made
  }

  /// A transfer to the device. A payload that fills its last packet is followed by an empty one,
  /// or the device would wait for more.
  init?(writing bytes: [UInt8], to endpoint: UInt8, packet: Int, of handle: OpaquePointer) {
    guard let made = Self.make(bytes.count, endpoint, handle) else { return nil }
    (raw, buffer) = made
    _ = buffer.update(fromContentsOf: bytes)
    if !bytes.isEmpty, bytes.count.isMultiple(of: packet) {
      raw.pointee.flags = UInt8(LIBUSB_TRANSFER_ADD_ZERO_PACKET.rawValue)
    }
  }

  deinit {
    libusb_free_transfer(raw)
    buffer.deallocate()
  }

  /// Hands the transfer to libusb, once.
  /// - Returns: 0 or a libusb error.
  func submit() -> Int32 {
    raw.pointee.user_data = Unmanaged.passRetained(self).toOpaque()
    let code = libusb_submit_transfer(raw)
    if code != 0 { Unmanaged.passUnretained(self).release() }
    return code
  }

  /// Blocks until the transfer ended.
  /// - Returns: nil when it did not within the time.
  func wait(milliseconds: Int) -> Completion? {
    guard ended.wait(timeout: .now() + .milliseconds(milliseconds)) == .success else { return nil }
    // The next wait finds the end as well.
    ended.signal()
    return completion.withLock { $0 }
  }

  /// Asks for an early end; the callback still comes. No error where it has ended already.
  func cancel() {
    libusb_cancel_transfer(raw)
  }

  /// What was read. Only after the end.
  func bytes(_ count: Int) -> ArraySlice<UInt8> {
    Array(buffer.prefix(count))[...]
  }

  private static func make(
    _ capacity: Int, _ endpoint: UInt8, _ handle: OpaquePointer
  ) -> (UnsafeMutablePointer<libusb_transfer>, UnsafeMutableBufferPointer<UInt8>)? {
    guard let raw = libusb_alloc_transfer(0) else { return nil }
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: capacity)
    buffer.initialize(repeating: 0)
    libusb_fill_bulk_transfer(
      raw, handle, endpoint, buffer.baseAddress, Int32(capacity),
      { raw in
        guard let raw, let object = raw.pointee.user_data else { return }
        Unmanaged<USBTransfer>.fromOpaque(object).takeRetainedValue().finish(raw.pointee)
      }, nil, 0)
    return (raw, buffer)
  }

  private func finish(_ raw: libusb_transfer) {
    let end = Completion(status: raw.status, count: Int(raw.actual_length))
    completion.withLock { $0 = end }
    ended.signal()
  }
}
