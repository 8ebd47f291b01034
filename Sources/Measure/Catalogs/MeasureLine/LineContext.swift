import KernelEvents

/// A line beside a kernel.
struct LineContext {
  let line: MeasureLine
  let kernel: KnownEvents
  /// How returns of a process's function are seen.
  var returns = SpanEvent.Returns.auto

  static let returnPrefixes = ["kretprobe:", "kr:", "fexit:"]
  private static let functionPrefixes = returnPrefixes + ["kprobe:", "k:", "fentry:", "f:"]
  private static let eventPrefixes = [
    "tracepoint:", "t:", "raw_tracepoint:", "rawtracepoint:", "raw_tp:", "tp_btf:", "rt:",
  ]

  func fault(
    _ message: String, suggestion: String? = nil, remedy: String? = nil, at range: Range<Int>
  ) -> MeasureError {
    MeasureError(message, suggestion: suggestion, remedy: remedy, line: line.text, range: range)
  }

  /// A function alone: its entry to its return.
  var function: MeasureLine.Word? {
    if let place = userPlace { return place.symbol }
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
  func event(_ word: MeasureLine.Word) throws(MeasureError) -> String {
    var text = word.text
    if let place = Self.userPlace(word) {
      guard !place.isUSDT else {
        throw fault(
          "a USDT probe is of a process, and the other event is the kernel's",
          remedy: "name a USDT probe on both sides, or a function as PATH:SYMBOL", at: word.range)
      }
      throw fault(
        "a function is measured alone, from its entry to its return",
        remedy: "leave '~' out, or name trace events", at: word.range)
    }
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

  func nearestEvent(to text: String, own: String) -> String? {
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

  func format(_ event: String) -> EventFormat? { kernel.formats[event] }

  /// A list of values says all that can be said of its field.
  func requireOnce(_ comparison: MeasureLine.Comparison) throws(MeasureError) {
    let same = line.conditions.filter { $0.field.text == comparison.field.text }
    guard same.count > 1, same.contains(where: { $0.values.count > 1 }) else { return }
    throw fault(
      "'\(comparison.field.text)' has a list of values already", remedy: "keep the list alone",
      at: comparison.field.range)
  }
}
