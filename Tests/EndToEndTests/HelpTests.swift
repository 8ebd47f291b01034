import Foundation
import Testing

/// Help as a terminal of 80 columns shows it: wrapped once, with its examples whole.
@Suite(.enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct HelpTests {
  private struct Dump: Decodable {
    var command: Command
  }

  private struct Command: Decodable {
    struct Argument: Decodable {
      var abstract: String?
      var discussion: String?
    }

    var commandName: String
    var discussion: String?
    var arguments: [Argument]?
    var subcommands: [Command]?
  }

  /// A longer line is broken at 80 columns.
  private static let columns = 79

  private func faults(_ text: String) -> [String] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return zip(lines, lines.dropFirst() + [""]).compactMap { line, next in
      if line.hasPrefix(" ") { return line.count > Self.columns ? "broken: \(line)" : nil }
      // A paragraph is one line, which is wrapped where it is shown.
      return line.isEmpty || next.isEmpty || next.hasPrefix(" ") ? nil : "wrapped twice: \(line)"
    }
  }

  private func faults(_ command: Command) -> [String] {
    let own =
      [command.discussion ?? ""]
      + (command.arguments ?? []).flatMap { [$0.abstract ?? "", $0.discussion ?? ""] }
    return own.flatMap(faults).map { "\(command.commandName): \($0)" }
      + (command.subcommands ?? []).flatMap(faults)
  }

  @Test func paragraphsAreOneLineAndExamplesFit() async throws {
    let made = try await Tool().run("--experimental-dump-help")
    #expect(made.exitCode == 0)
    let root = try JSONDecoder().decode(Dump.self, from: Data(made.output.utf8)).command
    #expect((root.subcommands ?? []).count > 15)
    #expect(faults(root) == [])
  }

  /// As `ci/install` installs it, asked by a real bash.
  @Test(arguments: [
    (["check", "smo"], "smoke"),
    (["check", "demo", "--candidate", "slow-d"], "slow-disk"),
    (["run", "--probe", "runq"], "runqueue"),
    (["run", "--device", "virtual-us"], "virtual-user"),
  ])
  func bashCompletesNames(_ words: [String], _ expected: String) async throws {
    let script = """
      PATH=\(Tool.repository)/.build/debug:$PATH
      . <(latgate --generate-completion-script bash)
      COMP_WORDS=(latgate "$@") COMP_CWORD=$# COMP_LINE="latgate $*" COMP_POINT=1000
      $(complete -p latgate | sed 's/.* -F \\([^ ]*\\).*/\\1/') latgate "${!#}" "${@: -2:1}"
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let made = try await Call(
      "/bin/bash", ["-c", script, "bash"] + words, environment: ["LATGATE_SHARE": Tool.repository]
    ).end(within: .seconds(60))
    #expect(made.output.split(separator: "\n").map(String.init) == [expected], "\(made.errors)")
  }

  @Test func faultsAreSeen() {
    #expect(faults("one paragraph\n\n  example\n\nanother").isEmpty)
    #expect(faults("First steps:\n  example").isEmpty)
    #expect(faults("cut\nhere").count == 1)
    #expect(faults("  " + String(repeating: "x", count: 78)).count == 1)
  }

  @Test(arguments: [
    (["chek", "smoke"], "command 'chek'", "did you mean 'check'?"),
    (["device", "shel", "demo"], "no 'latgate device' command 'shel'", "did you mean 'shell'?"),
    (["runs", "lost"], "no 'latgate runs' command 'lost'", "did you mean 'list'?"),
    (["probe", "shw", "fsync"], "no 'latgate probes' command 'shw'", "did you mean 'show'?"),
    (["frobnicate"], "command 'frobnicate'", "known: baseline, build"),
  ])
  func aMistypedCommandIsNamedWithTheNearest(
    words: [String], what: String, remedy: String
  ) async throws {
    let made = try await Tool().start(words).end(within: .seconds(60))
    #expect(made.exitCode == 64)
    #expect(made.errors.contains(what), "\(made.errors)")
    #expect(made.errors.contains(remedy), "\(made.errors)")
    #expect(made.output.isEmpty)
  }
}
