/// A metric as a table: which events begin and end its operations, and what ties them together, or
/// which events it counts. A probe of tables has no program of its own; its text is written from
/// them.
package struct SpanTable: Sendable, Equatable {
  /// A condition on a field: of every event of the metric, or of one event alone.
  package struct Condition: Sendable, Equatable {
    /// How the field is held against the values.
    package enum Test: String, Sendable, CaseIterable {
      case equal = "=="
      case unequal = "!="
      case less = "<"
      case atMost = "<="
      case more = ">"
      case atLeast = ">="
      /// Any of these bits.
      case bits = "&"
    }

    package var field: String
    /// All but equality are of prepared programs.
    package var test = Test.equal
    /// The test holds for one of these; negative ones as 64 bits have them.
    package var values: [UInt64]
    /// What a field of text is, or is not, in place of ``values``.
    package var text: String?

    package init(field: String, test: Test = .equal, values: [UInt64], text: String? = nil) {
      self.field = field
      self.test = test
      self.values = values
      self.text = text
    }
  }

  /// Which of several starts counts before an end comes.
  package enum Repeat: String, Sendable, CaseIterable {
    /// The last; the end of the one before was missed, which is a loss.
    case loss
    /// The first; the others belong to the operation that is in flight.
    case first
    /// The last; the one before came to nothing, which is none.
    case last
  }

  /// What an end without a start is.
  package enum Unmatched: String, Sendable, CaseIterable {
    /// Its start was missed: a loss where these are many.
    case loss
    /// Nothing: the event ends more than the metric's operations.
    case ignored
  }

  /// At least one; all record into the metric's result.
  package var spans: [Span]
  /// Whether every span is a single event (`at`), which both ends of it are.
  package var isSingle = false
  /// The field of single events that is recorded or added up; nil = the span's duration, or 1.
  package var value: String?
  /// Of events, at least one; else none.
  package var columns: [ResultColumn] = []
  /// Whose stacks are taken, at single events or starts; nil unless the metric is of stacks.
  package var stack: StackSide?
  /// Most different traces of a side.
  package var traces = 0
  /// Most rows of a CPU.
  package var rows = 0
  /// Spans as long have a row, ns.
  package var threshold: UInt64 = 0
  /// What identifies an operation: `tid`, `cpu`, or fields of both events. Of single events `tid`
  /// alone, which says that they are the running thread's.
  package var by: [String]
  /// All of them hold, or the event is nothing to the metric.
  package var conditions: [Condition]
  /// Which of several starts of an operation counts.
  package var repeats: Repeat = .loss
  /// What an end without a start is.
  package var unmatched: Unmatched = .loss
  /// The field of the starts with the text that names a label.
  package var nameField: String?
  /// Most operations in flight; with `cpu` in ``by``, on each.
  package var stamps: Int
  /// Most labels.
  package var labels: Int

  /// Whose stack is taken.
  package enum StackSide: String, Sendable, CaseIterable {
    case kernel, user, both

    package var hasKernel: Bool { self != .user }
    package var hasUser: Bool { self != .kernel }
  }

  /// The field of the running thread in ``by``.
  package static let thread = "tid"
  /// The running goroutine in ``by``, of functions of Go's programs.
  package static let goroutine = "goroutine"
  /// The CPU of both events in ``by``.
  package static let cpu = "cpu"
  /// The label of the task that began the operation.
  package static let processClass = "class"
}

extension SpanTable {
  /// Whether trace events give the metric: every span that a kernel must have is of such.
  package var isTraced: Bool {
    spans.contains(where: \.isTraced) && spans.allSatisfy { $0.isTraced || $0.isOptional }
      && !columns.contains { $0.source == .process || $0.source == .command } && stack == nil
  }

  /// Whether an operation or event is some task's, so that whose it is decides.
  package func isByTask(_ key: [KeyField]) -> Bool {
    by.contains(Self.thread) || by.contains(Self.goroutine) || stack != nil
      || key.contains { $0.name == Self.processClass }
      || columns.contains { [.thread, .process, .command, .processClass].contains($0.source) }
  }

