import Foundation
import KernelTypes

/// The output of `latgate preflight`.
package struct PreflightReport: Sendable {
  private let result: PreflightResult

  package init(_ result: PreflightResult) {
    self.result = result
  }

  /// Schema `latgate.preflight/1`.
  package func json() throws -> Data { try encodedJSON(result) }

  /// The table for people, with a newline after each line.
  package func text(width: Int, style: TextStyle) -> String {
    var lines = header(width, style)
    lines.append("")
    lines += table(width, style)
    let notes = notes(width, style)
    if !notes.isEmpty { lines += [""] + notes }
    if let comparison = result.comparison { lines += [""] + changes(comparison, width, style) }
    return lines.map { $0 + "\n" }.joined()
  }

  private func header(_ width: Int, _ style: TextStyle) -> [String] {
    let count = result.probes.count
    func probes(_ outcome: PreflightResult.Outcome) -> Int {
      result.probes.count { $0.outcome == outcome }
    }
    let verdict: String
    let emphasis: Emphasis
    switch result.outcome {
    case .fits: (verdict, emphasis) = ("FITS all \(counted(count, "probe"))", .good)
    case .lost: (verdict, emphasis) = ("LOST \(probes(.lost)) of \(counted(count, "probe"))", .bad)
    case .unknown:
      (verdict, emphasis) = (
        "UNKNOWN for \(probes(.unknown)) of \(counted(count, "probe"))", .doubtful
      )
    }
    let source =
      switch result.origin {
      case "vmlinux": "BTF of a vmlinux"
      case "dwarf": "BTF made from DWARF"
      case "image": "BTF of a kernel image"
      default: "BTF"
      }
    let facts = [
      result.abi, source, "\(humanCount(UInt64(result.types))) types",
      "build-id \(result.buildID ?? "unknown")",
    ]
    return [emphasis.applied(to: verdict, style) + " " + oneLine(result.file)]
      + wrapped(facts.joined(separator: " · "), width: width).map {
        Emphasis.dim.applied(to: $0, style)
      }
  }

  private func table(_ width: Int, _ style: TextStyle) -> [String] {
    var table = TextTable(columns: [
      .init(title: "probe"), .init(title: "here"), .init(title: "attached by", isElastic: true),
      .init(title: "hooks", alignment: .right), .init(title: "reads", alignment: .right),
      .init(title: "T0 events"),
    ])
    for probe in result.probes {
      let attached = probe.hooks.count { !$0.rung.isEmpty }
      table.add(
        .init(probe.probe, .strong), .init(probe.outcome.rawValue, probe.outcome.emphasis),
        .init(probe.rungs), .init("\(attached)/\(probe.hooks.count)"),
        .init("\(probe.reads)"),
        .init(
          probe.t0Events.isEmpty ? "none" : "\(probe.t0Present.count)/\(probe.t0Events.count)"))
    }
    return table.lines(width: width, style: style)
  }

  private func notes(_ width: Int, _ style: TextStyle) -> [String] {
    var notes: [(String, Emphasis)] = []
    for probe in result.probes {
      for reason in probe.reasons {
        notes.append(("\(probe.probe): \(reason)", probe.outcome.emphasis))
      }
      // Reasons name needed hooks; a probe that fits may still lack optional ones.
      for hook in probe.hooks where hook.outcome != .fits && probe.outcome == .fits {
        notes.append(("\(probe.probe): without optional hook \(hook.hook): \(hook.why)", .dim))
      }
      if !probe.spared.isEmpty {
        notes.append(
          ("\(probe.probe): does without \(probe.spared.joined(separator: ", "))", .dim))
      }
    }
    let passed = Set(
      result.probes.flatMap(\.hooks).filter { $0.outcome == .fits && !$0.why.isEmpty }.map(\.why))
    for why in passed.sorted() { notes.append(("passed over: \(why)", .dim)) }
    return notes.flatMap { text, emphasis in
      wrapped(text, width: width, indent: "  ").map { emphasis.applied(to: $0, style) }
    }
  }

  private func changes(
    _ comparison: KernelComparison, _ width: Int, _ style: TextStyle
  ) -> [String] {
    let title =
      comparison.changes.isEmpty
      ? "Nothing that the probes depend on changed since"
      : "\(counted(comparison.changes.count, "change")) since"
    var lines = wrapped(
      "\(title) \(comparison.against), build-id \(comparison.buildID ?? "unknown") "
        + "(\(comparison.compared) tracepoints, functions and fields compared)",
      width: width
    ).map { Emphasis.strong.applied(to: $0, style) }
    for change in comparison.changes {
      let emphasis: Emphasis = change.after == nil ? .bad : change.before == nil ? .good : .doubtful
      lines.append(
        "  " + emphasis.applied(to: "\(change.kind.rawValue) \(oneLine(change.subject))", style)
          + Emphasis.dim.applied(to: "  (\(change.probes.joined(separator: ", ")))", style))
      let after = (change.after ?? "gone") + (change.hint.map { "; \($0)" } ?? "")
      for line in wrapped(
        "\(change.before ?? "not there") -> \(after)", width: width - 4, indent: "  ")
      {
        lines.append("    " + line)
      }
    }
    return lines
  }
}

extension PreflightResult.Outcome {
  fileprivate var emphasis: Emphasis {
    switch self {
    case .fits: .good
    case .lost: .bad
    case .unknown: .doubtful
    }
  }
}

extension PreflightResult.Probe {
  /// The rung that all its hooks share, else how many have which.
  fileprivate var rungs: String {
    let rungs = hooks.map(\.rung).filter { !$0.isEmpty }
    let kinds = Set(rungs)
    if kinds.count <= 1 { return kinds.first ?? "-" }
    return kinds.sorted().map { kind in "\(kind) \(rungs.count { $0 == kind })" }
      .joined(separator: ", ")
  }
}
