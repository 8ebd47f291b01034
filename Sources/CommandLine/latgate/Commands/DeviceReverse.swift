import ADB
import ArgumentParser
import Devices
import Jobs

struct DeviceReverse: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reverse",
    abstract: "Let programs on a device connect to this machine, until interrupted.",
    discussion: """
      The device listens at REMOTE; what connects there is connected to LOCAL.

        latgate device reverse usb: tcp:8080 tcp:8080
        latgate device reverse demo tcp:0 localfilesystem:/run/collector.sock
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "The device.", completion: .devices)
  var name: String

  @Argument(help: "On the device: tcp:PORT, tcp:0 for any port, or localabstract:NAME.")
  var remote: String

  @Argument(
    help: "Here: tcp:PORT, tcp:HOST:PORT, localabstract:NAME or localfilesystem:PATH.")
  var local: String

  func validate() throws {
    guard (try? SocketRelay(local)) != nil else {
      throw ValidationError(
        "'\(local)' is no tcp:PORT, tcp:HOST:PORT, localabstract:NAME or localfilesystem:PATH")
    }
  }

  func run() async throws {
    let console = common.console
    try await DeviceScan(common).using(name) { device, _ in
      guard let device = device as? ADBDevice else {
        throw ValidationError("\(name) does not speak adb, and only adb devices can reach back")
      }
      try await device.reverse(remote, to: local) { place in
        console.print("\(place) of \(device.name) leads to \(local)")
      }
    }
  }
}
