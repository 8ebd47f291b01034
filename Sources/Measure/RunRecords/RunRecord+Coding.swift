import Foundation

extension RunRecord {
  /// Reads a record.
  ///
  /// Unknown keys are skipped; missing ones are errors, because a record without, say, its losses
  /// must not pass for one without loss.
  /// - Parameters:
  ///   - data: the bytes of the file.
  ///   - file: its name, for messages.
  /// - Returns: the record, validated.
  /// - Throws: ``RunRecordError`` naming file and position or field.
  package static func decode(_ data: Data, file: String) throws(RunRecordError) -> RunRecord {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    do {
      let head = try decoder.decode(SchemaHead.self, from: data)
      guard head.schema == currentSchema else {
        throw RunRecordError.schema(file: file, found: head.schema)
      }
      var record = try decoder.decode(RunRecord.self, from: data)
      record.fillTiers()
      try record.validate(file: file)
      return record
    } catch let error as RunRecordError {
      throw error
    } catch let error as DecodingError {
      throw RunRecordError(error, file: file, data: data)
    } catch {
      throw .notJSON(file: file, position: "\(error)")
    }
  }

  /// The bytes of the record's file: sorted keys, so that equal records are equal files.
  /// - Throws: ``RunRecordError/field(file:field:problem:)`` for numbers that JSON cannot hold.
  package func encoded(file: String = "record") throws(RunRecordError) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    do {
      var data = try encoder.encode(self)
      data.append(UInt8(ascii: "\n"))
      return data
    } catch let EncodingError.invalidValue(value, context) {
      throw .field(
        file: file, field: fieldPath(context.codingPath), problem: "\(value) cannot be written")
    } catch {
      throw .field(file: file, field: "", problem: "\(error)")
    }
  }

  /// Checks what types alone cannot: histogram pairs, counts, finite numbers.
  package func validate(file: String) throws(RunRecordError) {
    for (i, iteration) in iterations.enumerated() {
      for (p, phase) in iteration.phases.enumerated() {
        for (h, histogram) in phase.histograms.enumerated() {
          if let problem = histogram.problem {
            throw .field(
              file: file, field: "iterations[\(i)].phases[\(p)].histograms[\(h)].buckets",
              problem: problem)
          }
        }
      }
    }
    if id.isEmpty { throw .field(file: file, field: "id", problem: "is empty") }
  }
}

extension RunRecord {
  /// Records older than ``ProbeRecord/tier`` have one tier for all their probes.
  fileprivate mutating func fillTiers() {
    for index in probes.indices where probes[index].status == .loaded {
      probes[index].tier = probes[index].tier ?? tier
    }
  }
}

/// Just the schema, to tell another version from a broken record.
private struct SchemaHead: Decodable {
  var schema: String?
}

/// `a.b[2].c` of a coding path.
private func fieldPath(_ path: [any CodingKey]) -> String {
  path.reduce(into: "") { text, key in
    if let index = key.intValue {
      text += "[\(index)]"
    } else {
      text += (text.isEmpty ? "" : ".") + key.stringValue
    }
  }
}

extension RunRecordError {
  /// The same error with the file's name, in the words of a user.
  fileprivate init(_ error: DecodingError, file: String, data: Data) {
    switch error {
    case .keyNotFound(let key, let context):
      self = .field(file: file, field: fieldPath(context.codingPath + [key]), problem: "missing")
    case .typeMismatch(let type, let context):
      self = .field(
        file: file, field: fieldPath(context.codingPath), problem: "is not a \(type)")
    case .valueNotFound(let type, let context):
      self = .field(
        file: file, field: fieldPath(context.codingPath), problem: "is null, a \(type) is needed")
    case .dataCorrupted(let context) where context.codingPath.isEmpty:
      self = .notJSON(
        file: file, position: JSONFault.locate(in: Array(data)) ?? context.debugDescription)
    case .dataCorrupted(let context):
      self = .field(
        file: file, field: fieldPath(context.codingPath), problem: context.debugDescription)
    @unknown default:
      self = .field(file: file, field: "", problem: "\(error)")
    }
  }
}
