import CAgentABI
import Catalogs
import KernelEvents
import Symbols

/// Where an event has its fields.
struct EventSource {
  let event: SpanEvent
  let format: EventFormat?
  let registers: RegisterPlaces
  /// Of a USDT probe.
  let arguments: [USDTProbe.Argument]?

  init(
    event: SpanEvent, format: EventFormat?, _ registers: RegisterPlaces,
    arguments: [USDTProbe.Argument]? = nil
  ) {
    self.event = event
    self.format = format
    self.registers = registers
    self.arguments = arguments
  }

  /// A number of the event.
  func number(_ name: String) throws(SpanTemplate.MisfitError) -> Place {
    let place = try place(name)
    guard [1, 2, 4, 8].contains(place.size) else {
      throw SpanTemplate.MisfitError(
        description: "field '\(name)' of \(event.hook) is no number, but \(place.size) bytes")
    }
    return place
  }

  func place(_ name: String) throws(SpanTemplate.MisfitError) -> Place {
    switch event.field(name)?.source {
    case .record(let name):
      guard let field = format?.field(name) else {
        throw SpanTemplate.MisfitError(description: "event \(event.hook) has no field '\(name)'")
      }
      return Place(
        from: field.isSigned && field.shape == .number ? LG_FROM_SIGNED : LG_FROM_CONTEXT,
        offset: field.offset, size: field.size)
    case .argument(let number) where event.usdt != nil:
      return try argument(number)
    case .argument(let number) where registers.arguments.indices.contains(number):
      return Place(
        from: LG_FROM_CONTEXT, offset: registers.arguments[number], size: registers.size)
    case .result:
      // Most functions return an int, and the upper half of its register is anything.
      return Place(from: LG_FROM_SIGNED, offset: registers.result, size: 4)
    case .running(let what): return Place(running: what)
    default:
      throw SpanTemplate.MisfitError(description: "\(event.hook) has no value '\(name)'")
    }
  }

  /// What a note says of an argument of a USDT probe.
  private func argument(_ number: Int) throws(SpanTemplate.MisfitError) -> Place {
    let name = event.usdt?.fullName ?? ""
    guard let arguments, arguments.indices.contains(number) else {
      throw SpanTemplate.MisfitError(
        description: "\(name) has \(arguments?.count ?? 0) arguments, and no arg\(number)")
    }
    switch arguments[number] {
    case .objection(let reason):
      throw SpanTemplate.MisfitError(description: "arg\(number) of \(name) \(reason)")
    case .place(let operand):
      return try self.place(operand, of: number)
    case .places(let places):
      // They are in the table of locations.
      for place in places.places { _ = try self.place(place.operand, of: number) }
      return Place(
        from: places.isSigned ? LG_FROM_LOCATION_SIGNED : LG_FROM_LOCATION, offset: number,
        size: places.size)
    }
  }

  /// Where the registers have an argument of a USDT probe, or what leads there.
  func place(
    _ operand: USDTOperand, of number: Int
  ) throws(SpanTemplate.MisfitError) -> Place {
    guard let place = Place(operand, registers) else {
      let name = event.usdt?.fullName ?? ""
      throw SpanTemplate.MisfitError(
        description: "arg\(number) of \(name) is in a register that is not known")
    }
    return place
  }

  /// Text of the event: in its record or behind it, or the running thread's name.
  func text(_ name: String) throws(SpanTemplate.MisfitError) -> Place {
    var place = try place(name)
    guard case .record(let own) = event.field(name)?.source, let field = format?.field(own) else {
      return place
    }
    if field.isTextBehind {
      place.from = UInt32(field.isTextAfter ? LG_FROM_TEXT_AFTER : LG_FROM_TEXT_AT)
      // Up to its NUL, as far as there is room for it.
      place.size = UInt32(LG_TEMPLATE_ROW)
    } else {
      place.from = UInt32(LG_FROM_TEXT)
    }
    return place
  }

  /// What a column of a row has.
  func column(_ column: ResultColumn) throws(SpanTemplate.MisfitError) -> Place {
    switch column.source {
    case .thread: return Place(running: .thread)
    case .process: return Place(running: .process)
    case .command: return Place(running: .command)
    case .cpu: return Place(running: .cpu)
    case .processClass: return Place(from: LG_FROM_CLASS_OF_TASK)
    case .field(let name):
      guard column.kind == nil else { return try number(name) }
      var place = try text(name)
      place.size = min(place.size, UInt32(LG_NAME_LEN))
      return place
    case .time, .duration:
      throw SpanTemplate.MisfitError(description: "\(event.hook) has no column '\(column.name)'")
    }
  }
}

/// `struct lg_place`
struct Place {
  var from: UInt32
  var offset: UInt32
  var size: UInt32

  init(from: some BinaryInteger, offset: Int = 0, size: Int = 0) {
    self.from = UInt32(from)
    self.offset = UInt32(offset)
    self.size = UInt32(size)
  }

  init?(_ operand: USDTOperand, _ registers: RegisterPlaces) {
    switch operand.source {
    case .register(let name):
      guard let place = registers.place(of: name) else { return nil }
      self.init(
        from: operand.isSigned ? LG_FROM_SIGNED : LG_FROM_CONTEXT, offset: place,
        size: operand.size)
    case .memory(let base, let offset):
      guard let place = registers.place(of: base) else { return nil }
      // `LG_FROM_USER_OF`
      let kind = UInt32(operand.isSigned ? LG_FROM_USER_SIGNED : LG_FROM_USER)
      self.init(
        from: kind | UInt32(registers.size) << 8 | UInt32(place) << 16, size: operand.size)
      self.offset = UInt32(bitPattern: offset)
    case .constant(let value):
      self.init(
        from: operand.isSigned ? LG_FROM_CONSTANT_SIGNED : LG_FROM_CONSTANT, size: operand.size)
      self.offset = UInt32(truncatingIfNeeded: value)
    }
  }

  init(running what: SpanEvent.Field.Running) {
    switch what {
    case .thread: self.init(from: LG_FROM_THREAD, size: 4)
    case .process: self.init(from: LG_FROM_PROCESS, size: 4)
    case .cpu: self.init(from: LG_FROM_CPU, size: 4)
    case .command: self.init(from: LG_FROM_COMMAND, size: Int(LG_COMM_LEN))
    }
  }

  static let nowhere = Place(from: LG_FROM_NOWHERE)

  /// A value as the place gives it: a negative number of an unsigned field has its bytes alone.
  func cut(_ value: UInt64) -> UInt64 {
    isSigned || size >= 8 ? value : value & (1 << (8 * UInt64(size)) - 1)
  }

  private var isSigned: Bool {
    [LG_FROM_SIGNED, LG_FROM_USER_SIGNED, LG_FROM_CONSTANT_SIGNED, LG_FROM_LOCATION_SIGNED]
      .contains { UInt32($0) == from & 0xff }
  }
}

/// `struct lg_test`
struct Test {
  var place: Place
  var test: UInt32
  var goesOn: Bool
  var value: UInt64

  static let none = Test(place: .nowhere, test: UInt32(LG_TEST_NONE), goesOn: false, value: 0)
}

extension SpanTable.Condition.Test {
  var templateNumber: UInt32 {
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
struct ConfigurationWriter {
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
    _ places: (Element) throws(SpanTemplate.MisfitError) -> [Place]
  ) throws(SpanTemplate.MisfitError) {
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
