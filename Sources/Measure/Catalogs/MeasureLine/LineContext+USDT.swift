import KernelEvents

// USDT probes of processes: usdt:PATH:PROVIDER:NAME.
extension LineContext {
  /// Whether the line names one.
  var hasUSDT: Bool {
    [line.from, line.to].compactMap(\.self).contains { Self.userPlace($0)?.isUSDT == true }
  }

  // MARK: the probe

  /// Holds a probe against what its file has.
  /// - Returns: the probe, which is any where nothing is known of the file.
  func requireUSDT(
    _ place: UserPlace, _ file: KnownFile?
  ) throws(MeasureError) -> KnownFile.USDT {
    try requireFile(place, file)
    let name = place.symbol.text
    guard let file else {
      let any = KnownFile.Argument(size: 8, isSigned: false)
      return KnownFile.USDT(name: name, arguments: Array(repeating: any, count: 12))
    }
    if let objection = file.usdtObjection {
      throw fault(
        "the USDT notes of \(file.path) cannot be read: \(objection)",
        remedy: "install a build of it that is whole", at: place.path.range)
    }
    guard !file.usdt.isEmpty else {
      throw fault(
        "\(file.path) has no USDT probes",
        remedy: "builds without them have no .note.stapsdt; its functions are measured as "
          + "\(file.path):FUNCTION", at: place.path.range)
    }
    if let found = file.usdt.first(where: { $0.name == name }) { return found }
    let own = name.firstIndex(of: ":").map { String(name[name.index(after: $0)...]) } ?? name
    let same = file.usdt.filter { $0.name.hasSuffix(":\(own)") && !own.isEmpty }
    if same.count == 1, !name.contains(":") { return same[0] }
    let known = file.usdt.map(\.name)
    let remedy = known.count > 20 ? nil : "it has \(known.joined(separator: ", "))"
    guard !name.isEmpty else {
      throw fault(
        "the probe is missing", suggestion: "usdt:\(file.path):\(known[0])", remedy: remedy,
        at: place.symbol.range.lowerBound..<place.symbol.range.lowerBound)
    }
    throw fault(
      same.count > 1 && !name.contains(":")
        ? "several providers of \(file.path) have a probe '\(own)'"
        : "\(file.path) has no USDT probe '\(name)'",
      suggestion: same.map(\.name).min() ?? Self.nearest(to: name, in: known),
      remedy: remedy, at: place.symbol.range)
  }

  /// A name alone is held against names alone.
  private static func nearest(to name: String, in known: [String]) -> String? {
    if name.contains(":") { return NearNames(names: known).nearest(to: name) }
    let own = known.map { $0.drop { $0 != ":" }.dropFirst() }
    let near = NearNames(names: own.map(String.init)).nearest(to: name)
    return near.flatMap { near in zip(known, own).first { $0.1 == near }?.0 }
  }

  /// A field that is an argument has to be one that can be read.
  func requireReadable(
    _ word: MeasureLine.Word, of probe: KnownFile.USDT
  ) throws(MeasureError) {
    guard let number = KnownFile.USDT.argument(word.text) else { return }
    let known = probe.readableArguments
    guard probe.arguments.indices.contains(number) else {
      throw fault(
        "\(probe.name) has \(probe.arguments.count) arguments, and no '\(word.text)'",
        suggestion: known.last,
        remedy: known.isEmpty ? "none can be read" : "known: \(known.joined(separator: ", "))",
        at: word.range)
    }
    guard let objection = probe.arguments[number].objection else { return }
    throw fault(
      "\(word.text) of \(probe.name) \(objection)", suggestion: known.first,
      remedy: known.isEmpty
        ? "ask without it"
        : "those that can be read: "
          + known.joined(separator: ", "), at: word.range)
  }

  func marked(_ probe: KnownFile.USDT, of file: String) -> SpanEvent {
    SpanEvent(
      event: nil, record: nil, function: nil, file: file, usdt: SpanEvent.USDT(probe.name),
      place: .entry, rungs: [.uprobe], fields: [])
  }

  /// What is known of an event's probe; nil for other events.
  func usdt(of event: SpanEvent) -> KnownFile.USDT? {
    guard let name = event.usdt?.fullName else { return nil }
    return [kernel.file, kernel.endFile].compactMap(\.self).filter { $0.path == event.file }
      .flatMap(\.usdt).first { $0.name == name }
  }

  // MARK: the time between two

  /// Either end of a time.
  private struct End {
    var event: SpanEvent
    var usdt: KnownFile.USDT?

    /// Values that it has.
    var known: [String] {
      if let usdt { return usdt.readableArguments }
      return event.place == .return ? ["ret"] : (0...4).map { "arg\($0)" }
    }

    func source(of name: String) -> SpanEvent.Field.Source? {
      if let usdt { return usdt.readableArgument(name).map(SpanEvent.Field.Source.argument) }
      if event.place == .return { return ["ret", "retval"].contains(name) ? .result : nil }
      guard let number = KnownFile.USDT.argument(name), number <= 4 else { return nil }
      return .argument(number)
    }
  }

