import Catalogs
import RunRecords

/// A probe that cannot attribute an operation to its owner.
package struct ScopeError: Error, CustomStringConvertible {
  package let probe: ProbeManifest
  package let scope: RunScope

  package var description: String {
    let metrics = probe.metrics.filter { !$0.hasTask }.map(\.name).joined(separator: ", ")
    return "probe \(probe.name) cannot be restricted to \(scope.text): no task begins the "
      + "operations of \(metrics)\nmeasure it without a scope, or use one of the probes that split by class"
  }
}
