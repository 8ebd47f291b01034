import ArgumentParser
import FleetCollector

struct Rebuild: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes the index anew from the log; the collector must not run.",
    discussion: """
      An index that several collectors share is made of all their logs: name the others by --also.
      """)

  @OptionGroup var options: StoreOptions
  @OptionGroup var companions: CompanionOptions

  func run() async throws {
    let store = try options.store(companions: companions.also)
    try await store.rebuild()
    print("rebuilt: \(store.index)")
  }
}
