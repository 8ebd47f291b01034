import Catalogs

/// The programs of a hook, one for each rung, and the function behind them.
struct HookProgram: Sendable {
  /// A start or an end that the hook stands for.
  struct Step: Sendable {
    var metric: MetricProgram
    var span: Int
    var isEnd: Bool
    var event: SpanEvent

    /// The metric's, and the event's own.
    var conditions: [SpanTable.Condition] { metric.table.conditions + event.conditions }
  }

  var event: SpanEvent
  /// Of the spans that it is of, those that the probe works without: hooks of a group are of use
  /// together only.
  var groups: [Int]
  /// Whether the probe works without it.
  var isOptional: Bool
  /// Ends first.
  var steps: [Step]

  /// `group` is nil for a span that the probe needs; then it needs the hook.
  init(_ step: Step, group: Int?) {
    event = step.event
    groups = group.map { [$0] } ?? []
    isOptional = group != nil
    steps = [step]
  }

  mutating func add(_ step: Step, group: Int?) {
    isOptional = isOptional && group != nil
    if let group, !groups.contains(group) { groups.append(group) }
    if step.isEnd {
      steps.insert(step, at: steps.firstIndex { !$0.isEnd } ?? steps.endIndex)
    } else {
      steps.append(step)
    }
  }

  /// Fields that a step reads, in the order of the tables.
  var fields: [SpanEvent.Field] {
    var fields: [SpanEvent.Field] = []
    for step in steps {
      let names =
        step.metric.parameters(span: step.span, isEnd: step.isEnd)
        + step.conditions.map(\.field)
      for field in step.event.fields
      where names.contains(field.name) && !fields.contains(where: { $0.name == field.name }) {
        fields.append(field)
      }
    }
    return fields
  }

  /// Whether a field is the text of a name.
  func isText(_ field: String) -> Bool {
    steps.contains { $0.metric.table.isText(field) }
  }

  /// The struct of the event's record.
  var record: String? {
    event.tracepoint.map { "trace_event_raw_\(event.record ?? $0.event)" }
  }

  private var name: String { event.hook }

  // MARK: what it does

  /// What all its programs call; `isNested` where programs of the object interrupt each other.
  func function(isNested: Bool) -> String {
    let parameters = fields.map { field in
      isText(field.name) ? "const void *\(field.name)" : "u64 \(field.name)"
    }
    let all = (takesContext ? ["void *ctx"] : []) + parameters
    let list = all.isEmpty ? "void" : all.joined(separator: ", ")
    var text = "static __always_inline int on_\(name)(\(list))\n{\n"
    text += "\tu32 word = lg_window_now();\n\n\tif (!word)\n\t\treturn 0;\n"
    if steps.count == 1, let condition = condition(steps[0]) {
      text += "\tif (!(\(condition)))\n\t\treturn 0;\n"
    }
    if isNested { text += "\tlg_nest_enter();\n" }
    for step in steps {
      let guarded = steps.count > 1 ? condition(step) : nil
      if let guarded { text += "\tif (\(guarded))\n\t" }
      text += "\t\(call(step));\n"
    }
    if isNested { text += "\tlg_nest_leave();\n" }
    return text + "\treturn 0;\n}"
  }

  private func call(_ step: Step) -> String {
    let fields = step.metric.parameters(span: step.span, isEnd: step.isEnd)
    let name = step.metric.functionName(span: step.span, isEnd: step.isEnd)
    let context = step.metric.takesContext(isEnd: step.isEnd) ? ["ctx"] : []
    return "\(name)(\((context + ["word"] + fields).joined(separator: ", ")))"
  }

  private func condition(_ step: Step) -> String? {
    let conditions = step.conditions.map { condition in
      let tests = condition.values.map { "\(condition.field) == \($0)" }.joined(separator: " || ")
      return condition.values.count > 1 ? "(\(tests))" : tests
    }
    return conditions.isEmpty ? nil : conditions.joined(separator: " && ")
  }

  // MARK: how it attaches

