import Foundation
import HostTools
import KernelTypes

/// What a file is, by its first bytes.
enum FileFormat: Sendable {
  case btf
  case elf
  /// To be unpacked by this program with `-dc`.
  case compressed(HostTool)
  /// A kernel as a boot loader takes it; the name is for people.
  case image(String)
  /// Anything else; the text is for people.
  case other(String)

  /// Magic bytes and the program that unpacks what begins with them.
  static let compressions: [(magic: [UInt8], program: HostTool)] = [
    ([0x1f, 0x8b, 0x08], HostTool(name: "gzip", package: "gzip")),
    ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], .xz),
    ([0x28, 0xb5, 0x2f, 0xfd], .zstd),
    ([0x04, 0x22, 0x4d, 0x18], HostTool(name: "lz4", package: "lz4")),
    ([0x02, 0x21, 0x4c, 0x18], HostTool(name: "lz4", package: "lz4")),
  ]

  init(_ data: Data) {
    func has(_ bytes: [UInt8], at offset: Int = 0) -> Bool {
      data.count >= offset + bytes.count
        && data[offset..<(offset + bytes.count)].elementsEqual(bytes)
    }
    func has(_ text: String, at offset: Int = 0) -> Bool { has(Array(text.utf8), at: offset) }
    if has(BTFTypes.magic) || has(Array(BTFTypes.magic.reversed())) {
      self = .btf
    } else if has(ELFReader.magic) {
      self = .elf
    } else if let (_, program) = Self.compressions.first(where: { has($0.magic) }) {
      self = .compressed(program)
    } else if has("ARMd", at: 56) {
      self = .image("an arm64 kernel image")
    } else if has([0x18, 0x28, 0x6f, 0x01], at: 0x24) {
      self = .image("an ARM zImage")
    } else if has("HdrS", at: 0x202) {
      self = .image("an x86 bzImage")
    } else if has("MZ"), has("zimg", at: 4) {
      self = .image("an EFI kernel image")
    } else if has("ANDROID!") {
      self = .image("an Android boot image")
    } else if has([0x27, 0x05, 0x19, 0x56]) {
      self = .image("a U-Boot image")
    } else if has("ustar", at: 257) {
      self = .other("a tar archive: unpack it first")
    } else {
      self = .other(data.isEmpty ? "empty" : "neither BTF, nor ELF, nor a kernel image")
    }
  }
}
