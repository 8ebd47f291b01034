import Testing

@testable import Catalogs

struct WorkloadDefinitionTests {
  private func workloadProblems(_ text: String) -> [String] {
    problems { () throws(CatalogError) in try WorkloadDefinition.parse(text, file: "w.yaml") }
  }

  @Test func readsEveryKindOfStep() throws {
    let text = """
      workload: app
      cache: cold
      warmup: 2
      step_timeout: 20s
      setup:
        - run: mkdir -p /data/x
      phases:
        - phase: start
          preroll: 50ms
          drain: 3s
          steps:
            - run: am start -W 'com.example/.Main'
              timeout: 30s
              scalars:
                - {metric: app.start, unit: ms, pattern: 'TotalTime: (\\d+)', better: lower}
            - sleep: 200ms
            - shell: cat /proc/loadavg | cut -c1
            - run: [echo, "a b", $x]
        - phase: other
          steps:
            - host: ./tap.sh
      teardown:
        - run: rm -r /data/x
      """
    let workload = try WorkloadDefinition.parse(text, file: "w.yaml")
    #expect(workload.cache == .cold)
    #expect(workload.warmup == 2)
    #expect(workload.setup.map(\.action) == [.run(["mkdir", "-p", "/data/x"])])
    #expect(workload.teardown.map(\.timeout) == [.seconds(20)])
    let start = try #require(workload.phases.first)
    #expect(start.preroll == .milliseconds(50))
    #expect(start.drain == .seconds(3))
    #expect(start.isOnDevice)
    #expect(
      start.steps.map(\.action) == [
        .run(["am", "start", "-W", "com.example/.Main"]), .sleep(.milliseconds(200)),
        .run(["sh", "-c", "cat /proc/loadavg | cut -c1"]), .run(["echo", "a b", "$x"]),
      ])
    #expect(start.steps.map(\.timeout).prefix(2) == [.seconds(30), .seconds(20)])
    #expect(start.steps[0].text == "am start -W 'com.example/.Main'")
    #expect(start.steps[0].scalars.first?.better == .lower)
    let other = try #require(workload.phases.last)
    #expect(!other.isOnDevice)
    #expect(other.preroll == .milliseconds(100))
    #expect(other.drain == nil)
  }

  @Test(arguments: [
    "ns", "ms", "%", "MiB/s", "1/s", "/s", "1", "{frames}", "{frames}/s", "mJ/{frame}", "ops/s",
  ])
  func unitsAreKnown(unit: String) {
    #expect(MetricUnit.isKnown(unit))
  }

  @Test(arguments: ["parsec", "", "msec", "ms/", "{}", "MS", "m s", "{a}{b}", "s/s/s"])
  func othersAreNoUnits(unit: String) {
    #expect(!MetricUnit.isKnown(unit))
  }

  @Test func anUnknownUnitIsRefusedWithWhatWasMeant() {
    let found = workloadProblems(
      """
      workload: w
      phases:
        - phase: p
          steps:
            - run: echo 1
              scalars: [{metric: m, unit: mss, pattern: '(1)', better: lower}]
      """)
    #expect(found.count == 1)
    #expect(found.first?.contains("'mss' is no unit") == true, "\(found)")
    #expect(MetricUnit.remedy(for: "mss").contains("did you mean 'ms'?"))
    #expect(MetricUnit.remedy(for: "parsec").contains("'{parsec}'"))
  }

  @Test func scalarsTakeTheLastNumber() {
    let scalar = ScalarDefinition(
      metric: "m", unit: "ms", pattern: #"^TotalTime: (\S+)$"#, better: .lower)
    #expect(scalar.value(in: "x\nTotalTime: 12\nTotalTime: 34.5\ny\n") == 34.5)
    #expect(scalar.value(in: "TotalTime: inf") == nil)
    #expect(scalar.value(in: "TotalTime: ") == nil)
  }

  @Test func reportsProblems() {
    let text = """
      workload: w
      cache: hot
      setup:
        - run: echo hi
          scalars: []
      phases:
        - phase: a
          steps:
            - run: echo $HOME
            - run: echo 'a
            - {run: a, host: b}
            - timeout: 2s
            - sleep: 200
            - run: tool
              timeout: 2 sec
              scalars:
                - {metric: m, unit: ms, pattern: 'T: \\d+', better: lower}
                - {metric: m, unit: ms, pattern: '(a', better: low}
        - phase: a
          steps: []
      """
    #expect(
      workloadProblems(text) == [
        "w.yaml:2:8: cache: 'hot' is not known here (allowed: cold, warm)",
        "w.yaml:5:14: setup[0].scalars: only steps of a phase are judged"
          + " (move the step into a phase)",
        "w.yaml:7:3: phases: 'a' is there twice (rename or remove one of them)",
        "w.yaml:9:7: phases[0].steps: 'm' is there twice (rename or remove one of them)",
        "w.yaml:9:14: phases[0].steps[0].run: '$' means something to a shell only, and 'run' uses"
          + " none (quote it, or write 'shell:' instead of 'run:')",
        "w.yaml:10:14: phases[0].steps[1].run: ' is not closed (close it, or quote it)",
        "w.yaml:11:9: phases[0].steps[2]: a step does one thing"
          + " (give exactly one of run, shell, host, sleep)",
        "w.yaml:12:9: phases[0].steps[3]: the step does nothing"
          + " (give exactly one of run, shell, host, sleep)",
        "w.yaml:13:16: phases[0].steps[4].sleep: '200' is not a duration"
          + " (write a duration, such as 200ms, 2s or 5m)",
        "w.yaml:15:18: phases[0].steps[5].timeout: '2 sec' is not a duration"
          + " (write a duration, such as 200ms, 2s or 5m)",
        "w.yaml:17:44: phases[0].steps[5].scalars[0].pattern: the pattern has 0 groups, not one"
          + " (put ( ) around the number and (?: ) around others)",
        "w.yaml:18:44: phases[0].steps[5].scalars[1].pattern: not a regular expression"
          + " (check its brackets and backslashes)",
        "w.yaml:18:58: phases[0].steps[5].scalars[1].better: 'low' is not known here"
          + " (did you mean 'lower'? allowed: lower, higher)",
        "w.yaml:20:12: phases[1].steps: the list is empty (a phase needs at least one step)",
      ])
  }
}
