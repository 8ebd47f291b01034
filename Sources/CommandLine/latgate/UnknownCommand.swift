import ArgumentParser
import Catalogs

/// The first word of a command line that should be a command and is none.
enum UnknownCommand {
  /// What is wrong with a command line that was not understood; nil when it names a command that
  /// there is.
  static func find(_ words: some Sequence<String>) -> UnknownNameError? {
    var command: any ParsableCommand.Type = Latgate.self
    for word in words {
      let known = command.configuration.subcommands
      if known.isEmpty || word.hasPrefix("-") { return nil }
      if command == Latgate.self, word == "help" { continue }
      let named = known.first {
        $0.configuration.commandName == word || $0.configuration.aliases.contains(word)
      }
      guard let next = named else {
        let path = command == Latgate.self ? "" : "'latgate \(name(of: command))' "
        return UnknownNameError(kind: "\(path)command", name: word, known: known.map(name))
      }
      command = next
    }
    return nil
  }

  private static func name(of command: any ParsableCommand.Type) -> String {
    command.configuration.commandName ?? ""
  }
}
