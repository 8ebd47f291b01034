import ArgumentParser
import Catalogs
import Foundation
import RecordStore
import RegressionAnalysis

/// Which bench of the store a command is about: a suite on a device.
struct BenchOptions: ParsableArguments {
  @Option(help: "Suite. Default: the only one with stored runs.", completion: .suites)
  var suite: String?

  @Option(
    help: "Device file. Default: the only one with stored runs of the suite.", completion: .devices)
  var device: String?

  /// The one suite and target meant.
  /// - Throws: `UnknownNameError` for a name without runs; `ValidationError` when several are possible.
  func only(in store: Store) throws -> (suite: String, target: String) {
    let benches = try store.benches()
    guard !benches.isEmpty else {
      throw ValidationError(
        "no runs are stored in \(store.path): 'latgate check' stores its runs, "
          + "'latgate runs import' takes files")
    }
    let suite = try one(suite, "suite", "--suite", Set(benches.map(\.suite)))
    let own = benches.filter { $0.suite == suite }
    let target = try one(
      device, "device with runs of suite \(suite)", "--device", Set(own.map(\.target)))
    return (suite, target)
  }

  private func one(
    _ given: String?, _ kind: String, _ option: String, _ known: Set<String>
  ) throws -> String {
    if let given {
      guard known.contains(given) else {
        throw UnknownNameError(kind: "\(kind) in the store", name: given, known: known.sorted())
      }
      return given
    }
    guard known.count == 1, let only = known.first else {
      throw ValidationError(
        "there are runs of several: give \(option) (\(known.sorted().joined(separator: ", ")))")
    }
    return only
  }
}
