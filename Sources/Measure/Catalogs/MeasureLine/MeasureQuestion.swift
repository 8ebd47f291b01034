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
  /// - Throws: ``MeasureFault`` with the nearest names.
  package init(
    _ line: MeasureLine, kernel: KnownEvents, name: String = usualName
  ) throws(MeasureFault) {
    let context = LineContext(line: line, kernel: kernel)
    let table =
      if let function = context.function { try context.table(of: function) } else {
        try context.tableOfEvents()
      }
    let labels = try context.key(table)
    if let objection = table.templateObjection(labels) {
      throw context.fault(objection, remedy: "ask for less", at: 0..<line.text.count)
    }
    let isInT0 = table.isInT0(labels)
    let span = table.spans[0]
    let metric = ProbeMetric(
      name: "\(name).latency", help: "time between the events of: \(line.text)",
      title: "\(span.from.hook) to \(span.to.hook)", unit: "ns",
      map: "h_\(name)_latency".replacing("-", with: "_").replacing(".", with: "_"), counters: 0,
      namesMap: nil, isInT0: isInT0, table: table, key: labels)
    probe = ProbeManifest(
      name: name, title: line.text,
      question: "How long is it from \(span.from.hook) to "
        + "\(span.to.hook)?",
      object: nil, cost: .medium,
      privacy: labels.contains { $0.kind == .text } ? .names : .none, comparedWith: nil,
      t0Events: isInT0 ? [span.from, span.to].compactMap { $0.tracepoint?.event } : [],
      metrics: [metric], file: "the line")
  }

  /// The events of a line whose formats have to be known, as `system:event`.
  /// - Throws: ``MeasureFault`` for one that the kernel does not have.
  package static func events(
    of line: MeasureLine, in kernel: KnownEvents
  ) throws(MeasureFault) -> [String] {
    let context = LineContext(line: line, kernel: kernel)
    guard context.function == nil else { return [] }
    var events: [String] = []
    for word in [line.from, line.to].compactMap(\.self) { events.append(try context.event(word)) }
    return events
  }

  /// The function that a line measures, which the kernel must have; nil for events.
  package static func function(of line: MeasureLine) -> String? {
    LineContext(line: line, kernel: KnownEvents()).function?.text
  }
}

/// A line beside a kernel.
struct LineContext {
  let line: MeasureLine
  let kernel: KnownEvents

  private static let functionPrefixes = ["kprobe:", "kretprobe:", "k:", "fentry:", "fexit:", "f:"]
  private static let eventPrefixes = [
    "tracepoint:", "t:", "raw_tracepoint:", "rawtracepoint:", "raw_tp:", "tp_btf:", "rt:",
  ]

  func fault(
    _ message: String, suggestion: String? = nil, remedy: String? = nil, at range: Range<Int>
  ) -> MeasureFault {
    MeasureFault(message, suggestion: suggestion, remedy: remedy, line: line.text, range: range)
  }

  /// A function alone: its entry to its return.
  var function: MeasureLine.Word? {
    guard line.to == nil else { return nil }
    var word = line.from
    for prefix in Self.functionPrefixes where word.text.hasPrefix(prefix) {
      word.text.removeFirst(prefix.count)
      word.range = word.range.lowerBound + prefix.count..<word.range.upperBound
      return word
    }
    let isPlain = !word.text.contains(":") && !word.text.contains("/")
    return isPlain && !kernel.events.contains { $0.hasSuffix(":\(word.text)") } ? word : nil
  }

  // MARK: events

