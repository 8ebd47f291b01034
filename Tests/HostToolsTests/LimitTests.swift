import HostTools
import Testing

@Suite struct LimitTests {
  private let shell = HostTool(name: "sh", package: "dash")

  @Test func aProgramThatDoesNotEndIsEndedByItsLimit() async throws {
    let error = await #expect(throws: HostToolError.tooLong(name: "sh", seconds: 1)) {
      try await shell.output(["-c", "while :; do :; done"], cpuLimit: 1)
    }
    #expect(error?.description == "sh was ended after 1 s of CPU time")
  }

  @Test func aProgramWithinItsLimitEndsByItself() async throws {
    #expect(try await shell.output(["-c", "printf done"], cpuLimit: 1) == Array("done".utf8))
  }
}
