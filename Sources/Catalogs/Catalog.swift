/// Every probe, device, workload, suite and pool that latgate knows, checked as a whole.
package struct Catalog: Sendable {
  /// By name.
  package private(set) var probes: [String: ProbeManifest] = [:]
  package private(set) var devices: [String: DeviceDefinition] = [:]
  package private(set) var workloads: [String: WorkloadDefinition] = [:]
  package private(set) var suites: [String: SuiteDefinition] = [:]
  package private(set) var pools: [String: PoolDefinition] = [:]

  package init() {}

  /// Reads all catalogue files below a share root, and below further roots of the same layout,
  /// which may leave folders out.
  ///
  /// - Throws: ``CatalogError`` with the problems of all files.
  package static func load(root: String, also more: [String] = []) throws(CatalogError) -> Catalog {
    try load([DirectoryFiles(root: root)] + more.map { DirectoryFiles(root: $0) })
  }

  /// Reads all catalogue files of several sources; only the first must have every folder.
  package static func load(_ sources: [any CatalogFiles]) throws(CatalogError) -> Catalog {
    var loader = Loader()
    for folder in CatalogFolder.allCases {
      for (index, files) in sources.enumerated() {
        loader.load(folder, from: files, isRequired: index == 0 && folder != .pools)
      }
    }
    guard loader.problems.isEmpty else { throw CatalogError(loader.problems) }
    return loader.catalog
  }

  package func probe(_ name: String) throws(UnknownName) -> ProbeManifest {
    try find(name, in: probes, kind: "probe")
  }

  package func device(_ name: String) throws(UnknownName) -> DeviceDefinition {
    try find(name, in: devices, kind: "device")
  }

  package func workload(_ name: String) throws(UnknownName) -> WorkloadDefinition {
    try find(name, in: workloads, kind: "workload")
  }

  package func suite(_ name: String) throws(UnknownName) -> SuiteDefinition {
    try find(name, in: suites, kind: "suite")
  }

  package func pool(_ name: String) throws(UnknownName) -> PoolDefinition {
    try find(name, in: pools, kind: "pool")
  }

  private func find<Value>(
    _ name: String, in values: [String: Value], kind: String
  ) throws(UnknownName) -> Value {
    guard let value = values[name] else {
      throw UnknownName(kind: kind, name: name, known: values.keys.sorted())
    }
    return value
  }

  mutating func add(_ value: any Sendable) {
    switch value {
    case let probe as ProbeManifest: probes[probe.name] = probe
    case let device as DeviceDefinition: devices[device.name] = device
    case let workload as WorkloadDefinition: workloads[workload.name] = workload
    case let suite as SuiteDefinition: suites[suite.name] = suite
    case let pool as PoolDefinition: pools[pool.name] = pool
    default: break
    }
  }
}

/// A name on the command line that no catalogue file has; a usage error (64).
package struct UnknownName: Error, Sendable, Equatable {
  /// `probe`, `device`, `workload`, `suite` or `pool`.
  package var kind: String
  package var name: String
  /// Sorted.
  package var known: [String]

  package init(kind: String, name: String, known: [String]) {
    self.kind = kind
    self.name = name
    self.known = known.sorted()
  }

  /// What to do about it, without a full stop.
  package var remedy: String { Catalogs.remedy(forUnknown: name, known: known) }
}

extension UnknownName: CustomStringConvertible {
  package var description: String { "there is no \(kind) '\(name)' (\(remedy))" }
}

/// Where each kind of file lives below a root, in the order they are read: suites and pools last,
/// since they name the others.
enum CatalogFolder: String, CaseIterable {
  case probes = "bpf"
  case devices = "targets/devices"
  case workloads = "targets/workloads"
  case suites = "targets/suites"
  case pools = "targets/pools"
}

/// What is known of the files read before one.
struct OtherFiles {
  /// Where the file is from.
  var files: any CatalogFiles
  /// Names of the same kind, with the file of each.
  var taken: [String: String]
  var catalog: Catalog
  /// Folders with a broken file, whose names are therefore not all known.
  var broken: Set<CatalogFolder>
}

/// The state of a load: what was read, and what was wrong.
private struct Loader {
  var catalog = Catalog()
  var problems: [CatalogProblem] = []
  var broken: Set<CatalogFolder> = []

  mutating func load(_ folder: CatalogFolder, from files: any CatalogFiles, isRequired: Bool) {
    guard let names = files.manifests(in: folder.rawValue) else {
      if isRequired {
        broken.insert(folder)
        problems.append(
          CatalogProblem(
            file: files.displayName(folder.rawValue), message: "there is no such folder",
            remedy: "point --share or LATGATE_SHARE at the folder that holds bpf and targets"))
      }
      return
    }
    for name in names {
      let path = "\(folder.rawValue)/\(name)"
      let file = files.displayName(path)
      do {
        let others = OtherFiles(
          files: files, taken: taken(folder), catalog: catalog, broken: broken)
        catalog.add(try parse(try files.read(path), folder, file, others))
      } catch let error as CatalogError {
        broken.insert(folder)
        problems += error.problems
      } catch {
        broken.insert(folder)
        problems.append(
          CatalogProblem(
            file: file, message: "cannot be read as text",
            remedy: "check its permissions, and that it is UTF-8"))
      }
    }
  }

  private func parse(
    _ text: String, _ folder: CatalogFolder, _ file: String, _ others: OtherFiles
  ) throws(CatalogError) -> any Sendable {
    switch folder {
    case .probes: try ProbeManifest.parse(text, file: file, others: others)
    case .devices: try DeviceDefinition.parse(text, file: file, others: others)
    case .workloads: try WorkloadDefinition.parse(text, file: file, others: others)
    case .suites: try SuiteDefinition.parse(text, file: file, others: others)
    case .pools: try PoolDefinition.parse(text, file: file, others: others)
    }
  }

  private func taken(_ folder: CatalogFolder) -> [String: String] {
    switch folder {
    case .probes: catalog.probes.mapValues(\.file)
    case .devices: catalog.devices.mapValues(\.file)
    case .workloads: catalog.workloads.mapValues(\.file)
    case .suites: catalog.suites.mapValues(\.file)
    case .pools: catalog.pools.mapValues(\.file)
    }
  }
}
