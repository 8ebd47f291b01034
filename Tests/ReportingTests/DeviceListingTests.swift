import Foundation
import Testing

@testable import Reporting

@Suite struct DeviceListingTests {
  private var listing: DeviceListing {
    var board = DeviceListing.Row(
      name: "ssh:root@board", transport: "ssh", state: "device", serial: "")
    board.model = "Some Board"
    board.build = "Debian GNU/Linux 12 (bookworm)"
    board.kernel = "6.1.0-50-arm64"
    board.tier = "T2"
    board.privilege = "root"
    var phone = DeviceListing.Row(
      name: "0A1B2C", transport: "adb", state: "unauthorized", serial: "0A1B2C")
    phone.detail = "refuses this computer's adb key; accept the question on its screen"
    return DeviceListing([board, phone])
  }

  @Test func everyDeviceHasALineAndItsTrouble() {
    #expect(
      listing.text(width: 120, style: .plain)
        == """
        device          transport  state         tier  privilege  kernel          model       build
        ssh:root@board  ssh        device        T2    root       6.1.0-50-arm64  Some Board  \
        Debian GNU/Linux 12 (bookworm)
        0A1B2C          adb        unauthorized
          refuses this computer's adb key; accept the question on its screen

        """)
    let narrow = listing.text(width: 80, style: .plain).split(separator: "\n")
    #expect(narrow.allSatisfy { $0.count <= 80 }, "\(narrow)")
  }

  @Test func jsonIsAList() throws {
    let made = try JSONSerialization.jsonObject(with: listing.json()) as? [[String: Any]]
    #expect(made?.map { $0["state"] as? String } == ["device", "unauthorized"])
    #expect(made?.first?["tier"] as? String == "T2")
  }
}
