import Foundation
import LatencyHistograms
import RunRecords
import Testing

@testable import Reporting

/// The screen of `latgate live`: samples and keys in, cells out.
@Suite struct LiveScreenTests {
  private static let read = MetricID(name: "block.latency", phase: "", labels: ["op": "read"])
  private static let write = MetricID(name: "block.latency", phase: "", labels: ["op": "write"])
  private static let faults = MetricID(name: "memory.faults", phase: "", unit: "faults")

  private func counts(_ values: [(UInt64, UInt64)]) -> LiveCounts {
    var histogram = LatencyHistogram()
    for (value, times) in values { histogram.record(value, times: times) }
    return LiveCounts(count: histogram.count, sum: histogram.sum, buckets: histogram.sparse)
  }

  /// Half a second: 100 reads of 100 us, 10 writes of 1 ms, 50 faults.
  private var sample: LiveSample {
    LiveSample(
      seconds: 0.5,
      metrics: [
        Self.read: counts([(100_000, 100)]), Self.write: counts([(1_000_000, 10)]),
        Self.faults: LiveCounts(count: 50, sum: 50),
      ],
      losses: [
        "block.latency": LiveLosses(lost: 11, seen: 121),
        "memory.faults": LiveLosses(lost: 0, seen: 50),
      ])
  }

  private func state(samples: Int = 0) -> LiveState {
    var state = LiveState(
      LiveState.Subject(
        device: "demo", kernel: "6.1.0",
        metrics: ["block.latency", "fsync.latency", "memory.faults"]))
    for _ in 0..<samples { state.take(sample) }
    return state
  }

  /// Words of the row that begins with a text, the cursor left out.
  private func words(_ lines: [String], _ name: String) -> [String] {
    let line = lines.first { $0.drop { "▸> ".contains($0) }.hasPrefix(name) } ?? ""
    return line.drop { "▸> ".contains($0) }.split(separator: " ").map(String.init)
  }

  @Test func theTableHasRatesQuantilesLossesAndTiers() {
    let lines = state(samples: 4).canvas(width: 120, height: 30).lines
    #expect(lines[0].hasPrefix("latgate live  demo  6.1.0") && lines[0].hasSuffix("last 10 s  2 s"))
    let read = words(lines, "block.latency{op=read}")
    #expect(read[1] == "200/s")
    #expect(read.suffix(3) == ["9.1%", "T2", "-"])
    // Within a bucket of 100 us.
    #expect(read[2].hasPrefix("10") && read[3] == "us")
    #expect(words(lines, "memory.faults").prefix(4) == ["memory.faults", "100/s", "-", "-"])
    // A probe without an event yet has its row.
    #expect(words(lines, "fsync.latency").prefix(4) == ["fsync.latency", "0/s", "-", "-"])
  }

  @Test(arguments: [(80, 24), (200, 50), (40, 12), (57, 13), (120, 200)])
  func everyRowFits(width: Int, height: Int) {
    var state = state(samples: 30)
    state.subject.device = "ein gerät 中文"
    let wide = MetricID(name: "run.queue", phase: "", labels: ["class": "日本語の長い名前です"])
    state.take(LiveSample(seconds: 0.5, metrics: [wide: counts([(5, 1), (60_000_000_000, 1)])]))
    _ = state.press(.end)
    for glyphs in [ScreenGlyphs.unicode, .ascii] {
      for key in ["?", "x", "m", "f", "w"] as [Character] {
        _ = state.press(.character(key))
        let lines = state.canvas(width: width, height: height, glyphs: glyphs).lines
        #expect(lines.count == height)
        #expect(lines.allSatisfy { CharacterWidth.columns(of: $0) <= width }, "\(lines)")
        #expect(!lines[0].isEmpty && !lines[height - 1].isEmpty)
      }
    }
  }

