import Experiments
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

  @Test func theRunsOfAnotherCheckAreNotMixedWithItsOwn() throws {
    try withDirectory { directory in
      try directory.begin(setup(), profile: nil)
      var other = setup()
      other.id = "two"
      // One that made no run, as where its device was away, is in nobody's way.
      try directory.begin(other, profile: nil)
      try FileManager.default.createDirectory(
        atPath: directory.runs, withIntermediateDirectories: true)
      try "{}".write(
        toFile: "\(directory.runs)/000-reference.json", atomically: true, encoding: .utf8)
      try directory.begin(other, profile: nil)
      let error = #expect(throws: ResultPlace.PlaceError.self) {
        try directory.begin(setup(), profile: nil)
      }
      let fault = try #require(error)
      #expect(fault.description.contains("the runs of another check"))
      #expect(ErrorReport(fault).status == .usage)
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

  /// A design of such numbers traps, or has no end.
  @Test(
    "numbers that no check was begun with are refused with their field",
    arguments: [
      ("\"runs\":8", "\"runs\":-1", "field runs: is -1, where 1 to 500 is needed"),
      ("\"runs\":8", "\"runs\":0", "field runs: is 0"),
      ("\"runs\":8", "\"runs\":9223372036854775807", "field runs: is 9223372036854775807"),
      ("\"mostRuns\":20", "\"mostRuns\":-20", "field mostRuns: is -20"),
      ("\"mostRuns\":20", "\"mostRuns\":1000000000", "field mostRuns: is 1000000000"),
      ("\"iterations\":3", "\"iterations\":0", "field iterations: is 0"),
      ("\"lanes\":2", "\"lanes\":3", "field lanes: is 3, where 1 to 2 is needed"),
      ("\"id\":\"one\"", "\"id\":\"\"", "field id: is empty"),
    ])
  func numbers(old: String, new: String, says: String) throws {
    for layout in ExperimentDesign.Layout.allCases {
      try withDirectory { directory in
        var begun = setup()
        begun.layout = layout
        try directory.begin(begun, profile: nil)
        let file = "\(directory.path)/check.json"
        let text = try String(contentsOfFile: file, encoding: .utf8)
          .replacing(" : ", with: ":")
        try #require(text.contains(old))
        try text.replacing(old, with: new).write(toFile: file, atomically: true, encoding: .utf8)
        let error = #expect(throws: CheckDirectory.CheckError.self) { _ = try directory.resume() }
        let fault = try #require(error)
        #expect(fault.description.contains(says), "\(fault.description)")
        #expect(fault.path == file && ErrorReport(fault).status == .badInput)
      }
    }
  }

  /// As '--most-runs' alone leaves it before the first run.
  @Test func fewerRunsAtMostThanPlannedAreResumed() throws {
    try withDirectory { directory in
      var begun = setup()
      begun.mostRuns = 4
      try directory.begin(begun, profile: nil)
      #expect(try directory.resume().setup.design.mostRuns == 8)
    }
  }
}
