/// The types of a kernel or of a BPF object, from BTF bytes that were checked throughout.
///
/// Any bytes may be given. What is accepted has no reference, name or chain of modifiers that is
/// invalid, so that it can be handed to libbpf, which trusts more than it checks.
package struct BTFTypes: Sendable {
  /// Of the first two bytes.
  package static let magic: [UInt8] = [0x9f, 0xeb]
  static let headerSize = 24
  /// Why BTF that builds on other BTF cannot be read alone.
  package static let split = "its types build on those of other BTF"
  /// Modifiers before a type, as far as the kernel follows them.
  private static let longestChain = 32

  /// The blob as it was given.
  package let bytes: [UInt8]
  private let strings: Range<Int>
  /// Where each type begins in `bytes`; that of id 0, `void`, is not used.
  private let offsets: [UInt32]
  private let index: BTFNameIndex

  /// Types and `void`.
  package var count: Int { offsets.count }

  package init(_ bytes: [UInt8]) throws(MalformedError) {
    let sections = try BTFHeader(bytes)
    if sections.isSplit { throw MalformedError(reason: Self.split) }
    self.bytes = bytes
    strings = sections.strings
    try Self.checkNames(bytes, strings)
    let (offsets, names) = try Self.walk(bytes, sections.types, strings: sections.strings)
    self.offsets = offsets
    index = try BTFNameIndex(bytes: bytes, strings: strings, names: names)
    try check()
    try checkMembers()
  }

  private static func checkNames(_ bytes: [UInt8], _ strings: Range<Int>) throws(MalformedError) {
    guard strings.count <= BTFLimits.strings else {
      throw MalformedError(
        reason: "\(strings.count) bytes of names; kernels read \(BTFLimits.strings)")
    }
    var longest = 0
    bytes.withUnsafeBufferPointer { bytes in
      var start = strings.lowerBound
      for at in strings where bytes[at] == 0 {
        longest = max(longest, at - start)
        start = at + 1
      }
    }
    guard longest <= BTFLimits.nameLength else {
      throw MalformedError(reason: "a name of \(longest) bytes")
    }
  }

  private static func walk(
    _ bytes: [UInt8], _ range: Range<Int>, strings: Range<Int>
  ) throws(MalformedError) -> ([UInt32], [UInt32]) {
    var offsets: [UInt32] = [0]
    var names: [UInt32] = [0]
    let all = range.count / 12 + 1
    offsets.reserveCapacity(all)
    names.reserveCapacity(all)
    var reason: String?
    bytes.withUnsafeBytes { raw in
      var at = range.lowerBound
      while at < range.upperBound {
        guard range.upperBound - at >= 12 else {
          reason = "type \(offsets.count) is cut off"
          return
        }
        let name = raw.loadUnaligned(fromByteOffset: at, as: UInt32.self)
        let info = raw.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self)
        guard let kind = BTFKind(rawValue: UInt8(truncatingIfNeeded: info >> 24 & 0x1f)),
          kind != .void
        else {
          reason = "type \(offsets.count) is of unknown kind \(info >> 24 & 0x1f)"
          return
        }
        guard name < strings.count else {
          reason = "the name of type \(offsets.count) leaves the string table"
          return
        }
        guard offsets.count <= BTFLimits.types else {
          reason = "more than \(BTFLimits.types) types, which is more than kernels read"
          return
        }
        offsets.append(UInt32(truncatingIfNeeded: at))
        names.append(name)
        at += 12 + kind.extraBytes(Int(info & 0xffff))
      }
      if at != range.upperBound { reason = "type \(offsets.count - 1) is cut off" }
    }
    if let reason { throw MalformedError(reason: reason) }
    return (offsets, names)
  }

  /// Holds every reference and every name against what there is.
  private func check() throws(MalformedError) {
    let count = UInt32(offsets.count)
    let nameCount = UInt32(strings.count)
    var reason: String?
    bytes.withUnsafeBytes { raw in
      func word(_ at: Int) -> UInt32 { raw.loadUnaligned(fromByteOffset: at, as: UInt32.self) }
      for id in 1..<max(1, offsets.count) {
        let at = Int(offsets[id])
        let info = word(at + 4)
        guard let kind = BTFKind(rawValue: UInt8(truncatingIfNeeded: info >> 24 & 0x1f)) else {
          continue
        }
        var isGood = !kind.refersToType || word(at + 8) < count
        let members = Int(info & 0xffff)
        switch kind {
        case .array: isGood = word(at + 12) < count && word(at + 16) < count
        case .structure, .union:
          for member in 0..<members where isGood {
            let base = at + 12 + 12 * member
            isGood = word(base) < nameCount && word(base + 4) < count
          }
        case .prototype:
          for member in 0..<members where isGood {
            let base = at + 12 + 8 * member
            isGood = word(base) < nameCount && word(base + 4) < count
          }
        case .enumeration:
          for member in 0..<members where isGood {
            isGood = word(at + 12 + 8 * member) < nameCount
          }
        case .enumeration64:
          for member in 0..<members where isGood {
            isGood = word(at + 12 + 12 * member) < nameCount
          }
        case .dataSection:
          for member in 0..<members where isGood {
            isGood = word(at + 12 + 12 * member) < count
          }
        default: break
        }
        if isGood && kind.isModifier { isGood = endsWithinLimit(UInt32(id), raw) }
        if !isGood {
          reason = "type \(id) refers to what is not there"
          return
        }
      }
    }
    if let reason { throw MalformedError(reason: reason) }
  }

  /// Bounds what a search for a field may have to look at.
  private func checkMembers() throws(MalformedError) {
    var counts = [UInt32](repeating: 0, count: offsets.count)
    let failure = bytes.withUnsafeBytes { raw -> MalformedError? in
      do throws(MalformedError) {
        var counter = BTFMemberCount(raw, strings: strings, offsets: offsets)
        for id in 1..<UInt32(max(1, offsets.count)) {
          counts[Int(id)] = UInt32(try counter.count(id))
        }
        return nil
      } catch { return error }
    }
    if let failure { throw failure }
    if let id = index.crowded(counts) {
      throw MalformedError(
        reason: "types called '\(self[id].name)' or alike have more than \(BTFLimits.namesakes) "
          + "members")
    }
  }

  private func endsWithinLimit(_ id: UInt32, _ raw: UnsafeRawBufferPointer) -> Bool {
    var id = id
    for _ in 0..<Self.longestChain {
      guard id != 0, id < offsets.count else { return id == 0 }
      let at = Int(offsets[Int(id)])
      let info = raw.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self)
      guard let kind = BTFKind(rawValue: UInt8(truncatingIfNeeded: info >> 24 & 0x1f)),
        kind.isModifier
      else { return true }
      id = raw.loadUnaligned(fromByteOffset: at + 8, as: UInt32.self)
    }
    return false
  }

  // MARK: - Access

  func word(_ at: Int) -> UInt32 {
    guard at >= 0, at <= bytes.count - 4 else { return 0 }
    return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: at, as: UInt32.self) }
  }

  /// Where type `id`'s three words are; nil for `void` and for ids that are not there.
  func place(_ id: UInt32) -> Int? {
    id > 0 && id < offsets.count ? Int(offsets[Int(id)]) : nil
  }

  /// Text at an offset of the string table; empty for offsets outside.
  package func text(at offset: UInt32) -> String {
    guard offset < strings.count else { return "" }
    let start = strings.lowerBound + Int(offset)
    // The table was seen to end with a 0.
    return bytes[start..<strings.upperBound].withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { String(cString: $0) } ?? ""
    }
  }

  /// Whether the text at an offset of the string table is this, without making a string of it.
  func isText(at offset: UInt32, _ name: [UInt8]) -> Bool {
    let start = strings.lowerBound + Int(offset)
    guard start + name.count < strings.upperBound else { return false }
    return bytes.withUnsafeBufferPointer { bytes in
      guard bytes[start + name.count] == 0 else { return false }
      for at in name.indices where bytes[start + at] != name[at] { return false }
      return true
    }
  }

  /// Ids of the types whose name is exactly `name`, and with `flavours` also `name___…`, of one of
  /// these kinds, in order.
  package func types(named name: String, flavours: Bool = false, _ kinds: BTFKind...) -> [UInt32] {
    types(named: name, flavours: flavours, kinds)
  }

  func types(named name: String, flavours: Bool, _ kinds: [BTFKind]) -> [UInt32] {
    guard !name.isEmpty else { return [] }
    return index.candidates(name).filter { id in
      let type = self[id]
      guard kinds.contains(type.kind) else { return false }
      return type.name == name || flavours && essentialName(type.name) == name
    }.sorted()
  }

  /// The first of them.
  package func type(named name: String, _ kind: BTFKind) -> UInt32? {
    types(named: name, kind).first
  }
}

/// A name without its flavour: what follows `___` distinguishes two definitions of one type.
package func essentialName(_ name: String) -> String {
  let bytes = Array(name.utf8)
  guard bytes.count >= 5 else { return name }
  for at in (0...(bytes.count - 5)).reversed()
  where bytes[at] != UInt8(ascii: "_") && bytes[at + 4] != UInt8(ascii: "_")
    && bytes[(at + 1)...(at + 3)].allSatisfy({ $0 == UInt8(ascii: "_") })
  {
    return String(decoding: bytes[...at], as: UTF8.self)
  }
  return name
}
