import Catalogs

/// Writes the BPF program of a probe whose metrics are tables, over `bpf/include`.
///
/// The text is meant to be read: it is what one would write by hand for the same table.
package struct ProbeProgram: Sendable {
  private let probe: ProbeManifest
  private let metrics: [MetricProgram]

  /// - Returns: nil for a probe that has a source of its own.
  package init?(_ probe: ProbeManifest) {
    guard probe.object == nil else { return nil }
    self.probe = probe
    metrics = probe.metrics.enumerated().compactMap { index, metric in
      metric.table.map { MetricProgram(metric: metric, table: $0, index: index) }
    }
  }

  /// C for the BPF target; ends with a newline.
  package var text: String {
    let head =
      [
        "// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0",
        "/* Written by latgate from the tables of probe \(probe.name). */",
        "#define LG_METRICS \(metrics.count)",
        // Any context may interrupt a single event of another.
        isNested ? "#define LG_NEST_LEVELS 4" : nil,
        metrics.contains { $0.metric.kind == .events } ? "#define LG_ROWS" : nil,
        "#include \"probe.h\"",
      ].compactMap(\.self).joined(separator: "\n")
    let hooks = hooks
    let parts =
      [head] + structures(hooks) + metrics.flatMap(\.declarations) + metrics.flatMap(\.functions)
      + hooks.flatMap { [$0.function(isNested: isNested)] + $0.programs }
    return parts.joined(separator: "\n\n") + "\n"
  }

  private var isNested: Bool { metrics.contains { $0.table.isSingle } }

  /// Hooks in the order of the tables. One that ends an operation and begins another does both, the
  /// end first.
  private var hooks: [HookProgram] {
    var hooks: [HookProgram] = []
    var groups = 0
    for metric in metrics {
      for (number, span) in metric.table.spans.enumerated() {
        // Of several metrics each is measured where its own hooks are.
        let isNeeded = metrics.count == 1 && !span.isOptional
        let group = isNeeded ? nil : groups
        groups += 1
        let ends = [(span.from, false), (span.to, true)].suffix(metric.table.isSingle ? 1 : 2)
        for (event, isEnd) in ends {
          let step = HookProgram.Step(metric: metric, span: number, isEnd: isEnd, event: event)
          if let at = hooks.firstIndex(where: { $0.event.hook == event.hook }) {
            hooks[at].add(step, group: group)
          } else {
            hooks.append(HookProgram(step, group: group))
          }
        }
      }
    }
    return hooks
  }

  /// The kernel's structs as far as fields are read of them.
  private func structures(_ hooks: [HookProgram]) -> [String] {
    var members: [(name: String, fields: [String])] = []
    func add(_ name: String, _ field: String) {
      guard let at = members.firstIndex(where: { $0.name == name }) else {
        return members.append((name, [field]))
      }
      if !members[at].fields.contains(field) { members[at].fields.append(field) }
    }
    for hook in hooks {
      for field in hook.fields {
        if case .member(_, let path) = field.source {
          for member in path.dropLast() {
            add("\(member.structure)___span", "const void *\(member.name)")
          }
          if let last = path.last, hook.isText(field.name) {
            add("\(last.structure)___span", "const char *\(last.name)")
          } else if let last = path.last {
            add("\(last.structure)___span", "u32 \(last.name)")
            add("\(last.structure)___named", "lg_named \(last.name)")
          }
        }
        if hook.event.rungs.contains(.tracepoint), let record = hook.record {
          add("\(record)___span", "u32 \(field.name)")
        }
      }
    }
    guard !members.isEmpty else { return [] }
    let texts = members.map { structure in
      "struct \(structure.name) {\n"
        + structure.fields.map { "\t\($0);\n" }.joined() + "};"
    }
    return [
      "#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)"
    ] + texts + ["#pragma clang attribute pop"]
  }
}
