import ADB
import POSIXSupport

/// Which physical device an address means: what it is leased by, and where it is plugged in.
package struct DevicePlace: Sendable, Equatable {
  /// For ``LeaseDesk/take(_:device:)``.
  package var keys: [String]
  /// Bus and ports, such as `1-2.3`; nil where it is not on USB, or that is not known.
  package var usbPath: String?

  package init(keys: [String], usbPath: String? = nil) {
    self.keys = keys
    self.usbPath = usbPath
  }

  /// Looks a device up without touching it. One that is not there has what its address says.
  package static func find(_ address: DeviceAddress, server: ADBServer?) async -> DevicePlace {
    switch address {
    case .local, .tcp, .ssh: break
    case .usb(let selector):
      let all = (try? await offloaded { try USBDevice.list() }) ?? []
      let fitting = all.filter { selector.isEmpty || [$0.serial, $0.path].contains(selector) }
      if let device = fitting.first, fitting.count == 1 {
        return plugged(
          path: device.path, serial: device.serial, among: all.map(\.serial))
      }
      return DevicePlace(keys: LeaseKeys.serial(selector))
    case .server(let serial):
      let all = (try? await server?.devices()) ?? []
      let named = serial.hasPrefix("usb:") ? String(serial.dropFirst("usb:".count)) : serial
      let fitting = all.filter { device in
        device.serial == serial || device.path == serial || device.path == named
      }
      if let device = fitting.first, fitting.count == 1, !device.path.isEmpty {
        return plugged(path: device.path, serial: device.serial, among: all.map(\.serial))
      }
    }
    return DevicePlace(keys: LeaseKeys.address(address))
  }

  /// The keys of the serial number that a device reports: one that is reached over the
  /// network may be plugged in as well. Nothing when it does not answer.
  package static func learnt(from device: any Device) async -> [String] {
    let question = "getprop ro.serialno 2> /dev/null || true"
    guard let answer = try? await device.exec(question, timeout: .seconds(5)) else { return [] }
    let lines = answer.text.split(whereSeparator: \.isNewline)
    guard lines.count == 1, let line = lines.first else { return [] }
    return LeaseKeys.serial(String(line))
  }

  private static func plugged(
    path: String, serial: String, among serials: [String]
  ) -> DevicePlace {
    let place = path.hasPrefix("usb:") ? String(path.dropFirst("usb:".count)) : path
    return DevicePlace(
      keys: LeaseKeys.usb(
        path: place, serial: serial, isUnique: serials.count { $0 == serial } == 1),
      usbPath: place)
  }
}
