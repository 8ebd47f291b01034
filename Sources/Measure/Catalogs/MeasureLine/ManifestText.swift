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
      lines += ["    unit: \(metric.unit)", "    spans:"]
      for span in table.spans {
        lines += ["      - from: \(Self.event(span.from))", "        to: \(Self.event(span.to))"]
      }
      lines.append("    by: [\(table.by.joined(separator: ", "))]")
      if table.unmatched == .ignored { lines.append("    unmatched: ignored") }
      if !metric.key.isEmpty {
        lines.append("    key:")
        lines += metric.key.map { "      - \(Self.label($0))" }
      }
    }
    text = lines.map { $0 + "\n" }.joined()
  }

  /// Text in YAML's double quotes.
  private static func quoted(_ text: String) -> String {
    "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
  }

  private static func event(_ event: SpanEvent) -> String {
    guard let path = event.event else {
      let fields = event.fields.map { field in
        if case .argument(let number) = field.source {
          "\(field.name): arg\(number)"
        } else {
          "\(field.name): ret"
        }
      }
      let list = fields.isEmpty ? "" : ", fields: {\(fields.joined(separator: ", "))}"
      return "{function: \(event.function ?? "")\(list)\(conditions(of: event))}"
    }
    let isPlain = event.fields.allSatisfy { $0.source == .record($0.name) }
    let fields = event.fields.map { field in
      if !isPlain, case .record(let name) = field.source {
        "\(field.name): record.\(name)"
      } else {
        field.name
      }
    }.joined(separator: ", ")
    if fields.isEmpty { return "{event: \(path), rungs: [tracepoint]}" }
    let list = isPlain ? "[\(fields)]" : "{\(fields)}"
    return "{event: \(path), fields: \(list)\(conditions(of: event))}"
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
    var text = "{field: \(field.name), size: \(field.size)"
    switch field.kind {
    case .number, .padding: break
    case .blockDevice: text += ", kind: block-device"
    case .syscall: text += ", kind: syscall"
    case .signed: text += ", kind: signed"
    case .text: text += ", kind: text"
    case .values(let names):
      let list = names.sorted { $0.key < $1.key }.map { "\($0.key): \(quoted($0.value))" }
      text += ", values: {\(list.joined(separator: ", "))}"
    }
    return text + "}"
  }
}
