import Foundation
import RegressionAnalysis
import Testing

@testable import Jobs

/// A check's directory says what was asked for, so that the check can be resumed.
@Suite struct CheckDirectoryTests {
  private func setup(baseline: String? = nil) -> CheckSetup {
    CheckSetup(
      id: "one", suite: "demo", device: "virtual", reference: "old", candidate: "new",
      iterations: 3, layout: .boots, runs: 8, mostRuns: 20, lanes: 2, allowsMixed: false,
      baseline: baseline)
  }

  private func withDirectory(_ body: (CheckDirectory) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "latgate-jobs-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(CheckDirectory(path: path))
  }

  @Test func whatWasBegunIsResumed() throws {
    try withDirectory { directory in
      let profile = NoiseProfile(entries: [
        NoiseEntry(metric: "m", statistic: .value, variance: 0.01, degreesOfFreedom: 7)
      ])
      try directory.begin(setup(baseline: "nightly"), profile: profile)
      let begun = try directory.resume()
      #expect(begun.setup == setup(baseline: "nightly"))
      #expect(begun.profile == profile)
      #expect(begun.made.isEmpty)
    }
  }

  /// A profile of an earlier check in the same directory must not judge this one.
  @Test func aCheckWithoutAProfileForgetsTheOldOne() throws {
    try withDirectory { directory in
      try directory.begin(setup(), profile: NoiseProfile(entries: []))
      try directory.begin(setup(), profile: nil)
      #expect(try directory.resume().profile == nil)
    }
  }

  @Test func aDirectoryWithoutACheckIsNamed() throws {
    try withDirectory { directory in
      let error = #expect(throws: CheckDirectory.CheckError.self) { _ = try directory.resume() }
      #expect(error?.path == directory.path)
      let fault = try #require(error)
      #expect(ErrorReport(fault).status == .badInput)
    }
  }

  @Test(arguments: [
    "", "{", "{\"schema\": \"latgate.check/2\"}", "{\"schema\": \"latgate.check/9\"}",
  ])
  func aDamagedCheckIsRefusedWithItsFile(text: String) throws {
    try withDirectory { directory in
      try directory.begin(setup(), profile: nil)
      try text.write(toFile: "\(directory.path)/check.json", atomically: true, encoding: .utf8)
      let error = #expect(throws: CheckDirectory.CheckError.self) { _ = try directory.resume() }
      #expect(error?.description.contains("check.json") == true)
    }
  }
}
