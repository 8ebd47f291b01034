import RunRecords
import Testing

@Suite struct CheckRecordTests {
  private let load = "latgate-load pingpong"

  @Test func whatCountsAndBalancesWorks() {
    let check = CheckRecord(load: load, recorded: ["x.a": 3, "x.b": 1])
    #expect(check.text == "works" && !check.isFaulty && check.silent.isEmpty)
  }

  @Test func aHookThatNeverFiredIsNamed() {
    let check = CheckRecord(load: load, recorded: ["x.a": 3, "x.b": 0], unbalanced: ["x.a"])
    #expect(check.isFaulty && check.silent == ["x.b"])
    #expect(
      check.text
        == "x.b: no event under 'latgate-load pingpong'; x.a: starts without an end")
  }

  @Test func whatCountsLessThanTheLoadMakesIsNamed() {
    let check = CheckRecord(
      load: load, recorded: ["x.a": 3, "x.b": 0], least: ["x.a": 8, "x.b": 2])
    #expect(check.isFaulty)
    #expect(
      check.text
        == "x.b: no event under 'latgate-load pingpong'; x.a: less than the 8 that "
        + "'latgate-load pingpong' makes")
  }

  @Test func aLoadThatFailedShowsNothing() {
    let check = CheckRecord(load: load, recorded: ["x.a": 0], failure: "its load ended with 69")
    #expect(!check.isFaulty && check.silent.isEmpty)
    #expect(check.text == "not checked: its load ended with 69")
  }
}
