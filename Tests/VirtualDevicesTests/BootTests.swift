import Foundation
import HostTools
import Testing

@testable import VirtualDevices

/// Boots real machines: needs QEMU, and the network when no image is in the cache.
@Suite(
  "Booting",
  .enabled(
    if: ProcessInfo.processInfo.environment["LATGATE_E2E"] == "1",
    "set LATGATE_E2E=1 to boot virtual devices"),
  .enabled(
    if: (try? HostTool.qemu(.arm64).requirePresence()) != nil,
    "needs the Debian package qemu-system-arm"),
  .serialized)
struct BootTests {
  @Test(arguments: [VirtualKernel.v5_10, .v6_1, .v6_12, .v5_10armmp])
  func bootFindStop(_ kernel: VirtualKernel) async throws {
    let name = "test-\(UUID().uuidString.prefix(8))"
    let firmware = VirtualFirmware(
      kernel: kernel, cpus: kernel.architecture == .armhf ? 1 : 2, data: DiskLimits(iops: 500))
    let machine = try await VirtualMachine.boot(firmware: firmware, name: name)
    #expect(machine.isRunning)
    #expect(machine.readyCount == 1)
    #expect(machine.bootDuration != nil)
    #expect(machine.state.kernelRelease.hasPrefix(kernel.rawValue.prefix { $0 != "-" }))

    let found = try VirtualMachine.find(name)
    #expect(found.state.process == machine.state.process)
    #expect(found.state.firmware == firmware)
    #expect(try VirtualMachine.list().map(\.name).contains(name))
    await #expect(
      throws: VirtualDeviceError.nameInUse(name: name, processID: machine.processID)
    ) {
      try await VirtualMachine.boot(firmware: firmware, name: name)
    }
    await #expect(throws: VirtualDeviceError.portInUse(port: machine.state.port)) {
      try await VirtualMachine.boot(firmware: firmware, name: "x\(name)", port: machine.state.port)
    }

    try await machine.powerCycle(timeout: .seconds(120))
    #expect(machine.readyCount == 2)

    try await found.stop()
    #expect(!machine.isRunning)
    #expect(throws: VirtualDeviceError.notRunning(name: name)) { try VirtualMachine.find(name) }
    // It ended well and was this process's alone: nothing of it is left.
    #expect(!FileManager.default.fileExists(atPath: machine.directory.path))
    // Stopping twice is no error.
    try await machine.stop()
  }

  @Test func aBootThatTakesTooLongIsEnded() async throws {
    let name = "test-\(UUID().uuidString.prefix(8))"
    let error = try await #require(throws: VirtualDeviceError.self) {
      try await VirtualMachine.boot(
        firmware: VirtualFirmware(), name: name, lifetime: .detached, timeout: .milliseconds(1))
    }
    guard case .bootTimedOut(name, .milliseconds(1), let log, _) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(FileManager.default.fileExists(atPath: log))
    #expect(throws: VirtualDeviceError.notRunning(name: name)) { try VirtualMachine.find(name) }
  }
}
