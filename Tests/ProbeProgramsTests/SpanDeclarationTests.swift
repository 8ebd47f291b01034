import Catalogs
import Foundation
import ProbePrograms
import Testing

/// The bytes that tier T0 reads in place of a program.
@Suite struct SpanDeclarationTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../..")

  private func metric(_ table: String) throws -> ProbeMetric {
    let metrics = "  - metric: x.wait\n    help: h\n    unit: ns\n\(table)"
    return try #require(try TestManifest.parse(metrics: metrics).metrics.first)
  }

  /// The manifest of CONTRIBUTING.md, which tests fold by as well.
  private static func walkThrough() throws -> String {
    let page = root.appendingPathComponent("CONTRIBUTING.md")
    let lines = try String(contentsOf: page, encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
    let first = try #require(lines.firstIndex { $0.hasPrefix("    probe: ") })
    return lines[first...].prefix { $0.hasPrefix("    ") }.map { $0.dropFirst(4) + "\n" }.joined()
  }

  /// `Tests/fold` and `ci/truth` fold by these files. `LATGATE_RECORD=1` writes them anew.
  @Test(arguments: [
    ("fsync", "fsync.latency"), ("hardirq", "hardirq.run"), ("reclaim", "reclaim.direct"),
    ("timers", "timers.run"),
  ])
  func tablesAreAsTheFoldIsTestedWith(_ probe: String, _ name: String) throws {
    let manifest = Self.root.appendingPathComponent("bpf/\(probe).yaml")
    let kept = Self.root.appendingPathComponent("Tests/fold/spans/\(name).spans")
    let text =
      try probe == "timers"
      ? Self.walkThrough() : String(contentsOf: manifest, encoding: .utf8)
    let metrics = try ProbeManifest.parse(text, file: manifest.path).metrics
    #expect(metrics.map(\.name) == [name])
    let bytes = try #require(metrics.first.flatMap { SpanDeclaration($0)?.bytes })
    if ProcessInfo.processInfo.environment["LATGATE_RECORD"] != nil {
      try Data(bytes).write(to: kept)
      Issue.record("recorded \(kept.path)")
    }
    #expect(try bytes == [UInt8](Data(contentsOf: kept)))
  }

  @Test func everyPartHasItsPlace() throws {
    let made = try metric(
      """
          spans:
            - from: {event: s/b, fields: {a: arg0, q: arg1, n: arg2.t.m}}
              to: {event: s/e, fields: {a: arg0, q: arg1, l: arg2}}
              labels: {l: 258}
              optional: true
            - from: {event: s/c, fields: {a: arg0, q: arg1, n: arg2.t.m, l: arg3}}
              to: {event: s/e, fields: {a: arg0, q: arg1, l: arg2}}
          by: [cpu, q]
          where: {a: [1, 2]}
          name: n
          limits: {stamps: 3, labels: 4}
          key: [{field: l, size: 4}]
      """)
    let head: [UInt8] = [3, 0, 0, 2, 3, 0, 0, 0, 4, 0, 0, 0, 6] + Array("x.wait".utf8)
    let fields: [UInt8] = [4, 1, 0x71, 1, 1, 0x6c, 0, 1, 0x61, 0, 1, 0x6e, 2]
    let ties: [UInt8] = [1, 0, 3]
    let conditions: [UInt8] = [1, 2, 0xff, 2, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]
    let result: [UInt8] = [0xff] + [UInt8](repeating: 0, count: 4 + 8 + 1)
    let optional: [UInt8] = [1, 0x73, 1, 0x62, 1, 0x73, 1, 0x65, 1, 0xfd, 2, 1, 0, 0]
    let needed: [UInt8] = [1, 0x73, 1, 0x63, 1, 0x73, 1, 0x65, 0, 1, 0, 0, 0, 0]
    #expect(
      SpanDeclaration(made)?.bytes
        == head + fields + ties + conditions + result + [1, 2] + optional + needed)
  }

  @Test func aRowSaysWhereItsColumnsComeFrom() throws {
    let made = try TestManifest.parse(
      metrics: """
          - metric: x.slow
            kind: events
            help: h
            unit: "{rows}"
            spans:
              - from: {event: s/b}
                to: {event: s/e, fields: {n: arg0.t.m, v: arg1}}
            by: [tid]
            slower_than: 1ms
            keep: 300
            columns:
              - {name: time}
              - {name: took, from: duration}
              - {name: n, kind: text}
              - {name: v}
              - {name: thread, from: tid}
              - {name: cpu}
              - {name: class}
        """
    ).metrics[0]
    let head: [UInt8] = [3, 0, 2, 5, 0, 0x20, 0, 0, 64, 0, 0, 0, 6] + Array("x.slow".utf8)
    let fields: [UInt8] = [2, 1, 0x6e, 2, 1, 0x76, 1, 0, 0xff, 0]
    let result: [UInt8] =
      [0xff, 44, 1, 0, 0, 0x40, 0x42, 0x0f, 0, 0, 0, 0, 0] + [6, 0xfc, 0, 1, 0xfb, 0xfa, 0xfe]
    let spans: [UInt8] = [0, 1, 1, 0x73, 1, 0x62, 1, 0x73, 1, 0x65, 0]
    #expect(SpanDeclaration(made)?.bytes == head + fields + result + spans)
  }

  @Test func aSingleEventIsNamedOnce() throws {
    let made = try TestManifest.parse(
      metrics: """
          - metric: x.bytes
            kind: counter
            help: h
            unit: B
            at: [{event: s/e, fields: {v: arg1}, labels: {k: 7}}]
            sum: v
            limits: {labels: 2}
            key: [{field: k, size: 4}]
        """
    ).metrics[0]
    let head: [UInt8] = [3, 0, 1, 64, 0, 0x20, 0, 0, 2, 0, 0, 0, 7] + Array("x.bytes".utf8)
    let fields: [UInt8] = [1, 1, 0x76, 1, 0, 0xff, 0]
    let result: [UInt8] = [0] + [UInt8](repeating: 0, count: 4 + 8 + 1)
    let spans: [UInt8] = [1, 1, 1, 0x73, 1, 0x65, 0, 0xfd, 7, 0, 0, 0]
    #expect(SpanDeclaration(made)?.bytes == head + fields + result + spans)
  }

  @Test func whatTraceEventsDoNotSayIsNoColumnOfThem() throws {
    let made = try TestManifest.parse(
      metrics: """
          - metric: x.rows
            kind: events
            help: h
            unit: "{rows}"
            at: [{event: s/e}]
            columns: [{name: comm}]
        """
    ).metrics[0]
    #expect(!made.isInT0 && SpanDeclaration(made) == nil && made.hasTask)
  }

  @Test func conditionsOfOneEventHaveItsPlace() throws {
    let made = try metric(
      """
          spans:
            - from: {event: p/i, fields: {s: arg0}, where: {s: 1}}
              to: {event: p/i, fields: {s: arg0}, where: {s: 2}}
          by: [cpu]
          repeat: first
          unmatched: ignored
          key: [{field: s, size: 4}]
      """)
    let bytes = try #require(SpanDeclaration(made)?.bytes)
    #expect(bytes[3] == 2 | 8 | 16)
    let conditions: [UInt8] = [
      2, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 0, 0, 0, 0, 0, 0, 0,
    ]
    #expect(bytes.firstRange(of: conditions) != nil, "\(bytes)")
  }

  @Test func whatHasNoTraceEventsHasNoDeclaration() throws {
    let table = """
          spans: [{from: {function: f}, to: {function: f}}]
          by: [tid]
          key: [{field: class, size: 4}]
      """
    let probe = try metric(table)
    #expect(SpanDeclaration(probe) == nil && !probe.isInT0)
    let off = try metric(
      """
          spans: [{from: {event: s/b}, to: {event: s/e}}]
          by: [tid]
          t0: false
          key: [{field: class, size: 4}]
      """)
    #expect(SpanDeclaration(off) == nil)
  }
}
