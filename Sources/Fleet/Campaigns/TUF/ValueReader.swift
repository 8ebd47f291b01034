/// Takes members of an object, and says which one is wrong.
package struct ValueReader {
  private let members: [String: CanonicalValue]
  private let context: String

  init(_ value: CanonicalValue, _ context: String) throws(MetadataError) {
    guard case .object(let members) = value else {
      throw .malformed("\(context) is not an object")
    }
    self.members = members
    self.context = context
  }

  private func fault(_ name: String, _ what: String) -> MetadataError {
    .malformed("\(context): '\(name)' is not \(what)")
  }

  func has(_ name: String) -> Bool { members[name] != nil }

  func value(_ name: String) throws(MetadataError) -> CanonicalValue {
    guard let value = members[name] else { throw .malformed("\(context): no '\(name)'") }
    return value
  }

  func text(_ name: String) throws(MetadataError) -> String {
    guard case .string(let text) = try value(name) else { throw fault(name, "text") }
    return text
  }

  func bool(_ name: String) throws(MetadataError) -> Bool {
    guard case .bool(let value) = try value(name) else { throw fault(name, "true or false") }
    return value
  }

  func integer(
    _ name: String, in range: ClosedRange<Int64> = 0...(1 << 53)
  ) throws(MetadataError) -> Int64 {
    guard case .integer(let number) = try value(name), range.contains(number) else {
      throw fault(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func time(_ name: String) throws(MetadataError) -> MetadataTime {
    guard let time = MetadataTime(try text(name)) else {
      throw fault(name, "a time such as 2030-01-31T23:59:59Z")
    }
    return time
  }

  func hash(_ name: String) throws(MetadataError) -> String {
    let text = try text(name)
    guard Hex.bytes(text)?.count == 32 else { throw fault(name, "64 lower-case hex digits") }
    return text
  }

  func reader(_ name: String) throws(MetadataError) -> ValueReader {
    try ValueReader(try value(name), "\(context): '\(name)'")
  }

  func array(_ name: String) throws(MetadataError) -> [CanonicalValue] {
    guard case .array(let values) = try value(name) else { throw fault(name, "an array") }
    return values
  }

  func texts(_ name: String) throws(MetadataError) -> [String] {
    var texts: [String] = []
    for value in try array(name) {
      guard case .string(let text) = value else { throw fault(name, "an array of texts") }
      texts.append(text)
    }
    return texts
  }

  func members(_ name: String) throws(MetadataError) -> [String: CanonicalValue] {
    guard case .object(let members) = try value(name) else { throw fault(name, "an object") }
    return members
  }
}
