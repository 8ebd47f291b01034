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
      try ResultPlace.requireFolder("\(folder)/new/one")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
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
