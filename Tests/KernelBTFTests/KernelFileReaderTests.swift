import Foundation
import KernelBTF
import KernelTypes
import ProbeBuild
import Testing

@Suite struct KernelFileReaderTests {
  private static let id = String(repeating: "ab", count: 20)

  /// The error that reading a file gives, as its words and its exit code.
  private func refusal(_ fixture: Fixture, _ path: String, id: String? = nil) async -> String {
    do {
      _ = try await fixture.reader.read(path, buildID: id)
      return "accepted"
    } catch let error as KernelBTFError {
      return "\(error.exitCode) \(error)".replacing(fixture.folder + "/", with: "")
    } catch {
      return "\(error)"
    }
  }

  @Test func readsBareBTF() async throws {
    try await withFixture { fixture in
      let path = try fixture.write(try fixture.btf(), to: "kernel.btf")
      let kernel = try await fixture.reader.read(path)
      #expect(kernel.origin == .btf)
      #expect(kernel.buildID == nil)
      #expect(kernel.abi == .arm64)
      #expect(kernel.types.arguments(of: "sched_switch") == 2)
      #expect(try kernel.isProven(against: Self.id, of: "phone") == false)
      try fixture.run("gzip", ["-k", path])
      #expect(try await fixture.reader.read(path + ".gz").types.bytes == kernel.types.bytes)
    }
  }

