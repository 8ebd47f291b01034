import ArgumentParser
import Catalogs
import RecordStore

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
