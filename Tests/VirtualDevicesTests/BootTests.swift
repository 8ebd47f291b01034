import Foundation
import Testing

@testable import VirtualDevices

/// Boots real machines: needs QEMU, and the network when no image is in the cache.
@Suite(
  "Booting",
  .enabled(
    if: ProcessInfo.processInfo.environment["LATGATE_E2E"] == "1",
    "set LATGATE_E2E=1 to boot virtual devices"),
  .enabled(
    if: (try? HostTool.qemu.requirePresence()) != nil, "needs the Debian package qemu-system-arm"),
  .serialized)
struct BootTests {
  @Test(arguments: [VirtualKernel.v5_10, .v6_1, .v6_12])
  func bootFindStop(_ kernel: VirtualKernel) async throws {
    let name = "test-\(UUID().uuidString.prefix(8))"
    let firmware = VirtualFirmware(kernel: kernel, data: DiskLimits(iops: 500))
    let machine = try await VirtualMachine.boot(firmware: firmware, name: name)
    #expect(machine.isRunning)
    #expect(machine.readyCount == 1)
    #expect(machine.bootDuration != nil)
    #expect(machine.state.kernelRelease.hasPrefix(kernel.rawValue))

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
    #expect(FileManager.default.fileExists(atPath: machine.logPath))
    #expect(!FileManager.default.fileExists(atPath: "\(machine.folder.path)/data.raw"))
    // Stopping twice is no error.
    try await machine.stop()
  }

  @Test func aKernelThatPanicsIsReportedWithItsConsole() async throws {
    let name = "test-\(UUID().uuidString.prefix(8))"
    let firmware = VirtualFirmware(kernel: .v6_1, commandLine: "init_on_alloc=1 mem=96M")
    let error = try await #require(throws: VirtualDeviceError.self) {
      try await VirtualMachine.boot(firmware: firmware, name: name)
    }
    guard case .kernelPanic(name, _, let tail) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(tail.contains("Kernel panic - not syncing"))
    #expect(throws: VirtualDeviceError.notRunning(name: name)) { try VirtualMachine.find(name) }
  }
}
