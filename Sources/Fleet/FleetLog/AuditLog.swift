import Crypto
import FleetReports
import Foundation
import POSIXSupport
import Synchronization

/// What the collector did, one JSON line each, chained by hashes: a line that is changed or taken
/// out breaks the chain behind it.
///
/// `{"at":ms,"event":"…","n":1,…,"previous":"<SHA-256 of the line before>"}`. The last lines can
/// still be cut off unseen; who wants to see that keeps the hash of the last line elsewhere.
package final class AuditLog: Sendable {
  private struct State: ~Copyable {
    var descriptor: OwnedDescriptor
    var number: UInt64
    var previous: String
  }

  private static let first = String(repeating: "0", count: 64)

  package let path: String
  private let state: Mutex<State>

  /// Opens the file, which is made if missing. A last line without its end is cut off.
  /// - Throws: ``LogError``.
  package init(path: String) throws(LogError) {
    self.path = path
    do {
      let descriptor = try OwnedDescriptor.open(path, flags: O_RDWR | O_CREAT | O_APPEND)
      let contents = try LogDirectory.contents(path)
      let end = contents.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
      let number = descriptor.rawValue
      if end < contents.count {
        try systemCall("ftruncate", on: path) { ftruncate(number, off_t(end)) }
      }
      let lines = contents[..<end].split(separator: UInt8(ascii: "\n"))
      state = Mutex(
        State(
          descriptor: descriptor, number: UInt64(lines.count),
          previous: lines.last.map(Self.hash) ?? Self.first))
    } catch {
      throw LogError(.unusable, error, path: path)
    }
  }

  /// Adds a line, with fields beside those of every line, and waits until it is on the disk.
  /// - Throws: ``LogError``.
  package func note(
    _ event: String, _ fields: [String: String] = [:], at milliseconds: UInt64
  ) throws(LogError) {
    do {
      try state.withLock { state in
        var object = fields
        object["event"] = event
        let texts = object.map { ($0.key, JSONText.quoted($0.value)) }
        let numbers = [("at", "\(milliseconds)"), ("n", "\(state.number + 1)")]
        let line =
          "{"
          + (texts + numbers).sorted { $0.0 < $1.0 }
          .map { "\(JSONText.quoted($0.0)):\($0.1)" }.joined(separator: ",")
          + ",\"previous\":\"\(state.previous)\"}"
        try state.descriptor.writeAll(Array((line + "\n").utf8), subject: path)
        let number = state.descriptor.rawValue
        try systemCall("fdatasync", on: path) { fdatasync(number) }
        state.number += 1
        state.previous = Self.hash(Array(line.utf8)[...])
      }
    } catch {
      throw LogError(.unusable, error, path: path)
    }
  }

  private static func hash(_ line: ArraySlice<UInt8>) -> String {
    Hexadecimal.text(Array(SHA256.hash(data: Array(line))))
  }

  /// - Returns: the number of lines, and the first that does not follow the one before it.
  /// - Throws: ``LogError``: the file cannot be read.
  package static func verify(path: String) throws(LogError) -> (lines: Int, broken: Int?) {
    let lines = try LogDirectory.contents(path).split(separator: UInt8(ascii: "\n"))
    var previous = first
    for (number, line) in lines.enumerated() {
      let suffix = "\"previous\":\"\(previous)\"}"
      guard String(decoding: line, as: UTF8.self).hasSuffix(suffix) else {
        return (lines.count, number + 1)
      }
      previous = hash(line)
    }
    return (lines.count, nil)
  }
}