  /// Whether a field is text.
  package func isText(_ field: String) -> Bool {
    nameField == field || columns.contains { $0.kind == nil && $0.source == .field(field) }
  }

  /// Fields of columns and of ``value``: what is read of the event that ends.
  package var resultFields: [String] {
    let fields = columns.compactMap { column -> String? in
      if case .field(let name) = column.source { name } else { nil }
    }
    return [value].compactMap(\.self) + fields
  }

  /// Whether trace events give the metric with these labels.
  package func isInT0(_ key: [KeyField]) -> Bool { isTraced && traceObjection(key) == nil }

  /// Why trace events alone do not give what the kernel's programs do; nil when they do.
  package func traceObjection(_ key: [KeyField]) -> String? {
    if stack != nil { return "only programs take stacks" }
    if !spans.contains(where: \.isTraced) {
      return spans.contains(where: \.hasUSDT)
        ? "a USDT probe is no trace event" : "a function is no trace event"
    }
    if let own = columns.first(where: { $0.source == .process || $0.source == .command }) {
      return "trace events do not say '\(own.name)'"
    }
    let all = spans.flatMap { [$0.from, $0.to] }
    for field in all.flatMap(\.fields) {
      if case .running = field.source {
        return "'\(field.name)' of the running thread is no field of a trace event"
      }
    }
    guard readsRecords else { return nil }
    if columns.count(where: { $0.kind == nil }) > 1 { return "more than one column is text" }
    if all.contains(where: { $0.fields.count > 8 }) {
      return "more than 8 fields of an event are asked for"
    }
    if let wide = key.first(where: { $0.size != 4 || $0.kind == .text }) {
      return "label '\(wide.name)' is not a number of 4 bytes"
    }
    if let early = key.first(where: { label in
      label.name != Self.processClass && spans.contains { $0.to.field(label.name) == nil }
    }) {
      return "the end has no field '\(early.name)'"
    }
    let own = spans.flatMap { $0.from.conditions + $0.to.conditions }
    if let other = (conditions + own).first(where: { $0.test != .equal || $0.text != nil }) {
      return "'\(other.field)' is held against more than numbers to be equal to"
    }
    if let other = (conditions + own).first(where: { condition in
      condition.values.contains { $0 > UInt64(UInt32.max) }
    }) {
      return "'\(other.field)' is held against a number below 0, or of more than 4 bytes"
    }
    for event in spans.flatMap({ [$0.from, $0.to] }) {
      for field in event.fields where field.source != .record(field.name) {
        return "'\(field.name)' has another name in \(event.hook)"
      }
    }
    return by.count > 3 ? "more than 3 fields tie an end to its start" : nil
  }

  /// Whether a field counts by its lower 4 bytes: labels take as many, so a field that is one does;
  /// another may be a pointer.
  package func isNarrow(_ field: String, _ key: [KeyField]) -> Bool {
    field == Self.thread || key.contains { $0.name == field }
      || conditions.contains { $0.field == field }
      || spans.contains { span in
        (span.from.conditions + span.to.conditions).contains { $0.field == field }
      }
  }
}

/// A kind of start and the end that belongs to it.
package struct Span: Sendable, Equatable {
  package var from: SpanEvent
  package var to: SpanEvent
  /// Whether kernels without the events are fine.
  package var isOptional: Bool
  /// Labels that are the same for all its operations.
  package var labels: [String: UInt64]
  /// Whether both events are trace events.
  package var isTraced: Bool { from.event != nil && to.event != nil }
  /// Whether one of them is a USDT probe.
  package var hasUSDT: Bool { from.usdt != nil || to.usdt != nil }
}