  func tableOfUSDT() throws(MeasureError) -> SpanTable {
    guard let to = line.to else {
      throw fault(
        "a USDT probe is one place, and a time is between two",
        suggestion: "count \(line.from.text)", remedy: "or name where it ends: START ~ END",
        at: line.from.range)
    }
    var start = try end(line.from, kernel.file)
    var last = try end(to, kernel.endFile)
    guard start.event.hook != last.event.hook else {
      throw fault(
        "start and end are one probe", remedy: "name the probe that ends the operation",
        at: to.range)
    }
    for tie in line.by { try add(tie, &start, &last) }
    for label in line.labels where label.text != SpanTable.processClass {
      try add(label, &start, &last, isLabel: true)
    }
    for comparison in line.conditions { try add(comparison, &start, &last) }
    let span = Span(from: start.event, to: last.event, isOptional: false, labels: [:])
    return table(of: span, by: line.by.isEmpty ? [SpanTable.thread] : line.by.map(\.start.text))
  }

  private func end(_ word: MeasureLine.Word, _ file: KnownFile?) throws(MeasureError) -> End {
    guard let place = Self.userPlace(word) else {
      throw fault(
        "'\(word.text)' is the kernel's, and a USDT probe is of a process",
        remedy: "name a USDT probe, or a function as PATH:SYMBOL", at: word.range)
    }
    if place.isUSDT {
      let probe = try requireUSDT(place, file)
      return End(event: marked(probe, of: place.path.text), usdt: probe)
    }
    try requireFunction(place, file)
    if file?.isGo(place.symbol.text) == true {
      throw fault(
        "'\(place.symbol.text)' is a function of Go, whose goroutines change threads",
        remedy: "measure it alone", at: place.symbol.range)
    }
    return End(
      event: SpanEvent(
        event: nil, record: nil, function: place.symbol.text, file: place.path.text,
        returns: place.isReturn ? returns : .auto, place: place.isReturn ? .return : .entry,
        rungs: [.uprobe], fields: []))
  }

  private func add(
    _ tie: MeasureLine.Tie, _ start: inout End, _ last: inout End
  ) throws(MeasureError) {
    let name = tie.start.text
    if [SpanTable.thread, SpanTable.cpu].contains(name), tie.end == nil { return }
    let ends = tie.end ?? tie.start
    start.event.fields.append(.init(name: name, source: try source(tie.start, start)))
    last.event.fields.append(.init(name: name, source: try source(ends, last)))
  }

  private func source(
    _ word: MeasureLine.Word, _ end: End
  ) throws(MeasureError) -> SpanEvent.Field.Source {
    if let source = end.source(of: word.text) { return source }
    if let usdt = end.usdt { try requireReadable(word, of: usdt) }
    let known = end.known + [SpanTable.thread, SpanTable.cpu]
    throw fault(
      "\(end.usdt?.name ?? "the function") has no '\(word.text)'",
      suggestion: nearest(word.text, known),
      remedy: "an end is tied to its start by \(known.joined(separator: ", "))", at: word.range)
  }

  /// A label is the end's where it has it, a condition the start's.
  private func add(
    _ word: MeasureLine.Word, _ start: inout End, _ last: inout End, isLabel: Bool
  ) throws(MeasureError) {
    let name = word.text
    let (first, second) = (start.source(of: name), last.source(of: name))
    if let second, isLabel || first == nil {
      if last.event.field(name) == nil {
        last.event.fields.append(.init(name: name, source: second))
      }
    } else if let first {
      if start.event.field(name) == nil {
        start.event.fields.append(.init(name: name, source: first))
      }
    } else {
      for usdt in [last.usdt, start.usdt].compactMap(\.self) { try requireReadable(word, of: usdt) }
      let known = (last.known + start.known).reduce(into: [String]()) { list, name in
        if !list.contains(name) { list.append(name) }
      }
      throw fault(
        "neither end has '\(name)'",
        suggestion: nearest(name, known + (isLabel ? [SpanTable.processClass] : [])),
        remedy: known.isEmpty ? "ask without it" : "they have \(known.joined(separator: ", "))",
        at: word.range)
    }
  }

  private func add(
    _ comparison: MeasureLine.Comparison, _ start: inout End, _ last: inout End
  ) throws(MeasureError) {
    try requireOnce(comparison)
    let name = comparison.field.text
    if name == SpanTable.processClass {
      throw fault(
        "the class is no value to compare", remedy: "make it a label: label class",
        at: comparison.field.range)
    }
    try add(comparison.field, &start, &last, isLabel: false)
    let isOfStart = start.source(of: name) != nil
    let type = (isOfStart ? start.usdt : last.usdt)?.type(of: name)
    var condition = SpanTable.Condition(field: name, test: comparison.test, values: [])
    for value in comparison.values {
      condition.values.append(try number(value, of: name, type: type, names: [:]))
    }
    if isOfStart {
      start.event.conditions.append(condition)
    } else {
      last.event.conditions.append(condition)
    }
  }
}

extension KnownFile.USDT {
  /// The number of `arg0`, `arg1` and so on, as tracepoints may have; nil for other names.
  static func argument(_ name: String) -> Int? {
    guard name.hasPrefix("arg"), let number = Int(name.dropFirst(3)), (0...11).contains(number)
    else {
      return nil
    }
    return number
  }

  /// An argument that can be read.
  func readableArgument(_ name: String) -> Int? {
    guard let number = Self.argument(name), arguments.indices.contains(number),
      arguments[number].objection == nil
    else { return nil }
    return number
  }

  /// Names of those that can be read.
  var readableArguments: [String] {
    arguments.indices.map { "arg\($0)" }.filter { readableArgument($0) != nil }
  }

  /// As a field of an event; nil for what is no argument that can be read.
  func type(of name: String) -> EventFormat.Field? {
    readableArgument(name).map { number in
      EventFormat.Field(
        name: name, type: "int", offset: 0, size: arguments[number].size,
        isSigned: arguments[number].isSigned, isArray: false)
    }
  }
}
