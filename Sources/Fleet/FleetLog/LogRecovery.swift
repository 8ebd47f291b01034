import FleetReports
import Foundation
import POSIXSupport

/// Brings the last segment into order after a crash.
///
/// Behind the last whole batch may be anything: it is put aside and cut off, nobody got an
/// acknowledgement for it. Bytes that are no batch in front of a whole one are another matter; they
/// are put aside as well, and counted as damage.
struct LogRecovery: ~Copyable {
  private(set) var active: ActiveSegment? = nil
  private(set) var opening = LogOpening()
  /// What the active segment holds.
  private(set) var records: [LogRecord] = []
  /// Of the active segment, or of the one that comes next when there is none.
  private(set) var next = SegmentHeader(
    number: 1, previous: SegmentHeader.noDigest, log: .unnumbered)

  /// What is left of this after the opening.
  consuming func takeActive() -> ActiveSegment? { active.take() }

  init(_ directory: LogDirectory) throws(LogError) {
    let listing = try directory.list()
    opening.sealedSegments = listing.sealed.count
    if let last = listing.sealed.last {
      guard let digest = Hexadecimal.bytes(last.digest) else {
        throw LogError(.damaged, path: last.path, reason: "has no hash in its name")
      }
      let log = try LogDirectory.header(last.path).log
      next = SegmentHeader(number: last.number + 1, previous: digest, log: log)
    } else {
      next.log = .drawn()
    }
    guard let open = listing.open.first else { return }
    guard listing.open.count == 1, open.number == next.number else {
      throw LogError(
        .damaged, path: directory.path,
        reason: "has the open segment \(open.number) where \(next.number) would follow")
    }
    var contents = try LogDirectory.contents(open.path)
    let scan = SegmentScan(contents)
    guard let header = SegmentHeader(contents) else {
      guard scan.frames.isEmpty else {
        throw LogError(.damaged, path: open.path, reason: "its header is damaged")
      }
      // Never written to.
      try keep(contents, of: open.number, in: directory)
      opening.tornBytes = contents.count
      return
    }
    // The first segment says which log it is.
    if listing.sealed.isEmpty { next.log = header.log }
    guard header == next else {
      throw LogError(
        .damaged, path: open.path, reason: "does not follow the segment before it")
    }
    opening.damagedBytes = scan.damaged.reduce(0) { $0 + $1.count }
    opening.tornBytes = contents.count - scan.end
    if opening.damagedBytes > 0 || opening.tornBytes > 0 {
      try keep(
        opening.damagedBytes > 0 ? contents : Array(contents[scan.end...]), of: open.number,
        in: directory)
      contents = scan.frames.reduce(into: header.bytes) {
        $0 += contents[$1.offset..<$1.offset + $1.size]
      }
      do { try AtomicFile.write(contents, to: open.path, mode: 0o600) } catch {
        throw LogError(.unusable, error, path: open.path)
      }
    }
    records = scan.frames.flatMap(\.records)
    opening.activeRecords = records.count
    active = try ActiveSegment(number: open.number, path: open.path, contents: contents)
  }

  private mutating func keep(
    _ bytes: [UInt8], of number: UInt64, in directory: LogDirectory
  ) throws(LogError) {
    guard !bytes.isEmpty else { return }
    do {
      try UserDirectories.makeDirectory(directory.asidePath)
      let name = LogRecord.id(of: bytes)
      let path = "\(directory.asidePath)/\(LogDirectory.padded(number))-\(name)"
      try AtomicFile.write(bytes, to: path, mode: 0o600)
      opening.aside = path
    } catch {
      throw LogError(.unusable, error, path: directory.asidePath)
    }
  }
}
