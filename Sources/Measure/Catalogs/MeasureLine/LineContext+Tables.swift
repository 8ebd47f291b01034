import KernelEvents

// Tables of durations: from one event to another, or inside a function.
extension LineContext {
  /// Refuses a function that the kernel does not have; of single events one may have been meant.
  func requireFunction(_ function: MeasureLine.Word) throws(MeasureError) {
    if let userPlace { return try requireFunction(userPlace) }
    guard !kernel.functions.isEmpty, !kernel.functions.contains(function.text) else { return }
    let isSingle = line.ask != .duration && line.from.text == function.text
    let event = isSingle ? nearestEvent(to: function.text, own: function.text) : nil
    throw fault(
      isSingle
        ? "the kernel has neither an event nor a function '\(function.text)'"
        : "the kernel has no function '\(function.text)'",
      suggestion: event ?? NearNames(names: kernel.functions).nearest(to: function.text),
      remedy: "it may be inlined, or of another name in this build", at: function.range)
  }

  func table(of function: MeasureLine.Word) throws(MeasureError) -> SpanTable {
    try requireFunction(function)
    for tie in line.by
    where userPlace == nil && (tie.start.text != SpanTable.thread || tie.end != nil) {
      throw fault(
        "a function's return is tied to its entry by the thread", suggestion: SpanTable.thread,
        remedy: "leave 'by' out", at: tie.start.range)
    }
    var begin = called(function, .entry)
    var end = begin
    end.place = .return
    func add(_ word: MeasureLine.Word) throws(MeasureError) {
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
    let isGo = kernel.file?.isGo(function.text) ?? false
    return table(of: span, by: [isGo ? SpanTable.goroutine : SpanTable.thread])
  }

  /// A place in a function of the kernel, or of a process.
  func called(_ function: MeasureLine.Word, _ place: SpanEvent.Place) -> SpanEvent {
    SpanEvent(
      event: nil, record: nil, function: function.text, file: userPlace?.path.text,
      returns: userPlace == nil ? .auto : returns, place: place,
      rungs: [userPlace == nil ? .kprobe : .uprobe], fields: [])
  }

  func tableOfEvents() throws(MeasureError) -> SpanTable {
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
  func table(of span: Span, by: [String]) -> SpanTable {
    let isRenamed = span.from.fields.contains { field in
      by.contains(field.name) && span.to.field(field.name)?.source != field.source
    }
    let isOpen = isRenamed || !span.from.conditions.isEmpty
    return SpanTable(
      spans: [span], by: by, conditions: [], unmatched: isOpen ? .ignored : .loss, nameField: nil,
      stamps: 8192, labels: 64)
  }

  func traced(_ event: String) -> SpanEvent {
    SpanEvent(
      event: event.replacing(":", with: "/"), record: nil, function: nil, place: .entry,
      rungs: [.tracepoint], fields: [])
  }

  /// The event that ends what another one begins, by the names that kernels use.
  func partner(of event: String) -> String? {
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

  func usualTies(_ first: String, _ last: String) -> String {
    let shared = shared(first, last)
    if shared.contains("dev"), shared.contains("sector") { return "dev,sector" }
    let plain = ["vec", "irq", "id", "cookie", "transaction", "dev", "timer", "work", "pid", "ino"]
    // A number that many share ties nothing: the thread is the better guess.
    return plain.first { shared.contains($0) && $0 != "dev" } ?? SpanTable.thread
  }

  /// Names of numbers that both events have.
  func shared(_ first: String, _ last: String) -> [String] {
    let other = numbers(last)
    return numbers(first).filter(other.contains)
  }

  func numbers(_ event: String) -> [String] {
    (format(event)?.fields ?? []).filter { $0.shape == .number }.map(\.name)
  }
}
