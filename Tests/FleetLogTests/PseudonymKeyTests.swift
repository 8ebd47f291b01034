import Testing

@testable import FleetLog

@Suite struct PseudonymKeyTests {
  @Test func isOneHoweverManyMakeItAtOnce() async throws {
    let test = try TestLog()
    let path = test.root + "/pseudonym.key"
    let marks = try await withThrowingTaskGroup(of: UInt64.self) { group in
      for _ in 0..<32 {
        group.addTask { try PseudonymKey(path: path).mark }
      }
      var found: Set<UInt64> = []
      for try await mark in group { found.insert(mark) }
      return found
    }
    #expect(marks.count == 1)
    #expect(try PseudonymKey(path: path).mark == marks.first)
    withExtendedLifetime(test) {}
  }
}
