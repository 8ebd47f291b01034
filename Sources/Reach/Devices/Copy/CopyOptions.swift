import ADB

/// How files and directories are copied.
package struct CopyOptions: Sendable {
  /// Nil = packed where the way to the device is slow and the device can unpack.
  package var compression: SyncCompression?
  /// Passes over files that are there already with the same size and time of modification.
  package var resumes: Bool

  package init(compression: SyncCompression? = nil, resumes: Bool = false) {
    self.compression = compression
    self.resumes = resumes
  }
}

/// How far a copy is, and what became of it.
package struct CopyTally: Sendable, Equatable {
  /// One thing that was not copied.
  package struct Problem: Sendable, Equatable {
    package var path: String
    package var detail: String
  }

  /// Files and links to copy in all.
  package var expectedFiles = 0
  /// Copied so far.
  package var files = 0
  package var bytes: UInt64 = 0
  /// Passed over because they were there.
  package var present = 0
  /// Sockets, devices and links that lead nowhere: no files that could be copied.
  package var skipped: [Problem] = []
  /// Files that should have been copied.
  package var failed: [Problem] = []
}

/// Called for every file, and for every 4 MiB within one.
package typealias CopyProgress = @Sendable (CopyTally) -> Void

/// Reports the progress of a copy, but not of each packet.
struct CopyReporter {
  private static let step: UInt64 = 4 << 20

  var tally = CopyTally()
  private let progress: CopyProgress
  private var reported: UInt64 = 0

  init(_ progress: @escaping CopyProgress) {
    self.progress = progress
  }

  mutating func add(bytes: Int) {
    tally.bytes += UInt64(bytes)
    if tally.bytes - reported >= Self.step { report() }
  }

  mutating func report() {
    reported = tally.bytes
    progress(tally)
  }
}
