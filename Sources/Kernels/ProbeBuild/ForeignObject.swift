import Catalogs
import Foundation
import KernelTypes

/// A BPF object that was written for another tool, in the manner of libbpf's: its programs are attached
/// by their sections, and its maps say by their types what they hold.
package struct ForeignObject: Sendable {
  private let name: String
  private let elf: ELFReader
  private let symbols: [ELFReader.Symbol]
  private let types: BTFTypes
  private let bytes: [UInt8]

  /// - Parameters:
  ///   - bytes: any bytes at all.
  ///   - name: for errors, such as its path.
  /// - Throws: `ProbeBuildError.badObject`.
  package init(_ bytes: [UInt8], name: String) throws {
    do {
      elf = try ELFReader(bytes)
      guard elf.machine == ELFReader.machineBPF else {
        throw ProbeBuildError.badObject(what: name, reason: "not a BPF object")
      }
      guard let section = elf.section(".BTF"), !section.range.isEmpty else {
        throw ProbeBuildError.badObject(
          what: name,
          reason: "no .BTF section: compile it with -g, or nothing says what its maps hold")
      }
      types = try BTFTypes(elf.contents(of: section))
      symbols = try elf.symbols()
    } catch let error as MalformedError {
      throw ProbeBuildError.badObject(what: name, reason: error.reason)
    }
    self.bytes = bytes
    self.name = name
  }

  private func fail(_ reason: String) -> ProbeBuildError { .badObject(what: name, reason: reason) }

  // MARK: programs

  private static let symbolFunction: UInt8 = 2
  private static let executable: UInt64 = 0x4
  /// Best first.
  private static let rungs = [
    "tp_btf", "raw_tp", "raw_tracepoint", "tp", "tracepoint", "kprobe", "kretprobe", "uprobe",
    "uretprobe", "usdt", "perf_event",
  ]

  /// What programs of several kinds may attach to.
  private struct Place: Hashable, Comparable {
    var target: String
    /// A function and a tracepoint may have the same name.
    var isEvent: Bool
    var isReturn: Bool

    init(kind: String, target: String) {
      self.target = target
      isEvent = ["tp_btf", "raw_tp", "raw_tracepoint", "tp", "tracepoint"].contains(kind)
      isReturn = ["kretprobe", "uretprobe", "fexit"].contains(kind)
    }

    static func < (one: Self, other: Self) -> Bool { one.target < other.target }
  }

  /// The programs to load: of several for one place the best that production kernels have.
  ///
  /// - Parameter hasBTF: whether the kernel carries its own types, which tp_btf needs.
  /// - Returns: their names.
  /// - Throws: `ProbeBuildError.badObject` for programs that do more than observe, and for places that
  ///   only other kernels have.
  package func programs(hasBTF: Bool) throws -> [String] {
    var best: [(place: Place, program: String, rank: Int)] = []
    var objections: [Place: String] = [:]
    for symbol in symbols where symbol.type == Self.symbolFunction {
      guard elf.sections.indices.contains(symbol.section) else { continue }
      let section = elf.sections[symbol.section]
      guard section.flags & Self.executable != 0, section.name != ".text",
        !section.name.hasPrefix("?")
      else { continue }
      let parts = section.name.split(
        separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      let kind = String(parts[0])
      let target = parts.count > 1 ? parts[1].split(separator: "/").last.map(String.init) ?? "" : ""
      let place = Place(kind: kind, target: target)
      if let objection = HookRules.objection(toSection: section.name)
        ?? ProgramRules.objection(toSection: section.name)
      {
        objections[place] = objection
        continue
      }
      if kind == "tp_btf", !hasBTF { continue }
      if let objection = callObjection(symbol, section) {
        throw fail("program '\(symbol.name)': \(objection)")
      }
      let rank = Self.rungs.firstIndex(of: kind) ?? Self.rungs.count
      // Several of one kind for a place each do their part.
      if best.contains(where: { $0.place == place && $0.rank < rank }) { continue }
      best.removeAll { $0.place == place && $0.rank > rank }
      best.append((place, symbol.name, rank))
    }
    for (place, objection) in objections.sorted(by: { $0.key < $1.key })
    where !best.contains(where: { $0.place == place }) {
      throw fail(objection)
    }
    guard !best.isEmpty else { throw fail("no program that could be attached") }
    try checkFunctions()
    return best.map(\.program)
  }

  /// What programs call in the object, and outside of it.
  private func checkFunctions() throws {
    if let text = elf.section(".text"),
      let objection = Self.callObjection(elf.contents(of: text)[...])
    {
      throw fail("a function of .text: \(objection)")
    }
    // clang writes a call of a kernel function as one inside the object, to a symbol that is not there.
    do {
      if let name = try elf.calledUndefinedSymbols().first {
        throw fail("it calls \(name), a function of the kernel, not a helper")
      }
    } catch let error as MalformedError {
      throw fail(error.reason)
    }
  }

  private func callObjection(
    _ symbol: ELFReader.Symbol, _ section: ELFReader.Section
  ) -> String? {
    Self.callObjection(
      elf.contents(of: section).dropFirst(Int(clamping: symbol.value))
        .prefix(Int(clamping: symbol.size)))
  }

  private static func callObjection(_ code: ArraySlice<UInt8>) -> String? {
    for (_, call) in ProgramRules.calls(in: code) {
      switch call {
      case .helper(let number):
        if let objection = ProgramRules.objection(toHelper: number) { return objection }
      case .kernelFunction: return "it calls a function of the kernel, not a helper"
      case .indirect: return "it calls an address that is not known beforehand"
      }
    }
    return nil
  }

  // MARK: variables

  /// The object with constants set.
  ///
  /// - Parameter settings: numbers by the names of variables of `.rodata`.
  /// - Returns: its bytes.
  /// - Throws: `ProbeBuildError.badObject`.
  package func setting(_ settings: [String: UInt64]) throws -> [UInt8] {
    var bytes = bytes
    let constants = symbols.filter { symbol in
      elf.sections.indices.contains(symbol.section)
        && elf.sections[symbol.section].name.hasPrefix(".rodata")
        && [1, 2, 4, 8].contains(symbol.size)
    }
    for (name, number) in settings.sorted(by: { $0.key < $1.key }) {
      guard let symbol = constants.first(where: { $0.name == name }) else {
        let near = nearestName(to: name, in: constants.map(\.name))
        throw fail(
          "no constant '\(name)'" + (near.map { ": did you mean '\($0)'?" } ?? "")
            + "; it has \(constants.map(\.name).sorted().joined(separator: ", "))")
      }
      let range = elf.sections[symbol.section].range
      let (at, isBeyond) = range.lowerBound.addingReportingOverflow(Int(clamping: symbol.value))
      let size = Int(symbol.size)
      guard !isBeyond, at <= range.upperBound - size,
        size == 8 || number >> UInt64(8 * size) == 0
      else { throw fail("\(number) does not fit into '\(name)', of \(size) bytes") }
      for index in 0..<size {
        bytes[at + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index))
      }
    }
    return bytes
  }

  // MARK: maps

  /// A histogram of a map or variable, with what its keys say.
  ///
  /// - Parameters:
  ///   - name: of the map, or of a variable.
  ///   - last: the last slot of a map that has one in its key, above which there is a sum.
  /// - Returns: where it is, and the labels of its keys.
  /// - Throws: `ProbeBuildError.badObject` with what there is.
  package func histogram(
    _ name: String, last: Int?
  ) throws -> (map: ForeignMap, key: [KeyField]) {
    if let found = map(name, last: last) ?? variable(name) { return (found.map, found.key) }
    let names = histograms
    let near = nearestName(to: name, in: names)
    throw fail(
      "'\(name)' is no map or variable with counts by powers of two"
        + (near.map { ": did you mean '\($0)'?" } ?? "")
        + (names.isEmpty ? "; it has none" : "; it has \(names.joined(separator: ", "))"))
  }

  /// Names of those that it has, as far as they say that they are: other arrays and maps of numbers hold
  /// counts, times and the like.
  package var histograms: [String] {
    symbols.map(\.name).filter { name in
      guard !name.isEmpty, let found = map(name, last: nil) ?? variable(name) else { return false }
      return found.isNamed || name.contains("hist")
    }.sorted()
  }

  private typealias Found = (map: ForeignMap, key: [KeyField], isNamed: Bool)

  private struct Slots {
    var offset: Int
    var count: Int
    var width: Int
    var isNamed: Bool

    var end: Int { offset + count * width }
  }

  private static let slotNames: Set<String> = ["bucket", "slot", "bkt"]

  private static let perCPU: Set<UInt32> = [5, 6, 10]
  private static let readable: Set<UInt32> = [1, 2, 5, 6, 9, 10]

  /// Pointers of BPF have 8 bytes.
  private func size(of id: UInt32) -> Int { types.size(of: id, pointerSize: 8) ?? 0 }

  private func section(of name: String) -> String? {
    guard let symbol = symbols.first(where: { $0.name == name }),
      elf.sections.indices.contains(symbol.section)
    else { return nil }
    return elf.sections[symbol.section].name
  }

  /// Pointers of a definition stand for types, and arrays' lengths for numbers.
  private func map(_ name: String, last: Int?) -> Found? {
    guard section(of: name) == ".maps", let id = types.type(named: name, .variable) else {
      return nil
    }
    var (type, key, value): (UInt32?, UInt32?, UInt32?)
    for member in types.members(of: types.resolved(types[id].target)) {
      let target = types.resolved(types.resolved(member.type).target)
      switch member.name {
      case "type": type = types.array(target)?.count
      case "key": key = types.resolved(member.type).target
      case "value": value = types.resolved(member.type).target
      default: break
      }
    }
    guard let type, Self.readable.contains(type), let key, let value else { return nil }
    let fields = self.fields(of: key)
    let size = size(of: value)
    if let slots = slots(of: value), slots.end <= size {
      let made = ForeignMap(
        map: name, counts: .slots(offset: slots.offset, count: slots.count), width: slots.width,
        isPerCPU: Self.perCPU.contains(type), valueSize: size)
      return (made, fields, slots.isNamed)
    }
    guard [4, 8].contains(size), types.resolved(value).kind == .integer,
      let bucket = fields.lastIndex(where: { $0.kind == .number })
    else { return nil }
    let offset = fields[..<bucket].reduce(0) { $0 + $1.size }
    var others = fields
    others[bucket].kind = .padding
    return (
      ForeignMap(
        map: name,
        counts: .bucket(offset: offset, size: fields[bucket].size, last: last), width: size,
        isPerCPU: Self.perCPU.contains(type), valueSize: size),
      others, Self.slotNames.contains(fields[bucket].name)
    )
  }

  private func variable(_ name: String) -> Found? {
    guard let symbol = symbols.first(where: { $0.name == name }), section(of: name) == ".bss",
      let id = types.type(named: name, .variable)
    else { return nil }
    let whole = types.array(types.resolved(types[id].target))
    let isList = whole.map { types.resolved($0.element).kind.isComposite } ?? false
    let element = isList ? whole?.element ?? 0 : types[id].target
    guard let slots = slots(of: element), slots.end <= size(of: element) else { return nil }
    var made = ForeignMap(
      map: ".bss", counts: .slots(offset: slots.offset, count: slots.count), width: slots.width,
      isPerCPU: false, valueSize: 0)
    made.start = Int(clamping: symbol.value)
    made.stride = size(of: element)
    made.elements = isList ? Int(whole?.count ?? 1) : 1
    let (bytes, isHuge) = made.stride.multipliedReportingOverflow(by: made.elements)
    let (end, isBeyond) = made.start.addingReportingOverflow(bytes)
    guard !isHuge, !isBeyond else { return nil }
    made.valueSize = end
    let key = isList ? [KeyField(name: "index", size: 4, kind: .number)] : []
    return (made, key, slots.isNamed)
  }

  /// The only array of many numbers of a type; whether a member of that name is it.
  private func slots(of id: UInt32) -> Slots? {
    let type = types.resolved(id)
    if let array = types.array(type) {
      let width = size(of: array.element)
      let isCounts = types.resolved(array.element).kind == .integer && [4, 8].contains(width)
      return isCounts && (8...64).contains(array.count)
        ? Slots(offset: 0, count: Int(array.count), width: width, isNamed: false) : nil
    }
    let found = types.members(of: type).compactMap { member in
      types.array(types.resolved(member.type)) == nil
        ? nil
        : slots(of: member.type).map {
          Slots(
            offset: Int(member.bitOffset) / 8, count: $0.count, width: $0.width,
            isNamed: member.name == "slots")
        }
    }
    return found.count == 1 ? found[0] : nil
  }

  /// What a key is that is no struct: bytes are text. Members of a union are the same bytes, and a list
  /// of numbers is no label.
  private func bareKind(of type: BTFType, _ id: UInt32) -> KeyField.Kind {
    if let array = types.array(type) { return size(of: array.element) == 1 ? .text : .padding }
    return type.kind != .union && [1, 2, 4, 8].contains(size(of: id)) ? .number : .padding
  }

  /// A key as labels; what cannot be one is padding.
  private func fields(of id: UInt32) -> [KeyField] {
    let type = types.resolved(id)
    guard type.kind == .structure else {
      return [KeyField(name: "key", size: size(of: id), kind: bareKind(of: type, id))]
    }
    var fields: [KeyField] = []
    var at = 0
    for member in types.members(of: type) where member.bitSize == 0 {
      let offset = Int(member.bitOffset) / 8
      if offset > at {
        fields.append(KeyField(name: "_\(at)", size: offset - at, kind: .padding))
      }
      let size = self.size(of: member.type)
      let resolved = types.resolved(member.type)
      let isText = types.array(resolved).map { self.size(of: $0.element) == 1 } ?? false
      let isNumber = resolved.kind == .integer && [1, 2, 4, 8].contains(size)
      fields.append(
        KeyField(
          name: member.name, size: size, kind: isText ? .text : isNumber ? .number : .padding))
      at = offset + size
    }
    let rest = size(of: id) - at
    if rest > 0 { fields.append(KeyField(name: "_\(at)", size: rest, kind: .padding)) }
    return fields
  }
}
