import Foundation
import Glibc

/// Who uses a device, as the lease's file tells it to others.
package struct LeaseHolder: Codable, Sendable, Equatable {
  package var processID: Int32
  package var user: String
  package var since: Date
  package var command: String

  /// This process; `command` is its command line.
  init(command: String) {
    processID = getpid()
    user = NSUserName()
    since = Date()
    self.command = command
  }

  /// What a lease's file says; nil while its holder is just writing it.
  static func read(_ path: String) -> LeaseHolder? {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    return try? decoder.decode(LeaseHolder.self, from: data)
  }

  func text() throws -> String {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }

  /// For messages.
  package var sentence: String {
    if processID == getpid() { return "this command itself, which names it twice" }
    return "process \(processID) of user \(user) since \(since.formatted(.iso8601)): \(command)"
  }
}
