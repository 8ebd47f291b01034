import KernelEvents

/// A line whose events, fields and values are those of a kernel.
package struct MeasureQuestion: Sendable, Equatable {
  /// The probe that measures it, made of a table.
  package let probe: ProbeManifest

  /// Name of the probe of a line that is not kept.
  package static let usualName = "measure"

  /// Holds a line against what a kernel has.
  ///
  /// - Parameters:
  ///   - line: as it was written.
  ///   - kernel: its events, with the formats of those that ``events(of:in:)`` names.
  ///   - name: of the probe.
  ///   - returns: how those of a process's function are seen.
  /// - Throws: ``MeasureError`` with the nearest names.
  package init(
    _ line: MeasureLine, kernel: KnownEvents, name: String = usualName,
    returns: SpanEvent.Returns = .auto
  ) throws(MeasureError) {
    let context = LineContext(line: line, kernel: kernel, returns: returns)
    let table = try context.table()
    try context.requireReturn(table)
    let labels = try context.key(table)
    if let objection = table.templateObjection(labels) {
      throw context.fault(objection, remedy: "ask for less", at: 0..<line.text.count)
    }
    let isInT0 = table.isInT0(labels)
    let span = table.spans[0]
    let words = line.ask.words(from: span.from, to: span.to, value: line.value?.text ?? "")
    let metricName = "\(name).\(line.ask.metric)"
    let metric = ProbeMetric(
      name: metricName, help: "\(words.help): \(line.text)", title: words.title,
      kind: line.ask.kind, unit: line.ask == .duration ? "ns" : context.unit,
      map: line.ask.kind.mapPrefix
        + metricName.replacing("-", with: "_").replacing(".", with: "_"), counters: 0,
      namesMap: nil, isInT0: isInT0, table: table, key: labels)
    var events: [String] = []
    for event in [span.from, span.to].compactMap(\.tracepoint?.event)
    where isInT0 && !events.contains(event) { events.append(event) }
    probe = ProbeManifest(
      name: name, title: line.text, question: words.question, object: nil, cost: .medium,
      privacy: Self.privacy(of: table, labels), comparedWith: nil, t0Events: events,
      metrics: [metric], file: "the line")
  }

  /// Text of the kernel is a name; some of it a path.
  private static func privacy(of table: SpanTable, _ key: [KeyField]) -> ProbeManifest.Privacy {
    let texts =
      key.filter { $0.kind == .text }.map(\.name)
      + table.columns.filter { $0.kind == nil }.map(\.name)
    if texts.contains(where: { $0.contains("file") || $0.contains("path") }) { return .paths }
    return texts.isEmpty && table.stack == nil ? .none : .names
  }

  /// Refuses a way to see returns for a line that is not of a process, before a device is asked.
  /// - Throws: ``MeasureError``.
  package static func requireProcess(
    _ line: MeasureLine, returns: SpanEvent.Returns
  ) throws(MeasureError) {
    guard returns == .auto || !places(of: line).isEmpty else {
      throw LineContext(line: line, kernel: KnownEvents(), returns: returns).noReturn
    }
  }

  /// The events of a line whose formats have to be known, as `system:event`.
  /// - Throws: ``MeasureError`` for one that the kernel does not have.
  package static func events(
    of line: MeasureLine, in kernel: KnownEvents
  ) throws(MeasureError) -> [String] {
    let context = LineContext(line: line, kernel: kernel)
    guard context.function == nil else { return [] }
    var events: [String] = []
    for word in [line.from, line.to].compactMap(\.self) { events.append(try context.event(word)) }
    return events
  }

  /// The function that a line measures, which the kernel must have; nil for events.
  package static func function(of line: MeasureLine) -> String? {
    let context = LineContext(line: line, kernel: KnownEvents())
    return context.userPlace == nil ? context.function?.text : nil
  }

  /// The program or library whose function or USDT probe a line measures, as its path on the device, and
  /// the function; then the same of the event that ends. Empty for lines of the kernel.
  package static func places(of line: MeasureLine) -> [(path: String, function: String)] {
    guard let first = LineContext.userPlace(line.from) else { return [] }
    return [first, line.to.flatMap(LineContext.userPlace)].compactMap { place in
      place.map { (path: $0.path.text, function: $0.isUSDT ? "" : $0.symbol.text) }
    }
  }
}

extension LineContext {
  /// An option that changes nothing was given for something else.
  fileprivate func requireReturn(_ table: SpanTable) throws(MeasureError) {
    let seesReturn = table.spans.contains { span in
      [span.from, span.to].contains { $0.file != nil && $0.place == .return }
    }
    guard returns == .auto || seesReturn else { throw noReturn }
  }

  fileprivate var noReturn: MeasureError {
    fault(
      "--returns needs a program's function that is seen as it returns, and the line has none",
      remedy: "leave '--returns' out, or measure a function as PATH:SYMBOL", at: line.from.range)
  }

  /// What the line asks for.
  fileprivate func table() throws(MeasureError) -> SpanTable {
    if line.ask != .duration { return try tableOfSingle() }
    if hasUSDT { return try tableOfUSDT() }
    if let function { return try table(of: function) }
    return try tableOfEvents()
  }
}

extension MeasureLine.Ask {
  /// Of the metric, behind the probe's.
  fileprivate var metric: String {
    switch self {
    case .duration: "latency"
    case .count: "count"
    case .sum: "sum"
    case .hist: "value"
    case .events: "events"
    case .stack, .kstack, .ustack: "stacks"
    }
  }

  fileprivate var kind: ProbeMetric.Kind {
    switch self {
    case .duration, .hist: .histogram
    case .count, .sum: .counter
    case .events: .events
    case .stack, .kstack, .ustack: .stacks
    }
  }

  /// What manifest and reports say of it.
  fileprivate func words(
    from: SpanEvent, to: SpanEvent, value: String
  ) -> (help: String, title: String, question: String) {
    let (first, last) = (from.hook, to.hook)
    return switch self {
    case .duration:
      (
        "time between the events of", "\(first) to \(last)",
        "How long is it from \(first) to \(last)?"
      )
    case .count: ("events of", first, "How often does \(first) happen?")
    case .sum:
      (
        "sum over the events of", "\(value) of \(first)",
        "What does \(value) of \(first) add up to?"
      )
    case .hist:
      (
        "values of the events of", "\(value) of \(first)",
        "How is \(value) of \(first) distributed?"
      )
    case .events: ("rows for the events of", first, "What are the events of \(first)?")
    case .stack, .kstack, .ustack:
      ("stacks at the events of", first, "Where in the code does \(first) happen?")
    }
  }
}
