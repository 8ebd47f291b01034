import Foundation
import Testing

@testable import Jobs

/// A place that cannot take results is refused before anything is measured.
@Suite struct ResultPlaceTests {
  private let folder = NSTemporaryDirectory() + "latgate-jobs-\(UUID().uuidString)"

  private func inFolder(_ body: () throws -> Void) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body()
  }

  @Test func aFolderThatIsYetToBeMadeWillDo() throws {
    try inFolder {
      try ResultPlace.requireFolder("\(folder)/new")
      try ResultPlace.requireFolder("\(folder)/new/")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  /// What lies above it is made by nobody: the path is mistyped.
  @Test func aFolderBelowOneThatIsNotThereIsRefused() throws {
    try inFolder {
      let error = #expect(throws: ResultPlace.Fault.self) {
        try ResultPlace.requireFolder("\(folder)/typo/x")
      }
      let fault = try #require(error)
      #expect(
        fault.description
          == "nothing can be kept in \(folder)/typo/x: there is no folder \(folder)/typo; make it, "
          + "or name another folder")
      #expect(ErrorReport(fault).status == .usage)
      #expect(throws: ResultPlace.Fault.self) {
        try ResultPlace.requireFile("\(folder)/typo/x/report.html", makesFolder: true)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  @Test func theUsualFolderIsMade() throws {
    #expect(ResultPlace.newFolder("demo").hasPrefix("latgate-results/demo-2"))
    try ResultPlace.requireFolder(ResultPlace.newFolder("demo"))
  }

  @Test func aFaultNamesThePlaceAndNoTemporaryFile() throws {
    try inFolder {
      try "x".write(toFile: "\(folder)/file", atomically: true, encoding: .utf8)
      let error = #expect(throws: ResultPlace.Fault.self) {
        try ResultPlace.requireFolder("\(folder)/file/inside")
      }
      #expect(
        error?.description
          == "nothing can be kept in \(folder)/file: Not a directory; name another folder")
    }
  }

  @Test func aFileIsNoFolderForResults() throws {
    try inFolder {
      try "x".write(toFile: "\(folder)/file", atomically: true, encoding: .utf8)
      let error = #expect(throws: ResultPlace.Fault.self) {
        try ResultPlace.requireFolder("\(folder)/file/inside")
      }
      #expect(error?.isPlace == true)
      let fault = try #require(error)
      #expect(ErrorReport(fault).status == .usage)
    }
  }

  @Test func aFileNeedsAFolderUnlessItsWriterMakesOne() throws {
    try inFolder {
      let error = #expect(throws: ResultPlace.Fault.self) {
        try ResultPlace.requireFile("\(folder)/new/record.json")
      }
      let fault = try #require(error)
      #expect(fault.problem.contains("there is no folder \(folder)/new"))
      #expect(ErrorReport(fault).status == .usage)
      try ResultPlace.requireFile("\(folder)/new/report.html", makesFolder: true)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  @Test func aFolderIsNoFile() throws {
    try inFolder {
      #expect(throws: ResultPlace.Fault.self) { try ResultPlace.requireFile(folder) }
      try ResultPlace.requireFile("\(folder)/report.html")
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/report.html"))
    }
  }
}
