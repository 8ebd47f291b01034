/// Finds types by name without making a string of every name: chains of ids by a hash of the name
/// up to its flavour.
struct BTFNameIndex: Sendable {
  /// First id of each chain; 0 ends it.
  private var heads: [UInt32]
  /// The next id in the chain of each.
  private var next: [UInt32]

  /// - Parameters:
  ///   - bytes: the blob.
  ///   - strings: where its names are.
  ///   - names: offset of each type's name in `strings`, known to be inside.
  /// - Throws: ``MalformedError`` for names that take too long together.
  init(bytes: [UInt8], strings: Range<Int>, names: [UInt32]) throws(MalformedError) {
    var size = 1024
    while size < names.count { size *= 2 }
    heads = [UInt32](repeating: 0, count: size)
    next = [UInt32](repeating: 0, count: names.count)
    let mask = UInt32(size - 1)
    var left = BTFLimits.nameBytes
    bytes.withUnsafeBufferPointer { bytes in
      heads.withUnsafeMutableBufferPointer { heads in
        next.withUnsafeMutableBufferPointer { next in
          var id = names.count - 1
          while id > 0, left > 0 {
            let name = Int(names[id])
            if name != 0 {
              let (hash, length) = Self.hash(
                bytes, from: strings.lowerBound + name, to: strings.upperBound)
              left -= length
              let slot = Int(hash & mask)
              next[id] = heads[slot]
              heads[slot] = UInt32(truncatingIfNeeded: id)
            }
            id -= 1
          }
        }
      }
    }
    guard left > 0 else {
      throw MalformedError(
        reason: "the names of its types are longer than \(BTFLimits.nameBytes >> 20) MiB together")
    }
  }

  /// Ids of types that may have this name, with or without a flavour.
  func candidates(_ name: String) -> [UInt32] {
    let text = Array(name.utf8)
    let hash = text.withUnsafeBufferPointer { Self.hash($0, from: 0, to: text.count).hash }
    var found: [UInt32] = []
    var id = heads[Int(hash & UInt32(heads.count - 1))]
    while id != 0 {
      found.append(id)
      id = next[Int(id)]
    }
    return found
  }

  /// A type of a chain whose types have more than ``BTFLimits/namesakes`` members together; nil where
  /// there is no such chain. `counts` has the members of each.
  func crowded(_ counts: [UInt32]) -> UInt32? {
    for head in heads where head != 0 {
      var sum = 0
      var id = head
      while id != 0 {
        sum += 1 + Int(counts[Int(id)])
        if sum > BTFLimits.namesakes { return head }
        id = next[Int(id)]
      }
    }
    return nil
  }

  /// FNV-1a of the bytes up to a NUL or `___`, and their number.
  private static func hash(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int
  ) -> (hash: UInt32, length: Int) {
    let underscore = UInt8(ascii: "_")
    var hash: UInt32 = 2_166_136_261
    var at = start
    while at < end, bytes[at] != 0 {
      if bytes[at] == underscore, at + 2 < end, bytes[at + 1] == underscore,
        bytes[at + 2] == underscore
      {
        break
      }
      hash = (hash ^ UInt32(bytes[at])) &* 16_777_619
      at += 1
    }
    return (hash, at - start)
  }
}
