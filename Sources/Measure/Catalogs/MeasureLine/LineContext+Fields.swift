import KernelEvents

// Fields of the events of a duration.
extension LineContext {
  func add(
    _ tie: MeasureLine.Tie, to span: inout Span, _ first: String, _ last: String
  ) throws(MeasureError) {
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
  func field(
    _ word: MeasureLine.Word, of event: String, beside other: String?
  ) throws(MeasureError) -> EventFormat.Field {
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
  func nearest(_ text: String, _ known: [String]) -> String? {
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

  func add(
    _ word: MeasureLine.Word, to span: inout Span, _ first: String, _ last: String, isLabel: Bool
  ) throws(MeasureError) {
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
}
