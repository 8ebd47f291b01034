import Foundation
import Testing

@testable import VirtualDevices

@Suite("Virtual firmware")
struct VirtualFirmwareTests {
  @Test func missingKeysGetDefaults() throws {
    let text = #"{"kernel":"6.12","data":{"iops":200},"privilege":"shell"}"#
    let firmware = try JSONDecoder().decode(VirtualFirmware.self, from: Data(text.utf8))
    #expect(
      firmware
        == VirtualFirmware(kernel: .v6_12, data: DiskLimits(iops: 200), privilege: .shell))
    #expect(firmware.cpus == 2)
    #expect(firmware.memoryMiB == 1024)
    #expect(firmware.timing == .counted)
  }

  @Test func encodingKeepsEverything() throws {
    let firmware = VirtualFirmware(
      kernel: .v6_1rt, commandLine: "init_on_alloc=1", cpus: 3, memoryMiB: 700,
      data: DiskLimits(iops: 1), f2fs: DiskLimits(bytesPerSecond: 4096), scheduler: .bfq,
      privilege: .shell, timing: .hostClock)
    let data = try JSONEncoder().encode(firmware)
    #expect(try JSONDecoder().decode(VirtualFirmware.self, from: data) == firmware)
  }

  @Test(arguments: [#"{"kernel":"6.6"}"#, #"{"scheduler":"deadline"}"#, #"{"cpus":"2"}"#])
  func unknownValuesAreRefused(_ text: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(VirtualFirmware.self, from: Data(text.utf8))
    }
  }

  @Test func filesOfItsOwnComeBeforeTheImage() throws {
    let directory = FileManager.default.temporaryDirectory
      .appending(path: "guest-files-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let image = directory.appending(path: "image").path
    try Data("image".utf8).write(to: URL(fileURLWithPath: image))
    let files = [GuestFile(path: "etc/init.d/S1", content: Array("go".utf8), mode: 0o755)]
    let whole = directory.appending(path: "whole").path
    try files.prepend(to: image, as: whole)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: whole))
    #expect(bytes.starts(with: Array("070701".utf8)))
    #expect(bytes.suffix(5) == Data("image".utf8))
    // The kernel looks for the next archive at a multiple of four.
    #expect((bytes.count - 5).isMultiple(of: 4))
    #expect([GuestFile]().digest == nil)
    let other = [GuestFile(path: "etc/init.d/S1", content: Array("no".utf8), mode: 0o755)]
    #expect(files.digest != other.digest)
  }

  @Test func linesAtBootAreAServiceThatReportsItsFailure() {
    let service = GuestFile.bootScript("echo 1 >/proc/one\nfalse\n")
    #expect(service.path == "etc/init.d/S40at-boot")
    #expect(service.mode == 0o755)
    let text = String(decoding: service.content, as: UTF8.self)
    #expect(text.hasPrefix("#!/bin/busybox sh\n[ \"$1\" = start ] || exit 0\n"))
    #expect(text.contains("\nset -e\necho 1 >/proc/one\nfalse\n\n)\ncode=$?\n"))
    #expect(text.hasSuffix("\necho \"latgate.at_boot=$code\" >>/etc/latgate/properties\n"))
  }

  @Test func identifierDependsOnSettingsAndKernelBuild() throws {
    let build = "6.1.0-50-arm64-0123456789ab"
    let standard = try VirtualFirmware().identifier(kernelBuild: build)
    #expect(standard == "virtual-6.1-e54a5d12246a")
    #expect(try VirtualFirmware().identifier(kernelBuild: build) == standard)
    #expect(try VirtualFirmware(cpus: 1).identifier(kernelBuild: build) != standard)
    #expect(try VirtualFirmware().identifier(kernelBuild: build + "c") != standard)
  }

  @Test(arguments: [
    (VirtualFirmware(cpus: 0), "cpus"),
    (VirtualFirmware(cpus: 9), "cpus"),
    (VirtualFirmware(kernel: .v5_10armmp, cpus: 2), "cpus"),
    (VirtualFirmware(memoryMiB: 255), "memoryMiB"),
    (VirtualFirmware(memoryMiB: 8193), "memoryMiB"),
    (VirtualFirmware(data: DiskLimits(iops: 0)), "data.iops"),
    (VirtualFirmware(f2fs: DiskLimits(bytesPerSecond: 4095)), "f2fs.bytesPerSecond"),
    (VirtualFirmware(commandLine: "quiet\nrdinit=/x"), "commandLine"),
    (VirtualFirmware(commandLine: "quiet rdinit=/bin/sh"), "commandLine"),
    (VirtualFirmware(commandLine: "console=tty0"), "commandLine"),
    (VirtualFirmware(commandLine: "latgate.privilege=root"), "commandLine"),
    (VirtualFirmware(commandLine: "quiet -- x"), "commandLine"),
    (VirtualFirmware(commandLine: "naïve=1"), "commandLine"),
    (VirtualFirmware(commandLine: String(repeating: "a", count: 1801)), "commandLine"),
  ])
  func badValuesAreRefused(_ firmware: VirtualFirmware, _ field: String) throws {
    let error = try #require(throws: VirtualDeviceError.self) { try firmware.validate() }
    guard case .invalidValue(field, _, _) = error else {
      Issue.record("\(error) does not name \(field)")
      return
    }
  }

  @Test(arguments: ["", "slub_debug=FZPU init_on_alloc=1", "nosmp maxcpus=1", "initcall_debug"])
  func usefulCommandLinesPass(_ commandLine: String) throws {
    try VirtualFirmware(commandLine: commandLine).validate()
  }

  @Test(arguments: [
    VirtualFirmware(kernel: .v5_10armmp, cpus: 1),
    VirtualFirmware(kernel: .v5_10armmp, cpus: 2, timing: .hostClock),
  ])
  func a32BitKernelHasOneCPUOrTheHostsClock(_ firmware: VirtualFirmware) throws {
    try firmware.validate()
  }
}
