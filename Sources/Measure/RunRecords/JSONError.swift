import Foundation

/// Why bytes are not the JSON that is wanted.
package enum JSONError: Error, Sendable, Equatable {
  /// The file ends early, at `position`.
  case cutOff(position: String)
  /// It stops being JSON at `position`.
  case notJSON(position: String)
  /// Sound JSON in which one value is missing or cannot be, such as `iterations[0].index`.
  case field(path: String, problem: String)

  /// In one line, without a full stop.
  package var text: String {
    switch self {
    case .cutOff(let position): "is cut off: \(position)"
    case .notJSON(let position): "is not valid JSON: \(position)"
    case .field(let path, let problem): "field \(path): \(problem)"
    }
  }
}

/// Decodes a file's JSON, with the place and the words for what is wrong with it.
package func decodeJSON<Value: Decodable>(
  _ type: Value.Type = Value.self, from data: Data
) throws(JSONError) -> Value {
  do {
    return try decoder.decode(type, from: data)
  } catch let error as DecodingError {
    throw problem(error, data) { isUnplaced(decodingError(type, $0)) }
  } catch {
    throw .notJSON(position: "\(error)")
  }
}

/// What is wrong with other bytes in the place of a file's.
private func decodingError<Value: Decodable>(
  _ type: Value.Type, _ data: Data
) -> DecodingError? {
  do {
    _ = try decoder.decode(type, from: data)
  } catch {
    return error as? DecodingError
  }
  return nil
}

/// Whether Foundation does not say where: bytes that are no JSON, or a number that does not fit.
private func isUnplaced(_ error: DecodingError?) -> Bool {
  guard case .dataCorrupted(let context)? = error else { return false }
  return context.codingPath.isEmpty
}

private var decoder: JSONDecoder {
  let decoder = JSONDecoder()
  // Foundation's own strategy does not say where.
  decoder.dateDecodingStrategy = .custom { decoder in
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let date = try? Date(text, strategy: .iso8601) else {
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription: "is \"\(text)\", where a time such as 2026-01-31T12:00:00Z is needed")
    }
    return date
  }
  return decoder
}

private func problem(
  _ error: DecodingError, _ data: Data, isUnplaced: (Data) -> Bool
) -> JSONError {
  switch error {
  case .keyNotFound(let key, let context):
    return .field(path: fieldPath(context.codingPath + [key]), problem: "missing")
  case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
    let path = context.codingPath
    let found = kind(at: path, in: plainBytes(data)).map { "is \($0)" } ?? "is something else"
    return .field(path: fieldPath(path), problem: "\(found), where \(word(for: type)) is needed")
  case .dataCorrupted(let context) where !context.codingPath.isEmpty:
    return .field(path: fieldPath(context.codingPath), problem: words(context))
  case .dataCorrupted(let context):
    let bytes = plainBytes(data)
    let scan = JSONScan(bytes)
    switch scan.fault {
    case .cutOff?:
      return .cutOff(position: "\(scan.place): the file ends here")
    case .unexpected?: return .notJSON(position: "\(scan.place): unexpected character")
    case .text(let what)?: return .notJSON(position: "\(scan.place): \(what)")
    case nil:
      return numberProblem(bytes, scan.numbers, isUnplaced: isUnplaced)
        ?? .notJSON(position: context.debugDescription)
    }
  @unknown default: return .notJSON(position: "\(error)")
  }
}

/// UTF-8 without a byte order mark; Foundation reads UTF-16, too.
private func plainBytes(_ data: Data) -> [UInt8] {
  if data.starts(with: [0xff, 0xfe]) || data.starts(with: [0xfe, 0xff]),
    let text = String(data: data, encoding: .utf16)
  {
    return Array(text.utf8)
  }
  return [UInt8](data.starts(with: [0xef, 0xbb, 0xbf]) ? data.dropFirst(3) : data)
}

