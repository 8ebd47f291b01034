import Catalogs
import Devices
import Foundation
import RunRecords
import Synchronization

/// A real device whose firmware is changed by the commands of its device file.
package struct HostCommandLane: DeviceLane {
  package let transport: String
  private let device: any Device
  private let definition: DeviceDefinition
  private let commands: HostCommandRunner
  private let progress: @Sendable (String) -> Void
  private let installed = Installed()

  /// What the last run of this lane installed.
  private final class Installed: Sendable {
    let last = Mutex<(firmware: String, flash: FlashFacts)?>(nil)
  }

  /// `progress` gets lines for people.
  package init(
    device: any Device, definition: DeviceDefinition, transport: String,
    commands: HostCommandRunner,
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.device = device
    self.definition = definition
    self.transport = transport
    self.commands = commands
    self.progress = progress
  }

  package func start(firmware: String) async throws -> StartedFirmware {
    try await start(firmware: firmware, installs: true)
  }

  package func start(firmware: String, installs: Bool) async throws -> StartedFirmware {
    var cycles: [InterruptionRecord] = []
    var flash = installed.last.withLock { $0?.firmware == firmware ? $0?.flash : nil }
    if commands.has(.flash), installs || flash == nil {
      // Half a flash is none.
      installed.last.withLock { $0 = nil }
      try await commands.run(.flash, firmware: firmware)
      let made = FlashFacts(id: UUID().uuidString.lowercased())
      flash = made
      try await restart(firmware, &cycles)
      // The first boot after a flash merges snapshots and compiles packages: none of it is the
      // firmware's speed, so it is let finish and then thrown away.
      try await bootWorkEnds()
      installed.last.withLock { $0 = (firmware, made) }
    } else if !commands.has(.flash) {
      try await commands.run(.switchTo, firmware: firmware)
    }
    try await restart(firmware, &cycles)
    return StartedFirmware(
      device: device, firmwareID: definition.image(ofFirmware: firmware), flash: flash,
      interruptions: cycles)
  }

  /// A device that does not come up has its power cycled, once per restart.
  private func restart(_ firmware: String, _ cycles: inout [InterruptionRecord]) async throws {
    if commands.has(.reboot) {
      try await commands.run(.reboot, firmware: firmware)
    } else {
      try await device.reboot()
    }
    do {
      try await commands.waitUntilReady(device, firmware: firmware)
    } catch {
      try Task.checkCancellation()
      guard commands.has(.powerCycle) else { throw error }
      progress("\(device.name) did not come up (\(error)): cycling its power")
      let begun = ContinuousClock.now
      try await commands.run(.powerCycle, firmware: firmware)
      try await commands.waitUntilReady(device, firmware: firmware)
      cycles.append(
        InterruptionRecord(
          cause: "the device did not come up with \(firmware): \(error)", outcome: .powerCycled,
          powerCycles: 1, awaySeconds: (ContinuousClock.now - begun) / .seconds(1)))
    }
  }

  private func bootWorkEnds() async throws {
    let limit = commands.readyTimeout
    let deadline = ContinuousClock.now + limit
    while true {
      let made = try await device.exec(BootWork.script, timeout: .seconds(60))
      guard let unrest = BootWork.unrest(String(decoding: made.standardOutput, as: UTF8.self))
      else { return }
      if ContinuousClock.now >= deadline {
        throw RunError.notSettled(device: device.name, limit: limit, reason: unrest)
      }
      try await Task.sleep(for: .seconds(2))
    }
  }

  package func current() async throws -> any Device { device }

  package func recover() async throws -> Bool { try await commands.recover(device) }

  package func finish() async {}
}
