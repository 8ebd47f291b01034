/// What tracefs says of one trace event: `events/<system>/<event>/format`. The text is untrusted.
package struct EventFormat: Sendable, Equatable, Codable {
  /// A value in the event's record.
  package struct Field: Sendable, Equatable, Codable {
    package var name: String
    /// As the kernel declares it, without an array's length: `unsigned int`, `char`, `dev_t`.
    package var type: String
    /// In bytes from the record's begin.
    package var offset: Int
    package var size: Int
    package var isSigned: Bool
    /// Declared with `[]`.
    package var isArray: Bool

    package init(
      name: String, type: String, offset: Int, size: Int, isSigned: Bool, isArray: Bool
    ) {
      self.name = name
      self.type = type
      self.offset = offset
      self.size = size
      self.isSigned = isSigned
      self.isArray = isArray
    }
  }

  package var name: String
  /// Those of the event itself, without the `common_` ones.
  package var fields: [Field]
  /// Names of a field's numbers, where the kernel prints them: field, number, name.
  package var names: [String: [UInt64: String]]

  package func field(_ name: String) -> Field? { fields.first { $0.name == name } }

  /// Reads a format file; nil for a text that is none.
  package init?(_ text: String) {
    var name: String?
    var fields: [Field] = []
    var names: [String: [UInt64: String]] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      if line.hasPrefix("name: ") {
        name = String(line.dropFirst("name: ".count))
      } else if let field = Field(line.drop { $0 == "\t" || $0 == " " }) {
        if !field.name.hasPrefix("common_") { fields.append(field) }
      } else if line.hasPrefix("print fmt:") {
        names = Self.names(printed: line)
      }
    }
    guard let name, !name.isEmpty else { return nil }
    self.name = name
    self.fields = fields
    self.names = names
  }

  /// Names that `__print_symbolic(REC->FIELD, { NUMBER, "NAME" }, …)` gives to plain fields.
  private static func names(printed line: Substring) -> [String: [UInt64: String]] {
    var names: [String: [UInt64: String]] = [:]
    for call in line.ranges(of: "__print_symbolic(") {
      let rest = line[call.upperBound...].drop { $0 == "(" || $0 == " " }
      guard rest.hasPrefix("REC->") else { continue }
      let field = rest.dropFirst("REC->".count).prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      let after = line[field.endIndex...].drop { $0 == ")" || $0 == " " }
      guard after.first == ",", let end = after.firstRange(of: "})") else { continue }
      for entry in after[..<end.lowerBound].split(separator: "{").dropFirst() {
        let parts = entry.split(separator: ",", maxSplits: 1)
        guard parts.count == 2, let number = number(parts[0]) else { continue }
        let text = parts[1].split(separator: "\"", omittingEmptySubsequences: false)
        if text.count >= 2 { names[String(field), default: [:]][number] = String(text[1]) }
      }
    }
    return names
  }

  private static func number(_ text: Substring) -> UInt64? {
    let digits = text.filter { !$0.isWhitespace && !"()UL".contains($0) }
    return digits.hasPrefix("0x") ? UInt64(digits.dropFirst(2), radix: 16) : UInt64(digits)
  }
}

extension EventFormat.Field {
  /// What a value of the field is.
  package enum Shape: Sendable, Equatable {
    case number
    /// Bytes up to a NUL.
    case text
    /// No value of its own: an array, or text behind the record.
    case other
  }

  package var shape: Shape {
    // `char buf[]` has no bytes of its own: its text follows the record.
    if isArray { return type == "char" && (1...64).contains(size) ? .text : .other }
    return type.hasPrefix("__data_loc") || type.hasPrefix("__rel_loc")
      || ![1, 2, 4, 8].contains(size)
      ? .other : .number
  }

  /// Whether it says where in the record a text is: 4 bytes, of which the lower half is its offset.
  package var isTextBehind: Bool {
    type.hasPrefix("__data_loc char[") || isTextAfter
  }

  /// The same, with the offset counted from behind these 4 bytes.
  package var isTextAfter: Bool { type.hasPrefix("__rel_loc char[") }

  /// A line such as `field:unsigned int vec;	offset:8;	size:4;	signed:0;`.
  fileprivate init?(_ line: Substring) {
    guard line.hasPrefix("field:") else { return nil }
    let parts = line.dropFirst("field:".count).split(separator: ";")
      .map { $0.drop { $0 == "\t" || $0 == " " } }
    func number(_ key: String) -> Int? {
      parts.first { $0.hasPrefix("\(key):") }.flatMap { Int($0.dropFirst(key.count + 1)) }
    }
    guard var declared = parts.first, let offset = number("offset"), let size = number("size"),
      (0...1 << 16).contains(offset), (0...1 << 16).contains(size)
    else { return nil }
    let bracket = declared.firstIndex(of: "[")
    let isLocation = declared.hasPrefix("__data_loc") || declared.hasPrefix("__rel_loc")
    if let bracket, !isLocation { declared = declared[..<bracket] }
    guard let space = declared.lastIndex(of: " ") else { return nil }
    let name = declared[declared.index(after: space)...].filter { $0 != "*" }
    guard !name.isEmpty else { return nil }
    self.init(
      name: String(name), type: String(declared[..<space]), offset: offset, size: size,
      isSigned: number("signed") == 1, isArray: bracket != nil && !isLocation)
  }
}