  /// An event's full name.
  func event(_ word: MeasureLine.Word) throws(MeasureFault) -> String {
    var text = word.text
    for prefix in Self.functionPrefixes where text.hasPrefix(prefix) {
      throw fault(
        "a function is measured alone, from its entry to its return",
        remedy: "write '\(text.dropFirst(prefix.count))' and no '~', or name trace events",
        at: word.range)
    }
    for prefix in Self.eventPrefixes where text.hasPrefix(prefix) {
      text.removeFirst(prefix.count)
      break
    }
    if let slash = text.firstIndex(of: "/") { text.replaceSubrange(slash...slash, with: ":") }
    if text.hasPrefix("syscalls:") {
      throw fault(
        "production kernels have no events of single system calls",
        suggestion: text.contains("exit") ? "raw_syscalls:sys_exit" : "raw_syscalls:sys_enter",
        remedy: "choose the call with 'where id == NUMBER'", at: word.range)
    }
    if kernel.events.contains(text) { return text }
    let isPlain = !text.contains(":")
    let own =
      isPlain
      ? text : String(text[text.index(after: text.firstIndex(of: ":") ?? text.startIndex)...])
    let same = kernel.events.filter { $0.hasSuffix(":\(own)") }
    if isPlain, same.count == 1 { return same[0] }
    if kernel.events.isEmpty { return text }
    if isPlain, !same.isEmpty {
      throw fault(
        "several events are called '\(own)'", suggestion: same.sorted()[0],
        remedy: "they are \(same.sorted().joined(separator: ", "))", at: word.range)
    }
    if !same.isEmpty {
      throw fault(
        "there is no event '\(text)'", suggestion: same.sorted()[0],
        remedy: "'latgate measure --list WORD' shows what there is", at: word.range)
    }
    throw fault(
      "there is no event '\(text)'", suggestion: nearestEvent(to: text, own: own),
      remedy: "'latgate measure --list WORD' shows what there is", at: word.range)
  }

  private func nearestEvent(to text: String, own: String) -> String? {
    guard let colon = text.firstIndex(of: ":") else {
      let names = kernel.events.compactMap { event in
        event.firstIndex(of: ":").map { String(event[event.index(after: $0)...]) }
      }
      let near = NearNames(names: Array(Set(names))).nearest(to: text)
      return near.flatMap { near in kernel.events.sorted().first { $0.hasSuffix(":\(near)") } }
    }
    let system = text[..<colon]
    let siblings = kernel.events.filter { $0.hasPrefix("\(system):") }
    // Parts of a name that were left out.
    let parts = own.split(separator: "_")
    let whole = siblings.filter { sibling in
      let others = sibling.dropFirst(system.count + 1).split(separator: "_")
      return parts.count > 1 && others.count <= parts.count + 2
        && parts.allSatisfy(others.contains)
    }
    if whole.count == 1 { return whole[0] }
    // Within a system names differ by their ends.
    if let near = nearestName(to: own, in: siblings.map { String($0.dropFirst(system.count + 1)) })
    {
      return "\(system):\(near)"
    }
    return NearNames(names: kernel.events).nearest(to: text)
      ?? NearNames(names: siblings).nearest(to: text)
  }

  private func format(_ event: String) -> EventFormat? { kernel.formats[event] }

  /// A list of values says all that can be said of its field.
  private func requireOnce(_ comparison: MeasureLine.Comparison) throws(MeasureFault) {
    let same = line.conditions.filter { $0.field.text == comparison.field.text }
    guard same.count > 1, same.contains(where: { $0.values.count > 1 }) else { return }
    throw fault(
      "'\(comparison.field.text)' has a list of values already", remedy: "keep the list alone",
      at: comparison.field.range)
  }

  // MARK: tables

