import KernelEvents

// Tables of single events: counts, sums, histograms of a value, rows and stacks.
extension LineContext {
  /// Where single events are.
  private enum Site {
    /// `system:event`, with its format.
    case event(String, EventFormat)
    /// A function and the place in it.
    case function(MeasureLine.Word, SpanEvent.Place)
    /// A USDT probe of a file.
    case usdt(KnownFile.USDT, file: String)

    var event: String? { if case .event(let name, _) = self { name } else { nil } }

    /// What is known of the numbers of a value; nil where nothing limits them.
    func type(of name: String) -> EventFormat.Field? {
      if case .usdt(let probe, _) = self { probe.type(of: name) } else { nil }
    }

    /// For people.
    var name: String {
      switch self {
      case .event(let name, _): name
      case .function: "the function"
      case .usdt(let probe, _): probe.name
      }
    }
  }

  /// The table that the line asks for. What its labels are, ``key(_:)`` says.
  func tableOfSingle() throws(MeasureError) -> SpanTable {
    let site = try site()
    var event: SpanEvent
    switch site {
    case .event(let name, _): event = traced(name)
    case .function(let name, let place):
      event = called(name, place)
    case .usdt(let probe, let file): event = marked(probe, of: file)
    }
    if line.ask.takesValue { try addValue(to: &event, site) }
    for label in line.labels where label.text != SpanTable.processClass {
      try add(label, to: &event, site, "a label")
    }
    for comparison in line.conditions { try add(comparison, to: &event, site) }
    let columns = try line.ask == .events ? columns(of: &event, site) : []
    let span = Span(from: event, to: event, isOptional: false, labels: [:])
    var table = SpanTable(
      spans: [span], by: [SpanTable.thread], conditions: [], stamps: 8192, labels: 64)
    table.isSingle = true
    table.value = line.value?.text
    table.columns = columns
    switch line.ask {
    case .stack: table.stack = .both
    case .kstack: table.stack = .kernel
    case .ustack: table.stack = .user
    case .events: table.rows = SpanTable.templateRows
    case .duration, .count, .sum, .hist: break
    }
    if table.stack != nil {
      table.traces = 4096
      table.labels = 4096
    }
    return table
  }

  // MARK: where

  private func site() throws(MeasureError) -> Site {
    if let place = userPlace, place.isUSDT {
      return .usdt(try requireUSDT(place, kernel.file), file: place.path.text)
    }
    guard let function else {
      let name = try event(line.from)
      guard let format = format(name) else {
        throw fault(
          "the format of \(name) cannot be read",
          remedy: "see that tracefs is mounted and readable", at: line.from.range)
      }
      return .event(name, format)
    }
    try requireFunction(function)
    let words =
      [line.value].compactMap(\.self) + line.labels + line.columns + line.conditions.map(\.field)
    let results = words.filter { Self.results.contains($0.text) }
    let isReturn =
      userPlace?.isReturn ?? Self.returnPrefixes.contains { line.from.text.hasPrefix($0) }
    if let argument = words.first(where: { $0.text.hasPrefix("arg") }),
      isReturn || !results.isEmpty
    {
      throw fault(
        "'\(argument.text)' is known at the entry of a function, and its result at the return",
        suggestion: argument.range == line.value?.range ? nil : results.first?.text,
        remedy: "ask for one of them, or for the time: '\(function.text) label ret'",
        at: argument.range)
    }
    return .function(function, isReturn || !results.isEmpty ? .return : .entry)
  }

  static let results = ["ret", "retval"]

  // MARK: fields

  /// What is read of any event beside its own fields.
  private static let running = SpanEvent.Field.Running.allCases.map(\.rawValue)

