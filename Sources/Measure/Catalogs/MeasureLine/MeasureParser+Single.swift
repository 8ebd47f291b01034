// Lines that ask of one event alone.
extension MeasureParser {
  /// A word such as `count` before an event.
  mutating func takeAsk() -> MeasureLine.Ask {
    guard let token = next, token.kind == .word, token.text != MeasureLine.Ask.duration.rawValue,
      let ask = MeasureLine.Ask(rawValue: token.text),
      // What is timed may have the same name.
      !(tokens.indices.contains(at + 1) && tokens[at + 1].text == "~")
    else { return .duration }
    at += 1
    return ask
  }

  /// What words of other tools, and slips, stand for.
  static func ask(meantBy text: String) -> MeasureLine.Ask? {
    let habits: [String: MeasureLine.Ask] = [
      "histogram": .hist, "lhist": .hist, "quantize": .hist, "distribution": .hist,
      "total": .sum, "add": .sum, "avg": .hist, "stats": .hist, "number": .count,
      "counter": .count, "printf": .events, "trace": .events, "rows": .events, "log": .events,
      "stacks": .stack, "profile": .stack,
    ]
    let known = MeasureLine.Ask.allCases.filter { $0 != .duration }
    return habits[text.lowercased()]
      ?? nearestName(to: text, in: known.map(\.rawValue)).flatMap(MeasureLine.Ask.init)
  }

  /// Behind the event of a line that asks of it alone: its value is taken off.
  mutating func single(_ made: inout MeasureLine) throws(MeasureError) {
    let (name, ask) = (made.from.text, made.ask)
    if let token = next, token.text == "~" {
      throw fault(
        "'\(ask.rawValue)' is of single events",
        remedy: "leave '\(ask.rawValue)' out to time from one event to the other")
    }
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return }
    if LineContext.userPlace(made.from) != nil {
      // Symbols have dots as well: only what a function has is its value.
      let field = name[name.index(after: dot)...]
      let isValue = field.hasPrefix("arg") || field == "ret" || field == "retval"
      guard isValue, ask.takesValue else { return }
    }
    let event = String(name[..<dot])
    let field = String(name[name.index(after: dot)...])
    guard ask.takesValue else {
      // Names of functions may have dots.
      guard name.contains(":") else { return }
      throw fault(
        "'.\(field)' is a value, which '\(ask.rawValue)' has no use for", suggestion: event,
        remedy: "'sum' and 'hist' take one", at: made.from.range)
    }
    let start = made.from.range.lowerBound + event.count
    guard !field.isEmpty else {
      throw fault(
        "the value behind '.' is missing", remedy: "name a field of the event",
        at: start..<start + 1)
    }
    made.from = MeasureLine.Word(text: event, range: made.from.range.lowerBound..<start)
    made.value = MeasureLine.Word(text: field, range: start + 1..<start + 1 + field.count)
  }
}
