import FleetReports
import Foundation
import POSIXSupport

/// Which segment of a log is the first, and the hash of the one before it: of a log whose oldest segments were
/// removed on purpose, in the file `first`; else segment 1.
struct LogBeginning: Sendable, Equatable {
  let segment: UInt64
  let previous: [UInt8]

  init(segment: UInt64, previous: [UInt8]) {
    self.segment = segment
    self.previous = previous
  }

  /// - Throws: ``LogError``: the file cannot be read, or says nothing.
  init(_ directory: LogDirectory) throws(LogError) {
    let path = directory.beginningPath
    guard FileManager.default.fileExists(atPath: path) else {
      self.init(segment: 1, previous: SegmentHeader.noDigest)
      return
    }
    let text = String(decoding: try LogDirectory.contents(path), as: UTF8.self)
    let words = text.split(whereSeparator: \.isWhitespace)
    guard words.count == 2, let number = UInt64(words[0]), let digest = Hexadecimal.bytes(words[1]),
      digest.count == SegmentHeader.noDigest.count
    else {
      throw LogError(.damaged, path: path, reason: "does not say which segment is the first")
    }
    self.init(segment: number, previous: digest)
  }

  /// - Throws: ``LogError``.
  func write(in directory: LogDirectory) throws(LogError) {
    let path = directory.beginningPath
    let text = "\(segment) \(Hexadecimal.text(previous))\n"
    do { try AtomicFile.write(Array(text.utf8), to: path, mode: 0o600) } catch {
      throw LogError(.unusable, error, path: path)
    }
  }
}
