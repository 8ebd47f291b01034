import Foundation
import HostTools

/// A way in which kernels and their parts are compressed, and the program that unpacks it.
struct Compression: Sendable {
  let program: HostTool
  private let arguments: [String]
  /// The first bytes of what was compressed.
  private let magic: [UInt8]
  /// More bytes that identify it, at a later offset.
  private let more: (offset: Int, bytes: [UInt8])?

  private init(
    _ program: HostTool, _ magic: [UInt8], _ arguments: [String] = ["-dc"],
    more: (offset: Int, bytes: [UInt8])? = nil
  ) {
    self.program = program
    self.magic = magic
    self.arguments = arguments
    self.more = more
  }

  private static let lz4 = HostTool(name: "lz4", package: "lz4")

  static let all = [
    Compression(HostTool(name: "gzip", package: "gzip"), [0x1f, 0x8b, 0x08]),
    Compression(.xz, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]),
    Compression(.zstd, [0x28, 0xb5, 0x2f, 0xfd]),
    Compression(lz4, [0x04, 0x22, 0x4d, 0x18]),
    // The old format, which kernels still use.
    Compression(lz4, [0x02, 0x21, 0x4c, 0x18]),
    Compression(
      HostTool(name: "bzip2", package: "bzip2"), Array("BZh".utf8),
      more: (4, [0x31, 0x41, 0x59, 0x26, 0x53, 0x59])),
    // Properties as every packer sets them, a size of 32 bits, or none that is known.
    Compression(
      .xz, [0x5d, 0x00, 0x00], ["--format=lzma", "-dc"], more: (9, [0xff, 0xff, 0xff, 0xff])),
    Compression(
      .xz, [0x5d, 0x00, 0x00], ["--format=lzma", "-dc"], more: (9, [0x00, 0x00, 0x00, 0x00])),
    Compression(
      HostTool(name: "lzop", package: "lzop"),
      [0x89, 0x4c, 0x5a, 0x4f, 0x00, 0x0d, 0x0a, 0x1a, 0x0a]),
  ]

  /// Whether data is of this kind, by its first bytes.
  func begins(_ data: Data) -> Bool { matches(data, at: data.startIndex) }

  private func matches(_ data: Data, at place: Int) -> Bool {
    func has(_ bytes: [UInt8], _ place: Int) -> Bool {
      data.endIndex - place >= bytes.count
        && data[place..<(place + bytes.count)].elementsEqual(bytes)
    }
    return has(magic, place) && more.map { has($0.bytes, place + $0.offset) } ?? true
  }

  /// Where data of this kind may begin, at most so many places; the bytes also occur by chance.
  func places(in data: Data, most: Int) -> [Int] {
    var found: [Int] = []
    var at = data.startIndex
    while found.count < most, let hit = data.range(of: Data(magic), in: at..<data.endIndex) {
      at = hit.lowerBound + 1
      if matches(data, at: hit.lowerBound) { found.append(hit.lowerBound) }
    }
    return found
  }

  /// Unpacks a file to one of at most `limit` bytes. What follows the packed data, such as a device
  /// tree, makes the program fail at its end: what it wrote until then is there all the same.
  func unpack(_ path: String, to target: String, limit: Int) async throws -> HostTool.Outcome {
    try await program.run(arguments + [path], outputPath: target, outputLimit: limit)
  }

  /// Unpacks a small file, the user's own.
  func unpack(_ path: String) async throws -> [UInt8] {
    do {
      let outcome = try await program.run(arguments + [path])
      guard outcome.isSuccess else { throw failed(path, outcome) }
      return outcome.output
    } catch HostToolError.tooMuchOutput(_, let limit) {
      throw KernelBTFError.unusable(
        path: path, reason: "it unpacks to more than \(limit >> 20) MiB",
        remedy: "give the file that was packed")
    }
  }

  /// The error for a file that cannot be unpacked.
  func failed(_ path: String, _ outcome: HostTool.Outcome) -> KernelBTFError {
    .unusable(
      path: path, reason: "\(program.name) cannot unpack it: \(outcome.log)",
      remedy: "copy the file again")
  }
}
