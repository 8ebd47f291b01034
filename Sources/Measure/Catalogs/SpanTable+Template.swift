// A table that prepared programs can measure: they are built once, and learn as they are loaded
// where the kernel keeps the fields (`span_template.h`).

extension SpanTable {
  /// Words of 4 bytes in the key of a histogram of prepared programs.
  package static let templateWords = 6
  /// Tests of prepared programs at either event.
  package static let templateTests = 8
  /// Columns of a row of prepared programs, beside its time.
  package static let templateColumns = 12
  /// Bytes of these columns.
  package static let templateRow = 192
  /// Rows of a CPU.
  package static let templateRows = 1024

  /// Whether a field is read of an event's record by name.
  package var readsRecords: Bool {
    spans.contains { ($0.from.fields + $0.to.fields).contains(where: \.isOfRecord) }
  }

  /// Whether programs of its own can be written for it; else only prepared ones measure it.
  package var isWritable: Bool {
    let events = spans.flatMap { [$0.from, $0.to] }
    return !events.contains { $0.file != nil }
      && !events.flatMap(\.fields).contains(where: \.isPrepared)
      && (conditions + events.flatMap(\.conditions)).allSatisfy {
        $0.test == .equal && $0.text == nil
      }
  }

  package func isTemplate(_ key: [KeyField]) -> Bool { templateObjection(key) == nil }

  /// Why prepared programs cannot measure it; nil when they can. `key` are the metric's labels.
  package func templateObjection(_ key: [KeyField]) -> String? {
    if !isSingle, !columns.isEmpty || stack != nil {
      return "of spans prepared programs measure durations, in histograms"
    }
    guard spans.count == 1, let span = spans.first else {
      return "prepared programs measure one span, or events of one place"
    }
    if span.isOptional || !span.labels.isEmpty || nameField != nil {
      return "prepared programs have no optional spans, constant labels or names"
    }
    let isFunction = [span.from, span.to].allSatisfy {
      $0.event == nil && ($0.rungs == [.kprobe] || $0.rungs == [.uprobe])
        && $0.file == span.to.file
    }
    let isTraced = [span.from, span.to].allSatisfy { $0.rungs == [.tracepoint] }
    let isMarked =
      span.hasUSDT && [span.from, span.to].allSatisfy { $0.file != nil && $0.rungs == [.uprobe] }
    guard
      isFunction && span.from.function == span.to.function && !span.hasUSDT || isTraced
        || isMarked
    else {
      return
        "prepared programs take two trace events by their records, one function, or USDT probes"
    }
    for field in span.from.fields + span.to.fields {
      switch field.source {
      case .record: continue
      case .running: if isSingle { continue }
      case .argument, .result: if isFunction || isMarked { continue }
      case .member: break
      }
      return "prepared programs do not read field '\(field.name)'"
    }
    if !isSingle, span.from.hook == span.to.hook { return "start and end are one event" }
    if by.count > 4 { return "more than 4 values tie an end to its start" }
    if key.reduce(0, { $0 + ($1.size + 3) / 4 }) > Self.templateWords {
      return "the labels have more than \(4 * Self.templateWords) bytes"
    }
    let asked = columns.filter { $0.source != .time }
    if asked.count > Self.templateColumns || asked.reduce(0, { $0 + $1.size }) > Self.templateRow {
      return "a row has more than \(Self.templateColumns) columns, or \(Self.templateRow) bytes"
    }
    if rows > Self.templateRows { return "prepared programs keep \(Self.templateRows) rows" }
    if repeats != .loss { return "prepared programs take the last of several starts" }
    for event in isSingle ? [span.to] : [span.from, span.to] {
      let tests = (conditions + event.conditions).reduce(0) { $0 + $1.tests }
      if tests > Self.templateTests { return "more than \(Self.templateTests) tests of an event" }
    }
    return nil
  }
}

extension SpanTable.Condition {
  /// How many tests of prepared programs it takes: text is compared in pieces of 8, 4, 2 and 1
  /// bytes, with its NUL.
  package var tests: Int {
    guard let text else { return values.count }
    let bytes = text.utf8.count + 1
    return bytes / 8 + (bytes % 8).nonzeroBitCount
  }
}

extension SpanEvent.Field {
  package var isOfRecord: Bool { if case .record = source { true } else { false } }

  /// Whether only prepared programs read it.
  package var isPrepared: Bool {
    switch source {
    case .record, .running: true
    case .argument, .member, .result: false
    }
  }
}
