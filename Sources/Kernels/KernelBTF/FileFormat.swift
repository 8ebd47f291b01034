import Foundation
import KernelTypes

/// What a file is, by its first bytes.
enum FileFormat: Sendable {
  case btf
  case elf
  case compressed(Compression)
  /// A kernel as a boot loader takes it; the name is for people.
  case image(String)
  /// Anything else; the text is for people.
  case other(String)

  /// What a kernel may be packed into, by its first bytes.
  private static let containers: [(magic: [UInt8], name: String)] = [
    (Array("PK".utf8) + [3, 4], "a zip archive"), (Array("!<arch>\n".utf8), "a Debian package"),
    ([0xed, 0xab, 0xee, 0xdb], "an RPM package"),
    (Array("CrAU".utf8), "an Android update (payload.bin)"),
    ([0x3a, 0xff, 0x26, 0xed], "an Android sparse image"), (Array("hsqs".utf8), "a squashfs image"),
    (Array("0707".utf8), "a cpio archive"),
    (Array("VNDRBOOT".utf8), "a vendor boot image, without a kernel"),
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
    } else if let compression = Compression.all.first(where: { $0.begins(data) }) {
      self = .compressed(compression)
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
    } else if has([0xd0, 0x0d, 0xfe, 0xed]) {
      self = .image("a FIT image or device tree")
    } else if let (_, name) = Self.containers.first(where: { has($0.magic) }) {
      self = .other("\(name): unpack it first")
    } else if has("ustar", at: 257) {
      self = .other("a tar archive: unpack it first")
    } else {
      self = .other(data.isEmpty ? "empty" : "neither BTF, nor ELF, nor a kernel image")
    }
  }
}
