import Testing

@testable import Experiments

/// What the agent has used, from files of /proc/self as kernels write them.
@Suite struct AgentUseTests {
  private static let status = "Name:\tlatgate-agent\nVmPeak:\t    9000 kB\nVmRSS:\t    3264 kB\n"
  private static let stat =
    "812 (lat) gate-(ag) S 1 812 812 0 -1 4194560 310 0 0 0 7 5 0 0 20 0 1 0 9923 3457024 816 0\n"

  @Test func nanosecondsAreTakenWhereTheKernelCountsThem() throws {
    let use = try #require(
      AgentUse(files: [
        "/proc/self/status": Self.status, "/proc/self/stat": Self.stat,
        "/proc/self/schedstat": "123456789 4000 17\n",
      ]))
    #expect(use.cpuNs == 123_456_789 && use.memoryKiB == 3264)
  }

  @Test(arguments: [nil, "0 0 0\n"])
  func elseTicksAreAfterAnyName(schedstat: String?) throws {
    var files = ["/proc/self/status": Self.status, "/proc/self/stat": Self.stat]
    files["/proc/self/schedstat"] = schedstat
    #expect(try #require(AgentUse(files: files)).cpuNs == 120_000_000)
  }

  @Test(arguments: [
    [:], ["/proc/self/status": "VmRSS: much\n"], ["/proc/self/status": "Name: x\n"],
    ["/proc/self/status": "VmRSS: 1 kB\n", "/proc/self/stat": "812 (x) S 1\n"],
  ])
  func whatMakesNoSenseIsNothing(files: [String: String]) {
    #expect(AgentUse(files: files) == nil)
  }
}
