import RunRecords

extension SuiteDefinition {
  /// Reads a suite file. What it names is checked by ``Catalog``.
  ///
  /// - Parameters:
  ///   - text: the YAML.
  ///   - file: its path, for messages.
  /// - Returns: the suite, without any problem of its own.
  /// - Throws: ``CatalogError`` with every problem found.
  package static func parse(
    _ text: String, file: String
  ) throws(CatalogError) -> SuiteDefinition {
    try parse(text, file: file, others: nil)
  }

  /// As ``parse(_:file:)``, with checks against the files read before.
  static func parse(
    _ text: String, file: String, others: OtherFiles?
  ) throws(CatalogError) -> SuiteDefinition {
    try parseDocument(text, file: file, nameKey: "suite", others: others) {
      document in
      let suite = read(document, file: file)
      if let suite, let others { suite.checkReferences(document, others.catalog, others.broken) }
      return suite
    }
  }

  static let keys = [
    "suite", "description", "device", "workload", "probes", "reference", "candidate", "aa",
    "iterations", "warmup", "runs", "settle", "overhead", "limits", "gates",
  ]

  static func read(_ document: FieldReader, file: String) -> SuiteDefinition? {
    guard let root = document.mapping(known: keys) else { return nil }
    let probes = root.required("probes", remedy: "list at least one probe")
    if probes?.node.sequence?.isEmpty == true {
      probes?.report("the list is empty", remedy: "list at least one probe")
    }
    let names = (probes?.list() ?? []).compactMap { $0.name() }
    reportDuplicates(names, in: probes)
    let gates = root.optional("gates")?.mapping(
      known: ["tau", "quantiles", "budgets", "deadlines", "metrics", "sentinels", "counters"])
    return SuiteDefinition(
      name: root.required("suite", remedy: "name it, such as 'suite: demo'")?.name() ?? "",
      description: root.optional("description")?.text() ?? "",
      device: root.required("device", remedy: "name a device")?.name() ?? "",
      workload: root.required("workload", remedy: "name a workload")?.name() ?? "",
      probes: names, reference: root.optional("reference")?.name(),
      candidate: root.optional("candidate")?.name(),
      isAA: root.optional("aa")?.boolean() ?? false,
      iterations: root.optional("iterations")?.integer(in: 1...mostIterations) ?? 5,
      choosesIterations: root.optional("iterations") == nil,
      warmup: root.optional("warmup")?.integer(in: 0...100),
      runs: Runs.read(root.optional("runs")), settle: Settle.read(root.optional("settle")),
      overhead: Overhead.read(root.optional("overhead")),
      limits: Limits.read(root.optional("limits")), tau: Tau.read(gates?.optional("tau")),
      quantiles: Quantile.readAll(gates?.optional("quantiles")),
      budgets: gates?.items("budgets", Budget.read) ?? [],
      deadlines: gates?.items("deadlines", Deadline.read) ?? [],
      gating: gates?.optional("metrics")?.list().compactMap { $0.metricPattern() }
        ?? MetricPattern("*").map { [$0] } ?? [],
      sentinels: gates?.optional("sentinels")?.list().compactMap { $0.metricPattern() } ?? [],
      counters: readCounters(gates?.optional("counters")),
      file: file)
  }

  private static func readCounters(_ value: FieldReader?) -> [String: ScalarRecord.Better] {
    var counters: [String: ScalarRecord.Better] = [:]
    for (name, better) in value?.anyMapping()?.entries ?? [] {
      counters[name] = better.choice(of: ScalarRecord.Better.self)
    }
    return counters
  }
}

extension FieldReader {
  func metricPattern() -> MetricPattern? {
    parsed("a metric pattern, such as 'block.*', 'runqueue.wait{class=user}' or '*@fsync'") {
      MetricPattern($0)
    }
  }
}

extension SuiteDefinition.Runs {
  fileprivate static func read(_ value: FieldReader?) -> Self {
    // `screen` and `confirm` are what the two stages of earlier versions had.
    let map = value?.mapping(known: ["planned", "most", "screen", "confirm"])
    let screen = map?.optional("screen")?.integer(in: 3...100)
    let confirm = map?.optional("confirm")?.integer(in: 0...100)
    let stages = screen != nil || confirm != nil ? (screen ?? 4) + (confirm ?? 4) : nil
    let planned = map?.optional("planned")?.integer(in: 3...mostPlanned) ?? stages ?? 8
    let most =
      map?.optional("most")?.integer(in: planned...mostMade)
      ?? (confirm == 0 ? planned : usualMost(planned: planned))
    return Self(planned: planned, most: most)
  }
}