  /// A name's source at a site; nil where there is none.
  private func source(of name: String, _ site: Site) -> SpanEvent.Field.Source? {
    switch site {
    case .event(_, let format): if format.field(name) != nil { return .record(name) }
    case .function(_, let place):
      if Self.results.contains(name), place == .return { return .result }
      if name.hasPrefix("arg"), let number = Int(name.dropFirst(3)), (0...4).contains(number),
        place == .entry
      {
        return .argument(number)
      }
    case .usdt(let probe, _):
      if let number = probe.readableArgument(name) { return .argument(number) }
    }
    return SpanEvent.Field.Running(rawValue: name).map { .running($0) }
  }

  /// Names that a site has.
  private func names(_ site: Site, where isFit: (EventFormat.Field) -> Bool) -> [String] {
    switch site {
    case .event(_, let format): format.fields.filter(isFit).map(\.name)
    case .function(_, .entry): (0...4).map { "arg\($0)" }
    case .function(_, .return): ["ret"]
    case .usdt(let probe, _): probe.readableArguments
    }
  }

  /// Lists a field of the event; `role` is what it is to be, for people.
  private func add(
    _ word: MeasureLine.Word, to event: inout SpanEvent, _ site: Site, _ role: String
  ) throws(MeasureError) {
    guard event.field(word.text) == nil else { return }
    if case .usdt(let probe, _) = site { try requireReadable(word, of: probe) }
    guard let source = source(of: word.text, site) else {
      let known = names(site, where: \.isShown) + Self.running + [SpanTable.processClass]
      throw fault(
        "\(site.name) has no '\(word.text)'",
        suggestion: nearest(word.text, known),
        remedy: "\(role) is one of \(known.joined(separator: ", "))", at: word.range)
    }
    event.fields.append(.init(name: word.text, source: source))
  }

  private func addValue(to event: inout SpanEvent, _ site: Site) throws(MeasureError) {
    let known = names(site) { $0.shape == .number }
    let usual = known.first { Self.isOfBytes($0) } ?? known.first
    guard let value = line.value else {
      let end = line.from.range.upperBound
      throw fault(
        "the value is missing", suggestion: usual.map { "\(line.from.text).\($0)" },
        remedy: "name a number of the event: \(known.joined(separator: ", "))", at: end..<end)
    }
    switch source(of: value.text, site) {
    case .record(let name)?:
      if case .event(_, let format) = site, let field = format.field(name),
        field.shape != .number
      {
        throw fault(
          "'\(name)' is \(field.words), and values are numbers", suggestion: usual,
          remedy: "numbers are \(known.joined(separator: ", "))", at: value.range)
      }
    case .argument?, .result?: break
    case .running?, .member?, nil:
      if case .usdt(let probe, _) = site { try requireReadable(value, of: probe) }
      throw fault(
        "\(site.name) has no number '\(value.text)'",
        suggestion: nearest(value.text, known) ?? usual,
        remedy: "numbers are \(known.joined(separator: ", "))", at: value.range)
    }
    try add(value, to: &event, site, "a value")
  }

  // MARK: conditions

  private func add(
    _ comparison: MeasureLine.Comparison, to event: inout SpanEvent, _ site: Site
  ) throws(MeasureError) {
    try requireOnce(comparison)
    let name = comparison.field.text
    if case .running(let what)? = source(of: name, site), what == .command {
      throw fault(
        "the name of a task is no condition", remedy: "to measure some tasks only, give --comm",
        at: comparison.field.range)
    }
    if name == SpanTable.processClass {
      throw fault(
        "the class is no value to compare",
        remedy: line.ask == .events ? "make it a column: print class" : "make it a label: by class",
        at: comparison.field.range)
    }
    try add(comparison.field, to: &event, site, "a condition's field")
    guard case .record? = event.field(name)?.source, let of = site.event else {
      var condition = SpanTable.Condition(field: name, test: comparison.test, values: [])
      for value in comparison.values {
        condition.values.append(try number(value, of: name, type: site.type(of: name), names: [:]))
      }
      event.conditions.append(condition)
      return
    }
    event.conditions.append(try condition(comparison, of: of))
  }

