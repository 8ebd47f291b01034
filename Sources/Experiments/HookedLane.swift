import Catalogs
import Devices
import Foundation
import RunRecords

/// A real device whose firmware is changed by the commands of its device file.
package struct HookedLane: DeviceLane {
  package let transport: String
  private let device: any Device
  private let definition: DeviceDefinition

  package init(device: any Device, definition: DeviceDefinition, transport: String) {
    self.device = device
    self.definition = definition
    self.transport = transport
  }

  package func start(firmware: String) async throws -> StartedFirmware {
    let hooks = definition.hooks
    let timeout = hooks?.timeout ?? .seconds(300)
    var flash: FlashFacts?
    if let command = hooks?.flash {
      try await run(command, "flash", firmware, timeout)
      flash = FlashFacts(id: UUID().uuidString.lowercased())
    } else if let switchTo = hooks?.switchTo {
      try await run(switchTo, "switch", firmware, timeout)
    }
    try await restart(firmware, timeout)
    if flash != nil {
      // The first boot after a flash merges snapshots and compiles packages: none of it is the
      // firmware's speed, so it is let finish and then thrown away.
      try await bootWorkEnds(timeout)
      try await restart(firmware, timeout)
    }
    return StartedFirmware(
      device: device, firmwareID: definition.image(ofFirmware: firmware), flash: flash)
  }

  private func restart(_ firmware: String, _ timeout: Duration) async throws {
    if let reboot = definition.hooks?.reboot {
      try await run(reboot, "reboot", firmware, timeout)
    } else {
      try await device.reboot()
    }
    if let ready = definition.hooks?.ready {
      try await until(ready, firmware, timeout)
    }
    try await device.waitUntilReady(timeout: timeout)
  }

  private func bootWorkEnds(_ timeout: Duration) async throws {
    let deadline = ContinuousClock.now + timeout
    while true {
      let made = try await device.exec(BootWork.script, timeout: .seconds(60))
      guard let unrest = BootWork.unrest(String(decoding: made.standardOutput, as: UTF8.self))
      else { return }
      if ContinuousClock.now >= deadline {
        throw RunError.notSettled(device: device.name, limit: timeout, reason: unrest)
      }
      try await Task.sleep(for: .seconds(2))
    }
  }

  package func current() async throws -> any Device { device }

  package func recover() async throws -> Bool {
    guard let hooks = definition.hooks, let reboot = hooks.reboot else { return false }
    try await run(reboot, "reboot", "", hooks.timeout)
    return true
  }

  package func finish() async {}

  private func run(
    _ hook: String, _ name: String, _ firmware: String, _ timeout: Duration
  ) async throws {
    let command = definition.command(hook: hook, firmware: firmware, serial: device.name)
    let made = try await LocalDevice().exec(command, timeout: timeout)
    guard made.exitCode == 0 else {
      throw RunError.hookFailed(
        device: device.name, hook: name, exitCode: made.exitCode,
        output: String(decoding: made.standardError.suffix(500), as: UTF8.self))
    }
  }

  private func until(_ hook: String, _ firmware: String, _ timeout: Duration) async throws {
    let deadline = ContinuousClock.now + timeout
    while true {
      do {
        return try await run(hook, "ready", firmware, timeout)
      } catch let error as RunError {
        if ContinuousClock.now >= deadline { throw error }
        try await Task.sleep(for: .seconds(1))
      }
    }
  }
}