  /// In the order in which rungs are tried.
  var programs: [String] {
    guard let tracepoint = event.tracepoint else { return kprobe(isBest: true).map { [$0] } ?? [] }
    let rungs = Set(event.rungs)
    var programs: [String] = []
    if rungs.isSuperset(of: [.tpBTF, .rawTracepoint]) {
      programs.append(
        isOptional
          ? "LG_TRACEPOINT_PROGRAMS(\(name), \(prefix)\(name), \(call { argument($0) }))"
          : "LG_TRACEPOINT(\(name), \(call { argument($0) }))")
    } else if rungs.contains(.tpBTF) {
      programs.append(
        program(
          "LG_SEC_UNLESS_PINNED(LG_TP_BTF \"\(tracepoint.event)\")", "tp_btf", direct: "true"))
    } else if rungs.contains(.rawTracepoint) {
      programs.append(program("SEC(\"raw_tp/\(tracepoint.event)\")", "raw_tp", direct: "false"))
    }
    if rungs.contains(.tracepoint) {
      let isBest = !rungs.contains(.rawTracepoint)
      let context = fields.isEmpty ? "void" : "struct \(record ?? "")___span"
      programs.append(
        """
        \(section("tracepoint/\(tracepoint.system)/\(tracepoint.event)", isBest: isBest))
        int \(prefix)\(name)__tracepoint(\(context) *ctx)
        {
        \treturn \(call { "lg_read(ctx, \($0.name), true)" });
        }
        """)
    }
    let isBest = rungs.isDisjoint(with: [.rawTracepoint, .tracepoint])
    return programs + (rungs.contains(.kprobe) ? kprobe(isBest: isBest).map { [$0] } ?? [] : [])
  }

  private var prefix: String {
    isOptional ? "opt\(groups.map(String.init).joined(separator: "_"))_" : ""
  }

  private func section(_ name: String, isBest: Bool) -> String {
    "\(isBest ? "SEC" : "LG_SEC_UNLESS_PINNED")(\"\(name)\")"
  }

  private func call(_ value: (SpanEvent.Field) -> String) -> String {
    let values = (takesContext ? ["ctx"] : []) + fields.map(value)
    return "on_\(name)(\(values.joined(separator: ", ")))"
  }

  /// Whether a stack is taken.
  private var takesContext: Bool {
    steps.contains { $0.metric.takesContext(isEnd: $0.isEnd) }
  }

  /// An argument of a tracepoint. `ctx` and `direct` are those of the macros.
  private func argument(_ field: SpanEvent.Field) -> String {
    value(field) { "ctx[\($0)]" }
  }

  private func value(
    _ field: SpanEvent.Field, direct: String = "direct", _ argument: (Int) -> String
  ) -> String {
    switch field.source {
    case .argument(let number): return argument(number)
    case .member(let number, let path):
      var pointer = argument(number)
      for member in path.dropLast() {
        let structure = "(struct \(member.structure)___span *)\(pointer)"
        pointer = "lg_read_pointer(\(structure), \(member.name))"
      }
      guard let last = path.last, !isText(field.name) else { return "(void *)\(pointer)" }
      // What was read by helper cannot be loaded from.
      let isDirect = path.count == 1 ? direct : "false"
      return "lg_read_number(\(last.structure), \(pointer), \(last.name), \(isDirect))"
    case .result: return "PT_REGS_RC(ctx)"
    // Of prepared programs alone.
    case .record, .running: return "0"
    }
  }

  private func program(_ section: String, _ rung: String, direct: String) -> String {
    """
    \(section)
    int BPF_PROG(\(prefix)\(name)__\(rung))
    {
    \tconst bool direct = \(direct);

    \t(void)direct;
    \treturn \(call { argument($0) });
    }
    """
  }

  private func kprobe(isBest: Bool) -> String? {
    guard let function = event.function else { return nil }
    let kind = event.place == .entry ? "kprobe" : "kretprobe"
    return """
      \(section("\(kind)/\(function)", isBest: isBest))
      int \(prefix)\(name)__kprobe(struct pt_regs *ctx)
      {
      \treturn \(call { value($0, direct: "false") { "PT_REGS_PARM\($0 + 1)(ctx)" } });
      }
      """
  }
}