  @Test func takesABuildIDFromBeside() async throws {
    try await withFixture { fixture in
      let path = try fixture.write(try fixture.btf(), to: "k.btf")
      #expect(try await fixture.reader.read(path, buildID: Self.id).buildID == Self.id)
      _ = try fixture.write("\(Self.id.uppercased())\n".utf8, to: "k.btf.build-id")
      let kernel = try await fixture.reader.read(path)
      #expect(kernel.buildID == Self.id)
      #expect(try kernel.isProven(against: Self.id, of: "phone"))
      let other = String(repeating: "cd", count: 20)
      #expect(throws: KernelBTFError.self) { try kernel.isProven(against: other, of: "phone") }
      #expect(
        await refusal(fixture, path, id: other)
          == "65 k.btf belongs to the kernel with build-id \(Self.id), not \(other) as "
          + "--btf-build-id or btf_build_id says; correct the one or the other")
      #expect(await refusal(fixture, path, id: "abc").hasPrefix("65 k.btf: 'abc' is no build-id"))
      _ = try fixture.write("see release notes\n".utf8, to: "k.btf.build-id")
      #expect(
        await refusal(fixture, path)
          .hasPrefix("65 k.btf.build-id: 'see release notes' is no build-id"))
    }
  }

  @Test func readsAVmlinux() async throws {
    try await withFixture { fixture in
      let path = try fixture.vmlinux()
      let kernel = try await fixture.reader.read(path)
      #expect(kernel.origin == .dwarf)
      #expect(kernel.buildID == Self.id)
      #expect(kernel.types.arguments(of: "sched_switch") == 2)
      #expect(kernel.types.type(named: "vfs_sync", .function) != nil)
      // Kept for the next time, when nothing is asked of the file but its notes.
      #expect(fixture.cache.find("kernel-\(Self.id).btf") != nil)
      #expect(try await fixture.reader.read(path).types.bytes == kernel.types.bytes)
      let btf = try fixture.write(kernel.types.bytes, to: "types")
      try fixture.run("objcopy", ["--strip-debug", "--add-section", ".BTF=\(btf)", path])
      let carrier = try await fixture.reader.read(path)
      #expect(carrier.origin == .vmlinux)
      #expect(carrier.buildID == Self.id)
      #expect(carrier.types.bytes == kernel.types.bytes)
    }
  }

  @Test func refusesOtherFilesByName() async throws {
    try await withFixture { fixture in
      let object = try fixture.object()
      let stripped = try fixture.vmlinux()
      try fixture.run("objcopy", ["--strip-debug", stripped])
      let user = try fixture.write(
        try fixture.btf("struct other { int x; } other;"), to: "other.btf")
      let tar = [UInt8](repeating: 0, count: 257) + Array("ustar".utf8)
      let cases = [
        (fixture.path("absent"), "65 absent: no such file"),
        (fixture.folder, "65 \(fixture.folder): is a folder"),
        (try fixture.write([], to: "nil"), "65 nil: empty; give BTF, or the vmlinux of the build"),
        (
          try fixture.write("hello".utf8, to: "text"),
          "65 text: neither BTF, nor ELF, nor a kernel image; give BTF, or the vmlinux of the build"
        ),
        (
          try fixture.write(tar, to: "tar"),
          "65 tar: a tar archive: unpack it first; give BTF, or the vmlinux of the build"
        ),
        (
          object.path,
          "65 small.bpf.o: a BPF object, not a kernel; give the vmlinux of the build"
        ),
        (
          stripped,
          "65 vmlinux: an ELF file with neither BTF nor DWARF; give the unstripped vmlinux, or "
            + "build with CONFIG_DEBUG_INFO_BTF=y"
        ),
        (
          user,
          "65 other.btf: BTF, but not of a kernel: it has no struct task_struct; give the kernel's "
            + "vmlinux or its /sys/kernel/btf/vmlinux"
        ),
      ]
      for (path, words) in cases { #expect(await refusal(fixture, path) == words) }
    }
  }

  @Test func refusesTruncatedFiles() async throws {
    try await withFixture { fixture in
      let btf = try fixture.btf()
      for count in [2, 10, 23, 24, btf.count / 4, btf.count / 2, btf.count - 1] {
        let path = try fixture.write(btf.prefix(count), to: "cut.btf")
        #expect(await refusal(fixture, path).hasPrefix("65 cut.btf: damaged BTF: "), "\(count)")
      }
      let elf = try Data(contentsOf: URL(fileURLWithPath: try fixture.vmlinux()))
      for count in [4, 63, elf.count / 2, elf.count - 1] {
        let path = try fixture.write(elf.prefix(count), to: "cut")
        #expect(await refusal(fixture, path).hasPrefix("65 cut: damaged ELF: "), "\(count)")
      }
      let path = try fixture.write(btf, to: "k.btf")
      try fixture.run("gzip", [path])
      let packed = try Data(contentsOf: URL(fileURLWithPath: path + ".gz"))
      let cut = try fixture.write(packed.prefix(packed.count / 2), to: "k.gz")
      #expect(await refusal(fixture, cut).hasPrefix("65 k.gz: gzip cannot unpack it: "))
    }
  }

  /// An arm64 Image with types among its constants, its own notes, and a vDSO with notes of its own.
  private func image(_ fixture: Fixture, btf: [UInt8]) throws -> [UInt8] {
    func note(_ byte: UInt8) -> [UInt8] {
      [4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0] + Array("GNU\0".utf8)
        + [UInt8](repeating: byte, count: 20)
    }
    var head = [UInt8](repeating: 0, count: 64)
    head.replaceSubrange(56..<60, with: Array("ARMd".utf8))
    let library = try Data(contentsOf: URL(fileURLWithPath: try fixture.vmlinux(id: "cd")))
    return head + [UInt8](repeating: 0x55, count: 4096) + note(0xab) + Array(library) + btf
      + [UInt8](repeating: 0xaa, count: 2 << 20)
  }

  @Test func findsTypesInImages() async throws {
    try await withFixture { fixture in
      let many = (0..<1100).map { "struct s\($0) { int x; } v\($0);\n" }.joined()
      let btf = try fixture.btf(Fixture.kernel + many)
      let image = try image(fixture, btf: btf)
      let plain = try await fixture.reader.read(try fixture.write(image, to: "Image"))
      #expect(plain.origin == .image)
      #expect(plain.types.bytes == btf)
      #expect(plain.buildID == Self.id)
      // Packed as a zImage has it: a stream in the middle, more bytes after it.
      var head = [UInt8](repeating: 0, count: 4096)
      head.replaceSubrange(0x24..<0x28, with: [0x18, 0x28, 0x6f, 0x01])
      try fixture.run("gzip", ["-k", fixture.path("Image")])
      let packed = try Data(contentsOf: URL(fileURLWithPath: fixture.path("Image.gz")))
      let zImage = try fixture.write(head + Array(packed) + head, to: "zImage")
      let inside = try await fixture.reader.read(zImage)
      #expect(inside.types.bytes == btf)
      #expect(inside.buildID == Self.id)
    }
  }

  @Test func saysWhenAnImageHasNone() async throws {
    try await withFixture { fixture in
      let path = try fixture.write(try image(fixture, btf: []), to: "Image")
      #expect(
        await refusal(fixture, path)
          == "65 Image: an arm64 kernel image without BTF; give the vmlinux of the build, or build "
          + "with CONFIG_DEBUG_INFO_BTF=y")
    }
  }
}