  @Test func aTerminalThatIsTooSmallSaysWhatItNeeds() {
    #expect(state().canvas(width: 39, height: 24).lines[0].hasPrefix("latgate live needs 40 col"))
    #expect(state().canvas(width: 0, height: 0).lines.isEmpty)
    #expect(state().canvas(width: 80, height: 24).lines.contains { $0.contains("no events yet") })
  }

  @Test func widerScreensShowMoreColumns() {
    let narrow = state(samples: 1).canvas(width: 80, height: 24).lines[2]
    let wide = state(samples: 1).canvas(width: 200, height: 50).lines[2]
    #expect(narrow.hasSuffix("tier") && wide.hasSuffix("p99 to ref"))
    #expect(narrow.contains("p50") && narrow.contains("p99") && narrow.contains("lost"))
  }

  @Test func numbersAreThoseOfTheLastTenSeconds() {
    var state = state(samples: 20)
    for _ in 0..<20 { state.take(LiveSample(seconds: 0.5)) }
    #expect(state.rows.map(\.rate) == [0, 0, 0, 0])
    #expect(state.rows[0].histogram == nil)
    #expect(state.press(.character("a")) == nil)
    // All time: 2000 reads in 20 s.
    #expect(state.rows.first { $0.id == Self.read }?.rate == 100)
    #expect(state.canvas(width: 80, height: 24).lines[0].hasSuffix("since the start  20 s"))
  }

