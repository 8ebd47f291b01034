import CLibUSB
import Foundation
import Synchronization

/// Packets over the two bulk endpoints of an adb interface.
///
/// Rules learned from devices in the field (AOSP `usb_ffs.cpp`, `docs/dev/zero_length_packet.md`):
/// header and payload are transfers of their own, as daemons before Android 15 take the end of a
/// transfer for the end of a message; no halt is cleared and no device reset when it is opened, as
/// some devices do not survive it; reads are whole packets, as a device may still send what an
/// earlier session asked for.
final class USBLink: ADBLink {
  /// A packet of which a part has arrived.
  private struct Arriving {
    var transfer: USBTransfer?
    var requested = 0
    var packet: ADBPacket?
    var expected = 0
    /// False until the device's introduction: all before it is left over from another session.
    var isSynchronized = false
  }

  let description: String
  /// High speed and below has packets of at most 512 bytes.
  var isSlow: Bool { interface.outputPacket <= 512 }
  private let context: USBContext
  nonisolated(unsafe) private let handle: OpaquePointer
  private let interface: USBDevice.Interface
  private let arriving = Mutex(Arriving())
  private let isAborted = Atomic<Bool>(false)

  /// How long one wait lasts at most, ms.
  private static let slice = 200
  /// Time for a message under way to get to its end when the link is given up, slices.
  private static let graceSlices = 5

  /// Opens a device and takes its adb interface.
  /// - Throws: ``ADBError``.
  init(context: USBContext, raw: RetainedUSBDevice, device: USBDevice) throws(ADBError) {
    description = "usb:\(device.path)"
    self.context = context
    interface = device.interface
    var opened: OpaquePointer?
    let code = libusb_open(raw.raw, &opened)
    guard code == 0, let opened else { throw Self.failure(code, device) }
    let claimed = libusb_claim_interface(opened, device.interface.number)
    guard claimed == 0 else {
      libusb_close(opened)
      throw Self.failure(claimed, device)
    }
    handle = opened
    context.startEvents()
  }

  func receive(limit: Int) throws(ADBError) -> ADBPacket? {
    // For the whole call: a device that sends what is no packet must not keep it from returning.
    let deadline = ContinuousClock.now + .milliseconds(Self.slice)
    // One thread receives, so the lock is never waited for.
    return try arriving.withLock { arriving throws(ADBError) in
      repeat {
        let packetSize = interface.inputPacket
        if arriving.transfer == nil {
          let missing = arriving.expected - (arriving.packet?.payload.count ?? 0)
          let rounded = (missing + packetSize - 1) / packetSize * packetSize
          arriving.requested = max(packetSize, rounded)
          arriving.transfer = try read(arriving.requested)
        }
        guard let transfer = arriving.transfer else { return nil }
        guard let end = transfer.wait(milliseconds: Self.slice) else {
          guard isAborted.load(ordering: .acquiring) else { return nil }
          transfer.cancel()
          continue
        }
        arriving.transfer = nil
        if end.status == LIBUSB_TRANSFER_OVERFLOW, !arriving.isSynchronized { continue }
        try check(end.status)
        if end.count == 0 { continue }
        if let packet = try take(transfer.bytes(end.count), &arriving, limit) { return packet }
      } while ContinuousClock.now < deadline
      return nil
    }
  }

  func send(_ packet: ADBPacket) throws(ADBError) {
    try write(packet.header.bytes)
    if !packet.payload.isEmpty { try write(packet.payload) }
  }

  func abort() {
    isAborted.store(true, ordering: .releasing)
  }

  func close() {
    // The reader's transfer may still be under way.
    if let transfer = arriving.withLock({ $0.transfer.take() }) {
      transfer.cancel()
      while transfer.wait(milliseconds: Self.slice) == nil {}
    }
    libusb_release_interface(handle, interface.number)
    libusb_close(handle)
    context.stopEvents()
  }