  func table(of function: MeasureLine.Word) throws(MeasureFault) -> SpanTable {
    if !kernel.functions.isEmpty, !kernel.functions.contains(function.text) {
      throw fault(
        "the kernel has no function '\(function.text)'",
        suggestion: NearNames(names: kernel.functions).nearest(to: function.text),
        remedy: "it may be inlined, or of another name in this build", at: function.range)
    }
    for tie in line.by where tie.start.text != SpanTable.thread || tie.end != nil {
      throw fault(
        "a function's return is tied to its entry by the thread", suggestion: SpanTable.thread,
        remedy: "leave 'by' out", at: tie.start.range)
    }
    var begin = SpanEvent(
      event: nil, record: nil, function: function.text, place: .entry, rungs: [.kprobe], fields: [])
    var end = begin
    end.place = .return
    func add(_ word: MeasureLine.Word) throws(MeasureFault) {
      if word.text == SpanTable.processClass { return }
      if word.text == "ret" || word.text == "retval" {
        if end.field(word.text) == nil {
          end.fields.append(.init(name: word.text, source: .result))
        }
        return
      }
      guard word.text.hasPrefix("arg"), let number = Int(word.text.dropFirst(3)),
        (0...4).contains(number)
      else {
        let known = ["arg0", "arg1", "arg2", "arg3", "arg4", "ret", "class"]
        throw fault(
          "a function has no '\(word.text)'", suggestion: nearestName(to: word.text, in: known),
          remedy: "known: \(known.joined(separator: ", "))", at: word.range)
      }
      if begin.field(word.text) == nil {
        begin.fields.append(.init(name: word.text, source: .argument(number)))
      }
    }
    for label in line.labels { try add(label) }
    for comparison in line.conditions {
      try requireOnce(comparison)
      try add(comparison.field)
      if comparison.field.text == SpanTable.processClass {
        throw fault(
          "the class is no value to compare", remedy: "make it a label: label class",
          at: comparison.field.range)
      }
      var condition = SpanTable.Condition(
        field: comparison.field.text, test: comparison.test, values: [])
      for value in comparison.values {
        condition.values.append(try number(value, of: comparison.field.text, type: nil, names: [:]))
      }
      if begin.field(condition.field) == nil {
        end.conditions.append(condition)
      } else {
        begin.conditions.append(condition)
      }
    }
    let span = Span(from: begin, to: end, isOptional: false, labels: [:])
    return table(of: span, by: [SpanTable.thread])
  }

  func tableOfEvents() throws(MeasureFault) -> SpanTable {
    let first = try event(line.from)
    guard let to = line.to else {
      throw fault(
        "the event that ends is missing", suggestion: partner(of: first).map { "\(first) ~ \($0)" },
        remedy: "write EVENT ~ EVENT by FIELD",
        at: line.from.range.upperBound..<line.from.range.upperBound)
    }
    let last = try event(to)
    guard first != last else {
      throw fault(
        "start and end are one event", suggestion: partner(of: first),
        remedy: "name the event that ends the operation", at: to.range)
    }
    var span = Span(
      from: traced(first), to: traced(last), isOptional: false, labels: [:])
    guard !line.by.isEmpty else {
      let end = to.range.upperBound
      throw fault(
        "nothing ties an end to its start", suggestion: "by \(usualTies(first, last))",
        remedy: "name fields that both events have, or tid for the running thread", at: end..<end)
    }
    for tie in line.by { try add(tie, to: &span, first, last) }
    for label in line.labels where label.text != SpanTable.processClass {
      try add(label, to: &span, first, last, isLabel: true)
    }
    for comparison in line.conditions { try add(comparison, to: &span, first, last) }
    return table(of: span, by: line.by.map(\.start.text))
  }

  /// An end does not show whether its start was one of those asked for, or of another kind.
  private func table(of span: Span, by: [String]) -> SpanTable {
    let isRenamed = span.from.fields.contains { field in
      by.contains(field.name) && span.to.field(field.name)?.source != field.source
    }
    let isOpen = isRenamed || !span.from.conditions.isEmpty
    return SpanTable(
      spans: [span], by: by, conditions: [], unmatched: isOpen ? .ignored : .loss, nameField: nil,
      stamps: 8192, labels: 64)
  }

  private func traced(_ event: String) -> SpanEvent {
    SpanEvent(
      event: event.replacing(":", with: "/"), record: nil, function: nil, place: .entry,
      rungs: [.tracepoint], fields: [])
  }

  /// The event that ends what another one begins, by the names that kernels use.
  private func partner(of event: String) -> String? {
    let pairs = [
      ("_enter", "_exit"), ("_entry", "_exit"), ("_begin", "_end"), ("_start", "_end"),
      ("_start", "_done"), ("_issue", "_complete"), ("_queue", "_complete"), ("_insert", "_issue"),
      ("_raise", "_entry"), ("_wakeup", "_switch"), ("_start", "_stop"),
    ]
    for (start, end) in pairs where event.contains(start) {
      let other = event.replacing(start, with: end)
      if kernel.events.contains(other) { return other }
    }
    return nil
  }

