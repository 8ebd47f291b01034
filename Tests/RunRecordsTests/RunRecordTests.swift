import Foundation
import LatencyHistograms
import RunRecords
import Testing

@Suite struct RunRecordTests {
  private func fixture(_ name: String = "run") throws -> Data {
    let url = try #require(
      Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures"))
    return try Data(contentsOf: url)
  }

  /// The fixture's text with one part replaced.
  private func edited(_ old: String, _ new: String) throws -> Data {
    let text = String(decoding: try fixture(), as: UTF8.self)
    #expect(text.contains(old))
    return Data(text.replacingOccurrences(of: old, with: new).utf8)
  }

  private func error(_ data: Data) -> RunRecordError? {
    do throws(RunRecordError) {
      _ = try RunRecord.decode(data, file: "run.json")
      return nil
    } catch {
      return error
    }
  }

  @Test func writesTheFixtureByteForByte() throws {
    #expect(try sampleRecord().encoded() == fixture())
  }

  @Test func readsWhatItWrote() throws {
    #expect(try RunRecord.decode(try fixture(), file: "run.json") == sampleRecord())
  }

  /// Version 1 knew histograms alone; a record of it is written as one of this version.
  @Test func readsVersion1() throws {
    let record = try RunRecord.decode(try fixture("run-1"), file: "run.json")
    var expected = sampleRecord()
    expected.iterations[0].phases[0].counters = []
    expected.iterations[0].phases[0].events = []
    expected.iterations[0].phases[0].stacks = []
    #expect(record == expected)
    #expect(try RunRecord.decode(record.encoded(), file: "run.json") == expected)
  }

