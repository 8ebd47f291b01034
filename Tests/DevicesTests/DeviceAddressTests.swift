import Testing

@testable import Devices

@Suite struct DeviceAddressTests {
  @Test(arguments: [
    ("local", DeviceAddress.local),
    ("tcp:rack1", .tcp(host: "rack1", port: 5555)),
    ("tcp:127.0.0.1:6555", .tcp(host: "127.0.0.1", port: 6555)),
    ("tcp:[::1]:6555", .tcp(host: "::1", port: 6555)),
    ("tcp:[::1]", .tcp(host: "::1", port: 5555)),
    ("0123456789ABCDEF", .server(serial: "0123456789ABCDEF")),
    ("192.168.1.2:5555", .server(serial: "192.168.1.2:5555")),
    ("usb:1-2.3", .usb(selector: "1-2.3")),
    ("usb:", .usb(selector: "")),
    ("tcp:rack1:0", .server(serial: "tcp:rack1:0")),
    ("tcp:rack1:65536", .server(serial: "tcp:rack1:65536")),
    ("tcp:", .server(serial: "tcp:")),
    ("tcp:[::1]x", .server(serial: "tcp:[::1]x")),
  ])
  func everyTextMeansOneDevice(text: String, address: DeviceAddress) {
    #expect(DeviceAddress(text) == address)
  }
}
