import ForeignReaders
import Foundation
import Testing

/// `latgate live` on this machine, by a real terminal that another project's program reads.
@Suite(.enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct LiveTests {
  private struct Seen: Decodable {
    struct Watched: Decodable {
      var small: [String]
      var large: [String]
      var isRaw: Bool
      var frozenAlike: Bool
      var perfetto: String
      var saved: String
      var exit: Int32
      var restored: Bool
      var left: Bool

      enum CodingKeys: String, CodingKey {
        case small, large, perfetto, saved, exit, restored, left
        case isRaw = "raw mode"
        case frozenAlike = "frozen alike"
      }
    }

    struct Killed: Decodable {
      var exit: Int32
      var restored: Bool
      var left: Bool
    }

    var watched: Watched
    var killed: Killed
    var crashed: Killed
  }

  /// What is not in every test's reading of a record.
  private struct Marks: Decodable {
    struct Iteration: Decodable {
      var notes: [String: String]
    }

    struct Invalid: Decodable {
      var reason: String
    }

    var suite: String
    var iterations: [Iteration]
    var invalid: [Invalid]
  }

  @Test(
    "a terminal shows rates, is resized, frozen and left as it was",
    .enabled(if: ForeignReader.has("pyte"), "needs python3-pyte: run ci/setup"))
  func aTerminalIsAScreen() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let made = try await Call(
      "/usr/bin/env",
      [
        ForeignReader.python, "\(Tool.repository)/Tests/live/screen.py",
        "\(Tool.repository)/.build/debug/latgate", "\(path)/records",
      ],
      environment: [
        "LATGATE_SHARE": Tool.repository, "LATGATE_STORE": Tool.sharedStore,
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8", "NO_COLOR": "",
      ]
    ).end(within: .seconds(300))
    try #require(made.exitCode == 0, "\(made.errors)")
    let seen = try JSONDecoder().decode(Seen.self, from: Data(made.output.utf8))
    let watched = seen.watched
    #expect(watched.small.count == 24 && watched.small.allSatisfy { $0.count <= 80 })
    #expect(watched.small[0].hasPrefix("latgate live  local"))
    #expect(watched.small[2].contains("rate") && watched.small[2].contains("p99"))
    #expect(watched.small[23].hasPrefix("? help  q quit"))
    #expect(watched.small.contains { $0.contains("reference: the first minute") })
    #expect(watched.small.contains { $0.contains("█") || $0.contains("▏") })
    #expect(watched.large.count == 50 && watched.large.allSatisfy { $0.count <= 200 })
    #expect(watched.isRaw && watched.frozenAlike)
    #expect(watched.perfetto == "no trace: the device has no perfetto")
    #expect(watched.exit == 0 && watched.restored && watched.left)
    #expect(seen.killed.exit == 130 && seen.killed.restored && seen.killed.left)
    #expect(seen.crashed.exit == -SIGSEGV && seen.crashed.restored && seen.crashed.left)

    let record = try Record.only(in: "\(path)/records")
    #expect(record.phases.flatMap(\.histograms).contains { ($0.count ?? 0) > 0 })
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(path)/records")
    let file = try #require(names.first)
    #expect(watched.saved.hasSuffix(file))
    let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(path)/records/\(file)"))
    let marks = try JSONDecoder().decode(Marks.self, from: bytes)
    #expect(marks.suite == "live" && marks.iterations.map { $0.notes["mark_1"] != nil } == [true])
    #expect(
      marks.invalid.map(\.reason) == ["somebody watched it (latgate live): a look, and no evidence"]
    )
  }

  @Test func withoutATerminalOtherCommandsAreNamed() async throws {
    let made = try await Tool().run("live", "--probe", "syscall")
    #expect(made.exitCode == 64)
    #expect(made.errors.contains("latgate run --probe P --for 10s"), "\(made.errors)")
    let nothing = try await Tool().run("live")
    #expect(nothing.exitCode == 64 && nothing.errors.contains("--measure LINE"))
  }
}
