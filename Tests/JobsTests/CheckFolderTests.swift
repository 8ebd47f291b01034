import Foundation
import RegressionAnalysis
import Testing

@testable import Jobs

/// A check's folder says what was asked for, so that the check can be resumed.
@Suite struct CheckFolderTests {
  private func setup(baseline: String? = nil) -> CheckSetup {
    CheckSetup(
      id: "one", suite: "demo", device: "virtual", reference: "old", candidate: "new",
      iterations: 3, layout: .boots, runs: 8, mostRuns: 20, lanes: 2, allowsMixed: false,
      baseline: baseline)
  }

  private func withFolder(_ body: (CheckFolder) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "latgate-jobs-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(CheckFolder(path: path))
  }

  @Test func whatWasBegunIsResumed() throws {
    try withFolder { folder in
      let profile = NoiseProfile(entries: [
        NoiseEntry(metric: "m", statistic: .value, variance: 0.01, degreesOfFreedom: 7)
      ])
      try folder.begin(setup(baseline: "nightly"), profile: profile)
      let begun = try folder.resume()
      #expect(begun.setup == setup(baseline: "nightly"))
      #expect(begun.profile == profile)
      #expect(begun.made.isEmpty)
    }
  }

  /// A profile of an earlier check in the same folder must not judge this one.
  @Test func aCheckWithoutAProfileForgetsTheOldOne() throws {
    try withFolder { folder in
      try folder.begin(setup(), profile: NoiseProfile(entries: []))
      try folder.begin(setup(), profile: nil)
      #expect(try folder.resume().profile == nil)
    }
  }

  @Test func aFolderWithoutACheckIsNamed() throws {
    try withFolder { folder in
      let error = #expect(throws: CheckFolder.Fault.self) { _ = try folder.resume() }
      #expect(error?.path == folder.path)
      let fault = try #require(error)
      #expect(ErrorReport(fault).status == .badInput)
    }
  }

  @Test(arguments: [
    "", "{", "{\"schema\": \"latgate.check/2\"}", "{\"schema\": \"latgate.check/9\"}",
  ])
  func aDamagedCheckIsRefusedWithItsFile(text: String) throws {
    try withFolder { folder in
      try folder.begin(setup(), profile: nil)
      try text.write(toFile: "\(folder.path)/check.json", atomically: true, encoding: .utf8)
      let error = #expect(throws: CheckFolder.Fault.self) { _ = try folder.resume() }
      #expect(error?.description.contains("check.json") == true)
    }
  }
}
