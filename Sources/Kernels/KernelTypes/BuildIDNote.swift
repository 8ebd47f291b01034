import Foundation

/// The GNU build-id note, which identifies a kernel and the files made from it.
package enum BuildIDNote {
  private static let typeNote: UInt32 = 7
  private static let typeBuildID = 3

  /// The build-id in a file's notes, as lower-case hex; nil without one.
  package static func find(in file: ELFReader) -> String? {
    for section in file.sections where section.type == typeNote || section.name == ".notes" {
      if let id = find(inNotes: file.contents(of: section)) { return id }
    }
    return nil
  }

  /// The build-id among notes as `/sys/kernel/notes` has them.
  package static func find(inNotes bytes: [UInt8]) -> String? {
    var at = 0
    func word(_ offset: Int) -> Int {
      (0..<4).reversed().reduce(0) { $0 << 8 | Int(bytes[at + offset + $1]) }
    }
    func padded(_ size: Int) -> Int { (size + 3) & ~3 }
    while at + 12 <= bytes.count {
      let (nameSize, size, type) = (word(0), word(4), word(8))
      let name = at + 12
      let content = name + padded(nameSize)
      guard content + size <= bytes.count else { return nil }
      if type == typeBuildID, bytes[name..<(name + nameSize)].elementsEqual("GNU\0".utf8),
        (8...64).contains(size)
      {
        return bytes[content..<(content + size)].hexadecimal
      }
      at = content + padded(size)
    }
    return nil
  }

  /// Text that people or files give as a build-id, as lower-case hex; nil when it is none.
  package static func parse(_ text: String) -> String? {
    let id = text.trimmingCharacters(in: .whitespacesAndNewlines).lowercased()
    let isHex = id.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
    return isHex && id.utf8.count % 2 == 0 && (16...128).contains(id.utf8.count) ? id : nil
  }
}
