import Catalogs
import Testing

@testable import Jobs

struct MeasurementTests {
  @Test("a line that says how long is no part of a check, which would not heed it")
  func times() throws {
    let line = "sched:sched_switch ~ sched:sched_wakeup for 5s by tid"
    let timed = try Measurement(line)
    #expect(timed.time == .seconds(5))
    let error = #expect(throws: MeasureError.self) { try timed.requireUntimed() }
    let range = try #require(error).range
    #expect(String(Array(line)[range]) == "for 5s")
    #expect(throws: Never.self) {
      try Measurement("sched:sched_switch ~ sched:sched_wakeup by tid").requireUntimed()
    }
  }

  @Test("a line of the kernel has no returns to see, which no device is asked for")
  func returns() throws {
    for line in ["vfs_read", "block:block_rq_issue ~ block:block_rq_complete by dev,sector"] {
      let error = try #require(throws: MeasureError.self) { try Measurement(line, returns: .sites) }
      #expect(error.message.contains("--returns needs"))
      #expect(ErrorReport(error).status == .usage)
      #expect(throws: Never.self) { try Measurement(line) }
    }
    #expect(throws: Never.self) { try Measurement("/usr/bin/app:work", returns: .sites) }
  }
}
