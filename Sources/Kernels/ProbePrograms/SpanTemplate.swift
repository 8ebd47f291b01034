import CAgentABI
import Catalogs
import KernelEvents
import KernelTypes

/// A probe that prepared programs measure: one object serves every such probe, and is configured
/// for a device's kernel as it is loaded (`span_template.h`).
package struct SpanTemplate: Sendable {
  /// Which of the two objects.
  package enum Kind: String, Sendable, CaseIterable {
    /// From one trace event to another.
    case events = "span-events"
    /// From entry to return of a function.
    case function = "span-function"

    /// The C text of the object.
    package var text: String {
      """
      // SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
      /* Prepared programs for one span; see span_programs.h. */
      #define LG_METRICS 1
      \(self == .function ? "#define LG_SPAN_OF_FUNCTION\n" : "")#include "span_programs.h"

      """
    }
  }

  package let kind: Kind
  private let probe: ProbeManifest
  private let plain: ProbeMetric
  private let table: SpanTable
  private let span: Span

  /// - Returns: nil for a probe that needs programs of its own.
  package init?(_ probe: ProbeManifest) {
    guard probe.object == nil, probe.metrics.count == 1, let metric = probe.metrics.first,
      let table = metric.table, table.isTemplate(metric.key), let span = table.spans.first
    else { return nil }
    self.probe = probe
    plain = metric
    self.table = table
    self.span = span
    kind = span.from.event == nil ? .function : .events
  }

  /// Whether an object is one of prepared programs.
  package static func isPrepared(_ object: [UInt8]) -> Bool {
    let symbols = try? ELFReader(object).symbols()
    return symbols?.contains { $0.name == LG_VAR_TEMPLATE } == true
  }

  /// What is attached to, for the safety gate: the same code at the same places is one program.
  package var places: String { "\(from) \(to)" }

  /// The metric as the object has it: its map, and a key of all words.
  package var metric: ProbeMetric {
    var metric = plain
    metric.map = "h_span"
    metric.counters = 0
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

  /// The events whose formats are needed, such as `block/block_rq_issue`.
  package var events: [String] { [span.from, span.to].compactMap(\.event) }

  private var from: String { span.from.event ?? span.from.function ?? "" }
  private var to: String { span.to.event ?? span.to.function ?? "" }

  /// Why a kernel does not give what is asked for.
  package struct Misfit: Error, Sendable, Equatable, CustomStringConvertible {
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
  /// - Returns: an object to be loaded.
  /// - Throws: ``Misfit`` for a field that is not there; `Malformed` for another object.
  package func configured(
    _ object: [UInt8], formats: [String: EventFormat], registers: RegisterPlaces
  ) throws -> [UInt8] {
    var object = object
    let elf = try ELFReader(object)
    guard let symbol = try elf.symbols().first(where: { $0.name == LG_VAR_TEMPLATE }),
      elf.sections.indices.contains(symbol.section)
    else { throw Malformed(reason: "it has no lg_template: it was built for another release") }
    let bytes = try configuration(formats, registers)
    let start = elf.sections[symbol.section].range.lowerBound + Int(symbol.value)
    guard start + bytes.count <= elf.sections[symbol.section].range.upperBound else {
      throw Malformed(reason: "lg_template leaves its section")
    }
    object.replaceSubrange(start..<start + bytes.count, with: bytes)
    return try named(object)
  }

  /// Writes the names of hooks alone, for those who ask which a kernel has.
  /// - Throws: ``Misfit`` for a name that is too long; `Malformed` for another object.
  package func named(_ object: [UInt8]) throws -> [UInt8] {
    var object = object
    let rung = kind == .function ? "kprobe" : "tracepoint"
    for (room, name) in [("start", from), ("end", to)] {
      let event = room == "start" ? span.from : span.to
      try Self.write(name, over: Self.room(room, kind), in: &object)
      try Self.write(
        "\(event.hook)__\(rung)", over: Self.hookRoom(room, rung), in: &object)
    }
    return object
  }

  // MARK: names

  /// What stands in the object where a name goes, as in span_programs.h.
  private static func room(_ side: String, _ kind: Kind) -> String {
    let text = "lg_\(side)_"
    let room = text + String(repeating: "_", count: 79 - text.count)
    return kind == .function ? room : "none/\(room)"
  }

  private static func hookRoom(_ side: String, _ rung: String) -> String {
    let text = "lg_hook_of_\(side)_"
    return text + String(repeating: "_", count: 69 - text.count - rung.count) + rung
  }

  /// A shorter name ends with NULs: sections, symbols and types keep their places.
  private static func write(
    _ name: String, over room: String, in object: inout [UInt8]
  ) throws {
    let old = Array(room.utf8)
    let new = Array(name.utf8)
    guard new.count <= old.count else {
      throw Misfit(description: "the name '\(name)' has more than \(old.count) bytes")
    }
    let padded = new + Array(repeating: 0, count: old.count - new.count)
    var isFound = false
    var at = 0
    while let found = Self.firstRange(of: old, in: object, from: at) {
      object.replaceSubrange(found, with: padded)
      at = found.upperBound
      isFound = true
    }
    guard isFound else { throw Malformed(reason: "it has no room for names") }
  }

  private static func firstRange(
    of part: [UInt8], in bytes: [UInt8], from start: Int
  ) -> Range<Int>? {
    var at = start
    while at + part.count <= bytes.count {
      guard let first = bytes[at...].firstIndex(of: part[0]), first + part.count <= bytes.count
      else { return nil }
      if bytes[first..<first + part.count].elementsEqual(part) { return first..<first + part.count }
      at = first + 1
    }
    return nil
  }

  // MARK: places

  private func configuration(
    _ formats: [String: EventFormat], _ registers: RegisterPlaces
  ) throws(Misfit) -> [UInt8] {
    var writer = ConfigurationWriter()
    for (event, isEnd) in [(span.from, false), (span.to, true)] {
      let source = EventSource(event: event, format: event.event.flatMap { formats[$0] }, registers)
      if let event = event.event, formats[event] == nil {
        throw Misfit(description: "the kernel has no event \(event)")
      }
      try writer.list(table.by, of: Int(LG_TEMPLATE_TIED)) { (field) throws(Misfit) in
        [try tied(field, source)]
      }
      try writer.list(plain.key, of: Int(LG_TEMPLATE_WORDS)) { (field) throws(Misfit) in
        try label(field, isEnd: isEnd, source)
      }
      let tests = try self.tests(isEnd: isEnd, source)
      for index in 0..<Int(LG_TEMPLATE_TESTS) {
        writer.put(tests.indices.contains(index) ? tests[index] : .none)
      }
    }
    let byClass =
      table.by.contains(SpanTable.thread)
      || plain.key.contains { $0.name == SpanTable.processClass }
    writer.put(UInt32(byClass ? 1 : 0))
    writer.put(UInt32(table.unmatched == .ignored ? 1 : 0))
    return writer.bytes
  }

  private func tied(_ field: String, _ source: EventSource) throws(Misfit) -> Place {
    switch field {
    case SpanTable.thread: Place(from: LG_FROM_THREAD)
    case SpanTable.cpu: Place(from: LG_FROM_CPU)
    default: try source.number(field)
    }
  }

  /// The words of a label; nowhere where the other event gives them.
  private func label(
    _ field: KeyField, isEnd: Bool, _ source: EventSource
  ) throws(Misfit) -> [Place] {
    let rest = Array(repeating: Place.nowhere, count: (field.size + 3) / 4 - 1)
    if field.name == SpanTable.processClass {
      return [isEnd ? Place(from: LG_FROM_CLASS_OF_TASK) : .nowhere]
    }
    // What both have is the end's: errors and results are known there.
    let isOfEnd = span.to.field(field.name) != nil
    guard isOfEnd == isEnd else { return [.nowhere] + rest }
    if field.kind == .text {
      var place = try source.place(field.name)
      place.from = UInt32(LG_FROM_TEXT)
      place.size = min(place.size, UInt32(field.size))
      return [place] + rest
    }
    var place = try source.number(field.name)
    // A register or a `long` in 4 bytes: the lower ones.
    place.size = min(place.size, UInt32(field.size))
    return [place] + rest
  }

  private func tests(isEnd: Bool, _ source: EventSource) throws(Misfit) -> [Test] {
    var tests: [Test] = []
    for condition in table.conditions + (isEnd ? span.to : span.from).conditions {
      if let text = condition.text {
        tests += try pieces(of: text, condition, source)
        continue
      }
      let place = try source.number(condition.field)
      for (index, value) in condition.values.enumerated() {
        tests.append(
          Test(
            place: place, test: condition.test.number,
            goesOn: condition.test != .unequal && index + 1 < condition.values.count,
            value: place.cut(value)))
      }
    }
    return tests
  }

  /// Text with its NUL, as numbers of 8, 4, 2 and 1 bytes. All pieces of equal text are equal; of
  /// other text one at least is not.
  private func pieces(
    of text: String, _ condition: SpanTable.Condition, _ source: EventSource
  ) throws(Misfit) -> [Test] {
    let whole = try source.place(condition.field)
    let bytes = Array(text.utf8) + [0]
    guard bytes.count <= whole.size else {
      throw Misfit(
        description: "'\(text)' is longer than the \(whole.size - 1) bytes of \(condition.field)")
    }
    var tests: [Test] = []
    var at = 0
    for size in [8, 4, 2, 1] {
      while bytes.count - at >= size {
        let value = bytes[at..<at + size].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        tests.append(
          Test(
            place: Place(
              from: LG_FROM_CONTEXT, offset: Int(whole.offset) + at, size: size),
            test: condition.test.number, goesOn: condition.test == .unequal, value: value))
        at += size
      }
    }
    if condition.test == .unequal, !tests.isEmpty { tests[tests.count - 1].goesOn = false }
    return tests
  }
}

/// Where an event has its fields.
private struct EventSource {
  let event: SpanEvent
  let format: EventFormat?
  let registers: RegisterPlaces

  init(event: SpanEvent, format: EventFormat?, _ registers: RegisterPlaces) {
    self.event = event
    self.format = format
    self.registers = registers
  }

  /// A number of the event.
  func number(_ name: String) throws(SpanTemplate.Misfit) -> Place {
    let place = try place(name)
    guard [1, 2, 4, 8].contains(place.size) else {
      throw SpanTemplate.Misfit(
        description: "field '\(name)' of \(event.hook) is no number, but \(place.size) bytes")
    }
    return place
  }

  func place(_ name: String) throws(SpanTemplate.Misfit) -> Place {
    switch event.field(name)?.source {
    case .record(let name):
      guard let field = format?.field(name) else {
        throw SpanTemplate.Misfit(description: "event \(event.hook) has no field '\(name)'")
      }
      return Place(
        from: field.isSigned && field.shape == .number ? LG_FROM_SIGNED : LG_FROM_CONTEXT,
        offset: field.offset, size: field.size)
    case .argument(let number) where registers.arguments.indices.contains(number):
      return Place(
        from: LG_FROM_CONTEXT, offset: registers.arguments[number], size: registers.size)
    case .result:
      // Most functions return an int, and the upper half of its register is anything.
      return Place(from: LG_FROM_SIGNED, offset: registers.result, size: 4)
    default:
      throw SpanTemplate.Misfit(description: "\(event.hook) has no value '\(name)'")
    }
  }
}

/// `struct lg_place`
private struct Place {
  var from: UInt32
  var offset: UInt32
  var size: UInt32

  init(from: some BinaryInteger, offset: Int = 0, size: Int = 0) {
    self.from = UInt32(from)
    self.offset = UInt32(offset)
    self.size = UInt32(size)
  }

  static let nowhere = Place(from: LG_FROM_NOWHERE)

  /// A value as the place gives it: a negative number of an unsigned field has its bytes alone.
  func cut(_ value: UInt64) -> UInt64 {
    from == UInt32(LG_FROM_SIGNED) || size >= 8 ? value : value & (1 << (8 * UInt64(size)) - 1)
  }
}

/// `struct lg_test`
private struct Test {
  var place: Place
  var test: UInt32
  var goesOn: Bool
  var value: UInt64

  static let none = Test(place: .nowhere, test: UInt32(LG_TEST_NONE), goesOn: false, value: 0)
}

extension SpanTable.Condition.Test {
  fileprivate var number: UInt32 {
    switch self {
    case .equal: UInt32(LG_TEST_EQUAL)
    case .unequal: UInt32(LG_TEST_UNEQUAL)
    case .less: UInt32(LG_TEST_LESS)
    case .atMost: UInt32(LG_TEST_AT_MOST)
    case .more: UInt32(LG_TEST_MORE)
    case .atLeast: UInt32(LG_TEST_AT_LEAST)
    case .bits: UInt32(LG_TEST_BITS)
    }
  }
}

/// The bytes of `struct lg_template`, little-endian.
private struct ConfigurationWriter {
  private(set) var bytes: [UInt8] = []

  mutating func put(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
  }

  mutating func put(_ place: Place) {
    put(place.from)
    put(place.offset)
    put(place.size)
  }

  mutating func put(_ test: Test) {
    put(test.place)
    put(test.test)
    put(UInt32(test.goesOn ? 1 : 0))
    for _ in 0..<3 { put(UInt32(0)) }
    put(test.value)
  }

  /// The places of some things, filled up to a number of places.
  mutating func list<Element>(
    _ elements: [Element], of count: Int,
    _ places: (Element) throws(SpanTemplate.Misfit) -> [Place]
  ) throws(SpanTemplate.Misfit) {
    var left = count
    for element in elements {
      for place in try places(element) where left > 0 {
        put(place)
        left -= 1
      }
    }
    for _ in 0..<left { put(Place.nowhere) }
  }
}
