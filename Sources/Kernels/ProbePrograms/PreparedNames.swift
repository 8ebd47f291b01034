import KernelTypes

/// Names that are written into a prepared object: what stands there is room for them.
struct PreparedNames {
  private(set) var object: [UInt8]

  init(_ object: [UInt8]) {
    self.object = object
  }

  /// Writes one over what stands where it goes, as in span_programs.h and event_programs.h. A shorter
  /// name ends with NULs: sections, symbols and types keep their places.
  /// - Throws: ``SpanTemplate/MisfitError`` for a name that is too long; `MalformedError` for another object.
  mutating func write(_ name: String, over room: String) throws {
    let old = Array(room.utf8)
    let new = Array(name.utf8)
    guard new.count <= old.count else {
      throw SpanTemplate.MisfitError(
        description: "the name '\(name)' has more than \(old.count) bytes")
    }
    let padded = new + Array(repeating: 0, count: old.count - new.count)
    var isFound = false
    var at = 0
    while let found = firstRange(of: old, from: at) {
      object.replaceSubrange(found, with: padded)
      at = found.upperBound
      isFound = true
    }
    guard isFound else { throw MalformedError(reason: "it has no room for names") }
  }

  /// What stands where the section's name goes.
  static func sectionRoom(_ side: String) -> String {
    let text = "lg_\(side)_"
    return "tracepoint/none/" + text + String(repeating: "_", count: 79 - text.count)
  }

  /// What stands where the name of a program goes.
  static func hookRoom(_ side: String) -> String {
    let (text, rung) = ("lg_hook_of_\(side)_", "tracepoint")
    return text + String(repeating: "_", count: 69 - text.count - rung.count) + rung
  }

  private func firstRange(of part: [UInt8], from start: Int) -> Range<Int>? {
    var at = start
    while at + part.count <= object.count {
      guard let first = object[at...].firstIndex(of: part[0]), first + part.count <= object.count
      else { return nil }
      if object[first..<first + part.count].elementsEqual(part) {
        return first..<first + part.count
      }
      at = first + 1
    }
    return nil
  }
}
