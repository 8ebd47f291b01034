import RunRecords
import Testing

@testable import Catalogs

struct SuiteDefinitionTests {
  @Test func defaultsAreTheDocumentedOnes() throws {
    let suite = try SuiteDefinition.parse(
      "suite: s\ndevice: d\nworkload: w\nprobes: [p]\n", file: "s.yaml")
    #expect(suite.iterations == 5 && suite.choosesIterations)
    #expect(suite.warmup == nil)
    #expect(suite.reference == nil)
    #expect(suite.runs == .init(planned: 8, most: 20))
    #expect(suite.settle.limit == .seconds(300))
    #expect(suite.settle.quiet == .seconds(30))
    #expect(suite.settle.uptimeMin == .seconds(60))
    #expect(suite.settle.cpuBusyMax.fraction == 0.2)
    #expect(suite.settle.iterationLimit == .seconds(60))
    #expect(suite.overhead.iterations == 3)
    #expect(suite.limits.conditionMax.fraction == 0.05)
    #expect(suite.overhead.slowdownMax.fraction == 0.05)
    #expect(suite.overhead.cpuMax.fraction == 0.02)
    #expect(suite.limits.lossMax.fraction == 0.001)
    #expect(suite.limits.dropImbalance.fraction == 0.1)
    #expect(suite.limits.drain == .seconds(2))
    #expect(suite.tau.p50.fraction == 0.03)
    #expect(suite.tau.p90.fraction == 0.04)
    #expect(suite.tau.p99.fraction == 0.05)
    #expect(suite.tau.scalar.fraction == 0.03)
    #expect(suite.quantiles == [.p50, .p90, .p99])
    #expect(!suite.isAA)
    #expect(suite.budgets.isEmpty)
    #expect(suite.gating == [MetricPattern("*")])
  }

  @Test func quantilesThatAreListedAreJudged() throws {
    func suite(_ gates: String) throws(CatalogError) -> SuiteDefinition {
      try SuiteDefinition.parse(
        "suite: s\ndevice: d\nworkload: w\nprobes: [p]\naa: true\ngates: {\(gates)}\n",
        file: "s.yaml")
    }
    #expect(try suite("quantiles: [p90, p50]").quantiles == [.p50, .p90])
    #expect(try suite("tau: {p99: 8%}").quantiles == [.p50, .p90, .p99])
    #expect(try suite("quantiles: [p50]").isAA)
    #expect(try suite("quantiles: [p50]").counters.isEmpty)
    #expect(
      try suite("counters: {a.b: lower, c.d: higher}").counters
        == ["a.b": .lower, "c.d": .higher])
    #expect(throws: CatalogError.self) { try suite("counters: {a.b: worse}") }
    for wrong in ["[]", "[p75]", "p50"] {
      #expect(throws: CatalogError.self, "\(wrong)") { try suite("quantiles: \(wrong)") }
    }
  }

  @Test func readsGates() throws {
    let text = """
      suite: s
      device: d
      workload: w
      probes: [p, q]
      warmup: 0
      runs: {confirm: 0}
      limits: {loss_max: 1%, drain: 500ms}
      gates:
        tau: {p99: 8%}
        metrics: ["block.*", "app.start@launch"]
        budgets:
          - {metric: "block.*{dev=vdb}", budget: 25%}
      """
    let suite = try SuiteDefinition.parse(text, file: "s.yaml")
    #expect(suite.warmup == 0)
    #expect(suite.runs == .init(planned: 4, most: 4))
    #expect(suite.limits.lossMax.fraction == 0.01)
    #expect(suite.limits.drain == .milliseconds(500))
    #expect(suite.tau.p99.fraction == 0.08)
    #expect(suite.tau.p50.fraction == 0.03)
    #expect(suite.gating.map(\.text) == ["block.*", "app.start@launch"])
    #expect(suite.budgets.map(\.budget.fraction) == [0.25])
    #expect(suite.budgets.map(\.metric.labels) == [["dev": "vdb"]])
  }

  @Test func readsDeadlines() throws {
    func suite(_ deadlines: String) throws(CatalogError) -> SuiteDefinition {
      try SuiteDefinition.parse(
        "suite: s\ndevice: d\nworkload: w\nprobes: [p]\ngates:\n  deadlines:\n\(deadlines)",
        file: "s.yaml")
    }
    let read = try suite(
      """
          - {metric: "timer.lateness@cycle", deadline: 500us}
          - {metric: "runqueue.*", deadline: 1.5ms, exceed: 0.01%}
      """
    ).deadlines
    #expect(read.map(\.metric.text) == ["timer.lateness@cycle", "runqueue.*"])
    #expect(read.map(\.limit) == [.microseconds(500), .microseconds(1500)])
    #expect(read.map(\.exceed.fraction) == [0, 0.0001])
    #expect(
      problems { () throws(CatalogError) in
        try suite(
          """
              - {metric: "a.b", deadline: 500}
              - {metric: "a.b", deadline: 2m}
              - {metric: "a.b", deadline: 1ms, exceed: 101%}
              - {metric: "a.b", deadlin: 1ms}
              - {deadline: 1ms}
          """)
      } == [
        "s.yaml:7:33: gates.deadlines[0].deadline: '500' is not a duration from 1ns to 60s"
          + " (write a duration from 1ns to 60s, such as 500us)",
        "s.yaml:8:33: gates.deadlines[1].deadline: '2m' is not a duration from 1ns to 60s"
          + " (write a duration from 1ns to 60s, such as 500us)",
        "s.yaml:9:46: gates.deadlines[2].exceed: '101%' is not a share from 0% to 100%"
          + " (write a share from 0% to 100%, such as 5%)",
        "s.yaml:10:7: gates.deadlines[3].deadline: missing (give the longest time allowed, such as"
          + " 500us)",
        "s.yaml:10:23: gates.deadlines[3].deadlin: unknown key 'deadlin' (did you mean 'deadline'?)",
        "s.yaml:11:7: gates.deadlines[4].metric: missing (name the metrics, such as"
          + " 'timer.lateness@cycle')",
      ])
  }

  @Test func reportsProblems() {
    let text = """
      suite: s
      device: d
      workload: w
      probes: []
      iteration: 3
      runs: {screen: 2}
      gates:
        metrics: "*"
        budgets:
          - {metric: "a{b", budget: 15}
      """
    #expect(
      problems { () throws(CatalogError) in try SuiteDefinition.parse(text, file: "s.yaml") } == [
        "s.yaml:4:9: probes: the list is empty (list at least one probe)",
        "s.yaml:5:1: iteration: unknown key 'iteration' (did you mean 'iterations'?)",
        "s.yaml:6:16: runs.screen: '2' is not a whole number from 3 to 100"
          + " (write a whole number from 3 to 100)",
        "s.yaml:8:12: gates.metrics: expected a list, found '*' (write '- item' lines, or [a, b])",
        "s.yaml:10:16: gates.budgets[0].metric: 'a{b' is not a metric pattern (write a metric"
          + " pattern, such as 'block.*', 'runqueue.wait{class=user}' or '*@fsync')",
        "s.yaml:10:31: gates.budgets[0].budget: '15' is not a percentage"
          + " (write a percentage, such as 5%)",
      ])
  }
}
