import KernelEvents

// Conditions, and the values that fields are held against.
extension LineContext {
  func add(
    _ comparison: MeasureLine.Comparison, to span: inout Span, _ first: String, _ last: String
  ) throws(MeasureError) {
    let name = comparison.field.text
    try requireOnce(comparison)
    try add(comparison.field, to: &span, first, last, isLabel: false)
    let isOfStart = format(first)?.field(name) != nil
    let condition = try condition(comparison, of: isOfStart ? first : last)
    if isOfStart {
      span.from.conditions.append(condition)
    } else {
      span.to.conditions.append(condition)
    }
  }

  /// What a field of an event is held against.
  func condition(
    _ comparison: MeasureLine.Comparison, of event: String
  ) throws(MeasureError) -> SpanTable.Condition {
    let name = comparison.field.text
    guard let format = format(event), let field = format.field(name) else {
      throw fault("no event has '\(name)'", remedy: "name another", at: comparison.field.range)
    }
    var condition = SpanTable.Condition(field: name, test: comparison.test, values: [])
    switch field.shape {
    case .other:
      let numbers = numbers(event)
      throw fault(
        "'\(name)' is \(field.words), which is not compared",
        suggestion: nearestName(to: name, in: numbers),
        remedy: "numbers are \(numbers.joined(separator: ", "))", at: comparison.field.range)
    case .text:
      guard [.equal, .unequal].contains(comparison.test), comparison.values.count == 1 else {
        throw fault(
          "'\(name)' is text, which is equal to another one or not",
          suggestion: "\(name) == '\(comparison.values[0].text)'",
          at: comparison.field.range
            .lowerBound..<comparison.values[comparison.values.count - 1].range.upperBound)
      }
      let value = comparison.values[0]
      guard value.text.utf8.count < field.size else {
        throw fault(
          "'\(name)' has at most \(field.size - 1) bytes",
          suggestion: String(value.text.prefix(field.size - 1)), at: value.range)
      }
      condition.text = value.text
    case .number:
      for value in comparison.values {
        condition.values.append(
          try number(
            value, of: name, type: field, names: format.names[name] ?? [:],
            isSystemCall: event.hasPrefix("raw_syscalls:") && name == "id"))
      }
    }
    return condition
  }

  private static let units: [String: UInt64] = [
    "ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000,
    "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
  ]

  private static let resultType = EventFormat.Field(
    name: "ret", type: "int", offset: 0, size: 4, isSigned: true, isArray: false)

  /// A number, the name of one, or one with a unit.
  func number(
    _ word: MeasureLine.Word, of field: String, type: EventFormat.Field?, names: [UInt64: String],
    isSystemCall: Bool = false
  ) throws(MeasureError) -> UInt64 {
    let text = word.text
    // Programs take the lower 4 bytes of a result alone.
    let type = type ?? (Self.results.contains(field) ? Self.resultType : nil)
    if let named = names.first(where: { $0.value == text })?.key { return named }
    if isSystemCall, let call = kernel.systemCalls[text] { return call }
    let isNegative = text.hasPrefix("-")
    let digits = text.dropFirst(isNegative ? 1 : 0)
    var value =
      digits.lowercased().hasPrefix("0x")
      ? UInt64(digits.dropFirst(2), radix: 16) : UInt64(digits)
    if value == nil, type?.type == "dev_t" || type == nil || field == "dev" {
      let parts = digits.split(separator: ":")
      if parts.count == 2, let major = UInt64(parts[0]), let minor = UInt64(parts[1]),
        major < 1 << 12, minor < 1 << 20
      {
        value = major << 20 | minor
      }
    }
    if value == nil, let first = digits.first, first.isNumber {
      let plain = digits.prefix { $0.isNumber }
      let unit = String(digits.dropFirst(plain.count))
      guard let factor = Self.units[unit] else {
        let habits = [
          "k": "KiB", "kb": "KiB", "m": "MiB", "mb": "MiB", "g": "GiB", "gb": "GiB", "sec": "s",
          "msec": "ms", "usec": "us", "nsec": "ns", "µs": "us", "byte": "B", "bytes": "B",
        ]
        let near = habits[unit.lowercased()] ?? nearestName(to: unit, in: Self.units.keys)
        throw fault(
          "'\(unit)' is no unit", suggestion: near.map { "\(plain)\($0)" },
          remedy: "units are B, KiB, MiB, GiB, ns, us, ms, s", at: word.range)
      }
      let product = UInt64(plain).map { $0.multipliedReportingOverflow(by: factor) }
      value = product.flatMap { $0.overflow ? nil : $0.partialValue }
    }
    guard let value else {
      let known = names.values.sorted() + (isSystemCall ? kernel.systemCalls.keys.sorted() : [])
      throw fault(
        "'\(text)' is no value of '\(field)'",
        suggestion: NearNames(names: known).nearest(to: text),
        remedy: known.isEmpty || known.count > 40
          ? "it is a number" : "it is a number, or one of \(known.joined(separator: ", "))",
        at: word.range)
    }
    if isNegative {
      guard type?.isSigned ?? field.hasPrefix("ret"), value <= 1 << 63 else {
        throw fault(
          "'\(field)' is never negative", suggestion: String(digits), at: word.range)
      }
      if let type, type.size < 8 {
        let most = (1 as UInt64) << UInt64(8 * type.size - 1)
        guard value <= most else {
          throw fault(
            "\(text) does not fit into '\(field)', which has \(type.size) bytes",
            suggestion: "-\(most)", at: word.range)
        }
      }
      return ~value &+ 1
    }
    if let type, type.size < 8 {
      let bits = UInt64(8 * type.size - (type.isSigned ? 1 : 0))
      guard value < 1 << bits else {
        throw fault(
          "\(text) does not fit into '\(field)', which has \(type.size) bytes",
          suggestion: String((1 as UInt64) << bits - 1), at: word.range)
      }
    }
    return value
  }
}

extension EventFormat.Field {
  /// What it is, for people.
  var words: String {
    switch shape {
    case .number: "a number"
    case .text: "text"
    case .other: isArray ? "an array" : "text behind the record"
    }
  }
}
