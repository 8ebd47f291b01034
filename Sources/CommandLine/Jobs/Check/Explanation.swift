import Catalogs
import Experiments
import Foundation
import POSIXSupport
import RegressionAnalysis
import Reporting
import RunRecords

/// The second pass of a check: why is it slower? Fresh runs of both firmwares with the probes of
/// the steps that the slower operations pass through.
package struct Explanation: Sendable {
  package let check: CheckExperiment
  package let bench: Workbench

  package init(
    check: CheckExperiment, bench: Workbench
  ) {
    self.check = check
    self.bench = bench
  }

  /// Probes of the slower metrics, and of their steps; nil when no metric is slower, or its
  /// steps are not known.
  private func probes(_ verdict: Verdict, _ chain: ProbeChain) throws -> [ProbeManifest]? {
    let slower = verdict.metrics.filter { $0.outcome == .regression }.map(\.id)
    let steps = chain.probes(explaining: slower)
    guard !slower.isEmpty, !steps.isEmpty else { return nil }
    var names: [String] = []
    for name in slower.map(\.probe) + steps
    where !names.contains(name) && bench.catalog.probes[name] != nil { names.append(name) }
    return try names.map { try bench.catalog.probe($0) }
  }

  /// Makes the pass and says why each metric that got slower in the check's verdict did; empty when
  /// there is nothing to explain. `limit` is the time that is left; nil = as much as it takes.
  package func make(_ verdict: Verdict, limit: Duration?) async throws -> [Attribution] {
    let chain = bench.catalog.chain
    guard let probes = try probes(verdict, chain) else { return [] }
    var pass = check
    pass.setup.id = "\(check.setup.id)-explain"
    pass.plan.probes = probes
    pass.plan.suite.probes = probes.map(\.name)
    // The check has measured the cost of its probes; a pass with more is not judged by it.
    pass.plan.suite.overhead.iterations = 0
    pass.bundle = try await bench.bundle(abi: check.bundle.abi, probes: probes)
    pass.directory = CheckDirectory(path: "\(check.directory.path)/explain")
    var design = check.setup.design
    design.mostRuns = design.runs
    pass.setup.mostRuns = design.runs
    try pass.begin()
    check.console.note(
      "explaining with \(probes.map(\.name).joined(separator: ", ")): "
        + "up to \(design.runs) + \(design.runs) fresh runs")
    let outcome = try await pass.run(design, limit: limit)
    let found = attribute(base: verdict, explain: outcome.verdict, chain: chain)
    try AtomicFile.write(
      try encodedJSON(found), to: "\(check.directory.path)/explanation.json")
    try AtomicFile.write(
      try outcome.verdict.encoded(), to: "\(pass.directory.path)/verdict.json")
    return found
  }
}

extension Catalog {
  /// Which probes see the steps of which.
  fileprivate var chain: ProbeChain {
    let ordered = probes.sorted { $0.key < $1.key }.map(\.value)
    return ProbeChain(
      related: probes.mapValues(\.related),
      metrics: ordered.flatMap { $0.metrics.map { ($0.name, $0.title) } })
  }
}