  /// Takes a transfer's bytes: a header, or a part of a payload.
  /// - Returns: the packet that they complete.
  private func take(
    _ bytes: ArraySlice<UInt8>, _ arriving: inout Arriving, _ limit: Int
  ) throws(ADBError) -> ADBPacket? {
    guard arriving.packet != nil else {
      guard bytes.count == ADBPacketHeader.size else {
        if !arriving.isSynchronized { return nil }
        throw .malformed(service: "adb", detail: "\(bytes.count) bytes in place of a header")
      }
      let header: ADBPacketHeader
      do {
        header = try ADBPacketHeader(bytes, limit: limit)
      } catch {
        if !arriving.isSynchronized { return nil }
        throw error
      }
      let introductions: [ADBPacket.Command] = [.connect, .auth, .startTLS]
      if introductions.contains(header.command) { arriving.isSynchronized = true }
      guard arriving.isSynchronized else { return nil }
      let packet = ADBPacket(header.command, header.argument0, header.argument1)
      if header.length == 0 { return packet }
      arriving.packet = packet
      arriving.expected = Int(header.length)
      return nil
    }
    arriving.packet?.payload += bytes
    let count = arriving.packet?.payload.count ?? 0
    guard count <= arriving.expected else {
      throw .malformed(
        service: "adb", detail: "\(count) bytes of payload in place of \(arriving.expected)")
    }
    guard count == arriving.expected else { return nil }
    arriving.expected = 0
    return arriving.packet.take()
  }

  private func read(_ size: Int) throws(ADBError) -> USBTransfer {
    guard let transfer = USBTransfer(reading: size, from: interface.input, of: handle) else {
      throw .disconnected(service: "usb", detail: "no memory for a transfer")
    }
    let code = transfer.submit()
    if code != 0 { throw .disconnected(service: "usb", detail: usbWords(code)) }
    return transfer
  }

  /// A message that was begun is finished even when the link is given up, or the device would
  /// take the next session's first bytes for its end.
  private func write(_ bytes: [UInt8]) throws(ADBError) {
    guard
      let transfer = USBTransfer(
        writing: bytes, to: interface.output, packet: interface.outputPacket, of: handle)
    else { throw .disconnected(service: "usb", detail: "no memory for a transfer") }
    let code = transfer.submit()
    if code != 0 { throw .disconnected(service: "usb", detail: usbWords(code)) }
    var grace = Self.graceSlices
    while true {
      if let end = transfer.wait(milliseconds: Self.slice) {
        try check(end.status)
        if end.count < bytes.count {
          throw .disconnected(
            service: "usb", detail: "\(end.count) of \(bytes.count) bytes were taken")
        }
        return
      }
      guard isAborted.load(ordering: .acquiring) else { continue }
      grace -= 1
      if grace == 0 { transfer.cancel() }
    }
  }

  private func check(_ status: libusb_transfer_status) throws(ADBError) {
    let words: String
    switch status {
    case LIBUSB_TRANSFER_COMPLETED: return
    case LIBUSB_TRANSFER_CANCELLED: words = "closed by this side"
    case LIBUSB_TRANSFER_NO_DEVICE: words = "the device was unplugged"
    case LIBUSB_TRANSFER_STALL: words = "the device refuses transfers"
    case LIBUSB_TRANSFER_OVERFLOW: words = "the device sent more than was asked for"
    default: words = "the transfer failed: the device was unplugged or the cable is bad"
    }
    throw .disconnected(service: "usb", detail: words)
  }

  private static func failure(_ code: Int32, _ device: USBDevice) -> ADBError {
    let name = "usb:\(device.serial.isEmpty ? device.path : device.serial)"
    switch code {
    case LIBUSB_ERROR_BUSY.rawValue: return .busy(serial: name)
    case LIBUSB_ERROR_ACCESS.rawValue:
      return .noPermissions(serial: name, detail: "this user may not open it")
    case LIBUSB_ERROR_NO_DEVICE.rawValue, LIBUSB_ERROR_NOT_FOUND.rawValue:
      return .deviceNotFound(serial: name)
    default: return .disconnected(service: "usb", detail: usbWords(code))
    }
  }
}
