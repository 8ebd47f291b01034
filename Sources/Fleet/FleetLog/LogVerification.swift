import Crypto
import FleetReports
import Foundation

/// Holds every byte of a log against the hashes that are stored with it.
package struct LogVerification: Sendable, Equatable {
  package private(set) var segments = 0
  package private(set) var records = 0
  /// Number of the first segment: 1, or that of the first that was not removed on purpose.
  package private(set) var first: UInt64 = 1
  /// Records with the id of an earlier one in the same segment: sent again and appended again. An
  /// index counts them once.
  package private(set) var repeated = 0
  /// What is not as it was written, in words.
  package private(set) var problems: [String] = []

  private let isWritten: Bool
  private var log: LogIdentity?

  /// Reads all segments. `isWritten`: a collector is at it, whose last batch may be seen in part.
  /// - Throws: ``LogError``: the directory cannot be read.
  package init(_ directory: LogDirectory, isWritten: Bool = false) throws(LogError) {
    self.isWritten = isWritten
    let listing = try directory.list()
    let beginning = try LogBeginning(directory)
    first = beginning.segment
    // A crash may have left some that were to be removed.
    let kept = listing.sealed.drop { $0.number < beginning.segment }
    var previous: [UInt8]? = beginning.previous
    if let found = kept.first?.number ?? listing.open.first?.number, found != beginning.segment {
      problems.append(
        "\(directory.path): begins with segment \(found) and not with \(beginning.segment)")
      previous = nil
    }
    for sealed in kept {
      let contents = try LogDirectory.contents(sealed.path)
      let digest = Array(SHA256.hash(data: contents))
      if Hexadecimal.text(digest) != sealed.digest {
        problems.append("\(sealed.path): its hash is \(Hexadecimal.text(digest))")
      }
      check(contents, number: sealed.number, previous: previous, path: sealed.path)
      previous = Hexadecimal.bytes(sealed.digest)
    }
    for open in listing.open {
      check(
        try LogDirectory.contents(open.path), number: open.number, previous: previous,
        path: open.path)
    }
  }

  private mutating func check(
    _ contents: [UInt8], number: UInt64, previous: [UInt8]?, path: String
  ) {
    segments += 1
    if let header = SegmentHeader(contents) {
      if header.number != number { problems.append("\(path): its header says \(header.number)") }
      if header.log != log ?? header.log {
        problems.append("\(path): is of another log")
      }
      log = log ?? header.log
      if let previous, header.previous != previous {
        problems.append("\(path): does not follow the segment before it")
      }
    } else {
      problems.append("\(path): has no header")
    }
    let scan = SegmentScan(contents)
    for range in scan.damaged {
      problems.append("\(path): bytes \(range.lowerBound)..<\(range.upperBound) are no batch")
    }
    if scan.end < contents.count, !isWritten {
      problems.append("\(path): \(contents.count - scan.end) bytes follow the last batch")
    }
    var seen: Set<[UInt8]> = []
    for record in scan.frames.lazy.flatMap(\.records) {
      records += 1
      if LogRecord.id(of: record.bytes) != record.id {
        problems.append("\(path): report \(record.id) has other bytes than its id says")
      }
      if !seen.insert(record.device.bytes + record.id.bytes).inserted { repeated += 1 }
    }
  }
}
