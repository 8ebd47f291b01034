import ArgumentParser

struct ProbesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probes", abstract: "List probes, try them on a device, or show all of one.",
    subcommands: [ProbesList.self, ProbesShow.self], defaultSubcommand: ProbesList.self)
}
