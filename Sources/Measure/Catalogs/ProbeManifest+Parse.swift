extension ProbeManifest {
  /// Reads a manifest.
  ///
  /// - Parameters:
  ///   - text: the YAML.
  ///   - file: its path, for messages.
  /// - Returns: the manifest, without any problem of its own.
  /// - Throws: ``CatalogError`` with every problem found.
  package static func parse(
    _ text: String, file: String
  ) throws(CatalogError) -> ProbeManifest {
    try parse(text, file: file, others: nil)
  }

  /// As ``parse(_:file:)``, with checks against the files read before.
  static func parse(
    _ text: String, file: String, others: OtherFiles?
  ) throws(CatalogError) -> ProbeManifest {
    try parseDocument(text, file: file, nameKey: "probe", others: others) { document in
      guard let root = document.mapping(known: Self.keys) else { return nil }
      var probe = ProbeManifest(
        name: root.required("probe", remedy: "name the probe, such as 'probe: runqueue'")?.name()
          ?? "",
        title: root.required("title", remedy: "say in a few words what it measures")?.text() ?? "",
        question: root.required("question", remedy: "write the question it answers")?.text() ?? "",
        object: root.optional("object")?.text(),
        isRare: root.optional("rare")?.boolean() ?? false,
        cost: root.required("cost", remedy: "write low, medium or high")?.choice() ?? .low,
        privacy: root.required("privacy", remedy: "write none, names or paths")?.choice() ?? .none,
        comparedWith: root.optional("compared_with")?.text().flatMap { $0 == "none" ? nil : $0 },
        t0Events: root.items("t0") { $0.text() },
        metrics: (root.required("metrics", remedy: "list at least one metric")?.list() ?? [])
          .compactMap(ProbeMetric.read),
        related: root.items("related") { $0.text() },
        check: root.optional("check").flatMap(readCheck), file: file)
      probe.readLeast(root)
      probe.placeTables()
      probe.takeEventsOfTables(root)
      probe.checkNames(root)
      probe.checkSource(root)
      probe.checkHooks(root)
      reportDuplicates(probe.related, in: root.optional("related"))
      for name in probe.related where others?.hasProbe(name) == false {
        root.optional("related")?.report(
          "there is no probe '\(name)'",
          remedy: "name probes of the same directory, or of those read before it")
      }
      if let others, let object = root.optional("object"), let name = probe.object,
        !others.files.exists("\(CatalogDirectory.probes.rawValue)/\(name)")
      {
        object.report(
          "there is no file '\(name)' beside the manifest",
          remedy: "correct the name, or add the source")
      }
      return probe
    }
  }

  /// What the agent can make alone.
  private static func readCheck(_ value: FieldReader) -> WorkloadStep? {
    let step = WorkloadStep.read(value, timeout: .seconds(30), inPhase: false)
    if let step, case .run = step.action { return step }
    if step != nil { value.report("a check is made on the device", remedy: "write run or shell") }
    return nil
  }

  /// Of metrics that are there.
  private mutating func readLeast(_ root: MappingReader) {
    guard let list = root.optional("check_least") else { return }
    if check == nil { list.report("there is no check", remedy: "give 'check', or remove it") }
    for (name, count) in list.anyMapping()?.entries ?? [] {
      guard metrics.contains(where: { $0.name == name }) else {
        count.report(
          "there is no metric '\(name)'", remedy: "name metrics of this probe, with its name")
        continue
      }
      checkLeast[name] = count.integer(in: 1...1_000_000).map { UInt64($0) }
    }
  }

  private static let keys = [
    "probe", "title", "question", "object", "cost", "privacy", "compared_with", "t0", "metrics",
    "related", "check", "check_least", "rare",
  ]

  /// A written program counts in the order of the manifest.
  private mutating func placeTables() {
    for index in metrics.indices where metrics[index].table != nil {
      metrics[index].counters = index
    }
  }

  /// What a table is made of can be read off it.
  private mutating func takeEventsOfTables(_ root: MappingReader) {
    guard metrics.contains(where: { $0.table != nil }) else { return }
    root.optional("t0")?.report(
      "a probe with 'spans' has no 't0'",
      remedy: "remove it: the trace events are those of the spans")
    var seen: Set<String> = []
    t0Events = metrics.filter(\.isInT0).flatMap { metric in
      (metric.table?.spans ?? []).filter(\.isTraced).flatMap { [$0.from, $0.to] }
        .compactMap { $0.tracepoint?.event }
    }.filter { seen.insert($0).inserted }
  }

  /// Either a program, or tables to write it from.
  private func checkSource(_ root: MappingReader) {
    let tables = metrics.count { $0.table != nil }
    if let object = root.optional("object") {
      if tables > 0 {
        object.report(
          "a probe with 'spans' has no source of its own", remedy: "remove 'object', or the spans")
      }
    } else if tables < metrics.count || metrics.isEmpty {
      _ = root.required(
        "object", remedy: "name the BPF source, such as runqueue.bpf.c, or give 'spans' to metrics")
    }
  }

  /// A hook of several spans is one place with one set of fields.
  private func checkHooks(_ root: MappingReader) {
    var seen: [String: SpanEvent] = [:]
    let spans = metrics.compactMap(\.table).flatMap(\.spans)
    if spans.count > 64 {
      root.optional("metrics")?.report(
        "more than 64 spans", remedy: "make two probes of it")
    }
    for event in spans.flatMap({ [$0.from, $0.to] }) {
      guard let other = seen.updateValue(event, forKey: event.hook) else { continue }
      let isSame = event.fields.allSatisfy { field in
        other.field(field.name).map { $0 == field } ?? true
      }
      var plain = event
      plain.fields = other.fields
      // What is asked of it is each metric's own.
      plain.conditions = other.conditions
      guard !isSame || plain != other else { continue }
      root.optional("metrics")?.report(
        "'\(event.hook)' is described in two ways",
        remedy: "repeat its rungs and fields as they are")
    }
  }

  /// Metrics belong to the probe, and nothing is named twice.
  private func checkNames(_ root: MappingReader) {
    if let list = root.optional("metrics") {
      if metrics.isEmpty, list.node.sequence?.isEmpty == true {
        list.report("the list is empty", remedy: "a probe needs at least one entry here")
      }
      reportDuplicates(metrics.map(\.name), in: list)
    }
    reportDuplicates(metrics.map { "counters \($0.counters)" }, in: root.optional("metrics"))
    for metric in metrics where !name.isEmpty && !metric.name.hasPrefix("\(name).") {
      root.optional("metrics")?.report(
        "metric '\(metric.name)' does not begin with '\(name).'",
        remedy: "name it '\(name).…', so that its name says which probe it is of")
    }
  }
}

