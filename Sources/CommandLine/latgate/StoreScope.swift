import ArgumentParser
import Catalogs
import Foundation
import RecordStore
import RegressionAnalysis

/// Which stored runs a command is about.
struct ScopeOptions: ParsableArguments {
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

extension Store {
  /// The id of a build that was named by its id or its name.
  /// - Throws: `UnknownNameError`; `ValidationError` for a name that several builds have.
  func buildID(_ name: String, among builds: [StoredBuild]) throws -> String {
    if builds.contains(where: { $0.id == name }) { return name }
    let named = builds.filter { $0.name == name }
    guard let first = named.first else {
      throw UnknownNameError(kind: "build in the store", name: name, known: builds.map(\.id))
    }
    guard named.count == 1 else {
      throw ValidationError(
        "several builds are called '\(name)': give an id "
          + "(\(named.map(\.id).joined(separator: ", ")))")
    }
    return first.id
  }
}
