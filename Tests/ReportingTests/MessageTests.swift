import Catalogs
import RunRecords
import Testing

@testable import Reporting

struct ErrorMessageTests {
  @Test func everyErrorInOneForm() throws {
    let catalog = CatalogError([
      CatalogProblem(
        file: "bpf/p.yaml", line: 2, column: 1, field: "titel", message: "unknown key 'titel'",
        remedy: "did you mean 'title'?"),
      CatalogProblem(file: "bpf/q.yaml", message: "the file is empty", remedy: "fill it in"),
    ])
    let messages =
      ErrorMessage.messages(catalog) + [
        ErrorMessage(RunRecordError.notJSON(file: "a.json", position: "line 1")),
        ErrorMessage(RunRecordError.cutOff(file: "a.json", position: "line 1")),
        ErrorMessage(RunRecordError.schema(file: "a.json", found: "latgate.run/9")),
        ErrorMessage(RunRecordError.schema(file: "a.json", found: nil)),
        ErrorMessage(RunRecordError.field(file: "a.json", field: "boot", problem: "missing")),
        ErrorMessage(
          what: "the kernel refused the probe", place: "device virtual, probe block",
          remedy: "run 'latgate doctor'", details: ["R1 type=ctx expected=fp", "bad\u{1B}[2J"]),
        ErrorMessage(what: "interrupted"),
      ]
    let plain = ErrorMessage.rendered(messages, .plain)
    try expectSnapshot(plain, "errors.txt")
    #expect(withoutColour(ErrorMessage.rendered(messages, .colour)) == plain)
    #expect(!plain.contains("\u{1B}"))
  }

  @Test func unknownNames() throws {
    let error = #expect(throws: UnknownNameError.self) { try Catalog().suite("demo") }
    #expect(
      ErrorMessage(try #require(error)).rendered(.plain)
        == "error: there is no suite 'demo'\n  try: there are none yet\n")
  }
}

struct ProgressLineTests {
  private let state = ProgressState(
    arm: "candidate", stage: "screen", runsDone: 2, runs: 8, iterationsDone: 1, iterations: 4,
    activity: "fsync-f2fs", elapsed: .seconds(90))

  @Test func fractionAndTimeLeft() {
    #expect(state.fraction == 2.25 / 8)
    #expect(state.remaining == .seconds(230))
    var early = state
    early.runsDone = 0
    #expect(early.remaining == nil)
    early.runs = 0
    #expect(early.fraction == 0)
  }

  @Test func bars() throws {
    var early = state
    early.runsDone = 0
    early.iterationsDone = 0
    early.activity = "booting"
    var single = state
    single.arm = ""
    single.stage = ""
    single.runs = 1
    single.runsDone = 0
    var done = state
    done.runsDone = 8
    done.iterationsDone = 0
    var lines: [String] = []
    for state in [early, state, done, single] {
      for width in [120, 80, 50, 20] {
        let line = ProgressLine.bar(state, width: width, style: .plain)
        #expect(line.count <= width)
        #expect(withoutColour(ProgressLine.bar(state, width: width, style: .colour)) == line)
        lines.append(line)
      }
      lines.append(ProgressLine.log(state))
    }
    try expectSnapshot(lines.joined(separator: "\n") + "\n", "progress.txt")
  }
}

struct ProbeListingTests {
  private func manifests() throws -> [ProbeManifest] {
    try ["runqueue", "fsync"].map { name in
      try ProbeManifest.parse(
        """
        probe: \(name)
        title: T
        question: How long does it take until \(name) is done with what it was asked to do?
        object: \(name).bpf.c
        cost: medium
        privacy: none
        metrics:
          - metric: \(name).time
            help: from start to end
            unit: ns
            map: m
            counters: 0
            key: [{field: class, size: 4, values: {0: a}}, {field: pad, size: 4, kind: padding}]
        """, file: "\(name).yaml")
    }
  }

  @Test func table() throws {
    let text = ProbeListing(try manifests()).text(width: 80, style: .plain)
    try expectSnapshot(text, "probes-80.txt")
    #expect(withoutColour(ProbeListing(try manifests()).text(width: 80, style: .colour)) == text)
  }

  @Test func json() throws {
    let data = try ProbeListing(try manifests()).json()
    try expectSnapshot(String(decoding: data, as: UTF8.self), "probes.json")
  }
}

struct HumanUnitsTests {
  @Test(arguments: [
    (0.0, "0 ns"), (850, "850 ns"), (999.4, "999 ns"), (999.6, "1.00 us"), (12_345, "12.3 us"),
    (999_900, "1.00 ms"), (4_560_000, "4.56 ms"), (1.2e9, "1.20 s"), (68.7e9, "68.7 s"),
  ])
  func times(nanoseconds: Double, expected: String) {
    #expect(humanTime(nanoseconds: nanoseconds) == expected)
  }

  @Test func threeSignificantDigits() {
    #expect(threeDigits(9.996) == "10.0")
    #expect(threeDigits(0.01234) == "0.0123")
    #expect(threeDigits(-1.5) == "-1.50")
    #expect(threeDigits(123456) == "123456")
    #expect(threeDigits(.nan) == "?")
    #expect(threeDigits(1e-9) == "0.000000")
  }

  @Test func changesAreSigned() {
    #expect(humanChange(0.1234) == "+12.3%")
    #expect(humanChange(-0.0004) == "+0.0%")
    #expect(humanChange(-0.004) == "-0.4%")
    #expect(humanChange(1.5) == "+150%")
  }

  @Test func shares() {
    #expect(humanShare(0) == "0%")
    #expect(humanShare(0.00001) == "<0.01%")
    #expect(humanShare(0.0005) == "0.05%")
    #expect(humanShare(0.041) == "4.1%")
    #expect(humanShare(1) == "100%")
  }

  @Test func countsAndSpans() {
    #expect(humanCount(7) == "7")
    #expect(humanCount(1_234_567) == "1,234,567")
    #expect(humanSpan(.seconds(45)) == "45 s")
    #expect(humanSpan(.seconds(720)) == "12 min")
    #expect(humanSpan(.seconds(7500)) == "2 h 05 min")
    #expect(humanSpan(seconds: 45) == "45 s")
    #expect(humanSpan(seconds: 1e300) == humanSpan(seconds: 1e15))
    for seconds in [-1, -1e300, Double.nan, -Double.infinity] {
      #expect(humanSpan(seconds: seconds) == "0 s")
    }
  }
}
