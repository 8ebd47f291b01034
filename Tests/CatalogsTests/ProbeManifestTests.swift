import RunRecords
import Testing

@testable import Catalogs

struct ProbeManifestTests {
  @Test func readsAManifest() throws {
    let probe = try ProbeManifest.parse(runqueueManifest, file: "r.yaml")
    #expect(probe.name == "runqueue")
    #expect(probe.cost == .medium)
    #expect(probe.privacy == .none)
    #expect(probe.comparedWith == nil)
    let metric = try #require(probe.metrics.first)
    #expect(metric.name == "runqueue.wait")
    #expect(metric.unit == "ns")
    #expect(metric.map == "h_runqueue_wait")
    #expect(metric.keySize == 4)
    #expect(
      metric.key == [KeyField(name: "class", size: 4, kind: .values([0: "workload", 1: "user"]))])
  }

  /// A program of its own may give stacks; their ids are no part of the key.
  @Test func stacksNeedNoTable() throws {
    let text = """
      probe: where
      title: T
      question: Q?
      object: where.bpf.c
      cost: low
      privacy: names
      metrics:
        - metric: where.cpu
          kind: stacks
          help: h
          unit: ns
          map: k_where_cpu
          counters: 0
          key: [{field: class, size: 4}, {field: comm, size: 16, kind: text}]
      """
    let metric = try #require(ProbeManifest.parse(text, file: "w.yaml").metrics.first)
    #expect(metric.kind == .stacks && metric.table == nil && metric.keySize == 20)
    let labels = metric.labels(
      ofKey: [1, 0, 0, 0] + Array("sh".utf8) + [UInt8](repeating: 0, count: 14)
    ) {
      _, _ in nil
    }
    #expect(labels == ["class": "1", "comm": "sh"])
    // What found no room among the labels.
    let others = metric.labels(ofKey: [UInt8](repeating: 0xff, count: 20)) { _, _ in nil }
    #expect(others == ["class": "other", "comm": "other"])
  }

  /// A program of its own may give rows: a member for each column.
  @Test func rowsNeedNoTable() throws {
    let text = """
      probe: links
      title: T
      question: Q?
      object: links.bpf.c
      cost: low
      privacy: names
      check: {shell: "true"}
      check_least: {links.made: 3}
      metrics:
        - metric: links.made
          kind: events
          help: h
          unit: "{links}"
          map: e_links_made
          counters: 0
          columns:
            - {name: time}
            - {name: class}
            - {name: comm}
            - {name: peer, kind: ipv4}
            - {name: path, kind: text, size: 24}
      """
    let probe = try ProbeManifest.parse(text, file: "l.yaml")
    let metric = try #require(probe.metrics.first)
    #expect(metric.kind == .events && metric.hasTask && probe.checkLeast == ["links.made": 3])
    #expect(metric.columns.rowSize == 8 + 8 + 16 + 8 + 24)
    func filled(_ bytes: [UInt8], _ size: Int) -> [UInt8] {
      bytes + [UInt8](repeating: 0, count: size - bytes.count)
    }
    var row = filled([7], 8)
    row += filled([1], 8)
    row += filled(Array("sh".utf8), 16)
    row += filled([127, 0, 0, 1], 8)
    row += filled(Array("/etc/hosts".utf8), 24)
    let values = try #require(metric.columns.values(ofRow: row) { _, _ in nil })
    #expect(
      values == [.number(7), .text("user"), .text("sh"), .text("127.0.0.1"), .text("/etc/hosts")])
    #expect(metric.columns.values(ofRow: Array(row.dropLast())) { _, _ in nil } == nil)
  }

  /// What a check counts is of metrics that are there.
  @Test func leastNamesMetricsOfTheProbe() {
    #expect(throws: CatalogError.self) {
      try ProbeManifest.parse(
        runqueueManifest + "\ncheck: {shell: 'true'}\ncheck_least: {runqueue.none: 1}\n",
        file: "r.yaml")
    }
    #expect(throws: CatalogError.self) {
      try ProbeManifest.parse(
        runqueueManifest + "\ncheck_least: {runqueue.wait: 1}\n", file: "r.yaml")
    }
  }

  @Test func reportsEveryProblemWithItsPlace() {
    let text = """
      probe: Run Queue
      titel: Run-queue latency
      question: ""
      object: runqueue.bpf.c
      cost: meduim
      privacy: none
      t0: sched_switch
      metrics:
        - metric: wait
          help: h
          unit: seconds
          map: m
          counters: -1
          key:
            - field: a
              size: 3
            - field: a
              size: 4
              values: {x: y}
      """
    #expect(
      problems { () throws(CatalogError) in try ProbeManifest.parse(text, file: "p.yaml") } == [
        "p.yaml:1:1: title: missing (say in a few words what it measures)",
        "p.yaml:1:8: probe: 'Run Queue' is not a name (write a name, of letters, digits, '-', '_'"
          + " and '.', starting with a letter or digit)",
        "p.yaml:2:1: titel: unknown key 'titel' (did you mean 'title'?)",
        "p.yaml:3:11: question: the value is empty (give a value or remove the key)",
        "p.yaml:5:7: cost: 'meduim' is not known here"
          + " (did you mean 'medium'? allowed: low, medium, high)",
        "p.yaml:7:5: t0: expected a list, found 'sched_switch' (write '- item' lines, or [a, b])",
        "p.yaml:11:11: metrics[0].unit: 'seconds' is not a known unit (Write a unit such as ns, ms, %,"
          + " MiB/s or 1/s, or what is counted in braces: '{seconds}')",
        "p.yaml:13:15: metrics[0].counters: '-1' is not a whole number from 0 to 63"
          + " (write a whole number from 0 to 63)",
        "p.yaml:15:7: metrics[0].key: 'a' is there twice (rename or remove one of them)",
        "p.yaml:16:15: metrics[0].key[0].size: a field cannot be of 3 bytes (write 1, 2, 4 or 8)",
        "p.yaml:19:21: metrics[0].key[1].values.x: 'x' is not a whole number"
          + " (write the key's number, then its name)",
      ])
  }

  @Test func metricsBelongToTheirProbe() {
    let text = runqueueManifest.replacing("metric: runqueue.wait", with: "metric: queue.wait")
    #expect(
      problems { () throws(CatalogError) in try ProbeManifest.parse(text, file: "p.yaml") } == [
        "p.yaml:8:3: metrics: metric 'queue.wait' does not begin with 'runqueue.'"
          + " (name it 'runqueue.…', so that its name says which probe it is of)"
      ])
  }

  @Test func labelsOfAKey() throws {
    let metric = ProbeMetric(
      name: "block.device", help: "", unit: "ns", map: "m", counters: 0, namesMap: nil,
      key: [
        KeyField(name: "dev", size: 4, kind: .blockDevice),
        KeyField(name: "op", size: 1, kind: .values([0: "read", 1: "write"])),
        KeyField(name: "pad", size: 3, kind: .padding),
        KeyField(name: "nr", size: 4, kind: .syscall),
        KeyField(name: "n", size: 8, kind: .number),
      ])
    #expect(metric.keySize == 20)
    let key: [UInt8] = [16, 0, 0xd0, 0x0f, 1, 9, 9, 9, 63, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0]
    #expect(
      metric.labels(ofKey: key) { kind, number in
        kind == .syscall && number == 63 ? "read" : nil
      } == ["dev": "253:16", "op": "write", "nr": "read", "n": "513"])
    #expect(metric.labels(ofKey: Array(key.dropLast())) { _, _ in nil } == nil)
  }
}

