import ArgumentParser

struct ProbesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probes",
    abstract: "List probes, show all of one, or try one that is being written.",
    subcommands: [ProbesList.self, ProbesShow.self, ProbesTry.self],
    defaultSubcommand: ProbesList.self, aliases: ["probe"])
}
