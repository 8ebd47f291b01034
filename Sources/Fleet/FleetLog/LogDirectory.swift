import FleetReports
import Foundation
import POSIXSupport

/// The files of a log: sealed segments, `<number>-<SHA-256>.segment`, and one that is written,
/// `<number>.open`.
package struct LogDirectory: Sendable {
  package let path: String

  package init(path: String) {
    self.path = path
  }

  /// A segment that will not change any more.
  package struct Sealed: Sendable, Equatable {
    package var number: UInt64
    /// SHA-256 of its bytes, hex.
    package var digest: String
    package var path: String
  }

  struct Listing: Sendable {
    /// By number, without a gap.
    var sealed: [Sealed]
    var open: [(number: UInt64, path: String)]
  }

  private static let sealedEnding = ".segment"
  private static let openEnding = ".open"

  static func padded(_ number: UInt64) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 12 - digits.count)) + digits
  }

  func openPath(_ number: UInt64) -> String { "\(path)/\(Self.padded(number))\(Self.openEnding)" }

  func sealedPath(_ number: UInt64, digest: String) -> String {
    "\(path)/\(Self.padded(number))-\(digest)\(Self.sealedEnding)"
  }

  /// Who holds it writes to the log.
  package var lockPath: String { path + "/lock" }

  /// What says which segment is the first, once older ones were removed.
  var beginningPath: String { path + "/first" }

  /// Where bytes go that were found behind the last batch, or were damaged.
  var asidePath: String { path + "/aside" }

  /// - Throws: ``LogError``: the directory cannot be read, or segments are missing.
  func list() throws(LogError) -> Listing {
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: path) } catch {
      throw LogError(.unusable, path: path, reason: "cannot be read: \(error.localizedDescription)")
    }
    var sealed: [Sealed] = []
    var open: [(number: UInt64, path: String)] = []
    for name in names {
      if name.hasSuffix(Self.openEnding), let number = UInt64(name.dropLast(Self.openEnding.count))
      {
        open.append((number, path + "/" + name))
      } else if name.hasSuffix(Self.sealedEnding) {
        let parts = name.dropLast(Self.sealedEnding.count).split(separator: "-")
        guard parts.count == 2, let number = UInt64(parts[0]), parts[1].count == 64 else {
          throw LogError(.damaged, path: path + "/" + name, reason: "is not a name of a segment")
        }
        sealed.append(
          Sealed(number: number, digest: String(parts[1]), path: path + "/" + name))
      }
    }
    sealed.sort { $0.number < $1.number }
    for (left, right) in zip(sealed, sealed.dropFirst()) where right.number != left.number + 1 {
      throw LogError(
        .damaged, path: path,
        reason: "segments \(left.number) and \(right.number) follow each other: one is missing, or "
          + "there twice")
    }
    return Listing(sealed: sealed, open: open.sorted { $0.number < $1.number })
  }

  static func contents(_ path: String) throws(LogError) -> [UInt8] {
    do { return Array(try Data(contentsOf: URL(fileURLWithPath: path))) } catch {
      throw LogError(.unusable, path: path, reason: "cannot be read: \(error.localizedDescription)")
    }
  }

  /// The header of a segment.
  /// - Throws: ``LogError`` of kind `damaged` where there is none.
  static func header(_ path: String) throws(LogError) -> SegmentHeader {
    let bytes: [UInt8]
    do {
      bytes = try OwnedDescriptor.open(path, flags: O_RDONLY)
        .read(upTo: SegmentHeader.size, subject: path)
    } catch {
      throw LogError(.unusable, error, path: path)
    }
    guard let header = SegmentHeader(bytes) else {
      throw LogError(.damaged, path: path, reason: "its header is damaged")
    }
    return header
  }

  /// Makes a rename durable.
  func sync() throws(SystemCallError) {
    let directory = try OwnedDescriptor.open(path, flags: O_RDONLY | O_DIRECTORY)
    let number = directory.rawValue
    try systemCall("fsync", on: path) { fsync(number) }
  }
}
