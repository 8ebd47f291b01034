import KernelEvents

extension LineContext {
  /// The labels of the histograms.
  func key(_ table: SpanTable) throws(MeasureError) -> [KeyField] {
    var key: [KeyField] = []
    var words = 0
    for label in line.labels {
      let field = try keyField(label, table, room: SpanTable.templateWords - words)
      words += (field.size + 3) / 4
      if words > SpanTable.templateWords {
        throw fault(
          "the labels take more than \(4 * SpanTable.templateWords) bytes",
          remedy: "leave '\(label.text)' out", at: label.range)
      }
      key.append(field)
    }
    return key
  }

  func keyField(
    _ label: MeasureLine.Word, _ table: SpanTable, room: Int
  ) throws(MeasureError) -> KeyField {
    if label.text == SpanTable.processClass {
      return KeyField(
        name: label.text, size: 4, kind: .values([0: "workload", 1: "user", 2: "kernel"]))
    }
    let span = table.spans[0]
    let event = span.to.field(label.text) != nil ? span.to : span.from
    if case .running(let what)? = event.field(label.text)?.source {
      return what == .command
        ? KeyField(name: label.text, size: 16, kind: .text)
        : KeyField(name: label.text, size: 4, kind: .number)
    }
    if case .argument(let number)? = event.field(label.text)?.source,
      let type = usdt(of: event)?.type(of: "arg\(number)")
    {
      return KeyField(
        name: label.text, size: type.size == 8 ? 8 : 4, kind: type.isSigned ? .signed : .number)
    }
    guard let tracepoint = event.event?.replacing("/", with: ":") else {
      return KeyField(
        name: label.text, size: 4, kind: label.text.hasPrefix("ret") ? .signed : .number)
    }
    guard let format = format(tracepoint), let field = format.field(label.text) else {
      throw fault(
        "\(tracepoint) has no field '\(label.text)'", remedy: "name another", at: label.range)
    }
    switch field.shape {
    case .text:
      let bytes = min(4 * SpanTable.templateWords, (field.size + 3) / 4 * 4)
      return KeyField(name: label.text, size: bytes, kind: .text)
    // Text behind the record has no length of its own: it takes what is left.
    case .other where line.ask != .duration && field.isTextBehind && room > 0:
      return KeyField(name: label.text, size: 4 * min(room, 4), kind: .text)
    case .other:
      let others = format.fields.filter { $0.shape != .other }.map(\.name)
      throw fault(
        "'\(label.text)' is \(field.words), which is no label",
        suggestion: others.contains("rwbs") ? "rwbs" : others.first,
        remedy: "labels are \(others.joined(separator: ", "))", at: label.range)
    case .number: break
    }
    let kind = numberKind(field, of: tracepoint)
    let isWide = kind == .number || kind == .signed
    return KeyField(name: label.text, size: isWide && field.size == 8 ? 8 : 4, kind: kind)
  }

  /// How a number of an event is written.
  func numberKind(_ field: EventFormat.Field, of event: String) -> KeyField.Kind {
    if let names = format(event)?.names[field.name], !names.isEmpty { return .values(names) }
    if field.type == "dev_t" { return .blockDevice }
    if event.hasPrefix("raw_syscalls:"), field.name == "id" { return .syscall }
    return field.isSigned ? .signed : .number
  }
}
