import ArgumentParser
import FleetCollector
import FleetLog

struct Prune: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Removes the oldest reports from the log; the collector must not run.",
    discussion: """
      Whole segments go, all of whose reports came longer ago, and with them an index in a file, which the next \
      start makes anew of what is left. Make one in ClickHouse anew with 'rebuild'.
      """)

  @OptionGroup var options: StoreOptions
  @Option(help: ArgumentHelp("Keep reports that came within so many days.", valueName: "days"))
  var keep: Int

  /// Devices keep a report for 72 h and may send it again until then: one that was removed would be
  /// counted twice.
  func validate() throws {
    guard (4...36_500).contains(keep) else { throw ValidationError("--keep is 4 to 36500") }
  }

  func run() throws {
    let store = try options.store()
    let now = WallClock.milliseconds
    let kept = UInt64(keep) * 86_400_000
    let pruned = try store.prune(before: now - min(now, kept), at: now)
    print("pruned: \(pruned.segments) segments, \(pruned.reports) reports")
  }
}