extension OtherFiles {
  /// Whether there is a probe of that name: one read before, or one beside the manifest.
  fileprivate func hasProbe(_ name: String) -> Bool {
    taken[name] != nil || files.exists("\(CatalogDirectory.probes.rawValue)/\(name).yaml")
  }
}

/// Reports every name that is in `names` more than once.
func reportDuplicates(_ names: [String], in list: FieldReader?) {
  var seen: Set<String> = []
  for name in names where !name.isEmpty && !seen.insert(name).inserted {
    list?.report("'\(name)' is there twice", remedy: "rename or remove one of them")
  }
}

extension ProbeMetric {
  fileprivate static func read(_ value: FieldReader) -> Self? {
    let keys = ["metric", "kind", "help", "title", "unit", "map", "counters", "names", "t0", "key"]
    guard let map = value.mapping(known: keys + SpanTable.keys) else { return nil }
    let kind = map.optional("kind")?.choice(of: Kind.self) ?? .histogram
    if map.optional("spans") != nil || map.optional("at") != nil { return readTable(map, kind) }
    _ = SpanTable.read(map, kind: kind, key: [])
    var metric = ProbeMetric(
      name: map.required("metric", remedy: "name it, such as runqueue.wait")?.name() ?? "",
      help: map.required("help", remedy: "say what is timed, from when to when")?.text() ?? "",
      title: map.optional("title")?.text(),
      kind: kind,
      unit: map.required("unit", remedy: "write 'unit: ns'")?.metricUnit() ?? "ns",
      map: map.required("map", remedy: "name the BPF map of the \(kind.rawValue)s")?.text() ?? "",
      counters: map.required("counters", remedy: "give the metric's index in lg_counters")?
        .integer(in: 0...63) ?? 0,
      namesMap: map.optional("names")?.text(),
      isInT0: map.optional("t0")?.boolean() ?? true,
      key: map.items("key", KeyField.read))
    if kind == .events {
      metric.ownColumns = ResultColumn.ofProgram(map)
      map.optional("key")?.report(
        "events have no labels", remedy: "make columns of them, and remove 'key'")
    }
    reportDuplicates(
      metric.key.filter { $0.kind != .padding }.map(\.name), in: map.optional("key"))
    return metric
  }

