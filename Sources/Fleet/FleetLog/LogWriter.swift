import FleetReports
import Foundation

/// Writes batches to the log's last segment. Used by one thread at a time.
struct LogWriter: ~Copyable {
  private let directory: LogDirectory
  private let segmentLimit: UInt64
  private var active: ActiveSegment?
  private var next: SegmentHeader
  private var recent: RecentSlots
  /// The end of what is on the disk.
  private(set) var durable: LogPosition
  /// Why nothing can be written any more.
  private(set) var broken: LogError?

  init(_ recovery: consuming LogRecovery, directory: LogDirectory, limits: ReportLog.Limits) {
    self.directory = directory
    segmentLimit = limits.segmentBytes
    recent = RecentSlots(capacity: limits.remembered)
    next = recovery.next
    for record in recovery.records {
      guard let report = try? FleetReport(bytes: record.bytes) else { continue }
      recent.remember(record.id, in: ReportSlot(device: record.device, report: report))
    }
    active = recovery.takeActive()
    durable = LogPosition(
      segment: next.number, offset: active?.size ?? UInt64(SegmentHeader.size))
  }

  /// Makes all that is new durable, by one fsync.
  /// - Returns: for each entry what became of it.
  mutating func write(_ entries: [(record: LogRecord, slot: ReportSlot)]) -> [ReportLog.Result] {
    var fresh: [LogRecord] = []
    var slots: [ReportSlot: ReportID] = [:]
    var results: [ReportLog.Result] = []
    // Those whose fate is that of the batch.
    var waiting: [Int] = []
    for (record, slot) in entries {
      if let known = recent[slot] {
        results.append(.success(known == record.id ? .replayed : .conflict))
      } else if let beside = slots[slot] {
        if beside == record.id { waiting.append(results.count) }
        results.append(.success(beside == record.id ? .replayed : .conflict))
      } else {
        slots[slot] = record.id
        fresh.append(record)
        waiting.append(results.count)
        results.append(.success(.stored))
      }
    }
    guard !fresh.isEmpty else { return results }
    do throws(LogError) {
      try append(LogBatch.frame(fresh))
      for (slot, id) in slots { recent.remember(id, in: slot) }
    } catch {
      if error.kind == .broken { broken = error }
      for position in waiting { results[position] = .failure(error) }
    }
    return results
  }

  private mutating func append(_ frame: [UInt8]) throws(LogError) {
    if let broken { throw broken }
    if let size = active?.size, size >= segmentLimit { try seal() }
    if active == nil {
      active = try ActiveSegment.make(next, in: directory)
    }
    try active?.append(frame)
    durable = LogPosition(
      segment: next.number, offset: active?.size ?? UInt64(SegmentHeader.size))
  }

  private mutating func seal() throws(LogError) {
    guard let full = active.take() else { return }
    next = SegmentHeader(
      number: next.number + 1, previous: try full.seal(in: directory), log: next.log)
  }
}
