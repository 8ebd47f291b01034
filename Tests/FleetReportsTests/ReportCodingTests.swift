import FleetReports
import Foundation
import LatencyHistograms
import Testing

@Suite struct ReportCodingTests {
  @Test(arguments: 0..<200) func readsWhatItWrites(seed: UInt64) throws {
    var random = Sequence64(seed: seed)
    let report = Self.report(&random)
    #expect(try FleetReport(bytes: report.bytes) == report)
  }

  @Test func refusesEveryChangedBit() throws {
    var random = Sequence64(seed: 7)
    let bytes = Self.report(&random).bytes
    for bit in 0..<bytes.count * 8 {
      var changed = bytes
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: ReportError.self) { try FleetReport(bytes: changed) }
    }
  }

  @Test func refusesEveryCutAndEveryAddition() {
    var random = Sequence64(seed: 8)
    let body = Array(Self.report(&random).bytes.dropLast(4))
    for count in 0..<body.count {
      #expect(throws: ReportError.self) {
        try FleetReport(bytes: FleetReport.sealed(Array(body.prefix(count))))
      }
    }
    #expect(throws: ReportError.self) { try FleetReport(bytes: FleetReport.sealed(body + [0])) }
  }

  /// A field that is out of range is named. Bytes are those of an empty report, changed at one place.
  @Test(arguments: [
    (2, 2, "version"), (3, 0, "kind"), (3, 2, "code"), (4, 0, "campaign"), (4, 64, "campaign"),
    (5, 0x1f, "campaign"), (5, 0xff, "campaign"), (24, 97, "build"), (31, 16, "flags"),
    (35, 1, "code"), (36, 5, "sub_bits"), (37, 65, "histograms"),
  ]) func namesTheField(place: Int, value: UInt8, field: String) throws {
    let report = FleetReport(
      campaign: "c", manifest: 1, incarnation: 2, sequence: 3, arm: 0, build: "b", model: "m")
    var body = Array(report.bytes.dropLast(4))
    try #require(body.count == 38)
    body[place] = value
    let error = #expect(throws: ReportError.self) {
      try FleetReport(bytes: FleetReport.sealed(body))
    }
    #expect(error?.field == field)
  }

  @Test func refusesASecondSpellingOfANumber() throws {
    let report = FleetReport(
      campaign: "c", manifest: 1, incarnation: 2, sequence: 3, arm: 0, build: "b", model: "m")
    var body = Array(report.bytes.dropLast(4))
    body.replaceSubrange(22..<23, with: [0x83, 0x00])
    let error = #expect(throws: ReportError.self) {
      try FleetReport(bytes: FleetReport.sealed(body))
    }
    #expect(error?.field == "sequence")
  }

  @Test func refusesHistogramsOutOfOrder() throws {
    let attachment = try #require(FieldHistogram.Attachment(tier: 0, rung: 0))
    var report = FleetReport(
      campaign: "c", manifest: 1, incarnation: 2, sequence: 3, arm: 0, build: "b", model: "m")
    for histograms in [[2, 1], [1, 1]] as [[UInt16]] {
      report.histograms = histograms.map {
        FieldHistogram(metric: $0, attachment: attachment, buckets: [])
      }
      let error = #expect(throws: ReportError.self) { try FleetReport(bytes: report.bytes) }
      #expect(error?.field == "metric")
    }
  }

  @Test func refusesABucketThatTheLayoutLacks() throws {
    let attachment = try #require(FieldHistogram.Attachment(tier: 0, rung: 0))
    let last = HistogramLayout(subBits: 3).bucketCount - 1
    var report = FleetReport(
      campaign: "c", manifest: 1, incarnation: 2, sequence: 3, arm: 0, build: "b", model: "m",
      subBits: 3)
    for (index, isRead) in [(last, true), (last + 1, false)] {
      report.histograms = [
        FieldHistogram(
          metric: 1, attachment: attachment, buckets: [SparseBucket(index: index, count: 1)])
      ]
      #expect((try? FleetReport(bytes: report.bytes)) == (isRead ? report : nil))
    }
  }

  @Test func writesOneLineOfJSON() throws {
    var random = Sequence64(seed: 3)
    var report = Self.report(&random)
    report.build = #"b"\1"#
    let id = try #require(ReportID(text: "00ff" + String(repeating: "7", count: 28)))
    let collected = CollectedReport(
      id: id, device: DevicePseudonym(high: 1, low: 2), received: 1_800_000_000_123, report: report)
    #expect(!collected.json.contains("\n"))
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(collected.json.utf8)) as? [String: Any])
    #expect(object["build"] as? String == report.build)
    #expect(object["id"] as? String == id.description)
    #expect(object["received_ms"] as? UInt64 == 1_800_000_000_123)
    let histograms = try #require(object["histograms"] as? [[String: Any]])
    #expect(histograms.count == report.histograms.count)
    let buckets = try #require(histograms.first?["buckets"] as? [[UInt64]])
    #expect(buckets == report.histograms[0].buckets.map { [UInt64($0.index), $0.count] })
  }

  /// A report with every field at random, extremes among them.
  static func report(_ random: inout Sequence64) -> FleetReport {
    let subBits = UInt8.random(in: 0...4, using: &random)
    let layout = HistogramLayout(subBits: Int(subBits))
    var report = FleetReport(
      campaign: "campaign-\(UInt8.random(in: 0...255, using: &random))",
      manifest: random.next(), incarnation: random.next(),
      sequence: .random(in: 0 ... .max, using: &random), arm: .random(in: 0...255, using: &random),
      build: "b\(random.next())", model: Bool.random(using: &random) ? "" : "Gerät",
      startedHour: .random(in: 0..<1 << 24, using: &random),
      uptimeMinutes: .random(in: 0..<1 << 24, using: &random),
      windowSeconds: .random(in: 0...604_800, using: &random),
      flags: .init(rawValue: .random(in: 0...15, using: &random)),
      evicted: .random(in: 0 ... .max, using: &random),
      cpuMilliseconds: .random(in: 0 ... .max, using: &random),
      memoryKiB: .random(in: 0 ... .max, using: &random), subBits: subBits)
    for metric in 1...UInt16.random(in: 1...6, using: &random) {
      let share = Double.random(in: 0...0.3, using: &random)
      let bits = UInt64.random(in: 1...40, using: &random)
      guard
        let attachment = FieldHistogram.Attachment(
          tier: .random(in: 0...2, using: &random), rung: .random(in: 0...6, using: &random))
      else { continue }
      report.histograms.append(
        FieldHistogram(
          metric: metric, attachment: attachment,
          label: Bool.random(using: &random) ? "" : "op=read",
          lost: .random(in: 0..<FieldHistogram.countLimit, using: &random),
          censored: .random(in: 0..<FieldHistogram.countLimit, using: &random),
          buckets: (0..<min(layout.bucketCount, 120)).compactMap { index in
            guard Double.random(in: 0..<1, using: &random) < share else { return nil }
            return SparseBucket(
              index: index, count: .random(in: 1..<1 << bits, using: &random))
          }))
    }
    return report
  }
}

/// A sequence of numbers that a seed decides (SplitMix64).
struct Sequence64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
