import AgentSession
import Devices
import RunRecords
import Testing

@testable import Experiments

@Suite struct RunLogTests {
  /// Makes iterations until the run has all; returns their kinds.
  private func finish(_ log: inout RunLog) -> [IterationRecord.Kind] {
    var made: [IterationRecord.Kind] = []
    while let kind = log.next(warmups: 1, measured: 2) {
      make(kind, &log)
      made.append(kind)
    }
    return made
  }

  private func make(_ kind: IterationRecord.Kind, _ log: inout RunLog) {
    let index = log.begin(kind)
    log.end(
      IterationRecord(
        index: index, kind: kind, startedUptimeNs: UInt64(index) + 1,
        phases: [PhaseRecord(name: "p", durationNs: 1, drainNs: 0)]))
  }

  @Test func anUndisturbedRunHasWarmUpsFirst() {
    var log = RunLog(id: "r")
    #expect(finish(&log) == [.warmup, .measured, .measured])
    #expect(log.iterations.map(\.index) == [0, 1, 2])
  }

  @Test func theIterationUnderWayIsDroppedAndNotMadeAgain() {
    var log = RunLog(id: "r")
    make(.warmup, &log)
    _ = log.begin(.measured)
    log.lose("cut")
    log.resume()
    #expect(finish(&log) == [.warmup, .measured])
    let dropped = log.iterations.filter { $0.dropped != nil }
    #expect(dropped.map(\.dropCause) == [.deviceLost])
    #expect(dropped.map(\.dropped) == ["device lost: cut"])
    #expect(dropped.map(\.index) == [1] && log.iterations.map(\.index) == [0, 1, 2, 3])
    #expect(log.iterations.filter { $0.kind == .measured }.count == 2)
  }

  @Test func aLossBetweenIterationsDropsNone() {
    var log = RunLog(id: "r")
    make(.warmup, &log)
    make(.measured, &log)
    log.lose("cut")
    #expect(log.iterations.allSatisfy { $0.dropped == nil })
    // The last iteration is not made with cold caches either.
    log.resume()
    #expect(finish(&log) == [.warmup, .measured])
    log.resume()
    #expect(log.next(warmups: 1, measured: 2) == nil)
  }

  @Test func anotherBootDropsAllThatWasMeasuredBefore() {
    var log = RunLog(id: "r")
    make(.warmup, &log)
    make(.measured, &log)
    _ = log.begin(.measured)
    log.lose("reset")
    log.isSetUp = true
    log.abandon("reset")
    #expect(log.id == "r" && log.baseline == nil && !log.isSetUp)
    #expect(log.iterations.map(\.dropCause) == [.deviceLost, .deviceLost])
    #expect(log.iterations.allSatisfy { $0.phases.isEmpty && $0.kind == .measured })
    #expect(finish(&log) == [.warmup, .measured, .measured])
    #expect(log.iterations.map(\.index) == [0, 1, 2, 3, 4])
    #expect(log.iterations.count(where: \.isJudged) == 2)
  }

  @Test func aBootWithoutAMeasurementCountsAsOneDrop() {
    var log = RunLog(id: "r")
    make(.warmup, &log)
    log.abandon("reset")
    #expect(log.iterations.map(\.dropCause) == [.deviceLost])
  }

  @Test func onlyErrorsOfTheDeviceAreLosses() {
    func isLoss(_ error: any Error) -> Bool { DeviceLoss.cause(error, device: "d") != nil }
    #expect(isLoss(DeviceError.disconnected(device: "d", operation: "reading", detail: "reset")))
    #expect(isLoss(DeviceError.notFound(device: "d", known: [])))
    #expect(isLoss(DeviceError.offline(device: "d", state: "offline")))
    #expect(isLoss(DeviceError.transportUnavailable(detail: "no adb server", remedy: "")))
    #expect(isLoss(AgentSessionError.ended(exitCode: nil, errorOutput: "")))
    #expect(isLoss(AgentSessionError.timedOut(request: "PHASE", after: .seconds(1))))
    // A host step that takes too long is this machine's.
    #expect(!isLoss(DeviceError.timedOut(device: "local", operation: "x", after: .seconds(1))))
    #expect(!isLoss(DeviceError.unauthorized(device: "d")))
    #expect(!isLoss(AgentSessionError.ended(exitCode: 137, errorOutput: "")))
    #expect(!isLoss(AgentSessionError.malformed("x")))
    #expect(!isLoss(RunError.noVerdict))
    #expect(!isLoss(CancellationError()))
  }

  @Test func whatIsInARecordIsNotInTheNext() {
    var log = RunLog(id: "r")
    log.isSetUp = true
    log.baseline = DeviceReading()
    make(.measured, &log)
    log.beginAnew()
    #expect(log.iterations.isEmpty && log.id != "r" && !log.id.isEmpty)
    #expect(log.isSetUp && log.baseline != nil)
    make(.measured, &log)
    #expect(log.iterations.map(\.index) == [0])
  }

  @Test func onlyTheLastIterationsAreKeptOfARunWithoutAnEnd() {
    var log = RunLog(id: "r")
    for _ in 0..<5 { make(.measured, &log) }
    log.forget(beyond: 2)
    #expect(log.iterations.map(\.startedUptimeNs) == [4, 5])
    make(.measured, &log)
    #expect(log.iterations.map(\.index) == [3, 4, 5])
    _ = log.begin(.measured)
    log.lose("cut")
    make(.measured, &log)
    #expect(log.iterations.map(\.index) == [3, 4, 5, 6, 7])
  }
}
