import Foundation
import Glibc

/// Who uses a device, as the lease's file says to others.
package struct LeaseHolder: Codable, Sendable, Equatable {
  package var processID: Int32
  package var user: String
  package var since: Date
  package var command: String
  /// Name of the machine, or of the container.
  package var host: String?
  /// Distinguishes process numbers of containers.
  package var processSpace: String?

  /// This process; `command` is its command line.
  init(command: String) {
    processID = getpid()
    host = Self.line("/proc/sys/kernel/hostname")
    processSpace = Self.ownProcessSpace
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

  /// Whether it is this very process.
  var isThisProcess: Bool { processID == getpid() && processSpace == Self.ownProcessSpace }

  /// For messages.
  package var sentence: String {
    if isThisProcess { return "this command itself, which names it twice" }
    // A number of another container means nothing here without its name.
    let place =
      processSpace == nil || processSpace == Self.ownProcessSpace
      ? "" : " in \(host ?? "another container")"
    return "process \(processID) of user \(user)\(place) since \(since.formatted(.iso8601)): "
      + command
  }

  private static func line(_ path: String) -> String? {
    (try? String(contentsOfFile: path, encoding: .utf8))?
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static var ownProcessSpace: String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
  }
}
