import Yams

/// The problems of one file, as its fields are read.
final class ProblemList {
  let file: String
  private(set) var problems: [CatalogProblem] = []

  init(file: String) {
    self.file = file
  }

  func add(_ message: String, remedy: String, field: String, mark: Mark?) {
    problems.append(
      CatalogProblem(
        file: file, line: mark?.line, column: mark?.column, field: field, message: message,
        remedy: remedy))
  }
}

/// One YAML value with its place in the file.
///
/// Reading never throws: a wrong value adds a problem to the list and gives nil, so that one pass
/// finds every problem of a file.
struct FieldReader {
  let node: Node
  /// Such as `metrics[0].unit`.
  let path: String
  let problems: ProblemList

  func report(_ message: String, remedy: String) {
    problems.add(message, remedy: remedy, field: path, mark: node.mark)
  }

  /// The value as a mapping whose keys are all in `known`; others are reported.
  func mapping(known: [String]) -> MappingReader? {
    guard let mapping = anyMapping() else { return nil }
    for (name, value) in mapping.entries where !known.contains(name) {
      problems.add(
        "unknown key '\(name)'",
        remedy: name == "<<" ? mergeRemedy(known) : Catalogs.remedy(forUnknown: name, known: known),
        field: value.path, mark: mapping.keyMarks[name] ?? value.node.mark)
    }
    return mapping
  }

  /// YAML 1.2 has merge keys no more, and Yams leaves them alone.
  private func mergeRemedy(_ known: [String]) -> String {
    let other = known.contains("extends") ? "write 'extends: NAME', or repeat" : "repeat"
    return "merge keys are not read: \(other) what is to be merged"
  }

  /// The value as a mapping with keys that the user chooses.
  func anyMapping() -> MappingReader? {
    guard let mapping = node.mapping else {
      report(
        "expected a mapping, found \(kindOfNode)", remedy: "write 'key: value' lines below it")
      return nil
    }
    var reader = MappingReader(value: self)
    for (key, value) in mapping {
      guard let name = key.scalar?.string else {
        problems.add(
          "a key must be plain text", remedy: "write 'key: value'", field: path, mark: key.mark)
        continue
      }
      let place = path.isEmpty ? name : "\(path).\(name)"
      reader.entries.append((name, FieldReader(node: value, path: place, problems: problems)))
      reader.keyMarks[name] = key.mark
    }
    return reader
  }

  /// The value as a list.
  func list() -> [FieldReader] {
    guard let sequence = node.sequence else {
      report("expected a list, found \(kindOfNode)", remedy: "write '- item' lines, or [a, b]")
      return []
    }
    return sequence.enumerated().map { index, item in
      FieldReader(node: item, path: "\(path)[\(index)]", problems: problems)
    }
  }

  /// The value as text that is not empty.
  func text() -> String? {
    guard let scalar = node.scalar else {
      report("expected text, found \(kindOfNode)", remedy: "write a single value")
      return nil
    }
    let isNull = scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
    guard !isNull, !scalar.string.isEmpty else {
      report("the value is empty", remedy: "give a value or remove the key")
      return nil
    }
    return scalar.string
  }

  /// Text that `parse` understands; `expected` says what it does and gives an example.
  func parsed<Value>(_ expected: String, _ parse: (String) -> Value?) -> Value? {
    guard let text = text() else { return nil }
    guard let value = parse(text) else {
      report("'\(text)' is not \(expected.prefix { $0 != "," })", remedy: "write \(expected)")
      return nil
    }
    return value
  }

  func duration() -> Duration? {
    parsed("a duration, such as 200ms, 2s or 5m", Duration.init(quantity:))
  }

  func size() -> ByteSize? { parsed("a size, such as 512B, 4KiB or 1GiB", ByteSize.init) }

  func percentage() -> Percentage? { parsed("a percentage, such as 5%", Percentage.init) }

  /// A part of a whole, which cannot be more than that.
  func share() -> Percentage? {
    parsed("a share from 0% to 100%, such as 5%") { text in
      Percentage(text).flatMap { $0.fraction <= 1 ? $0 : nil }
    }
  }

  /// Of a device that works: up to 150 degrees Celsius.
  func temperature() -> Temperature? {
    parsed("a temperature from 0C to 150C, such as 45C") { text in
      Temperature(text).flatMap { $0.celsius <= 150 ? $0 : nil }
    }
  }

  func boolean() -> Bool? {
    parsed("a truth value, true or false") { $0 == "true" ? true : $0 == "false" ? false : nil }
  }

  func integer(in range: ClosedRange<Int>) -> Int? {
    let bounds =
      range.upperBound == .max
      ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
    return parsed("a whole number \(bounds)") { text in
      Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// A name that can stand in a path, a metric and a command line.
  func name() -> String? {
    parsed("a name, of letters, digits, '-', '_' and '.', starting with a letter or digit") {
      isName($0) ? $0 : nil
    }
  }

  /// One of an enumeration's raw values.
  func choice<Value>(of type: Value.Type = Value.self) -> Value?
  where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    guard let text = text() else { return nil }
    if let value = Value(rawValue: text) { return value }
    let known = Value.allCases.map(\.rawValue)
    let near = nearestName(to: text, in: known).map { "did you mean '\($0)'? " } ?? ""
    report(
      "'\(text)' is not known here",
      remedy: "\(near)allowed: \(known.joined(separator: ", "))")
    return nil
  }

  private var kindOfNode: String {
    switch node {
    case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : "'\(scalar.string)'"
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }
}

/// Whether `text` can be a catalogue name.
func isName(_ text: String) -> Bool {
  guard let first = text.unicodeScalars.first, text.count <= 64 else { return false }
  func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
  }
  return isAlphanumeric(first)
    && text.unicodeScalars.allSatisfy { isAlphanumeric($0) || "-_.".unicodeScalars.contains($0) }
}

/// The entries of a YAML mapping, in file order.
struct MappingReader {
  let value: FieldReader
  var entries: [(name: String, value: FieldReader)] = []
  var keyMarks: [String: Mark] = [:]

  /// The value of a key, or nil when the key is absent.
  func optional(_ key: String) -> FieldReader? {
    entries.first { $0.name == key }?.value
  }

  /// The value of a key; its absence is reported with the remedy `remedy`.
  func required(_ key: String, remedy: String) -> FieldReader? {
    if let found = optional(key) { return found }
    let path = value.path.isEmpty ? key : "\(value.path).\(key)"
    value.problems.add("missing", remedy: remedy, field: path, mark: value.node.mark)
    return nil
  }

  /// Reads every item of an optional list; absent is empty.
  func items<Item>(_ key: String, _ read: (FieldReader) -> Item?) -> [Item] {
    optional(key)?.list().compactMap(read) ?? []
  }
}
