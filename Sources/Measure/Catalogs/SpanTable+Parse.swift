extension SpanTable {
  static let keys = [
    "spans", "at", "by", "where", "repeat", "unmatched", "name", "limits", "value", "sum",
    "columns", "keep", "slower_than", "stack",
  ]
  /// Entries of a map of the kernel that cost a few MiB at most.
  private static let mostEntries = 65_536

  /// Reads the table of a metric; nil without `spans` and `at`. `key` are the metric's labels.
  static func read(_ metric: MappingReader, kind: ProbeMetric.Kind, key: [KeyField]) -> Self? {
    guard let spans = metric.optional("spans") ?? metric.optional("at") else {
      for name in Self.keys where name != "columns" || kind != .events {
        metric.optional(name)?.report(
          "'\(name)' belongs to a metric with 'spans'", remedy: "remove it, or add the spans")
      }
      return nil
    }
    let isSingle = metric.optional("spans") == nil
    if !isSingle {
      metric.optional("at")?.report(
        "'at' and 'spans' exclude each other", remedy: "keep one of them")
    }
    let limits = metric.optional("limits")?
      .mapping(
        known: ["labels"] + (isSingle ? [] : ["stamps"]) + (kind == .stacks ? ["traces"] : []))
    let range = 1...mostEntries
    let by =
      isSingle
      ? metric.optional("by")
      : metric.required("by", remedy: "say what ties an end to its start, such as [tid]")
    var table = Self(
      spans: spans.list().compactMap { isSingle ? Span.readSingle($0) : Span.read($0) },
      isSingle: isSingle, by: (by?.list() ?? []).compactMap { $0.identifier() },
      conditions: metric.optional("where")?.anyMapping()?.entries.flatMap(Condition.readAll) ?? [],
      repeats: metric.optional("repeat")?.choice() ?? .loss,
      unmatched: metric.optional("unmatched")?.choice() ?? .loss,
      nameField: metric.optional("name")?.identifier(),
      stamps: limits?.optional("stamps")?.integer(in: range) ?? 8192,
      labels: limits?.optional("labels")?.integer(in: range) ?? 64)
    table.readResult(metric, kind)
    if kind == .stacks {
      table.traces = limits?.optional("traces")?.integer(in: range) ?? 4096
      // A count for each pair of traces and label.
      if limits?.optional("labels") == nil { table.labels = 4096 }
    }
    for name in isSingle ? ["repeat", "unmatched"] : [] {
      metric.optional(name)?.report(
        "single events have no '\(name)'", remedy: "remove it: each is counted as it comes")
    }
    for name in ["map", "counters", "names"] {
      metric.optional(name)?.report(
        "a metric with '\(isSingle ? "at" : "spans")' has no '\(name)'",
        remedy: "remove it: the program is written for it")
    }
    if table.spans.isEmpty, spans.node.sequence?.isEmpty == true {
      spans.report(
        "the list is empty",
        remedy: isSingle ? "give an event" : "give a span, with 'from' and 'to'")
    }
    table.check(metric, kind, key: key)
    return table
  }

  /// What the metric's kind makes of an event or a span.
  private mutating func readResult(_ metric: MappingReader, _ kind: ProbeMetric.Kind) {
    var fitting: Set<String> = []
    switch kind {
    case .histogram where isSingle:
      fitting = ["value"]
      value = metric.required("value", remedy: "name the field whose values are recorded")?
        .identifier()
    case .histogram: break
    case .counter:
      fitting = ["sum"]
      value = metric.optional("sum")?.identifier()
      if !isSingle {
        metric.optional("spans")?.report(
          "a counter counts single events", remedy: "write 'at', with the events to count")
      }
    case .stacks:
      fitting = ["stack"]
      stack = metric.optional("stack")?.choice(of: StackSide.self) ?? .both
      metric.optional("name")?.report("stacks have no names", remedy: "remove it")
    case .events:
      fitting = isSingle ? ["columns", "keep"] : ["columns", "keep", "slower_than"]
      let events = spans.map(\.to)
      columns =
        (metric.required("columns", remedy: "list what a row has, such as {name: time}")?
        .list() ?? []).compactMap { ResultColumn.read($0, of: events) }
      rows = metric.optional("keep")?.integer(in: 1...Self.mostRows) ?? Self.usualRows
      if !isSingle, let least = metric.optional("slower_than")?.duration() {
        threshold = UInt64(clamping: Int64(least / .nanoseconds(1)))
      }
    }
    for name in ["value", "sum", "columns", "keep", "slower_than", "stack"]
    where !fitting.contains(name) {
      metric.optional(name)?.report(
        "'\(name)' does not fit a \(kind.rawValue) metric of \(isSingle ? "'at'" : "'spans'")",
        remedy: "remove it, or correct 'kind'")
    }
  }

  /// `LG_ROWS_MAX`.
  private static let mostRows = 4096
  private static let usualRows = 256

  /// Every name stands for something that the events have.
  private func check(_ metric: MappingReader, _ kind: ProbeMetric.Kind, key: [KeyField]) {
    if isSingle, by != [Self.thread] {
      metric.optional("by")?.report(
        "single events have nothing to be tied to",
        remedy: "remove it, or write [tid] where an event is the running thread's")
    } else if by.isEmpty, metric.optional("by")?.node.sequence?.isEmpty == true {
      metric.optional("by")?.report("the list is empty", remedy: "name 'tid', 'cpu' or a field")
    }
    reportDuplicates(by, in: metric.optional("by"))
    let events = spans.flatMap { [$0.from, $0.to] }
    checkLimits(metric)
    let running =
      [Self.thread, Self.cpu] + (events.contains { $0.file != nil } ? [Self.goroutine] : [])
    let shared = by.filter { !running.contains($0) } + conditions.map(\.field)
    for name in shared where !events.allSatisfy({ $0.field(name) != nil }) {
      (metric.optional(by.contains(name) ? "by" : "where") ?? metric.value).report(
        "not every event has a field '\(name)'", remedy: "list it in 'fields' of 'from' and 'to'")
    }
    checkResult(metric)
    checkTemplate(metric.optional("key") ?? metric.value, key)
    if let nameField, !spans.allSatisfy({ $0.from.isPointer(nameField) }) {
      metric.optional("name")?.report(
        "not every start has a field '\(nameField)' that is a member",
        remedy: "list it in 'fields' of 'from', such as '\(nameField): arg1.irqaction.name'")
    }
    if kind == .events {
      metric.optional("key")?.report(
        "events have no labels", remedy: "make columns of them, and remove 'key'")
      metric.optional("name")?.report("events have no labels", remedy: "make a column of it")
    } else {
      checkKey(metric, kind, key)
    }
  }

  /// What only prepared programs can do is asked of what they can measure.
  private func checkTemplate(_ place: FieldReader, _ key: [KeyField]) {
    guard let objection = templateObjection(key) else { return }
    let own = spans.flatMap { $0.from.conditions + $0.to.conditions }
    if spans.contains(where: { ($0.from.fields + $0.to.fields).contains(where: \.isPrepared) }) {
      place.report(objection, remedy: "ask for less, or name arguments: arg0")
    }
    if (conditions + own).contains(where: { $0.test != .equal || $0.text != nil }) {
      place.report(
        "only numbers to be equal to can be asked for: \(objection)",
        remedy: "list fields of the record, such as 'fields: [dev, sector]'")
    }
  }

  private func checkResult(_ metric: MappingReader) {
    if let value, !spans.allSatisfy({ $0.to.field(value) != nil }) {
      (metric.optional("value") ?? metric.optional("sum") ?? metric.value).report(
        "not every event has a field '\(value)'", remedy: "list it in their 'fields'")
    }
    let list = metric.optional("columns")
    columns.check(list)
    if isSingle, columns.contains(where: { $0.source == .duration }) {
      list?.report("a single event has no duration", remedy: "give 'spans' in place of 'at'")
    }
    for case .field(let name) in columns.map(\.source)
    where !spans.allSatisfy({ $0.to.field(name) != nil }) {
      list?.report(
        "not every \(isSingle ? "event" : "end") has a field '\(name)'",
        remedy: "list it in 'fields' of \(isSingle ? "each" : "'to'")")
    }
    for column in columns where column.kind == nil {
      guard case .field(let name) = column.source,
        !spans.allSatisfy({ $0.to.isPointer(name) || $0.to.field(name)?.isPrepared == true })
      else { continue }
      list?.report(
        "'\(name)' is no text: it is no member of what an argument points to",
        remedy: "write it so in 'fields', such as '\(name): arg1.irqaction.name'")
    }
  }

  /// What fits into the declaration that tier T0 reads (`span_declaration.h`).
  private func checkLimits(_ metric: MappingReader) {
    let tied = by.filter { ![Self.thread, Self.cpu, Self.goroutine].contains($0) }
    if tied.count > 3 {
      metric.optional("by")?.report(
        "more than 3 fields tie an end to its start", remedy: "keep at most 3 beside tid and cpu")
    }
    let asked =
      conditions
      + spans.flatMap { (isSingle ? [] : $0.from.conditions) + $0.to.conditions }
    if asked.count > 8 || asked.reduce(0, { $0 + $1.values.count }) > 64 {
      (metric.optional("where") ?? metric.value).report(
        "more than 8 fields or 64 values, those of events among them",
        remedy: "ask for less, or write the program by hand")
    }
    if spans.count > 16 {
      metric.optional("spans")?.report("more than 16 spans", remedy: "make two metrics of them")
    }
  }

  private func checkKey(
    _ metric: MappingReader, _ kind: ProbeMetric.Kind, _ key: [KeyField]
  ) {
    let place = metric.optional("key") ?? metric.value
    if key.isEmpty, kind == .histogram, !isTemplate(key) {
      place.report(
        "a metric with '\(isSingle ? "at" : "spans")' needs a key",
        remedy: "add one, such as the class")
    }
    if key.count > 6 {
      place.report("more than 6 labels", remedy: "leave out what nobody compares")
    }
    for field in key
    where (field.size != 4 || field.kind == .text) && !isTemplate(key) || field.kind == .padding {
      place.report(
        "'\(field.name)' is not a label of 4 bytes", remedy: "write 'size: 4', without padding")
    }
    let list = isSingle ? "at" : "spans"
    for (index, span) in spans.enumerated() {
      for field in key where field.name != Self.processClass && span.labels[field.name] == nil {
        // The name is written down at the start, the operation at the end.
        let sources = nameField == nil ? [span.to] : [span.from, span.to]
        guard sources.contains(where: { $0.field(field.name) == nil }),
          // What is prepared keeps labels of the start as well.
          !isTemplate(key) || span.from.field(field.name) == nil
        else { continue }
        place.report(
          "nothing gives label '\(field.name)' in \(list)[\(index)]",
          remedy: isSingle
            ? "list it in 'labels' or 'fields' of the event"
            : "list it in 'labels' of the span, or in 'fields' of "
              + (nameField == nil ? "'to'" : "'from' and 'to'"))
      }
      if nameField != nil, key.contains(where: { $0.name == Self.processClass }) {
        place.report("labels with a name have no class", remedy: "remove 'class', or 'name'")
      }
      for name in span.labels.keys.sorted() where !key.contains(where: { $0.name == name }) {
        place.report(
          "\(list)[\(index)] gives '\(name)', which is no label", remedy: "add it to 'key'")
      }
    }
  }
}

