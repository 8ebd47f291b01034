import ArgumentParser
import HistogramExchange
import Jobs
import RecordStore

/// Which runs leave for other programs: record files, or runs of the store.
struct RunSourceOptions: ParsableArguments {
  @OptionGroup var recall: RecallOptions
  @OptionGroup var filter: RunFilterOptions

  @Option(help: "Runs of the store at most: the last ones. Default: \(RunSourceOptions.usualLast).")
  var last: Int?

  private static let usualLast = 16

  func validate() throws {
    guard (last ?? Self.usualLast) >= 1 else { throw ValidationError("--last must be 1 or more") }
  }

  /// - Parameter paths: record files, or directories of them; empty means the store.
  /// - Returns: the files, or the store's runs that the options choose.
  /// - Throws: `ValidationError`, `UnknownNameError`, `StoreError`.
  func source(_ paths: [String]) async throws -> RunSource {
    guard paths.isEmpty else {
      guard !filter.isGiven, last == nil else {
        throw ValidationError("files are named, or runs of the store are chosen, not both")
      }
      return .files(paths)
    }
    let store = try await recall.openToRead()
    try filter.require(in: store)
    return .store(store, filter.filter, last: last ?? Self.usualLast)
  }
}

/// Where runs come from, each time that they are asked for.
enum RunSource: Sendable {
  case files([String])
  case store(Store, RunFilter, last: Int)

  func runs() throws -> [RecordedRun] {
    switch self {
    case .files(let paths): try RecordFiles.read(paths).map(RecordedRun.init)
    case .store(let store, let filter, let last):
      try store.runs(filter).suffix(last).map {
        RecordedRun(try store.document(of: $0).record)
      }
    }
  }

  /// The runs, of which one has what a format writes; `place` is where they are to go.
  /// - Throws: `ExchangeFileError` otherwise, and what reading throws.
  func measured(for place: String, as format: any HistogramFormat) throws -> [RecordedRun] {
    let runs = try runs()
    guard runs.contains(where: format.canWrite) else {
      throw ExchangeFileError(
        place: place, problem: "no run has \(format is any StackFormat ? "stacks" : "a histogram")")
    }
    return runs
  }
}