  @Test func sortingChangesTheOrderAndKeepsTheSelection() {
    var state = state(samples: 2)
    #expect(
      state.rows.map(\.id.name) == [
        "block.latency", "block.latency", "fsync.latency", "memory.faults",
      ])
    _ = state.press(.down)
    #expect(state.selection(of: state.rows) == Self.write)
    _ = state.press(.character("s"))
    #expect(state.order == .rate)
    #expect(state.rows.map(\.id).prefix(3) == [Self.read, Self.faults, Self.write])
    _ = state.press(.character("s"))
    #expect(state.rows.map(\.id).prefix(2) == [Self.write, Self.read])
    #expect(state.selection(of: state.rows) == Self.write)
    _ = state.press(.end)
    #expect(state.selection(of: state.rows) == state.rows.last?.id)
    _ = state.press(.home)
    #expect(state.selection(of: state.rows) == Self.write)
    #expect(state.canvas(width: 80, height: 24).lines[2].contains("by p99"))
  }

  @Test func aFrozenScreenStaysAndCountingGoesOn() {
    var state = state(samples: 4)
    _ = state.press(.character("f"))
    let before = state.canvas(width: 80, height: 24).lines
    #expect(before[0].contains("FROZEN"))
    for _ in 0..<8 { state.take(LiveSample(seconds: 0.5)) }
    let after = state.canvas(width: 80, height: 24).lines
    #expect(after.dropFirst(2) == before.dropFirst(2))
    _ = state.press(.character("f"))
    #expect(state.rows.first { $0.id == Self.read }?.rate == 400.0 / 6)
    #expect(!state.canvas(width: 80, height: 24).lines[0].contains("FROZEN"))
  }

  @Test func wishesAreWhatAnotherHasToDo() {
    var state = state(samples: 1)
    #expect(state.press(.character("w")) == .save)
    #expect(state.press(.character("p")) == .trace)
    #expect(state.press(.character("m")) == .mark(1))
    #expect(state.canvas(width: 80, height: 24).lines[23] == "mark 1")
    #expect(state.press(.character("m")) == .mark(2))
    #expect(state.press(.character("?")) == nil)
    #expect(state.canvas(width: 80, height: 24).lines.contains { $0.contains("save a record") })
    // Any key leaves help, and does nothing else.
    #expect(state.press(.character("w")) == nil && !state.showsHelp)
    #expect(state.press(.character("q")) == .quit)
  }

  // MARK: the reference

  @Test func theFirstMinuteBecomesTheReference() {
    var state = state(samples: 119)
    #expect(state.reference == nil)
    #expect(
      state.canvas(width: 120, height: 30).lines.contains {
        $0.hasSuffix("the first minute, in 1 s")
      })
    state.take(sample)
    #expect(state.reference?.name == "first minute")
    #expect(state.reference?.histogram(of: Self.read)?.count == 12_000)
  }

  @Test func aStoredRunIsTheReferenceWhateverItsPhaseAndTier() throws {
    var histogram = LatencyHistogram()
    histogram.record(200_000, times: 1000)
    let record = RunRecord(
      id: "r", created: .now, toolVersion: "t", target: "t",
      device: DeviceFacts(name: "d", serial: "", model: "m", transport: "local", abi: "arm64"),
      firmware: FirmwareIdentity(
        name: "f", id: "i", fingerprint: "p", kernelRelease: "6", kernelVersion: "v",
        kernelBuildID: ""),
      boot: BootFacts(bootID: "b", uptimeSeconds: 1), suite: "s", workload: "w",
      iterations: [
        IterationRecord(
          index: 0, kind: .measured, startedUptimeNs: 0,
          phases: ["one", "two"].map {
            PhaseRecord(
              name: $0, durationNs: 1, drainNs: 0,
              histograms: [
                HistogramRecord(
                  metric: "block.latency", labels: ["op": "read"], histogram: histogram)
              ])
          })
      ])
    var state = LiveState(
      LiveState.Subject(device: "d", kernel: "6", metrics: []),
      reference: LiveReference([record], name: "night"))
    for _ in 0..<130 { state.take(sample) }
    #expect(state.reference?.name == "night")
    #expect(state.reference?.histogram(of: Self.read)?.count == 2000)
    let row = try #require(state.rows.first { $0.id == Self.read })
    let change = try #require(state.change(of: row))
    #expect(abs(change + 0.5) < 0.07)
    let other = try #require(state.rows.first { $0.id == Self.write })
    #expect(state.change(of: other) == nil)
    let lines = state.canvas(width: 120, height: 30).lines
    #expect(words(lines, "block.latency{op=read}").last?.hasPrefix("-") == true)
    #expect(lines.contains { $0.contains("reference: night (p50 198 us, p99 200 us)") })
    // Where there is less room, the numbers go first.
    #expect(
      state.canvas(width: 72, height: 24).lines.contains(
        "block.latency{op=read}  2,000 events  reference: night"))
    // What is shown becomes the reference by a key.
    _ = state.press(.character("r"))
    #expect(state.change(of: row) == 0)
  }

  /// Cells left of the picture over time, by rows of the chart.
  private func bars(_ state: LiveState) -> [[ScreenStyle]] {
    let canvas = state.canvas(width: 80, height: 24)
    return (0..<24).map { Array(canvas.styles(row: $0)[9..<33]) }.filter {
      $0.contains(.bar) || $0.contains(.ghost)
    }
  }

  @Test func theReferenceIsAShadowWhereItsEventsAre() throws {
    var state = state(samples: 2)
    #expect(bars(state).count == 1 && bars(state)[0].allSatisfy { $0 != .ghost })
    _ = state.press(.character("r"))
    // The same distribution: the end of the shadow lies on the end of the bar.
    #expect(bars(state).count == 1 && bars(state)[0].count(where: { $0 == .ghost }) == 1)
    for _ in 0..<20 {
      state.take(LiveSample(seconds: 0.5, metrics: [Self.read: counts([(800_000, 10)])]))
    }
    // What was 100 us is 800 us now: a bar above, the shadow alone below.
    let moved = bars(state)
    #expect(moved.count == 2)
    #expect(moved[0].contains(.bar) && !moved[0].contains(.ghost))
    #expect(!moved[1].contains(.bar) && moved[1].contains(.ghost))
  }

  // MARK: over time

  @Test func valuesAreInTheRowsOfTheirBuckets() throws {
    let one = counts([(1000, 3), (1_000_000, 1)])
    var history = LiveHistory()
    history.add(LiveSample(seconds: 0.5, metrics: [Self.read: one]))
    history.add(LiveSample(seconds: 0.5))
    let heat = LiveHeat(history: history, id: Self.read, width: 10)
    let used = try #require(heat.used)
    let axis = try #require(LiveAxis(covering: [], used, rows: 12))
    // Ten octaves in twelve rows.
    #expect(axis.step == 16)
    let counts = heat.counts(axis)
    #expect(counts.count == 2 && counts[1].allSatisfy { $0 == 0 })
    let low = try #require(axis.row(of: used.lowerBound))
    let high = try #require(axis.row(of: used.upperBound))
    #expect(counts[0][low] == 3 && counts[0][high] == 1 && counts[0].reduce(0, +) == 4)
    #expect(axis.lower(of: low) <= 1000 && axis.lower(of: low + 1) > 1000)
    #expect(axis.lower(of: high) <= 1_000_000)
    #expect(LiveAxis(covering: [], nil, rows: 12) == nil)
  }

  @Test(arguments: 1...40)
  func anAxisCoversAllItIsGiven(rows: Int) throws {
    let axis = try #require(LiveAxis(covering: [], 37...511, rows: rows))
    #expect(axis.row(of: 37) != nil && axis.row(of: 511) != nil)
    let bounds = (0..<rows).map(axis.lower)
    #expect(bounds == bounds.sorted())
  }

  @Test func theNewestIsOnTheRightAndMarksAreSeen() {
    var state = state(samples: 3)
    _ = state.press(.character("m"))
    state.take(sample)
    state.take(LiveSample(seconds: 0.5))
    let canvas = state.canvas(width: 80, height: 24)
    let rows = (0..<24).map { canvas.styles(row: $0) }
    func isHeat(_ style: ScreenStyle) -> Bool { if case .heat = style { true } else { false } }
    #expect(rows.contains { isHeat($0[78]) } && !rows.contains { isHeat($0[79]) })
    #expect(rows.contains { isHeat($0[75]) } && !rows.contains { isHeat($0[74]) })
    #expect(rows.count(where: { $0[77] == .mark }) > 5)
    #expect(canvas.lines[22].hasSuffix("-2.50 s  now"))
    for _ in 0..<5 { state.take(LiveSample(seconds: 0.5)) }
    #expect(state.canvas(width: 80, height: 24).rows[22][72].text == "1")
  }

  // MARK: looks

  @Test func samplesAreTheDifferencesOfLooks() {
    func phase(_ count: UInt64, ns: UInt64, lost: UInt64 = 0) -> PhaseRecord {
      PhaseRecord(
        name: "now", durationNs: ns, drainNs: 0,
        histograms: [
          HistogramRecord(
            metric: "block.latency", labels: ["op": "read"], count: count, sum: count * 100,
            max: 100,
            buckets: [[64, count]])
        ],
        losses: [LossRecord(metric: "block.latency", recorded: count, mapFull: lost)])
    }
    var tally = LiveTally(probes: [
      ProbeRecord(name: "block", status: .loaded, tier: .t1, hooks: [])
    ])
    let id = MetricID(name: "block.latency", phase: "", labels: ["op": "read"], tier: .t1)
    let first = tally.take(phase(10, ns: 500_000_000), isClosed: false)
    #expect(first.seconds == 0.5 && first.metrics[id]?.count == 10)
    let second = tally.take(phase(25, ns: 1_500_000_000, lost: 5), isClosed: false)
    #expect(second.seconds == 1 && second.metrics[id]?.count == 15)
    #expect(second.metrics[id]?.buckets == [SparseBucket(index: 64, count: 15)])
    #expect(second.losses["block.latency"] == LiveLosses(lost: 5, seen: 20))
    // The same again: nothing came, and nothing is below 0.
    #expect(tally.take(phase(20, ns: 1_500_000_000), isClosed: true).metrics[id]?.count == 0)
    // The next window begins at nothing.
    #expect(tally.take(phase(7, ns: 250_000_000), isClosed: false).metrics[id]?.count == 7)
  }
}
