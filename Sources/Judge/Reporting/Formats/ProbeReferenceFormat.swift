import Catalogs

/// ``ProbeCards`` as a page of Markdown: the reference of the probes.
struct ProbeReferenceFormat: ReportFormat {
  let name = "markdown"
  let summary = "a page of reference"

  func document(_ report: ProbeCards, _ layout: ReportLayout) -> String {
    let head = """
      # Probes

      One section for each probe that comes with latgate, written by `latgate probes show --format
      markdown`; `latgate probes show NAME --device DEVICE` also says how a device would attach it.
      [Tiers](glossary.md) are ways to reach the kernel; rungs are ways to attach to a hook.
      """
    return ([head] + report.cards.map(section)).joined(separator: "\n\n") + "\n"
  }

  private func section(_ card: ProbeCards.Card) -> String {
    let probe = card.probe
    var parts = ["## \(probe.name)", "\(probe.title). \(probe.question)"]
    parts.append(
      table(["", ""], card.facts.map { [$0.name, $0.text] }))
    for metric in probe.metrics {
      parts.append("### \(metric.name)")
      parts.append("In \(metric.unit): \(metric.help).")
      let pictures = card.pictures(of: metric)
      if !pictures.isEmpty {
        parts.append(pictures.map { "    " + $0 }.joined(separator: "\n"))
      }
      if !metric.labels.isEmpty {
        parts.append(
          table(["label", "values"], metric.labels.map { ["`\($0.name)`", $0.values] }))
      }
    }
    parts.append(
      table(
        ["hook", "rungs, best first", "may be absent"],
        card.hooks.map { hook in
          [
            "`\(hook.name)`", hook.rungs.map { "`\($0)`" }.joined(separator: ", "),
            hook.isOptional ? "yes" : "no",
          ]
        }))
    return parts.joined(separator: "\n\n")
  }

  private func table(_ titles: [String], _ rows: [[String]]) -> String {
    func line(_ cells: [String]) -> String {
      "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }
    return ([line(titles), "|" + titles.map { _ in "---|" }.joined()] + rows.map(line))
      .joined(separator: "\n")
  }
}
