import Foundation
import HostTools
import Testing

@testable import VirtualDevices

@Suite("Image recipe")
struct ImageRecipeTests {
  /// Debian's packages had the kernel in /boot until 7.2, and have it beside its modules since.
  @Test(arguments: ["boot/vmlinuz-7.2.13-arm64", "usr/lib/modules/7.2.13-arm64/vmlinuz"])
  func theKernelIsFoundWhereverItsPackageHasIt(image: String) throws {
    let root = NSTemporaryDirectory() + "kernel-package-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: root) }
    for directory in ["boot", "usr/lib/modules/7.2.13-arm64/kernel"] {
      try FileManager.default.createDirectory(
        atPath: "\(root)/\(directory)", withIntermediateDirectories: true)
    }
    #expect(throws: VirtualDeviceError.self) { try KernelPackage(root: root) }
    try Data().write(to: URL(fileURLWithPath: "\(root)/\(image)"))
    let package = try KernelPackage(root: root)
    #expect(package.release == "7.2.13-arm64")
    #expect(package.imagePath == "\(root)/\(image)")
  }

  @Test func everyKernelHasItsOwnKey() {
    let keys = VirtualKernel.allCases.map { ImageRecipe(kernel: $0).key }
    #expect(Set(keys).count == VirtualKernel.allCases.count)
    #expect(keys == VirtualKernel.allCases.map { ImageRecipe(kernel: $0).key })
    for (kernel, key) in zip(VirtualKernel.allCases, keys) {
      #expect(key.hasPrefix("\(kernel.fileName)-"))
      #expect(key.count == kernel.fileName.count + 17)
    }
  }

  @Test func onlyTheFrozenSuiteIsPinned() {
    #expect(VirtualKernel.v5_10.package == "linux-image-5.10.0-32-arm64")
    #expect(VirtualKernel.v5_10armmp.package == "linux-image-5.10.0-32-armmp-lpae")
    #expect(VirtualKernel.v5_10armmp.suites == ["bullseye"])
    #expect(VirtualKernel.v5_10.suites == ["bullseye"])
    #expect(VirtualKernel.unstable.suites == ["sid"])
    #expect(VirtualKernel.v6_12.suites == ["bookworm", "bookworm-backports"])
  }
}

@Suite("Types of a kernel without BTF")
struct KernelTypesTests {
  /// An image of a kernel in a cache directory of its own, removed afterwards.
  private func withImage(
    _ kernel: VirtualKernel, _ body: (VirtualImage, _ cache: String) throws -> Void
  ) throws {
    let cache = NSTemporaryDirectory() + "images-\(UUID().uuidString)"
    let directory = "\(cache)/virtual/images/some-key"
    defer { try? FileManager.default.removeItem(atPath: cache) }
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let facts = VirtualImage.Facts(
      kernel: kernel, kernelRelease: "5.10.0-32-x", kernelDigest: "0123456789abcdef")
    try JSONEncoder().encode(facts).write(to: URL(fileURLWithPath: "\(directory)/image.json"))
    // An image of which a part is gone is none, nor is one with a file that never got its contents.
    for part in ["kernel", "initramfs.cpio.zst", "data.raw", "f2fs.raw"] {
      #expect(throws: VirtualDeviceError.self) { try VirtualImage(directory: directory) }
      try Data().write(to: URL(fileURLWithPath: "\(directory)/\(part)"))
      #expect(throws: VirtualDeviceError.self) { try VirtualImage(directory: directory) }
      try Data([1]).write(to: URL(fileURLWithPath: "\(directory)/\(part)"))
    }
    try body(try VirtualImage(directory: directory), cache)
  }

  @Test func areKeptByTheKernelsBuild() throws {
    try withImage(.v5_10armmp) { image, cache in
      let path = "\(cache)/virtual/btf/5.10.0-32-x-0123456789ab.btf"
      #expect(image.typesPath == path)
      #expect(try image.keepTypes([1, 2, 3], buildID: "abcd") == path)
      #expect(FileManager.default.contents(atPath: path) == Data([1, 2, 3]))
      #expect(try String(contentsOfFile: "\(path).build-id", encoding: .utf8) == "abcd\n")
      // The id of the types before would tie the new ones to a kernel they may not be of.
      try image.keepTypes([4], buildID: nil)
      #expect(FileManager.default.contents(atPath: path) == Data([4]))
      #expect(!FileManager.default.fileExists(atPath: "\(path).build-id"))
    }
  }

  @Test func areNotForAKernelThatTellsThem() throws {
    try withImage(.v6_1) { image, _ in
      #expect(image.typesPath == nil)
      #expect(throws: VirtualDeviceError.self) { try image.keepTypes([1], buildID: nil) }
    }
  }
}

