/// What the decoder makes of a field.
enum FieldUse: Sendable {
  /// It is read, and what is folded depends on it.
  case used
  /// It says nothing of the kernel's events, nor of what became of them.
  case harmless
  /// It may change what the events mean, in a way that is not understood: the trace does not count.
  case refusing
}

/// A message of perfetto's definitions, field by field.
///
/// A field that is not listed here is of a later version, and refuses like one that is: what it says
/// may matter. Numbers never change their meaning in a released version.
struct TraceMessage: Sendable {
  /// As in perfetto's definitions.
  let name: String
  /// Names by number.
  let used: [Int: String]
  let harmless: [Int: String]
  let refusing: [Int: String]
  /// Numbers that later definitions, or those outside perfetto's tree, give to data of other sources.
  let foreign: [ClosedRange<Int>]

  init(
    _ name: String, used: [Int: String], harmless: [Int: String] = [:],
    refusing: [Int: String] = [:], foreign: [ClosedRange<Int>] = []
  ) {
    self.name = name
    self.used = used
    self.harmless = harmless
    self.refusing = refusing
    self.foreign = foreign
  }

  /// Nil for a field that this version does not know.
  func use(of number: Int) -> FieldUse? {
    if used[number] != nil { return .used }
    if harmless[number] != nil || foreign.contains(where: { $0.contains(number) }) {
      return .harmless
    }
    return refusing[number] != nil ? .refusing : nil
  }

  /// Why a field keeps the trace from counting; nil for one that does not.
  func refusal(of number: Int) -> String? {
    switch use(of: number) {
    case .used, .harmless: nil
    case .refusing:
      "\(name).\(refusing[number] ?? "") is set, and this version cannot allow for it"
    case nil:
      "field \(number) of \(name) is not known to this version, and may change what the events"
        + " mean"
    }
  }
}
