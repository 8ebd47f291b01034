import FleetAnalysis

/// All campaigns of a collector: the first page of its dashboard.
package struct CampaignListPage {
  package struct Row: Sendable {
    package var campaign: String
    /// At least so many; nil: fewer than may be counted.
    package var devices: Int?
    package var last: CampaignReport?

    package init(campaign: String, devices: Int?, last: CampaignReport?) {
      self.campaign = campaign
      self.devices = devices
      self.last = last
    }
  }

  private let rows: [Row]
  private let k: Int

  package init(_ rows: [Row], k: Int) {
    self.rows = rows
    self.k = k
  }

  /// The document, with a newline at its end.
  package var html: String {
    let head = Markup.tag(
      "header", [:],
      [
        .tag("h1", text: "Campaigns"),
        .tag("p", text: "\(counted(rows.count, "campaign")) with reports in this collector."),
      ])
    let titles = ["campaign", "verdict", "build", "looked at", "because", "devices"]
    let table = Markup.tag(
      "table", [:],
      [
        .tag("caption", text: "Campaigns and their last verdicts"),
        .tag(
          "thead", [:], [.tag("tr", [:], titles.map { .tag("th", ["scope": "col"], text: $0) })]),
        .tag("tbody", [:], rows.map(line)),
      ])
    let footer = Markup.tag(
      "footer", text: "latgate. Nothing is shown of fewer than \(k) devices.")
    return Markup.page(
      title: "Campaigns",
      [head] + (rows.isEmpty ? [] : [VerdictPage.scrolling(table, "Campaigns")]) + [footer])
  }

  private func line(_ row: Row) -> Markup {
    let verdict = row.last?.verdict
    return .tag(
      "tr", [:],
      [
        .tag(
          "th", ["scope": "row"],
          [.tag("a", ["href": "/campaigns/\(row.campaign)"], text: row.campaign)]),
        .tag(
          "td", ["class": verdict?.outcome.tone ?? "soft"], text: verdict?.outcome.word ?? "none"),
        .tag("td", text: row.last?.build ?? "–"), .tag("td", text: row.last?.asOf ?? "–"),
        .tag("td", text: verdict?.reasons.first ?? "–"),
        .tag("td", text: row.devices.map { "\($0) or more" } ?? "fewer than \(k)"),
      ])
  }
}