@Suite("Kernel modules")
struct ModuleDependenciesTests {
  private let dependencies = ModuleDependencies(
    parsing: """
      kernel/fs/ext4/ext4.ko.xz: kernel/lib/crc16.ko.xz kernel/fs/mbcache.ko.xz
      kernel/fs/mbcache.ko.xz:
      kernel/lib/crc16.ko.xz:
      kernel/block/kyber-iosched.ko.xz:
      # Aliases extracted from modules themselves.
      alias fs-ext4 ext4
      softdep ext4 pre: crypto-crc32c
      """)

  @Test func whatIsNeededIsLoadedFirstAndOnce() {
    #expect(
      dependencies.loadingOrder(of: ["mbcache", "ext4", "ext4"]) == [
        "kernel/fs/mbcache.ko.xz", "kernel/lib/crc16.ko.xz", "kernel/fs/ext4/ext4.ko.xz",
      ])
  }

  @Test func dashAndUnderscoreAreOne() {
    #expect(
      dependencies.loadingOrder(of: ["kyber_iosched"]) == ["kernel/block/kyber-iosched.ko.xz"])
    #expect(
      dependencies.loadingOrder(of: ["kyber-iosched"]) == ["kernel/block/kyber-iosched.ko.xz"])
  }

  @Test func builtInModulesAddNothing() {
    #expect(dependencies.loadingOrder(of: ["virtio_pci"]).isEmpty)
  }

  @Test func dependencyFileNamesUncompressedModules() {
    let modules = dependencies.loadingOrder(of: ["ext4"])
    #expect(
      dependencies.dependencyFile(for: modules) == """
        kernel/fs/ext4/ext4.ko: kernel/lib/crc16.ko kernel/fs/mbcache.ko
        kernel/fs/mbcache.ko:
        kernel/lib/crc16.ko:

        """)
  }
}

@Suite("cpio archive")
struct CpioArchiveTests {
  @Test func bytesOfAnArchive() {
    var archive = CpioArchive()
    archive.addFile("a/b", Array("hello".utf8), mode: 0o755)
    archive.addLink("a/l", to: "b")
    archive.addCharacterDevice("c", major: 5, minor: 1, mode: 0o600)
    let zeros = "00000000"
    let expected =
      "070701" + "00000001" + "000041ED" + zeros + zeros + "00000002" + zeros + zeros + zeros
      + zeros + zeros + zeros + "00000002" + zeros + "a\0"
      + "070701" + "00000002" + "000081ED" + zeros + zeros + "00000001" + zeros + "00000005"
      + zeros + zeros + zeros + zeros + "00000004" + zeros + "a/b\0\0\0" + "hello\0\0\0"
      + "070701" + "00000003" + "0000A1FF" + zeros + zeros + "00000001" + zeros + "00000001"
      + zeros + zeros + zeros + zeros + "00000004" + zeros + "a/l\0\0\0" + "b\0\0\0"
      + "070701" + "00000004" + "00002180" + zeros + zeros + "00000001" + zeros + zeros
      + zeros + zeros + "00000005" + "00000001" + "00000002" + zeros + "c\0"
      + "070701" + zeros + zeros + zeros + zeros + "00000001" + zeros + zeros
      + zeros + zeros + zeros + zeros + "0000000B" + zeros + "TRAILER!!!\0\0\0\0"
    #expect(String(decoding: archive.finished(), as: UTF8.self) == expected)
  }
}

@Suite("Scripts of the device")
struct GuestScriptsTests {
  @Test(arguments: [GuestScripts.initialise, GuestScripts.getprop, GuestScripts.reboot])
  func shellParsesThem(_ script: String) async throws {
    let shell = HostTool(name: "sh", package: "dash")
    let outcome = try await shell.run(["-n", "-c", script])
    #expect(outcome.isSuccess)
    #expect(outcome.log == "")
    #expect(script.hasPrefix("#!/bin/busybox sh\n"))
  }

  @Test func initPrintsTheMarkerThatTheHostWaitsFor() {
    #expect(GuestScripts.initialise.contains("echo \"\(GuestScripts.readyMarker) $uptime\""))
  }

  @Test func initReadsEveryWordTheHostWrites() {
    for word in ["latgate.privilege=", "latgate.scheduler=", "latgate.firmware="] {
      #expect(GuestScripts.initialise.contains("\(word)*)"))
    }
  }

  @Test func shellOfAUserBuildMayReadTracefsOnly() {
    #expect(GuestFiles.group.contains("readtracefs:x:3012:shell\n"))
    #expect(GuestFiles.passwd.contains("shell:x:2000:2000:"))
    #expect(!GuestFiles.group.contains("root:x:0:shell"))
  }
}
