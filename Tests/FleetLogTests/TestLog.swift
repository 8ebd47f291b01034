import FleetReports
import Foundation

@testable import FleetLog

/// A log in a directory of its own, which is removed with it.
final class TestLog: Sendable {
  let directory: LogDirectory

  init() throws {
    let path = FileManager.default.temporaryDirectory.path + "/latgate-log-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    directory = LogDirectory(path: path + "/log")
  }

  deinit {
    try? FileManager.default.removeItem(atPath: root)
  }

  var root: String { URL(fileURLWithPath: directory.path).deletingLastPathComponent().path }

  func open(segmentBytes: UInt64 = 64 << 20) throws -> (log: ReportLog, found: LogOpening) {
    var limits = ReportLog.Limits()
    limits.segmentBytes = segmentBytes
    return try ReportLog.open(directory, limits: limits)
  }

  /// The file that is written.
  var openFile: URL {
    get throws { URL(fileURLWithPath: try directory.list().open[0].path) }
  }

  var records: [LogRecord] {
    get throws { try placed.map(\.record) }
  }

  var placed: [PlacedRecord] {
    get throws {
      let reader = LogReader(directory)
      var all: [PlacedRecord] = []
      try reader.batches(from: .start, to: reader.end()) { records, _ in all += records }
      return all
    }
  }

  /// A report of a device, distinguished by its number.
  static func entry(
    _ number: Int, device: UInt64 = 1, build: String = "b1", campaign: String = "c",
    model: String = "m"
  ) -> (record: LogRecord, slot: ReportSlot) {
    let report = FleetReport(
      campaign: campaign, manifest: 1, incarnation: 9, sequence: UInt32(number), arm: 0,
      build: build, model: model)
    let bytes = report.bytes
    let device = DevicePseudonym(high: device, low: 0)
    return (
      LogRecord(
        id: LogRecord.id(of: bytes), device: device, received: UInt64(1000 + number), bytes: bytes),
      ReportSlot(device: device, report: report)
    )
  }
}

extension ReportLog {
  /// Appends one after the other: a batch each.
  func append(_ numbers: ClosedRange<Int>, device: UInt64 = 1) async throws {
    for number in numbers {
      let entry = TestLog.entry(number, device: device)
      _ = try await append(entry.record, slot: entry.slot)
    }
  }
}
