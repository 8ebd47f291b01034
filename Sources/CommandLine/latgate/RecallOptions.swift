import ArgumentParser
import Jobs
import RecordStore
import Reporting

/// What commands take that are about the store alone.
struct RecallOptions: ParsableArguments {
  @OptionGroup var common: CommonOptions
  @OptionGroup var store: StoreOptions

  var console: Console { common.console }

  /// - Throws: `StoreError`.
  func open() async throws -> Store { try await store.open() }

  /// As ``open()``, for commands that only read.
  func openToRead() async throws -> Store { try await store.open(isThere: true) }
}

/// What commands take that list what is in the store.
struct RecallListOptions<Row: Encodable & Sendable>: ParsableArguments {
  @OptionGroup var recall: RecallOptions

  @OptionGroup var output: FormatOptions<ListedRows<Row>>

  /// Prints rows, for people as `listing` has them; `nothing` is what they read where there are none.
  func show(_ rows: [Row], nothing: String, _ listing: () -> Listing) throws {
    let console = recall.console
    if rows.isEmpty, output.isUsual { return console.note(nothing) }
    try output.print(ListedRows(rows, listing: listing()), console)
  }
}

/// What commands take that change what a list of the store has under numbers.
struct RecallNumberOptions: ParsableArguments {
  @OptionGroup var recall: RecallOptions

  @Argument(help: "Numbers, as listed.")
  var ids: [Int64]

  /// Changes one after the other. `change` returns what that means, nil for a number that is not
  /// listed; `list` is the command that lists them.
  func change(list: String, _ change: (Store, Int64) throws -> String?) async throws {
    let store = try await recall.open()
    for id in ids {
      guard let meaning = try change(store, id) else {
        throw ValidationError("there is no number \(id); see '\(list)'")
      }
      recall.console.note(meaning)
    }
  }
}
