import FleetAnalysis
import Foundation

/// Pictures of one metric of a campaign, from what its verdict releases.
struct CampaignCharts {
  let metric: String
  let verdict: FleetVerdict

  /// Campaigns measure durations.
  private static let unit = "ns"

  var markup: Markup {
    var figures: [Markup] = []
    if let released = verdict.release.distributions.first(where: { $0.metric == metric }) {
      figures.append(
        figure(
          DistributionChart(curve: curve(released)).markup,
          "All events since the offer on a logarithmic axis, a step per octave; areas are shares."))
    }
    let points = verdict.comparisons.filter { $0.metric == metric && $0.model == nil }.map {
      VerdictReport.Movement.Shift(
        probability: $0.quantile, change: $0.change, lower: $0.low, upper: $0.high)
    }
    if points.count > 1 {
      figures.append(
        figure(
          ShiftChart(points: points).markup,
          "How far each quantile lies from the control's, with bounds that hold at all looks."))
    }
    if let heat {
      figures.append(figure(heat, "Each day, the control's column before the candidate's."))
    }
    guard !figures.isEmpty else { return .group([]) }
    return .tag(
      "article", [:],
      [.tag("h3", text: metric), .tag("div", ["class": "charts"], figures)])
  }

  private func figure(_ picture: Markup, _ caption: String) -> Markup {
    .tag("figure", [:], [picture, .tag("figcaption", text: caption)])
  }

  private func curve(_ released: FleetRelease.Distribution) -> VerdictReport.Movement.Curve {
    let edges = Self.edges([released.control, released.candidate])
    return VerdictReport.Movement.Curve(
      unit: Self.unit, edges: edges, reference: Self.shares(released.control, edges),
      candidate: Self.shares(released.candidate, edges))
  }

  /// Days with their distributions; nil with fewer than two.
  private var heat: Markup? {
    let days = verdict.release.days.filter { $0.metric == metric }
    let numbers = Set(days.map(\.day)).sorted()
    guard let first = numbers.first, let last = numbers.last, numbers.count > 1 else { return nil }
    let edges = Self.edges(days.map(\.buckets))
    let heat = VerdictReport.Movement.Heat(
      edges: edges,
      columns: days.map {
        VerdictReport.Movement.Heat.Column(
          run: $0.day - first, isCandidate: $0.isCandidate, shares: Self.shares($0.buckets, edges))
      })
    return HeatChart(
      heat: heat, unit: Self.unit, ends: (first: Self.date(first), last: Self.date(last))
    ).markup
  }

  /// `2030-01-31` of a day since 1970.
  static func date(_ day: Int) -> String {
    Date(timeIntervalSince1970: Double(day) * 86400).formatted(
      .iso8601.year().month().day())
  }

  /// Borders of all octaves that the buckets cover.
  private static func edges(_ all: [[FleetRelease.Bucket]]) -> [Double] {
    let lowest = all.joined().map(\.lower).min() ?? 0
    let highest = all.joined().map(\.upper).max() ?? 1
    var edges = [Double(lowest)]
    var next = max(lowest, 1)
    if lowest == 0 { edges.append(1) }
    while next < highest {
      next *= 2
      edges.append(Double(next))
    }
    return edges
  }

  /// Shares between the edges; a bucket of several octaves is spread over them.
  private static func shares(_ buckets: [FleetRelease.Bucket], _ edges: [Double]) -> [Double] {
    zip(edges, edges.dropFirst()).map { lower, upper in
      guard
        let bucket = buckets.first(where: {
          Double($0.lower) <= lower && upper <= Double($0.upper)
        })
      else { return 0 }
      let octaves = edges.count {
        Double(bucket.lower) <= $0 && $0 < Double(bucket.upper)
      }
      return Double(bucket.share) / 1000 / Double(max(1, octaves))
    }
  }
}
