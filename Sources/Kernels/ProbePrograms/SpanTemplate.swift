import CAgentABI
import Catalogs
import KernelEvents
import KernelTypes

/// A probe that prepared programs measure, of one span or of single events: one object serves every
/// such probe, and is configured for a device's kernel as it is loaded (`span_template.h`).
package struct SpanTemplate: Sendable {
  /// Which of the objects.
  package enum Kind: String, Sendable, CaseIterable {
    /// From one trace event to another, or from entry to return of a function.
    case spans = "span"
    /// Values of single events, in histograms.
    case values = "event-values"
    /// How many single events, and the sum of a value.
    case counts = "event-counts"
    /// A row for each single event.
    case rows = "event-rows"
    /// Stacks at single events.
    case stacks = "event-stacks"

    /// The C text of the object.
    package var text: String {
      """
      // SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
      /* Prepared programs; see \(header). */
      #define LG_METRICS 1
      \(define.map { "#define \($0)\n" } ?? "")#include "\(header)"

      """
    }

    private var define: String? {
      switch self {
      case .spans: nil
      case .values: "LG_EVENT_VALUES"
      case .counts: "LG_EVENT_COUNTS"
      case .rows: "LG_EVENT_ROWS"
      case .stacks: "LG_EVENT_STACKS"
      }
    }

    private var header: String { self == .spans ? "span_programs.h" : "event_programs.h" }

    /// The map of the object's metric.
    fileprivate var map: String {
      switch self {
      case .spans: "h_span"
      case .values: "h_event"
      case .counts: "c_event"
      case .rows: "e_event"
      case .stacks: "k_event"
      }
    }

    /// The object for single events of a metric.
    fileprivate init(single kind: ProbeMetric.Kind) {
      self =
        switch kind {
        case .histogram: .values
        case .counter: .counts
        case .events: .rows
        case .stacks: .stacks
        }
    }
  }

  package let kind: Kind
  private let probe: ProbeManifest
  let plain: ProbeMetric
  let table: SpanTable
  let span: Span

  /// - Returns: nil for a probe that needs programs of its own.
  package init?(_ probe: ProbeManifest) {
    guard probe.object == nil, probe.metrics.count == 1, let metric = probe.metrics.first,
      let table = metric.table, table.isTemplate(metric.key), let span = table.spans.first
    else { return nil }
    self.probe = probe
    plain = metric
    self.table = table
    self.span = span
    kind = table.isSingle ? Kind(single: metric.kind) : .spans
  }

  /// Whether an object is one of prepared programs.
  package static func isPrepared(_ object: [UInt8]) -> Bool {
    let symbols = try? ELFReader(object).symbols()
    return symbols?.contains { $0.name == LG_VAR_TEMPLATE } == true
  }

  /// What is attached to, for the safety gate: the same code at the same places is one program.
  package var places: String {
    sites.map {
      "\(Self.section(of: $0, isUretprobe: false))\($0.file.map { " of \($0)" } ?? "")"
    }
    .joined(separator: " ")
  }

  /// Where its programs are attached: where it begins and where it ends.
  private var sites: [SpanEvent] { table.isSingle ? [span.to] : [span.from, span.to] }

  /// The metric as the object has it: its map, and a key of all words.
  package var metric: ProbeMetric {
    var metric = plain
    metric.map = kind.map
    metric.counters = 0
    // Rows have no key, and room for more columns.
    guard kind != .rows else { return metric }
    let words = plain.key.reduce(0) { $0 + ($1.size + 3) / 4 }
    metric.key = plain.key.flatMap { field in
      let rest = (4 - field.size % 4) % 4
      return rest == 0
        ? [field] : [field, KeyField(name: "\(field.name)_", size: rest, kind: .padding)]
    }
    let unused = 4 * (SpanTable.templateWords - words)
    if unused > 0 { metric.key.append(KeyField(name: "_", size: unused, kind: .padding)) }
    return metric
  }

  /// The function of a process that it is about: a path on the device, a symbol, and how its ends are
  /// to be seen; nil for those of the kernel, and where USDT probes are named.
  package var userFunction: (path: String, symbol: String, returns: SpanEvent.Returns)? {
    guard !span.hasUSDT, let path = span.to.file, let symbol = span.to.function else { return nil }
    return (path, symbol, span.to.returns)
  }

  /// The events of processes where one of them is a USDT probe; else empty.
  package var userEvents: [SpanEvent] { span.hasUSDT ? sites : [] }

  /// Whether it is of single events.
  package var isSingle: Bool { table.isSingle }

  /// Whether it needs what leaves the function to be known.
  package var needsReturns: Bool { sites.contains { $0.place == .return } }

  /// Whether results are asked for.
  package var readsResult: Bool { span.to.fields.contains { $0.source == .result } }

  /// Where each hook of the function is, for the agent: its name, and whether it is a return.
  package var userHooks: [(hook: String, isReturn: Bool)] {
    sites.filter { $0.file != nil }.map { ($0.hook, $0.place == .return) }
  }

  /// The events whose formats are needed, such as `block/block_rq_issue`.
  package var events: [String] {
    sites.compactMap(\.event)
  }

  /// Why a kernel does not give what is asked for.
  package struct MisfitError: Error, Sendable, Equatable, CustomStringConvertible {
    package var description: String

    package init(description: String) {
      self.description = description
    }
  }

  /// Writes names and places into a prepared object.
  ///
  /// - Parameters:
  ///   - object: of this ``kind``.
  ///   - formats: of ``events``.
  ///   - registers: of the device's ABI.
  ///   - function: of a process; nil where ``userFunction`` is.
  ///   - places: of ``userEvents``, by their hooks.
  /// - Returns: an object to be loaded.
  /// - Throws: ``MisfitError`` for a field that is not there; `MalformedError` for another object.
  package func configured(
    _ object: [UInt8], formats: [String: EventFormat], registers: RegisterPlaces,
    function: UserFunction? = nil, places: [String: UserPlace] = [:]
  ) throws -> [UInt8] {
    var object = object
    let elf = try ELFReader(object)
    guard let symbol = try elf.symbols().first(where: { $0.name == LG_VAR_TEMPLATE }),
      elf.sections.indices.contains(symbol.section)
    else { throw MalformedError(reason: "it has no lg_template: it was built for another release") }
    let own = function?.isGo == true ? registers.ofGo : registers
    let bytes = try configuration(formats, own, function, places)
    let start = elf.sections[symbol.section].range.lowerBound + Int(symbol.value)
    guard start + bytes.count <= elf.sections[symbol.section].range.upperBound else {
      throw MalformedError(reason: "lg_template leaves its section")
    }
    object.replaceSubrange(start..<start + bytes.count, with: bytes)
    return try named(object) { event in
      function.map { $0.returns == .uretprobe } ?? places[event.hook]?.isUretprobe ?? false
    }
  }

  /// Writes the names of hooks alone, for those who ask which a kernel has.
  /// - Throws: ``MisfitError`` for a name that is too long; `MalformedError` for another object.
  package func named(_ object: [UInt8]) throws -> [UInt8] { try named(object) { _ in false } }

  private func named(
    _ object: [UInt8], isUretprobe: (SpanEvent) -> Bool
  ) throws -> [UInt8] {
    var names = PreparedNames(object)
    // One program serves all: its section says what it attaches to, and how.
    for (side, event) in zip(["start", "end"], sites) {
      try names.write(
        Self.section(of: event, isUretprobe: isUretprobe(event)),
        over: PreparedNames.sectionRoom(side))
      try names.write(
        "\(event.hook)__\(event.rungs.first?.rawValue ?? "tracepoint")",
        over: PreparedNames.hookRoom(side))
    }
    return names.object
  }

  /// What an event's program is called by libbpf.
  private static func section(of event: SpanEvent, isUretprobe: Bool) -> String {
    if let path = event.event { return "tracepoint/\(path)" }
    if event.file != nil {
      // The agent is given the places beside the object, by the hook's name.
      let isProbe = event.place == .return && isUretprobe
      return "\(isProbe ? "uretprobe" : "uprobe")/\(event.hook)"
    }
    return "\(event.place == .return ? "kretprobe" : "kprobe")/\(event.function ?? "")"
  }
}
