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
      return "\(error.exitCode) \(error)".replacing(fixture.directory + "/", with: "")
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
        (fixture.directory, "65 \(fixture.directory): is a directory"),
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

  /// A small file that stands for a huge one, as a whole or inside an image: its packer is stopped.
  @Test func whatUnpacksToTooMuchIsRefused() async throws {
    try await withFixture { fixture in
      var reader = fixture.reader
      reader.unpackedLimit = 8 << 20
      let reason = "it unpacks to more than 8 MiB, which no kernel has"
      func refusal(_ path: String) async -> String {
        do {
          _ = try await reader.read(path)
          return "read"
        } catch {
          return "\(error)"
        }
      }
      let zeros = try fixture.write([UInt8](repeating: 0, count: 64 << 20), to: "zeros")
      for packer in ["gzip", "xz", "zstd", "bzip2", "lz4", "lzop"] {
        try fixture.run("sh", ["-c", "\(packer) -c '\(zeros)' >'\(fixture.path("packed"))'"])
        #expect(await refusal(fixture.path("packed")).contains(reason), "\(packer)")
      }
      // Each is small enough, and both together are not.
      try fixture.run("sh", ["-c", "head -c 6M '\(zeros)' | gzip >'\(fixture.path("part"))'"])
      let part = Array(try Data(contentsOf: URL(fileURLWithPath: fixture.path("part"))))
      var head = [UInt8](repeating: 0, count: 4096)
      head.replaceSubrange(0x24..<0x28, with: [0x18, 0x28, 0x6f, 0x01])
      let one = try fixture.write(head + part + head, to: "one")
      #expect(await refusal(one).contains("without BTF"))
      let two = try fixture.write(head + part + head + part + head, to: "two")
      #expect(await refusal(two).contains(reason))
    }
  }

  /// An arm64 Image with types among its constants, its own notes, and a vDSO with notes of its
  /// own.
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

  /// As boot loaders take kernels: packed in every way, with a device tree or padding behind them.
  @Test(arguments: [
    ["gzip", "-9"], ["xz", "--check=crc32"], ["xz", "--format=lzma"], ["zstd", "-q"],
    ["lz4", "-lq"],
    ["lz4", "-q"], ["bzip2"],
  ])
  func readsPackedKernelsWithMoreBehindThem(packer: [String]) async throws {
    try await withFixture { fixture in
      let many = (0..<1100).map { "struct s\($0) { int x; } v\($0);\n" }.joined()
      let btf = try fixture.btf(Fixture.kernel + many)
      let image = try fixture.write(try image(fixture, btf: btf), to: "Image")
      try fixture.run(
        "sh", ["-c", "\(packer.joined(separator: " ")) -c \(image) > \(image).packed"])
      let packed = [UInt8](try Data(contentsOf: URL(fileURLWithPath: image + ".packed")))
      let tree: [UInt8] =
        [0xd0, 0x0d, 0xfe, 0xed, 0, 0, 1, 0] + [UInt8](repeating: 7, count: 248)
      let padding = [UInt8](repeating: 0, count: 4096)
      // A FIT image is a device tree whose properties hold the kernel.
      let wholes = [packed, packed + tree, packed + padding, tree + packed + tree]
      for (index, whole) in wholes.enumerated() {
        let kernel = try await fixture.reader.read(try fixture.write(whole, to: "whole"))
        #expect(kernel.types.bytes == btf, "\(packer) \(index)")
        #expect(kernel.buildID == Self.id, "\(packer) \(index)")
      }
      let half = try fixture.write(packed.prefix(packed.count / 2), to: "half")
      #expect(await refusal(fixture, half).hasSuffix(" again"))
    }
  }

  @Test func namesWhatHoldsNoKernelsTypes() async throws {
    try await withFixture { fixture in
      let tree: [UInt8] = [0xd0, 0x0d, 0xfe, 0xed] + [UInt8](repeating: 7, count: 248)
      #expect(
        await refusal(fixture, try fixture.write(tree, to: "fit.itb"))
          == "65 fit.itb: a FIT image or device tree without BTF; give the vmlinux of the build, or "
          + "build with CONFIG_DEBUG_INFO_BTF=y")
      let zip = Array("PK".utf8) + [3, 4] + [UInt8](repeating: 0, count: 40)
      #expect(
        await refusal(fixture, try fixture.write(zip, to: "boot.zip"))
          == "65 boot.zip: a zip archive: unpack it first; give BTF, or the vmlinux of the build")
      // A module's types, as the kernel shows them: its names continue where the kernel's end.
      var module = try fixture.btf()
      let strings = 24 + Int(module[16]) + Int(module[17]) << 8 + Int(module[18]) << 16
      module[strings] = UInt8(ascii: "x")
      #expect(
        await refusal(fixture, try fixture.write(module, to: "binder"))
          == "65 binder: BTF of a kernel module: its types build on those of other BTF; give the "
          + "kernel's own: its vmlinux, or /sys/kernel/btf/vmlinux")
    }
  }

  /// Newer BTF has a header of 32 bytes, with one more part.
  @Test func readsLongerHeaders() async throws {
    try await withFixture { fixture in
      let short = try fixture.btf()
      var long: [UInt8] = Array(short[0..<4]) + [32, 0, 0, 0]
      long += short[8..<24]
      // Where the new part is, after all others, and its size.
      let end = short.count - 24
      long += [UInt8(end & 0xff), UInt8(end >> 8 & 0xff), UInt8(end >> 16 & 0xff), 0, 4, 0, 0, 0]
      long += short[24...]
      long += [0, 0, 0, 0]
      let kernel = try await fixture.reader.read(try fixture.write(long, to: "long.btf"))
      #expect(kernel.types.arguments(of: "sched_switch") == 2)
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