extension SpanTable.Condition {
  /// Those of a field: one, or a list of tests that all hold.
  fileprivate static func readAll(_ entry: (name: String, value: FieldReader)) -> [Self] {
    guard let texts = entry.value.node.sequence?.compactMap({ $0.scalar?.string }),
      texts.contains(where: { text in Test.allCases.contains { text.hasPrefix($0.rawValue) } })
    else { return [read(entry)].compactMap(\.self) }
    return entry.value.list().compactMap { read((entry.name, $0)) }
  }

  private static func read(_ entry: (name: String, value: FieldReader)) -> Self? {
    let value = entry.value
    if let text = value.node.scalar?.string, let made = compared(entry.name, text, value) {
      return made
    }
    let most = Int.max
    let values =
      value.node.sequence == nil
      ? [value.integer(in: 0...most)] : value.list().map { $0.integer(in: 0...most) }
    if values.isEmpty {
      value.report("the list is empty", remedy: "give the values that are meant")
    }
    return Self(field: entry.name, values: values.compactMap { $0.map(UInt64.init) })
  }

  /// A test and a value, such as `> 8` or `== 'fsync'`; nil for a number alone.
  private static func compared(
    _ field: String, _ text: String, _ value: FieldReader
  ) -> Self? {
    // Longer ones first: `<=` begins with `<`.
    let tests = Test.allCases.sorted { $0.rawValue.count > $1.rawValue.count }
    guard let test = tests.first(where: { text.hasPrefix($0.rawValue) }) else { return nil }
    let rest = text.dropFirst(test.rawValue.count).drop { $0 == " " }
    if rest.count >= 2, rest.first == "'", rest.last == "'", test == .equal || test == .unequal {
      return Self(
        field: field, test: test, values: [], text: String(rest.dropFirst().dropLast()))
    }
    guard let number = Int64(rest) else {
      value.report("'\(rest)' is no number", remedy: "write a test and a number, such as '> 8'")
      return Self(field: field, test: test, values: [])
    }
    return Self(field: field, test: test, values: [UInt64(bitPattern: number)])
  }
}

