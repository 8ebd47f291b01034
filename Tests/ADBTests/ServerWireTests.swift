import POSIXSupport
import Testing

@testable import ADB

@Suite struct ServerWireTests {
  @Test func requestsCarryTheirLengthInHex() throws {
    #expect(try SmartSocket.request("host:version") == Array("000chost:version".utf8))
    #expect(try SmartSocket.request("") == Array("0000".utf8))
    let long = try SmartSocket.request(String(repeating: "x", count: 0xabc))
    #expect(long.prefix(4) == Array("0abc".utf8)[...])
    #expect(throws: ADBError.self) {
      try SmartSocket.request(String(repeating: "x", count: 0x10000))
    }
  }

  @Test(arguments: [
    ("000c", 12), ("FFff", 65535), ("00x0", nil), ("+001", nil), ("00c", nil), (" 00c", nil),
  ])
  func lengthsAreFourHexDigits(text: String, value: Int?) {
    #expect(SmartSocket.parseLength(Array(text.utf8)) == value)
  }

  @Test func listIsReadWithItsNoise() {
    let list = """
      * daemon not running; starting now at tcp:5037\r
      * daemon started successfully\r
      List of devices attached\r
      emulator-5554          device product:sdk model:Pixel_3 device:generic transport_id:1\r
      0123456789ABCDEF       unauthorized usb:1-2.3 transport_id:7
      192.168.1.7:6555       offline transport_id:12
      (no serial number)     no permissions (user in plugdev group; are your udev rules wrong?); see [http://developer.android.com/tools/device.html] usb:3-1 transport_id:2
      (no serial number)     device 1-4 product:a model:b device:c transport_id:3

      [::1]:6555             detached
      torn
      """
    #expect(
      ListedDevice.parse(list: list) == [
        ListedDevice(
          serial: "emulator-5554", state: .device, product: "sdk", model: "Pixel_3",
          device: "generic", transportID: 1),
        ListedDevice(
          serial: "0123456789ABCDEF", state: .unauthorized, path: "usb:1-2.3", transportID: 7),
        ListedDevice(serial: "192.168.1.7:6555", state: .offline, transportID: 12),
        ListedDevice(
          serial: "",
          state: .noPermissions(
            "(user in plugdev group; are your udev rules wrong?); see "
              + "[http://developer.android.com/tools/device.html]"),
          path: "usb:3-1", transportID: 2),
        ListedDevice(
          serial: "", state: .device, path: "1-4", product: "a", model: "b", device: "c",
          transportID: 3),
        ListedDevice(serial: "[::1]:6555", state: .other("detached")),
      ])
  }

  @Test func serialNumbersAndValuesMayHoldBlanks() {
    let list = """
      MEDIA BOX 7            device usb:1-1 product:box model:B7 device:box transport_id:3
       LT301000000000        device usb:1-2.4 product:tab model:T_9 device:tab transport_id:4
      10.1.2.3:5555          offline product:Some Emulator - 480 x 800 model:Some_480 device:any one transport_id:5
      adb-0A1B2C3D (2)._adb-tls-connect._tcp device product:p model:m device:d transport_id:6
      a device               device transport_id:7
      lost device            offline usb:2-1 transport_id:8
      old box                no permissions (verify udev rules); see [http://x/y] usb:1-3 transport_id:9
      no permissions         no permissions usb:1-5 transport_id:10
      new one                of-the-future usb:1-4 transport_id:11
      device:x               recovery transport_id:12
      short list\tunauthorized
      odd one\tno permissions (user in plugdev group)
      """
    #expect(
      ListedDevice.parse(list: list) == [
        ListedDevice(
          serial: "MEDIA BOX 7", state: .device, path: "usb:1-1", product: "box", model: "B7",
          device: "box", transportID: 3),
        ListedDevice(
          serial: " LT301000000000", state: .device, path: "usb:1-2.4", product: "tab",
          model: "T_9", device: "tab", transportID: 4),
        ListedDevice(
          serial: "10.1.2.3:5555", state: .offline, product: "Some Emulator - 480 x 800",
          model: "Some_480", device: "any one", transportID: 5),
        ListedDevice(
          serial: "adb-0A1B2C3D (2)._adb-tls-connect._tcp", state: .device, product: "p",
          model: "m", device: "d", transportID: 6),
        ListedDevice(serial: "a device", state: .device, transportID: 7),
        ListedDevice(serial: "lost device", state: .offline, path: "usb:2-1", transportID: 8),
        ListedDevice(
          serial: "old box", state: .noPermissions("(verify udev rules); see [http://x/y]"),
          path: "usb:1-3", transportID: 9),
        ListedDevice(
          serial: "no permissions", state: .noPermissions(""), path: "usb:1-5", transportID: 10),
        ListedDevice(
          serial: "new one", state: .other("of-the-future"), path: "usb:1-4", transportID: 11),
        ListedDevice(serial: "device:x", state: .recovery, transportID: 12),
        ListedDevice(serial: "short list", state: .unauthorized),
        ListedDevice(serial: "odd one", state: .noPermissions("(user in plugdev group)")),
      ])
  }

  @Test(arguments: [
    ("device 'X' not found", ADBError.deviceNotFound(serial: "X")),
    ("device not found", .deviceNotFound(serial: "X")),
    ("no devices/emulators found", .deviceNotFound(serial: "X")),
    (
      "device unauthorized.\nThis adb server's $ADB_VENDOR_KEYS is not set",
      .unauthorized(serial: "X")
    ),
    ("device offline", .offline(serial: "X", state: "offline")),
    ("device still connecting", .offline(serial: "X", state: "connecting")),
    ("device still authorizing", .offline(serial: "X", state: "authorizing")),
    ("more than one device/emulator", .ambiguous(serial: "X")),
    ("more than one device with serial X", .ambiguous(serial: "X")),
    (
      "insufficient permissions for device: user in plugdev group",
      .noPermissions(
        serial: "X", detail: "insufficient permissions for device: user in plugdev group")
    ),
    ("closed", .refused(service: "sync:", message: "closed")),
  ])
  func refusalsAreSortedByTheirWords(message: String, error: ADBError) {
    #expect(ADBError(refusal: message, service: "sync:", serial: "X") == error)
  }

  @Test func addressFollowsTheEnvironment() throws {
    let usual = try ServerAddress(environment: [:])
    #expect(usual.socket == .tcp(host: "127.0.0.1", port: 5037))
    #expect(usual.launchSpecification == "tcp:5037")
    let port = try ServerAddress(environment: ["ANDROID_ADB_SERVER_PORT": "5062"])
    #expect(port.description == "127.0.0.1:5062")
    let remote = try ServerAddress(environment: ["ADB_SERVER_SOCKET": "tcp:lab.example:99"])
    #expect(remote.socket == .tcp(host: "lab.example", port: 99))
    #expect(remote.launchSpecification == nil)
    let six = try ServerAddress(environment: ["ADB_SERVER_SOCKET": "tcp:[::1]:99"])
    #expect(six.socket == .tcp(host: "::1", port: 99))
    let file = try ServerAddress(environment: ["ADB_SERVER_SOCKET": "localfilesystem:/run/adb"])
    #expect(file.socket == .unix(path: "/run/adb"))
    for bad in ["tcp:", "tcp:0", "tcp:70000", "tcp::5037", "udp:1", "5037", "localfilesystem:"] {
      #expect(throws: ADBError.badServerAddress(variable: "ADB_SERVER_SOCKET", value: bad)) {
        try ServerAddress(environment: ["ADB_SERVER_SOCKET": bad])
      }
    }
    #expect(throws: ADBError.badServerAddress(variable: "ANDROID_ADB_SERVER_PORT", value: "x")) {
      try ServerAddress(environment: ["ANDROID_ADB_SERVER_PORT": "x"])
    }
  }
}
