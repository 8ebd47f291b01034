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
    do {
      let head = try decodeJSON(SchemaHead.self, from: data)
      guard let schema = head.schema, readSchemas.contains(schema) else {
        throw RunRecordError.schema(file: file, found: head.schema)
      }
      var record = try decodeJSON(RunRecord.self, from: data)
      record.schema = currentSchema
      record.fillTiers()
      try record.validate(file: file, results: schema == currentSchema ? "results" : "histograms")
      return record
    } catch let error as JSONError {
      throw RunRecordError(error, file: file)
    } catch let error as RunRecordError {
      throw error
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

  /// Checks what types alone cannot: histogram pairs, counts, rows. `results` is what the schema
  /// calls a phase's list of them.
  private func validate(file: String, results: String) throws(RunRecordError) {
    for (i, iteration) in iterations.enumerated() {
      for (p, phase) in iteration.phases.enumerated() {
        if let (field, text) = phase.problem {
          throw .field(
            file: file, field: "iterations[\(i)].phases[\(p)].\(results)\(field)", problem: text)
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

/// Just the schema, to distinguish another version from a broken record.
private struct SchemaHead: Decodable {
  var schema: String?
}

extension RunRecordError {
  /// The same with the file's name.
  fileprivate init(_ problem: JSONError, file: String) {
    switch problem {
    case .cutOff(let position): self = .cutOff(file: file, position: position)
    case .notJSON(let position): self = .notJSON(file: file, position: position)
    case .field(let path, let problem): self = .field(file: file, field: path, problem: problem)
    }
  }
}