extension Span {
  fileprivate static func read(_ value: FieldReader) -> Self? {
    guard let map = value.mapping(known: ["from", "to", "optional", "labels"]),
      let from = map.required("from", remedy: "name the event that begins"),
      let to = map.required("to", remedy: "name the event that ends"),
      let begin = SpanEvent.read(from, place: .entry),
      let end = SpanEvent.read(to, place: .return)
    else { return nil }
    return Self(
      from: begin, to: end, isOptional: map.optional("optional")?.boolean() ?? false,
      labels: labels(map))
  }

  /// An event of its own: what a span says is beside what the event says.
  fileprivate static func readSingle(_ value: FieldReader) -> Self? {
    let own = ["optional", "labels"]
    guard let map = value.mapping(known: SpanEvent.keys + own),
      let event = SpanEvent.read(map, place: .entry)
    else { return nil }
    return Self(
      from: event, to: event, isOptional: map.optional("optional")?.boolean() ?? false,
      labels: labels(map))
  }

  private static func labels(_ map: MappingReader) -> [String: UInt64] {
    var labels: [String: UInt64] = [:]
    for (name, number) in map.optional("labels")?.anyMapping()?.entries ?? [] {
      labels[name] = number.integer(in: 0...Int(UInt32.max)).map(UInt64.init)
    }
    return labels
  }
}