/// Foundation does not report which number does not fit its field, nor where. The last such
/// one is found by putting 0, which fits everywhere, in the place of more and more of them; what else
/// is wrong with the file has a place.
private func numberProblem(
  _ bytes: [UInt8], _ numbers: [Range<Int>], isUnplaced: (Data) -> Bool
) -> JSONError? {
  func isRead(_ zeros: ArraySlice<Range<Int>>, instead: String = "0") -> Bool {
    var changed: [UInt8] = []
    changed.reserveCapacity(bytes.count)
    var at = 0
    for range in zeros {
      changed += bytes[at..<range.lowerBound]
      changed += Array(instead.utf8)
      at = range.upperBound
    }
    changed += bytes[at...]
    return !isUnplaced(Data(changed))
  }
  guard isRead(numbers[...]) else { return nil }
  var (low, high) = (0, numbers.count)
  while low < high {
    let middle = (low + high) / 2
    if isRead(numbers.prefix(middle)) { high = middle } else { low = middle + 1 }
  }
  guard low > 0 else { return nil }
  let number = numbers[low - 1]
  let text = String(decoding: bytes[number], as: UTF8.self)
  // Others before it are 0, so that it alone decides.
  let others = numbers.prefix(low - 1)
  func fits(_ instead: String) -> Bool {
    var changed = bytes
    changed.replaceSubrange(number, with: Array(instead.utf8))
    for range in others.reversed() { changed.replaceSubrange(range, with: [UInt8(ascii: "0")]) }
    return !isUnplaced(Data(changed))
  }
  let need: String
  if fits("0.5") {
    need = "a number that is neither too large nor too small"
  } else {
    need = fits("-1") ? "a smaller whole number" : "a whole number of at least 0"
  }
  var path = ""
  let scan = JSONScan(bytes)
  _ = JSONScan(bytes) { at, steps in if at == number.lowerBound { path = scan.text(of: steps) } }
  return .field(path: path, problem: "is \(text), where \(need) is needed")
}

/// What JSON has at a path, in words.
private func kind(at path: [any CodingKey], in bytes: [UInt8]) -> String? {
  var found: String?
  _ = JSONScan(bytes) { at, steps in
    guard found == nil, steps.count == path.count, at < bytes.count else { return }
    let isIt = zip(steps, path).allSatisfy { step, key in
      switch step {
      case .index(let index): key.intValue == index
      case .key(let range): bytes[range].elementsEqual(key.stringValue.utf8)
      }
    }
    guard isIt else { return }
    found =
      switch bytes[at] {
      case UInt8(ascii: "{"): "an object"
      case UInt8(ascii: "["): "a list"
      case UInt8(ascii: "\""): "text"
      case UInt8(ascii: "n"): "null"
      case UInt8(ascii: "t"), UInt8(ascii: "f"): "true or false"
      default: "a number"
      }
  }
  return found
}

private func word(for type: any Any.Type) -> String {
  switch type {
  case is String.Type, is Date.Type: "text"
  case is Bool.Type: "true or false"
  case is any BinaryInteger.Type: "a whole number"
  case is any BinaryFloatingPoint.Type: "a number"
  case is any AnyList.Type: "a list"
  default: "an object"
  }
}

private protocol AnyList {}
extension Array: AnyList {}

/// The standard library's message of an enumeration is for programmers.
private func words(_ context: DecodingError.Context) -> String {
  let text = context.debugDescription
  let ending = text.components(separatedBy: " from invalid String value ")
  guard text.hasPrefix("Cannot initialize "), ending.count == 2 else { return text }
  return "is \"\(ending[1])\", which this version does not know"
}

/// `a.b[2].c` of a coding path.
func fieldPath(_ path: [any CodingKey]) -> String {
  path.reduce(into: "") { text, key in
    if let index = key.intValue {
      text += "[\(index)]"
    } else {
      text += (text.isEmpty ? "" : ".") + key.stringValue
    }
  }
}
