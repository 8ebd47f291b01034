import Catalogs
import Devices
import Testing

@testable import Jobs

/// The exit code and the words of an error.
@Suite struct ErrorReportTests {
  @Test func whatTheUserAskedForAmissIsUsage() {
    for error: any Error in [
      JobError.emptyBaseline(name: "nightly"),
      JobError.tooFewDevices(layout: "crossover", needed: 2),
      UnknownNameError(kind: "suite", name: "dmo", known: ["demo"]),
    ] {
      #expect(ErrorReport(error).status == .usage, "\(error)")
    }
    let words = ErrorReport(JobError.emptyBaseline(name: "nightly")).messages.first?.what
    #expect(words == "baseline nightly has no runs; see 'latgate baseline list'")
  }

  /// Racks try again after 69: only a device may end with it, and its owner is named.
  @Test func aLostDeviceIsTheRacks() throws {
    let report = ErrorReport(DeviceError.offline(device: "pixel", state: "offline"))
    #expect(report.status == .deviceUnavailable)
    #expect(report.messages.last?.owner == "rack")
  }

  @Test func anInterruptionIsItsOwn() {
    #expect(ErrorReport(CancellationError()).status == .interrupted)
  }
}