  private func usualTies(_ first: String, _ last: String) -> String {
    let shared = shared(first, last)
    if shared.contains("dev"), shared.contains("sector") { return "dev,sector" }
    let plain = ["vec", "irq", "id", "cookie", "transaction", "dev", "timer", "work", "pid", "ino"]
    // A number that many share ties nothing: the thread is the better guess.
    return plain.first { shared.contains($0) && $0 != "dev" } ?? SpanTable.thread
  }

  /// Names of numbers that both events have.
  private func shared(_ first: String, _ last: String) -> [String] {
    let other = numbers(last)
    return numbers(first).filter(other.contains)
  }

  private func numbers(_ event: String) -> [String] {
    (format(event)?.fields ?? []).filter { $0.shape == .number }.map(\.name)
  }

  // MARK: fields

  private func add(
    _ tie: MeasureLine.Tie, to span: inout Span, _ first: String, _ last: String
  ) throws(MeasureFault) {
    let name = tie.start.text
    if let end = tie.end, format(first)?.field(name) == nil, format(first)?.field(end.text) != nil,
      format(last)?.field(name) != nil
    {
      throw fault(
        "the start's field comes first", suggestion: "\(end.text)=\(name)",
        at: tie.start.range.lowerBound..<end.range.upperBound)
    }
    if [SpanTable.thread, SpanTable.cpu].contains(name), tie.end == nil { return }
    let ends = tie.end ?? tie.start
    let start = try field(tie.start, of: first, beside: tie.end == nil ? last : nil)
    let end = try field(ends, of: last, beside: tie.end == nil ? first : nil)
    for (field, word) in [(start, tie.start), (end, ends)] where field.shape != .number {
      throw fault(
        "'\(word.text)' is \(field.words), and numbers tie an end to its start",
        suggestion: usualTies(first, last).split(separator: ",").first.map(String.init),
        at: word.range)
    }
    span.from.fields.append(.init(name: name, source: .record(name)))
    span.to.fields.append(.init(name: name, source: .record(ends.text)))
  }

  /// A field of an event; `beside` is another event that must have it, too.
  private func field(
    _ word: MeasureLine.Word, of event: String, beside other: String?
  ) throws(MeasureFault) -> EventFormat.Field {
    guard let format = format(event) else {
      throw fault(
        "the format of \(event) cannot be read", remedy: "see that tracefs is mounted and readable",
        at: word.range)
    }
    if let found = format.field(word.text) { return found }
    var known = other.map { shared(event, $0) } ?? format.fields.map(\.name)
    if known.isEmpty { known = format.fields.map(\.name) }
    known += [SpanTable.thread, SpanTable.cpu]
    // What else ties the two, where nothing is near.
    let ties = line.by.map(\.start.text)
    let usual = other.flatMap { other in
      usualTies(event, other).split(separator: ",").map(String.init).first { !ties.contains($0) }
    }
    throw fault(
      "\(event) has no field '\(word.text)'", suggestion: nearest(word.text, known) ?? usual,
      remedy: "\(other == nil ? "it has" : "both events have") \(known.joined(separator: ", "))",
      at: word.range)
  }

  /// What the words of other tools stand for.
  private func nearest(_ text: String, _ known: [String]) -> String? {
    let habits = [
      "pid": "tid", "thread": "tid", "task": "tid", "processor": "cpu", "cpuid": "cpu",
      "device": "dev", "disk": "dev", "size": "bytes", "length": "bytes", "len": "bytes",
      "op": "rwbs", "vector": "vec", "name": "comm", "nr": "id",
      "syscall": "id", "errno": "error", "retval": "ret", "result": "ret",
    ]
    if let habit = habits[text.lowercased()], known.contains(habit) { return habit }
    // A part of a name that only one field has.
    let parts = known.filter { $0.contains(text.lowercased()) && text.count > 2 }
    return nearestName(to: text, in: known) ?? (parts.count == 1 ? parts[0] : nil)
  }

