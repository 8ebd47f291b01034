/// What changed between two builds that probes depend on.
package struct KernelComparison: Sendable, Equatable, Encodable {
  package enum Kind: String, Sendable, Encodable {
    /// Signature of a tracepoint that a program attaches to.
    case tracepoint
    /// Layout of a trace event that a program reads as it stands.
    case event
    /// Signature of a function that a kprobe is for.
    case function
    /// A field that a program reads.
    case field
    /// A type or enumerator that a program asks for.
    case type
  }

  package struct Change: Sendable, Equatable, Encodable {
    package var kind: Kind
    package var subject: String
    /// Nil = it was not there.
    package var before: String?
    /// Nil = it is gone.
    package var after: String?
    /// Something similar that may have replaced it; nil = nothing similar.
    package var hint: String?
    /// Names of the probes that depend on it.
    package var probes: [String]
  }

  /// The earlier file as it was named.
  package var against: String
  package var buildID: String?
  /// How many tracepoints, functions, events, fields and types were held against each other.
  package var compared: Int
  package var changes: [Change]

  package init(against: String, buildID: String?, compared: Int, changes: [Change]) {
    self.against = against
    self.buildID = buildID
    self.compared = compared
    self.changes = changes
  }
}

/// Compares two kernels as far as a set of probes depends on them.
package struct KernelComparer: Sendable {
  /// What one probe depends on.
  package struct Probe: Sendable {
    package var name: String
    package var object: CoreObject
    package var tracepoints: [String]
    /// Events of tracepoint programs, which read the event as it stands.
    package var events: [String]
    package var functions: [String]

    package init(
      name: String, object: CoreObject, tracepoints: [String], events: [String],
      functions: [String]
    ) {
      self.name = name
      self.object = object
      self.tracepoints = tracepoints
      self.events = events
      self.functions = functions
    }
  }

  private let before: BTFTypes
  private let after: BTFTypes

  package init(before: BTFTypes, after: BTFTypes) {
    self.before = before
    self.after = after
  }

  /// Two sides of one thing, and who depends on it.
  private struct Entry {
    var before: String?
    var after: String?
    var hint: String?
    var probes: [String] = []
  }

  private struct Key: Hashable, Comparable {
    var kind: KernelComparison.Kind
    var subject: String

    static func < (left: Key, right: Key) -> Bool {
      (left.kind.order, left.subject) < (right.kind.order, right.subject)
    }
  }

  /// - Returns: how much was compared, and what differs, sorted.
  /// - Throws: ``MalformedError`` for objects that do not fit their own types.
  package func compare(
    _ probes: [Probe]
  ) throws(MalformedError) -> (compared: Int, changes: [KernelComparison.Change]) {
    var entries: [Key: Entry] = [:]
    // Looking through all types takes a while, and the fields of one struct ask the same.
    var successors: [String: String?] = [:]
    func note(
      _ kind: KernelComparison.Kind, _ subject: String, _ probe: String, _ before: String?,
      _ after: String?, hint: String? = nil
    ) {
      var entry = entries[Key(kind: kind, subject: subject)] ?? Entry()
      entry.before = before ?? entry.before
      entry.after = after ?? entry.after
      entry.hint = entry.hint ?? hint
      if !entry.probes.contains(probe) { entry.probes.append(probe) }
      entries[Key(kind: kind, subject: subject)] = entry
    }
    for probe in probes {
      for name in probe.tracepoints {
        note(
          .tracepoint, name, probe.name, before.signature(ofTracepoint: name),
          after.signature(ofTracepoint: name))
      }
      for name in probe.functions {
        note(
          .function, name, probe.name, before.signature(ofFunction: name),
          after.signature(ofFunction: name))
      }
      for name in probe.events {
        let (old, new) = (before.layout(ofEvent: name), after.layout(ofEvent: name))
        for field in Set(old.keys).union(new.keys) {
          note(.event, "\(name).\(field)", probe.name, old[field], new[field])
        }
      }
      let (old, new) = (try answers(probe, before), try answers(probe, after))
      for subject in Set(old.keys).union(new.keys) {
        guard let any = old[subject] ?? new[subject] else { continue }
        let isField = any.relocation.kind.isAboutField
        let lostAnswer = old[subject]?.place != nil && new[subject]?.place == nil
        note(
          isField ? .field : .type, subject, probe.name, old[subject]?.text, new[subject]?.text,
          hint: isField && lostAnswer ? hint(any, &successors) : nil)
      }
    }
    let changes = entries.filter { $0.value.before != $0.value.after }
      .sorted { $0.key < $1.key }.map { key, entry in
        KernelComparison.Change(
          kind: key.kind, subject: key.subject, before: entry.before, after: entry.after,
          hint: entry.hint, probes: entry.probes.sorted())
      }
    return (entries.count, changes)
  }

  /// One answer per thing asked about: where a field is, else whether a type is there.
  private func answers(
    _ probe: Probe, _ kernel: BTFTypes
  ) throws(MalformedError) -> [String: CoreAnswer] {
    var found: [String: CoreAnswer] = [:]
    for answer in try probe.object.answers(from: kernel).flatMap(\.all) {
      if let known = found[answer.subject], known.place != nil || answer.place == nil { continue }
      found[answer.subject] = answer
    }
    return found
  }

  /// What looks like the successor of a field that is gone.
  private func hint(_ answer: CoreAnswer, _ successors: inout [String: String?]) -> String? {
    let first = answer.path.prefix { $0 != "." && $0 != "[" }
    guard let old = before.type(named: answer.root, .structure),
      let member = before.members(of: before[old]).first(where: { $0.name == first })
    else { return nil }
    guard let new = after.type(named: answer.root, .structure) else {
      if let known = successors[answer.root] { return known }
      let found = renamed(old)
      successors[answer.root] = .some(found)
      return found
    }
    let known = Set(before.members(of: before[old]).map(\.name))
    let added = after.members(of: after[new]).filter {
      !$0.name.isEmpty && !known.contains($0.name)
        && (after.resolved($0.type).kind == before.resolved(member.type).kind)
        && ($0.name.contains(first) || first.contains($0.name))
    }
    return added.first.map { "perhaps now \($0.name)" }
  }

  /// The struct that has most of a vanished one's members, when it has at least half.
  private func renamed(_ old: UInt32) -> String? {
    let names = Set(before.members(of: before[old]).map(\.name)).subtracting([""])
    guard names.count >= 2 else { return nil }
    var best: (name: String, shared: Int)?
    for id in 1..<UInt32(max(1, after.count)) {
      let type = after[id]
      guard type.kind == .structure, !type.name.isEmpty, type.memberCount * 2 >= names.count,
        type.memberCount <= names.count * 4, before.type(named: type.name, .structure) == nil
      else { continue }
      let shared = after.members(of: type).count { names.contains($0.name) }
      if shared * 2 >= names.count, shared > best?.shared ?? 0 { best = (type.name, shared) }
    }
    return best.map { "perhaps now struct \($0.name): \($0.shared) members are the same" }
  }
}