  @Test func resultsHaveAKindOfThisVersion() throws {
    let kind = "iterations[0].phases[0].results[1].kind"
    #expect(
      error(try edited("\"kind\":\"counter\"", "\"kind\":\"poem\""))
        == .field(
          file: "run.json", field: kind, problem: "is \"poem\", which this version does not know"))
    #expect(
      error(try edited("\"kind\":\"counter\",", ""))
        == .field(file: "run.json", field: kind, problem: "missing"))
    #expect(
      error(try edited("[9,\"8:0\",0]", "[9,\"8:0\"]"))
        == .field(
          file: "run.json", field: "iterations[0].phases[0].results[2].rows",
          problem: "row 1 has 2 values, there are 3 columns"))
  }

  @Test func skipsUnknownKeys() throws {
    let data = try edited("\"suite\":", "\"later\":{\"a\":[1]},\"suite\":")
    #expect(try RunRecord.decode(data, file: "run.json") == sampleRecord())
  }

  @Test func refusesAnotherSchema() throws {
    #expect(
      error(try edited("latgate.run/2", "latgate.run/9"))
        == .schema(file: "run.json", found: "latgate.run/9"))
    #expect(error(Data("{}".utf8)) == .schema(file: "run.json", found: nil))
    #expect(
      error(Data("{}".utf8)).map { "\($0)" }
        == "run.json: field schema: missing, so this is no run record (\"latgate.run/2\").")
  }

  @Test func namesTheFieldThatIsWrong() throws {
    #expect(
      error(try edited("\"suite\":\"storage\",", ""))
        == .field(file: "run.json", field: "suite", problem: "missing"))
    guard
      case .field(_, let field, _) = error(try edited("\"drainNs\":2000000", "\"drainNs\":\"x\""))
    else {
      Issue.record("no field error")
      return
    }
    #expect(field == "iterations[0].phases[0].drainNs")
    guard
      case .field(_, let tier, _) = error(
        try edited("\"tier\":\"T2\",\"toolVersion\"", "\"tier\":\"T7\",\"toolVersion\""))
    else {
      Issue.record("no field error")
      return
    }
    #expect(tier == "tier")
  }

  @Test func olderRecordsHaveOneTierForAllProbes() throws {
    let older = try edited("\"status\":\"loaded\",\"tier\":\"T2\"", "\"status\":\"loaded\"")
    let text = String(decoding: older, as: UTF8.self).replacing(
      "\"tier\":\"T2\",\"toolVersion\"", with: "\"tier\":\"T1\",\"toolVersion\"")
    let record = try RunRecord.decode(Data(text.utf8), file: "run.json")
    #expect(record.probes.map(\.tier) == [.t1, nil])
    #expect(record.tier == .t1)
  }

  @Test func theTierOfARunIsTheLowestOfItsProbes() {
    func run(_ tiers: [Tier?]) -> Tier {
      RunRecord(
        id: "r", created: Date(timeIntervalSince1970: 0), toolVersion: "1", target: "t",
        device: sampleRecord().device, firmware: sampleRecord().firmware,
        boot: sampleRecord().boot, suite: "s", workload: "w",
        probes: tiers.map { ProbeRecord(name: "p", status: .loaded, tier: $0) }
      ).tier
    }
    #expect(run([]) == .t2)
    #expect(run([.t2, .t0, .t1]) == .t0)
    #expect(run([.t1, nil, .t2]) == .t1)
  }

  @Test func bucketsAreChecked() throws {
    let old = "[10,2],[270,1]"
    let field = "iterations[0].phases[0].results[0].buckets"
    let cases = [
      ("[10,2],[270,2]", "counts sum to 4, count says 3"),
      ("[10,2],[528,1]", "entry 1 has index 528; indexes ascend and end at 527"),
      ("[10,2],[10,1]", "entry 1 has index 10; indexes ascend and end at 527"),
      ("[10,3],[270,0]", "entry 1 has count 0"),
      ("[10,2],[270,281474976710656]", "281474976710658 events are more than any run has"),
    ]
    for (new, problem) in cases {
      #expect(
        error(try edited(old, new)) == .field(file: "run.json", field: field, problem: problem))
    }
  }

  @Test func cutOffAndGarbageSayWhere() throws {
    let whole = try fixture()
    let ending = "the file ends here"
    let places = [
      1: "line 1, column 2: \(ending)",
      700: "line 1, column 701, in iterations[0].phases[0].losses[0]: \(ending)",
    ]
    for length in places.keys {
      #expect(
        error(Data(whole.prefix(length)))
          == .cutOff(file: "run.json", position: places[length] ?? ""))
    }
    // A file system that lost power keeps a file's length, and zeros.
    #expect(
      error(Data(whole.prefix(700)) + Data(count: 99))
        == .cutOff(file: "run.json", position: places[700] ?? ""))
    #expect(error(Data()) == .cutOff(file: "run.json", position: "line 1, column 1: \(ending)"))
    let deep = String(repeating: "[", count: 100_000)
    let cases = [
      ("\u{7f}ELF", "line 1, column 1: unexpected character"),
      ("{\"schema\":\n  ?}", "line 2, column 3, in schema: unexpected character"),
      ("{\"a\": [1, tru]}", "line 1, column 14, in a[1]: unexpected character"),
      ("{\"schema\": \"a\" 5}", "line 1, column 16: unexpected character"),
      ("{\"schema\": \"\\q\"}", "line 1, column 14, in schema: unexpected character"),
      ("{\"schema\": \"\\ud800x\"}", "line 1, column 19, in schema: unexpected character"),
      ("{\"schema\": \"\\udc00\"}", "line 1, column 19, in schema: half of a UTF-16 character"),
      ("{} {}", "line 1, column 4: unexpected character"),
      (deep, "line 1, column 513: more than 512 lists and objects inside each other"),
    ]
    for (text, position) in cases {
      #expect(error(Data(text.utf8)) == .notJSON(file: "run.json", position: position))
    }
  }

  /// A file that is whole is not called cut off for a value in it.
  @Test func aValueThatCannotBeIsNamed() throws {
    let path = "iterations[0].phases[0]"
    let cases = [
      (
        "\"drainNs\":2000000", "\"drainNs\":1.5", "\(path).drainNs",
        "is 1.5, where a whole number of at least 0 is needed"
      ),
      (
        "\"drainNs\":2000000", "\"drainNs\":-3", "\(path).drainNs",
        "is -3, where a whole number of at least 0 is needed"
      ),
      (
        "\"drainNs\":2000000", "\"drainNs\":99999999999999999999", "\(path).drainNs",
        "is 99999999999999999999, where a whole number of at least 0 is needed"
      ),
      (
        "\"value\":12.5", "\"value\":1e999", "\(path).scalars[0].value",
        "is 1e999, where a number that is neither too large nor too small is needed"
      ),
      (
        "\"exitCode\":0", "\"exitCode\":99999999999999999999", "\(path).steps[0].exitCode",
        "is 99999999999999999999, where a smaller whole number is needed"
      ),
      (
        "\"drainNs\":2000000", "\"drainNs\":\"x\"", "\(path).drainNs",
        "is text, where a whole number is needed"
      ),
      ("\"suite\":\"storage\"", "\"suite\":5", "suite", "is a number, where text is needed"),
      (
        "\"iterations\":[{", "\"iterations\":null,\"was\":[{", "iterations",
        "is null, where a list is needed"
      ),
      (
        "2026-09-21T14:13:20Z", "yesterday", "created",
        "is \"yesterday\", where a time such as 2026-01-31T12:00:00Z is needed"
      ),
      (
        "\"tier\":\"T2\",\"toolVersion\"", "\"tier\":\"T7\",\"toolVersion\"", "tier",
        "is \"T7\", which this version does not know"
      ),
    ]
    for (old, new, field, problem) in cases {
      #expect(
        error(try edited(old, new)) == .field(file: "run.json", field: field, problem: problem))
    }
    // Foundation places neither the number nor, with it there, what follows.
    var two = try edited("\"drainNs\":2000000", "\"drainNs\":1.5")
    two.replace(Data("\"value\":12.5".utf8), with: Data("\"value\":\"x\"".utf8))
    #expect(
      error(two)
        == .field(
          file: "run.json", field: "\(path).drainNs",
          problem: "is 1.5, where a whole number of at least 0 is needed"))
    #expect(
      error(Data("[1, 2]".utf8))
        == .field(file: "run.json", field: "", problem: "is a list, where an object is needed"))
    var bytes = try fixture()
    bytes.replace(Data("storage".utf8), with: Data([0x61, 0xff, 0xfe, 0x62]))
    guard case .notJSON(_, let position) = error(bytes) else {
      Issue.record("bytes that are not UTF-8 are read")
      return
    }
    #expect(position.hasSuffix(", in suite: a byte that is not UTF-8"))
  }

  @Test func notANumberCannotBeWritten() {
    var record = sampleRecord()
    record.iterations[0].phases[0].scalars[0].value = .nan
    #expect(
      throws: RunRecordError.field(
        file: "record", field: "iterations[0].phases[0].scalars[0].value",
        problem: "nan cannot be written")
    ) { try record.encoded() }
  }

  @Test func lossesAreShares() {
    let loss = LossRecord(
      metric: "m", recorded: 997, overwritten: 1, cancelled: 50, noStart: 1, mapFull: 1)
    #expect(loss.lost == 2)
    #expect(loss.lossShare == 2.0 / 1049)
    let missed = LossRecord(metric: "m", recorded: 940, noStart: 60)
    #expect(missed.lost == 60)
    #expect(missed.lossShare == 0.06)
    #expect(LossRecord(metric: "m").lossShare == 0)
    // Rows of what is slow: the fast ones were seen as well.
    let slow = LossRecord(metric: "m", recorded: 24, cancelled: 21_081, noStart: 25)
    #expect(slow.lost == 0 && slow.lossShare == 0)
    #expect(LossRecord(metric: "m", overwritten: .max, noStart: 1).lost == .max)
  }

  @Test func rungsOfAProbe() {
    func probe(_ rungs: [String]) -> String {
      ProbeRecord(
        name: "p", status: .loaded,
        hooks: rungs.enumerated().map {
          HookRecord(hook: "h\($0)", rung: $1, program: "", why: "")
        }
      ).rung
    }
    #expect(probe([]) == "")
    #expect(probe(["tp_btf", "tp_btf"]) == "tp_btf")
    #expect(probe(["tp_btf", "raw_tp"]) == "h0=tp_btf;h1=raw_tp")
  }
}
