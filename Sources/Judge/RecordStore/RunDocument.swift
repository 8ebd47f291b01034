import Crypto
import Foundation
import RunRecords

/// A run record with the bytes of its file, which are what the store keeps.
package struct RunDocument: Sendable, Equatable {
  package let bytes: Data
  package let record: RunRecord
  /// SHA-256 of ``bytes``, hex.
  package let hash: String

  /// Reads and validates the bytes of a record's file.
  /// - Parameters:
  ///   - bytes: JSON, kept as it is, also keys that this version does not know.
  ///   - file: its name, for messages.
  /// - Throws: ``RunRecordError`` naming the file.
  package init(_ bytes: Data, file: String) throws(RunRecordError) {
    self.bytes = bytes
    record = try RunRecord.decode(bytes, file: file)
    hash = Self.hash(bytes)
  }

  /// The document of a record just made.
  /// - Throws: ``RunRecordError`` for numbers that JSON cannot hold.
  package init(_ record: RunRecord) throws(RunRecordError) {
    bytes = try record.encoded()
    self.record = record
    hash = Self.hash(bytes)
  }

  /// Identifies a set of documents, whatever their order.
  package static func hash(of documents: [RunDocument]) -> String {
    hash(Data(documents.map(\.hash).sorted().joined().utf8))
  }

  private static func hash(_ bytes: Data) -> String {
    SHA256.hash(data: bytes).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }
}
