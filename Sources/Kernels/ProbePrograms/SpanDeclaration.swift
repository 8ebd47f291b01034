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
    writer.put(UInt8(LG_SPANS_HISTOGRAM_NS))
    writer.put(table.flags(metric.key))
    writer.put(UInt32(table.stamps))
    writer.put(UInt32(table.labels))
    writer.put(metric.name)
    let fields = table.fields(metric.key)
    writer.list(fields) { writer, field in
      writer.put(field)
      let isText = field == table.nameField
      let isWide = !isText && !table.isNarrow(field, metric.key)
      writer.put(
        UInt8((isText ? LG_SPANS_FIELD_TEXT : 0) | (isWide ? LG_SPANS_FIELD_WIDE : 0)))
    }
    func number(_ field: String) -> UInt8? { fields.firstIndex(of: field).map { UInt8($0) } }
    writer.list(table.tiedFields) { $0.put(number($1) ?? 0) }
    writer.put(table.nameField.flatMap(number) ?? UInt8(LG_SPANS_NONE))
    let ownConditions = spans.enumerated().flatMap { index, span in
      span.from.conditions.map { (UInt8(2 * index), $0) }
        + span.to.conditions.map { (UInt8(2 * index + 1), $0) }
    }
    let everywhere = table.conditions.map { (UInt8(LG_SPANS_BOTH), $0) }
    writer.list(everywhere + ownConditions) { writer, asked in
      let (place, condition) = asked
      writer.put(number(condition.field) ?? 0)
      writer.put(place)
      writer.list(condition.values) { $0.put($1) }
    }
    // Without labels there is one histogram, under a number that means nothing.
    let key = metric.key.isEmpty ? [KeyField(name: "_", size: 4, kind: .padding)] : metric.key
    writer.put(UInt8(key.count))
    writer.list(spans) { writer, span in
      for event in [span.from, span.to] {
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

extension SpanTable {
  fileprivate func flags(_ key: [KeyField]) -> UInt8 {
    let hasClass = by.contains(Self.thread) || key.contains { $0.name == Self.processClass }
    var flags = 0
    if by.contains(Self.thread) { flags |= LG_SPANS_BY_THREAD }
    if by.contains(Self.cpu) { flags |= LG_SPANS_BY_CPU }
    if hasClass { flags |= LG_SPANS_CLASS }
    if repeats == .first { flags |= LG_SPANS_KEEP_FIRST }
    if repeats == .last { flags |= LG_SPANS_KEEP_LAST }
    if unmatched == .ignored { flags |= LG_SPANS_UNMATCHED_IGNORED }
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
    return (tiedFields + labels + (conditions + own).map(\.field) + [nameField].compactMap(\.self))
      .filter { seen.insert($0).inserted }
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
