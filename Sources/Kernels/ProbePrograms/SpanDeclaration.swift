import CAgentABI
import Catalogs

/// A metric's table as tier T0 reads it: the bytes of `span_declaration.h`, from which `TraceFold`
/// folds trace events in the agent and on the host.
package struct SpanDeclaration: Sendable, Equatable {
  package let bytes: [UInt8]

  /// - Returns: nil for a metric without a table, and for one whose events are no trace events.
  package init?(_ metric: ProbeMetric) {
    guard metric.isInT0, let table = metric.table else { return nil }
    let spans = table.spans.filter(\.isTraced)
    guard !spans.isEmpty else { return nil }
    var writer = DeclarationWriter()
    writer.put(UInt16(LG_SPANS_VERSION))
    writer.put(metric.kind.number)
    writer.put(table.flags(metric.key))
    writer.put(UInt32(table.stamps))
    writer.put(UInt32(table.labels))
    writer.put(metric.name)
    let fields = table.fields(metric.key)
    writer.list(fields) { writer, field in
      writer.put(field)
      let isText = table.isText(field)
      let isWide = !isText && !table.isNarrow(field, metric.key)
      writer.put(
        UInt8((isText ? LG_SPANS_FIELD_TEXT : 0) | (isWide ? LG_SPANS_FIELD_WIDE : 0)))
    }
    func number(_ field: String) -> UInt8? { fields.firstIndex(of: field).map { UInt8($0) } }
    writer.list(table.tiedFields) { $0.put(number($1) ?? 0) }
    writer.put(table.nameField.flatMap(number) ?? UInt8(LG_SPANS_NONE))
    var asked: [(place: UInt8, condition: SpanTable.Condition)] = []
    for condition in table.conditions { asked.append((UInt8(LG_SPANS_BOTH), condition)) }
    for (index, span) in spans.enumerated() {
      let starts = table.isSingle ? [] : span.from.conditions
      for condition in starts { asked.append((UInt8(2 * index), condition)) }
      for condition in span.to.conditions { asked.append((UInt8(2 * index + 1), condition)) }
    }
    writer.list(asked) { writer, asked in
      let (place, condition) = asked
      writer.put(number(condition.field) ?? 0)
      writer.put(place)
      writer.list(condition.values) { $0.put($1) }
    }
    writer.put(table.value.flatMap(number) ?? UInt8(LG_SPANS_NONE))
    writer.put(UInt32(table.rows))
    writer.put(table.threshold)
    // Every row begins with its time.
    writer.list(table.columns.filter { $0.source != .time }) { writer, column in
      writer.put(column.source.number(number))
    }
    // Without labels there is one histogram or count, under a number that means nothing.
    let isBare = metric.key.isEmpty && metric.kind != .events
    let key = isBare ? [KeyField(name: "_", size: 4, kind: .padding)] : metric.key
    writer.put(UInt8(key.count))
    writer.list(spans) { writer, span in
      for event in table.isSingle ? [span.to] : [span.from, span.to] {
        writer.put(event.tracepoint?.system ?? "")
        writer.put(event.tracepoint?.event ?? "")
      }
      writer.put(UInt8(span.isOptional ? LG_SPANS_OPTIONAL : 0))
      for label in key {
        let constant = label.kind == .padding ? 0 : span.labels[label.name]
        let source =
          constant != nil
          ? UInt8(LG_SPANS_FROM_CONSTANT)
          : label.name == SpanTable.processClass
            ? UInt8(LG_SPANS_FROM_CLASS) : number(label.name) ?? 0
        writer.put(source)
        writer.put(UInt32(truncatingIfNeeded: constant ?? 0))
      }
    }
    bytes = writer.bytes
  }
}

extension ProbeMetric.Kind {
  /// `LG_KIND_…`: what the agent and ``SpanDeclaration`` call it.
  package var number: UInt8 {
    switch self {
    case .histogram: UInt8(LG_KIND_HISTOGRAM)
    case .counter: UInt8(LG_KIND_COUNTER)
    case .events: UInt8(LG_KIND_EVENTS)
    case .stacks: UInt8(LG_KIND_STACKS)
    }
  }
}

extension ResultColumn.Source {
  /// As a declaration has it; `field` numbers fields.
  fileprivate func number(_ field: (String) -> UInt8?) -> UInt8 {
    switch self {
    case .field(let name): field(name) ?? 0
    case .duration: UInt8(LG_SPANS_FROM_DURATION)
    case .thread: UInt8(LG_SPANS_FROM_THREAD)
    case .cpu: UInt8(LG_SPANS_FROM_CPU)
    case .processClass: UInt8(LG_SPANS_FROM_CLASS)
    // Not columns of it: the time is not named, and the others are not traced.
    case .time, .process, .command: UInt8(LG_SPANS_NONE)
    }
  }
}

extension SpanTable {
  fileprivate func flags(_ key: [KeyField]) -> UInt8 {
    var flags = 0
    if by.contains(Self.thread) { flags |= LG_SPANS_BY_THREAD }
    if by.contains(Self.cpu) { flags |= LG_SPANS_BY_CPU }
    if isByTask(key) { flags |= LG_SPANS_CLASS }
    if repeats == .first { flags |= LG_SPANS_KEEP_FIRST }
    if repeats == .last { flags |= LG_SPANS_KEEP_LAST }
    if unmatched == .ignored { flags |= LG_SPANS_UNMATCHED_IGNORED }
    if isSingle { flags |= LG_SPANS_SINGLE }
    return UInt8(flags)
  }

  /// Fields of events that tie an end to its start.
  fileprivate var tiedFields: [String] { by.filter { $0 != Self.thread && $0 != Self.cpu } }

  /// Every field that is read of some event, each once.
  fileprivate func fields(_ key: [KeyField]) -> [String] {
    let labels = key.map(\.name).filter { label in
      label != Self.processClass && spans.contains { $0.labels[label] == nil }
    }
    var seen: Set<String> = []
    let own = spans.flatMap { $0.from.conditions + $0.to.conditions }
    let read: [String] =
      tiedFields + labels + (conditions + own).map(\.field) + [nameField].compactMap(\.self)
    return (read + resultFields).filter { seen.insert($0).inserted }
  }
}

/// Little-endian numbers and short texts, one after the other.
private struct DeclarationWriter {
  private(set) var bytes: [UInt8] = []

  mutating func put(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
  }

  mutating func put(_ text: String) {
    put(UInt8(clamping: text.utf8.count))
    bytes += text.utf8.prefix(Int(UInt8.max))
  }

  mutating func list<Element>(_ list: [Element], _ write: (inout Self, Element) -> Void) {
    put(UInt8(clamping: list.count))
    for element in list.prefix(Int(UInt8.max)) { write(&self, element) }
  }
}
