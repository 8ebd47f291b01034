/// The YAML of a probe that a line gave, to be read as any other manifest.
package struct ManifestText: Sendable {
  package let text: String

  /// `probe` is of a ``MeasureQuestion``.
  package init(_ probe: ProbeManifest) {
    var lines = [
      "# Saved by 'latgate measure'.",
      "probe: \(probe.name)",
      "title: \(Self.quoted(probe.title))",
      "question: \(Self.quoted(probe.question))",
      "cost: \(probe.cost.rawValue)",
      "privacy: \(probe.privacy.rawValue)",
      "metrics:",
    ]
    for metric in probe.metrics {
      guard let table = metric.table else { continue }
      lines += [
        "  - metric: \(metric.name)",
        "    help: \(Self.quoted(metric.help))",
      ]
      if let title = metric.title { lines.append("    title: \(Self.quoted(title))") }
      if metric.kind != .histogram { lines.append("    kind: \(metric.kind.rawValue)") }
      lines.append("    unit: \(Self.quoted(metric.unit))")
      lines += table.isSingle ? Self.single(table, metric.kind) : Self.spans(table)
      if !metric.key.isEmpty {
        lines.append("    key:")
        lines += metric.key.map { "      - \(Self.label($0))" }
      }
    }
    text = lines.map { $0 + "\n" }.joined()
  }

  private static func spans(_ table: SpanTable) -> [String] {
    var lines = ["    spans:"]
    for span in table.spans {
      lines += [
        "      - from: \(event(span.from, usual: .entry))",
        "        to: \(event(span.to, usual: .return))",
      ]
    }
    lines.append("    by: [\(table.by.joined(separator: ", "))]")
    if table.unmatched == .ignored { lines.append("    unmatched: ignored") }
    return lines
  }

  private static func single(_ table: SpanTable, _ kind: ProbeMetric.Kind) -> [String] {
    var lines = ["    at:"] + table.spans.map { "      - \(event($0.to, usual: .entry))" }
    lines.append("    by: [\(table.by.joined(separator: ", "))]")
    if let value = table.value {
      lines.append("    \(kind == .counter ? "sum" : "value"): \(value)")
    }
    if let stack = table.stack { lines.append("    stack: \(stack.rawValue)") }
    if kind == .events {
      lines.append("    keep: \(table.rows)")
      lines.append("    columns:")
      lines += table.columns.map { "      - \(column($0))" }
    }
    return lines
  }

  private static func column(_ column: ResultColumn) -> String {
    guard case .field = column.source else { return "{name: \(column.name)}" }
    let unit = column.unit.map { ", unit: \(quoted($0))" } ?? ""
    let kind = column.kind.map(Self.kind) ?? ", kind: text"
    return "{name: \(column.name)\(kind)\(unit)}"
  }

  /// Text in YAML's double quotes.
  private static func quoted(_ text: String) -> String {
    "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
  }

  /// An event, which is `usual` in a function unless it says so.
  private static func event(_ event: SpanEvent, usual: SpanEvent.Place) -> String {
    let isPlain = event.fields.allSatisfy { $0.source == .record($0.name) }
    let fields = event.fields.map { isPlain ? $0.name : "\($0.name): \(place($0.source))" }
      .joined(separator: ", ")
    guard let path = event.event else {
      let list = fields.isEmpty ? "" : ", fields: {\(fields)}"
      let side = event.place == usual ? "" : ", at: \(event.place.rawValue)"
      var name = event.function ?? ""
      if let usdt = event.usdt, let file = event.file {
        let own = "{usdt: \(quoted(usdt.fullName)), file: \(quoted(file))"
        return "\(own)\(list)\(conditions(of: event))}"
      }
      if let file = event.file {
        name = "\(quoted(name)), file: \(quoted(file))"
        if event.returns != .auto { name += ", returns: \(event.returns.rawValue)" }
      }
      return "{function: \(name)\(side)\(list)\(conditions(of: event))}"
    }
    if fields.isEmpty { return "{event: \(path), rungs: [tracepoint]}" }
    let list = isPlain ? "[\(fields)]" : "{\(fields)}"
    return "{event: \(path), fields: \(list)\(conditions(of: event))}"
  }

  /// Where a field is, as a manifest says it.
  private static func place(_ source: SpanEvent.Field.Source) -> String {
    switch source {
    case .argument(let number): "arg\(number)"
    case .result: "ret"
    case .record(let name): "record.\(name)"
    case .running(let what): "running.\(what.rawValue)"
    // No line asks for it.
    case .member(let argument, _): "arg\(argument)"
    }
  }

  private static func conditions(of event: SpanEvent) -> String {
    if event.conditions.isEmpty { return "" }
    // A field that is asked of more than once has a list of tests.
    var fields: [String] = []
    for condition in event.conditions where !fields.contains(condition.field) {
      fields.append(condition.field)
    }
    let list = fields.map { field in
      let own = event.conditions.filter { $0.field == field }
      return own.count == 1
        ? "\(field): \(condition(own[0]))"
        : "\(field): [\(own.map(test).joined(separator: ", "))]"
    }
    return ", where: {\(list.joined(separator: ", "))}"
  }

  private static func condition(_ condition: SpanTable.Condition) -> String {
    let isPlain =
      condition.test == .equal && condition.text == nil
      && condition.values.allSatisfy { $0 <= UInt64(Int.max) }
    guard isPlain else { return test(condition) }
    let values = condition.values.map(String.init)
    return values.count == 1 ? values[0] : "[\(values.joined(separator: ", "))]"
  }

  /// A test and its value.
  private static func test(_ condition: SpanTable.Condition) -> String {
    if let text = condition.text { return quoted("\(condition.test.rawValue) '\(text)'") }
    let value = Int64(bitPattern: condition.values.first ?? 0)
    return quoted("\(condition.test.rawValue) \(value)")
  }

  private static func label(_ field: KeyField) -> String {
    "{field: \(field.name), size: \(field.size)\(kind(field.kind))}"
  }

  /// Of a label or column, behind what else is said of it.
  private static func kind(_ kind: KeyField.Kind) -> String {
    switch kind {
    case .number, .padding: return ""
    case .blockDevice: return ", kind: block-device"
    case .ipv4: return ", kind: ipv4"
    case .syscall: return ", kind: syscall"
    case .signed: return ", kind: signed"
    case .text: return ", kind: text"
    case .values(let names):
      let list = names.sorted { $0.key < $1.key }.map { "\($0.key): \(quoted($0.value))" }
      return ", values: {\(list.joined(separator: ", "))}"
    }
  }
}
