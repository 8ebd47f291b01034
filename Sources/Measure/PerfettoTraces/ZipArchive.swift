/// The files of a zip archive, as its central directory lists them.
struct ZipArchive {
  struct Entry {
    var name: String
    var method: Int
    var size: Int
    /// Of the local header.
    var offset: Int
  }

  private(set) var entries: [Entry] = []
  private let data: [UInt8]

  /// Nil when there is no directory where one belongs.
  init?(_ data: [UInt8]) {
    self.data = data
    // The end record is 22 bytes and a comment.
    let first = max(0, data.count - 22 - 0xffff)
    guard
      let end = stride(from: data.count - 22, through: first, by: -1).first(where: {
        data[$0...].starts(with: [0x50, 0x4b, 5, 6])
      })
    else { return nil }
    var at = number(end + 16, 4)
    for _ in 0..<number(end + 10, 2) {
      guard at >= 0, at + 46 <= data.count, data[at...].starts(with: [0x50, 0x4b, 1, 2]) else {
        return nil
      }
      let nameEnd = at + 46 + number(at + 28, 2)
      guard nameEnd <= data.count else { return nil }
      let name = String(decoding: data[at + 46..<nameEnd], as: UTF8.self)
      if !name.hasSuffix("/") {
        entries.append(
          Entry(
            name: name, method: number(at + 10, 2), size: number(at + 20, 4),
            offset: number(at + 42, 4)))
      }
      at = nameEnd + number(at + 30, 2) + number(at + 32, 2)
    }
  }

  /// An entry's bytes; nil when they are packed in an uncommon way.
  func bytes(of entry: Entry, limit: Int) throws(Expansion.ExpansionError) -> [UInt8]? {
    let header = entry.offset
    guard header + 30 <= data.count else { throw .cutOff }
    let begin = header + 30 + number(header + 26, 2) + number(header + 28, 2)
    guard begin <= data.count, entry.size <= data.count - begin else { throw .cutOff }
    let packed = data[begin..<begin + entry.size]
    switch entry.method {
    case 0: return Array(packed)
    case 8:
      var output: [UInt8] = []
      try Expansion.rawDeflate.append(packed, to: &output, limit: limit)
      return output
    default: return nil
    }
  }

  private func number(_ at: Int, _ size: Int) -> Int {
    data[at..<at + size].reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
