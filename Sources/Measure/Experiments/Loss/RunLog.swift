import Foundation
import RunRecords

/// What a run has made so far. It outlives the sessions with the agent that the run consists of
/// when its device is lost and comes back.
struct RunLog: Sendable {
  let id: String
  let created = Date()
  private(set) var iterations: [IterationRecord] = []
  /// What the first look found, and the standard that later looks are held against; nil before.
  var first: DeviceReading?
  var baseline: DeviceReading?
  var settledUptime: Double?
  /// Whether the workload's setup was made and not undone yet.
  var isSetUp = false
  var overhead: OverheadRecord?
  private var warmupsMade = 0
  private var measuredMade = 0
  private var underWay: IterationRecord.Kind?

  init(id: String) {
    self.id = id
  }

  /// The next iteration that a run of so many needs; nil when all are made.
  func next(warmups: Int, measured: Int) -> IterationRecord.Kind? {
    if warmupsMade < warmups, measuredMade < measured { return .warmup }
    return measuredMade < measured ? .measured : nil
  }

  /// Returns the index of an iteration that begins.
  mutating func begin(_ kind: IterationRecord.Kind) -> Int {
    underWay = kind
    switch kind {
    case .warmup: warmupsMade += 1
    case .measured: measuredMade += 1
    case .overhead: break
    }
    return nextIndex
  }

  /// The first iterations of a run that has no end may be forgotten: their number says nothing.
  private var nextIndex: Int { (iterations.last?.index ?? -1) + 1 }

  /// Takes the iteration that began last.
  mutating func end(_ record: IterationRecord) {
    underWay = nil
    iterations.append(record)
  }

  /// Notes that the device was lost: the iteration under way, if any, is dropped. It is not made
  /// again, as both arms get the same attempts.
  mutating func lose(_ cause: String) {
    guard let kind = underWay else { return }
    var record = IterationRecord(
      index: nextIndex, kind: kind, startedUptimeNs: iterations.last?.startedUptimeNs ?? 0)
    record.drop(.init(.deviceLost, "device lost: \(cause)"))
    end(record)
  }

  /// What was made is in a record: what comes is another run of the same boot.
  mutating func beginAnew() {
    let old = self
    self = RunLog(id: UUID().uuidString.lowercased())
    (first, baseline, settledUptime) = (old.first, old.baseline, old.settledUptime)
    isSetUp = old.isSetUp
  }

  /// Keeps the last iterations of a run that has no end.
  mutating func forget(beyond count: Int) {
    iterations.removeFirst(max(0, iterations.count - count))
  }

  /// The same boot continues: its first iteration is a warm-up again, as all was loaded anew.
  mutating func resume() {
    warmupsMade = 0
  }

  /// Another boot begins the run again. What was measured before it is evidence of another boot and
  /// is dropped; the arms' shares of it are compared like all drops.
  mutating func abandon(_ cause: String) {
    var dropped = iterations.filter { $0.kind == .measured }
    if dropped.isEmpty {
      dropped = [IterationRecord(index: 0, kind: .measured, startedUptimeNs: 0)]
    }
    for index in dropped.indices {
      dropped[index].index = index
      dropped[index].phases = []
      if dropped[index].dropped == nil {
        dropped[index].drop(
          .init(.deviceLost, "the device restarted, and its run began again: \(cause)"))
      }
    }
    let id = id
    self = RunLog(id: id)
    iterations = dropped
  }
}
