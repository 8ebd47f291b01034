import AgentSession
import CampaignFiles
import Campaigns
import Catalogs
import Experiments
import Foundation
import ProbeBuild
import RunRecords

/// What a new campaign is made of.
package struct CampaignDraft: Sendable {
  package var manifest: CampaignManifest
  package var probes: [ProbeManifest]
  package var tier: Tier
  package var abis: [TargetABI]

  package init(
    manifest: CampaignManifest, probes: [ProbeManifest], tier: Tier, abis: [TargetABI]
  ) {
    self.manifest = manifest
    self.probes = probes
    self.tier = tier
    self.abis = abis
  }

  /// Builds the bundles and writes everything that a signature is asked for.
  /// - Throws: ``CampaignDraftError`` for probes that cannot be sent to fielded devices.
  package func write(to directory: DraftDirectory, bench: Workbench) async throws
    -> CampaignManifest
  {
    var manifest = manifest
    for probe in probes where probe.privacy != .none && !manifest.privacy.keys {
      throw CampaignDraftError(
        what: "probe \(probe.name) shows \(probe.privacy.rawValue) of what people use",
        remedy: "leave it out, or have devices send labels with --keys")
    }
    var numbered: [String: [(id: UInt32, metric: ProbeMetric)]] = [:]
    for probe in probes {
      let (metrics, others) = Self.sendable(probe, tier)
      guard !metrics.isEmpty else {
        throw CampaignDraftError(
          what: "probe \(probe.name) has no histogram of durations in tier \(tier.rawValue)",
          remedy: "leave it out, or choose another --tier: devices send nothing else")
      }
      if !others.isEmpty {
        bench.console.note(
          "probe \(probe.name): left out \(others.joined(separator: ", ")), as devices send nothing but "
            + "histograms of durations")
      }
      let first = manifest.metrics.count + 1
      numbered[probe.name] = metrics.enumerated().map { (UInt32(first + $0.offset), $0.element) }
      manifest.metrics += metrics.enumerated().map {
        CampaignMetric(id: first + $0.offset, name: $0.element.name, probe: probe.name)
      }
    }
    var bundles: [[UInt8]] = []
    for abi in abis {
      let bytes = try await bundle(abi, numbered, bench: bench)
      guard bytes.count <= CampaignBundle.mostBytes else {
        throw CampaignDraftError(
          what: "the bundle for \(abi.rawValue) has \(bytes.count) bytes, "
            + "\(CampaignBundle.mostBytes) are allowed", remedy: "leave out a probe")
      }
      manifest.bundles[abi.rawValue] = ListedFile(of: bytes)
      bundles.append(bytes)
    }
    try directory.write(manifest, bundles: bundles)
    return manifest
  }

  /// Metrics that a campaign is about, and the names of the others: devices send nothing but
  /// histograms, and the judge asks what became slower, so values that are no durations say nothing
  /// to it.
  static func sendable(
    _ probe: ProbeManifest, _ tier: Tier
  ) -> (metrics: [ProbeMetric], others: [String]) {
    let all = tier == .t0 ? probe.t0Metrics : probe.metrics
    func isSent(_ metric: ProbeMetric) -> Bool {
      metric.kind == .histogram && metric.unit == "ns" && metric.table?.isSingle != true
    }
    return (all.filter(isSent), all.filter { !isSent($0) }.map(\.name))
  }

  private func bundle(
    _ abi: TargetABI, _ numbered: [String: [(id: UInt32, metric: ProbeMetric)]], bench: Workbench
  ) async throws -> [UInt8] {
    let built = tier == .t2 ? try await bench.bundle(abi: abi, probes: probes, isKept: true) : nil
    let made = try probes.map { probe -> FieldBundle.Probe in
      let metrics = numbered[probe.name] ?? []
      switch tier {
      case .t2:
        guard let object = built?.objects[probe.name] else {
          throw CampaignDraftError(
            what: "probe \(probe.name) was not built for \(abi.rawValue)", remedy: "")
        }
        return .loaded(
          AgentProbe(
            name: probe.name,
            object: Array(try Data(contentsOf: URL(fileURLWithPath: object.path))),
            metrics: metrics.map(AgentMetric.init)))
      case .t1:
        return .pinned(
          AgentPinnedProbe(name: probe.name, metrics: metrics.map(AgentMetric.init)))
      case .t0:
        return .traced(
          AgentTraceProbe(name: probe.name, metrics: metrics.map(AgentTraceProbe.Metric.init)))
      }
    }
    return try FieldBundle(probes: made).bytes()
  }
}

/// Why a campaign cannot be made as asked.
package struct CampaignDraftError: Error, Sendable, Equatable {
  package var what: String
  package var remedy: String
}
