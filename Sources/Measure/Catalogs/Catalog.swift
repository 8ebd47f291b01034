/// Every probe, device, workload, suite and pool that latgate knows, checked as a whole.
package struct Catalog: Sendable {
  /// By name.
  package private(set) var probes: [String: ProbeManifest] = [:]
  package private(set) var devices: [String: DeviceDefinition] = [:]
  package private(set) var workloads: [String: WorkloadDefinition] = [:]
  package private(set) var suites: [String: SuiteDefinition] = [:]
  package private(set) var pools: [String: PoolDefinition] = [:]
  /// Files that cannot be used; whatever needs one of them fails with its problems.
  package private(set) var broken: [BrokenFile] = []

  /// A file that is left out.
  package struct BrokenFile: Sendable, Equatable {
    /// Of what kind it would be.
    var directory: CatalogDirectory
    /// What it calls itself as far as that can be read, and its own name.
    var names: Set<String>
    /// Never empty.
    package var problems: [CatalogProblem]

    init(_ directory: CatalogDirectory, path: String, text: String?, problems: [CatalogProblem]) {
      self.directory = directory
      self.problems = problems
      let file = path.split(separator: "/").last.map { String($0.dropLast(".yaml".count)) }
      let line = text?.split(whereSeparator: \.isNewline).first {
        $0.hasPrefix("\(directory.nameKey):")
      }
      let own = line.map {
        $0.dropFirst(directory.nameKey.count + 1).prefix { $0 != "#" }
          .filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
      }
      // Where no name can be read, the file's own is all there is.
      let isName = own.map { $0.allSatisfy { $0.isLetter || $0.isNumber || "-_.".contains($0) } }
      names = Set([isName == true ? own : file].compactMap(\.self))
    }
  }

  package init() {}

  /// Paths of the files that are used.
  package var files: [String] {
    probes.values.map(\.file) + devices.values.map(\.file) + workloads.values.map(\.file)
      + suites.values.map(\.file) + pools.values.map(\.file)
  }

  /// Reads all catalogue files below a share root, and below further roots of the same layout,
  /// which may leave directories out.
  ///
  /// - Throws: ``CatalogError`` with the problems of all files.
  package static func load(root: String, also more: [String] = []) throws(CatalogError) -> Catalog {
    try load([DirectoryFiles(root: root)] + more.map { DirectoryFiles(root: $0) })
  }

  /// Reads all catalogue files of several sources; only the first must have every directory.
  package static func load(_ sources: [any CatalogFiles]) throws(CatalogError) -> Catalog {
    let catalog = try loadSound(sources)
    let problems = catalog.broken.flatMap(\.problems)
    guard problems.isEmpty else { throw CatalogError(problems) }
    return catalog
  }

  /// As ``load(_:)``, but files that cannot be used are left out: only what needs them fails.
  /// - Parameters:
  ///   - sources: only the first must have every directory.
  ///   - directories: nil = all; what others say of names in directories that are left out is not
  ///     checked.
  /// - Returns: what could be read.
  /// - Throws: ``CatalogError`` when a required directory does not exist.
  package static func loadSound(
    _ sources: [any CatalogFiles], only directories: Set<CatalogDirectory>? = nil
  ) throws(CatalogError) -> Catalog {
    var loader = Loader()
    for directory in CatalogDirectory.allCases where directories?.contains(directory) ?? true {
      for (index, files) in sources.enumerated() {
        loader.load(directory, from: files, isRequired: index == 0 && directory != .pools)
      }
    }
    guard loader.problems.isEmpty else {
      throw CatalogError(loader.problems + loader.catalog.broken.flatMap(\.problems))
    }
    return loader.catalog
  }

  /// - Throws: ``UnknownNameError``, or ``CatalogError`` when its file is broken; so do the others.
  package func probe(_ name: String) throws -> ProbeManifest {
    try find(name, in: probes, .probes)
  }

  package func device(_ name: String) throws -> DeviceDefinition {
    try find(name, in: devices, .devices)
  }

  package func workload(_ name: String) throws -> WorkloadDefinition {
    try find(name, in: workloads, .workloads)
  }

  package func suite(_ name: String) throws -> SuiteDefinition {
    try find(name, in: suites, .suites)
  }

  package func pool(_ name: String) throws -> PoolDefinition {
    try find(name, in: pools, .pools)
  }

  private func find<Value>(
    _ name: String, in values: [String: Value], _ directory: CatalogDirectory
  ) throws -> Value {
    try requireSound(name, directory)
    guard let value = values[name] else {
      throw UnknownNameError(kind: directory.nameKey, name: name, known: values.keys.sorted())
    }
    return value
  }

  /// Refuses a device whose file is broken, also where another file has the name.
  /// - Throws: ``CatalogError``.
  package func requireSoundDevice(_ name: String) throws { try requireSound(name, .devices) }

  private func requireSound(_ name: String, _ directory: CatalogDirectory) throws {
    let problems = broken.filter { $0.directory == directory && $0.names.contains(name) }
      .flatMap(\.problems)
    guard problems.isEmpty else { throw CatalogError(problems) }
  }

  mutating func leaveOut(_ file: BrokenFile) { broken.append(file) }

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
package struct UnknownNameError: Error, Sendable, Equatable {
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

extension UnknownNameError: CustomStringConvertible {
  package var description: String { "there is no \(kind) '\(name)' (\(remedy))" }
}

/// Where each kind of file lives below a root, in the order they are read: suites and pools last,
/// since they name the others.
package enum CatalogDirectory: String, Sendable, CaseIterable {
  case probes = "bpf"
  case devices = "targets/devices"
  case workloads = "targets/workloads"
  case suites = "targets/suites"
  case pools = "targets/pools"

  /// The key of a file's own name, which gives its kind as well.
  package var nameKey: String {
    switch self {
    case .probes: "probe"
    case .devices: "device"
    case .workloads: "workload"
    case .suites: "suite"
    case .pools: "pool"
    }
  }
}

/// What is known of the files read before one.
struct OtherFiles {
  /// Where the file is from.
  var files: any CatalogFiles
  /// Names of the same kind, with the file of each.
  var taken: [String: String]
  var catalog: Catalog
  /// Directories with a broken file, whose names are therefore not all known.
  var broken: Set<CatalogDirectory>
}

/// The state of a load: what was read, and which directories are missing.
private struct Loader {
  var catalog = Catalog()
  var problems: [CatalogProblem] = []
  var broken: Set<CatalogDirectory> = []

  mutating func load(_ directory: CatalogDirectory, from files: any CatalogFiles, isRequired: Bool)
  {
    guard let names = files.manifests(in: directory.rawValue) else {
      if isRequired {
        broken.insert(directory)
        problems.append(
          CatalogProblem(
            file: files.displayName(directory.rawValue), message: "there is no such directory",
            remedy: "point --share or LATGATE_SHARE at the directory that holds bpf and targets"))
      }
      return
    }
    for name in names {
      let path = "\(directory.rawValue)/\(name)"
      let file = files.displayName(path)
      var text: String?
      func leaveOut(_ problems: [CatalogProblem]) {
        broken.insert(directory)
        catalog.leaveOut(.init(directory, path: path, text: text, problems: problems))
      }
      do {
        let others = OtherFiles(
          files: files, taken: taken(directory), catalog: catalog, broken: broken)
        let content = try files.read(path)
        text = content
        catalog.add(try parse(content, directory, file, others))
      } catch let error as CatalogError {
        leaveOut(error.problems)
      } catch {
        leaveOut([
          CatalogProblem(
            file: file, message: "cannot be read as text",
            remedy: "check its permissions, and that it is UTF-8")
        ])
      }
    }
  }

  private func parse(
    _ text: String, _ directory: CatalogDirectory, _ file: String, _ others: OtherFiles
  ) throws(CatalogError) -> any Sendable {
    switch directory {
    case .probes: try ProbeManifest.parse(text, file: file, others: others)
    case .devices: try DeviceDefinition.parse(text, file: file, others: others)
    case .workloads: try WorkloadDefinition.parse(text, file: file, others: others)
    case .suites: try SuiteDefinition.parse(text, file: file, others: others)
    case .pools: try PoolDefinition.parse(text, file: file, others: others)
    }
  }

  private func taken(_ directory: CatalogDirectory) -> [String: String] {
    switch directory {
    case .probes: catalog.probes.mapValues(\.file)
    case .devices: catalog.devices.mapValues(\.file)
    case .workloads: catalog.workloads.mapValues(\.file)
    case .suites: catalog.suites.mapValues(\.file)
    case .pools: catalog.pools.mapValues(\.file)
    }
  }
}