extension SuiteDefinition.Settle {
  fileprivate static func read(_ value: FieldReader?) -> Self {
    let map = value?.mapping(
      known: [
        "limit", "quiet", "uptime_min", "cpu_pressure_max", "cpu_busy_max", "iteration_limit",
      ])
    return Self(
      limit: map?.optional("limit")?.duration() ?? .seconds(300),
      quiet: map?.optional("quiet")?.duration() ?? .seconds(30),
      uptimeMin: map?.optional("uptime_min")?.duration() ?? .seconds(60),
      cpuPressureMax: map?.optional("cpu_pressure_max")?.share()
        ?? Percentage(fraction: 0.1),
      cpuBusyMax: map?.optional("cpu_busy_max")?.share() ?? Percentage(fraction: 0.2),
      iterationLimit: map?.optional("iteration_limit")?.duration() ?? .seconds(60))
  }
}

extension SuiteDefinition.Overhead {
  fileprivate static func read(_ value: FieldReader?) -> Self {
    let map = value?.mapping(known: ["slowdown_max", "cpu_max", "iterations"])
    return Self(
      slowdownMax: map?.optional("slowdown_max")?.percentage() ?? Percentage(fraction: 0.05),
      cpuMax: map?.optional("cpu_max")?.share() ?? Percentage(fraction: 0.02),
      iterations: map?.optional("iterations")?.integer(in: 0...100) ?? 3)
  }
}

extension SuiteDefinition.Limits {
  fileprivate static func read(_ value: FieldReader?) -> Self {
    let map = value?.mapping(known: ["loss_max", "drop_imbalance", "condition_max", "drain"])
    return Self(
      lossMax: map?.optional("loss_max")?.share() ?? Percentage(fraction: 0.001),
      dropImbalance: map?.optional("drop_imbalance")?.share() ?? Percentage(fraction: 0.1),
      conditionMax: map?.optional("condition_max")?.percentage() ?? Percentage(fraction: 0.05),
      drain: map?.optional("drain")?.duration() ?? .seconds(2))
  }
}

extension SuiteDefinition.Tau {
  fileprivate static func read(_ value: FieldReader?) -> Self {
    let map = value?.mapping(known: ["p50", "p90", "p99", "scalar"])
    func tau(_ key: String, _ fallback: Double) -> Percentage {
      map?.optional(key)?.percentage() ?? Percentage(fraction: fallback)
    }
    return Self(
      p50: tau("p50", 0.03), p90: tau("p90", 0.04), p99: tau("p99", 0.05),
      scalar: tau("scalar", 0.03))
  }
}

extension SuiteDefinition.Quantile {
  /// Those that a suite lists; all when it lists none.
  fileprivate static func readAll(_ value: FieldReader?) -> [Self] {
    guard let value else { return allCases }
    let listed = value.list().compactMap { $0.choice(of: Self.self) }
    if value.node.sequence?.isEmpty == true {
      value.report("the list is empty", remedy: "list p50, p90 or p99, or remove it")
    }
    return allCases.filter(listed.contains)
  }
}

extension SuiteDefinition.Budget {
  fileprivate static func read(_ value: FieldReader) -> Self? {
    guard let map = value.mapping(known: ["metric", "budget"]) else { return nil }
    let metric = map.required("metric", remedy: "name the metrics, such as 'block.*'")?
      .metricPattern()
    let budget = map.required("budget", remedy: "say how much worse they may get, such as 15%")?
      .percentage()
    guard let metric, let budget else { return nil }
    return Self(metric: metric, budget: budget)
  }
}

extension SuiteDefinition.Deadline {
  fileprivate static func read(_ value: FieldReader) -> Self? {
    guard let map = value.mapping(known: ["metric", "deadline", "exceed", "stacks"]) else {
      return nil
    }
    let metric = map.required("metric", remedy: "name the metrics, such as 'timer.lateness@cycle'")?
      .metricPattern()
    let limit = map.required("deadline", remedy: "give the longest time allowed, such as 500us")?
      .parsed("a duration from 1ns to 60s, such as 500us") { text in
        Duration(quantity: text).flatMap { $0 >= .nanoseconds(1) && $0 <= .seconds(60) ? $0 : nil }
      }
    let share = map.optional("exceed")
    let exceed = share?.share()
    guard let metric, let limit, share == nil || exceed != nil else { return nil }
    return Self(
      metric: metric, limit: limit, exceed: exceed ?? Percentage(fraction: 0),
      stacks: map.optional("stacks")?.text())
  }
}
