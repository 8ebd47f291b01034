import Foundation
import Glibc
import Testing

@testable import Jobs

/// A place that cannot take results is refused before anything is measured.
@Suite struct ResultPlaceTests {
  private let directory = NSTemporaryDirectory() + "latgate-jobs-\(UUID().uuidString)"

  private func inDirectory(_ body: () throws -> Void) throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try body()
  }

  @Test func aDirectoryThatIsYetToBeMadeWillDo() throws {
    try inDirectory {
      try ResultPlace.requireDirectory("\(directory)/new")
      try ResultPlace.requireDirectory("\(directory)/new/")
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
    }
  }

  /// What lies above it is made by nobody: the path is mistyped.
  @Test func aDirectoryBelowOneThatIsNotThereIsRefused() throws {
    try inDirectory {
      let error = #expect(throws: ResultPlace.PlaceError.self) {
        try ResultPlace.requireDirectory("\(directory)/typo/x")
      }
      let fault = try #require(error)
      #expect(
        fault.description
          == "nothing can be kept in \(directory)/typo/x: there is no directory \(directory)/typo; make it, "
          + "or name another directory")
      #expect(ErrorReport(fault).status == .usage)
      #expect(throws: ResultPlace.PlaceError.self) {
        try ResultPlace.requireFile("\(directory)/typo/x/report.html", makesDirectory: true)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
    }
  }

  @Test func theUsualDirectoryIsMade() throws {
    #expect(ResultPlace.newDirectory("demo").hasPrefix("latgate-results/demo-2"))
    // Another process that begins in the same second has another.
    #expect(ResultPlace.newDirectory("demo").hasSuffix("-\(getpid())"))
    try ResultPlace.requireDirectory(ResultPlace.newDirectory("demo"))
  }

  @Test func aFaultNamesThePlaceAndNoTemporaryFile() throws {
    try inDirectory {
      try "x".write(toFile: "\(directory)/file", atomically: true, encoding: .utf8)
      let error = #expect(throws: ResultPlace.PlaceError.self) {
        try ResultPlace.requireDirectory("\(directory)/file/inside")
      }
      #expect(
        error?.description
          == "nothing can be kept in \(directory)/file: Not a directory; name another directory")
    }
  }

  @Test func aFileIsNoDirectoryForResults() throws {
    try inDirectory {
      try "x".write(toFile: "\(directory)/file", atomically: true, encoding: .utf8)
      let error = #expect(throws: ResultPlace.PlaceError.self) {
        try ResultPlace.requireDirectory("\(directory)/file/inside")
      }
      #expect(error?.isPlace == true)
      let fault = try #require(error)
      #expect(ErrorReport(fault).status == .usage)
    }
  }

  @Test func aFileNeedsADirectoryUnlessItsWriterMakesOne() throws {
    try inDirectory {
      let error = #expect(throws: ResultPlace.PlaceError.self) {
        try ResultPlace.requireFile("\(directory)/new/record.json")
      }
      let fault = try #require(error)
      #expect(fault.problem.contains("there is no directory \(directory)/new"))
      #expect(ErrorReport(fault).status == .usage)
      try ResultPlace.requireFile("\(directory)/new/report.html", makesDirectory: true)
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
    }
  }

  /// As of a variable that a job has not set.
  @Test func anEmptyNameIsNoPlace() throws {
    let error = #expect(throws: ResultPlace.PlaceError.self) {
      try ResultPlace.requireDirectory("")
    }
    let fault = try #require(error)
    #expect(fault.description.contains("the name is empty"))
    #expect(ErrorReport(fault).status == .usage)
    #expect(throws: ResultPlace.PlaceError.self) { try ResultPlace.requireFile("") }
  }

  /// A rename would put a plain file in its place.
  @Test func whatIsNoPlainFileIsNotReplaced() throws {
    try inDirectory {
      let (pipe, stream) = ("\(directory)/pipe", "\(directory)/stream")
      try #require(mkfifo(pipe, 0o600) == 0)
      try FileManager.default.createSymbolicLink(
        atPath: stream, withDestinationPath: "/proc/self/fd/1")
      for path in [pipe, stream, "/dev/null"] {
        let error = #expect(throws: ResultPlace.PlaceError.self) {
          try ResultPlace.requireFile(path, makesDirectory: true)
        }
        #expect(error?.problem.contains("would be replaced") == true, "\(path)")
      }
      try "x".write(toFile: "\(directory)/file", atomically: true, encoding: .utf8)
      try FileManager.default.createSymbolicLink(
        atPath: "\(directory)/link", withDestinationPath: "file")
      try ResultPlace.requireFile("\(directory)/file")
      try ResultPlace.requireFile("\(directory)/link")
    }
  }

  @Test func roomWithoutBoundsIsRoom() {
    #expect(ResultPlace.bytes(inBlocks: 3, of: 4096) == 12288)
    #expect(ResultPlace.bytes(inBlocks: .max, of: 4096) == .max)
  }

  @Test func aDirectoryIsNoFile() throws {
    try inDirectory {
      #expect(throws: ResultPlace.PlaceError.self) { try ResultPlace.requireFile(directory) }
      try ResultPlace.requireFile("\(directory)/report.html")
      #expect(!FileManager.default.fileExists(atPath: "\(directory)/report.html"))
    }
  }
}
