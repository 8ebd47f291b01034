import ArgumentParser
import Jobs

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Print the release.")

  func run() {
    Console().print("latgate \(Version.text)")
  }
}
