import CAgentABI
import Catalogs
import KernelEvents

// Where a kernel keeps what prepared programs read: the bytes of their configuration.
extension SpanTemplate {
  func configuration(
    _ formats: [String: EventFormat], _ registers: RegisterPlaces,
    _ function: UserFunction? = nil, _ places: [String: UserPlace] = [:]
  ) throws(MisfitError) -> [UInt8] {
    if table.isSingle { return try configurationOfSingle(formats, registers, places) }
    var writer = ConfigurationWriter()
    for (event, isEnd) in [(span.from, false), (span.to, true)] {
      let source = EventSource(
        event: event, format: event.event.flatMap { formats[$0] }, registers,
        arguments: places[event.hook]?.arguments)
      if let event = event.event, formats[event] == nil {
        throw MisfitError(description: "the kernel has no event \(event)")
      }
      try writer.list(table.by, of: Int(LG_TEMPLATE_TIED)) { (field) throws(MisfitError) in
        guard let function else { return [try tied(field, source)] }
        return try tied(field, registers, function)
      }
      try put(labelsAndTestsOf: source, isEnd: isEnd, &writer)
      writer.put(LocationTable(source))
    }
    let byClass =
      table.by.contains(SpanTable.thread) || table.by.contains(SpanTable.goroutine)
      || plain.key.contains { $0.name == SpanTable.processClass }
    writer.put(UInt32(byClass ? 1 : 0))
    writer.put(UInt32(table.unmatched == .ignored ? 1 : 0))
    return writer.bytes
  }

  private func put(
    labelsAndTestsOf source: EventSource, isEnd: Bool, _ writer: inout ConfigurationWriter
  ) throws(MisfitError) {
    try writer.list(plain.key, of: Int(LG_TEMPLATE_WORDS)) { (field) throws(MisfitError) in
      try label(field, isEnd: isEnd, source)
    }
    let tests = try self.tests(isEnd: isEnd, source)
    for index in 0..<Int(LG_TEMPLATE_TESTS) {
      writer.put(tests.indices.contains(index) ? tests[index] : .none)
    }
  }

  /// `struct lg_event_template`
  private func configurationOfSingle(
    _ formats: [String: EventFormat], _ registers: RegisterPlaces, _ places: [String: UserPlace]
  ) throws(MisfitError) -> [UInt8] {
    let event = span.to
    if let path = event.event, formats[path] == nil {
      throw MisfitError(description: "the kernel has no event \(path)")
    }
    let source = EventSource(
      event: event, format: event.event.flatMap { formats[$0] }, registers,
      arguments: places[event.hook]?.arguments)
    var writer = ConfigurationWriter()
    try writer.list([String](), of: Int(LG_TEMPLATE_TIED)) { (_) throws(MisfitError) in [] }
    try put(labelsAndTestsOf: source, isEnd: true, &writer)
    writer.put(LocationTable(source))
    writer.put(
      try table.value.map { (name) throws(MisfitError) in try source.number(name) } ?? .nowhere)
    let columns = table.columns.filter { $0.source != .time }
    try writer.list(columns, of: Int(LG_TEMPLATE_COLUMNS)) { (column) throws(MisfitError) in
      [try source.column(column)]
    }
    writer.put(UInt32(table.isByTask(plain.key) ? 1 : 0))
    writer.put(
      UInt32(table.stack?.hasKernel == true ? LG_STACK_KERNEL : 0)
        | UInt32(table.stack?.hasUser == true ? LG_STACK_USER : 0))
    writer.put(UInt32(0))
    return writer.bytes
  }

  private func tied(_ field: String, _ source: EventSource) throws(MisfitError) -> Place {
    switch field {
    case SpanTable.thread: Place(from: LG_FROM_THREAD)
    case SpanTable.cpu: Place(from: LG_FROM_CPU)
    default: try source.number(field)
    }
  }

  /// What ties the return of a process's function to its entry: who called it, and how deep in the
  /// stack, as a function may call itself.
  private func tied(
    _ field: String, _ registers: RegisterPlaces, _ function: UserFunction
  ) throws(MisfitError) -> [Place] {
    let isWide = registers.size == 8
    if field == SpanTable.goroutine {
      guard function.isGo else {
        throw MisfitError(
          description: "\(span.to.function ?? "") is no function of Go: it is tied by tid")
      }
      let routine = Place(
        from: LG_FROM_CONTEXT, offset: registers.goroutine, size: registers.size)
      let depth = Place(
        from: LG_FROM_DEPTH, offset: registers.stackPointer, size: registers.goroutine)
      return isWide ? [routine, depth] : [routine]
    }
    guard !function.isGo else {
      throw MisfitError(
        description: "\(span.to.function ?? "") is a function of Go, whose goroutines change "
          + "threads: it is tied by goroutine")
    }
    let thread = Place(from: LG_FROM_THREAD)
    // A uretprobe comes when the stack pointer is back already, and ARM pops it with the return.
    guard isWide, function.returns != .uretprobe else { return [thread] }
    return [
      thread,
      Place(from: LG_FROM_CONTEXT, offset: registers.stackPointer, size: registers.size),
    ]
  }

  /// The words of a label; nowhere where the other event gives them.
  private func label(
    _ field: KeyField, isEnd: Bool, _ source: EventSource
  ) throws(MisfitError) -> [Place] {
    let rest = Array(repeating: Place.nowhere, count: (field.size + 3) / 4 - 1)
    if field.name == SpanTable.processClass {
      return [isEnd ? Place(from: LG_FROM_CLASS_OF_TASK) : .nowhere]
    }
    // What both have is the end's: errors and results are known there.
    let isOfEnd = span.to.field(field.name) != nil
    guard isOfEnd == isEnd else { return [.nowhere] + rest }
    if field.kind == .text {
      var place = try source.text(field.name)
      place.size = min(place.size, UInt32(field.size))
      return [place] + rest
    }
    var place = try source.number(field.name)
    // A register or a `long` in 4 bytes: the lower ones.
    place.size = min(place.size, UInt32(field.size))
    return [place] + rest
  }

  private func tests(isEnd: Bool, _ source: EventSource) throws(MisfitError) -> [Test] {
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
            place: place, test: condition.test.templateNumber,
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
  ) throws(MisfitError) -> [Test] {
    let whole = try source.place(condition.field)
    let bytes = Array(text.utf8) + [0]
    guard bytes.count <= whole.size else {
      throw MisfitError(
        description: "'\(text)' is longer than the \(max(Int(whole.size) - 1, 0)) bytes of "
          + condition.field)
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
            test: condition.test.templateNumber, goesOn: condition.test == .unequal, value: value))
        at += size
      }
    }
    if condition.test == .unequal, !tests.isEmpty { tests[tests.count - 1].goesOn = false }
    return tests
  }
}
