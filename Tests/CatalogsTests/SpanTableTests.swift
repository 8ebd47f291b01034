import Testing

@testable import Catalogs

struct SpanTableTests {
  private func manifest(_ metric: String, head: String = "") -> String {
    """
    probe: x
    title: T
    question: Q?
    cost: low
    privacy: none
    \(head)metrics:
      - metric: x.wait
        help: h
        unit: ns
    \(metric)
    """
  }

  private func found(_ metric: String, head: String = "") -> [String] {
    problems { () throws(CatalogError) in
      try ProbeManifest.parse(manifest(metric, head: head), file: "x.yaml")
    }
  }

  @Test func readsATable() throws {
    let text = manifest(
      """
          spans:
            - from: {event: irq/entry, record: class_of_it, fields: {irq: arg0, who: arg1.action.name}}
              to: {function: leave, fields: {irq: arg2, size: ret}}
              optional: true
              labels: {kind: 3}
          by: [cpu, irq]
          where: {irq: [4, 5]}
          limits: {stamps: 9}
          key: [{field: kind, size: 4}, {field: size, size: 4}]
      """)
    let probe = try ProbeManifest.parse(text, file: "a/x.yaml")
    #expect(probe.object == nil && probe.objectPath == nil)
    let metric = try #require(probe.metrics.first)
    #expect(metric.map == "h_x_wait" && metric.counters == 0 && metric.namesMap == nil)
    let table = try #require(metric.table)
    #expect(table.by == ["cpu", "irq"])
    #expect(table.conditions == [.init(field: "irq", values: [4, 5])])
    #expect(table.stamps == 9 && table.labels == 64)
    let span = try #require(table.spans.first)
    #expect(span.isOptional && span.labels == ["kind": 3])
    #expect(span.from.hook == "entry" && span.from.rungs == [.tpBTF, .rawTracepoint])
    #expect(span.from.record == "class_of_it")
    #expect(
      span.from.field("who")?.source
        == .member(argument: 1, path: [.init(structure: "action", name: "name")]))
    #expect(span.to.hook == "leave_return" && span.to.rungs == [.kprobe])
    #expect(span.to.place == .return && span.to.field("size")?.source == .result)
  }

  @Test func readsWhatAnEventAsksAndWhatRepetitionMeans() throws {
    let text = manifest(
      """
          spans:
            - from: {event: p/idle, fields: {n: arg1, s: arg0}, where: {s: [0, 1]}}
              to: {event: p/idle, fields: {n: arg1, s: arg0}, where: {s: 4294967295}}
          by: [n]
          repeat: first
          unmatched: ignored
          key: [{field: n, size: 4}]
      """)
    let metric = try #require(try ProbeManifest.parse(text, file: "x.yaml").metrics.first)
    let table = try #require(metric.table)
    #expect(table.repeats == .first && table.unmatched == .ignored)
    #expect(table.spans.first?.from.conditions == [.init(field: "s", values: [0, 1])])
    #expect(table.spans.first?.to.conditions == [.init(field: "s", values: [4_294_967_295])])
    #expect(table.isNarrow("s", metric.key) && table.conditions.isEmpty)
    let last = text.replacing("repeat: first", with: "repeat: last")
    #expect(
      try ProbeManifest.parse(last, file: "x.yaml").metrics.first?.table?.repeats == .last)
  }

  @Test func aFieldMayBeBehindSeveralPointers() throws {
    let text = manifest(
      """
          spans:
            - from: {event: m/a, fields: {n: arg1.req.cmd.command.opcode}}
              to: {event: m/b, fields: {n: arg1.req.cmd.command.opcode}}
          by: [n]
          key: [{field: n, size: 4}]
      """)
    let table = try #require(try ProbeManifest.parse(text, file: "x.yaml").metrics.first?.table)
    #expect(
      table.spans.first?.from.field("n")?.source
        == .member(
          argument: 1,
          path: [
            .init(structure: "req", name: "cmd"), .init(structure: "command", name: "opcode"),
          ]))
  }

  private static let pair = "    spans: [{from: {event: s/a}, to: {event: s/b}}]\n"
  private static let classes = "    key: [{field: class, size: 4}]"

  @Test(arguments: [
    (pair + classes, "x.yaml:7:5: metrics[0].by: missing"),
    (pair + "    by: [irq]\n" + classes, "not every event has a field 'irq'"),
    (pair + "    by: [tid]\n    where: {nr: 1}\n" + classes, "not every event has a field 'nr'"),
    (
      "    spans: [{from: {event: s/a, where: {n: 1}}, to: {event: s/b}}]\n    by: [tid]\n"
        + classes, "the event has no field 'n'"
    ),
    (
      "    spans: [{from: {event: s/a, fields: {n: arg0.t.a.u}}, to: {event: s/b}}]\n"
        + "    by: [tid]\n" + classes, "'arg0.t.a.u' is not a value of the event"
    ),
    (pair + "    by: [tid]\n    repeat: never\n" + classes, "repeat"),
    (pair + "    by: [tid]\n    key: [{field: size, size: 4}]", "nothing gives label 'size'"),
    (pair + "    by: [tid]\n    key: [{field: class, size: 8}]", "is not a label of 4 bytes"),
    (pair + "    by: [tid]", "a metric with 'spans' needs a key"),
    (pair + "    by: [tid]\n    name: who\n" + classes, "no class"),
    (pair + "    by: [tid]\n    map: m\n" + classes, "a metric with 'spans' has no 'map'"),
    ("    map: m\n    counters: 0\n    by: [tid]", "'by' belongs to a metric with 'spans'"),
    ("    spans: []\n    by: [tid]\n" + classes, "the list is empty"),
    (
      "    spans: [{from: {event: a}, to: {event: s/b}}]\n    by: [tid]\n" + classes,
      "'a' is not a tracepoint with its system"
    ),
    (
      "    spans: [{from: {event: s/a, rungs: [kprobe]}, to: {event: s/b}}]\n    by: [tid]\n"
        + classes, "rung kprobe needs a function"
    ),
    (
      "    spans: [{from: {event: s/a, fields: {n: ret}}, to: {event: s/b}}]\n    by: [tid]\n"
        + classes, "'n' is a result"
    ),
    (
      "    spans: [{from: {event: s/a, fields: {n: arg12}}, to: {event: s/b}}]\n    by: [tid]\n"
        + classes, "'arg12' is not a value of the event"
    ),
    (
      "    spans: [{from: {event: s/a, fields: {n: arg0}}, to: {event: s/a, fields: {n: arg1}}}]\n"
        + "    by: [n]\n" + classes, "'a' is described in two ways"
    ),
    (
      "    spans: [{from: {event: s/a}, to: {event: s/b}, labels: {x: 1}}]\n    by: [tid]\n"
        + classes,
      "gives 'x', which is no label"
    ),
  ])
  func aTableThatCannotWorkIsRefused(metric: String, message: String) {
    let found = found(metric)
    #expect(found.contains { $0.contains(message) }, "\(found)")
  }

  @Test func aMetricLacksWhatItsSpansNeed() throws {
    let text = manifest(
      """
          spans: [{from: {event: s/a}, to: {event: s/b}}]
          by: [tid]
          key: [{field: class, size: 4}]
        - metric: x.any
          help: h
          unit: ns
          spans:
            - from: {event: s/c}
              to: {event: s/d}
              optional: true
            - from: {event: s/e}
              to: {event: s/f}
              optional: true
          by: [tid]
          key: [{field: class, size: 4}]
      """)
    let probe = try ProbeManifest.parse(text, file: "x.yaml")
    #expect(probe.unsupported(absent: [:]).isEmpty)
    #expect(probe.unsupported(absent: ["c": "of no use: d is absent", "d": "gone"]).isEmpty)
    #expect(
      probe.unsupported(absent: ["a": "of no use: b", "b": "gone", "c": "none", "f": "gone"])
        == ["x.wait": "b: gone", "x.any": "c: none"])
  }

  private func result(_ text: String) -> String {
    """
    probe: x
    title: T
    question: Q?
    cost: low
    privacy: none
    metrics:
      - metric: x.made
        help: h
    \(text)
    """
  }

  private static let at = "    at: [{event: s/a, fields: {n: arg0, t: arg1.thing.name}}]\n"

  @Test func readsAMetricOfEveryKind() throws {
    func metric(_ text: String) throws -> ProbeMetric {
      try #require(try ProbeManifest.parse(result(text), file: "x.yaml").metrics.first)
    }
    let counter = try metric(
      "    kind: counter\n    unit: B\n" + Self.at + "    sum: n\n    where: {n: 4}")
    #expect(counter.kind == .counter && counter.map == "c_x_made" && counter.unit == "B")
    #expect(counter.table?.value == "n" && counter.table?.isSingle == true && counter.isInT0)
    #expect(!counter.hasTask && counter.key.isEmpty)
    let sizes = try metric(
      "    unit: KiB\n" + Self.at + "    value: n\n    by: [tid]\n" + Self.classes)
    #expect(sizes.kind == .histogram && sizes.map == "h_x_made" && sizes.hasTask)
    let rows = try metric(
      "    kind: events\n    unit: '{rows}'\n" + Self.at
        + "    columns: [{name: n, unit: B}, {name: t, kind: text}, {name: who, from: class}]")
    #expect(rows.map == "e_x_made" && rows.table?.rows == 256 && rows.table?.threshold == 0)
    #expect(
      rows.table?.columns == [
        ResultColumn(name: "n", source: .field("n"), kind: .number, unit: "B"),
        ResultColumn(name: "t", source: .field("t"), kind: nil),
        ResultColumn(
          name: "who", source: .processClass,
          kind: .values([0: "workload", 1: "user", 2: "kernel"])),
      ])
  }

  @Test(arguments: [
    ("    unit: B\n" + at + classes, "metrics[0].value: missing"),
    ("    unit: B\n" + at + "    value: n", "a metric with 'at' needs a key"),
    ("    unit: B\n" + at + "    value: m\n" + classes, "not every event has a field 'm'"),
    ("    unit: bushels\n" + at + "    value: n\n" + classes, "'bushels' is not a known unit"),
    ("    unit: B\n" + pair + "    by: [tid]\n" + classes, "durations are in ns"),
    ("    kind: counter\n    unit: B\n" + pair + "    by: [tid]", "counts single events"),
    ("    kind: counter\n    unit: B\n" + at + "    value: n", "'value' does not fit a counter"),
    ("    kind: counter\n    unit: B\n" + at + "    by: [cpu]", "nothing to be tied to"),
    ("    kind: counter\n    unit: B\n" + at + pair, "'at' and 'spans' exclude each other"),
    ("    kind: sum\n    unit: B\n" + at, "'sum' is not known here"),
    ("    kind: events\n    unit: '{rows}'\n" + at, "metrics[0].columns: missing"),
    ("    kind: events\n    unit: '{rows}'\n" + at + "    columns: []", "the list is empty"),
    (
      "    kind: events\n    unit: '{rows}'\n" + at + "    columns: [{name: duration}]",
      "a single event has no duration"
    ),
    (
      "    kind: events\n    unit: '{rows}'\n" + at + "    columns: [{name: n, kind: text}]",
      "'n' is no text"
    ),
    (
      "    kind: events\n    unit: '{rows}'\n" + at + "    columns: [{name: time, unit: ns}]",
      "'time' has a unit of its own"
    ),
    (
      "    kind: events\n    unit: '{rows}'\n" + at + "    columns: [{name: n}]\n" + classes,
      "events have no labels"
    ),
    (
      "    kind: events\n    unit: '{rows}'\n" + at + "    columns: [{name: n}]\n    keep: 5000",
      "'5000' is not a whole number from 1 to 4096"
    ),
    ("    kind: events\n    unit: B\n    map: m\n    counters: 0", "metrics[0].columns: missing"),
  ])
  func aResultThatCannotBeIsRefused(metric: String, message: String) {
    let found = problems { () throws(CatalogError) in
      try ProbeManifest.parse(result(metric), file: "x.yaml")
    }
    #expect(found.contains { $0.contains(message) }, "\(found)")
  }

  @Test func rowsBecomeATableInTheOrderOfTime() {
    let columns = [
      ResultColumn(name: "time", source: .time, kind: .number, unit: "ns"),
      ResultColumn(name: "dev", source: .field("dev"), kind: .blockDevice),
      ResultColumn(name: "comm", source: .command, kind: nil),
      ResultColumn(name: "op", source: .field("op"), kind: .values([1: "write"])),
    ]
    func row(_ time: UInt8, _ op: UInt8) -> [UInt8] {
      [time, 0, 0, 0, 0, 0, 0, 0] + [16, 0, 0xd0, 0x0f, 0, 0, 0, 0] + Array("sh".utf8)
        + [UInt8](repeating: 0, count: 14) + [op, 0, 0, 0, 0, 0, 0, 0]
    }
    #expect(columns.rowSize == 40)
    let made = columns.record(
      metric: "x.rows", rows: [row(9, 1), row(4, 2), [1, 2]], recorded: 5
    ) { _, _ in nil }
    #expect(made.columns.map(\.name) == ["time", "dev", "comm", "op"])
    #expect(made.columns.map(\.unit) == ["ns", nil, nil, nil])
    #expect(
      made.rows == [
        [.number(4), .text("253:16"), .text("sh"), .number(2)],
        [.number(9), .text("253:16"), .text("sh"), .text("write")],
      ])
    #expect(made.dropped == 3)
  }

  @Test func aProbeHasAProgramOrTables() {
    #expect(
      found(Self.pair + "    by: [tid]\n" + Self.classes, head: "object: x.bpf.c\n").contains {
        $0.contains("a probe with 'spans' has no source of its own")
      })
    #expect(
      found("    map: m\n    counters: 0").contains { $0.contains("x.yaml:1:1: object: missing") })
  }
}