struct SyntaxTests {
  private func syntax(_ text: String) -> [String] {
    problems { () throws(CatalogError) in try SuiteDefinition.parse(text, file: "s.yaml") }
  }

  @Test func badYAMLHasALineAndAColumn() {
    #expect(
      syntax("suite: a\nprobes: [a, b\ndevice: x\n") == [
        "s.yaml:3:7: not valid YAML: did not find expected ',' or ']' while parsing a flow sequence"
          + " (check indentation (spaces only), colons and quotes on this line and the one above)"
      ])
    #expect(
      syntax("suite: a\n\tdevice: b\n").first?.hasPrefix("s.yaml:2:1: not valid YAML") == true)
  }

  @Test func aKeyTwice() {
    #expect(
      syntax("suite: a\nsuite: b\n") == ["s.yaml:1:1: key given twice: suite (keep one of them)"])
  }

  @Test func nothingAndTheWrongThing() {
    #expect(syntax("") == ["s.yaml: the file is empty (fill it in or remove it)"])
    #expect(
      syntax("- a\n") == [
        "s.yaml:1:1: expected a mapping, found a list (write 'key: value' lines below it)"
      ])
  }

  @Test func relatedProbesAreNamedInOrderAndExist() throws {
    let text = runqueueManifest + "\nrelated: [softirq, hardirq]\n"
    let probe = try ProbeManifest.parse(text, file: "r.yaml")
    #expect(probe.related == ["softirq", "hardirq"])
    #expect(try ProbeManifest.parse(runqueueManifest, file: "r.yaml").related.isEmpty)
    let twice = runqueueManifest + "\nrelated: [softirq, softirq]\n"
    let found = problems { () throws(CatalogError) in
      try ProbeManifest.parse(twice, file: "p.yaml")
    }
    #expect(found.count == 1)
    #expect(found.first?.contains("'softirq' is there twice") == true)
  }
}