  // MARK: rows

  /// Columns that were asked for, or all that the event has and there is room for. The time is the
  /// first of both.
  private func columns(
    of event: inout SpanEvent, _ site: Site
  ) throws(MeasureError) -> [ResultColumn] {
    var columns = [ResultColumn(name: "time", source: .time, kind: .number, unit: "ns")]
    guard line.columns.isEmpty else {
      for word in line.columns where word.text != "time" {
        let column = try column(word, of: &event, site)
        columns.append(column)
        guard columns.fitPrepared else {
          throw fault(
            "a row has more than \(SpanTable.templateColumns) columns, or "
              + "\(SpanTable.templateRow) bytes", remedy: "leave '\(word.text)' out", at: word.range
          )
        }
      }
      return columns
    }
    columns.append(ResultColumn(name: "tid", source: .thread, kind: .number))
    for name in names(site, where: \.isShown) where !columns.contains(where: { $0.name == name }) {
      let word = MeasureLine.Word(text: name, range: line.from.range)
      var more = event
      let column = try column(word, of: &more, site)
      guard (columns + [column]).fitPrepared else { break }
      columns.append(column)
      event = more
    }
    return columns
  }

  private func column(
    _ word: MeasureLine.Word, of event: inout SpanEvent, _ site: Site
  ) throws(MeasureError) -> ResultColumn {
    let name = word.text
    let own = source(of: name, site)
    let isOfRecord = if case .record? = own { true } else { false }
    if !isOfRecord {
      switch name {
      case SpanTable.processClass:
        return ResultColumn(
          name: name, source: .processClass,
          kind: .values([0: "workload", 1: "user", 2: "kernel"]))
      case "tid": return ResultColumn(name: name, source: .thread, kind: .number)
      case "pid": return ResultColumn(name: name, source: .process, kind: .number)
      case "cpu": return ResultColumn(name: name, source: .cpu, kind: .number)
      case "comm": return ResultColumn(name: name, source: .command, kind: nil)
      default: break
      }
    }
    try add(word, to: &event, site, "a column")
    guard case .event(let tracepoint, let format) = site, let field = format.field(name) else {
      let isSigned = Self.results.contains(name) || site.type(of: name)?.isSigned == true
      return ResultColumn(name: name, source: .field(name), kind: isSigned ? .signed : .number)
    }
    guard field.isShown else {
      throw fault(
        "'\(name)' is \(field.words), which is no column",
        suggestion: nearest(name, names(site, where: \.isShown)),
        remedy: "columns are \(names(site, where: \.isShown).joined(separator: ", "))",
        at: word.range)
    }
    guard field.shape == .number else {
      return ResultColumn(name: name, source: .field(name), kind: nil)
    }
    return ResultColumn(
      name: name, source: .field(name), kind: numberKind(field, of: tracepoint),
      unit: Self.isOfBytes(name) ? "B" : nil)
  }

  // MARK: units

  /// Whether a number of that name counts bytes.
  private static func isOfBytes(_ name: String) -> Bool {
    name == "len" || name == "size" || name.contains("bytes") || name.hasSuffix("_size")
      || name.hasSuffix("_len")
  }

  /// Of what a line gives: of the values, of their sum, or of what is counted.
  var unit: String {
    let events = function == nil || hasUSDT ? "events" : "calls"
    guard let value = line.value?.text else { return events }
    return Self.isOfBytes(value) ? "B" : "1"
  }
}

extension EventFormat.Field {
  /// Whether it can be a label of single events, or a column of a row.
  fileprivate var isShown: Bool { shape != .other || isTextBehind }
}

extension [ResultColumn] {
  /// Whether a row of prepared programs has room for them.
  fileprivate var fitPrepared: Bool {
    let asked = filter { $0.source != .time }
    return asked.count <= SpanTable.templateColumns
      && asked.reduce(0) { $0 + $1.size } <= SpanTable.templateRow
  }
}
