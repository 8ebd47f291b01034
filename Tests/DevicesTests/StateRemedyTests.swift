import ADB
import Devices
import Testing

/// Every state in which a device serves nothing says what to do about it.
@Suite struct StateRemedyTests {
  @Test(arguments: [
    (DeviceState.connecting, "wait"), (.authorizing, "unlock"), (.offline, "reconnect"),
    (.recovery, "adb -s x reboot"), (.rescue, "adb -s x reboot"), (.sideload, "sideload"),
    (.bootloader, "fastboot -s x reboot"), (.other("detached"), "adb -s x attach"),
    (.other("host"), "port"), (.other("of the future"), "reconnect"),
    (.unauthorized, "accept the question"), (.noPermissions("udev"), "udev rules"),
  ])
  func statesHaveARemedy(state: DeviceState, words: String) throws {
    let error = try #require(ADBError(state: state, serial: "x"))
    let message = DeviceError(error, device: "x", operation: "shell").message
    #expect(message.place == "device x")
    #expect(message.remedy.contains(words), "\(message.remedy)")
  }
}
