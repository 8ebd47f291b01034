import Testing

@testable import Reporting

@Suite struct PoolReportTests {
  @Test(
    arguments: [
      ([0, 0], 0), ([0, 2], 2), ([2, 69], 69), ([69, 3, 2], 3), ([3, 70], 70), ([69, 1, 70], 1),
      ([1, 130], 130), ([0, 137], 70), ([64, 65], 65), ([], 70),
    ] as [([Int32], Int32)])
  func theGravestCodeIsThePools(codes: [Int32], worst: Int32) {
    #expect(PoolReport.worst(codes) == worst)
  }

  @Test func theTableHasEveryDevice() throws {
    let report = PoolReport(
      command: "check", suite: "demo", pool: "rack1",
      devices: [
        .init(
          name: "left", device: "phone@usb:1-2", exitCode: 1,
          detail: "REGRESSION slow against reference", directory: "out/left", seconds: 600),
        .init(
          name: "right", device: "tcp:h:1", exitCode: 69, detail: "device tcp:h:1: gone",
          directory: "out/right", seconds: 12),
        .init(
          name: "third", device: "b", exitCode: 0, detail: "PASS", directory: "out/third",
          seconds: 580),
      ])
    #expect(report.exitCode == 1)
    #expect(
      report.text(width: 90, style: .plain) == """
        check demo on 3 devices: 1 regression, 1 unavailable, 1 pass
        device  result         took
        left    regression   10 min  REGRESSION slow against reference
        right   unavailable    12 s  device tcp:h:1: gone
        third   pass         10 min  PASS

        """)
    let json = String(decoding: try report.json(), as: UTF8.self)
    #expect(json.contains(#""schema" : "latgate.pool/1""#))
    #expect(json.contains(#""outcome" : "unavailable""#))
  }
}
