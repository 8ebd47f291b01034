import Dispatch
import FleetReports
import Foundation
import POSIXSupport
import Synchronization

/// The truth about what was collected: reports in the order in which they became durable.
///
/// ``append(_:slot:)`` returns when the report is on the disk; all that arrive while one fsync runs
/// share the next. Indexes are made from the log's files and can be made anew.
package final class ReportLog: Sendable {
  package struct Limits: Sendable {
    /// A segment of this size is sealed. Memory of a start: that of one segment.
    package var segmentBytes: UInt64 = 64 << 20
    /// Reports that may wait for an fsync.
    package var waiting = 8192
    /// Slots that are remembered, twice at most.
    package var remembered = 250_000

    package init() {}
  }

  /// What became of a report.
  package enum Outcome: Sendable, Equatable {
    case stored
    /// Was there, with these bytes.
    case replayed
    /// Its slot has another report; nothing was stored.
    case conflict
  }

  package typealias Result = Swift.Result<Outcome, LogError>

  private struct Entry {
    var record: LogRecord
    var slot: ReportSlot
    var answer: CheckedContinuation<Result, Never>
  }

  private struct Waiting {
    var entries: [Entry] = []
    var isWriting = false
    var isClosed = false
    var closers: [CheckedContinuation<Void, Never>] = []
  }

  /// Bytes of records that go into one batch; one more may come to it.
  private static let batchBytes = 4 << 20

  package let directory: LogDirectory
  private let limits: Limits
  private let lock: Mutex<FileLock?>
  private let writer: Mutex<LogWriter>
  private let waiting = Mutex(Waiting())
  private let position: Mutex<LogPosition>
  private let failure = Mutex<LogError?>(nil)
  private let queue = DispatchQueue(label: "latgate.log")
  private let observer: @Sendable (Batch) -> Void

  /// What one fsync did.
  package struct Batch: Sendable {
    package var records: Int
    package var duration: Duration
    package var durable: LogPosition
    package var failure: LogError?
    /// Why nothing can be stored after it, as ``ReportLog/trouble``.
    package var trouble: LogError?
  }

  /// Opens a log, which is made if missing, and brings it into order after a crash. `observer` gets
  /// each batch, on the log's own thread.
  /// - Returns: the log, and what was found.
  /// - Throws: ``LogError``.
  package static func open(
    _ directory: LogDirectory, limits: Limits = Limits(),
    observer: @escaping @Sendable (Batch) -> Void = { _ in }
  ) throws(LogError) -> (log: ReportLog, found: LogOpening) {
    let lock: FileLock
    do {
      try UserDirectories.makeDirectory(directory.path)
      guard let free = try FileLock.tryAcquire(directory.lockPath) else {
        throw LogError(.unusable, path: directory.path, reason: "another collector writes to it")
      }
      lock = free
    } catch {
      throw LogError(.unusable, error, path: directory.path)
    }
    let recovery = try LogRecovery(directory)
    let found = recovery.opening
    let writer = LogWriter(recovery, directory: directory, limits: limits)
    return (ReportLog(directory, limits, lock, writer, observer), found)
  }

  private init(
    _ directory: LogDirectory, _ limits: Limits, _ lock: consuming FileLock,
    _ writer: consuming LogWriter, _ observer: @escaping @Sendable (Batch) -> Void
  ) {
    self.directory = directory
    self.limits = limits
    self.lock = Mutex(consume lock)
    position = Mutex(writer.durable)
    self.writer = Mutex(writer)
    self.observer = observer
  }

  /// The end of what is on the disk.
  package var durable: LogPosition { position.withLock { $0 } }

  /// Why nothing can be stored at the moment. Nil after the next success, and after a lack of space
  /// once there is room again: whoever sends reports to healthy collectors only would wait for
  /// ever.
  package var trouble: LogError? {
    failure.withLock { failure in
      if failure?.kind == .full, hasRoom { failure = nil }
      return failure
    }
  }

  /// Whether a batch could be written, quotas included.
  private var hasRoom: Bool {
    let path = "\(directory.path)/room"
    defer { unlink(path) }
    guard let file = try? OwnedDescriptor.open(path, flags: O_WRONLY | O_CREAT) else {
      return false
    }
    return posix_fallocate(file.rawValue, 0, Self.batchBytes) == 0
  }

  /// Reports that wait for an fsync.
  package var waitingCount: Int { waiting.withLock { $0.entries.count } }

  /// Stores a report; returns when it is on the disk.
  /// - Throws: ``LogError``; then it may not be assumed to be stored.
  package func append(_ record: LogRecord, slot: ReportSlot) async throws(LogError) -> Outcome {
    let result: Result = await withCheckedContinuation { continuation in
      let refusal: LogError? = waiting.withLock { waiting in
        if waiting.isClosed { return LogError(.closed, path: directory.path, reason: "") }
        guard waiting.entries.count < limits.waiting else {
          return LogError(
            .busy, path: directory.path, reason: "\(limits.waiting) reports wait to be written")
        }
        waiting.entries.append(Entry(record: record, slot: slot, answer: continuation))
        if !waiting.isWriting {
          waiting.isWriting = true
          queue.async { self.drain() }
        }
        return nil
      }
      if let refusal { continuation.resume(returning: .failure(refusal)) }
    }
    return try result.get()
  }

  /// Takes no more reports; returns when those that wait are on the disk, and another may open the
  /// log.
  package func close() async {
    await withCheckedContinuation { continuation in
      let isIdle = waiting.withLock { waiting in
        waiting.isClosed = true
        if waiting.isWriting { waiting.closers.append(continuation) }
        return !waiting.isWriting
      }
      if isIdle { continuation.resume() }
    }
    lock.withLock { $0 = nil }
  }

  private func drain() {
    while let entries = nextBatch() {
      let begun = ContinuousClock.now
      let (results, durable, broken) = writer.withLock { writer in
        (writer.write(entries.map { ($0.record, $0.slot) }), writer.durable, writer.broken)
      }
      let hasMoved = position.withLock { position in
        defer { position = durable }
        return position != durable
      }
      let fault = results.lazy.compactMap { result -> LogError? in
        if case .failure(let error) = result { error } else { nil }
      }.first
      // A batch of replays writes nothing, and says nothing of whether a new report could be written.
      let trouble = failure.withLock { failure in
        if let now = broken ?? fault { failure = now } else if hasMoved { failure = nil }
        return failure
      }
      for (entry, result) in zip(entries, results) { entry.answer.resume(returning: result) }
      observer(
        Batch(
          records: entries.count, duration: ContinuousClock.now - begun, durable: durable,
          failure: fault, trouble: trouble))
    }
  }

  private func nextBatch() -> [Entry]? {
    let (batch, closers) = waiting.withLock {
      waiting -> ([Entry], [CheckedContinuation<Void, Never>]) in
      var size = 0
      let count =
        waiting.entries.firstIndex { entry in
          if size >= Self.batchBytes { return true }
          size += LogBatch.size(of: entry.record)
          return false
        } ?? waiting.entries.count
      let batch = Array(waiting.entries.prefix(count))
      waiting.entries.removeFirst(count)
      guard batch.isEmpty else { return (batch, []) }
      waiting.isWriting = false
      defer { waiting.closers = [] }
      return ([], waiting.closers)
    }
    for closer in closers { closer.resume() }
    return batch.isEmpty ? nil : batch
  }
}