extension ResultColumn {
  private static let sources: [String: Source] = [
    "time": .time, "duration": .duration, "tid": .thread, "pid": .process, "comm": .command,
    "cpu": .cpu, "class": .processClass,
  ]

  /// A field of that name that the events list is meant before what every row may have.
  fileprivate static func read(
    _ value: FieldReader, of events: [SpanEvent], isWritten: Bool = false
  ) -> Self? {
    let keys = ["name", "from", "kind", "values", "unit"] + (isWritten ? ["size"] : [])
    guard let map = value.mapping(known: keys),
      let name = map.required("name", remedy: "name the column")?.identifier()
    else { return nil }
    let from = map.optional("from")?.identifier() ?? name
    let isField = events.contains { $0.field(from) != nil }
    let source = isField ? Source.field(from) : sources[from] ?? .field(from)
    var column = Self(name: name, source: source, kind: .number)
    switch source {
    case .field:
      if map.optional("kind")?.node.scalar?.string == "text" {
        column.kind = nil
        column.textSize = map.optional("size")?.integer(in: 8...256) ?? column.textSize
      } else {
        column.kind = KeyField.Kind.read(map)
      }
      column.unit = map.optional("unit")?.metricUnit()
      return column
    case .time, .duration: column.unit = "ns"
    case .command: column.kind = nil
    case .processClass: column.kind = .values([0: "workload", 1: "user", 2: "kernel"])
    case .thread, .process, .cpu: break
    }
    for key in ["kind", "values", "unit"] {
      map.optional(key)?.report("'\(from)' has a \(key) of its own", remedy: "remove it")
    }
    return column
  }
}

extension [ResultColumn] {
  fileprivate func check(_ list: FieldReader?) {
    reportDuplicates(map(\.name), in: list)
    if isEmpty, list?.node.sequence?.isEmpty == true {
      list?.report("the list is empty", remedy: "list what a row has, such as {name: time}")
    }
    if count > 12 || rowSize > 512 {
      list?.report("more than 12 columns, or 512 bytes", remedy: "leave out what nobody reads")
    }
  }
}

extension ResultColumn {
  /// Of rows that a program writes: a member for each column but `time`, in the same order.
  static func ofProgram(_ metric: MappingReader) -> [Self] {
    let list = metric.required("columns", remedy: "list what a row has, such as {name: time}")
    let columns = (list?.list() ?? []).compactMap { read($0, of: [], isWritten: true) }
    columns.check(list)
    return columns
  }
}

