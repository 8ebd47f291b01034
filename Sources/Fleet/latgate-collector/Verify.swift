import ArgumentParser
import FleetCollector
import Foundation

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Holds log, audit log and index against their hashes and each other.",
    discussion: "Exit codes: 0 all is as it was written, 65 it is not.")

  @OptionGroup var options: StoreOptions
  @OptionGroup var companions: CompanionOptions

  func run() throws {
    let result = try options.store(companions: companions.also).verify()
    for fact in result.facts { print(fact) }
    for problem in result.problems {
      FileHandle.standardError.write(Data("latgate-collector: \(problem)\n".utf8))
    }
    if !result.problems.isEmpty { throw ExitCode(65) }
  }
}