  private func add(
    _ word: MeasureLine.Word, to span: inout Span, _ first: String, _ last: String, isLabel: Bool
  ) throws(MeasureFault) {
    let name = word.text
    let (start, end) = (format(first)?.field(name), format(last)?.field(name))
    guard start != nil || end != nil else {
      if [SpanTable.thread, SpanTable.cpu, "pid", "comm", "cgroup"].contains(name) {
        throw fault(
          "'\(name)' is no field of the events", suggestion: isLabel ? "class" : nil,
          remedy: name == "cpu" || name == "tid"
            ? "name a field" : "to measure some tasks only, give --\(name == "pid" ? "pid" : name)",
          at: word.range)
      }
      var known = (format(last)?.fields ?? []) + (format(first)?.fields ?? [])
      known.removeAll { $0.shape == .other }
      var names = known.map(\.name).reduce(into: [String]()) { list, name in
        if !list.contains(name) { list.append(name) }
      }
      if isLabel { names.append(SpanTable.processClass) }
      throw fault(
        "neither event has a field '\(name)'", suggestion: nearest(name, names),
        remedy: "they have \(names.joined(separator: ", "))", at: word.range)
    }
    if let start, span.from.field(name) == nil, start.shape != .other {
      // Read there only when it is needed there.
      if end == nil || !isLabel {
        span.from.fields.append(.init(name: name, source: .record(name)))
      }
    }
    if end != nil, span.to.field(name) == nil, isLabel || start == nil {
      span.to.fields.append(.init(name: name, source: .record(name)))
    }
  }

  // MARK: labels

  /// The labels of the histograms.
  func key(_ table: SpanTable) throws(MeasureFault) -> [KeyField] {
    var key: [KeyField] = []
    var words = 0
    for label in line.labels {
      let field = try keyField(label, table)
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

  private func keyField(
    _ label: MeasureLine.Word, _ table: SpanTable
  ) throws(MeasureFault) -> KeyField {
    if label.text == SpanTable.processClass {
      return KeyField(
        name: label.text, size: 4, kind: .values([0: "workload", 1: "user", 2: "kernel"]))
    }
    let span = table.spans[0]
    let event = span.to.field(label.text) != nil ? span.to : span.from
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
    case .other:
      let others = format.fields.filter { $0.shape != .other }.map(\.name)
      throw fault(
        "'\(label.text)' is \(field.words), which is no label",
        suggestion: others.contains("rwbs") ? "rwbs" : others.first,
        remedy: "labels are \(others.joined(separator: ", "))", at: label.range)
    case .number: break
    }
    if let names = format.names[label.text], !names.isEmpty {
      return KeyField(name: label.text, size: 4, kind: .values(names))
    }
    if field.type == "dev_t" { return KeyField(name: label.text, size: 4, kind: .blockDevice) }
    if tracepoint.hasPrefix("raw_syscalls:"), label.text == "id" {
      return KeyField(name: label.text, size: 4, kind: .syscall)
    }
    return KeyField(
      name: label.text, size: field.size == 8 ? 8 : 4, kind: field.isSigned ? .signed : .number)
  }

  // MARK: conditions

  private func add(
    _ comparison: MeasureLine.Comparison, to span: inout Span, _ first: String, _ last: String
  ) throws(MeasureFault) {
    let name = comparison.field.text
    try requireOnce(comparison)
    try add(comparison.field, to: &span, first, last, isLabel: false)
    let isOfStart = format(first)?.field(name) != nil
    guard let format = format(isOfStart ? first : last), let field = format.field(name) else {
      throw fault("no event has '\(name)'", remedy: "name another", at: comparison.field.range)
    }
    var condition = SpanTable.Condition(field: name, test: comparison.test, values: [])
    switch field.shape {
    case .other:
      let numbers = numbers(isOfStart ? first : last)
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
            isSystemCall: isOfStart && first.hasPrefix("raw_syscalls:") && name == "id"))
      }
    }
    if isOfStart {
      span.from.conditions.append(condition)
    } else {
      span.to.conditions.append(condition)
    }
  }

  private static let units: [String: UInt64] = [
    "ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000,
    "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
  ]

  /// A number, the name of one, or one with a unit.
  private func number(
    _ word: MeasureLine.Word, of field: String, type: EventFormat.Field?, names: [UInt64: String],
    isSystemCall: Bool = false
  ) throws(MeasureFault) -> UInt64 {
    let text = word.text
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
  fileprivate var words: String {
    switch shape {
    case .number: "a number"
    case .text: "text"
    case .other: isArray ? "an array" : "text behind the record"
    }
  }
}