extension FieldReader {
  /// A unit of reports.
  func metricUnit() -> String? {
    guard let text = text() else { return nil }
    if !MetricUnit.isKnown(text) {
      report("'\(text)' is not a known unit", remedy: MetricUnit.remedy(for: text))
    }
    return text
  }
}

extension SpanEvent {
  fileprivate static let keys = [
    "event", "record", "function", "usdt", "file", "returns", "at", "rungs", "fields", "where",
  ]

  fileprivate static func read(_ value: FieldReader, place: Place) -> Self? {
    value.mapping(known: keys).flatMap { read($0, place: place) }
  }

  fileprivate static func read(_ map: MappingReader, place: Place) -> Self? {
    let event = map.optional("event")?
      .parsed("a tracepoint with its system, such as irq/irq_handler_entry") { text in
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { isIdentifier($0) } ? text : nil
      }
    let file = map.optional("file")?.parsed("the path of a program or library on the device") {
      $0.hasPrefix("/") && !$0.hasSuffix("/") ? $0 : nil
    }
    let isOfFile = map.optional("file") != nil
    // Symbols of other languages have any characters.
    let function =
      isOfFile ? map.optional("function")?.text() : map.optional("function")?.identifier()
    let isAlone = map.optional("event") == nil
    let side = map.optional("at")?.choice() ?? place
    let fields = map.optional("fields").map(Field.readAll) ?? []
    let made = Self(
      event: event, record: map.optional("record")?.identifier(), function: function, file: file,
      usdt: map.optional("usdt")?
        .parsed("a USDT probe with its provider, such as libc:setjmp", USDT.init),
      returns: map.optional("returns")?.choice() ?? .auto,
      // A tracepoint is one place, whichever side it stands for.
      place: function == nil ? .entry : side,
      rungs: map.optional("rungs")?.list().compactMap { $0.choice() }
        ?? (isAlone
          ? [isOfFile ? .uprobe : .kprobe]
          : fields.contains(where: \.isPrepared)
            ? [.tracepoint] : [.tpBTF, .rawTracepoint]),
      fields: fields,
      conditions: map.optional("where")?.anyMapping()?.entries
        .flatMap(SpanTable.Condition.readAll) ?? [])
    made.check(map)
    return made
  }

  private func check(_ map: MappingReader) {
    guard event != nil || function != nil || usdt != nil else {
      if map.optional("event") == nil, map.optional("function") == nil,
        map.optional("usdt") == nil
      {
        map.value.report(
          "neither 'event' nor 'function' is given", remedy: "name a tracepoint: system/event")
      }
      return
    }
    if rungs.isEmpty, map.optional("rungs")?.node.sequence?.isEmpty == true {
      map.optional("rungs")?.report("the list is empty", remedy: "give at least one rung")
    }
    reportDuplicates(rungs.map(\.rawValue), in: map.optional("rungs"))
    let place = map.optional("rungs") ?? map.value
    if rungs.contains(.kprobe), function == nil {
      place.report("rung kprobe needs a function", remedy: "add 'function: …'")
    }
    let own: Rung = map.optional("file") == nil ? .kprobe : .uprobe
    if rungs.contains(where: { $0 != own }), event == nil {
      place.report(
        "a function alone has the rung \(own.rawValue) only",
        remedy: own == .kprobe ? "add 'event: …'" : "remove 'rungs'")
    }
    checkFile(map)
    // Arguments of a function are not those of the tracepoint in it.
    if event != nil, rungs.contains(.kprobe), !fields.isEmpty {
      place.report("fields cannot be read by kprobe beside a tracepoint", remedy: "drop the rung")
    }
    for condition in conditions where field(condition.field) == nil {
      map.optional("where")?.report(
        "the event has no field '\(condition.field)'", remedy: "list it in 'fields'")
    }
    for field in fields {
      if field.source == .result, event != nil || self.place == .entry {
        map.optional("fields")?.report(
          "'\(field.name)' is a result, which only the return of a function has",
          remedy: "write an argument: arg0")
      }
      if event == nil, usdt == nil, let number = field.argument, number > 4 {
        map.optional("fields")?.report(
          "'\(field.name)' is argument \(number) of a function, which no register holds everywhere",
          remedy: "write one of arg0 to arg4")
      }
      if field.isOfRecord, rungs != [.tracepoint] {
        map.optional("fields")?.report(
          "'\(field.name)' is of the event's record, which the rung tracepoint alone has",
          remedy: "write 'rungs: [tracepoint]', or an argument: arg0")
      }
      if case .running = field.source, ![[.tracepoint], [.kprobe], [.uprobe]].contains(rungs) {
        map.optional("fields")?.report(
          "'\(field.name)' is of the running thread, which prepared programs alone read",
          remedy: "write 'rungs: [tracepoint]', or make a column of it")
      }
      if case .member = field.source, rungs.contains(.tracepoint) {
        map.optional("fields")?.report(
          "'\(field.name)' is a member, which rung tracepoint has no pointer to",
          remedy: "drop the rung, or the field")
      }
    }
  }

