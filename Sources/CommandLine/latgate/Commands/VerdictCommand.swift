import ArgumentParser

struct VerdictCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verdict",
    abstract: "Learn how far verdicts can be trusted on a bench like yours.",
    subcommands: [VerdictSimulate.self])
}
