/// A place in the kernel that a probe attaches to.
package struct ProbeHook: Sendable, Equatable {
  package var name: String
  /// Ways to attach, best first, such as `tp_btf`.
  package var rungs: [String]
  /// Whether kernels without it are fine.
  package var isOptional: Bool

  package init(name: String, rungs: [String], isOptional: Bool) {
    self.name = name
    self.rungs = rungs
    self.isOptional = isOptional
  }
}

extension ProbeManifest {
  /// The hooks of its tables; empty where it has a program of its own, which says them.
  package var spanHooks: [ProbeHook] {
    var hooks: [ProbeHook] = []
    for span in metrics.compactMap(\.table).flatMap(\.spans) {
      for event in [span.from, span.to] {
        if let known = hooks.firstIndex(where: { $0.name == event.hook }) {
          hooks[known].isOptional = hooks[known].isOptional && span.isOptional
          continue
        }
        let rungs = SpanEvent.Rung.allCases.filter(event.rungs.contains)
        hooks.append(
          ProbeHook(
            name: event.hook, rungs: rungs.map(\.rawValue), isOptional: span.isOptional))
      }
    }
    return hooks
  }
}
