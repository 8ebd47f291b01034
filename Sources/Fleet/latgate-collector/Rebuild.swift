import ArgumentParser
import FleetCollector

struct Rebuild: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes the index anew from the log; the collector must not run.")

  @OptionGroup var options: StoreOptions

  func run() async throws {
    let store = try options.store()
    try await store.rebuild()
    print("rebuilt: \(store.index)")
  }
}
