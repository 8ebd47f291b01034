import Foundation
import KernelTypes

/// A location of a USDT probe (user statically-defined tracing): an instruction that does nothing until
/// a breakpoint is set there, as a note of type 3 named `stapsdt` describes it.
package struct USDTLocation: Sendable, Equatable {
  package var provider: String
  package var name: String
  /// Of the instruction, before the file is moved to where it is loaded.
  package var address: UInt64
  /// Of the counter of those who listen, without which the program passes over the probe; nil = none.
  package var semaphore: UInt64?
  /// Where each argument is, as the note has it, such as `-4@%edi`.
  package var arguments: [String]

  /// The name in lines: `provider:name`.
  package var fullName: String { "\(provider):\(name)" }
}

extension USDTLocation {
  static let section = ".note.stapsdt"
  static let baseSection = ".stapsdt.base"
  private static let noteType = 3
  /// Bytes of notes that are looked through; libstdc++ and the JVM have less than 100 KB.
  private static let mostBytes = 16 << 20

  /// The locations in a file's notes, in their order.
  ///
  /// - Parameter file: any file at all.
  /// - Returns: empty for a file without such notes.
  /// - Throws: `MalformedError`.
  static func all(in file: ELFReader) throws(MalformedError) -> [Self] {
    var found: [Self] = []
    let base = file.section(baseSection)?.address
    for section in file.sections where section.name == Self.section {
      guard section.range.count <= mostBytes else {
        throw MalformedError(reason: "\(section.range.count) bytes of USDT notes are too many")
      }
      found += try all(inNotes: file.contents(of: section), word: file.wordSize, base: base)
    }
    return found
  }

  /// The locations in notes.
  ///
  /// - Parameters:
  ///   - bytes: notes: sizes of name and contents, type, then both, padded to 4.
  ///   - word: bytes of an address.
  ///   - base: where the linker put `.stapsdt.base` at last; a file that was moved since its notes were
  ///     written (prelink) has another there than they say.
  /// - Returns: those of USDT probes.
  /// - Throws: `MalformedError`.
  static func all(inNotes bytes: [UInt8], word: Int, base: UInt64?) throws(MalformedError) -> [Self]
  {
    var found: [Self] = []
    var at = 0
    func number(_ offset: Int, _ size: Int) -> UInt64 {
      bytes[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    func padded(_ size: Int) -> Int { (size + 3) & ~3 }
    while at + 12 <= bytes.count {
      let (nameSize, size) = (Int(number(at, 4)), Int(number(at + 4, 4)))
      let type = Int(number(at + 8, 4))
      let contents = at + 12 + padded(nameSize)
      guard contents + size <= bytes.count else {
        throw MalformedError(reason: "the USDT note at byte \(at) leaves its section")
      }
      let isOwn = bytes[at + 12..<at + 12 + nameSize].elementsEqual("stapsdt\0".utf8)
      if isOwn, type == noteType {
        guard let location = read(bytes[contents..<contents + size], word: word, base: base) else {
          throw MalformedError(reason: "the USDT note at byte \(at) is cut off")
        }
        found.append(location)
      }
      at = contents + padded(size)
    }
    return found
  }

  /// Instructions that do nothing, of which one stands at every location: those of x86-64 by their first
  /// bytes (one, two and five bytes long), those of arm as ARM code.
  private static let instructions: [UInt16: [[UInt8]]] = [
    ELFHead.machineX86: [[0x90], [0x66, 0x90], [0x0f, 0x1f]],
    ELFHead.machineARM64: [[0x1f, 0x20, 0x03, 0xd5]],
    ELFHead.machineARM: [[0x00, 0xf0, 0x20, 0xe3], [0x00, 0x00, 0xa0, 0xe1]],
  ]

  /// Whether code begins as every location does.
  package static func isInstruction(_ code: [UInt8], machine: UInt16) -> Bool {
    instructions[machine]?.contains { code.starts(with: $0) } ?? false
  }

  /// Three addresses, then provider, name and arguments, each with a NUL.
  private static func read(_ contents: ArraySlice<UInt8>, word: Int, base: UInt64?) -> Self? {
    let texts = contents.dropFirst(3 * word)
      .split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false)
    guard contents.count >= 3 * word, texts.count == 4, !texts[0].isEmpty, !texts[1].isEmpty else {
      return nil
    }
    func address(_ index: Int) -> UInt64 {
      let start = contents.startIndex + index * word
      return contents[start..<start + word].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    let mask = word == 8 ? UInt64.max : UInt64(UInt32.max)
    let moved = base.map { $0 &- address(1) } ?? 0
    let semaphore = address(2)
    return Self(
      provider: String(decoding: texts[0], as: UTF8.self),
      name: String(decoding: texts[1], as: UTF8.self), address: (address(0) &+ moved) & mask,
      semaphore: semaphore == 0 ? nil : (semaphore &+ moved) & mask,
      arguments: USDTOperand.texts(String(decoding: texts[2], as: UTF8.self)))
  }
}