extension KernelComparison.Kind {
  fileprivate var order: Int {
    switch self {
    case .tracepoint: 0
    case .event: 1
    case .function: 2
    case .field: 3
    case .type: 4
    }
  }
}

extension CoreAnswer {
  /// The answer in words; nil for "it is not there".
  fileprivate var text: String? {
    if let place {
      let bits = place.bits.map { ", bits \($0.offset)-\($0.offset + $0.size - 1)" } ?? ""
      return "\(place.type) at \(place.offset)" + bits
    }
    switch outcome {
    case .missing, .value(0): return nil
    case .ambiguous: return "ambiguous"
    case .value(let value):
      switch relocation.kind {
      case .typeExists, .typeMatches, .enumeratorExists, .targetTypeID: return "there"
      default: return "\(value)"
      }
    }
  }
}

extension BTFTypes {
  func signature(ofTracepoint name: String) -> String? {
    prototype(ofTracepoint: name).map { prototype in
      // The first parameter is the same everywhere.
      "(" + parameters(of: prototype).dropFirst().map { text(of: $0.type) }.joined(separator: ", ")
        + ")"
    }
  }

  func signature(ofFunction name: String) -> String? {
    type(named: name, .function).map { signature(of: self[self[$0].target]) }
  }

  /// Fields of a trace event's record, by name; empty without the event.
  func layout(ofEvent name: String) -> [String: String] {
    guard let id = type(named: "trace_event_raw_\(name)", .structure) else { return [:] }
    var fields: [String: String] = [:]
    for member in members(of: self[id]) where !member.name.isEmpty && member.name != "ent" {
      fields[member.name] = "\(text(of: member.type)) at \(member.bitOffset / 8)"
    }
    return fields
  }
}