  private func checkFile(_ map: MappingReader) {
    if let usdt = map.optional("usdt") {
      if event != nil || map.optional("function") != nil {
        usdt.report("a USDT probe is a place of its own", remedy: "keep one of them")
      }
      if map.optional("file") == nil {
        usdt.report(
          "a USDT probe needs a file", remedy: "add 'file: …', a path on the device")
      }
      if map.optional("returns") != nil || place == .return {
        usdt.report("a USDT probe has no return", remedy: "name the probe where the work ends")
      }
    }
    if map.optional("file") != nil {
      map.optional("event")?.report(
        "a trace event is the kernel's, and 'file' is of processes", remedy: "keep one of them")
    } else {
      map.optional("returns")?.report(
        "'returns' is of functions of processes", remedy: "remove it, or add 'file: …'")
    }
    if rungs.contains(.uprobe), map.optional("file") == nil {
      (map.optional("rungs") ?? map.value).report(
        "rung uprobe needs a file", remedy: "add 'file: …', a path on the device")
    }
  }

  /// Whether a field is a member of what an argument points to.
  fileprivate func isPointer(_ name: String) -> Bool {
    if case .member = field(name)?.source { true } else { false }
  }
}

extension SpanEvent.Field {
  /// The argument that it is, or is read through.
  fileprivate var argument: Int? {
    switch source {
    case .argument(let number), .member(let number, _): number
    case .result, .record, .running: nil
    }
  }

  /// Names alone are those of the event's record.
  fileprivate static func readAll(_ value: FieldReader) -> [Self] {
    guard value.node.sequence != nil else {
      return value.anyMapping()?.entries.compactMap(read) ?? []
    }
    return value.list().compactMap { item in
      item.identifier().map { Self(name: $0, source: .record($0)) }
    }
  }

  fileprivate static func read(_ entry: (name: String, value: FieldReader)) -> Self? {
    guard isIdentifier(entry.name[...]) else {
      entry.value.report("'\(entry.name)' is not a field", remedy: "write letters, digits and '_'")
      return nil
    }
    return entry.value.parsed(
      "a value of the event, such as arg0, arg1.irqaction.name or ret", source(of:)
    ).map { Self(name: entry.name, source: $0) }
  }

  /// Pointers that are followed, and the field.
  private static let mostMembers = 4

  private static func source(of text: String) -> Source? {
    if text == "ret" { return .result }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    if parts.count == 2, parts[0] == "record", isIdentifier(parts[1]) {
      return .record(String(parts[1]))
    }
    if parts.count == 2, parts[0] == "running" {
      return Running(rawValue: String(parts[1])).map(Source.running)
    }
    guard let first = parts.first, first.hasPrefix("arg"), let number = Int(first.dropFirst(3)),
      // As many as tracepoints may have; functions have fewer in registers.
      (0...11).contains(number)
    else { return nil }
    if parts.count == 1 { return .argument(number) }
    let names = parts.dropFirst().map(String.init)
    guard names.count.isMultiple(of: 2), names.count <= 2 * mostMembers,
      names.allSatisfy({ isIdentifier($0[...]) })
    else { return nil }
    return .member(
      argument: number,
      path: stride(from: 0, to: names.count, by: 2).map {
        SpanEvent.Member(structure: names[$0], name: names[$0 + 1])
      })
  }
}

extension FieldReader {
  /// A name as C has it.
  fileprivate func identifier() -> String? {
    parsed("a name of the kernel, of letters, digits and '_'") { isIdentifier($0[...]) ? $0 : nil }
  }
}

private func isIdentifier(_ text: Substring) -> Bool {
  guard let first = text.unicodeScalars.first, !("0"..."9").contains(first) else { return false }
  return text.count <= 96
    && text.unicodeScalars.allSatisfy {
      ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) || $0 == "_"
    }
}
