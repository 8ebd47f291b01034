import RunRecords
import Yams

extension SuiteDefinition {
  /// Reports names of the suite that do not exist: devices, workloads, probes, firmwares, metrics.
  ///
  /// Directories in `broken` are not complete, so nothing is said about names of their kind.
  func checkReferences(
    _ document: FieldReader, _ catalog: Catalog, _ broken: Set<CatalogDirectory>
  ) {
    guard let root = document.node.mapping.flatMap({ _ in document.anyMapping() }) else { return }
    func check(_ field: FieldReader?, _ name: String, _ kind: String, _ known: [String]) {
      guard !name.isEmpty, !known.contains(name) else { return }
      field?.report(
        "there is no \(kind) '\(name)'",
        remedy: Catalogs.remedy(forUnknown: name, known: known))
    }
    if !broken.contains(.devices) {
      check(root.optional("device"), device, "device", Array(catalog.devices.keys))
      for (key, name) in [("reference", reference), ("candidate", candidate)] {
        guard let name, let device = catalog.devices[device], device.kind == .virtual else {
          continue
        }
        check(
          root.optional(key), name, "firmware of device '\(device.name)'",
          Array(device.firmwares.keys))
      }
    }
    if !broken.contains(.workloads) {
      check(root.optional("workload"), workload, "workload", Array(catalog.workloads.keys))
    }
    if !broken.contains(.probes), let items = root.optional("probes")?.node.sequence {
      for (index, name) in items.enumerated() {
        let field = FieldReader(
          node: name, path: "probes[\(index)]", problems: document.problems)
        check(field, name.scalar?.string ?? "", "probe", Array(catalog.probes.keys))
      }
    }
    if broken.isDisjoint(with: [.probes, .workloads]) { checkPatterns(root, catalog) }
  }

  /// A pattern that no metric of the suite can match is mistyped, and would gate nothing.
  private func checkPatterns(_ root: MappingReader, _ catalog: Catalog) {
    guard let gates = root.optional("gates")?.node.mapping,
      let workload = catalog.workloads[workload],
      probes.allSatisfy({ catalog.probes[$0] != nil })
    else { return }
    let metrics = probes.compactMap { catalog.probes[$0] }.flatMap(\.metrics).map {
      (name: $0.name, key: $0.key, phases: workload.phases.map(\.name))
    }
    let scalars = workload.phases.flatMap { phase in
      phase.steps.flatMap(\.scalars).map {
        (name: $0.metric, key: [KeyField](), phases: [phase.name])
      }
    }
    func check(_ node: Yams.Node?, _ path: String) {
      guard let node, let text = node.scalar?.string, let pattern = MetricPattern(text),
        !(metrics + scalars).contains(where: { pattern.canMatch($0.name, $0.key, $0.phases) })
      else { return }
      let fields = metrics.filter { glob(pattern.name, matches: $0.name) }.flatMap(\.key)
      FieldReader(node: node, path: path, problems: root.value.problems).report(
        "no metric of this suite matches '\(text)'",
        remedy: (pattern.valueHint(fields)
          ?? Catalogs.remedy(
            forUnknown: pattern.name, known: Set((metrics + scalars).map(\.name))))
          + pattern.phaseHint(workload.phases.map(\.name)))
    }
    for (index, node) in (gates["metrics"]?.sequence ?? []).enumerated() {
      check(node, "gates.metrics[\(index)]")
    }
    let counters = probes.compactMap { catalog.probes[$0] }.flatMap(\.metrics)
      .filter { $0.kind == .counter }.map(\.name)
    for (key, _) in gates["counters"]?.mapping ?? [:] {
      guard let name = key.scalar?.string, !counters.contains(name) else { continue }
      FieldReader(node: key, path: "gates.counters", problems: root.value.problems).report(
        "no probe of this suite has a counter '\(name)'",
        remedy: Catalogs.remedy(forUnknown: name, known: counters))
    }
    for (index, node) in (gates["sentinels"]?.sequence ?? []).enumerated() {
      check(node, "gates.sentinels[\(index)]")
    }
    checkDeadlines(root, catalog, (gates["deadlines"]?.sequence).map { Array($0) } ?? [], check)
    for (index, node) in (gates["budgets"]?.sequence ?? []).enumerated() {
      check(node.mapping?["metric"], "gates.budgets[\(index)].metric")
    }
  }

  /// A deadline is for the histograms of a probe, in ns: it counts operations.
  private func checkDeadlines(
    _ root: MappingReader, _ catalog: Catalog, _ deadlines: [Yams.Node],
    _ check: (Yams.Node?, String) -> Void
  ) {
    let metrics = probes.compactMap { catalog.probes[$0] }.flatMap(\.metrics)
    let timed = metrics.filter { $0.kind == .histogram && $0.unit == "ns" }.map(\.name)
    let stacks = metrics.filter { $0.kind == .stacks }.map(\.name)
    for (index, node) in deadlines.enumerated() {
      if let own = node.mapping?["stacks"], let text = own.scalar?.string, !stacks.contains(text) {
        FieldReader(
          node: own, path: "gates.deadlines[\(index)].stacks", problems: root.value.problems
        ).report(
          "no probe of this suite has a metric of stacks '\(text)'",
          remedy: stacks.isEmpty
            ? "add a probe of stacks, such as profile, to 'probes'"
            : Catalogs.remedy(forUnknown: text, known: stacks))
      }
      let (name, path) = (node.mapping?["metric"], "gates.deadlines[\(index)].metric")
      guard let name, let text = name.scalar?.string, let pattern = MetricPattern(text) else {
        continue
      }
      guard timed.contains(where: { glob(pattern.name, matches: $0) }) else {
        FieldReader(node: name, path: path, problems: root.value.problems).report(
          "'\(text)' has no durations of single operations, which a deadline counts",
          remedy: Catalogs.remedy(forUnknown: pattern.name, known: Set(timed)))
        continue
      }
      check(name, path)
    }
  }
}

extension MetricPattern {
  /// Whether a metric of that name, with labels of these fields, in one of these phases, could
  /// match.
  fileprivate func canMatch(_ name: String, _ key: [KeyField], _ phases: [String]) -> Bool {
    glob(self.name, matches: name)
      && labels.allSatisfy { label, value in
        key.contains { $0.name == label && $0.canMatch(value) }
      }
      && (phase.map { phase in phases.contains { glob(phase, matches: $0) } } ?? true)
  }

  /// What a label may be whose value none of these fields has; nil when that is not the trouble.
  fileprivate func valueHint(_ fields: [KeyField]) -> String? {
    for (label, value) in labels.sorted(by: { $0.key < $1.key }) {
      let own = fields.filter { $0.name == label }
      if own.isEmpty || own.contains(where: { $0.canMatch(value) }) { continue }
      let values = own.flatMap { field -> [String] in
        if case .values(let names) = field.kind { Array(names.values) } else { [] }
      }
      return values.isEmpty
        ? "label '\(label)' is a number"
        : "label '\(label)': " + Catalogs.remedy(forUnknown: value, known: Set(values))
    }
    return nil
  }

  fileprivate func phaseHint(_ phases: [String]) -> String {
    phase == nil ? "" : "; phases: \(phases.joined(separator: ", "))"
  }
}
