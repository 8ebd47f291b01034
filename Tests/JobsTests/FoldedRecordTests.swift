import Testing

@testable import Jobs
@testable import PerfettoTraces

@Suite struct FoldedRecordTests {
  /// A record stays when the words of the command that made it are gone.
  @Test func aRecordSaysWhatOfItsTraceWasLeftOut() throws {
    var facts = TraceFacts()
    facts.notes = ["the trace was unpacked (gzip)"]
    facts.omissions = [
      "the gzip file is cut off: what is there was read",
      "the file ends inside the packet at byte 9: it was read up to there",
    ]
    func notes(_ facts: TraceFacts) throws -> [String: String] {
      let trace = FoldedTrace(
        facts: facts, window: WindowMoments(arm: 0, open: 1, drain: 2, close: 3), faults: [],
        firstNs: 1,
        metrics: [], missing: [:], frequencies: [], wakingIsWakeup: false)
      let record = FoldedRecord(
        trace: trace, probes: [], device: "d", firmware: "f", suite: "trace", phase: "trace"
      ).record()
      return try #require(record.iterations.first).notes
    }
    #expect(
      try notes(facts)["left out"]
        == "the gzip file is cut off: what is there was read; the file ends inside the packet at "
        + "byte 9: it was read up to there")
    #expect(try notes(TraceFacts())["left out"] == nil)
  }
}
