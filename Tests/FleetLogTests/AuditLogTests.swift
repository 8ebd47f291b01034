import Foundation
import Testing

@testable import FleetLog

@Suite struct AuditLogTests {
  @Test func chainsItsLinesOverStarts() throws {
    let test = try TestLog()
    let path = test.root + "/audit.log"
    for start in 0..<3 {
      let audit = try AuditLog(path: path)
      try audit.note("started", ["torn_bytes": "\(start)"], at: 5)
      try audit.note("stopped", at: 6)
    }
    let result = try AuditLog.verify(path: path)
    #expect(result.lines == 6 && result.broken == nil)
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(lines[2].utf8)) as? [String: Any])
    #expect(object["event"] as? String == "started" && object["n"] as? Int == 3)
  }

  @Test(arguments: [0, 2, 3]) func findsAChangedLine(number: Int) throws {
    let test = try TestLog()
    let path = test.root + "/audit.log"
    let audit = try AuditLog(path: path)
    for event in ["a", "b", "c", "d", "e"] { try audit.note(event, at: 5) }
    var lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    lines[number] = Substring(lines[number].replacing("\"at\":5", with: "\"at\":6"))
    try (lines.joined(separator: "\n") + "\n").write(
      toFile: path, atomically: true, encoding: .utf8)
    #expect(try AuditLog.verify(path: path).broken == number + 2)
  }

  @Test func findsALineThatWasTakenOut() throws {
    let test = try TestLog()
    let path = test.root + "/audit.log"
    let audit = try AuditLog(path: path)
    for event in ["a", "b", "c"] { try audit.note(event, at: 5) }
    var lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    lines.remove(at: 1)
    try (lines.joined(separator: "\n") + "\n").write(
      toFile: path, atomically: true, encoding: .utf8)
    #expect(try AuditLog.verify(path: path).broken == 2)
  }

  @Test func goesOnAfterATornLine() throws {
    let test = try TestLog()
    let path = test.root + "/audit.log"
    try AuditLog(path: path).note("a", at: 5)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    try (whole + Data("{\"at\":5,\"ev".utf8)).write(to: URL(fileURLWithPath: path))
    try AuditLog(path: path).note("b", at: 6)
    let result = try AuditLog.verify(path: path)
    #expect(result.lines == 2 && result.broken == nil)
  }
}
