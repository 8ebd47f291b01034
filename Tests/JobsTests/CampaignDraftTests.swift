import Catalogs
import RunRecords
import Testing

@testable import Jobs

@Suite("What a campaign may have devices send")
struct CampaignDraftTests {
  private static let mixed = """
    probe: mixed
    title: Mixed
    question: What happens?
    cost: low
    privacy: none
    metrics:
      - metric: mixed.time
        help: a duration
        unit: ns
        spans:
          - from: {event: ext4/ext4_sync_file_enter}
            to: {event: ext4/ext4_sync_file_exit}
        by: [tid]
        key: [{field: class, size: 4}]
      - metric: mixed.sizes
        help: a value of single events
        unit: B
        at: [{event: s/a, fields: {n: arg0}}]
        value: n
        by: [tid]
        key: [{field: class, size: 4}]
      - metric: mixed.faults
        kind: counter
        help: a count
        unit: "{faults}"
        at: [{event: s/b}]
    """

  @Test("Only durations in histograms, whatever the tier", arguments: [Tier.t2, .t0])
  func durationsOnly(_ tier: Tier) throws {
    let probe = try ProbeManifest.parse(Self.mixed, file: "mixed.yaml")
    let (metrics, others) = CampaignDraft.sendable(probe, tier)
    #expect(metrics.map(\.name) == ["mixed.time"])
    #expect(others == ["mixed.sizes", "mixed.faults"])
  }
}
