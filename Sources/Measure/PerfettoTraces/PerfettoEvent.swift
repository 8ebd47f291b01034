/// A kernel event as perfetto writes it.
struct PerfettoEvent: Equatable, Sendable {
  struct Field: Equatable, Sendable {
    enum Kind: Sendable {
      case number, text
      /// A number that perfetto gives as user space numbers devices.
      case device
    }

    /// In the event's message.
    var number: Int
    var kind: Kind
  }

  /// Of the field of FtraceEvent that holds it.
  var number: Int
  /// By name, as in the kernel's format.
  var fields: [String: Field]

  /// By the kernel's name of the event.
  static let all: [String: PerfettoEvent] = {
    var all: [String: PerfettoEvent] = [:]
    for line in definitions.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count > 1, let number = Int(words[0]) else { continue }
      all[String(words[1])] = PerfettoEvent(number: number, fields: fields(words[2...]))
    }
    return all
  }()

  private static func fields(_ words: ArraySlice<Substring>) -> [String: Field] {
    var fields: [String: Field] = [:]
    var number = 0
    for word in words {
      let parts = word.split(separator: ":")
      let name = parts[0].split(separator: "=")
      number = name.count > 1 ? Int(name[1]) ?? number + 1 : number + 1
      let kind: Field.Kind = parts.count == 1 ? .number : parts[1] == "s" ? .text : .device
      fields[String(name[0])] = Field(number: number, kind: kind)
    }
    return fields
  }
}
