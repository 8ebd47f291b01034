extension WorkloadDefinition {
  /// Reads a workload file.
  ///
  /// - Parameters:
  ///   - text: the YAML.
  ///   - file: its path, for messages.
  /// - Returns: the workload, without any problem of its own.
  /// - Throws: ``CatalogError`` with every problem found.
  package static func parse(
    _ text: String, file: String
  ) throws(CatalogError) -> WorkloadDefinition {
    try parse(text, file: file, others: nil)
  }

  /// As ``parse(_:file:)``, with checks against the files read before.
  static func parse(
    _ text: String, file: String, others: OtherFiles?
  ) throws(CatalogError) -> WorkloadDefinition {
    try parseDocument(text, file: file, nameKey: "workload", others: others) { document in
      let keys = [
        "workload", "description", "cache", "warmup", "step_timeout", "setup", "phases", "teardown",
      ]
      guard let root = document.mapping(known: keys) else { return nil }
      let timeout = root.optional("step_timeout")?.duration() ?? .seconds(60)
      func steps(_ key: String) -> [WorkloadStep] {
        root.items(key) { WorkloadStep.read($0, timeout: timeout, inPhase: false) }
      }
      let phaseList = root.required("phases", remedy: "list at least one phase")
      let workload = WorkloadDefinition(
        name: root.required("workload", remedy: "name it, such as 'workload: smoke'")?.name() ?? "",
        description: root.optional("description")?.text() ?? "",
        cache: root.optional("cache")?.choice() ?? .warm,
        warmup: root.optional("warmup")?.integer(in: 0...100) ?? 1,
        setup: steps("setup"),
        phases: (phaseList?.list() ?? []).compactMap { WorkloadPhase.read($0, timeout: timeout) },
        teardown: steps("teardown"), file: file)
      if phaseList?.node.sequence?.isEmpty == true {
        phaseList?.report("the list is empty", remedy: "a workload needs at least one phase")
      }
      if workload.phases.count > 255 {
        phaseList?.report("more than 255 phases", remedy: "split the workload in two")
      }
      reportDuplicates(workload.phases.map(\.name), in: phaseList)
      return workload
    }
  }
}

extension WorkloadPhase {
  fileprivate static func read(_ value: FieldReader, timeout: Duration) -> Self? {
    let keys = ["phase", "description", "steps", "preroll", "drain"]
    guard let map = value.mapping(known: keys) else { return nil }
    let steps = map.required("steps", remedy: "list what the phase does")
    if steps?.node.sequence?.isEmpty == true {
      steps?.report("the list is empty", remedy: "a phase needs at least one step")
    }
    let phase = Self(
      name: map.required("phase", remedy: "name the phase, such as 'phase: fsync'")?.name() ?? "",
      description: map.optional("description")?.text() ?? "",
      steps: (steps?.list() ?? []).compactMap {
        WorkloadStep.read($0, timeout: timeout, inPhase: true)
      },
      preroll: map.optional("preroll")?.duration() ?? .milliseconds(100),
      drain: map.optional("drain")?.duration())
    reportDuplicates(phase.steps.flatMap(\.scalars).map(\.metric), in: steps)
    return phase
  }
}

extension WorkloadStep {
  static func read(
    _ value: FieldReader, timeout fallback: Duration, inPhase: Bool
  ) -> Self? {
    let actions = ["run", "shell", "host", "sleep"]
    guard let map = value.mapping(known: actions + ["timeout", "scalars"]) else { return nil }
    let found = map.entries.filter { actions.contains($0.name) }
    guard found.count == 1, let (name, action) = found.first else {
      value.report(
        found.isEmpty ? "the step does nothing" : "a step does one thing",
        remedy: "give exactly one of \(actions.joined(separator: ", "))")
      return nil
    }
    guard let (parsed, text) = readAction(name, action) else { return nil }
    let timeout = map.optional("timeout")
    let scalars = map.optional("scalars")
    if case .sleep = parsed {
      timeout?.report("a sleep cannot time out", remedy: "remove it")
      scalars?.report("a sleep has no output", remedy: "move it to the step that prints it")
    }
    if !inPhase {
      scalars?.report("only steps of a phase are judged", remedy: "move the step into a phase")
    }
    return Self(
      action: parsed, timeout: timeout?.duration() ?? fallback,
      scalars: map.items("scalars", ScalarDefinition.read), text: text)
  }

  private static func readAction(_ name: String, _ value: FieldReader) -> (Action, String)? {
    switch name {
    case "sleep":
      return value.duration().map { (.sleep($0), "sleep \(value.node.scalar?.string ?? "")") }
    case "host":
      return value.text().map { (.host($0), "host: \($0)") }
    case "shell":
      return value.text().map { (.run(["sh", "-c", $0]), $0) }
    default:
      if value.node.sequence != nil {
        let words = value.list().compactMap { $0.text() }
        if words.isEmpty { value.report("the command is empty", remedy: "name a program") }
        return (.run(words), words.joined(separator: " "))
      }
      return value.text().flatMap { text in readWords(text, value).map { (.run($0), text) } }
    }
  }

  private static func readWords(_ text: String, _ value: FieldReader) -> [String]? {
    do throws(CommandWordsError) {
      return try commandWords(text)
    } catch {
      switch error {
      case .shellSyntax(let character):
        value.report(
          "'\(character)' means something to a shell only, and 'run' uses none",
          remedy: "quote it, or write 'shell:' instead of 'run:'")
      case .openQuote(let character):
        value.report("\(character) is not closed", remedy: "close it, or quote it")
      case .empty:
        value.report("the command is empty", remedy: "name a program")
      }
      return nil
    }
  }
}

extension ScalarDefinition {
  fileprivate static func read(_ value: FieldReader) -> Self? {
    guard let map = value.mapping(known: ["metric", "unit", "pattern", "better"]) else {
      return nil
    }
    let field = map.required(
      "pattern", remedy: "give a regular expression with one group, such as 'TotalTime: (\\d+)'")
    let pattern = field?.text()
    if let pattern {
      do {
        // The first element of a match is all of it.
        let groups = try captureCount(pattern)
        if groups != 1 {
          field?.report(
            "the pattern has \(groups) groups, not one",
            remedy: "put ( ) around the number and (?: ) around others")
        }
      } catch {
        field?.report("not a regular expression", remedy: "check its brackets and backslashes")
      }
    }
    let unitField = map.required("unit", remedy: "give its unit, such as ms or MB/s")
    let unit = unitField?.text()
    if let unit, !MetricUnit.isKnown(unit) {
      unitField?.report("'\(unit)' is no unit", remedy: MetricUnit.remedy(for: unit))
    }
    return Self(
      metric: map.required("metric", remedy: "name it, such as app.start")?.name() ?? "",
      unit: unit ?? "",
      pattern: pattern ?? "",
      better: map.required("better", remedy: "write lower or higher")?.choice() ?? .lower)
  }

  /// Number of capturing groups, found by matching an alternative that is always there: the
  /// groups of the untaken branch are part of the output, unset.
  private static func captureCount(_ pattern: String) throws -> Int {
    _ = try Regex(pattern)
    let match = try Regex("(?:\(pattern))|").firstMatch(in: "")
    return (match?.output.count ?? 1) - 1
  }
}