/// A place in the kernel where an operation begins or ends.
package struct SpanEvent: Sendable, Equatable {
  /// A way to attach, best first.
  package enum Rung: String, Sendable, CaseIterable {
    case tpBTF = "tp_btf"
    case rawTracepoint = "raw_tp"
    case tracepoint
    case kprobe
    /// Of a function of processes.
    case uprobe
  }

  /// How the returns of a process's function are seen.
  package enum Returns: String, Sendable, CaseIterable {
    /// Breakpoints for Go, whose stacks move; else a uretprobe.
    case auto
    /// The kernel writes over the return address.
    case uretprobe
    /// Breakpoints at the instructions that leave the function.
    case sites = "ret-sites"
  }

  /// Where in a function.
  package enum Place: String, Sendable, CaseIterable {
    case entry
    case `return`
  }

  /// A place that a program's authors marked (user statically-defined tracing).
  package struct USDT: Sendable, Equatable {
    package var provider: String
    package var name: String

    package init(provider: String, name: String) {
      self.provider = provider
      self.name = name
    }

    /// `provider:name`; nil for other text.
    package init?(_ text: String) {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
      self.init(provider: String(parts[0]), name: String(parts[1]))
    }

    package var fullName: String { "\(provider):\(name)" }
  }

  /// A value that the event carries.
  package struct Field: Sendable, Equatable {
    /// Where the value is, but on the tracepoint rung, where the event's record has it by name.
    package enum Source: Sendable, Equatable {
      /// An argument of the tracepoint or function, counted from 0.
      case argument(Int)
      /// A member of the struct that an argument points to, or of one that is reached from there:
      /// every member but the last is a pointer to the next struct.
      case member(argument: Int, path: [Member])
      /// What the function returns.
      case result
      /// What the event's record has by a name; on the tracepoint rung alone.
      case record(String)
      /// Of the thread or CPU that is running; of prepared programs alone.
      case running(Running)
    }

    /// What is known of any event, by the name in lines and manifests.
    package enum Running: String, Sendable, CaseIterable {
      case thread = "tid"
      case process = "pid"
      case command = "comm"
      case cpu
    }

    package var name: String
    package var source: Source

    package init(name: String, source: Source) {
      self.name = name
      self.source = source
    }
  }

  /// A member of a struct of the kernel.
  package struct Member: Sendable, Equatable {
    package var structure: String
    package var name: String
  }

  /// Such as `irq/irq_handler_entry`; nil for a function alone.
  package var tracepoint: (system: String, event: String)? {
    guard let path = event, let slash = path.firstIndex(of: "/") else { return nil }
    return (String(path[..<slash]), String(path[path.index(after: slash)...]))
  }

  /// `system/event`.
  package var event: String?
  /// The kernel's name of the event's record, which is that of its class.
  package var record: String?
  package var function: String?
  /// The program or library that has the function or the USDT probe, as its path on the device; nil =
  /// the kernel.
  package var file: String?
  /// Of ``file``, in place of a function.
  package var usdt: USDT?
  /// Of a function of ``file``.
  package var returns = Returns.auto
  package var place: Place
  /// At least one, in any order; tried in that of ``Rung``.
  package var rungs: [Rung]
  package var fields: [Field]
  /// Of this event alone, beside those of the metric.
  package var conditions: [SpanTable.Condition] = []

  /// The name in programs and reports.
  package var hook: String {
    if let tracepoint { return tracepoint.event }
    if let usdt { return Self.identifier(of: usdt.fullName) }
    let name = file == nil ? function ?? "" : Self.identifier(of: function ?? "")
    return name + (place == .return ? "_return" : "")
  }

  /// Bytes of a hook's name that is made of a symbol.
  private static let mostOfName = 48

  /// A symbol as programs can be called: its end, which says most.
  private static func identifier(of symbol: String) -> String {
    var name = ""
    for character in symbol.unicodeScalars {
      let isPlain =
        character.isASCII
        && (character.properties.isAlphabetic
          || ("0"..."9").contains(character))
      if isPlain {
        name.unicodeScalars.append(character)
      } else if !name.hasSuffix("_") {
        name.append("_")
      }
    }
    name = String(name.suffix(mostOfName)).trimmed("_")
    // "opt_" would say that it may be absent.
    let begins = name.unicodeScalars.first.map(\.properties.isAlphabetic) ?? false
    return begins && !name.hasPrefix("opt") ? name : "f_\(name)"
  }

  package func field(_ name: String) -> Field? { fields.first { $0.name == name } }
}

extension String {
  /// Without these characters at both ends.
  fileprivate func trimmed(_ character: Character) -> String {
    let first = drop { $0 == character }
    return String(first.reversed().drop { $0 == character }.reversed())
  }
}
