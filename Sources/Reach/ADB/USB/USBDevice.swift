import CLibUSB

/// A USB device with an adb interface.
package struct USBDevice: Sendable, Equatable {
  /// Bus and ports, `1-2.3`: where it is plugged in. Distinguishes devices of one serial number.
  package var path: String
  /// Empty where the device has none, or may not be asked.
  package var serial: String
  package var product: String
  /// Why the device cannot be opened; nil when it can.
  package var obstacle: String?

  /// The interface's number and endpoints.
  struct Interface: Sendable, Equatable {
    var number: Int32
    var input: UInt8
    var output: UInt8
    /// Bytes of a packet to the device and from it.
    var outputPacket: Int
    var inputPacket: Int
  }

  var interface: Interface

  /// All devices with an adb interface, by path.
  /// - Throws: ``ADBError/usbUnavailable(detail:)``.
  package static func list() throws(ADBError) -> [USBDevice] {
    let context = try USBContext()
    return found(in: context).map(\.device)
  }

  /// Opens the device that a selector means.
  /// - Throws: ``ADBError``: not found, ambiguous, held by another program, no permission.
  static func open(_ selector: String) throws(ADBError) -> USBLink {
    let context = try USBContext()
    let all = found(in: context)
    let fitting = all.filter { entry in
      selector.isEmpty || entry.device.serial == selector || entry.device.path == selector
    }
    guard let entry = fitting.first else { throw .deviceNotFound(serial: "usb:\(selector)") }
    guard fitting.count == 1 else { throw .ambiguous(serial: "usb:\(selector)") }
    return try USBLink(context: context, raw: entry.raw, device: entry.device)
  }

  /// A device beside libusb's reference to it, which its context's list keeps.
  private struct Entry {
    var device: USBDevice
    var raw: RetainedUSBDevice
  }

  private static func found(in context: USBContext) -> [Entry] {
    var list: UnsafeMutablePointer<OpaquePointer?>?
    let count = libusb_get_device_list(context.raw, &list)
    guard count > 0, let list else { return [] }
    defer { libusb_free_device_list(list, 1) }
    return (0..<Int(count)).compactMap { list[$0] }.compactMap(describe)
      .sorted { $0.device.path < $1.device.path }
  }

  private static func describe(_ raw: OpaquePointer) -> Entry? {
    var descriptor = libusb_device_descriptor()
    // A device of a class of its own has no adb interface; EF = described by its interfaces.
    guard libusb_get_device_descriptor(raw, &descriptor) == 0,
      descriptor.bDeviceClass == 0 || descriptor.bDeviceClass == 0xef,
      let interface = adbInterface(raw)
    else { return nil }
    var device = USBDevice(path: path(raw), serial: "", product: "", interface: interface)
    var handle: OpaquePointer?
    let code = libusb_open(raw, &handle)
    if code == 0, let handle {
      device.serial = text(handle, descriptor.iSerialNumber)
      device.product = text(handle, descriptor.iProduct)
      libusb_close(handle)
    } else {
      device.obstacle = usbWords(code)
    }
    return Entry(device: device, raw: RetainedUSBDevice(raw))
  }

  private static func text(_ handle: OpaquePointer, _ index: UInt8) -> String {
    guard index != 0 else { return "" }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = libusb_get_string_descriptor_ascii(handle, index, &bytes, Int32(bytes.count))
    return count > 0 ? String(decoding: bytes.prefix(Int(count)), as: UTF8.self) : ""
  }

  private static func path(_ raw: OpaquePointer) -> String {
    var ports = [UInt8](repeating: 0, count: 8)
    let count = libusb_get_port_numbers(raw, &ports, Int32(ports.count))
    let places = ports.prefix(Int(max(0, count))).map(String.init).joined(separator: ".")
    return "\(libusb_get_bus_number(raw))-\(places)"
  }

  private static func adbInterface(_ raw: OpaquePointer) -> Interface? {
    var pointer: UnsafeMutablePointer<libusb_config_descriptor>?
    guard libusb_get_active_config_descriptor(raw, &pointer) == 0, let pointer else { return nil }
    defer { libusb_free_config_descriptor(pointer) }
    for index in 0..<Int(pointer.pointee.bNumInterfaces) {
      let entry = pointer.pointee.interface[index]
      guard entry.num_altsetting > 0, let setting = entry.altsetting?.pointee,
        isADB(setting), let found = endpoints(of: setting)
      else { continue }
      return found
    }
    return nil
  }

  /// AOSP adb.h: vendor class 42/01, or the debug capability of a charging-only port.
  private static func isADB(_ setting: libusb_interface_descriptor) -> Bool {
    let kind = (
      setting.bInterfaceClass, setting.bInterfaceSubClass, setting.bInterfaceProtocol
    )
    return kind == (0xff, 0x42, 0x01) || kind == (0xdc, 0x02, 0x01)
  }

  private static func endpoints(of setting: libusb_interface_descriptor) -> Interface? {
    var input: libusb_endpoint_descriptor?
    var output: libusb_endpoint_descriptor?
    for index in 0..<Int(setting.bNumEndpoints) {
      let endpoint = setting.endpoint[index]
      let (transferKind, bulk): (UInt8, UInt8) = (endpoint.bmAttributes & 0x03, 0x02)
      guard transferKind == bulk else { continue }
      let isInput = endpoint.bEndpointAddress & 0x80 != 0
      if isInput { input = input ?? endpoint } else { output = output ?? endpoint }
    }
    guard let input, let output, input.wMaxPacketSize > 0, output.wMaxPacketSize > 0 else {
      return nil
    }
    return Interface(
      number: Int32(setting.bInterfaceNumber), input: input.bEndpointAddress,
      output: output.bEndpointAddress, outputPacket: Int(output.wMaxPacketSize),
      inputPacket: Int(input.wMaxPacketSize))
  }
}

/// A reference of our own to one of libusb's devices.
final class RetainedUSBDevice: Sendable {
  nonisolated(unsafe) let raw: OpaquePointer

  init(_ raw: OpaquePointer) {
    self.raw = libusb_ref_device(raw) ?? raw
  }

  deinit {
    libusb_unref_device(raw)
  }
}
