import ArgumentParser

/// Options that every command takes.
struct CommonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Folder with bpf/, targets/ and the agent's sources.",
      discussion: "Default: $LATGATE_SHARE, <executable>/../share/latgate, or the repository.",
      valueName: "folder"))
  var share: String?

  @Flag(name: .shortAndLong, help: "Only results and errors.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Say what is being done in detail.")
  var verbose = false

  @Flag(name: .customLong("no-color"), help: "No colour, as with NO_COLOR in the environment.")
  var noColor = false

  var console: Console { Console(quiet: quiet, verbose: verbose, noColor: noColor) }
}

/// How a result is printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case terminal
  case json
}