  /// A metric with spans: names of maps come from its own.
  private static func readTable(_ map: MappingReader, _ kind: Kind) -> Self? {
    let name = map.required("metric", remedy: "name it, such as reclaim.direct")?.name() ?? ""
    let key = map.items("key", KeyField.read)
    reportDuplicates(key.map(\.name), in: map.optional("key"))
    let table = SpanTable.read(map, kind: kind, key: key)
    let unit = map.required("unit", remedy: "write 'unit: ns'")?.metricUnit()
    if kind == .histogram || kind == .stacks, table?.isSingle == false, let unit, unit != "ns" {
      map.optional("unit")?.report("durations are in ns", remedy: "write 'unit: ns'")
    }
    let identifier = String(name.map { $0 == "." || $0 == "-" ? "_" : $0 })
    return ProbeMetric(
      name: name,
      help: map.required("help", remedy: "say what is timed, from when to when")?.text() ?? "",
      title: map.optional("title")?.text(),
      kind: kind, unit: unit ?? "ns",
      map: kind.mapPrefix + identifier, counters: 0,
      namesMap: table?.nameField == nil ? nil : "n_\(identifier)",
      isInT0: (map.optional("t0")?.boolean() ?? true) && table?.isInT0(key) ?? false,
      table: table, key: key)
  }
}

extension ProbeMetric.Kind {
  /// What names of its maps begin with, for the agent.
  var mapPrefix: String {
    switch self {
    case .histogram: "h_"
    case .counter: "c_"
    case .events: "e_"
    case .stacks: "k_"
    }
  }
}

extension KeyField {
  fileprivate static func read(_ value: FieldReader) -> Self? {
    guard let map = value.mapping(known: ["field", "size", "kind", "values"]) else { return nil }
    let kind = Kind.read(map)
    let isFree = kind == .padding || kind == .text
    let sizeRemedy = "give the field's bytes in the map's key: 1, 2, 4 or 8"
    let size = map.required("size", remedy: sizeRemedy)
    let bytes = size?.integer(in: 1...(isFree ? 64 : 8))
    if let bytes, !isFree, ![1, 2, 4, 8].contains(bytes) {
      size?.report("a field cannot be of \(bytes) bytes", remedy: "write 1, 2, 4 or 8")
    }
    return KeyField(
      name: map.required("field", remedy: "name the label, such as 'field: class'")?.name() ?? "",
      size: bytes ?? 0, kind: kind)
  }
}

extension KeyField.Kind {
  private enum Name: String, CaseIterable {
    case number, syscall, signed, text, padding, ipv4
    case blockDevice = "block-device"
  }

  /// Of a label or column, by its `kind` or `values`.
  static func read(_ map: MappingReader) -> Self {
    if let values = map.optional("values") {
      map.optional("kind")?.report(
        "kind and values exclude each other", remedy: "keep one of them")
      return .values(readNames(values))
    }
    return switch map.optional("kind")?.choice(of: Name.self) {
    case .syscall: .syscall
    case .blockDevice: .blockDevice
    case .ipv4: .ipv4
    case .padding: .padding
    case .signed: .signed
    case .text: .text
    case .number, nil: .number
    }
  }

  private static func readNames(_ value: FieldReader) -> [UInt64: String] {
    var names: [UInt64: String] = [:]
    for (key, name) in value.anyMapping()?.entries ?? [] {
      guard let number = UInt64(key) else {
        name.report(
          "'\(key)' is not a whole number", remedy: "write the key's number, then its name")
        continue
      }
      names[number] = name.text() ?? ""
    }
    return names
  }
}
