import FleetReports
import LatencyHistograms
import Testing

/// Bytes that Tests/collector/report.py wrote, which knows the format from its description alone.
@Suite struct ReportVectorTests {
  private static let vector = """
    4c5201010773636865642d37000102030405060708090a0b0c0d0e0fac02010a323032362e31312e32390561746c6173\
    f0b81e5ad8040502ac06802800040301210003011900abfbffc9967ac7ffaf312d03d896800000000000000000000000\
    0001000121076465763d7364610000ffc0070500000083c008239d492d
    """

  private static let attachment = FieldHistogram.Attachment(tier: 2, rung: 1)

  @Test func readsWhatAnotherWriterWrote() throws {
    let bytes = try #require(Hexadecimal.bytes(Self.vector))
    let report = try FleetReport(bytes: bytes)
    let attachment = try #require(Self.attachment)
    let pinned = try #require(FieldHistogram.Attachment(tier: 0, rung: 5))
    let expected = FleetReport(
      campaign: "sched-7", manifest: 0x0001_0203_0405_0607, incarnation: 0x0809_0a0b_0c0d_0e0f,
      sequence: 300, arm: 1, build: "2026.11.29", model: "atlas", startedHour: 498_800,
      uptimeMinutes: 90, windowSeconds: 600, flags: [.cutShort, .charging], evicted: 2,
      cpuMilliseconds: 812, memoryKiB: 5120,
      histograms: [
        FieldHistogram(
          metric: 1, attachment: attachment, lost: 3, censored: 1,
          buckets: [(100, 1), (101, 7), (102, 300), (104, 5_000_000), (110, 2)].map {
            SparseBucket(index: $0.0, count: $0.1)
          }),
        FieldHistogram(metric: 1, attachment: attachment, label: "dev=sda", buckets: []),
        FieldHistogram(
          metric: 7, attachment: pinned, buckets: [SparseBucket(index: 527, count: 1)]),
      ])
    #expect(report == expected)
    #expect(report.bytes == bytes)
    #expect(report.histograms[0].count == 5_000_310)
  }

  @Test func namesAReportByItsHash() {
    #expect(
      ReportID(text: "73ce2a9f6665a3a8b905a462996e63b0")?.description
        == "73ce2a9f6665a3a8b905a462996e63b0")
    #expect(ReportID(text: "73CE2a9f6665a3a8b905a462996e63b0") == nil)
    #expect(ReportID(text: "73ce2a9f6665a3a8b905a462996e63b") == nil)
    #expect(ReportID(text: "73ce2a9f6665a3a8b905a462996e63b0a") == nil)
  }
}
