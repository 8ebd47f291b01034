import Devices

/// The machine latgate runs on: its one firmware is the running kernel, and runs share the boot.
package struct LocalLane: DeviceLane {
  package let transport = "local"

  package init() {}

  package func start(firmware: String) async throws -> StartedFirmware {
    StartedFirmware(device: LocalDevice(), firmwareID: nil)
  }

  package func current() async throws -> any Device { LocalDevice() }

  package func recover() async throws -> Bool { false }

  package func finish() async {}
}
